from __future__ import annotations

from engine.samples import Launch
from engine.values import Better, CaseName, MetricName
from worker.suites.thinning import thinned


def launch(count: int) -> Launch:
    samples = tuple(float(value) for value in range(count, 0, -1))
    return Launch(CaseName("a"), MetricName("wall"), "s", Better.LOWER, samples)


def test_few_samples_stay_as_they_are() -> None:
    assert thinned([launch(500)]) == (launch(500),)


def test_of_many_samples_both_ends_and_the_middle_stay() -> None:
    (kept,) = thinned([launch(100_001)])
    assert len(kept.samples) == 500
    assert (kept.samples[0], kept.samples[-1]) == (1.0, 100_001.0)
    assert abs(sum(kept.samples) / 500 - 50_001) < 1


def test_very_many_cases_share_what_a_report_can_hold() -> None:
    kept = thinned([launch(100)] * 5_000)
    assert sum(len(one.samples) for one in kept) == 100_000
