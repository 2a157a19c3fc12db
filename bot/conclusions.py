"""What an outcome means on the forge: one table, and nothing else decides."""

from __future__ import annotations

from collections.abc import Iterable

from bot.forge_values import Conclusion
from engine.configuration import Policy
from engine.findings import Reason, SuiteVerdict, Verdict, VerdictKind
from engine.values import Outcome

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
    counted = (each for each in suite.findings if each.override is None)
    errors = [each.reason for each in counted if each.outcome is Outcome.ERROR]
    if suite.outcome is not Outcome.ERROR or not errors:
        return conclusion_for(suite.outcome, None, policy)
    return _worst(conclusion_for(Outcome.ERROR, reason, policy) for reason in errors)


def check_conclusion(verdict: Verdict) -> Conclusion:
    """Say how the roll-up ends: skipped when no suite was selected, else the worst of them."""
    policy = Policy(inconclusive="failure" if verdict.inconclusive_fails else "neutral")
    if not verdict.suites:
        return Conclusion.SKIPPED
    return _worst(suite_conclusion(suite, policy) for suite in verdict.suites)


def without_failing(conclusion: Conclusion, kind: VerdictKind) -> Conclusion:
    """Say how a check run of a check of *kind* ends: what is measured nightly fails nothing."""
    fails = conclusion is Conclusion.FAILURE
    return Conclusion.NEUTRAL if fails and kind == "nightly" else conclusion


def _worst(conclusions: Iterable[Conclusion]) -> Conclusion:
    return min(conclusions, key=_WORST_FIRST.index)
