"""``python -m qm_engine`` runs the service with settings from the environment."""

from qm_engine.commands import engine

if __name__ == "__main__":
    engine()
