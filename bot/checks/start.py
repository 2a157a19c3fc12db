"""Start a check: read what decides, plan it, open its check runs, queue its orders."""

from __future__ import annotations

from bot.checks import board
from bot.checks.claim import claimed, require_free
from bot.checks.conclude import publish
from bot.checks.declared import (
    Broken,
    Declared,
    OnlyAtHead,
    Silent,
    read_declaration,
)
from bot.checks.locate import problem_annotation
from bot.checks.opening import plan
from bot.checks.request import Request, bare_record
from bot.checks.results import facts_of
from bot.checks.supersede import supersede_older
from bot.mirror import Mirror
from bot.ports import Conclusion, PullRequest
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.configuration import check_name
from engine.errors import TransientError, UserError
from engine.reports import notices
from engine.reports.check import CheckText
from engine.values import CommitSha
from engine.verdicts import judge_check, judge_problem

LAGGING_ATTEMPTS = 4


def start_check(services: Services, request: Request) -> None:
    """Start a check in place of any older one; a head that has moved on is not measured.

    Called again for the same request, it goes on with what the first call has stored.

    Raises:
        TransientError: the forge, git or the queue is away; repeating the call goes on.
        UserError: the forge refuses something for good.
    """
    pull = services.forge.pull_request(request.repository, request.number)
    if pull.state == "closed" or pull.head != request.head:
        _answer_stale(services, request, pull)
    elif request.again or not _is_running(services, request):
        _start(services, request, pull)


def _answer_stale(services: Services, request: Request, pull: PullRequest) -> None:
    """Leave a head that is not the pull request's any more; a person who asked gets an answer."""
    _require_fresh(services, request, pull)
    if request.again:
        text = notices.closed() if pull.state == "closed" else notices.superseded(pull.head)
        check = bare_record(services, request, pull)
        board.show_end(services, check, board.roll_up(check), Conclusion.CANCELLED, text)


def _require_fresh(services: Services, request: Request, pull: PullRequest) -> None:
    """Make sure that it is not the forge that lags behind its own webhook.

    Raises:
        TransientError: it still shows a head that was looked at before.
    """
    if request.attempt >= LAGGING_ATTEMPTS or pull.state == "closed" or request.again:
        return
    if services.checks.knows_head(request.repository.name, request.number, pull.head):
        problem = f"the forge still shows {pull.head[:7]} of #{request.number}"
        raise TransientError(problem, retry_after_s=2.0)


def _is_running(services: Services, request: Request) -> bool:
    running = services.checks.running_checks(request.repository.name, request.number)
    return any(check.head == request.head and check.id != request.check for check in running)


def _start(services: Services, request: Request, pull: PullRequest) -> None:
    declaration = read_declaration(services.forge, request.repository, pull)
    if isinstance(declaration, Silent):
        return
    supersede_older(services, request.repository, pull.number, pull.head, keep=request.check)
    if pull.from_fork:
        _end_bare(services, request, pull, Conclusion.ACTION_REQUIRED, notices.from_fork())
    elif isinstance(declaration, OnlyAtHead):
        _answer_proposal(services, request, pull, declaration)
    else:
        _open(services, request, pull, declaration)


def _end_bare(
    services: Services,
    request: Request,
    pull: PullRequest,
    conclusion: Conclusion,
    text: CheckText,
) -> None:
    """Conclude a head of which nothing is fetched; the record lets a re-run find it."""
    check = bare_record(services, request, pull)
    services.checks.open_check(check, ())
    with claimed(services, check.id) as mine:
        if mine is not None:
            board.show_end(services, mine, board.roll_up(mine), conclusion, text)
            services.checks.conclude(mine.id)


def _answer_proposal(
    services: Services, request: Request, pull: PullRequest, proposed: OnlyAtHead
) -> None:
    check = bare_record(services, request, pull)
    if proposed.problem is not None:
        _fail_set_up(services, check, proposed.problem)
        return
    slot = board.Slot(board.SET_UP, check.id)
    text = notices.set_up_applies_after_merge()
    board.show_end(services, check, slot, Conclusion.NEUTRAL, text)


def _fail_set_up(services: Services, check: CheckRecord, problem: UserError) -> None:
    slot = board.Slot(board.SET_UP, check.id)
    text = notices.set_up_broken(problem)
    annotations = problem_annotation(problem)
    board.show_end(services, check, slot, Conclusion.FAILURE, text, annotations=annotations)


def _open(
    services: Services, request: Request, pull: PullRequest, declaration: Declared | Broken
) -> None:
    """Fetch the commits, plan, and open the check; what people must mend ends it at once."""
    target = declaration.target
    source = services.forge.clone_source(request.repository)
    mirror = services.mirrors.fetch(request.repository.name, source, (target, pull.head))
    bare = bare_record(services, request, pull, target)
    opening = plan(services, bare, declaration, mirror)
    # A second attempt may read another declaration; what the first one stored holds.
    services.checks.open_check(opening.check, opening.runs)
    with claimed(services, opening.check.id) as check:
        if check is None:
            require_free(services, opening.check.id)
        elif opening.problem is not None:
            publish(services, check, judge_problem(facts_of(check), opening.problem))
        else:
            _go_on(services, check, declaration, mirror)


def _go_on(
    services: Services, check: CheckRecord, declaration: Declared | Broken, mirror: Mirror
) -> None:
    if isinstance(declaration, Declared):
        if declaration.head_problem is not None:
            _fail_set_up(services, check, declaration.head_problem)
        _show_skipped(services, check, declaration)
    stored = services.checks.runs(check.id)
    runs = tuple(run for run in stored if run.order.confirms is None)
    if runs:
        _queue(services, check, runs, mirror)
    elif check.skipped:
        publish(services, check, judge_check(facts_of(check), (), skipped=check.skipped))
    else:
        text = notices.no_suite()
        board.show_end(services, check, board.roll_up(check), Conclusion.SKIPPED, text)
        services.checks.conclude(check.id)


def _show_skipped(services: Services, check: CheckRecord, declared: Declared) -> None:
    for name in check.skipped:
        suite = declared.configuration.suites.get(name)
        if suite is not None:
            slot = board.Slot(check_name(name, suite.runs_on), check.id)
            text = notices.skipped_suite(name)
            board.show_end(services, check, slot, Conclusion.SKIPPED, text)


def _queue(
    services: Services, check: CheckRecord, runs: tuple[RunRecord, ...], mirror: Mirror
) -> None:
    text = notices.running([run.order.suite_name for run in runs])
    board.show_progress(services, check, board.roll_up(check), text)
    for run in runs:
        if run.status is not RunStatus.QUEUED:
            continue
        slot = board.of_run(run)
        board.show_progress(services, check, slot, notices.queued(run.tags), queued=True)
        place = services.place(run.run)
        place.create()
        mirror.bundle(_commits(run), place.bundle)
        services.queue.submit(run.order, run.tags)


def _commits(run: RunRecord) -> set[CommitSha]:
    order = run.order
    return {CommitSha(sha) for sha in (order.base, order.head, order.measuring_from)}
