"""``highwater backtest`` as a person uses it: twenty years of the S&P 500 in a repository."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.tasks import write_files

SPEC = """\
strategy: strategies/sma.py:SmaCross
params: {fast: 20, slow: 100}
data: data/sp500.csv
costs: {fee: 0.0005, slippage: 0.0002}
"""
STRATEGY = """\
import numpy as np
from highwater import Signals, SignalStrategy, StopLoss


class SmaCross(SignalStrategy):
    fast: int = 20
    slow: int = 100

    def signals(self, bars):
        close = bars.close[:, 0]
        above = average(close, self.fast) > average(close, self.slow)
        return Signals.of(entries=above, exits=~above)

    def rules(self):
        return (StopLoss(0.08),)


def average(values, bars):
    sums = np.cumsum(np.concatenate([[0.0], values]))
    means = (sums[bars:] - sums[:-bars]) / bars
    return np.concatenate([np.full(bars - 1, np.nan), means])
"""
GOLDEN = """\
strategies/sma.py:SmaCross  fast 20, slow 100
5,105 bars, 2000-01-03 to 2020-04-17, 252 a year

total return               63.39 %    final equity            163,386.09
annual return               2.45 %    fees                      3,996.69
annual volatility          11.03 %    turnover a year             3.17 x
Sharpe                 0.28 ± 0.21    exposure                   65.84 %
Sortino                       0.38    trades                          33
Calmar                        0.11    hit rate                   42.42 %
max drawdown               22.62 %    profit factor                 1.66
longest drawdown          850 bars    average trade             1,920.79
CVaR 95 %                   1.84 %    average MFE, MAE    9.08 %, 3.68 %
CVaR 99 %                   2.95 %    ambiguous exits                  0
                                      open positions                   0

