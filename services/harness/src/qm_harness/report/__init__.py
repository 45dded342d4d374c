"""The report of an experiment: one HTML file that can be read without a network, a script or this software."""
