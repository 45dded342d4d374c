"""The files of the repository, as git knows them."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is or would be committed; all files where there is no git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
        files = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", ".venv", "node_modules", "dist", "lake", ".run"}
        files = [f for f in ROOT.rglob("*") if not skipped & set(f.relative_to(ROOT).parts)]
    return tuple(f for f in files if f.is_file())


def name_of(path: Path) -> str:
    """As it is said to people."""
    return path.relative_to(ROOT).as_posix()
