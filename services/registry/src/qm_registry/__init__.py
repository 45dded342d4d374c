"""The registry service: which immutable serving each alias means, now and at any past instant."""

__version__ = "0.1.0"
