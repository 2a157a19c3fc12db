from __future__ import annotations

import msgspec
import pytest

from engine.baselines import BaselineData
from engine.findings import Finding, Reason, SuiteVerdict
from engine.values import Outcome
from tests.fakes.evidence import points, stored_baseline
from tests.fakes.sweep_verdicts import GOOD, judged

DAY = "2027-01-01T00:00:00Z"


def promoted(best: float, expires_utc: str = DAY) -> BaselineData:
    return msgspec.structs.replace(
        stored_baseline(best), evidence=({"run": "c1-1"},), expires_utc=expires_utc
    )


def against(stored: BaselineData, *, base: float = 1.52, head: float = 1.50) -> SuiteVerdict:
    return judged(
        points((base, *GOOD[1:])), points((head, *GOOD[1:])), baselines={"baseline": stored}
    )


def drops(verdict: SuiteVerdict) -> list[Finding]:
    return [row for row in verdict.findings if row.reason is Reason.METRIC_DROP]


def test_small_losses_that_add_up_are_red_where_they_cross_the_promoted_level() -> None:
    verdict = against(promoted(1.56), base=1.52, head=1.50)

    (row,) = drops(verdict)
    assert verdict.outcome is Outcome.REGRESSION
    assert (row.base, row.head, row.change) == (1.56, 1.50, -0.06)
    assert "promoted at 5e6f7a8b" in row.caveats[0]


def test_a_level_that_nobody_promoted_stays_beside_the_verdict() -> None:
    verdict = against(stored_baseline(1.56), base=1.52, head=1.50)

    assert drops(verdict) == []
    assert verdict.outcome is Outcome.PASS


def test_a_drop_within_the_budget_of_the_promoted_level_is_none() -> None:
    assert drops(against(promoted(1.55), head=1.50)) == []


def test_whoever_comes_after_the_line_was_crossed_does_not_answer_for_it() -> None:
    verdict = against(promoted(1.70), base=1.52, head=1.52)

    assert drops(verdict) == []
    assert any("already lies below" in caveat for caveat in verdict.caveats)


def test_another_configuration_that_became_the_best_is_not_compared_with_the_level() -> None:
    level = promoted(1.52)
    other = msgspec.structs.replace(level, leaderboard=({"config_id": "p09", "metric": 1.52},))

    verdict = judged(points(GOOD), points((1.45, *GOOD[1:])), baselines={"baseline": other})

    assert [row.base for row in drops(verdict)] == [1.52]  # of the merge base, by its own rule


def test_a_level_of_another_metric_or_sample_is_not_compared_with() -> None:
    level = promoted(1.70)
    summary = msgspec.structs.replace(level.summary, sample="is")

    for other in (
        msgspec.structs.replace(level, metric="sortino"),
        msgspec.structs.replace(level, summary=summary),
    ):
        assert not any("already lies below" in one for one in against(other).caveats)


@pytest.mark.parametrize("expires, says", [("2026-11-20T00:00:00Z", True), (DAY, False)])
def test_an_expired_baseline_is_compared_with_and_the_verdict_says_so(
    expires: str, says: bool
) -> None:
    verdict = against(promoted(1.52, expires))

    expired = [caveat for caveat in verdict.caveats if "expired on 2026-11-20" in caveat]
    assert bool(expired) is says
    assert verdict.beside[0].passed