Written to runs/backtests/sma
"""
MANY = 60.0  # seconds: of an idle machine it takes three


@pytest.fixture
def repository(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"backtests/sma.yaml": SPEC, "strategies/sma.py": STRATEGY, ".git/HEAD": ""}
    monkeypatch.chdir(write_files(tmp_path, files))
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path / ".git/cache"))
    (tmp_path / "data").mkdir()
    shutil.copy(root / "benchmarks/data/sp500.csv", tmp_path / "data/sp500.csv")
    return tmp_path


def run(*flags: str) -> CommandResult:
    return run_cli("backtest", "backtests/sma.yaml", *flags)


def written(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_the_summary_is_read_at_a_glance(repository: Path) -> None:
    result = run()
    assert (result.code, result.stderr, result.stdout) == (0, "", GOLDEN)


def test_the_directory_holds_all_that_came_out(repository: Path) -> None:
    started = time.monotonic()
    assert run().code == 0
    assert time.monotonic() - started < MANY
    tables = ("trades", "fills", "equity", "positions", "dropped")
    assert {one.name for one in (repository / "runs/backtests/sma").iterdir()} == {
        *(f"{name}.{kind}" for name in tables for kind in ("parquet", "csv")),
        "manifest.json",
        "metrics.json",
        "equity.svg",
        "equity.png",
    }


def test_the_same_run_has_the_same_bytes_but_for_its_times(repository: Path) -> None:
    run("--out", "one")
    run("--out", "two")
    one, two = written(repository / "one"), written(repository / "two")
    manifests = [json.loads(files.pop("manifest.json")) for files in (one, two)]
    for manifest in manifests:
        del manifest["started_utc"], manifest["finished_utc"]
    assert one == two
    assert manifests[0] == manifests[1]


def test_what_is_written_agrees_with_itself(repository: Path) -> None:
    run("--out", "out")
    metrics = json.loads((repository / "out/metrics.json").read_text())
    trades = pyarrow.parquet.read_table(repository / "out/trades.parquet")
    equity = pyarrow.parquet.read_table(repository / "out/equity.parquet")
    fills = pyarrow.parquet.read_table(repository / "out/fills.parquet")
    profit = sum(trades["pnl"].to_pylist())
    assert (trades.num_rows, equity.num_rows) == (metrics["trades"], 5105)
    assert metrics["final_equity"] == equity["equity"][-1].as_py()
    assert max(equity["drawdown"].to_pylist()) == metrics["max_drawdown"]
    assert sum(fills["fee"].to_pylist()) == pytest.approx(metrics["fees"], abs=0.5)
    if metrics["open_positions"] == 0:
        assert profit == pytest.approx(metrics["final_equity"] - 100_000, abs=0.5)


def test_the_manifest_names_what_was_run(repository: Path) -> None:
    run("--out", "out")
    manifest = json.loads((repository / "out/manifest.json").read_text())
    kept = ("strategy", "params", "bars", "assets", "first_bar", "last_bar", "periods_per_year")
    assert {name: manifest[name] for name in kept} == {
        "strategy": "strategies/sma.py:SmaCross",
        "params": {"fast": 20, "slow": 100},
        "bars": 5105,
        "assets": 1,
        "first_bar": "2000-01-03",
        "last_bar": "2020-04-17",
        "periods_per_year": 252.0,
    }
    assert len(manifest["data_hash"]) == len(manifest["spec_hash"]) == 64


def test_the_parameters_in_force_are_named_where_the_spec_has_none(repository: Path) -> None:
    path = repository / "strategies/sma.py"
    path.write_text(
        STRATEGY.replace("slow: int = 100", "slow: int = 100\n    over: tuple = (1, 2)")
    )
    spec = repository / "backtests/sma.yaml"
    spec.write_text(SPEC.replace("params: {fast: 20, slow: 100}", "params: {fast: 30}"))

    result = run("--out", "out")

    manifest = json.loads((repository / "out/manifest.json").read_text())
    assert manifest["params"] == {"fast": 30, "slow": 100, "over": "(1, 2)"}
    assert result.stdout.startswith("strategies/sma.py:SmaCross  fast 30, slow 100, over (1, 2)\n")


@pytest.mark.parametrize("entered, told", [(0, True), (1, False)])
def test_a_run_without_an_order_says_so(repository: Path, entered: int, told: bool) -> None:
    path = repository / "strategies/sma.py"
    signals = f"Signals.of(entries=above & bool({entered}), exits=above & False)"
    path.write_text(STRATEGY.replace("Signals.of(entries=above, exits=~above)", signals))

    result = run()

    assert (result.code, "\nNo order was given.\n" in result.stdout) == (0, told)


def test_json_leaves_json_alone_on_standard_output(repository: Path) -> None:
    found = json.loads(run("--format", "json", "--out", "out").stdout)
    assert found["metrics"] == json.loads((repository / "out/metrics.json").read_text())
    assert (found["directory"], found["params"]) == ("out", {"fast": 20, "slow": 100})


def test_trading_is_bounded_by_from_and_until(repository: Path) -> None:
    spec = repository / "backtests/sma.yaml"
    spec.write_text(f"{SPEC}from: 2008-01-01\nuntil: 2009-12-31\n")

    run("--out", "out")

    equity = pyarrow.parquet.read_table(repository / "out/equity.parquet")
    times = [time.date().isoformat() for time in equity["time"].to_pylist()]
    assert (times[0], times[-1]) == ("2008-01-02", "2009-12-31")
    assert equity["equity"][0].as_py() == 100_000


def test_a_run_without_a_trade_says_why_metrics_are_missing(repository: Path) -> None:
    spec = repository / "backtests/sma.yaml"
    spec.write_text(SPEC.replace("slow: 100", "slow: 5105"))

    result = run()

    assert (result.code, "sharpe_error: all returns are the same" in result.stdout) == (0, True)
    assert "\nNo order was given.\n" not in result.stdout  # to leave what is not held is one too


def test_a_strategy_that_fails_ends_with_1_and_its_own_words(repository: Path) -> None:
    path = repository / "strategies/sma.py"
    path.write_text(
        STRATEGY.replace("close = bars", 'raise RuntimeError("no bars")\n        close = bars')
    )

    result = run()

    assert (result.code, "no bars" in result.stderr, result.stdout) == (1, True, "")
    assert not (repository / "runs").exists()


@pytest.mark.parametrize(
    "line, part",
    [
        ("params: {quick: 3}", "quick"),
        ("strategy: strategies/sma.py:Nothing", "Nothing"),
    ],
)
def test_what_the_strategy_does_not_have_is_named(repository: Path, line: str, part: str) -> None:
    key = line.partition(":")[0]
    kept = [one for one in SPEC.splitlines() if not one.startswith(f"{key}:")]
    (repository / "backtests/sma.yaml").write_text("\n".join([*kept, line]))

    result = run()

    assert (result.code, part in result.stderr) == (1, True)


@pytest.mark.parametrize(
    "line, part",
    [
        ("data: data/none.csv", "data/none.csv"),
        ("strategy: strategies/none.py:Sma", "strategies/none.py"),
        ("from: 2030-01-01", "no bar lies between"),
        ("profile: zipline", "profile"),
    ],
)
def test_bad_input_ends_with_5_and_its_place(repository: Path, line: str, part: str) -> None:
    key = line.partition(":")[0]
    kept = [one for one in SPEC.splitlines() if not one.startswith(f"{key}:")]
    (repository / "backtests/sma.yaml").write_text("\n".join([*kept, line]))

    result = run()

    assert (result.code, part in result.stderr) == (5, True)
    assert "where: backtests/sma.yaml" in result.stderr


def test_bars_whose_year_is_unknown_need_it_written(repository: Path) -> None:
    data = (repository / "data/sp500.csv").read_text().splitlines()
    (repository / "data/sp500.csv").write_text("\n".join([data[0], *data[1::3]]))

    result = run()

    assert (result.code, "periods_per_year" in result.stderr) == (5, True)


def test_a_broken_bar_is_refused_with_its_row(repository: Path) -> None:
    data = (repository / "data/sp500.csv").read_text()
    (repository / "data/sp500.csv").write_text(data.replace("1478.000000", "1.0", 1))

    result = run()

    assert (result.code, "data/sp500.csv:2" in result.stderr) == (5, True)


def test_repairs_and_odd_bars_are_told_in_each_form(repository: Path) -> None:
    path = repository / "data/sp500.csv"
    head, first, *rows = path.read_text().splitlines()
    flat = "2000-01-02,50,50,50,50,50,1000"  # and less than half of the next close
    path.write_text("\n".join([head, first, flat, *rows]))
    spec = repository / "backtests/sma.yaml"
    spec.write_text(SPEC.replace("data/sp500.csv", "{path: data/sp500.csv, repair: [sort]}"))

    told = run().stdout
    data = json.loads(run("--format", "json").stdout)["data"]
    annotated = run("--format", "github").stdout

    assert "\nRepairs: sort (1 row)\nWarning: 1 bar has one price for open" in told
    assert "\nWarning: 1 bar has a close at least 2 times" in told
    assert (data["repairs"], len(data["warnings"])) == ({"sort": 1}, 2)
    assert annotated.count("::warning title=odd bars::1 bar has") == 2
