"""Units of the domain as types. Everybody may import this module.

Timestamps are UTC nanoseconds since the epoch, prices are integers of 1e-9 (Databento's fixed
point), tick indices count price increments from price zero.
"""

from typing import Final, NewType

Ns = NewType("Ns", int)
"""UTC nanoseconds since the epoch, or a duration in nanoseconds."""

PriceInt = NewType("PriceInt", int)
"""A price as an integer of 1e-9."""

Ticks = NewType("Ticks", int)
"""A count of price increments; as a position, counted from price zero."""

PRICE_SCALE: Final = 1_000_000_000
"""Integer price units in one unit of price."""

UNDEF_PRICE: Final = 2**63 - 1
"""Databento's undefined price."""

NS_PER_SECOND: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
