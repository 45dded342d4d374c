"""``python -m qmcore`` is ``qm``."""

from qmcore.cli import main

if __name__ == "__main__":
    main(prog_name="qm")
