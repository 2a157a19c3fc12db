"""The files of a new baseline: what the evidence says, in place of what is accepted now."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from engine.baseline_files import (
    encode_baseline,
    encode_platform_baseline,
    parse_baseline,
    parse_platform_baseline,
)
from engine.baselines import (
    BaselineData,
    CaseBaseline,
    PlatformBaseline,
    create_new_baseline,
    platform_file_name,
)
from engine.bench_levels import case_baseline, timed_launches
from engine.configuration import FILE_NAME, Suite
from engine.current import Timing
from engine.errors import UserError, Where
from engine.orders import BenchmarkEvidence, RunReport, SweepEvidence
from engine.promotion.changes import Change, platform_changes, sweep_changes
from engine.promotion.evidence import (
    EvidenceRun,
    as_fields,
    head_launches,
    last_finished,
    moment,
)
from engine.samples import Launch
from engine.sweep.leaderboard import SweepSummary, summarise, to_current
from engine.values import PAIRED_KINDS, Mode, SuiteKind

FOLDER = "benchmarks/baselines"
FORMAT_VERSION = 1
EXPIRY_DAYS = 180
DIGITS = 6  # of a level that a clock measured: a millionth is far below any noise
_SCENARIO = "baseline"
_TRIPLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A baseline file as it would be, and every number that it changes."""

    path: str
    content: bytes
    changes: tuple[Change, ...]
    expires_utc: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """The commit whose level becomes the accepted one; *spec_hash* is of its sweep's spec."""

    commit: str
    spec_hash: str | None = None


def candidate_path(
    name: str, suite: Suite, runs: Sequence[EvidenceRun], scenario: str | None = None
) -> str:
    """Name the baseline file that *runs* of one kind of hardware are for.

    Raises:
        UserError: the runner calls its platform by no name of one, or see ``declared_path``.
    """
    if suite.kind in PAIRED_KINDS:
        machine = runs[-1].report.machine
        if _TRIPLE.fullmatch(machine.platform) is None:  # a runner may say what it likes
            problem = f"the runner calls its platform {machine.platform[:80]!r}, which is none."
            raise UserError(problem, None, "Have it measured on another runner.")
        return f"{FOLDER}/{platform_file_name(machine.platform, machine.fingerprint)}"
    return declared_path(name, suite, scenario)


def scenarios(suite: Suite) -> tuple[str, ...]:
    """Name a suite's baselines, where it has several."""
    return () if suite.baseline is None or isinstance(suite.baseline, str) else (*suite.baseline,)


def level_files(suite: Suite) -> tuple[str, ...]:
    """Name the files that a suite declares its baselines in."""
    declared = suite.baseline
    if declared is None or isinstance(declared, str):
        return () if declared is None else (declared,)
    return tuple(declared.values())


def declared_path(name: str, suite: Suite, scenario: str | None = None) -> str:
    """Name the file that a sweep's baseline is in.

    Several stand side by side because they are accepted apart from each other (what is traded,
    what is developed): without its name the only one is meant, or else that called ``baseline``.

    Raises:
        UserError: it names none, or none of this name, or several, and *scenario* does not say
            which of them is meant.
    """
    where = Where(FILE_NAME, None, f"suites.{name}.baseline")
    if suite.kind is not SuiteKind.SWEEP or suite.baseline is None:
        problem = f"the suite {name} has no baseline."
        raise UserError(problem, where, "Only a sweep that names its `baseline` has one.")
    declared = suite.baseline
    several = {_SCENARIO: declared} if isinstance(declared, str) else declared
    only = next(iter(several.values())) if len(several) == 1 else None
    path = several.get(_SCENARIO, only) if scenario is None else several.get(scenario)
    if path is not None:
        return path
    has = f"the suite {name} has the baselines {', '.join(several)}"
    problem = f"{has}." if scenario is None else f"{has}, and none is called {scenario}."
    raise UserError(problem, where, "Say which: `baseline=NAME`.")


def candidate_files(
    suite: Suite,
    runs: Sequence[EvidenceRun],
    origin: Origin,
    present: Mapping[str, bytes | None],
) -> tuple[Candidate, ...]:
    """Make the files of a baseline from *runs*, which are of one kind of hardware.

    *present* has what is at the paths that they are for, at the branch that they are for. The same
    runs and files give the same bytes.

    Raises:
        UserError: what is there is no baseline file, or the runs hold no level.
    """
    make = _platform if suite.kind in PAIRED_KINDS else _sweep
    return tuple(make(path, runs, origin, content) for path, content in present.items())


def expiry(runs: Sequence[EvidenceRun]) -> str:
    """Give the day on which a baseline of these runs expires."""
    measured = moment(last_finished(runs)) or datetime.fromtimestamp(0, UTC)
    return f"{(measured + timedelta(days=EXPIRY_DAYS)).date().isoformat()}T00:00:00Z"


