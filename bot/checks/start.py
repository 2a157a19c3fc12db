"""Start a check: read what decides, show that it is looked at, then plan and send it."""

from __future__ import annotations

from dataclasses import replace

from bot.checks import board
from bot.checks.beginning import announce, begin, fail_set_up
from bot.checks.claim import claimed
from bot.checks.declared import (
    Broken,
    Declared,
    OnlyAtHead,
    Silent,
    read_declaration,
)
from bot.checks.labels import asks_for_all
from bot.checks.opening import Asked
from bot.checks.request import Request, bare_record
from bot.checks.supersede import supersede, supersede_older
from bot.ports import Conclusion, PullRequest
from bot.promotion.review import answer_promotion
from bot.services import Services
from engine.errors import TransientError, UserError
from engine.reports import notices
from engine.reports.check import CheckText

LAGGING_ATTEMPTS = 4


def start_check(services: Services, request: Request) -> None:
    """Start a check in place of any older one; a head that has moved on is not measured.

    Called again for the same request, it goes on with what the first call has stored.

    Raises:
        TransientError: the forge, git or the queue is away; repeating the call goes on.
        UserError: the forge refuses something for good.
    """
    pull = services.forge.pull_request(request.repository, request.number)
    if answer_promotion(services, request.repository, pull):
        return
    if pull.state == "closed" or pull.head != request.head:
        _answer_stale(services, request, pull)
    elif request.again or not _is_running(services, request, pull.base_ref):
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


def _is_running(services: Services, request: Request, base_ref: str) -> bool:
    """Whether a check of this head is out; one against a former target branch does not count."""
    running = services.checks.running_checks(request.repository.name, request.number)
    return any(
        check.head == request.head
        and check.base_ref == base_ref
        and check.id != request.check
        and not check.aside
        and check.kind != "promotion"
        for check in running
    )


def _start(services: Services, request: Request, pull: PullRequest) -> None:
    declaration = read_declaration(services.forge, request.repository, pull)
    if isinstance(declaration, Silent):
        return
    if pull.from_fork:
        _give_way(services, request)
        _end_bare(services, request, pull, Conclusion.ACTION_REQUIRED, notices.from_fork())
    elif isinstance(declaration, OnlyAtHead):
        _give_way(services, request)
        _answer_proposal(services, request, pull, declaration)
    else:
        _open(services, _in_full(request, pull), pull, declaration)


def _give_way(services: Services, request: Request) -> None:
    """End the checks that this one takes over from; one that only informs ends none."""
    if request.wish.base is None:
        check = request.check
        supersede_older(services, request.repository, request.number, request.head, keep=check)


def _in_full(request: Request, pull: PullRequest) -> Request:
    """Ask for the full tier where the pull request's label does, and nobody asks for another."""
    if request.wish.tier is not None or not asks_for_all(pull):
        return request
    return replace(request, wish=replace(request.wish, tier="full"))


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
        fail_set_up(services, check, proposed.problem)
        return
    slot = board.Slot(board.SET_UP, check.id)
    text = notices.set_up_applies_after_merge()
    board.show_end(services, check, slot, Conclusion.NEUTRAL, text)


def _open(
    services: Services, request: Request, pull: PullRequest, declaration: Declared | Broken
) -> None:
    """Show that the head is looked at, let older checks give way, then fetch, plan and send."""
    bare = bare_record(services, request, pull, declaration.target)
    _end_unplanned(services, request)
    if not announce(services, bare):
        return
    _give_way(services, request)
    source = services.forge.clone_source(request.repository)
    asked = _asked(services, request)
    if isinstance(asked, UserError):
        declaration, asked = Broken(declaration.target, asked), Asked(request.wish)
    wanted = [declaration.target, pull.head]
    wanted += [] if asked.against is None else [asked.against]
    mirror = services.mirrors.fetch(request.repository.name, source, wanted)
    begin(services, bare, declaration, mirror, asked)


def _end_unplanned(services: Services, request: Request) -> None:
    """End checks of the same head that have come to nothing, before this one is seen.

    An outage may have kept one from being shown at all: its end would come over this one, since
    of check runs with one name the forge shows the one that was created last.
    """
    if request.wish.base is not None:
        return
    for check in services.checks.running_checks(request.repository.name, request.number):
        is_other = check.head == request.head and check.id != request.check
        if is_other and check.rejudges is None and not services.checks.runs(check.id):
            supersede(services, check, request.head)


def _asked(services: Services, request: Request) -> Asked | UserError:
    """Say what is to be measured; the problem, where the branch to compare with is gone."""
    base = request.wish.base
    try:
        against = None if base is None else services.forge.tip(request.repository, base)
    except UserError as problem:
        return problem
    return Asked(request.wish, against)
