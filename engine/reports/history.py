"""What is said of the history: series as they were measured, and what became of their steps."""

from __future__ import annotations

from collections.abc import Iterator

from engine.history import Series, SeriesKey
from engine.reports import figures
from engine.reports.escape import plain
from engine.reports.wording import SHA, plural
from engine.settling import Settlement, Standing, StepState

NO_POINTS = "Nothing of this history is stored: the bot's checks and null runs give points."
NO_STEPS = "No series seems to step."
FEWEST = 6  # levels: fewer show no step
NO_LEDGER = "No ledger of losses is kept here: checks of pull requests fill it."
NO_DEBTS = "The ledger holds no loss of what was merged."


def no_steps(longest: int) -> str:
    """Say that there is no step, where the longest series has so many levels.

    >>> no_steps(1)
    'Too few commits were measured to look for steps (1 of 6).'
    """
    if longest >= FEWEST:
        return NO_STEPS
    return f"Too few commits were measured to look for steps ({longest} of {FEWEST})."


def since_text(since: str, left_out: int) -> str:
    """Say which steps are shown, where the older ones were left out.

    >>> since_text("30", 1), since_text("v1.2", 0)
    ('Since 30 days: 1 older step is left out.', 'Since v1.2: 0 older steps are left out.')
    """
    start = f"{since} days" if since.isdecimal() else plain(since)
    are = "is" if left_out == 1 else "are"
    return f"Since {start}: {plural(left_out, 'older step')} {are} left out."


def series_title(key: SeriesKey) -> str:
    """Name a series as plain text."""
    hardware = f"on hardware {key.fingerprint[:8]}"
    return f"{plain(key.suite)} · {plain(key.case)} ({plain(key.metric)}), {hardware}"


def level_rows(found: Series) -> Iterator[tuple[str, str, str, str]]:
    """Give commit, level, what was measured and when, as plain text, oldest commit first.

    Levels of different days are a trend: no change is worked out between them.
    """
    for one in found.levels:
        measured = f"{plural(one.runs, 'run')}, {plural(one.launches, 'launch')}"
        level = _level(one.level, found.unit)
        yield one.commit[:SHA], level, measured.replace("launchs", "launches"), one.measured_utc


def step_text(found: Series, one: Standing) -> str:
    """Say what is known of a step, in one line of plain text.

    Only what a paired run has confirmed is called a step of the code.
    """
    return f"{_mark(one)} {series_title(found.key)}: {_said(found, one)}"


def _said(found: Series, one: Standing) -> str:
    settlement = one.settlement
    if settlement is None:
        return f"seems to step {_place(one, settlement)}, {_levels(found, one)}; not settled yet"
    numbers = _numbers(settlement)
    if one.state is StepState.CONFIRMED:
        return f"steps {_place(one, settlement)}: {numbers}"
    seemed = f"seemed to step {_place(one, settlement)}"
    if one.state is StepState.REFUTED:
        return f"{seemed}; not confirmed by pairing: {numbers}"
    if settlement.problem is not None:
        return f"{seemed}; not measured in pairs: {plain(settlement.problem)}"
    if settlement.change is None:
        return f"{seemed}; it could not be measured in pairs"
    return f"{seemed}; the pairs cannot tell: {numbers}"


def _place(one: Standing, settlement: Settlement | None) -> str:
    asked = one.hypothesis if settlement is None else settlement
    return f"between {asked.before[:SHA]} and {asked.after[:SHA]}"


def _levels(found: Series, one: Standing) -> str:
    known = {level.commit: level.level for level in found.levels}
    ends = (known[one.hypothesis.before], known[one.hypothesis.after])
    before, after = (_level(level, found.unit) for level in ends)
    return f"from {before} to {after}"


def _level(level: float, unit: str) -> str:
    """Write a level with four digits: steps of 1.5 % are to be seen."""
    rounded = float(f"{level:.4g}")
    return figures.written(rounded, unit)


def _numbers(settlement: Settlement) -> str:
    ends = (settlement.change, settlement.low, settlement.high)
    shown = [figures.ABSENT if one is None else figures.percent(one) for one in ends]
    pairs = "" if settlement.pairs is None else f", {plural(settlement.pairs, 'pair')}"
    return f"{shown[0]} % ({shown[1]} to {shown[2]} %){pairs} on {plain(settlement.runner or '?')}"


def _mark(one: Standing) -> str:
    if one.state is StepState.CONFIRMED:
        return "❌" if one.is_worse else "✅"
    return {StepState.UNSETTLED: "?", StepState.UNCLEAR: "❔"}.get(one.state, "·")
