"""The lake: where every file lives (SPEC section 7), and how files and folders appear in it.

Guarantees: paths are made here and nowhere else; what is published appears whole or not at all, also
when the process or the machine dies. Making a ``Lake`` touches no disk. Light to import.
"""

from __future__ import annotations

import contextlib
import datetime as dt_
import fcntl
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from qmcore.errors import BadInput, DbnError, MissingData
from qmcore.units import NS_PER_SECOND

LAKE_ENV: Final = "QM_LAKE"
"""The environment variable that names the lake."""

DBN_SUFFIXES: Final = (".dbn", ".dbn.zst")
ConfigKind = Literal["pipelines", "serving", "serving_versions", "experiments", "gold_campaigns"]


def default_lake_root() -> Path:
    """``QM_LAKE``, else ``./lake``."""
    return Path(os.environ.get(LAKE_ENV) or "lake")


class Lake:
    """The data folder at ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def raw_dir(self, product_type: str, symbol_root: str) -> Path:
        """Where the DBN files of an instrument family lie."""
        source = self.root / "raw" / "source=databento" / f"product_type={product_type}"
        return source / f"symbol={symbol_root}" / "table=market_by_order_dbn"

    def config_dir(self, kind: ConfigKind) -> Path:
        """Where the YAML files of one kind of configuration lie."""
        return self.root / "research" / "harness" / "configs" / kind

    @property
    def datasets_dir(self) -> Path:
        """Every dataset is a folder in here."""
        return self.root / "research" / "datasets"

    def column_cache_dir(self, dataset_id: str) -> Path:
        """Where decoded columns of one dataset are kept; may be deleted at any time that nobody reads them."""
        return self.root / "cache" / "columns" / self.dataset_dir(dataset_id).name

    def verdict_cache_path(self, key: str) -> Path:
        """What was worked out of a set of runs, named by a hash of it; may be deleted at any time."""
        if not re.fullmatch(r"[0-9a-f]{64}", key):
            raise BadInput(f"{key!r} is not a key of verdicts: 64 hex digits")
        return self.root / "cache" / "verdicts" / f"{key}.json"

    @property
    def results_dir(self) -> Path:
        """Runs of experiments."""
        return self.root / "research" / "harness" / "results"

    def report_path(self, experiment: str) -> Path:
        """The report of an experiment. Raises BadInput where ``experiment`` cannot be one."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", experiment):
            raise BadInput(f"{experiment!r} is not the name of an experiment")
        return self.root / "research" / "harness" / "reports" / f"{experiment}.html"

    def artifact_path(self, sha256: str) -> Path:
        """The file of one trained model. Raises BadInput where ``sha256`` is not 64 hex digits."""
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise BadInput(f"{sha256!r} is not the name of an artifact: 64 hex digits")
        return self.root / "research" / "harness" / "artifacts" / f"{sha256}.qma"

    @property
    def jobs_dir(self) -> Path:
        """Sweeps that were submitted to the harness, a folder each."""
        return self.root / "research" / "harness" / "jobs"

    @property
    def registry_path(self) -> Path:
        """The registry's database, unless another one is configured."""
        return self.root / "research" / "harness" / "serving_registry.sqlite"

    def dataset_dir(self, dataset_id: str) -> Path:
        """The folder of one dataset. Raises BadInput where ``dataset_id`` cannot be one."""
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._!-]*", dataset_id):
            raise BadInput(f"{dataset_id!r} is not a dataset id")
        return self.datasets_dir / dataset_id

    def dataset_ids(self) -> list[str]:
        """Ids of the datasets that are there, sorted; unfinished ones are not."""
        if not self.datasets_dir.is_dir():
            return []
        return sorted(
            p.name for p in self.datasets_dir.iterdir() if p.is_dir() and not p.name.startswith(".")
        )

    def checkpoint_path(
        self, *, product_type: str, symbol: str, dt: dt_.date, warmup_start_ns: int, source: Path
    ) -> Path:
        """Where the book before warm-up is cached; the name changes when ``source`` changes."""
        status = source.stat()
        text = f"{product_type}:{symbol}:{dt}:{warmup_start_ns}:{status.st_mtime_ns}:{status.st_size}"
        key = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self.root / "cache" / "book_engine" / f"{symbol}_{dt}_{key}.ckpt"

    def find_dbn(self, product_type: str, symbol_root: str, dt: dt_.date) -> Path:
        """The file of day ``dt`` (UTC): the one whose name has the date, else whose metadata covers it.

        Raises MissingData, which says where it looked and what is there; BadInput where several fit.
        """
        folder = self.raw_dir(product_type, symbol_root)
        files = _dbn_files(folder)
        wanted = f"{symbol_root} ({product_type}) on {dt}"
        found = _one_of([f for f in files if _names(f, dt)], wanted) or _one_of(
            [f for f in files if _covers(f, dt)], wanted
        )
        if found is None:
            raise MissingData(
                wanted=wanted, looked_in=folder, found=[f.name for f in files] or _siblings(folder)
            )
        return found


