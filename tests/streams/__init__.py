"""Event streams for tests: written by hand, drawn by Hypothesis, or walked from a seed."""
