"""What a session's checkpoint must look like before the kernels read it: they do not look where they are going.

The checksum of ``qmcore.checkpoint`` finds what storage has damaged. This finds what was written wrong: a block whose
checksum is sound, but whose sections would lead a kernel outside its arrays, into an endless search or to numbers that
are none. Called by ``qmcore.pipeline`` and by signals
that hold a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Sections = Mapping[str, NDArray[np.generic]]

GROWING: Final = frozenset({"orders", "ticks", "touched", "spectrum_rings", "spectrum_active"})
"""One row an order, a tick or an active tick; ``model_history`` grows along its other axis, as its kernel checks."""

TICK_LIMIT: Final = 1 << 59
"""No price of 64 bits lies on a tick as far out, as a tick has 16 units at least."""

LARGEST: Final = 1e100
"""Of any float64: beyond it there would soon be infinities."""

MODEL_FLOATS: Final = 15
"""Of ``model_output``, a struct: all its float64 numbers come first."""

MOST_SAMPLES: Final = 1 << 40

_CLOCK, _EVENT_ID, _BIN_SEQ, _GROUP_TIME, _BIN_EVENTS = range(5)
_FLAGS: Final = slice(5, 12)
_TICK, _TIME, _CHAINS = 0, 1, 3
"""Columns of a tick's state: of ``ticks``, the last one and all behind it are float64."""


def check_session_state(found: Sections, fresh: Sections, n_bins: int) -> None:
    """``fresh``: sections of a session of ``n_bins`` bins that has seen nothing. Raises KeyError or ValueError."""
    check_forms(found, fresh)
    _check_orders(found["orders"])
    _check_session(found, n_bins)
    _check_ticks(found)
    _check_spectrum(found)


def check_forms(found: Sections, fresh: Sections) -> None:
    """Every section of ``fresh`` is there, of its type and, but for what grows, its shape; floats are finite.

    Raises KeyError or ValueError.
    """
    for name, like in fresh.items():
        _check_form(name, found[name], like)


def check_numbers(name: str, array: NDArray[np.generic]) -> None:
    """Every number is one that can be worked with. Raises ValueError."""
    _must((np.abs(array.astype(np.float64)) < LARGEST).all(), f"{name} has a number that is none")


def _must(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _check_form(name: str, array: NDArray[np.generic], like: NDArray[np.generic]) -> None:
    """Type and shape are those of a session that has seen nothing, as far as they do not grow."""
    _must(array.dtype == like.dtype, f"{name} is of type {array.dtype}, not {like.dtype}")
    if name in GROWING:
        is_like = array.ndim == like.ndim and array.shape[1:] == like.shape[1:]
        _must(is_like, f"{name} has shape {array.shape}")
    elif name != "model_history":
        _must(array.shape == like.shape, f"{name} has shape {array.shape}, not {like.shape}")
    if name == "model_output":
        array = np.frombuffer(array.tobytes()[: 8 * MODEL_FLOATS])
    if array.dtype.kind == "f":
        check_numbers(name, array)
    if name == "model_samples":
        _must(_within(array, 0, MOST_SAMPLES), f"{name} is {array}")


def _check_session(found: Sections, n_bins: int) -> None:
    session = found["session"].astype(np.int64)
    _must((session[: _BIN_EVENTS + 1] >= 0).all(), "session has a negative time or number")
    _must(session[_BIN_SEQ] <= n_bins, f"session is at bin {session[_BIN_SEQ]} of {n_bins}")
    _must(session[_GROUP_TIME] <= session[_CLOCK], "session has an event group ahead of its clock")
    _must(_are_flags(session[_FLAGS]), "session has flags other than 0 and 1")
    _must((found["counters"].astype(np.int64) >= 0).all(), "counters has a negative number")


def _check_orders(orders: NDArray[Any]) -> None:
    """Live orders, each once."""
    _must((orders["size"] > 0).all(), "orders has one of size 0")
    _must(np.isin(orders["side"], (1, -1)).all(), "orders has one on no side")
    _must(_near(orders["tick"]), "orders has one at no price")
    _must(len(np.unique(orders["order_id"])) == len(orders), "orders has one twice")


def _check_ticks(found: Sections) -> None:
    ticks, touched = np.ascontiguousarray(found["ticks"]).astype(np.int64), found["touched"]
    _must(_near(ticks[:, _TICK]), "ticks has one at no price")
    _must(len(np.unique(ticks[:, _TICK])) == len(ticks), "ticks has one twice")
    clock = found["session"].astype(np.int64)[_CLOCK]
    _must(_within(ticks[:, _TIME], 0, clock), "ticks has an impulse before or after all times")
    chains = ticks[:, _CHAINS:].view(np.float64)
    _must((np.abs(chains) < LARGEST).all(), "ticks has a number that is none")
    _must(_within(touched, 0, len(ticks) - 1), "touched has a tick that is not there")
    _must(len(np.unique(touched)) == len(touched), "touched has a tick twice")


def _check_spectrum(found: Sections) -> None:
    rings, active = found["spectrum_rings"], found["spectrum_active"].astype(np.int64)
    newest = int(found["spectrum_bin"].astype(np.int64)[0])
    _must(
        newest == found["session"].astype(np.int64)[_BIN_SEQ] - 1,
        "spectrum and session are at different bins",
    )
    _must(len(rings) == len(active), "spectrum_rings and spectrum_active differ in length")
    _must((np.abs(rings.astype(np.float64)) <= 1).all(), "spectrum_rings has a composite beyond 1")
    states, last_nonzero, quiet = active.T
    _must(_within(states, 0, len(found["ticks"]) - 1), "spectrum_active has a tick that is not there")
    _must(len(np.unique(states)) == len(states), "spectrum_active has a tick twice")
    _must(
        _within(last_nonzero, 0, newest) and _are_flags(quiet), "spectrum_active has a bin that is not there"
    )


def _near(ticks: NDArray[np.generic]) -> bool:
    return _within(ticks, -TICK_LIMIT, TICK_LIMIT)


def _within(numbers: NDArray[np.generic], least: int, most: int) -> bool:
    return numbers.size == 0 or bool(least <= int(numbers.min()) and int(numbers.max()) <= most)


def _are_flags(numbers: NDArray[np.int64]) -> bool:
    return _within(numbers, 0, 1)
