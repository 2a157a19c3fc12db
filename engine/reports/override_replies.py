"""What is answered to those who accept or mute: what holds now, for how long, and what it made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.overrides import Override
from engine.overriding import quantity
from engine.reports.escape import code, word
from engine.values import Outcome

_SHOWN = 20  # rows that are named; the others are counted


def overridden(overrides: Sequence[Override], outcome: Outcome | None, *, is_running: bool) -> str:
    """Say what was accepted or muted; *outcome* is that of the verdict that was judged anew."""
    first = overrides[0]
    said = _muted(first) if first.kind == "mute" else "\n".join(_accepted(overrides))
    return f"{said}\n\n{_now(outcome, is_running=is_running)}"


def _accepted(overrides: Sequence[Override]) -> Iterator[str]:
    yield (
        "Accepted for this pull request, for as long as the effect is not confirmed worse than it "
        "was measured to be:"
    )
    yield ""
    for one in overrides[:_SHOWN]:
        case = f" {code(one.case)}" if one.case else ""
        metric = f" ({word(quantity(one.metric))})" if one.metric else ""
        until = "" if one.change is not None else f", at {(one.head or '')[:7]} alone"
        yield f"- {code(one.suite)}{case}{metric}{until}"
    if len(overrides) > _SHOWN:
        yield f"- and {len(overrides) - _SHOWN} more"


def _muted(override: Override) -> str:
    what = f"{code(override.case)} of" if override.case else "Every case of"
    day = (override.until_utc or "")[:10]
    muted = (
        f"{what} {code(override.suite)} is muted in all pull requests up to and with {day} (UTC)"
    )
    return f"{muted}. It is measured and shown, and turns no check red."


def _now(outcome: Outcome | None, *, is_running: bool) -> str:
    if is_running:
        return "It holds once the check that is running is done."
    if outcome is None:
        return "It holds from the next check on."
    if outcome in {Outcome.PASS, Outcome.IMPROVEMENT}:
        return "The check is green now."
    return "The check is judged anew; other rows still keep it from green."
