from __future__ import annotations

import math

import msgspec
import pytest

from engine.sweep.leaderboard import summarise
from engine.sweep.rows import PointResult, SweepRow, signed
from engine.values import Mode
from tests.fakes.sweeps import row


@pytest.mark.parametrize("found", [math.nan, math.inf, -math.inf])
def test_what_was_found_instead_of_a_number_survives_the_report(found: float) -> None:
    metrics = {"is": {"sharpe": found}}
    found_row = SweepRow(id="a", params={}, seed=1, metrics=metrics, status="ok", elapsed_s=1.0)

    sent = msgspec.json.decode(msgspec.json.encode(signed(found_row)), type=PointResult)

    (error,) = summarise([sent], "sharpe", Mode.MAX).errors
    assert error.error == f"metric sharpe has no in-sample number: found '{found}'"


def test_a_row_may_bring_the_signature_of_its_trades_and_equity() -> None:
    found = signed(row(signature="ab" * 32, returns=(("2020-01-02", 0.5),)))
    assert (found.signature, found.signed) == ("ab" * 32, "trades and equity")


@pytest.mark.parametrize("wrong", ["", "ab", "AB" * 32, "ab" * 32 + "\n"])
def test_a_signature_that_is_none_is_refused(wrong: str) -> None:
    line = msgspec.json.encode(msgspec.structs.replace(row(), signature=wrong))
    with pytest.raises(msgspec.ValidationError, match="signature"):
        msgspec.json.decode(line, type=SweepRow)
