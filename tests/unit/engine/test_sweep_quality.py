"""What stands beside a sweep's verdict, and never turns it red."""

from __future__ import annotations

import msgspec
import pytest

from engine.findings import SuiteVerdict
from engine.orders import Trials
from engine.quality import Changes, Failures, SharpeTest, Winner
from engine.reports.entries import missing
from engine.sweep.rows import PointResult
from engine.sweep_quality import MAX_TOLD
from engine.values import Outcome, Side
from engine.verdicts import judge_check
from tests.fakes.evidence import facts, perf_budget, points, returns_of, swept
from tests.fakes.sweep_verdicts import GOOD, judged, judged_by, quality_of


def sharpe_of(verdict: SuiteVerdict) -> SharpeTest:
    found = quality_of(verdict).sharpe
    assert found is not None
    return found


def winner_of(verdict: SuiteVerdict) -> Winner:
    found = quality_of(verdict).winner
    assert found is not None
    return found


def changes_of(verdict: SuiteVerdict) -> Changes:
    found = quality_of(verdict).changes
    assert found is not None
    return found


def failures_of(verdict: SuiteVerdict) -> Failures:
    found = quality_of(verdict).failures
    assert found is not None
    return found


def test_whether_the_strategy_is_distinguishably_worse_stands_beside() -> None:
    verdict = judged(points(GOOD), points(GOOD, returns="other"))

    assert sharpe_of(verdict).high < 0
    assert verdict.outcome is Outcome.PASS


def test_equal_returns_are_no_change_to_test() -> None:
    found = sharpe_of(judged(points(GOOD), points(GOOD)))

    assert (found.difference, found.p, found.days) == (0.0, 1.0, 250)


def test_returns_are_paired_by_date() -> None:
    base, head = (returns_of(points(GOOD), side)[0] for side in Side)
    later = msgspec.structs.replace(head, dates=head.dates[100:], values=head.values[100:])

    found = sharpe_of(judged_by(swept(points(GOOD), points(GOOD), returns=(base, later))))

    assert (found.days, found.difference) == (150, 0.0)


def test_how_often_the_budget_alone_would_fire_is_said() -> None:
    found = sharpe_of(judged(points(GOOD), points(GOOD, returns="other")))

    assert found.by_chance is not None
    assert 0 < found.by_chance < 0.5


def test_a_budget_of_another_metric_would_not_fire_on_a_sharpe_ratio() -> None:
    budget = perf_budget(metric="growth", max_drops={"growth": 0.05})
    rows = [msgspec.structs.replace(row, metrics={"is": {"growth": 1.0}}) for row in points(GOOD)]
    evidence = msgspec.structs.replace(swept(rows, rows), metric="growth")

    assert sharpe_of(judged_by(evidence, {"perf_budget": budget})).by_chance is None


def test_the_looks_of_earlier_sweeps_make_the_winner_luckier() -> None:
    trials = Trials(points=4, effective=2.0, sharpe_sd=0.02)
    evidence = swept(points(GOOD), points(GOOD, returns="other"), trials=trials)

    first, hundredth = (winner_of(judged_by(evidence, {"looks": looks})) for looks in (0, 99))

    assert (first.trials, hundredth.trials, hundredth.sweeps) == (2.0, 200.0, 100)
    assert (hundredth.deflated or 0) < (first.deflated or 0)


def test_the_winners_luck_is_judged_by_heads_returns_alone() -> None:
    trials = Trials(points=4, effective=2.0, sharpe_sd=0.02)
    whole = swept(points(GOOD), points(GOOD, returns="other"), trials=trials)
    alone = [one for one in whole.returns if one.side is Side.HEAD]

    found = [
        winner_of(judged_by(msgspec.structs.replace(whole, returns=tuple(kept)))).deflated
        for kept in (whole.returns[::-1], alone)
    ]

    assert found[0] == found[1] is not None


@pytest.mark.parametrize(
    "trials",
    [
        Trials(points=4, effective=0.0, sharpe_sd=0.1),
        Trials(points=4, effective=1e308, sharpe_sd=1e300),
        Trials(points=-1, effective=-2.0, sharpe_sd=-1.0),
    ],
)
def test_hostile_trials_give_no_ratio_and_no_crash(trials: Trials) -> None:
    assert winner_of(judged_by(swept(points(GOOD), points(GOOD), trials=trials))).deflated is None


def test_returns_without_as_many_dates_are_not_tested() -> None:
    (kept,) = returns_of(points(GOOD), Side.BASE)
    torn = msgspec.structs.replace(kept, dates=kept.dates[1:])

    verdict = judged_by(swept(points(GOOD), points(GOOD), returns=(torn,)))

    assert quality_of(verdict).sharpe is None


