"""Nothing that opens a door is in the tree: no key, no token, no password; no name of a machine either."""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest

from tests.unit.house.tree import name_of, tracked

LARGEST_BYTES: Final = 2_000_000
NOT_TEXT: Final = {".png", ".zst", ".dbn", ".ico", ".woff2", ".parquet", ".npz", ".gz"}
LOCKS: Final = {"package-lock.json", "dev.txt", "core.txt", "harness.txt", "build.txt"}
"""Nothing but hashes."""

PATTERNS: Final = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_\w{60,}\b"),
    "a Slack token": re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "a Databento key": re.compile(r"\bdb-[A-Za-z0-9]{29}\b"),
    "a JSON web token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a NATS seed": re.compile(r"\bS[UANOCX][A-Z2-7]{56}\b"),
}
_QUOTED = re.compile(r"""["']([A-Za-z0-9+/=_-]{32,128})["']""")
_NAMED = re.compile(r"(?i)(?:secret|token|passw(?:or)?d|api_?key|credential)\w*[\"']?\s*[:=]")
ENTROPY_BITS: Final = 4.3
"""Of a character: random base64 has 5 or more in 40 characters, words and paths fewer than 4.2."""


def entropy(text: str) -> float:
    """Bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def suspects(text: str) -> list[str]:
    """What is wrong with it."""
    found = [what for what, pattern in PATTERNS.items() if pattern.search(text)]
    for line in text.splitlines():
        if _NAMED.search(line):
            found += [
                "a random string called a secret" for s in _QUOTED.findall(line) if entropy(s) >= ENTROPY_BITS
            ]
    return found


def readable(path: Path) -> bool:
    return path.suffix not in NOT_TEXT and path.name not in LOCKS and path.stat().st_size < LARGEST_BYTES


def test_no_secret_is_in_the_tree() -> None:
    texts = {name_of(path): path.read_text(errors="replace") for path in tracked() if readable(path)}
    assert len(texts) > 300
    assert {name: found for name, text in texts.items() if (found := suspects(text))} == {}


def test_no_file_for_secrets_is_in_the_tree() -> None:
    names = [name_of(path) for path in tracked()]
    wrong = re.compile(
        r"(^|/)(\.env|id_(rsa|ed25519|ecdsa)|credentials(\.json)?|\.netrc|.*\.(pem|p12|pfx|key|nk))$"
    )
    assert [name for name in names if wrong.search(name)] == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("-----BEGIN " + "RSA PRIVATE KEY-----", "a private key"),
        ("key = AKIA" + "IOSFODNN7EXAMPLE", "an AWS key"),
        ("ghp_" + "a1B2" * 9, "a GitHub token"),
        ("api_" + 'key = "q9Zx7Lw2Vb5Nm8Kj4Hg6Fd3Sa1Po0IuYt"', "a random string called a secret"),
        ("eyJhbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".SflKxwRJSMeKKF2QT4", "a JSON web token"),
    ],
)
def test_the_scan_finds_what_it_looks_for(text: str, what: str) -> None:
    """The texts are put together here, so that this file is clean as well."""
    assert what in suspects(text)


@pytest.mark.parametrize(
    "text", ['token = "the-token-of-the-test-that-is-long"', 'password: "${REDIS_PASSWORD}"']
)
def test_words_are_no_secrets(text: str) -> None:
    assert suspects(text) == []
