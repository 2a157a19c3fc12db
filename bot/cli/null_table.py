"""Null runs in the terminal and as JSON: what is known of this machine, case by case."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.cli.output import harmless
from bot.null_runs import NullRun
from engine.certificates import CaseCertificate
from engine.findings import Finding, NullRecord
from engine.orders import RunOrder
from engine.outcomes import INFORMATIONAL
from engine.reports import figures
from engine.reports.escape import one_line, plain, unmarked
from engine.reports.wording import what, why
from engine.stats import constants as c
from engine.stats.certificate import LEVEL_SESSIONS, null_record, screenable
from engine.stats.prospects import smallest_visible
from engine.values import Outcome

_SHA = 7
_LINE = 300
_TAIL_LINES = 20
_HEADINGS = ("what", "outcome", "pair sd", "drift", "visible at {last} pairs", "can be screened")


class NullRow(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison of a null run, with what all sessions say of it; sds are fractions.

    ``smallest_visible`` is the smallest change that shows by the last look; None: not known.
    """

    case: str
    metric: str
    outcome: Outcome
    pairs: int | None
    sessions: int
    pair_sd: float | None
    drift: float | None
    smallest_visible: float | None
    screenable: bool


class NullDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A null run as ``--format json`` has it; without a certificate nothing was compared."""

    suite: str
    repository: str
    commit: str
    run: str
    runner: str | None
    fingerprint: str | None
    outcome: Outcome
    stored: bool
    quarantined: bool
    false_alarms: NullRecord | None
    rows: tuple[NullRow, ...]


def null_document(run: NullRun) -> NullDocument:
    """Sum a null run up."""
    certificate = run.certificate
    return NullDocument(
        suite=run.order.suite_name,
        repository=run.order.repository,
        commit=run.order.base,
        run=run.order.run,
        runner=run.verdict.runner,
        fingerprint=run.verdict.fingerprint,
        outcome=run.verdict.outcome,
        stored=run.session is not None,
        quarantined=certificate is not None and certificate.quarantined,
        false_alarms=None if certificate is None else null_record(certificate),
        rows=tuple(_row(run, one) for one in _judged(run)),
    )


def render_nulls(runs: Sequence[NullRun]) -> RenderableType:
    """Render null runs for rich: a table for each suite, and what its sessions say together."""
    return Group(*(part for run in runs for part in _parts(run)))


def undecidable(
    rows: Sequence[NullRow], names: Sequence[str], budgets: Sequence[float | None], last: int
) -> Iterator[str]:
    """Name what spreads too widely here for a change as large as its budget to show."""
    for row, name, budget in zip(rows, names, budgets, strict=True):
        visible = row.smallest_visible
        if visible is not None and budget is not None and visible > budget:
            allowed = figures.allowance(budget)
            lost = f"{last} pairs do not show a change of its budget, {allowed}"
            yield f"{name}: pairs spread by {_share(row.pair_sd)}, so {lost}."


def _judged(run: NullRun) -> Iterator[Finding]:
    return (one for one in run.verdict.findings if one.reason not in INFORMATIONAL)


def _row(run: NullRun, finding: Finding) -> NullRow:
    known = _certified(run, finding)
    return NullRow(
        case=finding.case,
        metric=finding.metric,
        outcome=finding.outcome,
        pairs=finding.pairs,
        sessions=0 if known is None else known.sessions,
        pair_sd=None if known is None else known.pair_sd,
        drift=None if known is None else known.drift,
        smallest_visible=None if known is None else _visible(run.order, known),
        screenable=_is_screenable(run, finding, known),
    )


def _certified(run: NullRun, finding: Finding) -> CaseCertificate | None:
    cases = () if run.certificate is None else run.certificate.cases
    key = (finding.case, finding.metric)
    return next((one for one in cases if (one.case, one.metric) == key), None)


def _visible(order: RunOrder, known: CaseCertificate) -> float:
    return math.expm1(smallest_visible(known.pair_sd, _last(order)))


def _last(order: RunOrder) -> int:
    return c.path_of(order.suite.measure.max_pairs).last


def _is_screenable(run: NullRun, finding: Finding, known: CaseCertificate | None) -> bool:
    if known is None or finding.limit is None or run.certificate is None:
        return False
    return screenable(known, finding.limit) and not run.certificate.quarantined


def _parts(run: NullRun) -> Iterator[RenderableType]:
    document = null_document(run)
    commit = document.commit[:_SHA]
    heading = f"{document.suite} on {document.runner}: {commit} against itself"
    yield Text(_line(heading), style="bold")
    if not document.stored:
        yield Text("\n".join(_obstacle(run)))
        yield _padded(["Nothing was compared, so nothing was stored."])
        return
    findings = [*_judged(run)]
    names = [_line(what(one, document.suite, partial(plain, limit=_LINE))) for one in findings]
    yield _table(document, names, _last(run.order))
    budgets = [one.limit for one in findings]
    yield _padded(
        [*undecidable(document.rows, names, budgets, _last(run.order)), *_together(document)]
    )


def _obstacle(run: NullRun) -> Iterator[str]:
    """Say what kept a run from being compared, with the end of its output where it failed."""
    failure = run.failure
    if failure is None:
        yield from (_line(unmarked(why(one))) for one in _judged(run))
        return
    yield _line(f"{failure.step} {failure.ending or 'failed'} on {run.order.base[:_SHA]}.")
    yield from (f"  {_line(line)}" for line in failure.tail.splitlines()[-_TAIL_LINES:])


def _table(document: NullDocument, names: Sequence[str], last: int) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in _HEADINGS:
        table.add_column(name.format(last=last), overflow="fold")
    for row, name in zip(document.rows, names, strict=True):
        table.add_row(*(Text(_line(cell)) for cell in _cells(row, name)))
    return table


def _cells(row: NullRow, name: str) -> tuple[str, ...]:
    after = f" after {row.pairs} pairs" if row.pairs else ""
    return (
        name,
        f"{row.outcome.value.replace('_', ' ')}{after}",
        _share(row.pair_sd),
        _share(row.drift),
        _share(row.smallest_visible, sign="±"),
        _screen(row),
    )


def _screen(row: NullRow) -> str:
    if row.screenable:
        return "yes"
    more = LEVEL_SESSIONS - row.sessions
    if more <= 0:
        return "no"
    return f"after {more} more {'session' if more == 1 else 'sessions'} at the earliest"


def _share(fraction: float | None, sign: str = "") -> str:
    return "-" if fraction is None else f"{sign}{100 * fraction:.2g} %"


def _together(document: NullDocument) -> Iterator[str]:
    found = document.false_alarms
    if found is None:
        yield "False alarms: not measured yet."
    else:
        at_most = f"(at most {figures.upper(found.at_most)}, at 95 %)"
        noun = "null comparison" if found.comparisons == 1 else "null comparisons"
        counted = f"{found.alarms:,} of {found.comparisons:,} {noun}"
        yield f"False alarms in {found.days} days: {counted} {at_most}."
    if document.quarantined:
        yield (
            "Quarantined: that is surely more than 0.5 %, so verdicts of this runner are "
            "inconclusive until further null runs show fewer."
        )


def _padded(lines: Sequence[str]) -> Padding:
    return Padding(Text("\n".join(lines)), (1, 0, 1, 0))


def _line(text: str) -> str:
    return harmless(one_line(text, _LINE))
