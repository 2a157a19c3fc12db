"""Watches over a history, ours and others', each as: histories in, places of steps out."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.stats.change_points import find_steps
from engine.stats.history_noise import history_noise
from engine.stats.rank_pelt import rank_pelt
from engine.stats.step_fit import step_fit
from engine.stats.t_windows import t_windows

Floats = NDArray[np.float64]
Points = tuple[int, ...]
Watch = Callable[[Sequence[Floats]], list[Points]]

NAIVE = 0.05
FENCE_WINDOW = 30
ROOT = Path(__file__).resolve().parents[2]
FOREIGN = Path(__file__).resolve().parent / "foreign"
# name: (environment and requirements, script, its arguments)
RIVALS = {
    "Otava": ("otava", "otava_points.py", ("0.0",)),
    "Otava, 2 % magnitude": ("otava", "otava_points.py", ("0.02",)),
    "E-divisive": ("e-divisive", "e_divisive_points.py", ()),
}


def own() -> dict[str, Watch]:
    """Give the vote, its three voices alone, and the two plain rules."""
    return {
        "vote 2 of 3": _each(lambda values: tuple(step.index for step in find_steps(list(values)))),
        "rank PELT alone": _each(_rank_pelt),
        "step fit alone": _each(_step_fit),
        "t windows alone": _each(_t_windows),
        "naive 5 %": _each(naive),
        "IQR fence": _each(fence),
    }


def rivals(environments: Path) -> dict[str, Watch]:
    """Give the watches that run in the interpreters below *environments*."""
    return {name: _foreign(environments, *rest) for name, rest in RIVALS.items()}


def naive(values: Floats) -> Points:
    """Alarm where a value is off the one before by more than 5 %."""
    changes = np.abs(values[1:] / values[:-1] - 1)
    return tuple(int(place) + 1 for place in np.flatnonzero(changes > NAIVE))


def fence(values: Floats) -> Points:
    """Alarm where a value is outside Tukey's fences of the 30 before it."""
    found = []
    for place in range(FENCE_WINDOW, values.size):
        low, high = np.quantile(values[place - FENCE_WINDOW : place], (0.25, 0.75))
        reach = 1.5 * (high - low)
        if not low - reach <= values[place] <= high + reach:
            found.append(place)
    return tuple(found)


def prepare(environments: Path) -> Iterator[str]:
    """Make the environments from their locks; give what could not be made, and why."""
    for name in sorted({environment for environment, _, _ in RIVALS.values()}):
        python = _python(environments, name)
        lock = ROOT / "requirements" / f"{name}.txt"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        for argv in (
            [sys.executable, "-m", "venv", str(environments / name)],
            [*pip, "--require-hashes", "-r", str(lock)],
        ):
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            if done.returncode:
                tail = done.stderr.strip().splitlines()[-1:] or ["no output"]
                yield f"{name} could not be installed on {sys.version.split()[0]}: {tail[0]}"
                break


def missing(environments: Path) -> list[str]:
    """Name the environments that are not there."""
    names = sorted({environment for environment, _, _ in RIVALS.values()})
    return [name for name in names if not _python(environments, name).exists()]


def _each(find: Callable[[Floats], Points]) -> Watch:
    return lambda histories: [find(values) for values in histories]


def _rank_pelt(values: Floats) -> Points:
    logs = np.log(values)
    return rank_pelt(logs, history_noise(logs, logs).inflation)


def _step_fit(values: Floats) -> Points:
    logs = np.log(values)
    return step_fit(logs, history_noise(logs, logs))


def _t_windows(values: Floats) -> Points:
    logs = np.log(values)
    return t_windows(logs, history_noise(logs, logs))


def _foreign(environments: Path, name: str, script: str, arguments: tuple[str, ...]) -> Watch:
    argv = [str(_python(environments, name)), str(FOREIGN / script), *arguments]

    def watch(histories: Sequence[Floats]) -> list[Points]:
        text = "".join(json.dumps(values.tolist()) + "\n" for values in histories)
        done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"{name} failed: {done.stderr[-2000:]}"
            raise RuntimeError(message)
        return [tuple(json.loads(line)) for line in done.stdout.splitlines()]

    return watch


def _python(environments: Path, name: str) -> Path:
    return environments / name / "bin" / "python"
