"""How sure a verdict is: the method, the machine, what it could have seen, what is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import NullRecord, Reason, SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.escape import code, html_code, inline
from engine.reports.table import Rows, fold
from engine.reports.wording import plural
from engine.stats import constants as c
from engine.values import PAIRED_KINDS, SuiteKind

_CAVEATS = 10
_NAMED = 3  # so many suites are named in the fold's title
_SWEEP_ONCE = "Both commits were swept on the same machine, one after the other."
_SWEEP_VALUES = {
    False: "Its metric is compared exactly.",
    True: "Its metric is compared by pairs of seeds.",
}
_SWEEP_FAMILY = (
    "Success and time are held to exact limits; red holds among these and the metric (Holm at 5 %)."
)
_COMMAND_LIMITS = (
    "Both ran on the same machine, one after the other. A command that fails only sometimes is "
    "judged by that one run."
)
_VISIBLE = (
    "By the pairs that were taken, a change so large is found in 95 of 100 checks. Green stops "
    "once the budget is excluded, which takes fewer pairs; what may be worse gets more of them."
)
_UNMEASURED = "not measured yet"


def how_sure(verdict: Verdict) -> Rows:
    """Fold what a sceptical reader asks for, suite by suite."""
    lines = tuple("\n".join(sure_lines(verdict, suite)) for suite in verdict.suites)
    return fold(_title(verdict), Rows(lines, noun="suite"))


def sure_lines(verdict: Verdict, suite: SuiteVerdict) -> Iterator[str]:
    """List what there is to say of one suite: a bullet, and below it those of a benchmark."""
    if suite.kind is SuiteKind.COMMAND or not suite.method:
        yield f"- {code(suite.suite)}: {' '.join(_in_one_line(suite))}"
        return
    if suite.kind is SuiteKind.SWEEP:
        yield f"- {code(suite.suite)}: {suite.method}."
        rows = _of_sweeps(suite)
    else:
        yield f"- {code(suite.suite)}: {'; '.join(_decided_by(suite))}."
        rows = _of_benchmarks(suite, reruns=verdict.pull_request is not None)
    yield from (f"  - {said}" for said in rows)


def _in_one_line(suite: SuiteVerdict) -> Iterator[str]:
    if suite.method:
        yield f"{suite.method}."
        yield _COMMAND_LIMITS
    yield _machine(suite)
    yield from _weak(suite)
    yield f"Run {code(suite.run)}."


def _of_sweeps(suite: SuiteVerdict) -> Iterator[str]:
    yield _SWEEP_ONCE
    yield _SWEEP_VALUES[any(finding.seeds is not None for finding in suite.findings)]
    yield _SWEEP_FAMILY
    yield _machine(suite)
    yield from _weak(suite)
    yield f"Run {code(suite.run)}."


def _of_benchmarks(suite: SuiteVerdict, *, reruns: bool) -> Iterator[str]:
    yield _looks(suite, reruns=reruns)
    yield _family(suite)
    yield f"False alarms of this suite on this runner: {_alarms(suite.null_record)}."
    yield _certificate(suite)
    yield from _visible_range(suite)
    yield f"{_machine(suite)} {_second(suite)}"
    if suite.uncontrolled:
        yield f"Not held still, or not seen: {'; '.join(map(inline, suite.uncontrolled))}."
    yield from _weak(suite)
    yield f"Run {code(suite.run)}."


def _decided_by(suite: SuiteVerdict) -> Iterator[str]:
    if any(finding.pairs for finding in suite.findings) or not _screened([suite]):
        yield suite.method
    yield from _screened([suite])


def _title(verdict: Verdict) -> str:
    measured = [suite for suite in verdict.suites if _is_sampled(suite)]
    if not measured:
        return "How sure"
    about = [] if len(verdict.suites) == 1 else [suite.suite for suite in measured]
    named = f" of {_names(about)}" if about else ""
    said = [f"How sure{named}: {', '.join(_pairs(measured)) or 'no pairs'}", _alarms_of(measured)]
    visible = _visible(measured)
    if visible is not None:
        said.append(f"smallest visible change: {figures.spread(visible[1])}")
    return " · ".join(said)


def _is_sampled(suite: SuiteVerdict) -> bool:
    return suite.kind in PAIRED_KINDS and bool(suite.method)


def _names(names: list[str]) -> str:
    shown = ", ".join(map(html_code, names[:_NAMED]))
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _alarms_of(suites: list[SuiteVerdict]) -> str:
    """Say the false-alarm rate of one suite, or of how many it was measured."""
    if len(suites) == 1:
        return f"false alarms: {_alarms(suites[0].null_record)}"
    known = sum(suite.null_record is not None for suite in suites)
    if not known:
        return f"false alarms: {_UNMEASURED}"
    return f"false alarms: measured for {known} of {plural(len(suites), 'suite')}"


def _alarms(record: NullRecord | None) -> str:
    if record is None:
        return _UNMEASURED
    days = f" in {record.days} days" if record.days else ""
    noun = "null comparison" if record.comparisons == 1 else "null comparisons"
    counted = f"{record.alarms:,} of {record.comparisons:,} {noun}{days}"
    return f"{counted} (at most {figures.upper(record.at_most)})"


def _pairs(suites: list[SuiteVerdict]) -> list[str]:
    """Say on how many pairs rows were decided, and how many without any."""
    counts = [one.pairs for suite in suites for one in suite.findings if one.pairs]
    if not counts:
        return _screened(suites)
    low, high = min(counts), max(counts)
    return [plural(low, "pair") if low == high else f"{low} to {high} pairs", *_screened(suites)]


def _screened(suites: list[SuiteVerdict]) -> list[str]:
    rows = sum(one.reason is Reason.SCREENED for suite in suites for one in suite.findings)
    return [f"{plural(rows, 'row')} screened"] if rows else []


def _looks(suite: SuiteVerdict, *, reruns: bool) -> str:
    """Say when rows were looked at, and what all looks together are allowed."""
    looks = suite.looks or c.SHORT_LOOKS
    chance = round(1 / (2 * c.ALARM))
    levels = (
        f"set so that an unchanged row is called worse or better in 1 of {chance:,} checks at most"
    )
    shown = f"{', '.join(map(str, looks[:-1]))} and {looks[-1]}" if looks[1:] else str(looks[0])
    later = " and ".join(str(look) for look in c.LONG_LOOKS if look > looks[-1])
    further = f" (a re-run goes on to {later})" if reruns and looks == c.SHORT_LOOKS else ""
    return f"Looks after {shown} pairs{further}, at levels {levels}."


def _family(suite: SuiteVerdict) -> str:
    size = max((finding.family or 0 for finding in suite.findings), default=0)
    among = f"all {size} comparisons" if size > 1 else "all comparisons"
    level = figures.allowance(c.FAMILY_ALARM)
    return f"A red row also holds among {among} of this check (Holm at {level} over them together)."


def _certificate(suite: SuiteVerdict) -> str:
    if suite.certified:
        return "Certified: spreads of this machine's former null sessions took part."
    return (
        "Machine not yet certified as of these pairs: their spread is known from them alone, so "
        "more of them are needed. `highwater null` certifies a machine."
    )


def _visible_range(suite: SuiteVerdict) -> Iterator[str]:
    visible = _visible([suite])
    if visible is not None:
        low, high = (figures.spread(value) for value in visible)
        yield f"Smallest visible change: {low if low == high else f'{low} to {high}'}. {_VISIBLE}"


def _visible(suites: list[SuiteVerdict]) -> tuple[float, float] | None:
    """Give the smallest and largest of the smallest visible changes."""
    found = [
        finding.smallest_visible
        for suite in suites
        for finding in suite.findings
        if finding.smallest_visible is not None
    ]
    return (min(found), max(found)) if found else None


def _machine(suite: SuiteVerdict) -> str:
    if suite.runner is None:
        return "No report came back."
    known = [suite.platform, suite.cpu, suite.fingerprint]
    details = ", ".join(inline(part, 80) for part in known if part)
    return f"Ran on {code(suite.runner)} ({details})."


def _second(suite: SuiteVerdict) -> str:
    if suite.second_runner is None:
        return "One runner measured."
    return f"A second runner, {code(suite.second_runner)}, measured the red rows, too."


def _weak(suite: SuiteVerdict) -> Iterator[str]:
    caveats = [inline(caveat) for caveat in suite.caveats[:_CAVEATS]]
    if caveats:
        yield f"Caveats: {'; '.join(caveats)}."
