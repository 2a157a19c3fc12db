from __future__ import annotations

import io

import pytest
from dotenv.parser import parse_stream
from hypothesis import given
from hypothesis import strategies as st

from bot.cli.env_file import merged
from engine.errors import UserError

ONE_LINE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))


def values_of(text: str) -> dict[str, str | None]:
    return {one.key: one.value for one in parse_stream(io.StringIO(text)) if one.key}


@given(ONE_LINE)
def test_every_value_of_one_line_is_read_back_as_it_was(value: str) -> None:
    assert values_of(merged("", {"A": value})) == {"A": value}


def test_a_last_line_without_its_end_is_ended_first() -> None:
    assert merged("A=1", {"B": "2"}) == "A=1\nB=2\n"


def test_comments_empty_lines_and_other_settings_stay() -> None:
    before = "# one\n\nexport A=1\n\nB='2'\n# end\n"
    assert merged(before, {"C": "3"}) == before + "C=3\n"


def test_a_value_is_replaced_in_its_place() -> None:
    assert merged("A=1\n\nB=2\nC=3\n", {"B": "9"}) == "A=1\n\nB=9\nC=3\n"


def test_of_a_setting_that_stands_there_twice_one_remains() -> None:
    assert merged("A=1\nA=2\n", {"A": "9"}) == "A=9\n"


def test_what_is_none_is_taken_out_wherever_it_stands() -> None:
    assert merged("A=1\nexport B=2\n\nA=3\n# end\n", {"A": None, "C": None}) == (
        "export B=2\n# end\n"
    )


@pytest.mark.parametrize("value", ["a\nb", "a\rb"])
def test_a_value_of_several_lines_is_refused(value: str) -> None:
    with pytest.raises(UserError, match="several lines"):
        merged("", {"A": value})
