"""A schedule that is none is refused where it is declared, and not when the night comes."""

from __future__ import annotations

import pytest

from engine.configuration_file import parse_configuration
from engine.errors import UserError

SUITES = """\
version: 1
suites:
  core:
    kind: command
    command: ["make", "lint"]
"""


def with_cron(cron: str) -> bytes:
    return f'{SUITES}nightly:\n  cron: "{cron}"\n'.encode()


@pytest.mark.parametrize("cron", ["0 3 * * *", "*/15 1-4 * * mon-fri", "0 3 1,15 JAN-jun 0"])
def test_five_fields_within_their_bounds_are_taken(cron: str) -> None:
    nightly = parse_configuration(with_cron(cron)).configuration.nightly

    assert nightly is not None
    assert nightly.cron == cron


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "three",
        "@daily",
        "0 3 * *",
        "0 0 3 * * *",
        "60 3 * * *",
        "0 3 * * 9",
        "R R * * *",
        "H 3 * * *",
    ],
)
def test_all_else_is_refused_with_its_line_and_an_example(cron: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_configuration(with_cron(cron))

    where = refused.value.where
    assert where is not None
    assert (where.line, where.field) == (7, "nightly.cron")
    assert "0 3 * * *" in refused.value.remedy


def test_a_day_that_never_comes_is_refused_and_one_of_every_fourth_year_taken() -> None:
    with pytest.raises(UserError, match="never comes"):
        parse_configuration(with_cron("0 3 30 2 *"))

    assert parse_configuration(with_cron("0 3 29 2 *")).configuration.nightly is not None


def test_more_than_one_second_run_is_refused() -> None:
    text = with_cron("0 3 * * *") + b"  rerun_best: 2\n"

    with pytest.raises(UserError, match="rerun_best"):
        parse_configuration(text)
