from __future__ import annotations

import pytest

from engine.bench_levels import case_baseline, means_ns, timed_launches
from engine.errors import UserError
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName


def launch(metric: str = "wall", *samples: float, case: str = "a", unit: str = "s") -> Launch:
    return Launch(CaseName(case), MetricName(metric), unit, Better.LOWER, samples or (1e-6,))


def test_wall_time_goes_before_cpu_time() -> None:
    timed = timed_launches([launch("cpu"), launch("wall"), launch("wall")])
    assert [one.metric for one in timed["a"]] == ["wall", "wall"]


def test_what_is_no_time_has_no_level() -> None:
    assert timed_launches([launch("peak", unit="B")]) == {}


def test_a_throughput_has_no_level() -> None:
    rate = Launch(CaseName("a"), MetricName("rate"), "s", Better.HIGHER, (1.0,))
    assert timed_launches([rate]) == {}


def test_the_mean_is_over_the_samples_of_all_launches() -> None:
    timed = {"a": (launch("wall", 1e-6, 2e-6), launch("wall", 6e-6))}
    assert means_ns(timed) == {"a": pytest.approx(3000.0)}


def test_a_baseline_holds_mean_spread_and_each_launchs_level() -> None:
    level = case_baseline("a", (launch("wall", 1e-6, 2e-6), launch("wall", 3e-6)))
    assert (level.mean_ns, level.std_dev_ns) == (pytest.approx(2000.0), pytest.approx(1000.0))
    assert (level.sample_size, level.launches) == (3, pytest.approx((1000.0, 3000.0)))


def test_one_sample_has_no_spread_and_is_no_baseline() -> None:
    with pytest.raises(UserError, match="one sample"):
        case_baseline("a", (launch(),))


def test_a_time_of_zero_is_refused() -> None:
    with pytest.raises(UserError, match="too coarse"):
        means_ns({"a": (launch("wall", 0.0),)})


def test_a_launch_of_which_a_sample_took_no_time_is_refused() -> None:
    with pytest.raises(UserError, match="0 ns at its fastest"):
        case_baseline("a", (launch("wall", 1e-6, 2e-6), launch("wall", 0.0, 1e-6)))
