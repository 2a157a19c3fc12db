"""What stands beside a sweep's verdict, in words: chance, all configurations, luck, baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.findings import BesideLine, SuiteVerdict, Verdict
from engine.quality import (
    Changes,
    ElapsedLimits,
    Failures,
    PlainRule,
    Quality,
    Seeds,
    SharpeTest,
    Winner,
)
from engine.reports import figures
from engine.reports.escape import code, inline
from engine.reports.spoken import looks_ahead
from engine.reports.table import CUT_EARLY, Rows, fold
from engine.reports.wording import SHA, plural

_TOLD = 3  # so many that newly fail are told with parameters and message
_PARAMETERS = 100  # characters of a configuration's parameters
_MESSAGE = 160  # characters of why it fails
_TINY = 0.001
_A_YEAR = (
    "With a year of daily returns, a drop of more than 0.05 alone is seen in 13 to 50 of 100 "
    "strategies that have not changed"
)
_HELD = {True: "within the budget", False: "over the budget", None: "cannot be compared"}


def noticed(verdict: Verdict) -> Rows | None:
    """Say of each strategy that changed whether chance could explain it, and what newly fails."""
    lines = tuple(line for suite in verdict.suites for line in _noticed(suite))
    return Rows(lines, noun="remark", cut=CUT_EARLY) if lines else None


def quality(verdict: Verdict) -> Rows | None:
    """Fold all that stands beside the verdicts of sweeps; None where there is nothing."""
    told = [suite for suite in verdict.suites if suite.quality is not None or suite.beside]
    if not told:
        return None
    lines = tuple("\n".join(_of_suite(suite)) for suite in told)
    return fold(_title(told), Rows(lines, noun="suite", cut=CUT_EARLY))


def _noticed(suite: SuiteVerdict) -> Iterator[str]:
    found = suite.quality
    if found is None:
        return
    if found.sharpe is not None and found.sharpe.difference and not looks_ahead(suite):
        name = configuration(found, found.sharpe.configuration)
        yield (
            f"**By chance?** {code(suite.suite)} (this does not change the verdict): "
            f"{_tested(found.sharpe, name)}. {_other_number(found)}"
        )
    if found.failures is not None and found.failures.newly:
        yield f"**Newly failing** in {code(suite.suite)}: {_newly(found, found.failures)}."


def configuration(found: Quality, name: str) -> str:
    """Name a configuration by its parameters, where they are known, and its id.

    >>> configuration(Quality(metric="sharpe", parameters={"c3": "fast=50, slow=200"}), "c3")
    '`fast=50, slow=200` (`c3`)'
    """
    params = found.parameters.get(name)
    return f"{code(params, _PARAMETERS)} ({code(name)})" if params else code(name)


def _newly(found: Quality, failures: Failures) -> str:
    """Name the first few by parameters and message, the rest by their ids."""
    said = [_failing(found, failures, name) for name in failures.newly[:_TOLD]]
    rest, untold = failures.newly[_TOLD:], failures.only_base - len(said)
    if untold > 0:
        said.append(_named(rest, untold) if rest else f"{untold} more")
    return "; ".join(said)


def _failing(found: Quality, failures: Failures, name: str) -> str:
    message = failures.errors.get(name, "").rstrip(".")
    said = configuration(found, name)
    return f"{said}: {inline(message, _MESSAGE)}" if message else said


def _title(suites: Sequence[SuiteVerdict]) -> str:
    if all(map(looks_ahead, suites)):
        return "Quality, beside the verdict: not to be believed, as the strategy looks ahead"
    found = [suite.quality for suite in suites if suite.quality is not None]
    changes = [one.changes for one in found if one.changes is not None]
    said = []
    if changes:
        total = sum(one.configurations for one in changes)
        said.append(f"{sum(one.identical for one in changes)} of {total} configurations identical")
        said.append(f"{sum(one.over for one in changes)} worse by more than allowed")
    plain = [one.plain for one in found if one.plain is not None]
    if plain:
        said.append(f"plain rule {'holds' if all(one.passed for one in plain) else 'broken'}")
    held = [line.passed for suite in suites for line in suite.beside]
    if held:
        said.append(f"{held.count(True)} of {plural(len(held), 'stored baseline')} held")
    return f"Quality, beside the verdict: {' · '.join(said) or 'nothing to compare'}"


def _of_suite(suite: SuiteVerdict) -> Iterator[str]:
    yield f"- {code(suite.suite)}"
    for said in _lines(suite):
        yield f"  - {said}."
    for line in suite.beside:
        yield f"  - {_baseline(line)}"


def _lines(suite: SuiteVerdict) -> Iterator[str]:
    found = suite.quality
    if found is None:
        return
    leaks = looks_ahead(suite)
    yield from _reproduced(found)
    if not leaks:
        yield from _chance(found)
    if found.changes is not None:
        yield from _changes(found.changes)
    said = (
        found.failures and _failures(found.failures),
        found.winner and not _is_unchanged(found) and _winner(found, found.winner, leaks=leaks),
        found.p90 and _elapsed(found.p90),
        found.plain and _plain(found.plain),
    )
    yield from (line for line in said if line)


def _chance(found: Quality) -> Iterator[str]:
    if found.sharpe is not None:
        yield f"{_tested(found.sharpe)}{_alone(found.sharpe)}"
    elif "sharpe" in found.metric.lower() and not _is_unchanged(found):
        yield f"No returns to test whether chance explains a change. {_A_YEAR}"
    if found.seeds is not None:
        yield _seeds(found.seeds)


def _is_unchanged(found: Quality) -> bool:
    changes = found.changes
    return changes is not None and changes.identical == changes.configurations


def _reproduced(found: Quality) -> Iterator[str]:
    name = configuration(found, found.selected)
    again = f"{name}, which the merge base selected, was run twice there"
    if found.reproduced:
        yield f"{again}: the same numbers"
    elif found.reproduced is False:
        by = "a number is missing" if found.deviation is None else f"up to {found.deviation:.2g}"
        yield f"{again}: other numbers ({by})"
    if found.reproduced_head is False:
        yield "On head, a second run in a fresh process gave other numbers"


def _tested(test: SharpeTest, name: str = "") -> str:
    before, after = figures.told_apart((test.base, test.head))
    name = name or code(test.configuration)
    numbers = f"{name} Sharpe ratio a year {before} {figures.ARROW} {after}"
    if not test.difference:
        return f"{numbers} over all {test.days:,} days of returns: no change to test"
    low, high = (_signed(end) for end in (test.low, test.high))
    shown = f"{_signed(test.difference)} (95 % interval {low} to {high}, {_p(test.p)})"
    by = ", resampled" if test.resamples else ""
    return f"{numbers}, {shown} over all {test.days:,} days of returns{by}: {_distinct(test)}"


def _other_number(found: Quality) -> str:
    """Say why the table shows another number than the test of the returns."""
    return (
        f"The table's {code(found.metric)} is the out-of-sample number that the sweep itself gives."
    )


def _alone(test: SharpeTest) -> str:
    """Say how little the budget alone proves on returns such as these."""
    if test.by_chance is None or not test.difference:
        return ""
    share = round(100 * test.by_chance)
    return (
        f". With {test.days:,} days like these, {share or 'fewer than 1'} of 100 unchanged "
        "strategies would drop by more than the budget by luck"
    )


def _distinct(test: SharpeTest) -> str:
    if test.high < 0:
        return "distinguishably worse"
    if test.low > 0:
        return "distinguishably better"
    return "not distinguishable from chance"


def _seeds(seeds: Seeds) -> str:
    said = f"{plural(seeds.pairs, 'pair')} of seeds"
    if seeds.sd is not None:
        said += f" with a spread of {figures.number(seeds.sd, 3)}"
    if seeds.needed is None:
        return said
    return f"{said}; a change of the budget's size takes about {seeds.needed:,}"


def _changes(changes: Changes) -> Iterator[str]:
    among = f"{plural(changes.configurations, 'configuration')} on both sides, matched by id"
    if changes.identical == changes.configurations:
        yield f"{among}: all identical"
        return
    yield (
        f"{among}: {changes.identical} identical, median change {_signed(changes.median)} "
        f"(signed-rank {_p(changes.p)})"
    )
    if changes.over:
        yield f"Worse by more than the budget: {_named(changes.worst, changes.over)}"
    if changes.standing_out:
        yield (
            f"Changed by their own folds and seeds, of {changes.testable} that can be tested "
            f"(Benjamini-Hochberg at 5 %): {_named(changes.standing_out, 0)}"
        )


def _failures(failures: Failures) -> str:
    return (
        f"Configurations that newly fail: {failures.only_base}, that no longer do: "
        f"{failures.only_head} (McNemar {_p(failures.p)})"
    )


def _winner(found: Quality, winner: Winner, *, leaks: bool) -> str:
    now, before = code(winner.configuration), code(winner.before)
    same = "as the merge base's does"
    if winner.configuration != winner.before:
        now, same = configuration(found, winner.configuration), f"not {before}"
    said = f"For information: head's sweep selects {now}, {same}"
    if leaks or winner.deflated is None or winner.trials is None:
        return said
    sweeps = "this sweep alone" if winner.sweeps is None else plural(winner.sweeps, "stored sweep")
    return (
        f"{said}; Deflated Sharpe Ratio {figures.number(winner.deflated, 3)}, the probability that "
        f"it is better than the best of {figures.number(winner.trials, 3)} independent trials by "
        f"luck ({plural(winner.points or 0, 'configuration')}, {sweeps})"
    )


def _elapsed(limits: ElapsedLimits) -> str:
    low, high = (
        None if end is None else figures.amount(end, "s") for end in (limits.low, limits.high)
    )
    ends = [f"at least {low}"] if low else []
    ends.append(f"at most {high}" if high else "no upper limit under 29 runs")
    return (
        f"p90 time of a point in {plural(limits.runs, 'run')}: {', '.join(ends)} "
        "(95 % limits by order statistics)"
    )


def _plain(rule: PlainRule) -> str:
    said = f"{_from_to(rule.base, rule.head)}{_HELD[rule.passed]}{_told(rule.problems)}"
    return f"Plain rule of `highwater compare`, best against best: {said}"


def _baseline(line: BesideLine) -> str:
    of = f" of {code(line.git_sha[:SHA])}" if line.git_sha else ""
    numbers = _from_to(line.stored, line.head)
    return f"Against {code(line.name)}{of}: {numbers}{_HELD[line.passed]}{_told(line.problems)}"


def _from_to(before: float | None, after: float | None) -> str:
    if before is None or after is None:
        return ""
    shown = figures.told_apart((before, after))
    return f"{shown[0]} {figures.ARROW} {shown[1]}, "


def _told(problems: tuple[str, ...]) -> str:
    return f" ({'; '.join(inline(problem) for problem in problems)})" if problems else ""


def _named(names: Sequence[str], total: int) -> str:
    more = f" and {total - len(names)} more" if total > len(names) else ""
    return f"{', '.join(map(code, names))}{more}"


def _signed(value: float) -> str:
    text = figures.number(abs(value), 3)
    return text if not value else f"{'+' if value > 0 else figures.MINUS}{text}"


def _p(value: float) -> str:
    return f"p < {_TINY:g}" if value < _TINY else f"p = {value:.2g}"
