"""The second host: what regressed is measured again on another runner before the check ends.

A confirmation is a run like any other, sent to one runner by its name. It has no check run of
its own; whether one was asked for, and what it answered, is read from the stored runs alone.
"""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from redis.exceptions import RedisError

from bot.checks import board
from bot.checks.evidence import earlier_confirmation
from bot.checks.results import judged
from bot.ports import RunnerState
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.confirmation import confirming_order, in_doubt
from engine.continued import continuing
from engine.errors import IntegrityError, TransientError, UserError
from engine.orders import RunOrder, RunReport
from engine.reports import notices
from engine.values import PAIRED_KINDS, RunId
from engine.verdicts import RunTerms
from worker.queue.codec import encode_order
from worker.queue.names import is_runner_name, own_tag

_AFTER_FIRST_RUNS = 10_000  # positions: a check lists its confirmations last
_AWAY_S = 5.0

log = logging.getLogger(__name__)


def ask_second_runners(services: Services, check: CheckRecord) -> bool:
    """Have the regressions of a claimed, complete check confirmed; True while that is awaited.

    Each run is asked for once, and only where another runner with its tags is alive. A verdict
    that was published stands.

    Raises:
        TransientError: the queue or the forge is away; calling again goes on.
    """
    if services.checks.verdict(check.id) is not None:
        return False
    runs = services.checks.runs(check.id)
    asked = {run.order.confirms for run in runs}
    try:
        answers = [_ask(services, check, run) for run in runs if _may_ask(run, asked)]
    except RedisError as away:
        problem = f"the queue is away: {away}"
        raise TransientError(problem, retry_after_s=_AWAY_S) from away
    return any(answers)


def _may_ask(run: RunRecord, asked: set[str | None]) -> bool:
    order = run.order
    is_first = order.confirms is None and order.purpose == "check" and run.run not in asked
    is_paired = order.suite.kind in PAIRED_KINDS
    return is_first and is_paired and run.status is RunStatus.REPORTED


def _ask(services: Services, check: CheckRecord, first: RunRecord) -> bool:
    report = services.checks.load_report(first.run)
    cases = in_doubt(judged(services.checks, first))
    if report is None or cases == ():
        return False
    load = Counter(tag for tags in services.checks.queued_tags() for tag in tags)
    runner = second_runner(services.queue.runners(), first, report, load)
    if runner is None:
        return False
    entropy = services.entropy(check.id)
    order = confirming_order(first.order, cases, not_on=(report.runner,), entropy=entropy)
    order = continuing(order, earlier_confirmation(services.checks, check, order))
    second = _record(first, order, runner)
    try:
        _send(services, first, second)
    except (OSError, IntegrityError) as error:  # what one runner measured counts for more
        log.error("not_confirmed", extra={"run": first.run, "error": str(error)})  # noqa: TRY400 - the message says it all
        return False
    log.info("confirmation_asked", extra={"run": second.run, "runner": runner.name})
    _show(services, check, second, runner.name)
    return True


def second_runner(
    runners: Iterable[RunnerState],
    first: RunRecord,
    report: RunReport,
    load: Mapping[str, int],
) -> RunnerState | None:
    """Choose who confirms: with the run's tags, another name, and best of another hardware.

    Among equals comes first who has the least before it: the run at hand, and what it was asked
    for by its own tag, which *load* counts. Then the name decides.
    """
    able = (
        runner
        for runner in runners
        if set(first.tags) <= set(runner.tags)
        and runner.name != report.runner
        and is_runner_name(runner.name)
    )
    fingerprint = report.machine.fingerprint
    return min(
        able,
        key=lambda one: (
            one.fingerprint == fingerprint,
            load.get(own_tag(one.name), 0) + (one.run is not None),
            one.name,
            one.worker,
        ),
        default=None,
    )


def _record(first: RunRecord, order: RunOrder, runner: RunnerState) -> RunRecord:
    """Make the run's record; it is of some cases, so nothing else is expected of it."""
    terms = msgspec.json.decode(first.terms, type=RunTerms)
    fewer = msgspec.structs.replace(
        terms, expected_cases=(), expected_from="", expected_at="", expected_rewritten=()
    )
    return RunRecord(
        run=RunId(order.run),
        check=first.check,
        position=_AFTER_FIRST_RUNS + first.position,
        check_name=first.check_name,
        tags=(own_tag(runner.name),),
        order=order,
        terms=msgspec.json.encode(fewer),
        lane=first.lane,
    )


def _send(services: Services, first: RunRecord, second: RunRecord) -> None:
    """Submit a confirmation: its source lies there first, and its row stands before it is sent."""
    encode_order(second.order)  # one that is too large must not stand there unsent for good
    place = services.place(second.run)
    place.create()
    _copy(services.place(first.run).bundle, place.bundle)
    services.checks.add_run(second)
    services.queue.submit(second.order, second.tags, second.lane)


def _show(services: Services, check: CheckRecord, second: RunRecord, runner: str) -> None:
    try:
        for slot in (board.of_run(second), board.roll_up(check)):
            board.show_progress(services, check, slot, notices.confirming(runner))
    except UserError as refused:
        log.warning("not_announced", extra={"run": second.run, "problem": str(refused)})


def _copy(source: Path, target: Path) -> None:
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)
