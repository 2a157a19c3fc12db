"""What the parts of a strategy's run cost, from the times of rounds in turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.sweep.leaderboard import percentile

LEVEL = 0.1  # the 10th centile: what a run costs while nothing else disturbs it


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a run: what it adds to the parts before it.

    ``added_ns`` is the difference of the 10th centiles of the runs with it and without, which
    noise may make negative; ``event_ns`` the same for each bar of each asset. ``share`` is that of
    the run before it; None: it is the first. ``low`` and ``high`` are the quartiles of the share
    over the rounds.
    """

    name: str
    run_ns: float
    added_ns: float
    event_ns: float
    share: float | None = None
    low: float | None = None
    high: float | None = None


class Overheads(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a run over so many bars, in the order in which they were added."""

    bars: int
    assets: int
    rounds: int
    parts: tuple[Part, ...]


def overheads_of(bars: int, assets: int, times_ns: Mapping[str, Sequence[int]]) -> Overheads:
    """Tell the parts apart; *times_ns* are by part, in order, as many rounds of each.

    >>> found = overheads_of(10, 1, {"engine": [100, 120], "hooks": [150, 180]})
    >>> [(part.name, round(part.added_ns), round(part.event_ns, 1)) for part in found.parts]
    [('engine', 102, 10.2), ('hooks', 51, 5.1)]
    """
    events = bars * assets
    parts: list[Part] = []
    before: Sequence[int] = ()
    for name, times in times_ns.items():
        level = percentile([float(one) for one in times], LEVEL)
        added = level - parts[-1].run_ns if parts else level
        part = Part(name=name, run_ns=level, added_ns=added, event_ns=added / events)
        parts.append(_with_share(part, parts[-1].run_ns, times, before) if parts else part)
        before = times
    rounds = len(before)
    return Overheads(bars=bars, assets=assets, rounds=rounds, parts=tuple(parts))


def _with_share(part: Part, before_ns: float, times: Sequence[int], before: Sequence[int]) -> Part:
    shares = [one / other - 1 for one, other in zip(times, before, strict=True)]
    return msgspec.structs.replace(
        part,
        share=part.added_ns / before_ns,
        low=percentile(shares, 0.25),
        high=percentile(shares, 0.75),
    )
