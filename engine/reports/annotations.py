"""Which remarks a suite's check run makes on files; the bot finds their lines in head's copy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from engine.configuration import FILE_NAME
from engine.findings import Finding, Reason, SuiteVerdict
from engine.outcomes import INFORMATIONAL
from engine.reports.entries import sorted_findings
from engine.reports.escape import one_line, plain, unmarked
from engine.reports.spoken import is_overhead, sentence, short
from engine.reports.wording import subject
from engine.values import Outcome, SuiteKind

MAX_ANNOTATIONS = 10
_TITLE = 120
_MESSAGE = 2000
_WILDCARD = re.compile(r"[*?\[\]!]")
_SYMBOL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNREMARKED = INFORMATIONAL | {Reason.INFRASTRUCTURE}  # no line is to blame
_REMARKED = frozenset({Outcome.REGRESSION, Outcome.NO_VERDICT, Outcome.ERROR})
_STARTS = {
    Outcome.REGRESSION: "Regression",
    Outcome.NO_VERDICT: "Not a verdict",
    Outcome.ERROR: "Failed",
    Outcome.INCONCLUSIVE: "Cannot tell",
    Outcome.IMPROVEMENT: "Better",
    Outcome.PASS: "Within budget",
}
_COMPARED = frozenset({Outcome.REGRESSION, Outcome.IMPROVEMENT})


@dataclass(frozen=True, slots=True)
class AnnotationRequest:
    """A plain-text remark on a line of *file* as head has it.

    The line is where *definition* is defined, or, without one, that of the key at *path*, else
    of the nearest key around it. A request whose line is not found is dropped.
    """

    level: Literal["failure", "warning"]
    title: str
    message: str
    file: str
    path: tuple[str, ...] = ()
    definition: str | None = None


def annotation_requests(suite: SuiteVerdict) -> tuple[AnnotationRequest, ...]:
    """List the remarks of one suite, at most 10: failures on budgets, warnings on definitions.

    A regression is a failure on its budget's line and a warning where the benchmark or the
    sweep's strategy is defined; a case without verdict is a warning on the suite.
    """
    findings = [
        finding
        for finding in sorted_findings(suite)
        if finding.outcome in _REMARKED
        and finding.override is None
        and finding.reason not in _UNREMARKED
    ]
    failures = [budget_remark(suite, finding) for finding in findings]
    warnings = [
        request
        for finding in findings
        if finding.outcome is Outcome.REGRESSION
        for request in _on_definition(suite, finding)
    ]
    # Half of the room is kept for where the code is: the budget's line alone explains little.
    room = max(MAX_ANNOTATIONS - len(warnings), MAX_ANNOTATIONS // 2)
    return (*failures[:room], *warnings)[:MAX_ANNOTATIONS]


def budget_remark(suite: SuiteVerdict, finding: Finding) -> AnnotationRequest:
    """Remark on any one finding of *suite*, on its budget's line, with its numbers."""
    regressed = finding.outcome is Outcome.REGRESSION
    in_own_file = suite.budget_file not in (None, FILE_NAME) and finding.budget_path
    around = ("suites", suite.suite)
    path = (*around, "budget", *finding.budget_path) if finding.budget_path else around
    return AnnotationRequest(
        level="failure" if regressed or finding.outcome is Outcome.ERROR else "warning",
        title=_title(suite, finding),
        message=_message(suite, finding),
        file=suite.budget_file or FILE_NAME if in_own_file else FILE_NAME,
        path=finding.budget_path if in_own_file else path,
    )


def _on_definition(suite: SuiteVerdict, finding: Finding) -> Iterator[AnnotationRequest]:
    if suite.kind is not SuiteKind.BENCHMARK:
        yield from _on_strategy(suite, finding)
        return
    file, _, name = finding.case.rpartition("::")
    symbol = _SYMBOL.match(name)
    if symbol is None:
        return
    for place in [file.split("::")[0]] if file else _literal(suite.measuring):
        yield _warning(suite, finding, place, definition=symbol[0])


def _on_strategy(suite: SuiteVerdict, finding: Finding) -> Iterator[AnnotationRequest]:
    if suite.strategy is not None:
        file, _, name = suite.strategy.rpartition(":")
        yield _warning(suite, finding, file, definition=name)
    elif suite.spec_file is not None:
        yield _warning(suite, finding, suite.spec_file, path=("strategy",))


def _literal(globs: tuple[str, ...]) -> list[str]:
    return [glob for glob in globs if not _WILDCARD.search(glob)]


def _warning(
    suite: SuiteVerdict,
    finding: Finding,
    file: str,
    *,
    path: tuple[str, ...] = (),
    definition: str | None = None,
) -> AnnotationRequest:
    return AnnotationRequest(
        level="warning",
        title=_title(suite, finding),
        message=_message(suite, finding),
        file=file,
        path=path,
        definition=definition,
    )


def _title(suite: SuiteVerdict, finding: Finding) -> str:
    if finding.outcome in _COMPARED:
        said = short(suite, finding, plain)
    else:
        said = subject(finding, suite.suite, plain)
    over = is_overhead(suite) and finding.outcome is Outcome.REGRESSION
    start = "Over budget" if over else _STARTS[finding.outcome]
    return one_line(f"{start}: {said}", _TITLE)


def _message(suite: SuiteVerdict, finding: Finding) -> str:
    return unmarked(sentence(suite, finding))[:_MESSAGE]