def _dbn_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(
        f
        for f in folder.iterdir()
        if f.name.endswith(DBN_SUFFIXES) and f.is_file() and not f.name.startswith(".")
    )


def _names(file: Path, dt: dt_.date) -> bool:
    return re.search(rf"(?<!\d)({dt:%Y%m%d}|{dt:%Y-%m-%d})(?!\d)", file.name) is not None


def _covers(file: Path, dt: dt_.date) -> bool:
    # Here, because importing it takes longer than the rest of a command that only needs a path.
    from qmcore.dbn import DbnFile

    day = dt_.datetime.combine(dt, dt_.time(), dt_.UTC)
    start_ns = int(day.timestamp()) * NS_PER_SECOND
    end_ns = start_ns + 86_400 * NS_PER_SECOND
    try:
        opened = DbnFile.open(file)
    except DbnError:
        return False  # not a candidate; MissingData still shows its name
    return opened.metadata.start < end_ns and start_ns < (opened.coverage_end_ns or end_ns)


def _one_of(files: list[Path], wanted: str) -> Path | None:
    """The only file; of one file in two forms the uncompressed one."""
    plain = {f.name for f in files if f.name.endswith(".dbn")}
    files = [f for f in files if f.name.removesuffix(".zst") not in plain or f.name in plain]
    if len(files) > 1:
        names = ", ".join(f.name for f in files)
        raise BadInput(
            f"several files in {files[0].parent} hold data for {wanted}: {names}; keep one of them there"
        )
    return files[0] if files else None


def _siblings(folder: Path) -> list[str]:
    """What is beside the deepest part of ``folder`` that exists."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    return sorted(f"{p.name} in {folder}" for p in folder.iterdir()) if folder.is_dir() else []


# --- how things appear ---


def publish_file(target: Path, data: bytes) -> None:
    """Write ``data`` as ``target``, replacing what is there; readers see the old bytes or the new ones."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        partial.replace(target)
        _sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def publish_dir(target: Path) -> Iterator[Path]:
    """A hidden sibling folder to fill, which becomes ``target`` when the block ends without an error.

    On an error it is removed; leftovers of processes that died are removed on the next call. Raises
    FileExistsError where somebody else published ``target`` in the meantime.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.partial-"
    for leftover in target.parent.glob(f"{prefix}*"):
        with contextlib.suppress(OSError), _locked(leftover):
            shutil.rmtree(leftover)
    partial = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        with _locked(partial):
            yield partial
            for path in partial.iterdir():
                _sync(path)
            partial.chmod(0o755)
            _sync(partial)
            try:
                partial.rename(target)
            except OSError as error:
                raise FileExistsError(f"{target} was published by somebody else") from error
            _sync(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold ``path`` as its owner; the lock ends with the process. Raises OSError where another has it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
