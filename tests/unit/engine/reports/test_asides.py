from __future__ import annotations

from engine.findings import Also, Reason
from engine.reports.asides import other_statistics, worth_a_look
from engine.reports.figures import MINUS
from engine.reports.table import fit
from engine.values import Outcome
from tests.fakes.findings import row, suite_of, verdict_of

ALSO = (
    Also(name="mean", change=0.011, low=-0.002, high=0.024),
    Also(name="p95", change=0.05, low=0.01, high=0.09),
    Also(name="wall", change=0.01, low=0.0, high=0.02),
)


def test_advised_rows_are_a_fold_with_interval_and_budget() -> None:
    advised = row(Reason.REAL_BUT_SMALL, Outcome.PASS, advisory=True, change=0.02, low=0.005)

    fold = worth_a_look(verdict_of(suite_of(advised)))

    assert fold is not None
    text = fit((fold,), 10_000, None)
    assert "<summary>Worth a look: 1 row likely worse, not red</summary>" in text
    assert "By chance alone, about 1 in 20 of the rows of such a list" in text
    assert "- `decay` CPU time: +2.0 % (+0.5 to +6.0 %), budget 3 %" in text


def test_a_red_row_is_not_advised_as_well() -> None:
    red = row(Reason.OVER_BUDGET, Outcome.REGRESSION, advisory=True)

    assert worth_a_look(verdict_of(suite_of(red))) is None


def test_other_statistics_each_have_their_interval() -> None:
    fold = other_statistics(verdict_of(suite_of(row(Reason.CANNOT_TELL, also=ALSO))))

    assert fold is not None
    assert "\n".join(fold.lines) == (
        f"- `decay`: mean +1.1 % ({MINUS}0.2 to +2.4 %), 95th centile +5.0 % (+1.0 to +9.0 %), "
        "wall time +1.0 % (0.0 to +2.0 %)"
    )


def test_without_other_statistics_there_is_no_fold() -> None:
    assert other_statistics(verdict_of(suite_of(row(Reason.CANNOT_TELL)))) is None
