from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import UserError
from worker.suites.command import filled

OUT = Path("/out/launch.json")


def test_out_is_filled_in_wherever_it_stands() -> None:
    assert filled(["run", "--json={out}", "{out}"], OUT, None) == ("run", f"--json={OUT}", str(OUT))


def test_each_case_is_an_argument_of_its_own() -> None:
    assert filled(["run", "{cases}"], OUT, ["a b", "$(c)"]) == ("run", "a b", "$(c)")


def test_all_cases_are_meant_by_none() -> None:
    assert filled(["run", "{cases}", "-q"], OUT, None) == ("run", "-q")


def test_more_cases_than_a_command_line_holds_are_an_error() -> None:
    with pytest.raises(UserError, match="do not fit"):
        filled(["run", "{cases}"], OUT, ["x" * 500] * 3_000)
