"""What to do next, as commands that exist: on a laptop, by a push, by a re-run on GitHub.

A check on a laptop is of no pull request: nothing there runs again by itself. Where somebody runs
it again, it goes on with the pairs that are there.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence

from engine.configuration import check_name
from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.outcomes import INFORMATIONAL
from engine.reports import figures
from engine.reports.doubts import REPEATABLE, remedy
from engine.reports.entries import Entry, entries, with_outcome
from engine.reports.escape import code
from engine.reports.table import CUT_EARLY, Rows
from engine.reports.wording import SHA, plural, what
from engine.stats.constants import LONG
from engine.values import Outcome, SuiteKind

_COMMANDS = 400
_SUITES = 3  # so many suites get their own commands; the others are alike
_MINUTE_S = 60.0
_AGAIN = {True: "check again", False: "push: the check runs again by itself"}  # by: on a laptop


def cannot_tell(verdict: Verdict) -> Rows | None:
    """List what is undecided, each with what would settle it; None when nothing is."""
    rows = with_outcome(entries(verdict), Outcome.INCONCLUSIVE)
    if not rows:
        return None
    head = (
        f"**Cannot tell ({len(rows)}).** The evidence allows no decision yet; this is not a pass."
    )
    lines = tuple(_undecided_line(entry, verdict) for entry in rows)
    return Rows(lines, before=head, noun="undecided row", cut=CUT_EARLY)


def next_steps(verdict: Verdict) -> Rows | None:
    """List the next actions for the worst outcome; None when there is nothing to do."""
    steps = tuple(f"- {step}" for step in _steps(verdict))
    return Rows(steps, before="**Next**", noun="step") if steps else None


def check_command(verdict: Verdict, suites: Sequence[SuiteVerdict]) -> str:
    """Give the command that repeats the check of *suites* on one's own machine.

    Of a pull request it names both commits; on a laptop, the target and whatever is there now.
    """
    named = " ".join(f"--suite {shlex.quote(suite.suite)}" for suite in suites)
    if verdict.pull_request is None:
        return f"highwater check --base {verdict.target[:SHA]} {named}"
    return f"highwater check --base {verdict.base[:SHA]} --head {verdict.head[:SHA]} {named}"


def _undecided_line(entry: Entry, verdict: Verdict) -> str:
    finding = entry.finding
    name = what(finding, entry.suite.suite)
    if entry.suite.kind is SuiteKind.SWEEP:
        return f"- {name}: {figures.changed(finding)}. {_settles(entry, verdict)}"
    said = [f"- {name}: {_so_far(finding)}"]
    if finding.smallest_visible is not None:
        said.append(f"Changes show from {figures.spread(finding.smallest_visible)} on here.")
    return " ".join((*said, _settles(entry, verdict)))


def _so_far(finding: Finding) -> str:
    shown = figures.change_with_interval(finding)
    pairs = "no pair" if not finding.pairs else plural(finding.pairs, "pair")
    return f"no interval yet, {pairs}." if shown == figures.ABSENT else f"{shown} after {pairs}."


def _settles(entry: Entry, verdict: Verdict) -> str:
    finding = entry.finding
    said = remedy(finding)
    if said is not None:
        return said
    if finding.further_pairs is None:
        return (
            "No practical number of pairs would settle it: the effect lies at the budget, "
            "or the machine is too noisy for it."
        )
    pairs = f"About {finding.further_pairs:,} more pairs{_duration(finding, entry.suite)}"
    if (finding.pairs or 0) + finding.further_pairs > LONG.last:
        most = f"more than the {LONG.last} that a row is given"
        return f"{pairs} would settle it, {most}: a quieter machine or a wider budget does, too."
    return f"{pairs} would settle it: {_by(entry.suite, verdict)}."


def _by(suite: SuiteVerdict, verdict: Verdict) -> str:
    """Name what measures the further pairs."""
    if verdict.pull_request is None:
        return code(check_command(verdict, (suite,)), _COMMANDS)
    return f"*Re-run* of {_check(suite)}"


def _duration(finding: Finding, suite: SuiteVerdict) -> str:
    """Say how long more pairs take at most: where its case is launched alone, they take less."""
    if suite.pair_s is None or finding.further_pairs is None:
        return ""
    seconds = suite.pair_s * finding.further_pairs
    if seconds < _MINUTE_S:
        return f" (up to about {max(1, math.ceil(seconds))} s)"
    return f" (up to about {math.ceil(seconds / _MINUTE_S):,} min)"


def _steps(verdict: Verdict) -> Iterator[str]:
    if verdict.problem is not None:
        yield f"Mend the file that is named above and {_AGAIN[verdict.pull_request is None]}."
    elif verdict.pull_request is None:
        yield from _steps_alone(verdict, _worst_suites(verdict))
    else:
        yield from _steps_of_a_pull_request(verdict, _worst_suites(verdict))


def _steps_of_a_pull_request(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    match verdict.outcome:
        case Outcome.REGRESSION:
            yield from _after_regression(verdict, suites)
        case Outcome.ERROR:
            yield from _after_error(verdict, suites)
        case Outcome.NO_VERDICT:
            yield from _after_no_verdict(verdict, suites)
        case Outcome.INCONCLUSIVE:
            yield from _more_pairs(suites)
            yield from _on_a_laptop(verdict, suites, _quietly(suites))
        case Outcome.IMPROVEMENT | Outcome.PASS:
            return


def _quietly(suites: tuple[SuiteVerdict, ...]) -> str:
    return _swept(suites) or "Or measure on a quiet machine of your own"


def _swept(suites: tuple[SuiteVerdict, ...]) -> str:
    """Say it of sweeps alone: there, quiet settles nothing."""
    return "See it again" if all(suite.kind is SuiteKind.SWEEP for suite in suites) else ""


def _worst_suites(verdict: Verdict) -> tuple[SuiteVerdict, ...]:
    """Give the suites that made the outcome what it is."""
    return tuple(suite for suite in verdict.suites if suite.outcome is verdict.outcome)[:_SUITES]


def _after_regression(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    yield "Mend it and push: the check runs again by itself."
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")
    yield from _more_pairs(suites)
    if any(suite.kind is SuiteKind.BENCHMARK for suite in suites):
        yield f"In doubt? {_REPLAYED}"
    yield from _intended(suites, "in a pull request of its own that says why.")


def _after_error(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    if verdict.reason is Reason.INFRASTRUCTURE:
        for suite in suites:
            yield f"Press *Re-run* on the check {_check(suite)}; the change itself needs nothing."
        yield from _on_a_laptop(verdict, suites, "Or measure on a machine of your own")
        return
    yield "Mend it and push: the check runs again by itself."
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")


def _after_no_verdict(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    reasons = {finding.reason for suite in suites for finding in suite.findings}
    if Reason.MISSING_IN_HEAD in reasons:
        yield (
            "Removed or renamed by mistake? Bring it back and push. On purpose? Then a maintainer "
            "decides: after the merge the new set is what later pull requests are held to."
        )
    if Reason.BASE_FAILED in reasons:
        yield (
            "The merge base fails by itself. Once the target branch is sound, "
            "bring this branch up to date with it and push."
        )
    if Reason.OUT_OF_TIME in reasons:
        yield (
            "Give the suite more time (`timeout_s`, read at the target branch), or make it smaller."
        )
    if Reason.MEASUREMENT_CHANGED in reasons:
        yield (
            "What measures and what is measured change together, so the numbers prove nothing. "
            "Merge the change of the measuring files first, in a pull request of its own; "
            "then both sides are measured with the new ones."
        )
    if reasons & {Reason.NOT_MEASURED, Reason.NOT_COMPARABLE}:
        yield "Mend the suite so that it measures on both commits, and push."
        yield from _taken_out(verdict, suites)
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")


def _taken_out(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Say how to stop expecting what only a former run leads to expect."""
    for suite in suites:
        if any(one.reason is Reason.NOT_MEASURED and one.detail for one in suite.findings):
            null = f"highwater null {shlex.quote(suite.suite)} --rev {verdict.base[:SHA]}"
            named = f"{null} --repository {shlex.quote(verdict.repository)}"
            yield (
                "Taken out on purpose, before this branch was made? Then a null run of the merge "
                f"base on a runner says so: {code(named, _COMMANDS)}; after it, *Re-run*."
            )


