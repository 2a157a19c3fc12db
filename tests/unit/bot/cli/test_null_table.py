from __future__ import annotations

import pytest

from bot.cli.null_table import NullRow, undecidable
from engine.values import Outcome


def row(visible: float | None) -> NullRow:
    return NullRow(
        case="mean",
        metric="wall",
        outcome=Outcome.INCONCLUSIVE,
        pairs=36,
        sessions=1,
        pair_sd=0.17,
        drift=None,
        smallest_visible=visible,
        screenable=False,
    )


def test_a_case_that_spreads_too_widely_for_its_budget_is_named_with_both() -> None:
    assert [*undecidable([row(0.14)], ["mean"], [0.05], 36)] == [
        "mean: pairs spread by 17 %, so 36 pairs do not show a change of its budget, 5 %."
    ]


@pytest.mark.parametrize("visible,budget", [(0.04, 0.05), (0.14, None), (None, 0.05)])
def test_of_what_is_fine_or_not_known_nothing_is_said(
    visible: float | None, budget: float | None
) -> None:
    assert [*undecidable([row(visible)], ["mean"], [budget], 36)] == []
