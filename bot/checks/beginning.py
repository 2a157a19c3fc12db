"""The beginning of every check: people see it at once, then it is planned and sent."""

from __future__ import annotations

from bot.checks import board
from bot.checks.claim import claimed, require_free
from bot.checks.conclude import publish
from bot.checks.declared import Broken, Declared
from bot.checks.locate import problem_annotation
from bot.checks.opening import PLAIN, Asked, plan
from bot.checks.results import facts_of
from bot.checks.sending import send
from bot.checks.wished import TIER
from bot.mirror import Mirror
from bot.ports import Conclusion
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.errors import UserError
from engine.reports import notices
from engine.verdicts import judge_check, judge_problem


def announce(services: Services, bare: CheckRecord) -> bool:
    """Open a check and show its roll-up as queued, before anything slow; False: it has ended.

    Raises:
        TransientError: the forge is away, or somebody else works on it.
        UserError: the forge refuses it.
    """
    services.checks.open_check(bare, ())
    with claimed(services, bare.id) as mine:
        if mine is None:
            require_free(services, bare.id)
            return False
        if not services.checks.runs(bare.id):  # else an earlier attempt came further
            slot = board.roll_up(mine)
            board.show_progress(services, mine, slot, notices.looking(), queued=True)
    return True


def begin(
    services: Services,
    bare: CheckRecord,
    declaration: Declared | Broken,
    mirror: Mirror,
    asked: Asked = PLAIN,
) -> None:
    """Plan a check that was announced, and send its runs; what people must mend ends it at once.

    Raises:
        TransientError: the forge, git or the queue is away; calling again goes on.
    """
    opening = plan(services, bare, declaration, mirror, asked)
    # A second attempt may read another declaration; what the first one stored holds.
    services.checks.plan_check(opening.check, opening.runs)
    with claimed(services, bare.id) as check:
        if check is None:
            require_free(services, bare.id)
        elif opening.problem is not None and not services.checks.runs(check.id):
            publish(services, check, judge_problem(facts_of(check), opening.problem))
        else:
            _go_on(services, check, declaration, mirror)


def fail_set_up(services: Services, check: CheckRecord, problem: UserError) -> None:
    """Say in a check run of its own what is wrong with head's declaration."""
    slot = board.Slot(board.SET_UP, check.id)
    text = notices.set_up_broken(problem)
    annotations = problem_annotation(problem)
    board.show_end(services, check, slot, Conclusion.FAILURE, text, annotations=annotations)


def _go_on(
    services: Services, check: CheckRecord, declaration: Declared | Broken, mirror: Mirror
) -> None:
    if isinstance(declaration, Declared):
        if declaration.head_problem is not None:
            fail_set_up(services, check, declaration.head_problem)
        _show_skipped(services, check, declaration)
    stored = services.checks.runs(check.id)
    runs = tuple(run for run in stored if run.order.confirms is None)
    if runs:
        send(services, check, runs, mirror)
    elif check.skipped:
        publish(services, check, judge_check(facts_of(check), (), skipped=check.skipped))
    else:
        text = notices.no_suite(check.kind, check.tier or TIER)
        board.show_end(services, check, board.roll_up(check), Conclusion.SKIPPED, text)
        services.checks.conclude(check.id)


def _show_skipped(services: Services, check: CheckRecord, declared: Declared) -> None:
    for name in check.skipped:
        suite = declared.configuration.suites.get(name)
        if suite is not None:
            slot = board.Slot(board.suite_name(check, name, suite.runs_on), check.id)
            text = notices.skipped_suite(name)
            board.show_end(services, check, slot, Conclusion.SKIPPED, text)
