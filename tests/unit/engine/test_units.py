from __future__ import annotations

import pytest

from engine.units import axis_of, normalise, parse_quantity, readable, unknown_unit


@pytest.mark.parametrize(
    "unit, factor, kind",
    [
        ("ps", 1e-12, "s"),
        ("ns", 1e-9, "s"),
        ("us", 1e-6, "s"),
        ("\u00b5s", 1e-6, "s"),  # the micro sign
        ("\u03bcs", 1e-6, "s"),  # the Greek letter
        ("\u33b3", 1e-3, "s"),  # one character: square ms
        ("msec", 1e-3, "s"),
        ("seconds", 1.0, "s"),
        ("min", 60.0, "s"),
        ("h", 3600.0, "s"),
        ("hours", 3600.0, "s"),
        ("d", 86_400.0, "s"),
        ("bytes", 1.0, "B"),
        ("kB", 1e3, "B"),
        ("KB", 1e3, "B"),
        ("MB", 1e6, "B"),
        ("GB", 1e9, "B"),
        ("TB", 1e12, "B"),
        ("KiB", 2.0**10, "B"),
        ("MiB", 2.0**20, "B"),
        ("GiB", 2.0**30, "B"),
        ("TiB", 2.0**40, "B"),
    ],
)
def test_every_spelling_of_a_unit_is_seconds_or_bytes(unit: str, factor: float, kind: str) -> None:
    assert normalise(3.0, unit) == (3.0 * factor, kind)


@pytest.mark.parametrize("unit", ["", "trades", "1/s", "S", "Mb", "mb"])
def test_a_unit_of_another_kind_is_kept(unit: str) -> None:
    assert normalise(3.0, unit) == (3.0, unit)


@pytest.mark.parametrize(
    "text, quantity",
    [
        ("70ms", (0.07, "s")),
        (" 1.5 GB ", (1.5e9, "B")),
        ("2\u00b5s", (2e-6, "s")),
        ("2\u03bcs", (2e-6, "s")),
        ("1e3 ns", (1e-6, "s")),
    ],
)
def test_a_quantity_is_read_in_any_known_unit(text: str, quantity: tuple[float, str]) -> None:
    assert parse_quantity(text) == pytest.approx(quantity)


@pytest.mark.parametrize("text", ["", "70", "ms", "70 parsecs", "-3ms", "1e999ms", "1e300d" * 9])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity|too large"):
        parse_quantity(text)


@pytest.mark.parametrize(
    "metric, unit, axis",
    [
        ("latency", "ms", "time"),
        ("peak", "GB", "memory"),
        ("instructions", "1", "instructions"),
        ("retired", "instructions", "instructions"),
        ("wall", "fortnights", "wall"),
    ],
)
def test_the_axis_follows_from_the_unit(metric: str, unit: str, axis: str) -> None:
    assert axis_of(metric, unit) == axis


@pytest.mark.parametrize(
    "metric, unit, axis",
    [
        ("wall", "fortnights", "time"),
        ("cpu", "B", "time"),
        ("memory", "pages", "memory"),
        ("wall", "ms", None),
        ("memory", "kB", None),
        ("rate", "1/s", None),
    ],
)
def test_an_unknown_unit_of_a_time_or_a_size_is_noticed(
    metric: str, unit: str, axis: str | None
) -> None:
    assert unknown_unit(metric, unit) == axis


@pytest.mark.parametrize(
    "value, unit, text",
    [
        (0.9999, "s", "1 s"),
        (0.9994, "s", "999 ms"),
        (0.0009996, "s", "1 ms"),
        (1234.5, "s", "1234 s"),
        (100.4, "s", "100 s"),
        (999.9 * 1024, "B", "1000 KiB"),
        (1023.9 * 1024, "B", "1 MiB"),
        (5000.0 * 1024**3, "B", "5000 GiB"),
        (12345.6, "trades", "12346 trades"),
        (1234.5, "trades", "1234 trades"),
        (-0.9999, "s", "-1 s"),
        (0.0, "B", "0 B"),
    ],
)
def test_a_quantity_is_rounded_before_its_unit_is_chosen(
    value: float, unit: str, text: str
) -> None:
    assert readable(value, unit) == text
