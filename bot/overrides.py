"""What people say to a verdict: they accept a row of a pull request, or mute a case for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

import msgspec

from bot.checks.last_verdict import Judged, standing_of
from bot.checks.rejudge import published, rejudge
from bot.commands.command import Command, WrongValueError
from bot.ledger import Act, finish, ledgered
from bot.override_timing import require_seen, require_unpublished
from bot.services import Services
from bot.store.overrides import OverrideRecord
from engine.audit.records import Fault
from engine.commands import EVERY, Verb
from engine.errors import UserError
from engine.findings import Finding, SuiteVerdict, Verdict
from engine.overrides import Override, OverrideKind
from engine.overriding import is_acceptable, is_blocking, quantity
from engine.reports import override_replies as replies
from engine.values import CommitSha

LONGEST_MUTE = timedelta(days=366)

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_TO_THE_SECOND = time(23, 59, 59, tzinfo=UTC)  # a mute holds for the whole of its last day


class Scope(NamedTuple):
    """What a command is about; ``EVERY`` stands for all suites, or for all cases of one."""

    suite: str
    case: str
    metric: str = ""


def accept(services: Services, command: Command) -> str:
    """Accept rows of a pull request's last verdict; the answer for its author.

    Raises:
        UserError: there is nothing to accept, with the reason.
        TransientError: the forge or the ledger is away; calling again goes on.
    """
    head = services.forge.pull_request(command.repository, command.number).head
    stored = _stored_by(services, command)
    if not stored:
        judged = _judged(services, command, head)
        stored = _accepted(services, command, judged)
    return _put_in_force(services, command, stored, head)


def mute(services: Services, command: Command) -> str:
    """Mute a case in all pull requests until a day; the answer for its author.

    Raises:
        UserError: there is no such case or day, with what there is.
        TransientError: the forge or the ledger is away; calling again goes on.
    """
    head = services.forge.pull_request(command.repository, command.number).head
    stored = _stored_by(services, command) or _muted(services, command)
    return _put_in_force(services, command, stored, head)


def withdraw(services: Services, command: Command) -> None:
    """Take back what a command has stored that is given up, as its author is told that it failed.

    Raises:
        TransientError: the ledger is away; nothing of the command is in force even so.
    """
    if command.verb not in {Verb.ACCEPT, Verb.MUTE}:
        return
    for record in _stored_by(services, command):
        services.overrides.revoke(record.id, services.clock.now())
    about = {"repository": command.repository.name, "by": command.author}
    act = Act(step=command.verb.value, id=command.id, ctx=about)
    failed = Fault(type="GivenUp", message="the program failed; nothing of it is in force")
    finish(services, act, {}, status="error", error=failed)


def _put_in_force(
    services: Services, command: Command, records: Sequence[OverrideRecord], head: CommitSha
) -> str:
    """Store overrides, then have the verdict of *head* published anew, where it has one."""
    with ledgered(services, _act(command, records)) as outputs:
        _end_former_mutes(services, records)
        for record in records:
            services.overrides.add(record)
        last, is_running = standing_of(services, command.repository, command.number, head)
        require_unpublished(services, command, head)
        anew = None
        if last is not None and not is_running:
            anew = rejudge(services, last.check, command.id, command.author)
            outputs["check"] = anew.id
        outputs["rows"] = len(records)
    verdict = None if anew is None else published(services, anew.id)
    outcome = None if verdict is None else verdict.outcome
    overrides = [record.override for record in records]
    return replies.overridden(overrides, outcome, is_running=is_running)


def _act(command: Command, records: Sequence[OverrideRecord]) -> Act:
    override = records[0].override
    scope = _scope(command)
    return Act(
        step=override.kind,
        id=command.id,
        ctx={
            "repository": command.repository.name,
            "pull_request": command.number,
            "by": command.author,
            "suite": scope.suite,
            "case": scope.case,
            "metric": scope.metric or None,
        },
        inputs={
            "reason": override.reason,
            "until": override.until_utc,
            "head": override.head,
            "rows": len(records),
        },
    )


def _accepted(services: Services, command: Command, judged: Judged) -> tuple[OverrideRecord, ...]:
    """Make an override of each row that is meant, with what was measured of it."""
    rows = _rows(judged.verdict, _scope(command))
    if not rows:
        raise _nothing_to_accept(command, judged.verdict)
    plain = _plain(services, command, "accept")
    overrides = [
        msgspec.structs.replace(
            plain,
            suite=suite.suite,
            case=row.case,
            metric=row.metric,
            head=judged.verdict.head,
            change=row.change,
            low=row.low,
            high=row.high,
        )
        for suite, row in rows
    ]
    return tuple(
        OverrideRecord(
            id=f"{command.id}-{index}",
            repository=command.repository.name,
            pull_request=command.number,
            override=override,
        )
        for index, override in enumerate(overrides)
    )


def _muted(services: Services, command: Command) -> tuple[OverrideRecord, ...]:
    scope = _scope(command)
    _require_known(services, command, scope)
    override = msgspec.structs.replace(
        _plain(services, command, "mute"),
        case="" if scope.case == EVERY else scope.case,
        until_utc=_last_moment(command, services.clock.now()),
    )
    record = OverrideRecord(
        id=f"{command.id}-0",
        repository=command.repository.name,
        pull_request=None,
        override=override,
    )
    return (record,)


def _plain(services: Services, command: Command, kind: OverrideKind) -> Override:
    """Make what an override has from the command alone."""
    return Override(
        kind=kind,
        suite=_scope(command).suite,
        by=command.author,
        reason=" ".join(command.arguments["reason"].split()),
        created_utc=services.clock.now().strftime(_UTC_SECONDS),
    )


def _scope(command: Command) -> Scope:
    suite, _, case = command.arguments["case"].partition("::")
    return Scope(suite, case, command.arguments.get("metric", ""))


def _rows(verdict: Verdict, scope: Scope) -> list[tuple[SuiteVerdict, Finding]]:
    """Give the rows that are meant: of many, those that need it; one that is named by itself."""
    named = EVERY not in (scope.suite, scope.case)
    is_meant = is_acceptable if named else is_blocking
    return [
        (suite, row)
        for suite in verdict.suites
        for row in suite.findings
        if scope.suite in (EVERY, suite.suite)
        and scope.case in (EVERY, row.case)
        and (not scope.metric or quantity(scope.metric) == quantity(row.metric))
        and is_meant(row)
    ]


def _judged(services: Services, command: Command, head: CommitSha) -> Judged:
    """Give the verdict of a pull request's head; what is accepted is what was measured of it."""
    last, is_running = standing_of(services, command.repository, command.number, head)
    if last is not None:
        require_seen(services, command, last)
        return last
    problem = f"there is no verdict of {head[:7]}, the head of this pull request, yet."
    remedy = "Wait for the check." if is_running else "Ask for one with `/highwater run`."
    raise UserError(problem, None, remedy)


