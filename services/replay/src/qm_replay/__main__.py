"""``python -m qm_replay`` runs the service with settings from the environment."""

from qm_replay.commands import replay

if __name__ == "__main__":
    replay()
