"""Where a series of the history seems to step."""

from __future__ import annotations

import msgspec

from engine.history import Bracket, Series, StepHypothesis
from engine.stats.change_points import MAX_VALUES, Step, find_steps

REACH = 3  # so many measured commits off are the steps that the search finds, at most


def hypotheses(found: Series) -> tuple[StepHypothesis, ...]:
    """Name the steps that a series seems to have, oldest first, in its last 50,000 commits."""
    recent = msgspec.structs.replace(found, levels=found.levels[-MAX_VALUES:])
    steps = find_steps([one.level for one in recent.levels])
    ends = [0, *(step.index for step in steps), len(recent.levels)]
    return tuple(
        _hypothesis(recent, range(ends[number], ends[number + 2]), step)
        for number, step in enumerate(steps)
    )


def _hypothesis(found: Series, around: range, step: Step) -> StepHypothesis:
    """Describe a step; *around* are the levels from the step before it to the one after it.

    The wide bracket stays within them: it must not hold a second step.
    """
    levels, index = found.levels, step.index
    narrow = Bracket(before=levels[index - 1].commit, after=levels[index].commit)
    wide = Bracket(
        before=levels[max(around.start, index - 1 - REACH)].commit,
        after=levels[min(around.stop - 1, index + REACH)].commit,
    )
    return StepHypothesis(
        **found.key._asdict(),
        before=narrow.before,
        after=narrow.after,
        effect=step.effect,
        better=found.better,
        wide=None if wide == narrow else wide,
    )
