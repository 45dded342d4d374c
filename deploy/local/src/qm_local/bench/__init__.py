"""``qm bench``: every figure the project promises, measured on this machine beside a baseline in the same run."""
