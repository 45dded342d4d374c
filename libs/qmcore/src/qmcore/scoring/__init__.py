"""Scores that are worked out from what the kernels emit."""
