from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.parse import Asked, parse_comment
from engine.findings import Reason
from engine.reports.offers import accepted
from engine.values import Outcome
from tests.fakes.findings import row, suite_of, verdict_of

_SHOWN = re.compile(r"here: (?:`(.*?)`|<code>(.*?)</code>)")


def offered(case: str) -> Asked:
    """Give what the offered command asks for, once it was read off the page and given a reason."""
    verdict = verdict_of(suite_of(row(Reason.OVER_BUDGET, Outcome.REGRESSION, case=case)))
    (line,) = accepted(verdict, verdict.suites)
    found = _SHOWN.search(line)
    assert found is not None
    written = html.unescape(found[1] or found[2]).replace('…"', 'known"')
    (asked,) = parse_comment(written)
    assert isinstance(asked, Asked)
    return asked


@pytest.mark.parametrize("case", ["a", "a b", 'a"b', "a\\", "a=b", "until=x", "a`b|c", "“q”", "*"])
def test_the_offered_command_accepts_the_case_that_is_red(case: str) -> None:
    assert offered(case).arguments["case"] == f"core::{case}"


@pytest.mark.parametrize("case", ["x" * 400, "a  b", "a\nb", " a", "a\u200bb", "\u202ea"])
def test_a_name_that_cannot_be_read_off_the_page_is_accepted_with_its_suite(case: str) -> None:
    assert offered(case).arguments["case"] == "core::*"


@given(st.text(min_size=1, max_size=60))
def test_what_is_offered_is_always_a_command(case: str) -> None:
    assert offered(case).arguments["case"] in {f"core::{case}", "core::*"}


def test_nothing_is_offered_that_no_command_can_name() -> None:
    red = row(Reason.OVER_BUDGET, Outcome.REGRESSION)
    verdict = verdict_of(suite_of(red, suite="a|b"))

    assert list(accepted(verdict, verdict.suites)) == []
