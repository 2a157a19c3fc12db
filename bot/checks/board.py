"""Check runs as the bot puts them on the forge: names, ids and states of one check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.nightly.names import beside
from bot.ports import Annotation, CheckAction, CheckRun, Conclusion
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord, RunRecord
from engine.configuration import check_name
from engine.reports.check import CheckText
from engine.reports.escape import named

ROLL_UP = "highwater"
SET_UP = "highwater / set-up"
NIGHTLY = "highwater / nightly"
PUSH = "highwater / push"  # not ROLL_UP: a pull request of the same head may require that one
BASELINE = "highwater / baseline"  # of a run for a new baseline, which changes no verdict


@dataclass(frozen=True, slots=True)
class Slot:
    """One check run of a check: its name and the id that tells it from an earlier check's."""

    name: str
    external_id: str


def roll_up(check: CheckRecord) -> Slot:
    """Name the check run that always concludes, the one to require; an aside has its own."""
    if check.kind == "promotion":
        return Slot(BASELINE, check.id)
    if check.kind == "push":
        return Slot(PUSH, check.id)
    if check.kind == "nightly":
        return Slot(f"{NIGHTLY}{beside(check)}", check.id)
    return Slot(f"{ROLL_UP} / {_against(check)}" if check.aside else ROLL_UP, check.id)


def suite_name(check: CheckRecord, suite: str, tags: tuple[str, ...]) -> str:
    """Name the check run of a suite of *check*."""
    name = check_name(suite, tags)
    return f"{name} {_against(check)}" if check.aside else f"{name}{beside(check)}"


def of_run(run: RunRecord) -> Slot:
    """Name the check run of one suite on its hardware tags; a confirmation has the first run's."""
    return Slot(run.check_name, run.order.confirms or run.run)


def of_all(check: CheckRecord, runs: Iterable[RunRecord]) -> tuple[Slot, ...]:
    """Name every check run of a check once, the roll-up last."""
    return tuple(dict.fromkeys((*map(of_run, runs), roll_up(check))))


def _against(check: CheckRecord) -> str:
    return f"against {named(check.ref or '')}"


def show_progress(
    services: Services, check: CheckRecord, slot: Slot, text: CheckText, *, queued: bool = False
) -> None:
    """Put a check run that has not ended yet."""
    run = CheckRun(
        name=slot.name,
        head=check.head,
        external_id=slot.external_id,
        status="queued" if queued else "in_progress",
        title=text.title,
        summary=text.summary,
        text=text.text,
    )
    services.forge.put_check_run(repository_of(check), run)


def show_end(  # noqa: PLR0913 - a check run's end is these facts, each used once
    services: Services,
    check: CheckRecord,
    slot: Slot,
    conclusion: Conclusion,
    text: CheckText,
    *,
    annotations: tuple[Annotation, ...] = (),
    details_url: str | None = None,
    actions: tuple[CheckAction, ...] = (),
) -> None:
    """Put a check run that has ended."""
    run = CheckRun(
        name=slot.name,
        head=check.head,
        external_id=slot.external_id,
        status="completed",
        conclusion=conclusion,
        title=text.title,
        summary=text.summary,
        text=text.text,
        annotations=annotations,
        details_url=details_url,
        actions=actions,
    )
    services.forge.put_check_run(repository_of(check), run)
