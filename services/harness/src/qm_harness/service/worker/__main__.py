"""``python -m qm_harness.service.worker`` runs a worker with settings from the environment."""

from qm_harness.service.commands import harness_worker

if __name__ == "__main__":
    harness_worker()
