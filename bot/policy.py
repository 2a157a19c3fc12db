"""Who may cause what, and what an outcome means on GitHub: tables, and nothing else decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from bot.events import CheckRunRerequested, Event, Ignored, Ping, PullRequestUpdated
from bot.ports import Conclusion, Repository
from engine.configuration import Policy
from engine.findings import Reason, SuiteVerdict, Verdict
from engine.values import CommitSha, Outcome


class SupersedeChecks(msgspec.Struct, frozen=True, kw_only=True):
    """End the pull request's running checks of any head but *head*, and free their runners."""

    repository: Repository
    number: int
    head: CommitSha


class StartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Measure *head* of a pull request from the repository's own branch."""

    repository: Repository
    number: int
    head: CommitSha


class RefuseFork(msgspec.Struct, frozen=True, kw_only=True):
    """Conclude *head* of a fork's pull request unmeasured: it is not checked out nor run."""

    repository: Repository
    number: int
    head: CommitSha


class RestartCheck(msgspec.Struct, frozen=True, kw_only=True):
    """Measure again what the check run *external_id* on *head* stood for."""

    repository: Repository
    name: str
    external_id: str
    head: CommitSha
    pull_requests: tuple[int, ...]


Action = SupersedeChecks | StartCheck | RefuseFork | RestartCheck


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an event of type *event* for which *who* holds causes *actions*."""

    event: type[Any]
    may: str
    who: Callable[[Any], bool]
    actions: Callable[[Any], tuple[Action, ...]]


def decide(event: Event) -> tuple[Action, ...]:
    """Look up what *event* causes, in the order to do it: the first row that fits, or nothing."""
    fitting = (rule for rule in RULES if isinstance(event, rule.event) and rule.who(event))
    rule = next(fitting, None)
    return () if rule is None else rule.actions(event)


def _anyone(event: Event) -> bool:
    del event
    return True


def _from_own_branch(event: PullRequestUpdated) -> bool:
    return not event.from_fork


def _start(event: PullRequestUpdated) -> tuple[Action, ...]:
    return (
        _supersede(event),
        StartCheck(repository=event.repository, number=event.number, head=event.head),
    )


def _refuse(event: PullRequestUpdated) -> tuple[Action, ...]:
    return (
        _supersede(event),
        RefuseFork(repository=event.repository, number=event.number, head=event.head),
    )


def _supersede(event: PullRequestUpdated) -> SupersedeChecks:
    return SupersedeChecks(repository=event.repository, number=event.number, head=event.head)


def _restart(event: CheckRunRerequested) -> tuple[Action, ...]:
    return (
        RestartCheck(
            repository=event.repository,
            name=event.name,
            external_id=event.external_id,
            head=event.head,
            pull_requests=event.pull_requests,
        ),
    )


def _nothing(event: Event) -> tuple[Action, ...]:
    del event
    return ()


RULES: tuple[Rule, ...] = (
    Rule(
        event=PullRequestUpdated,
        may="whoever may push to the repository has its pull requests measured",
        who=_from_own_branch,
        actions=_start,
    ),
    Rule(
        event=PullRequestUpdated,
        may="a fork's pull request is concluded unmeasured, whatever the repository's policy",
        who=_anyone,
        actions=_refuse,
    ),
    Rule(
        event=CheckRunRerequested,
        may="whom GitHub lets ask for a re-run (write access) gets one; a fork's stays unmeasured",
        who=_anyone,
        actions=_restart,
    ),
    Rule(event=Ping, may="a ping is answered and causes nothing", who=_anyone, actions=_nothing),
    Rule(event=Ignored, may="all else causes nothing", who=_anyone, actions=_nothing),
)

_CONCLUSIONS = {
    Outcome.PASS: Conclusion.SUCCESS,
    Outcome.IMPROVEMENT: Conclusion.SUCCESS,
    Outcome.REGRESSION: Conclusion.FAILURE,
    Outcome.INCONCLUSIVE: Conclusion.NEUTRAL,
    Outcome.NO_VERDICT: Conclusion.ACTION_REQUIRED,
    Outcome.ERROR: Conclusion.FAILURE,  # the candidate's own code failed
}
_ERROR_CONCLUSIONS = {
    Reason.INVALID: Conclusion.ACTION_REQUIRED,  # a file that people must mend
    Reason.INFRASTRUCTURE: Conclusion.NEUTRAL,  # ours: "Could not measure"
}
# What the roll-up says when its suites differ: the first of these that any of them says.
_WORST_FIRST = (
    Conclusion.FAILURE,
    Conclusion.ACTION_REQUIRED,
    Conclusion.NEUTRAL,
    Conclusion.SUCCESS,
)


def conclusion_for(outcome: Outcome, reason: Reason | None, policy: Policy) -> Conclusion:
    """Say how a check run ends on *outcome*; *reason* tells an error's kinds apart.

    An error for want of infrastructure, or inconclusive evidence, fails where the policy's
    ``inconclusive`` says ``failure``.
    """
    if outcome is Outcome.ERROR and reason in _ERROR_CONCLUSIONS:
        conclusion = _ERROR_CONCLUSIONS[reason]
    else:
        conclusion = _CONCLUSIONS[outcome]
    strict = policy.inconclusive == "failure"
    return Conclusion.FAILURE if strict and conclusion is Conclusion.NEUTRAL else conclusion


def suite_conclusion(suite: SuiteVerdict, policy: Policy) -> Conclusion:
    """Say how the check run of one suite ends: an error by the worst of its errors' kinds."""
    errors = [each.reason for each in suite.findings if each.outcome is Outcome.ERROR]
    if suite.outcome is not Outcome.ERROR or not errors:
        return conclusion_for(suite.outcome, None, policy)
    return _worst(conclusion_for(Outcome.ERROR, reason, policy) for reason in errors)


def check_conclusion(verdict: Verdict) -> Conclusion:
    """Say how the roll-up ends: skipped when no suite was selected, else the worst of them."""
    policy = Policy(inconclusive="failure" if verdict.inconclusive_fails else "neutral")
    if not verdict.suites:
        return Conclusion.SKIPPED
    return _worst(suite_conclusion(suite, policy) for suite in verdict.suites)


def _worst(conclusions: Iterable[Conclusion]) -> Conclusion:
    return min(conclusions, key=_WORST_FIRST.index)
