"""What a run of faults has shown: counts, pauses by kind, takeovers; printed as one table."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.injection import Done, Takeover
from tests.faults.plan import Fault, Kind
from tests.faults.watching import Watcher

UNDER_WAY_S = 0.4


@dataclass(slots=True)
class Figures:
    """Filled while the faults happen."""

    done: list[tuple[Fault, Done]] = field(default_factory=list)
    began_s: float = field(default_factory=time.monotonic)

    def pauses(self, watchers: Sequence[Watcher]) -> dict[Kind, float]:
        """Longest time without a new bin, for any viewer; it counts for the last fault before it."""
        longest: dict[Kind, float] = defaultdict(float)
        for pause in (pause for watcher in watchers for pause in watcher.pauses):
            # The last bin comes up to a bin's width before the fault, or a little after it: it was under way.
            before = [fault for fault, done in self.done if done.began_s < pause.since_s + UNDER_WAY_S]
            if before:
                longest[before[-1].kind] = max(longest[before[-1].kind], pause.seconds)
        return longest

    def takeovers(self, kind: Kind, watchers: Sequence[Watcher]) -> list[tuple[float, float]]:
        """Of each session of a killed engine: seconds from the kill, and from its last heartbeat, to the next bin."""
        taken = [takeover for fault, done in self.done if fault.kind is kind for takeover in done.takeovers]
        return sorted(times for takeover in taken for times in _taken_over(takeover, watchers))

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
        for kind in (Kind.KILL_ENGINE, Kind.CORRUPT_CHECKPOINT):
            taken = self.takeovers(kind, watchers)
            if taken:
                since_beat = max(beat for _, beat in taken)
                lines.append(
                    f"{kind}: {len(taken)} sessions taken over, next bin since the kill: median "
                    f"{taken[len(taken) // 2][0]:.1f} s, longest {taken[-1][0]:.1f} s; "
                    f"since the last heartbeat: longest {since_beat:.1f} s"
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
