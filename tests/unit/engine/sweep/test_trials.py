from __future__ import annotations

import math

import numpy as np
import pytest

from engine.stats.deflated_sharpe import effective_trials
from engine.sweep import trials
from engine.sweep.rows import SweepRow
from engine.sweep.trials import even_selection, trials_of, trials_of_series
from tests.fakes.sweeps import row

DAYS = [f"2020-{1 + day // 28:02d}-{1 + day % 28:02d}" for day in range(100)]
DRAWS = np.random.default_rng(7).normal(0.0005, 0.01, (12, 100))


def returning(name: str, values: object, **fields: object) -> SweepRow:
    pairs = tuple(zip(DAYS, map(float, values), strict=False))  # type: ignore[call-overload]
    return row(name, returns=pairs, **fields)


INDEPENDENT = [returning(f"p{place}", draws) for place, draws in enumerate(DRAWS)]


def test_the_same_returns_again_and_again_are_one_trial() -> None:
    found = trials_of([returning(f"p{place}", DRAWS[0]) for place in range(5)])

    assert found is not None
    assert (found.points, round(found.effective, 9), found.sharpe_sd) == (5, 1.0, 0.0)


def test_independent_returns_are_almost_as_many_trials_as_points() -> None:
    found = trials_of(INDEPENDENT)

    assert found is not None
    assert 10 < found.effective <= 12


def test_the_spread_is_that_of_the_sharpe_ratios_a_day() -> None:
    found = trials_of(INDEPENDENT)
    ratios = DRAWS.mean(axis=1) / DRAWS.std(axis=1, ddof=1)

    assert found is not None
    assert math.isclose(found.sharpe_sd, ratios.std(ddof=1))


def test_folds_and_seeds_of_a_configuration_are_one_trial() -> None:
    twice = [returning("a", DRAWS[0], seed=seed) for seed in (1, 2)]

    found = trials_of([*twice, returning("b", DRAWS[1])])

    assert found is not None
    assert found.points == 2


def test_a_selection_of_many_gives_the_correlation_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trials_of(INDEPENDENT * 1)
    monkeypatch.setattr(trials, "MOST_RETURNS", 600)  # of six points

    part = trials_of(INDEPENDENT)

    assert whole is not None
    assert part is not None
    assert part.points == 12
    assert part.effective == pytest.approx(whole.effective, abs=1.5)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        INDEPENDENT[:1],
        [row("a"), row("b")],
        [returning("a", DRAWS[0][:10]), returning("b", DRAWS[1][:10])],
        [returning("a", [0.0] * 100), returning("b", [0.0] * 100)],
        [returning("a", DRAWS[0], status="error"), returning("b", DRAWS[1])],
    ],
)
def test_what_has_too_few_returns_says_nothing(rows: list[SweepRow]) -> None:
    assert trials_of(rows) is None


def test_endless_returns_are_no_crash() -> None:
    assert trials_of([returning(name, [1e308] * 50 + [-1e308] * 50, seed=1) for name in "ab"])


def test_series_of_an_even_selection_stand_for_all_points() -> None:
    random = np.random.default_rng(5)
    series = [random.normal(0, 0.01, 250) for _ in range(8)]
    some, all_ = trials_of_series(series, 8), trials_of_series(series, 80)
    assert some is not None
    assert all_ is not None
    assert (some.points, all_.points) == (8, 80)
    assert some.effective == pytest.approx(effective_trials([one.tolist() for one in series]))
    assert all_.effective == pytest.approx(10 * some.effective, rel=0.05)
    assert some.sharpe_sd == all_.sharpe_sd


def test_arrays_tell_what_rows_tell() -> None:
    random = np.random.default_rng(6)
    series = [random.normal(0, 0.01, 60) for _ in range(5)]
    dates = [str(np.datetime64("2020-01-01") + day) for day in range(60)]
    rows = [
        row(f"r{i}", returns=tuple(zip(dates, one.tolist(), strict=True)))
        for i, one in enumerate(series)
    ]
    assert trials_of_series(series, 5) == trials_of(rows)


@pytest.mark.parametrize("count, days", [(1, 250), (5, 10), (0, 0)])
def test_too_few_series_or_days_tell_nothing(count: int, days: int) -> None:
    assert trials_of_series([np.linspace(-0.01, 0.01, days)] * count, 9) is None


@pytest.mark.parametrize("points, days", [(1, 250), (7, 250), (10_000, 2500), (10, 10**9)])
def test_an_even_selection_is_bounded_and_spread(points: int, days: int) -> None:
    places = even_selection(points, days)
    assert len(set(places)) == len(places) == min(points, max(2, 4_000_000 // days))
    assert set(places) <= set(range(points))
    assert places[-1] >= points - points / len(places) - 1
