"""Start a check: read what decides, plan it, open its check runs, queue its orders."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from bot.checks import board
from bot.checks.conclude import conclude_if_complete, publish
from bot.checks.declared import (
    Broken,
    Declaration,
    Declared,
    OnlyAtHead,
    Silent,
    read_declaration,
)
from bot.checks.evidence import earlier_evidence
from bot.checks.locate import problem_annotation
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.checks.results import facts_of
from bot.checks.supersede import supersede_older
from bot.mirror import Mirror
from bot.ports import Conclusion, PullRequest, Repository
from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus, RunRecord, RunStatus
from engine.configuration import Policy, check_name
from engine.errors import UserError
from engine.identity import derived_seed
from engine.plan import PlanRequest, select_suites
from engine.reports import notices
from engine.values import CheckId, CommitSha, RunId
from engine.verdicts import judge_problem


@dataclass(frozen=True, slots=True)
class Request:
    """A wish to check *head* of a pull request; *cause* (a delivery's id) makes it repeatable.

    *again*: a person asks anew, so a check of the same head that is running gives way.
    """

    repository: Repository
    number: int
    head: CommitSha
    cause: str
    again: bool = False

    @property
    def check(self) -> CheckId:
        """The id of the check that this request starts, the same at every attempt."""
        material = f"{self.repository.name}/{self.number}/{self.cause}"
        return CheckId(f"c{hashlib.sha256(material.encode()).hexdigest()[:15]}")


def start_check(services: Services, request: Request) -> None:
    """Start a check in place of any older one; does nothing when the head has moved on.

    Raises:
        TransientError: the forge, git or the queue is away; repeating the call goes on.
    """
    pull = services.forge.pull_request(request.repository, request.number)
    if pull.state == "closed" or pull.head != request.head:
        return  # the push that moved the head has a delivery of its own
    if not request.again and _is_running(services, request):
        return
    declaration = read_declaration(services.forge, request.repository, pull)
    if isinstance(declaration, Silent):
        return
    supersede_older(services, request.repository, pull.number, pull.head, keep=request.check)
    if pull.from_fork:
        refuse_fork(services, request, pull)
    elif isinstance(declaration, OnlyAtHead):
        _answer_proposal(services, request, pull, declaration)
    else:
        _open(services, request, pull, declaration)


def _is_running(services: Services, request: Request) -> bool:
    running = services.checks.running_checks(request.repository.name, request.number)
    return any(check.head == request.head and check.id != request.check for check in running)


def refuse_fork(services: Services, request: Request, pull: PullRequest) -> None:
    """Conclude a fork's head unmeasured; none of it is fetched."""
    check = _bare_record(services, request, pull)
    text = notices.from_fork()
    board.show_end(services, check, board.roll_up(check), Conclusion.ACTION_REQUIRED, text)


def _answer_proposal(
    services: Services, request: Request, pull: PullRequest, proposed: OnlyAtHead
) -> None:
    check = _bare_record(services, request, pull)
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
    services: Services, request: Request, pull: PullRequest, declaration: Declaration
) -> None:
    """Fetch the commits, plan, and open the check; what people must mend ends it at once."""
    target = services.forge.tip(request.repository, pull.base_ref)
    if isinstance(declaration, Declared):
        target = declaration.target
    source = services.forge.clone_source(request.repository)
    mirror = services.mirrors.fetch(request.repository.name, source, (target, pull.head))
    bare = _bare_record(services, request, pull)
    try:
        check = msgspec.structs.replace(
            bare, target=target, base=mirror.merge_base(target, pull.head)
        )
        if isinstance(declaration, Broken):
            raise declaration.problem
        assert isinstance(declaration, Declared)  # noqa: S101 - the others were answered above
        _plan_and_queue(services, check, declaration, mirror)
    except UserError as problem:
        _end_with(services, msgspec.structs.replace(bare, target=target), problem)


def _end_with(services: Services, check: CheckRecord, problem: UserError) -> None:
    services.checks.open_check(check, ())
    publish(services, check, judge_problem(facts_of(check), problem))


