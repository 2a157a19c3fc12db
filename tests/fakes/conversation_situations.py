"""What people and events make of the same evidence: overrides, merge queues, pushes, nights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.findings import Verdict, VerdictKind
from engine.overrides import Override
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import HEAD, QUIET, benchmark_order, benchmarked, facts, pairs, report

SLOW = {"decay_10k": 1.43, "similarity_768d": 0.998, "spreading_activation": 1.004}
NOISY = tuple(6 * wobble for wobble in QUIET)
ACCEPTED = Override(
    kind="accept",
    suite="core",
    case="decay_10k",
    metric="wall",
    by="ann",
    reason="exact rounding costs this, see the design note",
    created_utc="2026-11-20T12:20:00Z",
    head=HEAD,
    change=0.43,
    low=0.41,
    high=0.45,
)
MUTED = Override(
    kind="mute",
    suite="core",
    case="decay_10k",
    by="bob",
    reason="the disk of bench-1 is being replaced",
    created_utc="2026-11-18T08:00:00Z",
    until_utc="2026-12-01T23:59:59Z",
)
OUTGROWN = Override(
    kind="accept",
    suite="core",
    case="decay_10k",
    metric="wall",
    by="ann",
    reason="a few percent are fine",
    created_utc="2026-11-19T12:20:00Z",
    head="d" * 40,
    change=0.12,
    low=0.11,
    high=0.13,
)


def conversation_situations() -> dict[str, Verdict]:
    """Give every one of these situations by name."""
    return {
        "accepted": judged(overrides=(ACCEPTED,)),
        "muted": judged(overrides=(MUTED,)),
        "outgrown": judged(overrides=(OUTGROWN, MUTED_ELSEWHERE)),
        "merge_group": judged(kind="merge_group"),
        "push": judged(kind="push"),
        "nightly": judged({"io_scan": 1.08}, noise=NOISY, kind="nightly"),
        "actions": judged(kind="actions", number=128),
    }


MUTED_ELSEWHERE = Override(
    kind="mute",
    suite="core",
    case="io_scan",
    by="bob",
    reason="flaky until the cache is warm",
    created_utc="2026-11-18T08:00:00Z",
    until_utc="2026-12-01T23:59:59Z",
)


def judged(
    effects: Mapping[str, float] = SLOW,
    *,
    noise: Sequence[float] = QUIET,
    kind: VerdictKind = "pull_request",
    number: int | None = None,
    overrides: Sequence[Override] = (),
) -> Verdict:
    """Judge a benchmark as a check of *kind* does, with what people have said."""
    order = benchmark_order()
    evidence = benchmarked(pairs(dict(effects), noise=noise))
    about: dict[str, Any] = {"kind": kind}
    if kind != "pull_request":
        about["pull_request"] = number
    suite = judge_run(order, RunTerms(), report(order, evidence))
    return judge_check(facts(**about), (suite,), overrides=overrides)
