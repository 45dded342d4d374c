"""The bar of everything that takes long: what, how much of it, ``rates``, time left; on standard error."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


class RateBar:
    """One task whose description, counts and field ``rates`` are shown. Silent where its console is no terminal.

    A context manager: on the terminal while inside.
    """

    def __init__(
        self, what: str, counted: ProgressColumn, *, total: int | None = None, console: Console | None = None
    ) -> None:
        console = console or Console(stderr=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            counted,
            TextColumn("{task.fields[rates]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task = self.bar.add_task(what, total=total, rates="")

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.bar.stop()
