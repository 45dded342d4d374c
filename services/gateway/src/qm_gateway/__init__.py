"""The gateway service: sessions to viewers over WebSockets, and the one origin of pages and REST."""

__version__ = "0.1.0"
