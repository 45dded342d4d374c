"""What was packed comes back; anything else is refused in words."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from qmcore.checkpoint import MAGIC, pack, unpack
from qmcore.dbn import MBO_DTYPE
from qmcore.errors import CorruptData

plain_dtypes = st.one_of(
    hnp.boolean_dtypes(),
    hnp.integer_dtypes(),
    hnp.unsigned_integer_dtypes(),
    hnp.floating_dtypes(sizes=(32, 64)),
)
arrays = hnp.arrays(
    st.one_of(plain_dtypes, st.just(MBO_DTYPE)), hnp.array_shapes(min_dims=0, min_side=0, max_side=4)
)
sections = st.dictionaries(st.text(max_size=8), st.one_of(arrays, st.binary(max_size=40)), max_size=5)


def same(a: object, b: object) -> bool:
    """Equal in kind, shape and bytes, byte order apart."""
    if isinstance(a, bytes) or isinstance(b, bytes):
        return a == b
    return (
        a.dtype == b.dtype.newbyteorder("<")
        and a.shape == b.shape
        and a.tobytes() == b.astype(a.dtype).tobytes()
    )


@given(sections)
def test_what_was_packed_comes_back(content):
    data = pack(content)
    back = unpack(data, "test")
    assert list(back) == list(content)
    assert all(same(back[name], value) for name, value in content.items())
    assert pack(content) == data


def test_arrays_come_back_writable_and_on_their_own():
    array = np.arange(4)
    data = pack({"a": array[::2]})
    back = unpack(data, "test")["a"]
    back[:] = 7
    assert unpack(data, "test")["a"].tolist() == [0, 2]


@pytest.mark.parametrize(
    "value",
    [
        np.array(["text"]),
        np.array([None]),
        np.zeros(1, complex),
        np.zeros(1, "M8[ns]"),
        np.zeros(1, [("a", "O")]),
        np.zeros(1, np.dtype([("a", "u1"), ("b", "f8")], align=True)),
    ],
    ids=lambda v: str(v.dtype)[:20],
)
def test_only_numbers_and_packed_records_of_numbers_go_in(value):
    with pytest.raises(TypeError, match="a checkpoint holds numbers and packed records of numbers, not "):
        pack({"x": value})


WHOLE = pack({"book": np.arange(12.0).reshape(3, 4), "orders": np.zeros(2, MBO_DTYPE), "hash": b"abc"})


def refusal(data: bytes) -> str:
    with pytest.raises(CorruptData) as caught:
        unpack(data, "redis key x")
    message = str(caught.value)
    assert message.startswith("redis key x: ")
    return message.removeprefix("redis key x: ")


def test_a_checkpoint_cut_at_any_byte_is_refused():
    for size in range(len(WHOLE)):
        assert refusal(WHOLE[:size]).startswith("truncated")


def test_a_checkpoint_with_any_byte_changed_is_refused():
    for at in range(len(WHOLE)):
        changed = bytearray(WHOLE)
        changed[at] ^= 0x10
        expected = (
            "not a checkpoint: ",
            "checkpoint version ",
            "truncated or corrupt: its checksum does not match",
        )
        assert refusal(bytes(changed)).startswith(expected)


def test_something_appended_is_refused():
    assert refusal(WHOLE + b"x") == "truncated or corrupt: its checksum does not match"


def test_another_thing_is_refused():
    assert refusal(b"\x80\x04pickle" + bytes(60)) == "not a checkpoint: it begins with b'\\x80\\x04pickle'"


def test_another_version_is_refused():
    other = bytearray(WHOLE)
    other[8] = 2
    assert refusal(bytes(other)) == "checkpoint version 2; this code reads version 1"


def forged(entry: dict[str, object], body: bytes = bytes(16)) -> bytes:
    """A block with a sound checksum whose header says what it likes."""
    header = json.dumps([entry]).encode()
    head = MAGIC + (1).to_bytes(4, "little") + len(header).to_bytes(4, "little") + header
    block = head.ljust(-(-len(head) // 8) * 8, b"\0") + body
    return block + hashlib.blake2b(block, digest_size=32).digest()


SOUND = {"name": "x", "dtype": "<f8", "shape": [2], "offset": 0, "size": 16}


def test_the_forger_can_write_a_sound_one():
    assert unpack(forged(SOUND), "test")["x"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "lie",
    [
        {"dtype": "O"},
        {"dtype": ">f8"},
        {"dtype": "nonsense"},
        {"dtype": [["a", "O"]]},
        {"dtype": []},
        {"shape": [3]},
        {"shape": [-1]},
        {"shape": [10**12, 10**12]},
        {"offset": 8},
        {"offset": -8},
        {"size": 10**15},
        {"size": 15},
        {"name": 5},
        {"more": 1},
    ],
    ids=str,
)
def test_a_header_that_lies_is_refused(lie):
    assert refusal(forged(SOUND | lie)).startswith("its header does not describe its content")
