"""What a check will measure: suites selected by what changed, planned into runs."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.checks.certificates import with_certificates
from bot.checks.declared import Broken, Declared
from bot.checks.evidence import earlier_evidence, refuse_oversized
from bot.checks.expected import Past, with_expected_cases
from bot.checks.families import with_family
from bot.checks.looks import with_looks
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.mirror import Mirror
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord
from engine.configuration import check_name
from engine.errors import UserError
from engine.identity import derived_seed
from engine.plan import PlanRequest, select_suites
from engine.values import CheckId, RunId


@dataclass(frozen=True, slots=True)
class Opening:
    """A check with its runs, or with the problem that keeps it from having any."""

    check: CheckRecord
    runs: tuple[RunRecord, ...] = ()
    problem: UserError | None = None


def plan(
    services: Services, bare: CheckRecord, declaration: Declared | Broken, mirror: Mirror
) -> Opening:
    """Plan a check whose commits are in *mirror*.

    Raises:
        TransientError: git fails.
        redis.exceptions.RedisError: the queue is away.
    """
    try:
        base = mirror.merge_base(bare.target, bare.head)
    except UserError as problem:
        return Opening(bare, problem=problem)
    check = msgspec.structs.replace(bare, base=base)
    if isinstance(declaration, Broken):
        return Opening(check, problem=declaration.problem)
    try:
        return _planned(services, check, declaration, mirror)
    except UserError as problem:
        return Opening(check, problem=problem)


def _planned(services: Services, bare: CheckRecord, declared: Declared, mirror: Mirror) -> Opening:
    changed = mirror.changed_paths(bare.base, bare.head)
    selection = select_suites(declared.configuration, changed)
    check = msgspec.structs.replace(
        bare,
        policy_commit=declared.policy_commit,
        policy=declared.policy,
        skipped=selection.skipped,
    )
    configuration = completed(declared.configuration, mirror, check.base)
    request = PlanRequest(
        check=check.id,
        repository=check.repository,
        configuration=configuration,
        selected=selection.selected,
        base=check.base,
        head=check.head,
        seed=derived_seed(0, services.entropy(check.id)),  # nobody chooses coins by amending
        entropy=services.entropy(check.id),
        earlier=earlier_evidence(services.checks, check, configuration),
    )
    planned = plan_check(request, mirror, check.target)
    live = services.queue.runners()
    planned = with_certificates(planned, services.nulls, services.clock.now(), live)
    past = Past(services.checks, services.nulls, mirror)
    expecting = with_expected_cases(past, check, planned)
    looking = with_looks(services.checks, mirror, check, expecting)
    complete = with_family(services.checks, check, looking)
    refuse_oversized(complete)
    return Opening(check, tuple(map(_run_record, complete)))


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
        holdout=planned.terms.holdout,
    )
