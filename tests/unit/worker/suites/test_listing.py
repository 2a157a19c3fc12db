from __future__ import annotations

import pytest

from engine.errors import UserError, Where
from worker.suites.listing import parse_listing

WHERE = Where(".highwater.yml", field="suites.core.list")


def test_of_pytests_output_the_node_ids_are_taken() -> None:
    printed = "warming up\nb.py::test_a[1 x]\nb.py::test_b\n\n2 tests collected in 0.01s\n"
    assert parse_listing(printed, "pytest-benchmark", WHERE) == (
        "b.py::test_a[1 x]",
        "b.py::test_b",
    )


def test_of_other_output_each_line_is_a_case() -> None:
    assert parse_listing("\nsum\nproduct\nsum\n", "samples", WHERE) == ("sum", "product")


@pytest.mark.parametrize("printed", ["", "\n\n", "no tests collected\n"])
def test_no_case_is_an_error(printed: str) -> None:
    with pytest.raises(UserError, match="0 names"):
        parse_listing(printed, "pytest-benchmark", WHERE)


@pytest.mark.parametrize("printed", ["a\x1b[31m\n", "x" * 501])
def test_a_name_that_is_none_is_an_error(printed: str) -> None:
    with pytest.raises(UserError, match="not a name of a case"):
        parse_listing(printed, "samples", WHERE)


def test_too_many_cases_are_an_error() -> None:
    with pytest.raises(UserError, match="10001 names"):
        parse_listing("\n".join(f"case{number}" for number in range(10_001)), "samples", WHERE)
