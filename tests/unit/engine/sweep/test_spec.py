from __future__ import annotations

import pytest

from engine.backtest.data_spec import DataSpec
from engine.errors import UserError
from engine.sweep.folds import Split
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
HASH = "748cab843f0c9d0110de4ab9319af266e9dac3c057f69232405a34263ddada03"


def parsed(text: str = SPEC) -> SweepSpec:
    return parse_sweep_spec(text.encode(), "ci_smoke.yaml")


def test_every_key_is_read() -> None:
    assert parsed() == SweepSpec(
        strategy="strategies/cross.py:sma_cross",
        grid={"fast": (5, 10), "slow": (50, 100)},
        seed=7,
        metric="sharpe",
        mode=Mode.MAX,
        data=DataSpec(paths=("data/sp500.csv",)),
        jobs=2,
    )


def test_the_strategy_is_a_file_and_a_name() -> None:
    found = parsed()
    assert (found.strategy_path, found.strategy_name) == ("strategies/cross.py", "sma_cross")


def test_one_data_path_needs_no_list() -> None:
    single = parsed(SPEC.replace("[data/sp500.csv]", "data/sp500.csv"))
    assert single.data_paths == parsed().data_paths == ("data/sp500.csv",)
    assert single.spec_hash == parsed().spec_hash


def test_the_hash_of_a_functions_spec_is_that_of_former_versions() -> None:
    assert parsed().spec_hash == HASH


ENGINE = """\
strategy: strategies/cross.py:Cross
random: {n: 3, space: {fast: {int: [2, 9]}, stop: {float: [0.01, 0.2], log: true}, on: [a, b]}}
metric: sharpe
mode: max
data: {mount: prices, path: a.csv, timezone: UTC}
split: {folds: 4, embargo: 5, window: rolling}
costs: {fee: 0.001}
account: {cash: 5000}
profile: vectorbt
risk: [{stop_loss: {fraction: 0.05}}]
periods_per_year: 365
"""


def test_the_keys_of_our_engine_are_read() -> None:
    found = parsed(ENGINE)
    assert found.engine_keys == (
        "split",
        "costs",
        "account",
        "profile",
        "risk",
        "periods_per_year",
    )
    assert found.split == Split(folds=4, embargo=5, window="rolling")
    assert (found.mounts, found.data_paths) == (("prices",), ())
    assert found.data is not None
    assert found.engine(found.data).costs.fee == 0.001


def test_the_series_of_a_rule_are_measuring_files() -> None:
    rule = (
        "risk: [{regime_dependent: {series: {path: vix.csv}, thresholds: [20], regimes: [[], []]}}]"
    )
    text = ENGINE.replace("{mount: prices, path: a.csv, timezone: UTC}", "a.csv")
    found = parsed(text.replace("risk: [{stop_loss: {fraction: 0.05}}]", rule))
    assert found.data_paths == ("a.csv", "vix.csv")


