"""What a run of faults has shown: counts, pauses by kind, takeovers; printed as one table."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.injection import Done, Takeover
from tests.faults.plan import Fault, Kind
from tests.faults.watching import Watcher


@dataclass(slots=True)
class Figures:
    """Filled while the faults happen."""

    done: list[tuple[Fault, Done]] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)

    def pauses(self, watchers: Sequence[Watcher]) -> dict[Kind, float]:
        """Longest time without a new bin, for any viewer, that began between a fault of the kind and the next one."""
        longest: dict[Kind, float] = defaultdict(float)
        for position, (fault, done) in enumerate(self.done):
            after = [later.began_s for _, later in self.done[position + 1 : position + 2]] or [float("inf")]
            for watcher in watchers:
                for pause in watcher.pauses:
                    if (
                        pause.until_s > done.began_s
                        and pause.since_s < after[0]
                        and pause.since_s > done.began_s - 1
                    ):
                        longest[fault.kind] = max(longest[fault.kind], pause.seconds)
            longest[fault.kind] += 0.0
        return dict(longest)

    def takeovers(self, watchers: Sequence[Watcher]) -> list[tuple[float, float]]:
        """Of each session of a killed engine: seconds from the kill, and from its last heartbeat, to the next bin."""
        return [
            t for _, done in self.done for takeover in done.takeovers for t in _taken_over(takeover, watchers)
        ]

    def table(self, watchers: Sequence[Watcher]) -> str:
        """All of it in words."""
        pauses = self.pauses(watchers)
        lines = [f"{'kind of fault':44}{'faults':>7}{'longest pause':>15}"]
        for kind in Kind:
            count = sum(fault.kind is kind for fault, _ in self.done)
            if count:
                lines.append(f"{kind:44}{count:7}{pauses[kind]:13.1f} s")
        bins, connections = sum(w.bins for w in watchers), sum(w.connections for w in watchers)
        lost, duplicated = sum(w.lost for w in watchers), sum(w.duplicated for w in watchers)
        sessions = {w.played.alias for w in watchers}
        lines.append(
            f"{len(self.done)} faults, {len(sessions)} sessions, {len(watchers)} viewers, {connections} connections, "
            f"{bins} bins: {lost} lost, {duplicated} duplicated, "
            f"{sum(len(w.wrong) for w in watchers)} unlike the dataset; {time.monotonic() - self.began_s:.0f} s"
        )
        taken = sorted(self.takeovers(watchers))
        if taken:
            since_beat = sorted(beat for _, beat in taken)
            lines.append(
                f"takeover of {len(taken)} sessions: since the kill median {taken[len(taken) // 2][0]:.1f} s, "
                f"longest {taken[-1][0]:.1f} s; since the last heartbeat longest {since_beat[-1]:.1f} s"
            )
        return "\n".join(lines)


def _taken_over(takeover: Takeover, watchers: Sequence[Watcher]) -> list[tuple[float, float]]:
    """The first viewer of the session to see a bin after its longest silence around the kill."""
    silences = [
        pause
        for watcher in watchers
        if watcher.session_id == takeover.session_id
        for pause in watcher.pauses
        if pause.since_s - 0.5 < takeover.killed_s < pause.until_s
    ]
    if not silences:
        return []
    first_s = min(pause.until_s for pause in silences) - takeover.killed_s
    beat_age_s = (time.time_ns() / 1e9 - time.monotonic()) + takeover.killed_s - takeover.heartbeat_ns / 1e9
    return [(first_s, first_s + beat_age_s)]