def _platform(
    path: str, runs: Sequence[EvidenceRun], origin: Origin, present: bytes | None
) -> Candidate:
    accepted = None if present is None else parse_platform_baseline(present, path)
    levels = {case: _rounded(case_baseline(case, found)) for case, found in _timed(runs).items()}
    if not levels:
        problem = "no case took a time"
        raise _no_level(problem)
    kept = _kept(accepted, levels)
    machine = runs[-1].report.machine
    fresh = {case: _of(level, origin.commit) for case, level in levels.items()}
    named, baselines = _with_one_origin({**kept, **fresh})
    baseline = PlatformBaseline(
        version=FORMAT_VERSION,
        platform=machine.platform,
        cpu=machine.cpu,
        timestamp=last_finished(runs),
        fingerprint=machine.fingerprint,
        git_sha=named,
        evidence=tuple(map(as_fields, runs)),
        expires_utc=expiry(runs),
        baselines=baselines,
    )
    return Candidate(
        path=path,
        content=encode_platform_baseline(baseline),
        changes=platform_changes(accepted, levels, [_timed([run]) for run in runs]),
        expires_utc=expiry(runs),
    )


def _kept(
    accepted: PlatformBaseline | None, levels: Mapping[str, CaseBaseline]
) -> dict[str, CaseBaseline]:
    """Keep the cases of other suites, each with the commit that it is of."""
    if accepted is None:
        return {}
    stay = accepted.baselines.keys() - levels.keys()
    return {case: _of(accepted.baselines[case], accepted.origin(case)) for case in stay}


def _with_one_origin(
    levels: dict[str, CaseBaseline],
) -> tuple[str | None, dict[str, CaseBaseline]]:
    """Name the commit once where all levels are of the same one; else each keeps its own."""
    origins = {one.git_sha for one in levels.values()}
    if len(origins) > 1:
        return None, levels
    return origins.pop(), {case: _of(one, None) for case, one in levels.items()}


def _of(level: CaseBaseline, commit: str | None) -> CaseBaseline:
    return msgspec.structs.replace(level, git_sha=commit)


def _timed(runs: Sequence[EvidenceRun]) -> Mapping[str, tuple[Launch, ...]]:
    return timed_launches([launch for run in runs for launch in _of_head(run.report)])


def _of_head(report: RunReport) -> list[Launch]:
    evidence = report.evidence
    if not isinstance(evidence, BenchmarkEvidence):
        return []
    return [launch for one in head_launches(evidence) for launch in one.measured]


def _rounded(level: CaseBaseline) -> CaseBaseline:
    return msgspec.structs.replace(
        level,
        mean_ns=_round(level.mean_ns),
        std_dev_ns=_round(level.std_dev_ns),
        launches=None if level.launches is None else tuple(map(_round, level.launches)),
        quantiles_ns=None
        if level.quantiles_ns is None
        else {name: _round(value) for name, value in level.quantiles_ns.items()},
    )


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _sweep(
    path: str, runs: Sequence[EvidenceRun], origin: Origin, present: bytes | None
) -> Candidate:
    accepted = None if present is None else parse_baseline(present, path)
    summaries = [_summary(run.report) for run in runs]
    baseline = _sweep_baseline(runs, summaries, origin)
    return Candidate(
        path=path,
        content=encode_baseline(baseline),
        changes=sweep_changes(accepted, baseline, summaries),
        expires_utc=expiry(runs),
    )


def _sweep_baseline(
    runs: Sequence[EvidenceRun], summaries: Sequence[SweepSummary], origin: Origin
) -> BaselineData:
    """Take the run whose best metric is the middle one, and the middle of all their timings."""
    ranked = sorted(range(len(runs)), key=lambda place: (_best(summaries[place]), place))
    middle = ranked[len(ranked) // 2]
    report = runs[middle].report
    current = to_current(summaries[middle])
    timings = [one.timing for one in summaries if one.timing is not None]
    if timings:
        timing = Timing(
            p50=statistics.median(one.p50 for one in timings),
            p90=statistics.median(one.p90 for one in timings),
        )
        current = msgspec.structs.replace(current, timing=timing)
    made = create_new_baseline(
        current,
        git_sha=origin.commit,
        created_utc=last_finished(runs),
        platform=report.machine.platform,
        spec_hash=origin.spec_hash,
        evidence=tuple(map(as_fields, runs)),
        data=dict(report.data) or None,
    )
    return msgspec.structs.replace(made, expires_utc=expiry(runs))


def _summary(report: RunReport) -> SweepSummary:
    evidence = report.evidence
    if not isinstance(evidence, SweepEvidence):
        problem = "the run measured no sweep"
        raise _no_level(problem)
    return summarise(evidence.head, evidence.metric, Mode(evidence.mode))


def _best(summary: SweepSummary) -> float:
    best = summary.summary.best_metric
    if best is None:
        problem = "no point of the sweep gave a value"
        raise _no_level(problem)
    return best


def _no_level(problem: str) -> UserError:
    remedy = "Mend the suite, and ask again once it has been measured."
    return UserError(f"there is no level to accept: {problem}.", None, remedy)
