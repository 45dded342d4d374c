"""The guard's refusals in a service's own description: any operation may answer with them."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from qmcore.contracts.problems import Problem

_MEANINGS: Final = {
    "400": "a token stands in the URL",
    "401": "a token is needed",
    "403": "a page of this origin may not do this",
    "408": "the body did not come in time",
    "413": "the body is too large",
    "429": "this address asks too often; Retry-After says when to come again",
}
_REFERENCE: Final = {"$ref": "#/components/schemas/Problem"}


def describe_refusals(app: FastAPI) -> None:
    """Name them in every operation of ``app.openapi()`` that does not name them itself."""
    describe = app.openapi

    def with_refusals() -> dict[str, Any]:
        first = app.openapi_schema is None
        document = describe()
        if first:
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.setdefault("Problem", Problem.model_json_schema())
            for operations in document["paths"].values():
                for operation in operations.values():
                    for status, meaning in _MEANINGS.items():
                        content = {"application/json": {"schema": dict(_REFERENCE)}}
                        said = {"description": meaning, "content": content}
                        operation["responses"].setdefault(status, said)
        return document

    app.openapi = with_refusals  # type: ignore[method-assign]
