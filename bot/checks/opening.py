"""What a check will measure: suites selected by what changed, planned into runs."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from bot.checks import board
from bot.checks.certificates import with_certificates
from bot.checks.declared import Broken, Declared
from bot.checks.evidence import earlier_evidence, refuse_oversized
from bot.checks.expected import Past, with_expected_cases
from bot.checks.families import with_family
from bot.checks.looks import with_looks
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.checks.request import ALL, Wish
from bot.checks.wished import Chosen, choose, with_pairs
from bot.mirror import Mirror
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord
from engine.configuration import Configuration
from engine.errors import UserError
from engine.identity import derived_seed
from engine.plan import PlanRequest
from engine.values import CheckId, CommitSha, RunId
from worker.queue.names import Lane


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be measured; *against* is another commit to compare with than the target's.

    With *base* it is compared with that very commit. *fresh*: nothing that was measured before is
    gone on with. *whole*: whatever paths changed.
    """

    wish: Wish = ALL
    against: CommitSha | None = None
    base: CommitSha | None = None
    fresh: bool = False
    whole: bool = False
    lane: Lane = "pr"


PLAIN = Asked()


@dataclass(frozen=True, slots=True)
class Opening:
    """A check with its runs, or with the problem that keeps it from having any."""

    check: CheckRecord
    runs: tuple[RunRecord, ...] = ()
    problem: UserError | None = None


def plan(
    services: Services,
    bare: CheckRecord,
    declaration: Declared | Broken,
    mirror: Mirror,
    asked: Asked = PLAIN,
) -> Opening:
    """Plan a check whose commits are in *mirror*.

    Raises:
        TransientError: git fails.
        redis.exceptions.RedisError: the queue is away.
    """
    try:
        base = asked.base or mirror.merge_base(asked.against or bare.target, bare.head)
    except UserError as problem:
        return Opening(bare, problem=problem)
    check = msgspec.structs.replace(bare, base=base)
    if isinstance(declaration, Broken):
        return Opening(check, problem=declaration.problem)
    try:
        return _planned(services, check, declaration, mirror, asked)
    except UserError as problem:
        return Opening(check, problem=problem)


def _planned(
    services: Services, bare: CheckRecord, declared: Declared, mirror: Mirror, asked: Asked
) -> Opening:
    selection = _selected(services, bare, declared.configuration, mirror, asked)
    check = msgspec.structs.replace(
        bare,
        policy_commit=declared.policy_commit,
        policy=declared.policy,
        skipped=selection.skipped,
        rejudges=selection.carries,
    )
    longer = with_pairs(declared.configuration, selection.selected, asked.wish.pairs)
    configuration = completed(longer, mirror, check.base)
    earlier = () if asked.fresh else earlier_evidence(services.checks, check, configuration)
    request = PlanRequest(
        check=check.id,
        repository=check.repository,
        configuration=configuration,
        selected=selection.selected,
        base=check.base,
        head=check.head,
        seed=derived_seed(0, services.entropy(check.id)),  # nobody chooses coins by amending
        entropy=services.entropy(check.id),
        earlier=earlier,
    )
    planned = plan_check(request, mirror, check.target)
    live = services.queue.runners()
    planned = with_certificates(planned, services.nulls, services.clock.now(), live)
    past = Past(services.checks, services.nulls, mirror)
    expecting = with_expected_cases(past, check, planned)
    looking = with_looks(services.checks, mirror, check, expecting)
    complete = with_family(services.checks, check, looking)
    refuse_oversized(complete)
    return Opening(check, tuple(_run_record(one, check, asked.lane) for one in complete))


def _selected(
    services: Services,
    check: CheckRecord,
    configuration: Configuration,
    mirror: Mirror,
    asked: Asked,
) -> Chosen:
    if asked.whole:
        suites = {
            name: msgspec.structs.replace(suite, paths=None)
            for name, suite in configuration.suites.items()
        }
        configuration = msgspec.structs.replace(configuration, suites=suites)
    changed = () if asked.whole else mirror.changed_paths(check.base, check.head)
    return choose(services.checks, check, configuration, changed, asked.wish)


def _run_record(planned: PlannedRun, owner: CheckRecord, lane: Lane) -> RunRecord:
    order = planned.order
    check, _, position = order.run.rpartition("-")
    return RunRecord(
        run=RunId(order.run),
        check=CheckId(check),
        position=int(position),
        check_name=board.suite_name(owner, order.suite_name, order.suite.runs_on),
        tags=tuple(sorted(set(order.suite.runs_on))),
        order=order,
        terms=msgspec.json.encode(planned.terms),
        holdout=planned.terms.holdout,
        lane=lane,
    )
