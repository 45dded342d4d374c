"""What every qMachina service shares, so that training and serving run the same code."""

__version__ = "0.1.0"
