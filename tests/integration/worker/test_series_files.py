"""Series of risk rules, from real files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.backtest.risk.rule_specs import (
    PlainRuleSpec,
    Readings,
    RegimeDependentSpec,
    RuleSpec,
    SeriesSource,
    StopLossSpec,
)
from engine.errors import UserError
from worker.series_files import load_series

CSV = "Date,VIX\n2018-02-01,13.5\n2018-02-02, 17.3\n2018-02-05,\n2018-02-06,29.98\n"
VIX = SeriesSource(path="vix.csv", column="vix")


def rules(source: SeriesSource) -> list[RuleSpec]:
    stop = PlainRuleSpec(stop_loss=StopLossSpec(fraction=0.05))
    regimes = RegimeDependentSpec(series=source, thresholds=(20.0,), regimes=((), (stop,)))
    return [RuleSpec(regime_dependent=regimes), RuleSpec(stop_loss=StopLossSpec(fraction=0.1))]


def load(folder: Path, source: SeriesSource = VIX) -> Readings:
    return load_series(folder, rules(source), "backtest.yaml")[source]


def refusal(folder: Path, text: str) -> str:
    (folder / "vix.csv").write_text(text)
    with pytest.raises(UserError) as caught:
        load(folder)
    return str(caught.value)


def test_a_csv_file_gives_times_and_values_and_nan_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "vix.csv").write_text(CSV)

    found = load(tmp_path)

    assert found.times.astype("M8[D]").astype(str).tolist()[::3] == ["2018-02-01", "2018-02-06"]
    assert np.array_equal(found.values, [13.5, 17.3, np.nan, 29.98], equal_nan=True)


def test_a_parquet_file_in_a_mount_gives_the_same(tmp_path: Path) -> None:
    days = np.array(["2018-02-01", "2018-02-02"], dtype="M8[D]")
    pq.write_table(pa.table({"date": days, "level": [13, 17]}), tmp_path / "vix.parquet")
    source = SeriesSource(path="vix.parquet", column="level", mount="market")

    found = load_series(Path("/nowhere"), rules(source), "backtest.yaml", {"market": tmp_path})

    assert found[source].values.tolist() == [13.0, 17.0]
    assert found[source].times.astype("M8[D]").tolist() == days.tolist()


def test_values_may_be_negative(tmp_path: Path) -> None:
    (tmp_path / "vix.csv").write_text("date,vix\n2018-02-01,-1.5\n2018-02-02,0\n")

    assert load(tmp_path).values.tolist() == [-1.5, 0.0]


@pytest.mark.parametrize(
    "text,words",
    [
        ("date,vix\n2018-02-02,1\n2018-02-01,2\n", "vix.csv:3: the time on line 3"),
        ("date,vix\n2018-02-02,1\n2018-02-02,2\n", "vix.csv:3: the time on line 3"),
        ("date,vix\n2018-02-01,1\n2018-02-02,high\n", "vix.csv:3: 'high' on line 3"),
        ("date,vix\n2018-02-01,inf\n", "vix.csv:2: 'inf' on line 2"),
        ("date,level\n2018-02-01,1\n", "no column is named 'vix'; columns here: 'date', 'level'"),
        ("when,vix\n2018-02-01,1\n", "series, as in `time: NAME`"),
        ("date,vix\n2018-02-01T15:00,1\n", "says no time zone"),
    ],
)
def test_what_is_no_series_is_refused_at_its_line(tmp_path: Path, text: str, words: str) -> None:
    assert words in refusal(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^backtest\.yaml: series: names 'vix\.csv'"):
        load(tmp_path)


def test_rules_without_a_series_read_no_file() -> None:
    assert load_series(Path("/nowhere"), rules(VIX)[1:], "backtest.yaml") == {}
