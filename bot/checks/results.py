"""From what is stored of a check to its verdict: the one way, for concluding and for replay."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bot.store.checks import CheckRecord, CheckStore, RunRecord, RunStatus
from engine.confirmation import confirmed
from engine.findings import SuiteVerdict, Verdict
from engine.overrides import Override
from engine.verdicts import CheckFacts, RunTerms, judge_check, judge_run

UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"


def facts_of(check: CheckRecord) -> CheckFacts:
    """Say which check a verdict is about."""
    return CheckFacts(
        check=check.id,
        repository=check.repository,
        pull_request=check.pull_request,
        head=check.head,
        base=check.base,
        target=check.target,
        policy=check.policy_commit,
        created_utc=check.opened_utc.strftime(UTC_SECONDS),
        inconclusive_fails=check.policy.inconclusive == "failure",
        kind=check.kind,
    )


def verdict_of(
    store: CheckStore, check: CheckRecord, overrides: Sequence[Override] = ()
) -> Verdict:
    """Judge a check from its stored orders, terms and raw samples, and what people said to it.

    A run that confirms another one is no suite of its own: it is part of that one's verdict.
    """
    runs = runs_judged(store, check)
    seconds = {run.order.confirms: run for run in runs if run.order.confirms is not None}
    suites = [
        _held(store, judged(store, run), seconds.get(run.run))
        for run in runs
        if run.order.confirms is None
    ]
    return judge_check(facts_of(check), suites, skipped=check.skipped, overrides=overrides)


def runs_judged(store: CheckStore, check: CheckRecord) -> tuple[RunRecord, ...]:
    """List the runs that a check is judged by: its own, and for the rest those of *rejudges*."""
    own = store.runs(check.id)
    before = None if check.rejudges is None else store.check(check.rejudges)
    if before is None:
        return own
    measured = {run.check_name for run in own}
    carried = (run for run in runs_judged(store, before) if run.check_name not in measured)
    return (*own, *carried)


def only_judges(store: CheckStore, check: CheckRecord) -> bool:
    """Whether a check measures nothing itself: it judges another one's runs anew.

    Nothing is shown of it before its verdict, so that it leaves nothing in progress.
    """
    return check.rejudges is not None and not store.runs(check.id)


def judged(store: CheckStore, run: RunRecord) -> SuiteVerdict:
    """Judge one run by itself."""
    terms = msgspec.json.decode(run.terms, type=RunTerms)
    report = store.load_report(run.run)
    refused = run.status is RunStatus.REFUSED
    return judge_run(run.order, terms, report, losses=run.losses, refused=refused)


def _held(store: CheckStore, first: SuiteVerdict, second: RunRecord | None) -> SuiteVerdict:
    if second is None:
        return confirmed(first, None, asked=False)
    answer = judged(store, second) if _has_answered(store, second) else None
    return confirmed(first, answer, asked=True)


def _has_answered(store: CheckStore, second: RunRecord) -> bool:
    """Whether another runner measured, or failed by the candidate's fault."""
    report = store.load_report(second.run)
    if report is None or report.runner in second.order.not_on:
        return False
    return report.failure is None or report.failure.blame != "runner"
