"""From the rows of both sides to what a report carries of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.backtest.leaks import Canary
from engine.errors import UserError
from engine.orders import Ranking, SweepEvidence, Trials
from engine.sweep.kept_returns import kept_returns
from engine.sweep.leaderboard import summarise
from engine.sweep.rows import SweepRow, signed
from engine.sweep.trials import trials_of
from engine.values import Mode, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is kept of a class's returns, whose rows carry none.

    *returned* has rows with returns of the configurations that are judged by them. *canaries*
    are of each side's selected configuration.
    """

    returned: Mapping[Side, Sequence[SweepRow]]
    trials: Trials | None
    canaries: Mapping[Side, Canary | None]


@dataclass(frozen=True, slots=True)
class Swept:
    """All rows of both sides, and of base's selected configuration run a second time.

    *kept* None: the rows themselves carry their returns. *rerun_head* is of what was run a second
    time on head.
    """

    ranking: Ranking
    base: tuple[SweepRow, ...]
    head: tuple[SweepRow, ...]
    rerun: tuple[SweepRow, ...] = ()
    kept: Kept | None = None
    rerun_head: tuple[SweepRow, ...] = ()


def evidence_of(swept: Swept) -> SweepEvidence:
    """Sign the rows; of returns keep those that are judged, and count what the others tell."""
    sides = {Side.BASE: swept.base, Side.HEAD: swept.head}
    selected, winner = (selected_in(rows, swept.ranking) for rows in sides.values())
    kept = swept.kept or Kept(returned=sides, trials=trials_of(swept.head), canaries={})
    return SweepEvidence(
        metric=swept.ranking.metric,
        mode=swept.ranking.mode,
        base=tuple(map(signed, swept.base)),
        head=tuple(map(signed, swept.head)),
        returns=kept_returns(kept.returned, selected, winner),
        rerun=tuple(map(signed, swept.rerun)),
        rerun_head=tuple(map(signed, swept.rerun_head)),
        trials=kept.trials,
        canary=kept.canaries.get(Side.HEAD),
        canary_base=kept.canaries.get(Side.BASE),
    )


def selected_in(rows: Sequence[SweepRow], ranking: Ranking) -> str | None:
    """Give the configuration that a sweep selects in-sample; None: it can be none's."""
    try:
        return summarise(rows, ranking.metric, Mode(ranking.mode)).selected
    except UserError:
        return None  # what is wrong with the rows is for the verdict to say
