"""What a sweep says beside its verdict: shown, and never a reason for red."""

from __future__ import annotations

import msgspec


class PlainRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rule of ``highwater compare``: the best of head against the best of the merge base."""

    passed: bool
    base: float
    head: float | None  # None: no configuration of head succeeded
    problems: tuple[str, ...] = ()


class SharpeTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether a configuration is distinguishably another one, by its daily returns.

    Annual Sharpe ratios of both sides over the *days* that both have, head minus base with its
    95 % interval and two-sided p; *resamples* is 0 where they rest on the normal limit.
    ``by_chance`` is how often a drop over the budget alone is seen in returns that vary like
    these and have not changed; None where the budget is not of a Sharpe ratio.
    """

    configuration: str
    days: int
    base: float
    head: float
    difference: float
    low: float
    high: float
    p: float
    resamples: int = 0
    by_chance: float | None = None


class Changes(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configurations that have a number on both sides, matched by id.

    ``median`` is that of head minus base, ``p`` that of the signed-rank test. ``over`` counts those
    that worsened by more than the budget, ``worst`` names the first of them. ``standing_out`` are
    those whose own folds and seeds changed (Benjamini-Hochberg at 5 % among ``testable`` ones).
    """

    configurations: int
    identical: int
    median: float
    p: float
    over: int = 0
    worst: tuple[str, ...] = ()
    testable: int = 0
    standing_out: tuple[str, ...] = ()


class Failures(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Configurations that succeed on one side only, and the exact p that it is chance (McNemar).

    ``errors`` has, by id, the first line of the first message on head, of those in ``newly``.
    """

    only_base: int
    only_head: int
    p: float
    newly: tuple[str, ...] = ()  # the first of those that fail on head only
    errors: dict[str, str] = {}


class Winner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The configuration that head's sweep selects, and how much of its Sharpe ratio is luck.

    ``deflated`` is the probability that its true ratio exceeds what luck gives the best of
    ``trials`` independent ones: those of the sweep times the ``sweeps`` stored so far, this one
    included. None: its returns do not say.
    """

    configuration: str
    before: str  # the one that the merge base's sweep selected
    deflated: float | None = None
    trials: float | None = None
    points: int | None = None
    sweeps: int | None = None  # None: nobody counted


class Seeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Pairs of seeds of the selected configuration: head minus base, in the metric's own unit."""

    pairs: int
    sd: float | None = None
    needed: int | None = None  # pairs that would show a change of the budget's size


class ElapsedLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Limits of head's 90 % quantile, 95 % each, by order statistics; None: too few runs."""

    runs: int
    low: float | None
    high: float | None


class Quality(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of it, of one sweep.

    ``reproduced`` says whether a second run of the merge base's selected configuration gave the
    same numbers; None: there was none. ``deviation`` is its largest relative difference.
    ``reproduced_head`` says so of second runs on head. ``parameters`` has, by id, those of the
    configurations that are named singly: of the repository's own making, cut to a bounded length.
    """

    metric: str
    unit: str = ""
    selected: str = ""
    parameters: dict[str, str] = {}
    reproduced: bool | None = None
    deviation: float | None = None
    reproduced_head: bool | None = None
    plain: PlainRule | None = None
    sharpe: SharpeTest | None = None
    changes: Changes | None = None
    failures: Failures | None = None
    winner: Winner | None = None
    seeds: Seeds | None = None
    p90: ElapsedLimits | None = None