@pytest.mark.parametrize(
    "change",
    [
        ("fee: 0.001", "fee: 0.002"),
        ("n: 3", "n: 4"),
        ("embargo: 5", "embargo: 6"),
        ("fraction: 0.05", "fraction: 0.06"),
        ("timezone: UTC", "timezone: Europe/Paris"),
        ("[2, 9]", "[2, 8]"),
    ],
)
def test_whatever_decides_the_result_is_in_the_hash(change: tuple[str, str]) -> None:
    assert parsed(ENGINE.replace(*change)).spec_hash != parsed(ENGINE).spec_hash


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("n: 3", "n: 0", "2: random.n: expected an integer >= 1, found 0"),
        ("{int: [2, 9]}", "{int: [9, 2]}", "the ends of a range ascend"),
        ("{int: [2, 9]}", "{int: [2, 9], float: [2, 9]}", "a range is either"),
        ("{int: [2, 9]}", "{}", "a range is either"),
        ("{int: [2, 9]}", "{int: [2, 9], log: true}", "log is for a range of floats above 0"),
        ("[0.01, 0.2]", "[0.0, 0.2]", "log is for a range of floats above 0"),
        ("{int: [2, 9]}", "{int: [2.5, 9]}", "expected an integer"),
        ("[a, b]", "[a, a]", 'random.space.on: the value "a" is there twice'),
        ("folds: 4", "folds: 0", "6: split.folds: expected an integer >= 1"),
        ("embargo: 5", "embargo: -1", "6: split.embargo: expected an integer >= 0"),
        ("rolling", "sliding", "6: split.window: expected one of the choices"),
        ("fee: 0.001", "fees: 0.001", "7: costs.fees: unknown key `fees`"),
        ("fee: 0.001", "fee: 1.5", "7: costs.fee: expected a number < 1"),
        ("vectorbt", "zipline", "9: profile: expected one of the choices"),
        ("periods_per_year: 365", "periods_per_year: 0", "expected a number > 0"),
        (
            "random: {n",
            "grid: {fast: [1]}\nrandom: {n",
            "expected either grid or random, found both",
        ),
    ],
)
def test_a_broken_spec_of_our_engine_names_field_and_finding(
    old: str, new: str, expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        parsed(ENGINE.replace(old, new))
    assert expected in str(caught.value)


def test_a_space_with_too_few_points_is_refused() -> None:
    text = ENGINE.replace("{float: [0.01, 0.2], log: true}", "[0.1]").replace("n: 3", "n: 17")
    with pytest.raises(UserError, match=r"random\.n: the space has only 16 different points"):
        parsed(text)


def test_a_spec_without_points_is_refused() -> None:
    text = SPEC.replace("grid:\n  fast: [5, 10]\n  slow: [50, 100]\n", "")
    with pytest.raises(UserError, match="expected either grid or random, found neither"):
        parsed(text)


def test_the_hash_is_of_what_decides_the_result() -> None:
    assert parsed().spec_hash == parsed(SPEC.replace("jobs: 2\n", "")).spec_hash
    assert parsed(ENGINE + "jobs: 3\n").spec_hash == parsed(ENGINE).spec_hash


@pytest.mark.parametrize("change", [("seed: 7", "seed: 8"), ("[5, 10]", "[5]"), ("max", "min")])
def test_another_sweep_has_another_hash(change: tuple[str, str]) -> None:
    assert parsed(SPEC.replace(*change)).spec_hash != parsed().spec_hash


@pytest.mark.parametrize(
    "old,new,expected",
    [
        ("jobs: 2", "random: {n: 5}", "9: random.space: missing key `space`"),
        ("jobs: 2", "job: 2", "9: job: unknown key `job`. Did you mean jobs?"),
        ("jobs: 2", "jobs: 0", "jobs: expected an integer >= 1, found 0"),
        ("jobs: 2", "jobs: 1.5", "jobs: expected an integer"),
        (
            "cross.py:sma_cross",
            "cross.py",
            "1: strategy: 'strategies/cross.py' names no function or class",
        ),
        (
            "cross.py:sma_cross",
            "cross.so:f",
            "strategy: 'strategies/cross.so:f' names no function or class",
        ),
        (
            "cross.py:sma_cross",
            "cross.py:1f",
            "strategy: 'strategies/cross.py:1f' names no function or class",
        ),
        ("strategies/", "../", "strategy: the path '../cross.py' leads outside the repository"),
        (
            "data/sp500.csv",
            "/data/sp500.csv",
            "8: data: the path '/data/sp500.csv' leads outside the repository",
        ),
        ("[5, 10]", "[]", "3: grid.fast: expected a list of length >= 1"),
        ("[5, 10]", "5", "3: grid.fast: expected a list, found 5"),
        ("[5, 10]", "[5, 10, 5]", "3: grid.fast: the value 5 is there twice"),
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
