"""What people may ask of the bot next, as the commands of its comments."""

from __future__ import annotations

from collections.abc import Iterator

from engine.commands import EVERY, Verb, entry_of, written
from engine.findings import Finding, SuiteVerdict, Verdict
from engine.outcomes import INFORMATIONAL
from engine.overriding import is_blocking
from engine.reports.commands import COMMAND, check_label, hears_commands, is_stored, more_pairs
from engine.reports.doubts import REPEATABLE, remedy
from engine.reports.escape import code, one_line
from engine.reports.wording import plural
from engine.stats.constants import LONG
from engine.values import PAIRED_KINDS, Outcome, SuiteKind


def measured_again(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Offer to measure what was lost: by a command, or by the button of the suite's check run."""
    if hears_commands(verdict):
        yield f"Measure it again: {code(written(Verb.RERUN))}; the change itself needs nothing."
    elif is_stored(verdict):
        for suite in suites:
            check = check_label(suite)
            yield f"Press *Re-run* on the check {check}; the change itself needs nothing."


def accepted(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Offer to accept in this pull request what keeps it from green; never a leak."""
    blocking = ((suite, row) for suite in suites for row in suite.findings if is_blocking(row))
    rows = [(suite, row) for suite, row in blocking if row.override is None]
    if not hears_commands(verdict) or not rows:
        return
    suite, row = min(rows, key=lambda named: named[1].whole_suite)
    case = row.case or EVERY
    others = f" (and {len(rows) - 1} more alike)" if rows[1:] else ""
    if not _is_readable(suite, case):
        case, others = EVERY, " (every red row of the suite)"
    if _is_readable(suite, case):
        accept = code(_accepting(suite, case), COMMAND)
        yield f"Wanted all the same? A maintainer accepts it here: {accept}{others}"


def _is_readable(suite: SuiteVerdict, case: str) -> bool:
    """Whether the command names the case still once it was shown, and copied from the page."""
    accept = _accepting(suite, case)
    named = entry_of(Verb.ACCEPT).argument("case")
    is_case = named is not None and named.accepts(f"{suite.suite}::{case}")
    return is_case and one_line(accept, COMMAND) == accept


def _accepting(suite: SuiteVerdict, case: str) -> str:
    return f'{written(Verb.ACCEPT, case=f"{suite.suite}::{case}")} reason="…"'


def kept(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Offer to hold later pull requests to the better level of a suite."""
    for suite in suites if hears_commands(verdict) else ():
        promote = f'{written(Verb.PROMOTE, suite=suite.suite)} reason="…"'
        if suite.kind in PAIRED_KINDS or (suite.kind is SuiteKind.SWEEP and suite.beside):
            yield f"Worth keeping? A maintainer makes it the baseline: {code(promote, COMMAND)}"
        elif suite.kind is SuiteKind.SWEEP:  # each baseline that it names has a line beside it
            yield (
                f"Worth keeping? {code(suite.suite)} names no `baseline` in `.highwater.yml` of "
                f"the target branch; once it does, {code(promote, COMMAND)} fills it."
            )


def more_evidence(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Offer to go on with the undecided rows of each suite, where the bot has their pairs."""
    for suite in suites if is_stored(verdict) else ():
        rows = open_rows(suite)
        if rows:
            undecided = plural(len(rows), "undecided row")
            each = " each" if rows[1:] else ""
            yield (
                f"{more_pairs(verdict, suite)} goes on with its {undecided}, "
                f"up to {LONG.last} pairs{each}; what is decided stays decided."
            )


def open_rows(suite: SuiteVerdict) -> list[Finding]:
    """List the rows to which a re-run would add evidence that may decide them."""
    if suite.kind is SuiteKind.SWEEP:
        return []
    return [
        finding
        for finding in suite.findings
        if finding.outcome is Outcome.INCONCLUSIVE
        and finding.reason not in INFORMATIONAL
        and (finding.pairs or 0) < LONG.last
        and (remedy(finding) is None or finding.reason in REPEATABLE)
    ]
