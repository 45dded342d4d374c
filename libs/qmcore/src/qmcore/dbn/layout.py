"""The bytes of a DBN stream that qMachina reads: sizes, record types, and the MBO record as a NumPy dtype.

Source: Databento's DBN specification, versions 1 to 3; the MBO record is the same in all of them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

MBO_DTYPE: Final = np.dtype(
    [
        ("length", "u1"),  # of the record in units of 4 bytes: 14
        ("rtype", "u1"),  # 0xA0
        ("publisher_id", "<u2"),
        ("instrument_id", "<u4"),
        ("ts_event", "<u8"),  # ns
        ("order_id", "<u8"),
        ("price", "<i8"),  # 1e-9
        ("size", "<u4"),  # contracts or shares
        ("flags", "u1"),
        ("channel_id", "u1"),
        ("action", "u1"),  # a character: A M C R T F N
        ("side", "u1"),  # a character: A B N
        ("ts_recv", "<u8"),  # ns
        ("ts_in_delta", "<i4"),  # ns
        ("sequence", "<u4"),
    ]
)
"""One MBO record, 56 bytes, little endian."""

MBO_BYTES: Final = MBO_DTYPE.itemsize
MAX_RECORD_BYTES: Final = 255 * 4
"""The longest record that a length byte can say."""

DBN_MAGIC: Final = b"DBN"
SUPPORTED_VERSIONS: Final = (1, 2, 3)
PREFIX_BYTES: Final = 8
"""Magic, version, and the length of the metadata that follows."""

MAX_METADATA_BYTES: Final = 256 << 20
"""More than any real file's symbology; a larger number is a corrupt one."""
