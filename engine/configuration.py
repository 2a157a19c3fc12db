"""What a guarded repository declares in ``.highwater.yml``, as frozen values."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.budgets import BenchmarkBudget
from engine.mounts import SuiteData
from engine.values import SuiteKind

FILE_NAME = ".highwater.yml"

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Tag = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}$(?!\n)")]
Argv = Annotated[tuple[Text, ...], msgspec.Meta(min_length=1, max_length=256)]
When = Literal["pull_request", "nightly", "command", "push"]


MeasuredMetric = Literal["wall", "cpu", "memory"]


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a suite is measured. ``max_pairs`` and ``threads`` hold for any command too.

    ``warmup`` and ``samples`` are of one launch of our own harness, as are ``metrics``;
    ``threads`` is how many of them a case may use, and how many CPUs it is measured on.
    ``deterministic`` declares of a sweep that the same seed gives the same result.
    """

    warmup: Annotated[int, msgspec.Meta(ge=0, le=30)] = 5
    samples: Annotated[int, msgspec.Meta(ge=5, le=200)] = 15
    max_pairs: Annotated[int, msgspec.Meta(ge=5, le=60)] = 36
    threads: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 1
    metrics: Annotated[tuple[MeasuredMetric, ...], msgspec.Meta(min_length=1, max_length=3)] = (
        "wall",
        "cpu",
    )
    deterministic: bool | None = None


Tier = Literal["quick", "full"]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Ratchet(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far many small losses may add up to."""

    max_cumulative_drop: Annotated[float, msgspec.Meta(ge=0)]


class Nightly(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is done on a schedule (cron, in UTC); without *branch* of the default branch."""

    cron: str
    branch: str | None = None
    rerun_best: Annotated[int, msgspec.Meta(ge=0, le=1)] = 0
    null_runs: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0
    high_water: bool = False


class Suite(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One suite: what to run, for which paths, on which machines, against which limits."""

    kind: SuiteKind
    spec: Text | None = None
    command: Argv | None = None
    list: Argv | None = None
    format: Text | None = None
    measures: tuple[Text, ...] | None = None  # None: the kind's default
    budget: Text | BenchmarkBudget | None = None
    baseline: Text | dict[str, Text] | None = None  # several: one per scenario, by name
    runs_on: Annotated[tuple[Tag, ...], msgspec.Meta(min_length=1, max_length=6)] = ("linux",)
    when: tuple[When, ...] = ("pull_request",)
    paths: tuple[Text, ...] | None = None  # None: always
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=86_400)] = 900.0
    max_minutes: Annotated[float, msgspec.Meta(gt=0, le=1_440)] | None = None
    measure: Measure = Measure()
    data: SuiteData = {}
    tiers: tuple[Tier, ...] | None = None  # None: of every tier
    ratchet: Ratchet | None = None


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What maintainers allow; read at the default branch's tip alone."""

    forks: Literal["approve", "never"] = "approve"
    inconclusive: Literal["neutral", "failure"] = "neutral"
    comment: Literal["on_change", "always", "never"] = "on_change"
    promotion_needs_second_person: bool = True


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file."""

    version: Literal[1]
    setup: tuple[Argv, ...] = ()
    suites: dict[str, Suite] = {}
    policy: Policy = Policy()
    nightly: Nightly | None = None


def check_name(suite: str, tags: tuple[str, ...]) -> str:
    """Name the check run of a suite on its hardware tags.

    >>> check_name("core", ("linux", "bench-a"))
    'highwater / core (bench-a+linux)'
    """
    return f"highwater / {suite} ({joined_tags(tags)})"


def joined_tags(tags: tuple[str, ...]) -> str:
    """Join hardware tags in their one order.

    >>> joined_tags(("x86_64", "linux"))
    'linux+x86_64'
    """
    return "+".join(sorted(set(tags)))
