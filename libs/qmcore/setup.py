"""Build the Cython kernels of qmcore.

``-ffp-contract=off`` and no ``-march`` flag: a bin's bytes are the same on every machine.
``QM_CYTHON_DEBUG=1`` builds with bounds checks, for tests; ``QM_KERNELS=book,physics`` builds only those.
"""

import os
from pathlib import Path

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup

KERNELS = Path("src/qmcore/kernels")
ONLY = [name for name in os.environ.get("QM_KERNELS", "").split(",") if name]
DEBUG = os.environ.get("QM_CYTHON_DEBUG") == "1"
COMPILE_ARGS = ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-Wno-unused-function"]

setup(
    ext_modules=cythonize(
        [
            Extension(
                f"qmcore.kernels.{path.stem}",
                [str(path)],
                include_dirs=[np.get_include()],
                define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
                extra_compile_args=COMPILE_ARGS,
                language="c++",
            )
            for path in sorted(KERNELS.glob("*.pyx"))
            if not ONLY or path.stem in ONLY
        ],
        include_path=["src"],
        nthreads=int(os.environ.get("QM_BUILD_JOBS", os.cpu_count() or 1)),
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "wraparound": False,
            "cdivision": True,
            "initializedcheck": DEBUG,
            "freethreading_compatible": False,
        },
    )
)
