"""Which outcome outweighs which, and the exit code of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from engine.findings import Finding, Reason, Verdict
from engine.values import ExitCode, Outcome

# Rows that are shown and change nothing.
INFORMATIONAL = frozenset({Reason.NEW_IN_HEAD, Reason.OWN_COPY})
COMPARED = frozenset({Outcome.PASS, Outcome.IMPROVEMENT, Outcome.REGRESSION, Outcome.INCONCLUSIVE})

_RANKS = {
    Outcome.PASS: 0,
    Outcome.IMPROVEMENT: 1,
    Outcome.INCONCLUSIVE: 2,
    Outcome.NO_VERDICT: 4,
    Outcome.ERROR: 5,
    Outcome.REGRESSION: 7,
}
# The candidate failed by itself: that is red, where wrong input only keeps from measuring.
_FAILED_RANK = 6
# What our own machines lost says less about a change than a case that was not measured.
_INFRASTRUCTURE_RANK = 3
_OWN_FAILURES = frozenset({Reason.FAILED, Reason.NOT_REPRODUCIBLE})

_EXIT_CODES = {
    Outcome.PASS: ExitCode.WITHIN_BUDGET,
    Outcome.IMPROVEMENT: ExitCode.WITHIN_BUDGET,
    Outcome.INCONCLUSIVE: ExitCode.CANNOT_TELL,
    Outcome.NO_VERDICT: ExitCode.NO_VERDICT,
    Outcome.ERROR: ExitCode.COULD_NOT_RUN,
    Outcome.REGRESSION: ExitCode.REGRESSION,
}
_STRICT = frozenset({ExitCode.CANNOT_TELL, ExitCode.NO_VERDICT})


class Judged(Protocol):
    """A finding, a suite's verdict or a check's: an outcome and its reason."""

    @property
    def outcome(self) -> Outcome:
        """The outcome."""

    @property
    def reason(self) -> Reason | None:
        """Why."""


Item = TypeVar("Item", bound=Judged)


def severity(judged: Judged) -> int:
    """Rank a finding or verdict.

    From green over cannot tell, lost run, no verdict and wrong input to failed and regression.
    """
    if judged.outcome is Outcome.ERROR and judged.reason is Reason.INFRASTRUCTURE:
        return _INFRASTRUCTURE_RANK
    if judged.outcome is Outcome.ERROR and judged.reason in _OWN_FAILURES:
        return _FAILED_RANK
    return _RANKS[judged.outcome]


def decisive(items: Iterable[Item]) -> Item | None:
    """Give the first of the worst items; None when nothing but informational rows is there."""
    counted = [item for item in items if item.reason not in INFORMATIONAL]
    return max(counted, key=severity, default=None)


def worst_outcome(items: Iterable[Judged]) -> Outcome:
    """Give the outcome that outweighs the others; nothing judged is no verdict, never a pass."""
    worst = decisive(items)
    return Outcome.NO_VERDICT if worst is None else worst.outcome


def exit_code(verdict: Verdict, *, strict: bool = False) -> int:
    """Translate a verdict to the exit code of every command (docs/reference/exit-codes.md).

    The candidate's own failure is a failed check (1); bad input and lost runs could not run (5).
    With *strict*, "cannot tell" and "no verdict" count as failed.
    """
    if verdict.outcome is Outcome.ERROR and verdict.reason in _OWN_FAILURES:
        return ExitCode.REGRESSION
    code = _EXIT_CODES[verdict.outcome]
    return ExitCode.REGRESSION if strict and code in _STRICT else code


def uncompared_cases(findings: Iterable[Finding]) -> set[str]:
    """Name the cases with a row that compares nothing, though it should."""
    return {
        finding.case
        for finding in findings
        if finding.outcome not in COMPARED and finding.reason not in INFORMATIONAL
    }
