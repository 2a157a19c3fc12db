"""What to do next, as commands that exist: on a laptop, by a push, by a re-run on GitHub.

A check on a laptop is of no pull request: nothing there runs again by itself, and no evidence is
kept that another run could add to.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence

from engine.configuration import check_name
from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.entries import Entry, entries, with_outcome
from engine.reports.escape import code
from engine.reports.table import CUT_EARLY, Rows
from engine.reports.wording import SHA, what
from engine.stats.paired import MAX_POOLED_PAIRS, PAIRS_PER_ORDER
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
    return Rows(tuple(map(_undecided_line, rows)), before=head, noun="undecided row", cut=CUT_EARLY)


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


def _undecided_line(entry: Entry) -> str:
    finding = entry.finding
    visible = finding.smallest_visible
    seen = "" if visible is None else f"changes show from {figures.spread(visible)} on here. "
    return f"- {what(finding, entry.suite.suite)}: {seen}{_settles(entry)}"


def _settles(entry: Entry) -> str:
    finding = entry.finding
    if finding.reason is Reason.AT_MAX_VALUE:
        return (
            "Head's 99 % interval reaches across its absolute bound: quieter or more pairs, "
            "a better head or another bound settle it."
        )
    if finding.further_pairs is None:
        return (
            "No practical number of pairs would settle it: the effect lies at the budget, "
            "or the machine is too noisy for it."
        )
    duration = _duration(finding, entry.suite)
    return f"About {finding.further_pairs} more pairs{duration} would settle it."


def _duration(finding: Finding, suite: SuiteVerdict) -> str:
    if suite.pair_s is None or finding.further_pairs is None:
        return ""
    seconds = suite.pair_s * finding.further_pairs
    if seconds < _MINUTE_S:
        return f" (≈ {max(1, math.ceil(seconds))} s)"
    return f" (≈ {math.ceil(seconds / _MINUTE_S)} min)"


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
            yield from _on_a_laptop(verdict, suites, "Or measure on a quiet machine of your own")
        case Outcome.IMPROVEMENT | Outcome.PASS:
            return


def _worst_suites(verdict: Verdict) -> tuple[SuiteVerdict, ...]:
    """Give the suites that made the outcome what it is."""
    return tuple(suite for suite in verdict.suites if suite.outcome is verdict.outcome)[:_SUITES]


def _after_regression(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    yield "Mend it and push: the check runs again by itself."
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")
    for suite in filter(_takes_more_pairs, suites):
        yield f"In doubt? {_rerun(suite)} and decides on all of them together."
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
            "Give the suite more time (`timeout_s`, read at the target branch), "
            "or make its sweep smaller."
        )
    if reasons & {Reason.NOT_MEASURED, Reason.NOT_COMPARABLE}:
        yield "Mend the suite so that it measures on both commits, and push."
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")


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
            yield from _on_a_laptop(verdict, suites, "Check again while this machine is quiet")
        case Outcome.IMPROVEMENT | Outcome.PASS:
            return


_MENDED_ALONE = {
    Reason.MISSING_IN_HEAD: "Removed or renamed by mistake? Bring it back. On purpose? What the "
    "target branch has is what is expected: it has to have the new set first.",
    Reason.BASE_FAILED: "The merge base fails by itself: the target branch has to be sound first.",
    Reason.OUT_OF_TIME: "Give the suite more time (`timeout_s`, read at the target branch), or "
    "make its sweep smaller.",
    Reason.NOT_MEASURED: "Mend the suite so that it measures on both commits.",
    Reason.NOT_COMPARABLE: "Mend the suite so that both commits can be compared.",
}


def _intended(suites: tuple[SuiteVerdict, ...], how: str) -> Iterator[str]:
    files = sorted({suite.budget_file for suite in suites if suite.budget_file})
    if files:
        named = ", ".join(code(file) for file in files)
        yield f"Intended? Budgets are read at the target branch: change {named} there, {how}"


def _more_pairs(suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    for suite in filter(_takes_more_pairs, suites):
        yield f"{_rerun(suite)} and decides on all of them together."


def _takes_more_pairs(suite: SuiteVerdict) -> bool:
    """Whether a re-run would add evidence: of a benchmark, until enough pairs are pooled."""
    pooled = max((finding.pairs or 0 for finding in suite.findings), default=0)
    return suite.kind is SuiteKind.BENCHMARK and pooled < MAX_POOLED_PAIRS


def _rerun(suite: SuiteVerdict) -> str:
    return f"*Re-run* of the check {_check(suite)} adds {PAIRS_PER_ORDER} pairs to these"


def _on_a_laptop(verdict: Verdict, suites: tuple[SuiteVerdict, ...], words: str) -> Iterator[str]:
    if suites:
        yield f"{words}: {code(check_command(verdict, suites), _COMMANDS)}"


def _check(suite: SuiteVerdict) -> str:
    return code(check_name(suite.suite, suite.tags), 160)
