"""Buttons of check runs: the same commands, for the suite whose check run they are on."""

from __future__ import annotations

from bot.commands.command import BUTTON, Command
from bot.events import ActionRequested
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord
from bot.store.deliveries import Delivery
from engine.commands import EVERY, Verb
from engine.values import CheckId, RunId

BUTTONS = {"rerun": Verb.RERUN, "more": Verb.MORE, "accept": Verb.ACCEPT}
REASON = "accepted by button"


def button_command(
    services: Services, press: ActionRequested, delivery: Delivery
) -> Command | None:
    """Make the command of a button; None when it is no button of ours, or of an older head."""
    verb = BUTTONS.get(press.identifier)
    run = services.checks.run(RunId(press.external_id))
    owner = CheckId(press.external_id) if run is None else run.check
    check = services.checks.check(owner)
    if verb is None or check is None or check.pull_request is None or not _is_of(check, press):
        return None
    return Command(
        delivery=delivery.id,
        line=0,
        repository=press.repository,
        number=check.pull_request,
        comment=BUTTON,
        author=press.sender,
        verb=verb,
        arguments=_arguments(verb, run),
        attempt=delivery.attempt,
    )


def _is_of(check: CheckRecord, press: ActionRequested) -> bool:
    return check.repository == press.repository.name and check.head == press.head


def _arguments(verb: Verb, run: RunRecord | None) -> dict[str, str]:
    suite = EVERY if run is None else str(run.order.suite_name)
    match verb:
        case Verb.ACCEPT:
            return {"case": f"{suite}::{EVERY}", "reason": REASON}
        case Verb.MORE if run is not None:
            return {"suite": suite}
        case _:
            return {}
