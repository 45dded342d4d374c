"""Settings, logs and readiness of a service."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest

from qmcore.errors import ConfigError, Unavailable
from qmcore.service import (
    Readiness,
    ServiceSettings,
    configure_logs,
    load_settings,
    run_command,
    run_service,
    session_log_context,
)


@pytest.fixture(autouse=True)
def _own_logging() -> object:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield None
    root.handlers[:], root.level = handlers, level


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QM_NATS_URL", "nats://elsewhere:4222")
    assert load_settings(ServiceSettings).nats_url == "nats://elsewhere:4222"


def test_a_wrong_setting_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QM_LOG_FORMAT", "xml")
    with pytest.raises(ConfigError, match=r"environment: QM_LOG_FORMAT: .*'plain' or 'json'.*got 'xml'"):
        load_settings(ServiceSettings)


def test_json_logs_are_one_object_a_line_with_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("engine", style="json", level="INFO")
    with session_log_context("0123456789abcdef"):
        logging.getLogger("x").info("bin %d", 3)
    logging.getLogger("x").info("alone")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["service"], first["message"], first["session"]) == ("engine", "bin 3", "0123456789abcdef")
    assert "session" not in second


def test_plain_logs_name_the_session(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("engine", style="plain", level="INFO")
    with session_log_context("0123456789abcdef"):
        logging.getLogger("x").warning("careful")
    assert "WARNING engine careful [session 0123456789abcdef]" in capsys.readouterr().err


def test_ready_says_what_is_missing() -> None:
    readiness = Readiness()
    reasons = {"nats": "", "redis": "Redis is unavailable: refused"}
    readiness.require("nats", lambda: reasons["nats"])
    readiness.require("redis", lambda: reasons["redis"])
    assert readiness.problems() == {"redis": "Redis is unavailable: refused"}
    reasons["redis"] = ""
    assert readiness.problems() == {}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (None, 0),
        (Unavailable(what="NATS", problem="gone"), 1),
        (ConfigError(source="environment", field="QM_X", problem="wrong"), 2),
        (ExceptionGroup("tasks", [Unavailable(what="NATS", problem="gone")]), 1),
    ],
)
def test_the_exit_code_says_how_it_ended(error: Exception | None, code: int) -> None:
    async def main(stopping: asyncio.Event) -> None:
        assert not stopping.is_set()
        if error is not None:
            raise error

    assert run_service("test", ServiceSettings(), main) == code


def test_a_bug_is_not_swallowed() -> None:
    async def main(stopping: asyncio.Event) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_service("test", ServiceSettings(), main)


def test_a_command_with_a_wrong_setting_exits_with_2_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QM_HEALTH_PORT", "70000")
    never = pytest.fail
    assert run_command("test", ServiceSettings, {}, lambda _: never("it must not start")) == 2
    assert "environment: QM_HEALTH_PORT" in capsys.readouterr().err


def test_an_option_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QM_HEALTH_PORT", "1234")
    assert load_settings(ServiceSettings, {"health_port": 99, "nats_url": None}).health_port == 99
