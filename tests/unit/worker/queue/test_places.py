"""An order's files are in one folder, and its id cannot lead out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import IntegrityError
from worker.queue.places import OrderPlace

STATE = Path("/state")


def test_all_files_of_an_order_are_below_its_own_folder() -> None:
    place = OrderPlace(STATE, "check-1")
    files = [place.order, place.bundle, place.report]
    assert {file.parent for file in files} == {STATE / "orders" / "check-1"}


@pytest.mark.parametrize("run", ["", "..", "a/b", "../x", "/etc", "a\n", "-a", "a" * 97, "a.b"])
def test_a_run_id_that_is_none_is_refused(run: str) -> None:
    with pytest.raises(IntegrityError, match="run id"):
        OrderPlace(STATE, run)
