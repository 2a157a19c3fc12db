"""Comments in a browser: what is right as text may still be unreadable on a phone."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.golden.views import BROWSER, TWELVE, VIEWS, View, seen_in_a_browser

pytestmark = pytest.mark.needs_program(BROWSER, BROWSER)


@pytest.fixture(scope="module", params=VIEWS, ids=lambda view: str(view.name))
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """Give what the browser measured of each comment, in one view."""
    view: View = request.param
    shown = seen_in_a_browser(view, tmp_path_factory.mktemp(view.name))
    found = re.search(r'data-seen="(\[.*?\])">', shown, re.DOTALL)
    assert found is not None
    return list(json.loads(found[1]))


def test_all_twelve_situations_are_shown(seen: list[dict[str, Any]]) -> None:
    assert [one["name"] for one in seen] == list(TWELVE)


def test_nothing_is_wider_than_the_comment(seen: list[dict[str, Any]]) -> None:
    assert [one["wide"] for one in seen] == [[]] * len(TWELVE)


def test_the_decision_takes_three_lines_at_most(seen: list[dict[str, Any]]) -> None:
    assert max(one["lines"] for one in seen) <= 3


def test_every_fold_is_closed_at_first(seen: list[dict[str, Any]]) -> None:
    assert sum(one["folds"] for one in seen) > len(TWELVE)
    assert sum(one["open"] for one in seen) == 0


def test_what_is_green_is_short(seen: list[dict[str, Any]]) -> None:
    heights = {one["name"]: one["height"] for one in seen}

    assert max(heights["refactoring"], heights["accepted"]) < heights["regression"]
