"""Samples grouped by process launch: the unit of evidence is the launch."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec

from engine.values import Better, CaseName, MetricName, Side

MAX_SAMPLE = 1e150  # beyond, no measurement is meant, and squares of such would overflow
MAX_LAUNCH_S = 1e9

MAX_PAIR_NUMBER = 1_000_000  # a path is at most 60 long; beyond, nobody dealt it
PairNumber = Annotated[int, msgspec.Meta(ge=0, le=MAX_PAIR_NUMBER)]
LaunchSeconds = Annotated[float, msgspec.Meta(ge=0.0, le=MAX_LAUNCH_S)]

# Names reach argument lists, paths and reports: bounded, and without control characters.
Bounded = msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f-\x9f]*\Z")


class Launch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """All samples of one metric of one case from one process launch, in *unit*."""

    case: Annotated[CaseName, Bounded]
    metric: Annotated[MetricName, Bounded]
    unit: Annotated[str, Bounded]
    better: Better
    samples: tuple[float, ...]
    result_hash: str | None = None
    inner: Annotated[int, msgspec.Meta(ge=1)] | None = None  # calls a sample; samples are of one
    steady: bool | None = None  # False: no steady state was reached; None: nobody looked

    def __post_init__(self) -> None:
        """Refuse what no measurement can be: no samples, or one not finite or beyond 1e150."""
        if not self.samples:
            message = f"{self.case}: {self.metric} has no samples"
            raise ValueError(message)
        for sample in self.samples:
            if not math.isfinite(sample):
                message = f"{self.case}: {self.metric} has a sample that is not finite: {sample!r}"
                raise ValueError(message)
            if abs(sample) > MAX_SAMPLE:
                message = (
                    f"{self.case}: {self.metric} has a sample beyond {MAX_SAMPLE:g}: {sample!r}"
                )
                raise ValueError(message)


class SamplesDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Our own samples JSON (docs/reference/files.md)."""

    schema_version: Literal[1]
    fingerprint: str | None = None
    launches: tuple[Launch, ...]


Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Count = Annotated[int, msgspec.Meta(ge=0)]
Thresholds = Annotated[tuple[Count, ...], msgspec.Meta(max_length=8)]


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the machine was like during one process launch; None: it could not be seen.

    Shares are of the launch's wall time. ``reference_s`` is the level of the fixed reference
    kernel in that launch, in seconds of process CPU time.
    """

    cpus: tuple[int, ...] | None = None  # pinned to these; None: not pinned
    alone: bool | None = None  # no other measurement had these CPUs; None: nobody looked
    raised_priority: bool = False
    fixed_addresses: bool = False  # address space randomisation was off
    involuntary_switches: Count | None = None
    steal: Share | None = None  # of those CPUs' time (not pinned: of all), by the hypervisor
    pressure: Share | None = None  # PSI: some task waited for a CPU
    reference_s: Annotated[float, msgspec.Meta(gt=0.0, le=MAX_LAUNCH_S)] | None = None
    # Of our own harness's process, after the samples:
    collector: Thresholds | None = None  # of Python's garbage collector; empty: it was off
    cpus_at_end: tuple[int, ...] | None = None  # that it may use by then


Purpose = Literal["pair", "screen", "own_copy"]


class PairLaunch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One launch of one side of pair *pair*: what it measured and what the process cost.

    Only launches whose *purpose* is ``pair`` are paired. ``screen`` launches are of head alone,
    held against the runner's stored levels; ``own_copy`` ones are of head with its own measuring
    files, and only inform. Both are numbered from 0 by themselves.
    """

    pair: PairNumber
    side: Side
    first: bool  # this side was launched before the other one of its pair
    wall_s: LaunchSeconds
    cpu_s: LaunchSeconds
    measured: tuple[Launch, ...]
    purpose: Purpose = "pair"
    conditions: Conditions = Conditions()

    def __post_init__(self) -> None:
        """Refuse seconds that no launch took: below 0, above 1e9 or no number."""
        for name, seconds in (("wall_s", self.wall_s), ("cpu_s", self.cpu_s)):
            if not 0 <= seconds <= MAX_LAUNCH_S:
                message = f"{name} must be from 0 to {MAX_LAUNCH_S:g} seconds, found {seconds!r}"
                raise ValueError(message)
