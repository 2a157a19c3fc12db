"""Check runs as the bot puts them on the forge: names, ids and states of one check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.ports import Annotation, CheckRun, Conclusion
from bot.services import Services, repository_of
from bot.store.checks import CheckRecord, RunRecord
from engine.reports.check import CheckText

ROLL_UP = "highwater"
SET_UP = "highwater / set-up"


@dataclass(frozen=True, slots=True)
class Slot:
    """One check run of a check: its name and the id that tells it from an earlier check's."""

    name: str
    external_id: str


def roll_up(check: CheckRecord) -> Slot:
    """Name the check run that always concludes, the one to require."""
    return Slot(ROLL_UP, check.id)


def of_run(run: RunRecord) -> Slot:
    """Name the check run of one suite on its hardware tags; a confirmation has the first run's."""
    return Slot(run.check_name, run.order.confirms or run.run)


def of_all(check: CheckRecord, runs: Iterable[RunRecord]) -> tuple[Slot, ...]:
    """Name every check run of a check once, the roll-up last."""
    return tuple(dict.fromkeys((*map(of_run, runs), roll_up(check))))


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
    )
    services.forge.put_check_run(repository_of(check), run)
