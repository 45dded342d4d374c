"""Whom a request comes from: the peer, or what a trusted proxy says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, TypeAlias

from qmcore.errors import ConfigError

Network: TypeAlias = IPv4Network | IPv6Network
UNKNOWN: Final = "unknown"
_HOME_NETWORK_BITS: Final = 64
"""One IPv6 customer has at least so much: it counts as one address."""

MOST_FORWARDED: Final = 2000


def networks_of(text: str) -> tuple[Network, ...]:
    """QM_TRUSTED_PROXIES. Raises ConfigError."""
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        allowed = "addresses or networks, e.g. 10.0.0.0/8,192.168.1.7"
        raise ConfigError(
            source="environment", field="QM_TRUSTED_PROXIES", problem=str(error), allowed=allowed
        ) from error


def _canonical(text: str) -> str | None:
    try:
        address = ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address)


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[Network]) -> str:
    """The nearest address that is no trusted proxy; ``forwarded`` are the X-Forwarded-For headers as they came."""
    address = UNKNOWN if peer is None else _canonical(peer) or UNKNOWN
    hops = ",".join(forwarded)[-MOST_FORWARDED:].split(",") if forwarded and trusted else []
    while hops and address != UNKNOWN and any(ip_address(address) in network for network in trusted):
        said = _canonical(hops.pop())
        if said is None:
            break
        address = said
    return address


def counted_as(address: str) -> str:
    """What limits count ``address`` as: a whole network of IPv6."""
    if ":" not in address:
        return address
    return str(ip_network((address, _HOME_NETWORK_BITS), strict=False))
