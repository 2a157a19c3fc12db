"""The compiler: absent from small jobs, its work kept, and kept apart when the source changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
JOB = """
import sys
import numpy as np
from engine.backtest.bars import Bars
from engine.backtest.kernels.compiled import load_compiled
from engine.backtest.kernels.state import Armed
from engine.backtest.run import Path, run
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals

def job(length, width, path):
    close = np.cumsum(np.ones((length, width)), axis=0)
    bars = Bars(times=np.arange(length).astype("datetime64[D]"), symbols=("A",) * width,
                open=close, high=close, low=close, close=close)
    return run(bars, Signals.of(close == 3, close == 6), Setup(), path=path)
"""


def result_of(code: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", JOB + code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("width", [1, 20])
def test_a_small_job_never_imports_the_compiler(width: int) -> None:
    shown = result_of(f"job(50, {width}, None); print('numba' in sys.modules)")
    assert shown == "False"


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    code = """
job(50, 1, Path.NARROW)
stats = load_compiled().entry("enter_narrow", Armed.by(None)).stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""
    shown = [result_of(code, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    assert shown == ["0 1", "1 0"]


def test_a_cache_that_cannot_be_written_costs_time_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code = """
print(len(job(50, 1, Path.NARROW).trades))
print(load_compiled().entry("enter_narrow", Armed.by(None)).stats.cache_path)
"""
    shown = result_of(
        code,
        NUMBA_CACHE_DIR=str(tmp_path / "file" / "below"),
        NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator",
    )
    assert shown.split() == ["1", "None"]


def test_compiled_code_is_named_by_all_that_it_is_made_of() -> None:
    code = """
from engine.backtest.kernels import compiled, fills
before = compiled._digest()
fills.slipped.__code__ = fills.whole_lots.__code__
print(before != compiled._digest(), before == compiled._digest())
"""
    assert result_of(code) == "True False"
