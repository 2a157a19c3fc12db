"""Null runs on this machine: a commit measured against itself, so that every alarm is false."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import msgspec

from bot.checks.certificates import certificates_for, with_certificates
from bot.checks.planning import PlannedRun, completed, plan_check
from bot.checks.results import UTC_SECONDS
from bot.clock import utc_now
from bot.laptop import (
    CarryOut,
    commit_of,
    local_name,
    measured,
    top_of,
)
from bot.laptop_suites import declaration, named_suites
from bot.mirror import Mirror
from bot.store.nulls import NullStore
from engine.certificates import Certificate, NullSession
from engine.configuration import FILE_NAME, Configuration
from engine.errors import IntegrityError, UserError, Where
from engine.findings import SuiteVerdict
from engine.identity import derived_seed
from engine.null_sessions import null_session
from engine.orders import Failure, RunOrder, RunReport
from engine.plan import PlanRequest
from engine.values import CheckId, RepositoryName, SuiteKind
from engine.verdicts import judge_run


@dataclass(frozen=True, slots=True, kw_only=True)
class NullWish:
    """Which commit of which repository to measure against itself; no suites: all benchmarks.

    *repository* is the name under which sessions are kept; None: that of checks on a laptop.
    """

    directory: Path
    revision: str = "HEAD"
    suites: tuple[str, ...] = ()
    repository: RepositoryName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NullRun:
    """One null run; *session* and *certificate* are None where nothing was compared.

    *failure* says what kept it from being measured, where something did.
    """

    order: RunOrder
    verdict: SuiteVerdict
    session: NullSession | None
    certificate: Certificate | None
    failure: Failure | None = None


def null_runs(
    wish: NullWish, nulls: NullStore, carry_out: CarryOut, now: datetime
) -> Iterator[NullRun]:
    """Measure a commit against itself, suite by suite; each session is stored before it is given.

    Raises:
        UserError: no repository, revision, declaration or benchmark suite of that name.
    """
    repository = Mirror(top_of(wish.directory))
    plan = _plan(repository, wish, now)
    planned = with_certificates(plan_check(plan, repository, plan.base), nulls, now)
    for run, report in measured(repository, [_null(each) for each in planned], carry_out):
        yield _concluded(run, report, nulls)


def _plan(repository: Mirror, wish: NullWish, now: datetime) -> PlanRequest:
    commit = commit_of(repository.directory, wish.revision)
    _, configuration = declaration(repository, (commit,))
    started = now.strftime("%Y%m%d-%H%M%S")
    drawn = secrets.token_hex(4)  # machines that share a database may begin in the same second
    return PlanRequest(
        check=CheckId(f"null-{started}-{commit[:7]}-{drawn}"),
        repository=wish.repository or local_name(repository),
        configuration=completed(configuration, repository, commit),
        selected=_benchmarks(configuration, wish),
        base=commit,
        head=commit,
        seed=derived_seed(0, commit, started, drawn),  # sessions of one commit draw anew each time
        entropy="local",
    )


def _benchmarks(configuration: Configuration, wish: NullWish) -> tuple[str, ...]:
    named = named_suites(configuration, wish.suites)
    kinds = {name: suite.kind for name, suite in configuration.suites.items()}
    wrong = [name for name in named if kinds[name] is not SuiteKind.BENCHMARK]
    chosen = named or tuple(sorted(one for one in kinds if kinds[one] is SuiteKind.BENCHMARK))
    if wrong:
        problem = f"{wrong[0]!r} is a suite of kind {kinds[wrong[0]].value}: it has no null run."
        where = Where(FILE_NAME, None, f"suites.{wrong[0]}.kind")
        raise UserError(problem, where, "Name suites of kind benchmark.")
    if not chosen:
        problem = "declares no suite of kind benchmark, so there is nothing to certify."
        raise UserError(problem, Where(FILE_NAME, None, "suites"), "Declare one.")
    return chosen


def _null(run: PlannedRun) -> PlannedRun:
    return PlannedRun(msgspec.structs.replace(run.order, purpose="null"), run.terms)


def _concluded(run: PlannedRun, report: RunReport, nulls: NullStore) -> NullRun:
    order, ended = run.order, utc_now()
    verdict = judge_run(order, run.terms, report)
    session = null_session(order, report, verdict, ended.strftime(UTC_SECONDS))
    if report.failure is not None or not session.comparisons:
        nothing = NullRun(order=order, verdict=verdict, session=None, certificate=None)
        return replace(nothing, failure=report.failure)
    if not nulls.add(session):
        what = "the null session's id"
        raise IntegrityError(what, "one that is not stored yet", session.session)
    known = certificates_for(nulls, order.repository, order.suite_name, ended)
    who = (session.runner, session.fingerprint)
    own = next((one for one in known if (one.runner, one.fingerprint) == who), None)
    return NullRun(order=order, verdict=verdict, session=session, certificate=own)
