"""Times of bars: nothing is guessed about zones, and clock changes are told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes.bar_files import HEADER, loaded, refused


def write(folder: Path, *times: str) -> None:
    rows = "".join(f"{time},10,12,9,11\n" for time in times)
    (folder / "a.csv").write_text(HEADER + rows)


def utc(folder: Path, text: str) -> list[str]:
    return loaded(folder, text).bars.times.astype("M8[s]").astype(str).tolist()


def test_days_need_no_time_zone_and_keep_their_date_in_any(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02", "2024-01-03")
    days = ["2024-01-02T00:00:00", "2024-01-03T00:00:00"]
    assert utc(tmp_path, "a.csv") == days
    assert utc(tmp_path, "{path: a.csv, timezone: Asia/Tokyo}") == days


def test_a_time_of_day_without_a_zone_is_refused_by_its_line(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02 00:00", "2024-01-02 09:30")
    told = refused(tmp_path, "a.csv")
    assert told.startswith("a.csv:3: ")
    assert "says no time zone" in told
    assert "timezone: UTC" in told


def test_local_times_become_utc_summer_and_winter(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02 09:30", "2024-07-02 09:30")
    found = utc(tmp_path, "{path: a.csv, timezone: America/New_York}")
    assert found == ["2024-01-02T14:30:00", "2024-07-02T13:30:00"]


def test_times_that_say_their_zone_are_taken_at_their_word(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02T09:30:00Z", "2024-01-02T12:00:00+02:00")
    expected = ["2024-01-02T09:30:00", "2024-01-02T10:00:00"]
    assert utc(tmp_path, "a.csv") == expected
    assert utc(tmp_path, "{path: a.csv, timezone: America/New_York}") == expected


def test_times_with_and_without_a_zone_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02T09:30:00Z", "2024-01-02T10:30:00")
    assert "a.csv:3: '2024-01-02T10:30:00' on line 3" in refused(tmp_path, "a.csv")


def test_an_hour_that_is_skipped_does_not_exist(tmp_path: Path) -> None:
    write(tmp_path, "2024-03-10 01:30", "2024-03-10 02:30")
    for ambiguous in ("refuse", "earlier"):
        spec = f"{{path: a.csv, timezone: America/New_York, ambiguous: {ambiguous}}}"
        assert "02:30:00 on line 3 does not exist in America/New_York" in refused(tmp_path, spec)


def test_an_hour_that_comes_twice_is_refused_or_resolved_by_option(tmp_path: Path) -> None:
    write(tmp_path, "2024-11-03 00:30", "2024-11-03 01:30")
    spec = "path: a.csv, timezone: America/New_York"

    assert "01:30:00 on line 3 exists twice" in refused(tmp_path, f"{{{spec}}}")
    assert utc(tmp_path, f"{{{spec}, ambiguous: earlier}}")[1] == "2024-11-03T05:30:00"
    assert utc(tmp_path, f"{{{spec}, ambiguous: later}}")[1] == "2024-11-03T06:30:00"


def test_the_first_of_both_kinds_of_clock_change_is_told(tmp_path: Path) -> None:
    write(tmp_path, "2024-03-10 02:30", "2024-11-03 01:30")
    told = refused(tmp_path, "{path: a.csv, timezone: America/New_York}")
    assert "line 2 does not exist" in told


def test_a_zone_that_nobody_knows_is_said_to_be_that(tmp_path: Path) -> None:
    write(tmp_path, "2024-03-10 02:30")
    assert "'Mars/Olympus' is not known" in refused(
        tmp_path, "{path: a.csv, timezone: Mars/Olympus}"
    )


@pytest.mark.parametrize(
    "form, text",
    [("%d/%m/%Y", "02/01/2024"), ("%Y%m%d", "20240102"), ("%m/%d/%Y", "1/2/2024")],
)
def test_other_forms_are_read_when_they_are_named(tmp_path: Path, form: str, text: str) -> None:
    write(tmp_path, text)
    assert "is no time that can be read" in refused(tmp_path, "a.csv")
    assert utc(tmp_path, f"{{path: a.csv, time_format: '{form}'}}") == ["2024-01-02T00:00:00"]


@pytest.mark.parametrize(
    "unit, number",
    [("unix_s", 1704187800), ("unix_ms", 1704187800000), ("unix_ns", 1704187800 * 10**9)],
)
def test_seconds_since_1970_are_in_utc(tmp_path: Path, unit: str, number: int) -> None:
    write(tmp_path, str(number))
    found = utc(tmp_path, f"{{path: a.csv, time_format: {unit}}}")
    assert found == ["2024-01-02T09:30:00"]


@pytest.mark.parametrize(
    "text", ["2024-02-30", "9999-01-01", "0001-01-01", "soon", "2024-01-02 UTC"]
)
def test_what_is_no_time_is_named_by_its_line(tmp_path: Path, text: str) -> None:
    write(tmp_path, "2024-01-02", text)
    told = refused(tmp_path, "a.csv")
    assert told.startswith(f"a.csv:3: {text!r} on line 3")


def test_a_missing_time_is_named_by_its_line(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02", "")
    assert "line 3 has no time" in refused(tmp_path, "a.csv")


def test_timestamps_of_tables_are_read_with_the_zone_that_they_carry(tmp_path: Path) -> None:
    prices = {name: [10.0] for name in ("open", "high", "low", "close")}
    stamp = datetime(2024, 7, 2, 13, 30, tzinfo=UTC)
    for unit in ("s", "ms", "us", "ns"):
        times = pa.array([stamp], pa.timestamp(unit, "America/New_York"))
        pq.write_table(pa.table({"time": times, **prices}), tmp_path / "a.parquet")
        assert utc(tmp_path, "a.parquet") == ["2024-07-02T13:30:00"]
    dated = pa.table({"time": [date(2024, 7, 2)], **prices})
    pq.write_table(dated, tmp_path / "a.parquet")
    assert utc(tmp_path, "a.parquet") == ["2024-07-02T00:00:00"]


def test_numbers_of_a_table_are_no_times_unless_their_unit_is_named(tmp_path: Path) -> None:
    prices = {name: [10.0] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"time": [1704187800], **prices}), tmp_path / "a.parquet")
    assert "time_format: unix_s" in refused(tmp_path, "a.parquet")
    spec = "{path: a.parquet, time_format: unix_s}"
    assert utc(tmp_path, spec) == ["2024-01-02T09:30:00"]


def test_bars_of_days_and_of_minutes_are_not_joined(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02")
    (tmp_path / "b.csv").write_text(f"{HEADER}2024-01-02 09:30,10,12,9,11\n")
    told = refused(tmp_path, "{paths: [a.csv, b.csv], timezone: UTC}")
    assert "b.csv: has times of day, and a.csv has days" in told


def test_times_that_the_zone_makes_equal_are_duplicates(tmp_path: Path) -> None:
    write(tmp_path, "2024-01-02T10:00:00Z", "2024-01-02T12:00:00+02:00")
    assert "the time of an earlier row" in refused(tmp_path, "a.csv")


def test_spaces_around_a_time_are_no_harm(tmp_path: Path) -> None:
    write(tmp_path, " 2024-01-02 ", "2024-01-03")
    assert utc(tmp_path, "a.csv") == ["2024-01-02T00:00:00", "2024-01-03T00:00:00"]


@pytest.mark.parametrize("form", ["%Q", "unix_s", "%d/%m/%Y"])
def test_a_time_that_is_not_of_the_form_names_the_form(tmp_path: Path, form: str) -> None:
    write(tmp_path, "17041536000000")
    told = refused(tmp_path, f"{{path: a.csv, time_format: '{form}'}}")
    assert f"is no time of the form {form!r}" in told


@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_timestamps_are_taken_at_their_word_whatever_form_texts_have(
    tmp_path: Path, unit: str
) -> None:
    times = pa.array([1704153600], pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp(unit))
    prices = {name: [10.0] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"date": times, **prices}), tmp_path / "a.parquet")
    found = utc(tmp_path, "{path: a.parquet, time_format: unix_ms}")
    assert found == ["2024-01-02T00:00:00"]
