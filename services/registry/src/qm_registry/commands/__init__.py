"""The registry's share of the ``qm`` command: ``registry``, ``serving`` and ``alias``."""
