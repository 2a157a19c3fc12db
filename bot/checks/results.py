"""From what is stored of a check to its verdict: the one way, for concluding and for replay."""

from __future__ import annotations

import msgspec

from bot.store.checks import CheckRecord, CheckStore, RunRecord, RunStatus
from engine.findings import SuiteVerdict, Verdict
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
    )


def verdict_of(store: CheckStore, check: CheckRecord) -> Verdict:
    """Judge a check from its stored orders, terms and raw samples alone."""
    suites = [_judged(store, run) for run in store.runs(check.id)]
    return judge_check(facts_of(check), suites, skipped=check.skipped)


def _judged(store: CheckStore, run: RunRecord) -> SuiteVerdict:
    terms = msgspec.json.decode(run.terms, type=RunTerms)
    report = store.load_report(run.run)
    refused = run.status is RunStatus.REFUSED
    return judge_run(run.order, terms, report, losses=run.losses, refused=refused)