def _stored_by(services: Services, command: Command) -> tuple[OverrideRecord, ...]:
    """Give what an earlier attempt at the command has stored."""
    former = services.overrides.of_repository(command.repository.name)
    return tuple(one for one in former if one.id.rpartition("-")[0] == command.id)


def _end_former_mutes(services: Services, records: Sequence[OverrideRecord]) -> None:
    """Let a mute take the place of former ones of the same case, so that it can be cut short.

    One that has given way to a later one itself, while its command was tried again, ends nothing.
    """
    now = services.clock.now()
    for record in records:
        if record.override.kind != "mute" or record.revoked_utc is not None:
            continue
        for former in services.overrides.in_force(record.repository, None, now):
            if former.id != record.id and _about(former.override) == _about(record.override):
                services.overrides.revoke(former.id, now)


def _about(override: Override) -> tuple[OverrideKind, str, str, str]:
    return (override.kind, override.suite, override.case, override.metric)


def _require_known(services: Services, command: Command, scope: Scope) -> None:
    """See that a mute is of something: a misspelt one would be silent for as long as it lasts."""
    known = _known(services, command)
    suites = {suite for suite, _ in known}
    if not suites:
        problem = "no check of this pull request has measured anything yet."
        raise UserError(problem, None, "Mute where a report names the case.")
    if scope.suite not in suites:
        valid = tuple(f"{suite}::{EVERY}" for suite in sorted(suites))
        raise WrongValueError(command.verb, "case", command.arguments["case"], valid)
    if scope.case != EVERY and (scope.suite, scope.case) not in known:
        valid = tuple(f"{suite}::{case}" for suite, case in sorted(known) if suite == scope.suite)
        raise WrongValueError(command.verb, "case", command.arguments["case"], valid)


def _known(services: Services, command: Command) -> set[tuple[str, str]]:
    """Name the suites and cases that any verdict of this pull request has rows of."""
    checks = services.checks.checks_of_pull_request(command.repository.name, command.number)
    verdicts = (published(services, check.id) for check in checks)
    return {
        (suite.suite, row.case)
        for verdict in verdicts
        if verdict is not None
        for suite in verdict.suites
        for row in suite.findings
    }


def _last_moment(command: Command, now: datetime) -> str:
    """Give the end of the day until which something is muted.

    Raises:
        UserError: there is no such day, or it is past, or more than a year away.
    """
    given = command.arguments["until"]
    try:
        until = datetime.combine(date.fromisoformat(given), _TO_THE_SECOND)
    except ValueError:
        until = None
    first, last = now.date(), (now + LONGEST_MUTE).date()
    if until is None or not first <= until.date() <= last:
        valid = (f"{first} to {last}",)
        raise WrongValueError(command.verb, "until", given, valid)
    return until.strftime(_UTC_SECONDS)


def _nothing_to_accept(command: Command, verdict: Verdict) -> UserError:
    """Say what could be accepted instead, where something could."""
    rows = _rows(verdict, Scope(EVERY, EVERY))
    valid = tuple(dict.fromkeys(f"{suite.suite}::{row.case or EVERY}" for suite, row in rows))
    if valid:
        return WrongValueError(command.verb, "case", command.arguments["case"], valid)
    problem = f"nothing of {verdict.head[:7]} can be accepted: no row of its verdict is red."
    return UserError(problem, None, "")
