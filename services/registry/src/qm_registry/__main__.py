"""``python -m qm_registry`` runs the service with settings from the environment."""

from qm_registry.commands.serve import registry

if __name__ == "__main__":
    registry(prog_name="python -m qm_registry")
