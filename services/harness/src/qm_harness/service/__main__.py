"""``python -m qm_harness.service`` runs the API with settings from the environment."""

from qm_harness.service.commands import harness

if __name__ == "__main__":
    harness()
