from __future__ import annotations

import pytest

from engine.reports.nightly import null_ended
from engine.values import Outcome
from tests.fakes.null_sessions import compared, session


@pytest.mark.parametrize(
    "alarms,said",
    [
        (0, "There were 0 in 2 comparisons."),
        (1, "There was 1 in 2 comparisons."),
        (2, "There were 2 in 2 comparisons."),
    ],
)
def test_a_null_run_counts_its_alarms_in_a_sentence(alarms: int, said: str) -> None:
    outcomes = [Outcome.REGRESSION] * alarms + [Outcome.PASS] * (2 - alarms)

    assert null_ended(session(1, *map(compared, outcomes))).summary.endswith(said)
