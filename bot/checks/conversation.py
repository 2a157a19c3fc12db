"""What a verdict says in its pull request's conversation, and who may show one there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.services import Services, repository_of
from bot.store.checks import CheckRecord
from engine.errors import TransientError
from engine.findings import Verdict
from engine.reports.comment import MARKER, needs_comment
from engine.reports.turn import render_turn, turn_marker
from engine.values import Outcome

GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})
_HELD_S = 2.0


@contextmanager
def alone(services: Services, check: CheckRecord) -> Iterator[None]:
    """Show the verdict of a pull request alone: two at once would make two comments of it.

    Nor does an older verdict come over a newer one so.

    Raises:
        TransientError: somebody else shows one of that pull request; calling again goes on.
    """
    number, leases = check.pull_request, services.pr_leases
    if number is None or check.aside:
        yield
        return
    if not leases.take(check.repository, number, check.id, services.clock.now()):
        problem = f"somebody else writes to #{number}"
        raise TransientError(problem, retry_after_s=_HELD_S)
    try:
        yield
    finally:
        leases.release(check.repository, number, check.id)


def comment(services: Services, check: CheckRecord, verdict: Verdict, body: str) -> None:
    """Bring the sticky comment up to date; one that exists is never left telling old news.

    Raises:
        TransientError: the forge is away; calling again goes on.
        UserError: the forge refuses it.
    """
    number = check.pull_request
    if number is None or check.aside or check.policy.comment == "never":
        return
    forge, repository = services.forge, repository_of(check)
    said = needs_comment(verdict, check.policy.comment)
    if said or forge.find_comment(repository, number, MARKER) is not None:
        forge.put_comment(repository, number, MARKER, body)
    if said and verdict.outcome is Outcome.REGRESSION and _was_green(services, check):
        marker = turn_marker(check.id)  # its own, so that repeating this adds nothing
        forge.put_comment(repository, number, marker, render_turn(verdict, marker))


def _was_green(services: Services, check: CheckRecord) -> bool:
    before = services.checks.decided_before(check)
    return before is not None and before.outcome in GREEN
