"""Who may watch what."""

from __future__ import annotations

import pytest

from qm_gateway.admission import Admission, Refusal, ResumePoint, admit

PROTOCOL = "qmachina.v1"


def test_an_alias_is_enough() -> None:
    assert admit(b"serving=demo", []) == Admission("demo", None, None)
    assert admit(b"serving=demo", [PROTOCOL]) == Admission("demo", None, PROTOCOL)


def test_a_returning_viewer_says_what_it_has() -> None:
    wanted = admit(b"serving=demo", [PROTOCOL, "resume.0123456789abcdef.41"])
    assert wanted == Admission("demo", ResumePoint("0123456789abcdef", 41), PROTOCOL)
    assert admit(b"serving=demo", ["resume.0123456789abcdef.-1"]) == Admission(
        "demo", ResumePoint("0123456789abcdef", -1), "resume.0123456789abcdef.-1"
    )


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (b"", "'serving' is missing"),
        (b"serving=", "'serving' is missing"),
        (b"serving=demo&x=1", "unknown query parameter 'x'; allowed: serving"),
        (b"Serving=demo", "unknown query parameter 'Serving'"),
        (b"serving=a&serving=b", "given twice"),
        (b"serving=a%2Fb", "cannot name a serving"),
        (b"serving=%00", "cannot name a serving"),
        (b"serving=\xff", "cannot name a serving"),
    ],
)
def test_everything_else_is_refused_in_words(query: bytes, words: str) -> None:
    refusal = admit(query, [PROTOCOL])
    assert isinstance(refusal, Refusal)
    assert words in refusal.reason
    assert refusal.subprotocol == PROTOCOL


@pytest.mark.parametrize(
    "token", ["resume.x.1", "resume.0123456789abcdef", "resume.0123456789abcdef.-2", "resume.."]
)
def test_a_resume_point_that_says_nothing_is_refused(token: str) -> None:
    refusal = admit(b"serving=demo", [PROTOCOL, token])
    assert isinstance(refusal, Refusal)
    assert "resume.<session>.<bin_seq>" in refusal.reason
