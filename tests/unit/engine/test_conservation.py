from __future__ import annotations

import random

import msgspec

from engine.conservation import grown, went_elsewhere
from engine.findings import Reason
from engine.samples import Launch, PairLaunch
from engine.values import Better, CaseName, MetricName, Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import benchmark_order, benchmarked, report

CALLS = 1000


def launched(
    claimed: float, *, took: float | None = None, rest: float = 0.1, noise: float = 0.005
) -> tuple[PairLaunch, ...]:
    """Let 15 samples of base claim 45 ms, those of head *claimed* times as much.

    Head really takes *took* times as much, and *rest* seconds beside.
    """
    source = random.Random(3)
    return tuple(
        one(
            pair,
            side,
            (claimed, took),
            (rest if side is Side.HEAD else 0.1) + source.gauss(0, noise),
        )
        for pair in range(12)
        for side in Side
    )


def one(pair: int, side: Side, effect: tuple[float, float | None], rest: float) -> PairLaunch:
    claimed, took = effect
    told = claimed if side is Side.HEAD else 1.0
    really = told if took is None or side is Side.BASE else took
    sample = 3e-6 * told * (1 + pair / 1000)
    whole = rest + 15 * CALLS * 3e-6 * really
    return PairLaunch(
        pair=pair,
        side=side,
        first=side is Side.BASE,
        wall_s=whole,
        cpu_s=whole,
        measured=tuple(
            Launch(
                CaseName("a"),
                MetricName(metric),
                "s",
                Better.LOWER,
                (sample,) * 15,
                inner=CALLS,
            )
            for metric in ("cpu", "wall")
        ),
    )


def test_time_that_was_really_saved_went_nowhere() -> None:
    assert not went_elsewhere(launched(0.5))


def test_samples_that_claim_half_of_what_the_process_took_are_found_out() -> None:
    assert went_elsewhere(launched(0.5, took=1.0))


def test_an_unchanged_head_saves_nothing_that_could_go_elsewhere() -> None:
    assert not went_elsewhere(launched(1.0))


def test_four_pairs_tell_nothing() -> None:
    assert not went_elsewhere(launched(0.5, took=1.0)[:8])


def test_a_foreign_harness_does_not_tell_how_many_calls_a_sample_is() -> None:
    foreign = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(msgspec.structs.replace(m, inner=None) for m in launch.measured),
        )
        for launch in launched(0.5, took=1.0)
    )

    assert not went_elsewhere(foreign)


def test_an_improvement_by_the_samples_alone_is_none() -> None:
    order = benchmark_order()
    evidence = benchmarked(launched(0.5, took=1.0))

    found = judge_run(order, RunTerms(), report(order, evidence)).findings[0]

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.TIME_ELSEWHERE)


def test_a_true_improvement_stays_one() -> None:
    order = benchmark_order()

    found = judge_run(order, RunTerms(), report(order, benchmarked(launched(0.5)))).findings[0]

    assert found.outcome is Outcome.IMPROVEMENT


def test_a_slower_start_of_the_process_is_told() -> None:
    order = benchmark_order()
    slow = benchmarked(launched(1.0, rest=0.3))

    caveats = judge_run(order, RunTerms(), report(order, slow)).caveats

    assert any(one.startswith("outside its samples a launch takes 0.10 s") for one in caveats)
    assert grown(launched(1.0)) is None
