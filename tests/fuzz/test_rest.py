"""Every REST operation of gateway, registry and harness, with what its description allows and what it does not.

No answer is a 500, and each has a status, a type and a shape that the description names. ``QM_FUZZ_EXAMPLES`` says how
many requests an operation gets.
"""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.fixtures.stack import Stack
from tests.fuzz.conftest import EXAMPLES

CHECKS: Final[list[Any]] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SERVICES: Final = ("registry", "harness", "gateway")


@pytest.mark.parametrize("name", SERVICES)
def test_no_request_makes_a_service_fail_or_answer_what_it_does_not_describe(
    thrown_at: Stack, name: str
) -> None:
    service = getattr(thrown_at, name)
    base = f"http://127.0.0.1:{service.port}"
    schema = schemathesis.openapi.from_dict(httpx.get(f"{base}/openapi.json").json())
    seen = 0
    problems: list[str] = []
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            seen += 1
            try:
                _try(operation, mode, base)
            except Unsatisfiable:  # an operation that takes nothing cannot be given anything wrong
                assert mode is GenerationMode.NEGATIVE
            except (Exception, FailureGroup) as error:
                problems.append(f"{operation.method.upper()} {operation.path}, {mode.name}:\n{error}")
    assert not problems, "\n\n".join(problems)
    assert seen >= 20
    assert httpx.get(f"{base}/health").status_code == 200
    log = service.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") :][:3000]


def _try(operation: Any, mode: GenerationMode, base: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        case.call_and_validate(base_url=base, checks=CHECKS, timeout=20)

    one()
