"""Who may ask a service what, and how much: origins, tokens, limits by address. The same layer in every service."""

from qmcore.service.access.guard import MAX_BODY_BYTES, install_access
from qmcore.service.access.settings import AccessSettings

__all__ = ["MAX_BODY_BYTES", "AccessSettings", "install_access"]
