"""``python -m qm_gateway`` runs the service with settings from the environment."""

from qm_gateway.commands import gateway

if __name__ == "__main__":
    gateway()
