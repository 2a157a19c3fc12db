from __future__ import annotations

import pytest

from engine.errors import UserError
from engine.sweep.spec import SweepSpec, parse_sweep_spec
from engine.values import Mode

SPEC = """\
strategy: strategies/cross.py:sma_cross
grid:
  fast: [5, 10]
  slow: [50, 100]
seed: 7
metric: sharpe
mode: max
data: [data/sp500.csv]
jobs: 2
"""


def parsed(text: str = SPEC) -> SweepSpec:
    return parse_sweep_spec(text.encode(), "ci_smoke.yaml")


def test_every_key_is_read() -> None:
    assert parsed() == SweepSpec(
        strategy="strategies/cross.py:sma_cross",
        grid={"fast": (5, 10), "slow": (50, 100)},
        seed=7,
        metric="sharpe",
        mode=Mode.MAX,
        data_paths=("data/sp500.csv",),
        jobs=2,
    )


def test_the_strategy_is_a_file_and_a_name() -> None:
    found = parsed()
    assert (found.strategy_path, found.strategy_name) == ("strategies/cross.py", "sma_cross")


def test_one_data_path_needs_no_list() -> None:
    assert parsed(SPEC.replace("[data/sp500.csv]", "data/sp500.csv")) == parsed()


def test_the_hash_is_of_what_decides_the_result() -> None:
    assert parsed().spec_hash == parsed(SPEC.replace("jobs: 2\n", "")).spec_hash


@pytest.mark.parametrize("change", [("seed: 7", "seed: 8"), ("[5, 10]", "[5]"), ("max", "min")])
def test_another_sweep_has_another_hash(change: tuple[str, str]) -> None:
    assert parsed(SPEC.replace(*change)).spec_hash != parsed().spec_hash


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("jobs: 2", "random: {n: 5}", "9: random: the key random is not supported by this version"),
        ("jobs: 2", "split: {folds: 5}", "split: the key split is not supported by this version"),
        ("jobs: 2", "costs: {}", "costs: the key costs is not supported by this version"),
        ("jobs: 2", "job: 2", "9: job: unknown key `job`. Did you mean jobs?"),
        ("jobs: 2", "jobs: 0", "jobs: expected an integer >= 1, found 0"),
        ("jobs: 2", "jobs: 1.5", "jobs: expected an integer"),
        ("cross.py:sma_cross", "cross.py", "1: strategy: 'strategies/cross.py' names no function"),
        ("cross.py:sma_cross", "cross.so:f", "strategy: 'strategies/cross.so:f' names no function"),
        (
            "cross.py:sma_cross",
            "cross.py:1f",
            "strategy: 'strategies/cross.py:1f' names no function",
        ),
        ("strategies/", "../", "strategy: the path '../cross.py' leads outside the repository"),
        (
            "data/sp500.csv",
            "/data/sp500.csv",
            "8: data: the path '/data/sp500.csv' leads outside the repository",
        ),
        ("[5, 10]", "[]", "3: grid.fast: expected a list of length >= 1"),
        ("[5, 10]", "5", "3: grid.fast: expected a list, found 5"),
        ("[5, 10]", "[5, 10, 5]", "3: grid.fast: the grid holds the value 5 twice"),
        ("[5, 10]", "[.nan]", "3: grid.fast[0]: expected a finite number"),
        ("mode: max", "mode: best", "7: mode: expected one of the choices"),
        ("metric: sharpe\n", "", "metric: missing key `metric`"),
        ("seed: 7", "seed: x", "5: seed: expected an integer"),
        ("[50, 100]", f"{list(range(600_000))}", "the file is too large"),
    ],
)
def test_a_broken_spec_names_line_field_and_finding(old: str, new: str, expected: str) -> None:
    with pytest.raises(UserError) as caught:
        parsed(SPEC.replace(old, new))
    assert expected in str(caught.value)


def test_a_grid_of_too_many_points_is_refused() -> None:
    many = list(range(1001))
    text = SPEC.replace("[5, 10]", f"{many}").replace("[50, 100]", f"{many}")
    with pytest.raises(UserError, match="grid: the grid has 1002001 points"):
        parsed(text)


def test_an_empty_grid_is_refused() -> None:
    text = SPEC.replace("\n  fast: [5, 10]\n  slow: [50, 100]", " {}")
    with pytest.raises(UserError, match="grid: expected a mapping of length >= 1"):
        parsed(text)
