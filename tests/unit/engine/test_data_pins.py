"""A baseline pins what was in its data mounts: other data is no verdict, and says so."""

from __future__ import annotations

import msgspec
import pytest

from engine.baseline_files import encode_baseline, parse_baseline
from engine.baselines import create_new_baseline
from engine.configuration_file import parse_configuration
from engine.errors import UserError
from engine.findings import Reason, SuiteVerdict
from engine.mounts import variable_of
from engine.reports.wording import short, why
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, points, report, stored_baseline, sweep_order, swept
from tests.fakes.sweep_verdicts import GOOD
from tests.fakes.sweeps import current

OLD, NEW = "a" * 64, "b" * 64
WORSE = (1.2, 1.0, 0.6, 0.8)


def verdict(
    found: dict[str, str], pinned: dict[str, str] | None, head: tuple[float, ...] = GOOD
) -> SuiteVerdict:
    """Judge a sweep on the data *found*, with a baseline that pins *pinned*."""
    order = sweep_order()
    stored = msgspec.structs.replace(stored_baseline(1.52), data=pinned)
    terms = RunTerms(perf_budget=perf_budget(), baselines={"baseline": stored})
    told = report(order, swept(points(GOOD), points(head)))
    return judge_run(order, terms, msgspec.structs.replace(told, data=found))


def test_the_data_that_the_baseline_pins_changes_nothing_and_is_told() -> None:
    same = verdict({"sp500": OLD}, {"sp500": OLD})

    assert same.outcome is Outcome.PASS
    assert same.beside[0].passed is True
    assert "measured on the data mounts sp500 aaaaaaaaaaaa" in same.caveats


def test_other_data_is_no_verdict_and_names_both_contents() -> None:
    other = verdict({"sp500": NEW}, {"sp500": OLD})

    assert (other.outcome, other.reason) == (Outcome.NO_VERDICT, Reason.DATA_CHANGED)
    row = next(row for row in other.findings if row.reason is Reason.DATA_CHANGED)
    said = why(row)
    assert "sp500 holds bbbbbbbbbbbb, and the baseline pins aaaaaaaaaaaa" in said
    assert "other data than its baseline" in short(row, "ci_smoke", str)


def test_the_baseline_of_other_data_is_not_compared_with() -> None:
    line = verdict({"sp500": NEW}, {"sp500": OLD}).beside[0]

    assert line.passed is None
    assert "the data mount sp500 holds" in line.problems[0]


def test_data_that_was_not_measured_on_is_no_verdict() -> None:
    other = verdict({}, {"sp500": OLD})
    assert other.reason is Reason.DATA_CHANGED
    assert "was not measured on" in other.findings[-1].detail


def test_a_regression_between_head_and_base_stays_red_on_any_data() -> None:
    assert verdict({"sp500": NEW}, {"sp500": OLD}, WORSE).outcome is Outcome.REGRESSION


def test_a_baseline_that_pins_nothing_says_nothing_of_data() -> None:
    for pinned in (None, {}):
        assert verdict({"sp500": NEW}, pinned).outcome is Outcome.PASS


def test_a_new_baseline_keeps_its_pins_in_its_file() -> None:
    made = create_new_baseline(
        current(), git_sha="4f2d1c9", created_utc="2026-01-05T12:00:00Z", data={"sp500": OLD}
    )
    assert parse_baseline(encode_baseline(made), "baseline.json").data == {"sp500": OLD}


def test_a_pin_that_is_no_fingerprint_is_refused() -> None:
    stored = stored_baseline(1.5)
    broken = msgspec.structs.replace(stored, data={"sp500": "latest"})
    with pytest.raises(UserError, match=r"data\.sp500"):
        parse_baseline(encode_baseline(broken), "baseline.json")


def declared(data: str) -> bytes:
    suite = f'{{kind: command, command: ["true"], data: {data}}}'
    return f"version: 1\nsuites: {{own: {suite}}}\n".encode()


def test_a_suite_names_its_data_by_a_name_of_its_own() -> None:
    found = parse_configuration(declared("{prices: {mount: sp500}}")).configuration
    assert found.suites["own"].data["prices"].mount == "sp500"
    assert variable_of("prices") == "HIGHWATER_DATA_PRICES"


@pytest.mark.parametrize(
    "data, said",
    [
        ("{prices: sp500}", "suites.own.data.prices"),
        ("{prices: {mount: ../etc}}", "suites.own.data.prices.mount"),
        ("{prices: {path: a.csv}}", "mount"),
        ("{BAD NAME: {mount: a}}", "suites.own.data"),
        ("sp500", "suites.own.data"),
    ],
)
def test_data_that_is_declared_wrongly_names_its_field(data: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_configuration(declared(data))
    assert ".highwater.yml:2: " in str(caught.value)
    assert said in str(caught.value)