def test_returns_that_were_too_many_to_keep_are_missed() -> None:
    verdict = judged_by(swept(points(GOOD), points(GOOD), returns=()))

    assert any("too many to be kept" in caveat for caveat in verdict.caveats)


@pytest.mark.parametrize("sides", [(), (Side.BASE,)])
def test_missing_returns_of_a_class_are_said(sides: tuple[Side, ...]) -> None:
    rows = [msgspec.structs.replace(row, signed="trades and equity") for row in points(GOOD)]
    kept = tuple(one for side in sides for one in returns_of(points(GOOD), side))

    verdict = judged_by(swept(rows, rows, returns=kept))

    assert any("no returns of the selected" in caveat for caveat in verdict.caveats)


def test_configurations_are_counted_by_id_whatever_their_rank() -> None:
    found = changes_of(judged(points(GOOD), points((1.52, 1.0, 0.94, 1.9))))

    assert (found.configurations, found.identical) == (4, 2)
    assert (found.over, found.worst) == (1, ("p01",))


def test_configurations_that_head_lacks_are_not_averaged() -> None:
    found = changes_of(judged(points(GOOD), points(GOOD)[:3]))

    assert (found.configurations, found.median) == (3, 0.0)


def test_the_worst_of_many_are_named_first_and_the_others_counted() -> None:
    base = points([1.5] + [1.0] * 20)
    head = points([1.5] + [0.9 - 0.01 * place for place in range(20)])

    found = changes_of(judged(base, head))

    assert (found.over, len(found.worst), found.worst[0]) == (20, 10, "p20")


@pytest.mark.parametrize(
    "folds, testable, standing_out",
    [
        (10, 4, ("p02",)),
        (6, 4, ()),  # p = 0.031 by itself, which among four is nothing
        (5, 4, ()),
        (4, 0, ()),
    ],
)
def test_a_configuration_stands_out_by_its_own_folds(
    folds: int, testable: int, standing_out: tuple[str, ...]
) -> None:
    def folded(shift: float) -> list[PointResult]:
        return [
            msgspec.structs.replace(
                row,
                fold=fold,
                metrics={"is": {"sharpe": value}, "oos": {"sharpe": value}},
            )
            for row in points(GOOD)
            for fold in range(folds)
            for value in [1.0 + 0.01 * fold + (shift if row.id == "p02" else 0.0)]
        ]

    found = changes_of(judged(folded(0.0), folded(-0.03)))

    assert (found.testable, found.standing_out) == (testable, standing_out)


def test_what_newly_fails_is_named() -> None:
    found = failures_of(judged(points((*GOOD, None)), points((1.52, None, None, 1.1, 1.0))))

    assert (found.only_base, found.only_head, found.newly) == (2, 1, ("p01", "p02"))
    assert found.p == 1.0


def test_no_upper_limit_of_the_time_is_given_of_fewer_than_29_runs() -> None:
    few, enough = (
        quality_of(judged(points([1.0] * runs), points([1.0] * runs))).p90 for runs in (28, 29)
    )

    assert few is not None
    assert enough is not None
    assert (few.high, enough.high) == (None, 0.5)


def test_newly_failing_configurations_bring_parameters_and_the_first_line_of_their_message() -> (
    None
):
    head = list(points((*GOOD[:3], None)))
    head[3] = msgspec.structs.replace(head[3], error="ValueError: no 30\nand more")
    verdict = judged(points(GOOD), head)

    assert failures_of(verdict).errors == {"p03": "ValueError: no 30"}
    assert quality_of(verdict).parameters == {"p00": "fast=5", "p03": "fast=20"}


def test_parameters_and_messages_are_bounded() -> None:
    long = [msgspec.structs.replace(row, params={"x": "y" * 10_000}) for row in points(GOOD)]
    failing = [
        msgspec.structs.replace(one, params=two.params, error="e" * 10_000)
        for one, two in zip(points((*GOOD[:3], None)), long, strict=True)
    ]
    verdict = judged(long, failing)

    assert {len(text) for text in quality_of(verdict).parameters.values()} == {MAX_TOLD}
    assert len(failures_of(verdict).errors["p03"]) == MAX_TOLD


def test_points_that_failed_on_head_are_not_counted_as_compared() -> None:
    verdict = judged(points(GOOD), points((*GOOD[:2], None, None)))

    assert (verdict.expected, verdict.measured) == (4, 2)
    assert missing(judge_check(facts(), (verdict,))) == 0


def test_a_point_that_failed_is_not_counted_among_those_that_are_missing() -> None:
    verdict = judged(points(GOOD), points((*GOOD[:2], None)))

    assert (verdict.expected, verdict.measured) == (4, 2)
    assert missing(judge_check(facts(), (verdict,))) == 1
