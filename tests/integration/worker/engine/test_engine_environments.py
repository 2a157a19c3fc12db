"""Whose packages win in the process of a strategy: the repository's, and ours are not seen."""

from __future__ import annotations

import sys
from pathlib import Path

from engine.backtest.paths import COMPILED_FROM
from tests.fakes.engine_processes import CROSSING, bars, one
from tests.fakes.tasks import write_files
from worker.engine_protocol import FoldWindows
from worker.processes import scrubbed

CLASHING = {
    "s.py": """\
import engine, bot, worker, config, benchmarks
import engine.backtest.bars, worker.engine_job
from highwater import Signals, SignalStrategy
assert engine.MINE and bot.MINE and worker.MINE and config.MINE and benchmarks.MINE
class Crossing(SignalStrategy):
    def signals(self, bars):
        import engine.later, highwater
        assert engine.backtest.bars.Bars == "theirs", engine.backtest.bars
        assert highwater.Signals is Signals
        return Signals.of(bars.close > bars.open * engine.later.factor())
""",
    "engine/__init__.py": "MINE = True\n",
    "engine/backtest/__init__.py": "",
    "engine/backtest/bars.py": "Bars = 'theirs'\n",
    "engine/later.py": "from config import FACTOR\ndef factor(): return FACTOR\n",
    "bot/__init__.py": "MINE = True\n",
    "worker/__init__.py": "MINE = True\n",
    "worker/engine_job.py": "raise_nothing = 1\n",
    "config.py": "MINE = True\nFACTOR = 1.0\n",
    "benchmarks/__init__.py": "MINE = True\n",
    "point.py": "raise RuntimeError('nobody asked for this')\n",
}


def test_a_repository_with_packages_of_all_our_names_sees_its_own(tmp_path: Path) -> None:
    found = one(tmp_path, "Crossing", files=CLASHING)
    assert found.status == "ok", found.error


def test_our_packages_are_not_there_for_a_repository_that_has_none(tmp_path: Path) -> None:
    code = CROSSING + "\nimport engine\n"
    found = one(tmp_path, "Crossing", files={"s.py": code})
    assert "No module named 'engine'" in (found.error or "")


def test_packages_of_our_names_that_are_installed_do_not_take_our_place(tmp_path: Path) -> None:
    installed = write_files(
        tmp_path / "site", {"engine/__init__.py": "MINE = 1\n", "highwater/__init__.py": ""}
    )
    code = CROSSING + "\nimport engine\nassert engine.MINE\n"
    environ = {**scrubbed(tmp_path), "PYTHONPATH": str(installed)}
    found = one(tmp_path, "Crossing", files={"s.py": code}, environ=environ)
    assert found.status == "ok", found.error


def numpy_of(root: Path, version: str) -> dict[str, str]:
    code = f"__version__ = {version!r}\n"
    shadow = write_files(root / "shadow", {"numpy/__init__.py": code})
    return {**scrubbed(root), "PYTHONPATH": str(shadow)}


def test_a_numpy_that_is_too_old_is_told_with_its_place(tmp_path: Path) -> None:
    found = one(tmp_path, "Crossing", environ=numpy_of(tmp_path, "1.19.5"))
    assert found.status == "error"
    assert f"numpy is 1.19.5 ({tmp_path}/shadow/numpy/__init__.py)" in (found.error or "")
    assert "or newer" in (found.error or "")


def test_a_numpy_that_we_cannot_run_with_is_told_with_its_place(tmp_path: Path) -> None:
    found = one(tmp_path, "Crossing", environ=numpy_of(tmp_path, "99.0.0"))
    assert found.status == "error"
    assert f"whose numpy is 99.0.0 ({tmp_path}/shadow/numpy" in (found.error or "")


