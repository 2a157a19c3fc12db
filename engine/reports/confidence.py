"""How sure a verdict is: the method, the machine, what it could have seen, what is unknown."""

from __future__ import annotations

from engine.findings import SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.escape import code, html_code, inline
from engine.reports.table import Rows, fold
from engine.values import SuiteKind

_CAVEATS = 10
_NAMED = 3  # so many suites, and so many methods, are named in the fold's title
_SWEEP_LIMITS = (
    "Both commits were swept on the same machine, one after the other. The plain rule compares "
    "two numbers; it does not ask whether chance could explain their difference."
)
_BENCHMARK_LIMITS = (
    "Base and head were launched in turns on one machine. Each row is judged by itself, without "
    "correction for the number of rows. False alarms of this suite: not measured yet."
)
_COMMAND_LIMITS = (
    "Both ran on the same machine, one after the other. A command that fails only sometimes is "
    "judged by that one run."
)
_LIMITS = {
    SuiteKind.SWEEP: _SWEEP_LIMITS,
    SuiteKind.BENCHMARK: _BENCHMARK_LIMITS,
    SuiteKind.COMMAND: _COMMAND_LIMITS,
}


def how_sure(verdict: Verdict) -> Rows:
    """Fold what a sceptical reader asks for, one line a suite."""
    return fold(_title(verdict), Rows(tuple(map(_line, verdict.suites)), noun="suite"))


def _title(verdict: Verdict) -> str:
    said = _methods(verdict)
    visible = _visible(verdict.suites)
    if visible is not None:
        said.append(f"smallest visible change: {figures.spread(visible[1])}")
    return " · ".join(said)


def _methods(verdict: Verdict) -> list[str]:
    """Say how samples were decided on, and of which suites where that is not all of them."""
    suites: dict[str, list[str]] = {}
    for suite in verdict.suites:
        if suite.kind is SuiteKind.BENCHMARK and suite.method:
            suites.setdefault(suite.method, []).append(suite.suite)
    if not suites:
        return ["How sure"]
    alarms = "false alarms: not measured yet"
    if len(suites) == 1 and sum(map(len, suites.values())) == len(verdict.suites):
        return [f"How sure: {next(iter(suites))}", alarms]
    said = [f"{_names(names)}: {method}" for method, names in list(suites.items())[:_NAMED]]
    more = [f"{len(suites) - _NAMED} more methods"] if len(suites) > _NAMED else []
    return [f"How sure of {'; '.join((*said, *more))}", alarms]


def _names(names: list[str]) -> str:
    shown = ", ".join(map(html_code, names[:_NAMED]))
    return f"{shown} and {len(names) - _NAMED} more" if len(names) > _NAMED else shown


def _visible(suites: tuple[SuiteVerdict, ...]) -> tuple[float, float] | None:
    """Give the smallest and largest of the smallest visible changes."""
    found = [
        finding.smallest_visible
        for suite in suites
        for finding in suite.findings
        if finding.smallest_visible is not None
    ]
    return (min(found), max(found)) if found else None


def _line(suite: SuiteVerdict) -> str:
    limits = _LIMITS[suite.kind]
    parts = (f"{suite.method}." if suite.method else "", limits if suite.method else "")
    said = " ".join(part for part in (*parts, _range(suite), _machine(suite)) if part)
    caveats = [inline(caveat) for caveat in suite.caveats[:_CAVEATS]]
    weak = f" Caveats: {'; '.join(caveats)}." if caveats else ""
    return f"- {code(suite.suite)}: {said}{weak} Run {code(suite.run)}."


def _range(suite: SuiteVerdict) -> str:
    visible = _visible((suite,))
    if visible is None:
        return ""
    shown = sorted({figures.spread(value) for value in visible}, key=len)
    low, high = figures.spread(visible[0]), figures.spread(visible[1])
    return f"Smallest visible change: {low if len(shown) == 1 else f'{low} to {high}'}."


def _machine(suite: SuiteVerdict) -> str:
    if suite.runner is None:
        return "No report came back."
    known = [suite.platform, suite.cpu, suite.fingerprint]
    details = ", ".join(inline(part, 80) for part in known if part)
    return f"Ran on {code(suite.runner)} ({details})."
