"""What to do next, as commands that exist: on a laptop, by a push, in a comment on GitHub.

A check on a laptop is of no pull request: nothing there runs again by itself. Where somebody runs
it again, it goes on with the pairs that are there.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from engine.commands import Verb, written
from engine.findings import Finding, Reason, SuiteVerdict, Verdict, VerdictKind
from engine.reports.commands import (
    COMMAND,
    check_command,
    hears_commands,
    is_of_a_baseline,
    is_stored,
)
from engine.reports.escape import code
from engine.reports.offers import accepted, kept, measured_again, more_evidence, open_rows
from engine.reports.spoken import is_overhead, looks_ahead
from engine.reports.table import Rows
from engine.reports.wording import SHA
from engine.stats.constants import LONG
from engine.values import PAIRED_KINDS, Outcome, SuiteKind

_EXACT = frozenset(
    {Reason.LOOK_AHEAD, Reason.METRIC_DROP, Reason.MEDIAN_DROP, Reason.SUCCESS_UNDER}
)
_SUITES = 3  # so many suites get their own commands; the others are alike
_AGAIN: dict[VerdictKind, str] = {
    "pull_request": "push: the check runs again by itself",
    "promotion": "push: the check runs again by itself",
    "actions": "push: the workflow runs again by itself",
    "merge_group": "push to its pull request, then queue that again",
    "push": "push: the next commit is checked by itself",
    "nightly": "push: the next night measures it again",
    "laptop": "check again",
}


def next_steps(verdict: Verdict) -> Rows | None:
    """List the next actions for the worst outcome; None when there is nothing to do."""
    steps = tuple(f"- {step}" for step in _steps(verdict))
    return Rows(steps, before="**Next**", noun="step") if steps else None


def _steps(verdict: Verdict) -> Iterator[str]:
    if verdict.problem is not None:
        yield f"Mend the file that is named above and {_AGAIN[verdict.kind]}."
    elif verdict.kind == "laptop":
        yield from _steps_alone(verdict, _worst_suites(verdict))
    else:
        yield from _steps_on_a_forge(verdict, _worst_suites(verdict))


def _steps_on_a_forge(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    match verdict.outcome:
        case Outcome.REGRESSION:
            yield from _after_regression(verdict, suites)
        case Outcome.ERROR:
            yield from _after_error(verdict, suites)
        case Outcome.NO_VERDICT:
            yield from _after_no_verdict(verdict, suites)
        case Outcome.INCONCLUSIVE:
            yield from more_evidence(verdict, suites)
            yield from _on_a_laptop(verdict, suites, _quietly(suites))
        case Outcome.IMPROVEMENT:
            yield from kept(verdict, suites)
        case Outcome.PASS:
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
    yield f"Mend it and {_AGAIN[verdict.kind]}."
    yield from accepted(verdict, suites)
    yield from _looked_ahead(suites)
    yield from more_evidence(verdict, suites)
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")
    yield from _absolute(suites)
    yield from _intended(suites, "in a pull request of its own that says why.")
    if is_stored(verdict) and any(suite.kind in PAIRED_KINDS for suite in suites):
        yield f"In doubt? {_REPLAYED}"


def _after_error(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    if verdict.reason is Reason.INFRASTRUCTURE:
        yield from measured_again(verdict, suites)
        yield from _on_a_laptop(verdict, suites, "Or measure on a machine of your own")
        return
    yield f"Mend it and {_AGAIN[verdict.kind]}."
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
        yield from accepted(verdict, suites)
    if Reason.DATA_CHANGED in reasons:
        yield _OTHER_DATA
    if reasons & {Reason.NOT_MEASURED, Reason.NOT_COMPARABLE}:
        yield "Mend the suite so that it measures on both commits, and push."
        yield from _taken_out(verdict, suites)
    yield from _on_a_laptop(verdict, suites, "See it on your own machine")


def _taken_out(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Say how to stop expecting what only a former run leads to expect."""
    for suite in suites if is_stored(verdict) else ():
        if any(one.reason is Reason.NOT_MEASURED and one.detail for one in suite.findings):
            null = f"highwater null {shlex.quote(suite.suite)} --rev {verdict.base[:SHA]}"
            named = f"{null} --repository {shlex.quote(verdict.repository)}"
            then = code(written(Verb.RERUN)) if hears_commands(verdict) else "*Re-run* the check"
            yield (
                "Taken out on purpose, before this branch was made? Then a null run of the merge "
                f"base on a runner says so: {code(named, COMMAND)}; after it, {then}."
            )


