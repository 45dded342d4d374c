"""The registry: immutable servings, movable aliases, and an audit trail of every change (SPEC section 10)."""

import logging

__version__ = "0.1.0"

# Commands say what went wrong themselves; without a handler, Python would print the log beside it.
logging.getLogger(__name__).addHandler(logging.NullHandler())
