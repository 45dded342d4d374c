"""The process of one job, started by a worker: ``python -m <this module> LAKE JOB_ID [WORKERS]``.

Guarantees: it says how it ended, unless it dies; it ends with its worker, also when that one is killed; it ends within
about a second of SIGTERM, with all that had ended in the store. It runs at low priority: sessions
that stream on the same machine go first.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from qm_harness.experiments.chain import load_experiment
from qm_harness.experiments.runner import Ended, run_experiment
from qm_harness.service.job_files import JobFiles
from qm_harness.service.worker.attempt_messages import AttemptEnd, Said
from qm_harness.service.worker.progress_meter import ProgressMeter
from qmcore.contracts.jobs import JobError
from qmcore.errors import Cancelled, Conflict, QmError
from qmcore.lake import Lake
from qmcore.service import configure_logs

log = logging.getLogger(__name__)

NICENESS: Final = 10
MOST_ERRORS: Final = 10


def attempt(
    lake: Lake, job_id: str, meter: ProgressMeter, *, most_workers: int | None, stopping: Callable[[], bool]
) -> AttemptEnd:
    """Run the job, or what is left of it."""
    files = JobFiles(lake)
    try:
        request = files.request(job_id)
        chain = load_experiment(files.experiment_file(job_id), lake)
        elsewhere = request.workers is None and chain.spec.parallel.dask is not None
        wanted = request.workers or chain.spec.parallel.workers or len(os.sched_getaffinity(0))
        ended = run_experiment(
            chain,
            lake,
            meter.watchers(),
            workers=None if elsewhere else min(wanted, most_workers or wanted),
            retry_failed=request.retry_failed,
            cancelled=stopping,
        )
    except Cancelled:
        return AttemptEnd(kind="interrupted")
    except Conflict as error:
        return AttemptEnd(kind="busy", reason=str(error))
    except QmError as error:
        return AttemptEnd(kind="failed", reason=str(error))
    except Exception as error:
        log.exception("job %s failed", job_id)
        return AttemptEnd(kind="failed", reason=f"internal error: {type(error).__name__}: {error}")
    return _end_of(ended)


def _end_of(ended: Ended) -> AttemptEnd:
    errors = tuple(JobError(error=error, points=points) for error, points in ended.errors.items())
    failed = sum(error.points for error in errors)
    if failed and failed == ended.standing.total:
        return AttemptEnd(
            kind="failed", reason=f"every point failed: {errors[0].error}", errors=errors[:MOST_ERRORS]
        )
    return AttemptEnd(kind="done", errors=errors[:MOST_ERRORS])


def _end_with_worker() -> None:
    """The worker never writes to our standard input: what is read is its end."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _own_output() -> BinaryIO:
    """Standard output for ourselves; what libraries print goes to the log."""
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    return output


def main(argv: list[str]) -> int:
    """The process; its exit code is 0 once it has said how it ended."""
    lake, job_id, *workers = argv
    output = _own_output()
    configure_logs("harness-job", style="plain", level=os.environ.get("QM_LOG_LEVEL", "INFO"))
    _end_with_worker()
    os.nice(NICENESS)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the worker's to handle

    def say(said: Said) -> None:
        output.write(said.model_dump_json(exclude_defaults=True).encode() + b"\n")

    meter = ProgressMeter(lambda progress: say(Said(progress=progress)), time.monotonic)
    meter.flush()
    end = attempt(
        Lake(Path(lake)),
        job_id,
        meter,
        most_workers=int(workers[0]) if workers else None,
        stopping=stopping.is_set,
    )
    meter.flush()
    say(Said(end=end))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
