from __future__ import annotations

import math

import msgspec
import pytest

from engine.sweep.leaderboard import summarise
from engine.sweep.rows import PointResult, SweepRow, signed
from engine.values import Mode


@pytest.mark.parametrize("found", [math.nan, math.inf, -math.inf])
def test_what_was_found_instead_of_a_number_survives_the_report(found: float) -> None:
    metrics = {"is": {"sharpe": found}}
    row = SweepRow(id="a", params={}, seed=1, metrics=metrics, status="ok", elapsed_s=1.0)

    sent = msgspec.json.decode(msgspec.json.encode(signed(row)), type=PointResult)

    (error,) = summarise([sent], "sharpe", Mode.MAX).errors
    assert error.error == f"metric sharpe has no in-sample number: found '{found}'"