def _plan_and_queue(
    services: Services, bare: CheckRecord, declared: Declared, mirror: Mirror
) -> None:
    changed = mirror.changed_paths(bare.base, bare.head)
    selection = select_suites(declared.configuration, changed)
    check = msgspec.structs.replace(
        bare,
        policy_commit=declared.policy_commit,
        policy=declared.policy,
        skipped=selection.skipped,
    )
    configuration = completed(declared.configuration, mirror, check.base)
    plan = PlanRequest(
        check=check.id,
        repository=check.repository,
        configuration=configuration,
        selected=selection.selected,
        base=check.base,
        head=check.head,
        seed=derived_seed(0, check.repository, check.base, check.head),
        entropy=services.entropy(check.id),
        earlier=earlier_evidence(services.checks, check, configuration),
    )
    runs = tuple(map(_run_record, plan_check(plan, mirror, check.target)))
    services.checks.open_check(check, runs)
    if declared.head_problem is not None:
        _fail_set_up(services, check, declared.head_problem)
    _show_skipped(services, check, declared)
    if runs:
        _queue(services, check, runs, mirror)
    else:
        end_skipped(services, check)


def _run_record(planned: PlannedRun) -> RunRecord:
    order = planned.order
    check, _, position = order.run.rpartition("-")
    return RunRecord(
        run=RunId(order.run),
        check=CheckId(check),
        position=int(position),
        check_name=check_name(order.suite_name, order.suite.runs_on),
        tags=tuple(sorted(set(order.suite.runs_on))),
        order=order,
        terms=msgspec.json.encode(planned.terms),
    )


def _show_skipped(services: Services, check: CheckRecord, declared: Declared) -> None:
    for name in check.skipped:
        tags = declared.configuration.suites[name].runs_on
        slot = board.Slot(check_name(name, tags), check.id)
        text = notices.skipped_suite(name)
        board.show_end(services, check, slot, Conclusion.SKIPPED, text)


def _queue(
    services: Services, check: CheckRecord, runs: tuple[RunRecord, ...], mirror: Mirror
) -> None:
    board.show_progress(
        services, check, board.roll_up(check), notices.running([r.order.suite_name for r in runs])
    )
    for run in runs:
        text = notices.queued(run.tags)
        board.show_progress(services, check, board.of_run(run), text, queued=True)
        place = services.place(run.run)
        place.create()
        mirror.bundle({run.order.base, run.order.head, run.order.measuring_from}, place.bundle)
        services.queue.submit(run.order, run.tags)


def end_skipped(services: Services, check: CheckRecord) -> None:
    """Conclude a check that has nothing to measure; an old comment is brought up to date."""
    text = notices.skipped_check(check.skipped)
    board.show_end(services, check, board.roll_up(check), Conclusion.SKIPPED, text)
    services.checks.conclude(check.id)


def _bare_record(services: Services, request: Request, pull: PullRequest) -> CheckRecord:
    """Make the record of a check before anything is known but its head."""
    return CheckRecord(
        id=request.check,
        repository=request.repository.name,
        installation=request.repository.installation,
        pull_request=pull.number,
        head=pull.head,
        base=pull.head,
        target=pull.head,
        policy_commit=None,
        base_ref=pull.base_ref,
        status=CheckStatus.RUNNING,
        opened_utc=services.clock.now(),
        policy=Policy(),
    )


def abandon(services: Services, requests: tuple[Request, ...], cause: str) -> None:
    """End the checks of a delivery on which our own program failed; none is left in progress."""
    for request in requests:
        check = services.checks.check(request.check)
        if check is None:
            pull = services.forge.pull_request(request.repository, request.number)
            check = _bare_record(services, request, pull)
        for run in services.checks.runs(check.id):
            services.queue.cancel(run.run)
            services.checks.set_run_status(run.run, RunStatus.LOST)
        text = notices.internal_error(cause)
        board.show_end(services, check, board.roll_up(check), Conclusion.NEUTRAL, text)
        conclude_if_complete(services, check.id)
