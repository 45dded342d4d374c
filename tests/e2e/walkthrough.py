"""docs/walkthrough.md as something that can be run: its files, and its commands with what it shows of their output."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PAGE: Final = Path(__file__).parents[2] / "docs" / "walkthrough.md"
_FILE: Final = re.compile(r"^`([^`\n]+)`\n\n```(?:yaml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CONSOLE: Final = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_START: Final = re.compile(r"^```sh\n(.*?qm up.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTING: Final = re.compile(r"\b(QM_\w+)=(\w+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One command, and what the page shows of its output."""

    command: str
    shown: tuple[str, ...]

    @property
    def fails(self) -> bool:
        """Whether the page shows an error."""
        return any(line.startswith("error:") for line in self.shown)


@dataclass(frozen=True, slots=True)
class Done:
    """A command that was run."""

    step: Step
    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Walkthrough:
    """The page."""

    files: dict[str, str]
    steps: tuple[Step, ...]
    settings: dict[str, str]
    """Environment that it starts the stack with, beside the lake."""

    @classmethod
    def read(cls) -> Self:
        """From the repository."""
        text = PAGE.read_text()
        files: dict[str, str] = dict(_FILE.findall(text))
        steps: list[Step] = []
        for block in _CONSOLE.findall(text):
            for line in block.splitlines():
                if line.startswith("$ "):
                    steps.append(Step(line[2:], ()))
                elif line != "...":
                    steps[-1] = Step(steps[-1].command, (*steps[-1].shown, line))
        (start,) = _START.findall(text)
        settings: dict[str, str] = dict(_SETTING.findall(start))
        del settings["QM_LAKE"]
        return cls(files, tuple(steps), settings)


class Shell:
    """One shell for all commands, as a reader has it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, step: Step) -> Done:
        """Run one command to its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f'{step.command}\necho "=== $?"\n')
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.startswith("=== "):
                return Done(step, int(line[4:]), "".join(lines))
            lines.append(line)
        raise AssertionError(f"the shell ended in {step.command}: {''.join(lines)}")

    def close(self) -> None:
        """End the shell, and with it what it runs."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
