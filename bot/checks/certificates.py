"""What stored null sessions say of runners, put into the orders that they may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from bot.checks.planning import PlannedRun
from bot.checks.results import UTC_SECONDS
from bot.ports import RunnerState
from bot.store.nulls import KnownRunner, NullStore
from engine.certificates import CaseCertificate, Certificate, NullSession
from engine.orders import RunOrder
from engine.stats.certificate import ALARM_DAYS, SPREAD_SESSIONS, certify
from engine.values import RepositoryName, SuiteKind


def with_certificates(
    planned: Sequence[PlannedRun],
    nulls: NullStore,
    now: datetime,
    live: Sequence[RunnerState] | None = None,
) -> tuple[PlannedRun, ...]:
    """Put certificates of the runners that may take them into the orders of benchmark suites.

    Of the *live* ones with the suite's tags, and of those with a session of the last 30 days,
    which may be back in time; an order does not carry all that ever measured. None: of everyone.

    A stored level is one of the merge base, or it is left out: held against the level of another
    commit, head would answer for what was merged in between, or be excused by it.
    """
    return tuple(_certified(run, nulls, now, live) for run in planned)


def certificates_for(
    nulls: NullStore, repository: RepositoryName, suite: str, now: datetime
) -> tuple[Certificate, ...]:
    """Certify every runner that has null sessions of a suite, as of *now*."""
    runners = nulls.runners(repository, suite)
    return tuple(one for one, _ in _known(nulls, repository, suite, runners, now))


def _certified(
    run: PlannedRun, nulls: NullStore, now: datetime, live: Sequence[RunnerState] | None
) -> PlannedRun:
    order = run.order
    if order.suite.kind is not SuiteKind.BENCHMARK:
        return run
    runners = _likely(order, nulls, now, live)
    known = _known(nulls, order.repository, order.suite_name, runners, now)
    certificates = tuple(_for_order(order, one, newest) for one, newest in known)
    return PlannedRun(msgspec.structs.replace(order, certificates=certificates), run.terms)


def _likely(
    order: RunOrder, nulls: NullStore, now: datetime, live: Sequence[RunnerState] | None
) -> tuple[KnownRunner, ...]:
    """Name the known runners that are likely to take an order, sorted."""
    known = nulls.runners(order.repository, order.suite_name)
    if live is None:
        return known
    start = now - timedelta(days=ALARM_DAYS)
    likely = set(nulls.runners(order.repository, order.suite_name, since=start))
    wanted = set(order.suite.runs_on)
    likely |= {KnownRunner(one.name, one.fingerprint) for one in live if wanted <= set(one.tags)}
    return tuple(one for one in known if one in likely)


def _known(
    nulls: NullStore,
    repository: RepositoryName,
    suite: str,
    runners: Sequence[KnownRunner],
    now: datetime,
) -> Iterator[tuple[Certificate, NullSession]]:
    """Give each runner's certificate with its newest session."""
    for runner in runners:
        sessions = _sessions(nulls, repository, suite, runner)
        utc = now.strftime(UTC_SECONDS)
        yield certify(sessions, **runner._asdict(), now_utc=utc), sessions[-1]


def _sessions(
    nulls: NullStore, repository: RepositoryName, suite: str, runner: KnownRunner
) -> tuple[NullSession, ...]:
    """Read the last sessions, and all that are near enough to the newest for alarms to count."""
    last = nulls.sessions(repository, suite, runner, SPREAD_SESSIONS)
    start = datetime.fromisoformat(last[-1].measured_utc) - timedelta(days=ALARM_DAYS)
    young = nulls.sessions_since(repository, suite, runner, start)
    return young if len(young) > len(last) else last


def _for_order(order: RunOrder, certificate: Certificate, newest: NullSession) -> Certificate:
    if newest.commit == order.base:
        return certificate
    cases = tuple(map(_without_level, certificate.cases))
    return msgspec.structs.replace(certificate, cases=cases)


def _without_level(case: CaseCertificate) -> CaseCertificate:
    return msgspec.structs.replace(case, level=None, level_launches=None, reference_s=None)
