"""What the process of a strategy answers is looked at with suspicion."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fakes.engine_processes import one, points, process
from worker.engine_protocol import FoldWindows

HOSTILE = """\
import json, os
from highwater import Signals, SignalStrategy
def fold_of(fold, metrics={}):
    return {"fold": fold, "oos": {"metrics": metrics, "signature": "0" * 64}}
def reply(index, **changed):
    answer = {"index": index, "elapsed_s": 0.0, "folds": [fold_of(0)]} | changed
    for descriptor in range(3, 40):
        try:
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith("pipe"):
                os.write(descriptor, json.dumps(answer).encode() + b"\\n")
        except OSError: pass
class Crossing(SignalStrategy):
    kind: str = ""
    def signals(self, bars):
        if self.kind == "other": reply(77)
        if self.kind == "long": reply(0, elapsed_s=1e9)
        if self.kind == "nan": reply(0, folds=[fold_of(0, metrics={"a": None})])
        if self.kind == "fold": reply(0, folds=[fold_of(5)])
        if self.kind == "canary": reply(0, canary={"cuts": 1}, folds=[])
        if self.kind == "huge":
            most = dict.fromkeys(("trades", "open", "dropped", "fills"), 10**9)
            outside = {**fold_of(0)["oos"], "lengths": most, "cash_end": 1.0}
            reply(0, folds=[{"fold": 0, "oos": outside, "columns": "0-0.columns"}])
        if self.kind == "junk": reply(0, more=1)
        if self.kind == "path": reply(0, folds=[{**fold_of(0), "columns": "../x.columns"}])
        return Signals.of(bars.close > bars.open)
"""


@pytest.mark.parametrize(
    "kind,said",
    [
        ("other", "claims another point"),
        ("long", "more time than has passed"),
        ("nan", "a is null without a reason"),
        ("fold", "folds are not those of the job"),
        ("canary", "not of the kind that was asked for"),
        ("junk", "unknown field `more`"),
        ("path", "malformed"),
    ],
)
def test_an_answer_that_is_none_of_ours_fails_its_point_alone(
    tmp_path: Path, kind: str, said: str
) -> None:
    folds = (FoldWindows(fold=0, oos=(0, 60)),)
    with process(tmp_path, "Crossing", {"s.py": HOSTILE}, folds=folds) as made:
        found = made.evaluate(points({"kind": kind}, {}, {}))
    assert said in (found[0].error or ""), found[0].error
    assert [one.status for one in found[1:]] == ["ok", "ok"]


def test_an_answer_to_another_question_is_no_canary(tmp_path: Path) -> None:
    folds = (FoldWindows(fold=0, oos=(0, 60)),)
    with process(tmp_path, "Crossing", {"s.py": HOSTILE}, folds=folds) as made:
        found = made.canary(points({"kind": "fold"})[0], seed=1, cuts=2)
    assert found.canary is None
    assert "not of the kind that was asked for" in (found.error or "")


def test_columns_longer_than_their_bars_can_make_are_not_even_read(tmp_path: Path) -> None:
    folds = (FoldWindows(fold=0, oos=(0, 60)),)
    changed = {"files": {"s.py": HOSTILE}, "folds": folds, "give": "backtests"}
    found = one(tmp_path, "Crossing", {"kind": "huge"}, **changed)
    assert "longer than these bars can make them" in (found.error or "")


COLUMNS = """\
import glob, os, threading, time
from highwater import Signals, SignalStrategy
class Crossing(SignalStrategy):
    kind: str = ""
    def signals(self, bars):
        return Signals.of(bars.close > bars.open, bars.close < bars.open)
if True:
    import pathlib
    real = pathlib.Path.write_bytes
    def spoilt(self, data):
        if self.suffix != ".columns": return real(self, data)
        if KIND == "short": return real(self, data[:-1])
        if KIND == "long": return real(self, data + b"x")
        if KIND == "link": return os.symlink("/etc/passwd", self)
        if KIND == "none": return 0
        if KIND == "nan": return real(self, b"\\xff" * len(data))
        if KIND == "equity": return real(self, b"\\xff" * 8 + data[8:])
        if KIND == "locked":
            real(self, data)
            return os.chmod(self.parent, 0o500)
    pathlib.Path.write_bytes = spoilt
"""


@pytest.mark.parametrize("kind", ["short", "long", "link", "none", "nan", "equity"])
def test_columns_that_are_none_fail_their_point(tmp_path: Path, kind: str) -> None:
    code = {"s.py": f"KIND = {kind!r}\n" + COLUMNS}
    found = one(tmp_path, "Crossing", files=code, give="backtests")
    assert found.status == "error"
    assert "answer is malformed" in (found.error or "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root removes files from any folder")
def test_columns_that_cannot_be_removed_fail_their_point(tmp_path: Path) -> None:
    code = {"s.py": "KIND = 'locked'\n" + COLUMNS}
    found = one(tmp_path, "Crossing", files=code, give="backtests")
    assert "cannot be removed" in (found.error or "")