def _steps_alone(verdict: Verdict, suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """List what there is to do on a laptop, where the next check is a command away."""
    reasons = {finding.reason for suite in suites for finding in suite.findings}
    match verdict.outcome:
        case Outcome.REGRESSION:
            yield from _looked_ahead(suites)
            yield from _absolute(suites)
            doubt = "Fix it, or measure again if you doubt it"
            words = "Fix it and check again" if all(map(_is_exact, suites)) else doubt
            yield from _on_a_laptop(verdict, suites, words)
            if is_of_a_baseline(verdict):
                yield _NEW_MARK
            else:
                yield from _intended(suites, "commit it, then check again.")
        case Outcome.ERROR:
            yield from _on_a_laptop(verdict, suites, "Mend it and check again")
        case Outcome.NO_VERDICT:
            yield from (said for reason, said in _MENDED_ALONE.items() if reason in reasons)
            yield from _on_a_laptop(verdict, suites, "Then check again")
        case Outcome.INCONCLUSIVE:
            yield from _longer_path(suites)
            alone = _swept(suites) or "Check again while this machine is quiet"
            yield from _on_a_laptop(verdict, suites, alone)
        case Outcome.IMPROVEMENT | Outcome.PASS:
            return


_NEW_MARK = (
    "Intended? Then record the baseline anew (of benchmarks: "
    "`highwater bench run --update-baselines`) and commit it."
)
_REPLAYED = (
    "A decided row stays decided: no re-run fishes for another colour. Every raw sample is kept, "
    "and the command in the last line decides anew from them."
)
_OTHER_DATA = (
    "Give the runner the data that the baseline pins. Is the other data meant? Then record the "
    "baseline anew on it (`highwater update-baseline`), and commit it with the reason."
)
_MENDED_ALONE = {
    Reason.MEASUREMENT_CHANGED: "What measures and what is measured change together, so the "
    "numbers prove nothing: the target branch has to have the new measuring files first.",
    Reason.MISSING_IN_HEAD: "Removed or renamed by mistake? Bring it back. On purpose? What the "
    "target branch has is what is expected: it has to have the new set first.",
    Reason.BASE_FAILED: "The merge base fails by itself: the target branch has to be sound first.",
    Reason.OUT_OF_TIME: "Give the suite more time (`timeout_s`, read at the target branch), or "
    "make it smaller.",
    Reason.DATA_CHANGED: _OTHER_DATA,
    Reason.NOT_MEASURED: "Mend the suite so that it measures on both commits.",
    Reason.NOT_COMPARABLE: "Mend the suite so that both commits can be compared.",
}


def _intended(suites: tuple[SuiteVerdict, ...], how: str) -> Iterator[str]:
    files = sorted({one.budget_file for one in suites if one.budget_file and _may_be_meant(one)})
    if files:
        named = ", ".join(code(file) for file in files)
        yield f"Intended? Budgets are read at the target branch: change {named} there, {how}"


def _may_be_meant(suite: SuiteVerdict) -> bool:
    """Whether a red row of the suite could be wanted: no budget allows to look ahead."""
    red = [row for row in suite.findings if row.outcome is suite.outcome]
    return any(row.reason is not Reason.LOOK_AHEAD for row in red)


def _looked_ahead(suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    if any(map(looks_ahead, suites)):
        yield (
            "What is decided at a close may read that bar and earlier ones alone; the order is "
            "filled at the next open. No budget and no baseline allows a leak."
        )


def _absolute(suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Say of an overhead that it need not be this change's doing, and where to see its parts."""
    for suite in filter(is_overhead, suites):
        parts = shlex.join(("highwater", "overhead", suite.spec_file or "SPEC"))
        yield (
            f"The budget of {code(suite.suite)} is absolute: both sides are head's own code, so it "
            f"may have been over before this change. See the parts: {code(parts, COMMAND)}"
        )


def _is_exact(suite: SuiteVerdict) -> bool:
    """Whether another measurement would say the same: red by numbers that are no sample."""
    red = [row for row in suite.findings if row.outcome is suite.outcome]
    return bool(red) and all(row.reason in _EXACT and row.seeds is None for row in red)


def _longer_path(suites: tuple[SuiteVerdict, ...]) -> Iterator[str]:
    """Offer more pairs in one go, where those that a row is given would do."""
    for suite in suites:
        rows = [row for row in open_rows(suite) if row.reason is not Reason.TIME_CAP]
        if any(_within_reach(row) for row in rows) and LONG.last not in suite.looks:
            yield (
                f"For more pairs in one go, set `measure: {{max_pairs: {LONG.last}}}` for the "
                f"suite {code(suite.suite)} in `.highwater.yml` of the target branch."
            )


def _within_reach(row: Finding) -> bool:
    return row.further_pairs is not None and (row.pairs or 0) + row.further_pairs <= LONG.last


def _on_a_laptop(verdict: Verdict, suites: tuple[SuiteVerdict, ...], words: str) -> Iterator[str]:
    if suites:
        yield f"{words}: {code(check_command(verdict, suites), COMMAND)}"
