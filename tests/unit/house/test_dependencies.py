"""What we depend on is locked by hash, says where it comes from nowhere, and may be used by anybody. Works offline.

Known vulnerabilities are another matter: ``make audit`` asks the services that know them.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.unit.house.tree import ROOT, name_of, tracked

LOCKS: Final = sorted((ROOT / "requirements").glob("*.txt"))
RUNTIME_LOCKS: Final = ("core.txt", "harness.txt")
_PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(\[[a-z,]+\])?==[^\s;]+( ; .+)?$")
_HASH = re.compile(r"^--hash=sha256:[0-9a-f]{64}$")

ALLOWED: Final = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "Zlib",
}
"""SPDX names. All may be used, changed and passed on beside code of any licence."""

EXCEPTIONS: Final = {
    "psycopg": "LGPL-3.0-only",
    "psycopg-binary": "LGPL-3.0-only",
}
"""Used unchanged, as a library that anybody can replace, which is what the LGPL asks for."""

REVIEWED: Final = {"huey": "MIT", "skops": "MIT"}
"""Their metadata names no licence; their LICENSE files do."""

IN_OTHER_WORDS: Final = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}


def entries(lock: str) -> Iterator[tuple[str, list[str]]]:
    """Each requirement of a lock with what stands on its following lines."""
    for block in lock.replace("\\\n", "\0").splitlines():
        if block.strip() and not block.lstrip().startswith("#"):
            first, *rest = (part.strip() for part in block.split("\0"))
            yield first, rest


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_requirement_is_pinned_and_hashed(lock: Path) -> None:
    found = list(entries(lock.read_text()))
    assert found
    for requirement, hashes in found:
        assert _PINNED.match(requirement), f"{lock.name}: {requirement} is not one version"
        assert hashes, f"{lock.name}: {requirement} has no hash"
        assert all(_HASH.match(h) for h in hashes), f"{lock.name}: {requirement} has {hashes}"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_lock_says_where_packages_come_from(lock: Path) -> None:
    """A lock works with whatever index its reader uses."""
    said = [
        line
        for line in lock.read_text().splitlines()
        if "://" in line
        or re.match(r"\s*(-i|--index-url|--extra-index-url|-f|--find-links|-e|--editable)\b", line)
    ]
    assert not said


def pins(lock: Path) -> dict[str, set[str]]:
    """Versions by name; another Python or system may have another one."""
    found: dict[str, set[str]] = {}
    for requirement, _ in entries(lock.read_text()):
        name, _, version = requirement.split(" ;")[0].partition("==")
        found.setdefault(name.split("[")[0], set()).add(version)
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_the_images_run_what_is_tested(lock: Path) -> None:
    tested = pins(ROOT / "requirements/dev.txt")
    other = {
        name: versions for name, versions in pins(lock).items() if not versions <= tested.get(name, set())
    }
    assert other == {}


def test_front_end_packages_are_hashed_and_come_from_anywhere() -> None:
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text())
    assert lock["lockfileVersion"] >= 3
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [
        name for name, entry in packages.items() if not entry.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    shipped = {name: entry.get("license") for name, entry in packages.items() if not entry.get("dev")}
    assert {name: licence for name, licence in shipped.items() if licence not in ALLOWED} == {}


def test_nothing_in_the_tree_chooses_a_registry() -> None:
    names = {".npmrc", "pip.conf", ".pypirc", "uv.toml", ".yarnrc"}
    files = [path for path in tracked() if path.name in names]
    assert [name_of(path) for path in files if "://" in path.read_text()] == []


def runtime_packages() -> list[str]:
    """Those of the images."""
    found = set()
    for lock in RUNTIME_LOCKS:
        for requirement, _ in entries((ROOT / "requirements" / lock).read_text()):
            found.add(_PINNED.match(requirement)[1])  # type: ignore[index]
    return sorted(found)


def licences(package: str) -> set[str] | None:
    """SPDX names, or what the package says instead; None where it is not for this platform."""
    try:
        metadata = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    if package in REVIEWED:
        return {REVIEWED[package]}
    if expression := metadata.get("License-Expression"):
        return set(re.split(r" (?:AND|OR) ", expression.replace("(", "").replace(")", "")))
    classified = [
        c.rsplit(" :: ", 1)[1] for c in metadata.get_all("Classifier") or [] if c.startswith("License ::")
    ]
    said = classified or re.split(r" AND ", (metadata.get("License") or "none").splitlines()[0])
    return {IN_OTHER_WORDS.get(one.lower(), one) for one in said}


def test_licences_of_what_runs_are_on_the_list() -> None:
    packages = runtime_packages()
    found = {package: licences(package) for package in packages}
    known = {package: names for package, names in found.items() if names is not None}
    assert len(known) >= 0.9 * len(packages), "too few of the locked packages are installed here"
    refused = {
        package: names
        for package, names in known.items()
        if not names <= ALLOWED and names != {EXCEPTIONS.get(package)}
    }
    assert refused == {}


def test_exceptions_and_reviews_are_still_needed() -> None:
    packages = runtime_packages()
    assert {*EXCEPTIONS, *REVIEWED} <= set(packages)


def test_base_images_have_a_tag_with_a_version() -> None:
    """Our own images have the version of the release."""
    images = []
    for path in tracked():
        if path.name == "Dockerfile":
            stages = set()
            for image, stage in re.findall(r"^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?", path.read_text(), re.M):
                images += [] if image in stages else [(name_of(path), image)]
                stages.add(stage)
        elif path.name.startswith("docker-compose"):
            images += [
                (name_of(path), image) for image in re.findall(r"^\s+image: (\S+)", path.read_text(), re.M)
            ]
    theirs = [(where, image) for where, image in images if not image.startswith("qmachina/")]
    assert len(theirs) >= 4
    unpinned = [
        (where, image)
        for where, image in theirs
        if not re.search(r":\d+(\.\d+)*[\w.-]*(@sha256:[0-9a-f]{64})?$", image)
    ]
    assert unpinned == []
