"""Origins, tokens, addresses, limits and redaction: what passes, what does not, and in which words."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qmcore.errors import ConfigError, NotAuthorised, OriginRefused, QmError, TokenInUrl
from qmcore.redaction import hide, hide_url_password, redacted
from qmcore.service.access.addresses import client_address, counted_as, networks_of
from qmcore.service.access.limits import MOST_ADDRESSES, OpenSockets, RequestRate
from qmcore.service.access.rules import AccessRules, Asked
from qmcore.service.access.settings import AccessSettings
from qmcore.tokens import bearer_protocol, own_token, read_tokens, token_of_protocol

TOKEN = "correct-horse-battery-staple"
OTHER = "another-token-of-another-client"


def rules(*, pages: bool = True, **settings: object) -> AccessRules:
    return AccessRules(AccessSettings.model_validate(settings), pages=pages)


def asked(path: str = "/v1/sessions", *, kind: str = "http", method: str = "GET", **more: object) -> Asked:
    return Asked(**{"kind": kind, "method": method, "path": path, "query": "", "host": "gw:8002"} | more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("http://gw:8002", True),
        ("HTTP://GW:8002", True),
        ("http://gw", False),
        ("http://gw:8003", False),
        ("http://gw.evil.example:8002", False),
        ("http://evil.example", False),
        ("http://localhost:5174", True),
        ("http://app.localhost", True),
        ("http://127.0.0.1:1", True),
        ("https://[::1]:8", True),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://gw:8002@evil.example", False),
        ("http://gw:8002/path", False),
        ("http://gw:99999999", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_by_default_pages_of_the_same_origin_and_of_this_machine_pass(origin: str, passes: bool) -> None:
    for one in (asked(kind="websocket", origins=[origin]), asked(method="POST", origins=[origin])):
        refused = rules().refusal(one)
        assert (refused is None) is passes
        assert passes or isinstance(refused, OriginRefused)
    assert rules().refusal(asked(method="GET", origins=[origin])) is None


def test_behind_tls_the_origin_is_compared_without_its_default_port() -> None:
    behind = asked(kind="websocket", origins=["https://charts.example"], host="charts.example")
    assert rules().refusal(behind) is None
    with_port = asked(kind="websocket", origins=["https://charts.example"], host="charts.example:443")
    assert rules().refusal(with_port) is None


def test_two_origins_and_no_host_are_refused_and_no_origin_passes() -> None:
    assert isinstance(rules().refusal(asked(method="PUT", origins=["http://gw:8002"] * 2)), OriginRefused)
    assert isinstance(
        rules().refusal(asked(method="PUT", origins=["http://gw:8002"], host="")), OriginRefused
    )
    assert rules().refusal(asked(method="DELETE")) is None


def test_a_list_of_origins_stands_for_the_default() -> None:
    listed = rules(allowed_origins="https://a.example, http://b.example:8080/")
    for origin, passes in [
        ("https://a.example", True),
        ("https://a.example:443", True),
        ("http://a.example", False),
        ("http://b.example:8080", True),
        ("http://gw:8002", False),
        ("http://localhost", False),
    ]:
        assert (listed.refusal(asked(kind="websocket", origins=[origin])) is None) is passes
    assert rules(allowed_origins="*").refusal(asked(kind="websocket", origins=["null"])) is None
    with pytest.raises(ConfigError, match="QM_ALLOWED_ORIGINS"):
        rules(allowed_origins="evil")


def test_without_tokens_everything_is_open() -> None:
    assert rules().refusal(asked()) is None
    assert rules().refusal(asked(authorizations=["Bearer whatever"])) is None


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_with_tokens_only_one_that_fits_passes(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# clients\n\n{OTHER}\n")
    guarded = rules(token=TOKEN, tokens=file)
    for token in (TOKEN, OTHER):
        assert guarded.refusal(asked(kind=kind, authorizations=[f"Bearer {token}"])) is None
        assert guarded.refusal(asked(kind=kind, authorizations=[f"bearer  {token}"])) is None
    for shown in (
        [],
        ["Bearer "],
        [TOKEN],
        [f"Basic {TOKEN}"],
        [f"Bearer {TOKEN}x"],
        [f"Bearer {TOKEN[:-1]}"],
        [f"Bearer {TOKEN}", f"Bearer {TOKEN}"],
        ["Bearer \xff\udcff"],
    ):
        refused = guarded.refusal(asked(kind=kind, authorizations=shown))
        assert isinstance(refused, NotAuthorised)
        assert TOKEN not in str(refused)


def test_a_websocket_may_show_its_token_as_a_subprotocol_and_rest_may_not() -> None:
    guarded = rules(token=TOKEN)
    shown = ["qmachina.v1", bearer_protocol(TOKEN)]
    assert guarded.refusal(asked(kind="websocket", subprotocols=shown)) is None
    assert isinstance(guarded.refusal(asked(subprotocols=shown)), NotAuthorised)
    for wrong in (bearer_protocol(OTHER), "bearer.", "bearer.%%%", "bearer.a", f"bearer.{TOKEN}"):
        assert isinstance(guarded.refusal(asked(kind="websocket", subprotocols=[wrong])), NotAuthorised)
    both = asked(kind="websocket", subprotocols=shown, authorizations=[f"Bearer {TOKEN}"])
    assert isinstance(guarded.refusal(both), NotAuthorised)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64))
def test_a_token_survives_its_way_as_a_subprotocol(token: str) -> None:
    assert token_of_protocol(bearer_protocol(token)) == token


@given(st.text(max_size=80))
def test_any_subprotocol_is_read_without_an_error(text: str) -> None:
    token_of_protocol("bearer." + text)


@pytest.mark.parametrize("query", ["token=x", "serving=a&access_token=", "TOKEN=a", "t%6Fken=x", "a&bearer"])
def test_a_token_in_the_query_is_refused_even_where_none_is_needed(query: str) -> None:
    for guarded in (rules(), rules(token=TOKEN)):
        for kind in ("http", "websocket"):
            refused = guarded.refusal(asked(kind=kind, query=query, authorizations=[f"Bearer {TOKEN}"]))
            assert isinstance(refused, TokenInUrl)
    assert rules().refusal(asked(query="serving=token&limit=3")) is None


def test_what_is_open_though_tokens_are_needed() -> None:
    def open_paths(guarded: AccessRules) -> set[str]:
        paths = (
            "/", "/index.html", "/assets/a.js", "/v1", "/v1/", "/v1/x", "/v1x", "/docs", "/docs/oauth2-redirect",
            "/redoc", "/openapi.json", "/health", "/ready", "/metrics",
        )  # fmt: skip
        return {path for path in paths if guarded.refusal(asked(path)) is None}

    pages = {"/", "/index.html", "/assets/a.js", "/v1x"}
    assert open_paths(rules(token=TOKEN)) == pages | {"/health", "/ready", "/metrics"}
    assert open_paths(rules(token=TOKEN, open_metrics=False)) == pages | {"/health"}
    assert open_paths(rules(token=TOKEN, pages=False)) == {"/health", "/ready", "/metrics"}
    assert isinstance(rules(token=TOKEN).refusal(asked("/", method="POST")), NotAuthorised)
    assert isinstance(rules(token=TOKEN).refusal(asked("/health", kind="websocket")), NotAuthorised)


def test_tokens_that_are_none_are_refused_without_repeating_them(tmp_path: Path) -> None:
    for bad in ("short", "with space in the middle", "x" * 600):
        with pytest.raises(ConfigError) as caught:
            read_tokens(bad, None)
        assert bad not in str(caught.value)
    empty = tmp_path / "tokens"
    empty.write_text("# nothing\n")
    with pytest.raises(ConfigError, match="holds no token"):
        read_tokens(None, empty)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_tokens(TOKEN, tmp_path / "missing")
    empty.write_text(f"{OTHER}\nshort\n")
    with pytest.raises(ConfigError, match="line 2"):
        read_tokens(None, empty)


def test_a_command_shows_its_own_token(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"{OTHER}\n")
    assert own_token({}) is None
    assert own_token({"QM_TOKEN": ""}) is None
    assert own_token({"QM_TOKENS": str(file)}) == OTHER
    assert own_token({"QM_TOKEN": TOKEN, "QM_TOKENS": str(file)}) == TOKEN


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("203.0.113.5", [], "", "203.0.113.5"),
        ("203.0.113.5", ["198.51.100.1"], "", "203.0.113.5"),
        ("10.0.0.2", ["198.51.100.1"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["1.1.1.1, 198.51.100.1, 10.0.0.9"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["1.1.1.1", "198.51.100.1"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", ["nonsense"], "10.0.0.0/8", "10.0.0.2"),
        ("10.0.0.2", ["10.0.0.3"], "10.0.0.0/8", "10.0.0.3"),
        ("::ffff:10.0.0.2", ["2001:db8::1"], "10.0.0.2", "2001:db8::1"),
        ("10.0.0.2", ["," * 5000 + "198.51.100.1"], "10.0.0.2", "198.51.100.1"),
        (None, ["198.51.100.1"], "0.0.0.0/0", "unknown"),
    ],
)
def test_forwarded_addresses_are_believed_from_trusted_proxies_only(
    peer: str | None, forwarded: list[str], trusted: str, client: str
) -> None:
    assert client_address(peer, forwarded, networks_of(trusted)) == client


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert counted_as("2001:db8::1") == counted_as("2001:db8::ffff:1")
    assert counted_as("2001:db8:0:1::1") != counted_as("2001:db8::1")
    assert counted_as("192.0.2.1") == "192.0.2.1"
    with pytest.raises(ConfigError, match="QM_TRUSTED_PROXIES"):
        networks_of("proxy.example")


def test_requests_pass_in_a_burst_and_then_at_their_rate() -> None:
    rate = RequestRate(per_second=10, burst=3)
    assert [rate.take("a", 0.0) for _ in range(3)] == [0, 0, 0]
    assert rate.take("a", 0.0) == pytest.approx(0.1)
    assert rate.take("b", 0.0) == 0
    assert rate.take("a", 0.05) == pytest.approx(0.05)
    assert rate.take("a", 0.1) == 0
    assert [rate.take("a", 100.0) > 0 for _ in range(4)] == [False, False, False, True]


def test_the_memory_of_rates_is_bounded_and_forgets_the_quiet_ones() -> None:
    rate = RequestRate(per_second=0.001, burst=1)
    assert rate.take("busy", 0.0) == 0
    for number in range(3 * MOST_ADDRESSES):
        rate.take(f"address {number}", 0.0)
        if number % 100 == 0:
            assert rate.take("busy", 0.0) > 0
    assert len(rate) == MOST_ADDRESSES


def test_sockets_are_counted_by_address_until_they_end() -> None:
    sockets = OpenSockets(2)
    with sockets.one_more("a") as first, sockets.one_more("a") as second:
        with sockets.one_more("a") as third, sockets.one_more("b") as other:
            assert (first, second, third, other) == (True, True, False, True)
        assert len(sockets) == 1
    with suppress(QmError), sockets.one_more("a"):
        raise QmError("the viewer's handler fails")
    assert len(sockets) == 0


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("nats://me:pa55word@host:4222 is away", "nats://***@host:4222 is away"),
        ("redis://:pa55word@host/0", "redis://***@host/0"),
        (
            "postgresql+psycopg://u:p%40w@h/db and http://t0ken@h",
            "postgresql+psycopg://***@h/db and http://***@h",
        ),
        ("nats://a:b@c,nats://d:e@f", "nats://***@c,nats://***@f"),
        ("http://host/path@2x.png", "http://host/path@2x.png"),
        ("mail me@example.org", "mail me@example.org"),
    ],
)
def test_credentials_of_urls_are_not_said(said: str, written: str) -> None:
    assert redacted(said) == written


def test_a_known_secret_is_not_said_whatever_it_is_part_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qmcore.redaction._known", set())
    hide("s3cr3t/value")
    hide("abc")
    hide_url_password("redis://user:p%40ssw0rd@host/0")
    hide_url_password("nats://only-a-token@host")
    assert redacted("password is s3cr3t/value, or s3cr3t%2Fvalue; abc") == "password is ***, or ***; abc"
    assert redacted("p@ssw0rd p%40ssw0rd user only-a-token") == "*** *** user ***"
