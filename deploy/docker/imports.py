"""Imports every installed package and the parts of them that the services use, so that an image whose packages were
cut too short is never made.

``imports.py`` ends with 1 and names what cannot be imported.
"""

import importlib
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import distributions

DEEPER = {
    "matplotlib": ["backends.backend_agg", "backends.backend_svg", "pyplot"],
    "mlflow": ["pyfunc", "server", "tracking"],
    "numpy": ["fft", "linalg", "random", "testing"],
    "psycopg_binary": ["_psycopg"],
    "pyarrow": ["compute", "dataset", "ipc", "parquet"],
    "scipy": ["interpolate", "linalg", "optimize", "signal", "sparse.linalg", "special", "stats"],
    "sklearn": ["ensemble", "linear_model", "metrics", "model_selection"],
    "sqlalchemy": ["dialects.postgresql", "dialects.sqlite"],
    "uvicorn": ["loops.uvloop", "protocols.http.httptools_impl", "protocols.websockets.websockets_impl"],
}
WANTS_A_PROGRAM = {"git"}


def packages() -> Iterator[str]:
    """Importable names at the top of every installed distribution."""
    for distribution in distributions():
        for path in distribution.files or []:
            if len(path.parts) == 2 and path.name == "__init__.py":
                yield path.parts[0]


def modules() -> list[str]:
    """What is imported."""
    tops = set(packages()) - WANTS_A_PROGRAM
    return sorted(tops | {f"{top}.{part}" for top in tops & DEEPER.keys() for part in DEEPER[top]})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    failed = []
    for module in modules():
        try:
            importlib.import_module(module)
        except Exception as error:
            failed.append(f"{module}: {error}")
    sys.exit("\n".join(failed) or 0)