def _steps_alone(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """List what there is to do on a laptop, where the next check is a command away."""
    reasons = {finding.reason for suite in suites for finding in suite.findings}
    match verdict.outcome:
        case Outcome.REGRESSION:
            yield from _on_a_laptop(verdict, suites, "Mend it, or doubt it, and check again")
            yield from _intended(suites, "commit it, then check again.")
        case Outcome.ERROR:
            yield from _on_a_laptop(verdict, suites, "Mend it and check again")
        case Outcome.NO_VERDICT:
            yield from (said for reason, said in _MENDED_ALONE.items() if reason in reasons)
            yield from _on_a_laptop(verdict, suites, "Then check again")
        case Outcome.INCONCLUSIVE:
            rows = [row for suite in suites for row in _open_rows(suite)]
            if any(row.reason is not Reason.TIME_CAP for row in rows):
                yield _LONGER_PATH
            alone = _swept(suites) or "Check again while this machine is quiet"
            yield from _on_a_laptop(verdict, suites, alone)
        case Outcome.IMPROVEMENT | Outcome.PASS:
            return


_REPLAYED = (
    "A decided row stays decided: no re-run fishes for another colour. Every raw sample is kept, "
    "and the command in the last line decides anew from them."
)
_LONGER_PATH = (
    f"More pairs in one go: `measure: {{max_pairs: {LONG.last}}}` of the suite, "
    "as the target branch has it."
)
_MENDED_ALONE = {
    Reason.MEASUREMENT_CHANGED: "What measures and what is measured change together, so the "
    "numbers prove nothing: the target branch has to have the new measuring files first.",
    Reason.MISSING_IN_HEAD: "Removed or renamed by mistake? Bring it back. On purpose? What the "
    "target branch has is what is expected: it has to have the new set first.",
    Reason.BASE_FAILED: "The merge base fails by itself: the target branch has to be sound first.",
    Reason.OUT_OF_TIME: "Give the suite more time (`timeout_s`, read at the target branch), or "
    "make it smaller.",
    Reason.NOT_MEASURED: "Mend the suite so that it measures on both commits.",
    Reason.NOT_COMPARABLE: "Mend the suite so that both commits can be compared.",
}


def _intended(suites: tuple[SuiteVerdict, ...], how: str) -> Iterator[str]:
    files = sorted({suite.budget_file for suite in suites if suite.budget_file})
    if files:
        named = ", ".join(code(file) for file in files)
        yield f"Intended? Budgets are read at the target branch: change {named} there, {how}"


def _more_pairs(suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    for suite in suites:
        rows = _open_rows(suite)
        if rows:
            undecided = plural(len(rows), "undecided row")
            yield (
                f"*Re-run* of the check {_check(suite)} goes on with its {undecided}, "
                f"up to {LONG.last} pairs each; what is decided stays decided."
            )


def _open_rows(suite: SuiteVerdict) -> list[Finding]:
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


def _on_a_laptop(verdict: Verdict, suites: tuple[SuiteVerdict, ...], words: str) -> Iterator[str]:
    if suites:
        yield f"{words}: {code(check_command(verdict, suites), _COMMANDS)}"


def _check(suite: SuiteVerdict) -> str:
    return code(check_name(suite.suite, suite.tags), 160)