def test_the_repositorys_version_of_a_package_wins_over_ours(tmp_path: Path) -> None:
    shadow = write_files(tmp_path / "shadow", {"yaml/__init__.py": "MINE = 1\n"})
    code = CROSSING + "\nimport yaml\nassert yaml.MINE\n"
    environ = {**scrubbed(tmp_path), "PYTHONPATH": str(shadow)}
    assert one(tmp_path, "Crossing", files={"s.py": code}, environ=environ).status == "ok"


def test_a_package_that_the_repository_has_not_is_taken_from_ours(tmp_path: Path) -> None:
    code = CROSSING + "\nimport msgspec, sys\nassert 'numpy' in sys.modules\n"
    assert one(tmp_path, "Crossing", files={"s.py": code}).status == "ok"


def test_another_python_is_told_with_both_versions(tmp_path: Path) -> None:
    other = tmp_path / "python3.8"
    other.write_text(
        f"#!{sys.executable}\n"
        "import runpy, sys\n"
        "sys.version_info = (3, 8, 1, 'final', 0)\n"
        "sys.argv = sys.argv[1:]\n"
        "import os\n"
        "sys.path[0] = os.path.dirname(sys.argv[0])\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    other.chmod(0o755)
    found = one(tmp_path, "Crossing", python=other)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert "the environment's Python is 3.8" in (found.error or "")
    assert f"Highwater runs on {running}" in (found.error or "")


def test_later_bars_are_not_even_mapped(tmp_path: Path) -> None:
    code = """\
import os
from highwater import Signals, SignalStrategy
class Crossing(SignalStrategy):
    def signals(self, bars):
        array = bars.close
        while array.base is not None:
            array = array.base
            rows = len(array) // 24 if isinstance(array, (bytes, bytearray)) else None
            if hasattr(array, "shape"): assert array.shape[0] <= len(bars.times), array.shape
            elif hasattr(array, "size"): assert array.size() <= len(bars.times) * 24 + 4096
            if not hasattr(array, "base"): break
        return Signals.of(bars.close > bars.open)
"""
    found = one(tmp_path, "Crossing", files={"s.py": code})
    assert found.status == "ok", found.error


def test_bars_cannot_be_written_to(tmp_path: Path) -> None:
    code = CROSSING.replace("above = ", "bars.close[0] = 1; above = ", 1)
    found = one(tmp_path, "Crossing", files={"s.py": code})
    assert "read-only" in (found.error or "")


CLASHING_ARMED = {
    **CLASHING,
    "s.py": CLASHING["s.py"].replace(
        "class Crossing(SignalStrategy):",
        "from highwater import StopLoss\n"
        "class Crossing(SignalStrategy):\n"
        "    def rules(self):\n"
        "        return (StopLoss(0.02),)",
    ),
}
ALONE = """\
from highwater import Signals, SignalStrategy, StopLoss, Strategy
try:
    import engine
    raise RuntimeError("there should be none")
except ImportError:
    pass
class Crossing(SignalStrategy):
    def signals(self, bars):
        return Signals.of(bars.close > bars.open)
    def rules(self):
        return (StopLoss(0.02),)
"""


def test_compiled_kernels_find_their_own_modules_whatever_the_repository_calls_its(
    tmp_path: Path,
) -> None:
    many = bars(COMPILED_FROM // 8, 8)
    folds = (FoldWindows(fold=0, oos=(0, many.length)),)
    kernels = tmp_path / "kernels"
    kernels.mkdir()
    signatures = set()
    for place, code in (("compiles", ALONE), ("loads", ALONE), ("clashes", None)):
        files = CLASHING_ARMED if code is None else {"s.py": code}
        given = {"bars": many, "folds": folds, "kernel_cache": kernels}
        found = one(tmp_path / place, "Crossing", files=files, **given)
        assert found.status == "ok", found.error
        assert found.folds[0].oos.metrics["trades"]
        signatures.add(found.folds[0].signature)
        assert any(kernels.rglob("*.nbc"))
    assert len(signatures) == 1
