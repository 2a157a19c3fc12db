"""Baselines: accepted levels with their origin, of sweeps and of one platform's benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from engine.current import (
    CurrentData,
    Rate,
    Sample,
    Timing,
    require_consistent,
    require_finite,
    require_range,
)
from engine.determinism import LARGEST_METRIC
from engine.errors import UserError
from engine.mounts import Fingerprints
from engine.values import Mode

Text = Annotated[str, msgspec.Meta(min_length=1)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]


class BaselineSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the accepted sweep reached; every number is there and is a number."""

    best_metric: float
    success_rate: Rate
    total_runs: Annotated[int, msgspec.Meta(ge=0)]
    sample: Sample | None = None

    def __post_init__(self) -> None:
        """Refuse numbers that would let anything pass."""
        require_range({"best_metric": self.best_metric}, -LARGEST_METRIC, LARGEST_METRIC)
        require_range({"success_rate": self.success_rate}, 0.0, 1.0)
        if self.total_runs < 1:
            message = "total_runs is 0: a baseline of no runs holds nothing to compare with"
            raise ValueError(message)
        if self.success_rate <= 0:
            message = "success_rate is 0: a baseline in which nothing succeeded is no level"
            raise ValueError(message)


class BaselineData(msgspec.Struct, frozen=True, kw_only=True):
    """``baseline.json``: an accepted sweep. Fields from ``schema_version`` on are additions."""

    git_sha: Text
    created_utc: Text
    metric: Text
    mode: Mode
    leaderboard: tuple[dict[str, Any], ...]
    timing: Timing
    summary: BaselineSummary
    schema_version: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1
    platform: str | None = None
    spec_hash: str | None = None
    evidence: tuple[dict[str, Any], ...] = ()
    data: Fingerprints | None = None  # of the data mounts; None: there were none, or unknown
    expires_utc: Text | None = None  # None: never; what is promoted has a day

    def __post_init__(self) -> None:
        """Refuse a baseline in which all is zero: a template that was never measured."""
        levels = [self.summary.best_metric, *_levels(self.leaderboard)]
        untimed = self.timing.p50 == 0 and self.timing.p90 == 0
        # Zero can be the best of what is minimised (errors made); where more is better, a sweep
        # in which nothing scored measured nothing.
        if not any(levels) and (untimed or self.mode is Mode.MAX):
            message = "every value is 0: a baseline that was never measured holds nothing"
            raise ValueError(message)


class CaseBaseline(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Accepted level of one benchmark case, in nanoseconds; further evidence is optional."""

    mean_ns: Positive
    std_dev_ns: Annotated[float, msgspec.Meta(ge=0.0)]
    sample_size: Annotated[int, msgspec.Meta(ge=1)]
    launches: tuple[Positive, ...] | None = None  # level of each process launch
    quantiles_ns: dict[str, float] | None = None  # such as {"p50": 1.0, "p90": 2.0}
    instructions: Positive | None = None
    git_sha: Text | None = None  # None: the file's own commit

    def __post_init__(self) -> None:
        """Refuse what no measurement is: infinities, spreads below 0, levels that are not above."""
        require_range({"std_dev_ns": self.std_dev_ns}, 0.0)
        require_range({"sample_size": self.sample_size}, 1)
        levels = {f"launches[{place}]": one for place, one in enumerate(self.launches or ())}
        levels["mean_ns"] = self.mean_ns
        if self.instructions is not None:
            levels["instructions"] = self.instructions
        require_finite({**levels, **(self.quantiles_ns or {})})
        for name, found in levels.items():
            if found <= 0:
                message = f"{name} must be above 0, found {found!r}"
                raise ValueError(message)


class PlatformBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """Benchmark baselines of one hardware; ``fingerprint`` None: a file of the older form.

    ``git_sha`` is the commit that the levels are of; None: of several, or of changed files. A case
    that names a commit of its own is of that one. ``evidence`` and ``expires_utc`` are of the last
    promotion.
    """

    version: int | str
    platform: Text
    cpu: str
    timestamp: Text
    fingerprint: str | None = None
    git_sha: Text | None = None
    evidence: tuple[dict[str, Any], ...] = ()
    expires_utc: Text | None = None
    baselines: dict[str, CaseBaseline]

    def origin(self, case: str) -> str | None:
        """Name the commit that a case's level is of; None where that is not known."""
        return self.baselines[case].git_sha or self.git_sha


def create_new_baseline(  # noqa: PLR0913 - the origin of a baseline is seven independent facts
    current: CurrentData,
    *,
    git_sha: str,
    created_utc: str,
    platform: str | None = None,
    spec_hash: str | None = None,
    evidence: tuple[dict[str, Any], ...] = (),
    data: dict[str, str] | None = None,
) -> BaselineData:
    """Accept *current* as the new level, measured at commit *git_sha*.

    Raises:
        UserError: the sweep has no value, no timing or nothing but zeros to accept, or it
            contradicts itself.
    """
    summary, timing = current.summary, current.timing
    if summary.best_metric is None or timing is None:
        problem = "no run of the sweep gave a value"
        raise _refusal(problem)
    require_consistent(current)
    try:
        return BaselineData(
            git_sha=git_sha,
            created_utc=created_utc,
            metric=current.metric,
            mode=current.mode,
            leaderboard=current.leaderboard,
            timing=timing,
            summary=BaselineSummary(
                best_metric=summary.best_metric,
                success_rate=summary.success_rate,
                total_runs=summary.total_runs,
                sample=summary.sample,
            ),
            platform=platform,
            spec_hash=spec_hash,
            evidence=evidence,
            data=data,
        )
    except ValueError as error:
        raise _refusal(str(error)) from error


def has_expired(expires_utc: str | None, now_utc: str) -> bool:
    """Tell whether a baseline has expired by then; one without a day, or a readable one, has not.

    >>> has_expired("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"), has_expired(None, "2026-05-02")
    (True, False)
    """
    if expires_utc is None:
        return False
    try:
        return _moment(expires_utc) <= _moment(now_utc)
    except ValueError:
        return False  # as somebody wrote it by hand


def platform_file_name(platform: str, fingerprint: str) -> str:
    """Name the benchmark baseline file of a platform and hardware fingerprint.

    >>> platform_file_name("x86_64-linux-gnu", "0123456789abcdef")
    'x86_64-linux-gnu-01234567.json'
    """
    return f"{platform}-{fingerprint[:8]}.json"


def _moment(written: str) -> datetime:
    at = datetime.fromisoformat(written)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _levels(rows: Iterable[dict[str, Any]]) -> Iterator[float]:
    """Give the metric's values in leaderboard rows, whose ``metric`` may also be its name."""
    for row in rows:
        for key in ("metric", "oos", "is"):
            value = row.get(key)
            if isinstance(value, int | float):
                yield value


def _refusal(problem: str) -> UserError:
    return UserError(
        f"this sweep cannot become a baseline: {problem}.",
        None,
        "Run the sweep again until it succeeds, then update the baseline.",
    )
