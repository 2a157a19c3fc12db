"""Where a series of the history seems to step."""

from __future__ import annotations

from engine.history import Bracket, Series, StepHypothesis
from engine.stats.change_points import find_steps

REACH = 3  # so many measured commits off are the steps that the search finds, at most


def hypotheses(found: Series) -> tuple[StepHypothesis, ...]:
    """Name the steps that a series seems to have, oldest first."""
    steps = find_steps([one.level for one in found.levels])
    ends = [0, *(step.index for step in steps), len(found.levels)]
    return tuple(
        _hypothesis(found, range(ends[number], ends[number + 2]), step.index, step.effect)
        for number, step in enumerate(steps)
    )


def _hypothesis(found: Series, around: range, index: int, effect: float) -> StepHypothesis:
    """Describe the step before level *index*; *around* are the levels from the last step on.

    They end where the next step is: the wide bracket must not hold a second one.
    """
    levels = found.levels
    narrow = Bracket(before=levels[index - 1].commit, after=levels[index].commit)
    wide = Bracket(
        before=levels[max(around.start, index - 1 - REACH)].commit,
        after=levels[min(around.stop - 1, index + REACH)].commit,
    )
    return StepHypothesis(
        **found.key._asdict(),
        before=narrow.before,
        after=narrow.after,
        effect=effect,
        better=found.better,
        wide=None if wide == narrow else wide,
    )
