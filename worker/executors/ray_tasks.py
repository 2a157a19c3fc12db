"""What a Ray worker does for a sweep: it asks a process of its own, as a pool on one machine does.

The process keeps running between the tasks of one worker. Bars come out of the node's object
store without a copy of their own and are laid out once a node, for all processes there to map.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from worker.bar_arrays import DESCRIPTION, map_bar_arrays, write_bar_arrays
from worker.executors.evaluators import Evaluator, evaluator
from worker.executors.gathered import Taken
from worker.executors.points import Done, Terms, Work
from worker.kernel_cache import kernel_cache
from worker.settings import is_ours

REPOSITORY = "repository"  # the folder of the working directory that has the user's files
_ARRAYS = ("times", "open", "high", "low", "close", "volume")
_NOT_HANDED_ON = ("PYTHONPATH", "PYTHONHOME")

Arrays = Mapping[str, NDArray[Any] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What a node needs of a work beside its points. *name* is one that no other sweep has."""

    name: str
    file: str
    function: str
    terms: Terms | None
    symbols: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Points to evaluate, and the seconds that are left for them when they are handed out."""

    taken: Taken
    left_s: float


def shipped(work: Work, name: str) -> tuple[Shipped, Arrays]:
    """Take *work* apart into what is sent with every chunk, and the arrays of its bars."""
    terms = work.terms
    if terms is None:
        plain = Shipped(name=name, file=work.file, function=work.name, terms=None)
        return plain, {}
    bars = terms.bars
    empty = replace(terms, bars=bars.window(0, 0), kernel_cache=None, scratch=None)
    order = Shipped(
        name=name, file=work.file, function=work.name, terms=empty, symbols=bars.symbols
    )
    return order, {one: getattr(bars, one) for one in _ARRAYS}


def evaluate_chunk(order: Shipped, arrays: Arrays, chunk: Chunk) -> tuple[tuple[Done, ...], float]:
    """Evaluate a chunk in this worker's process; with how many seconds it took."""
    started = time.monotonic()
    found = _EVALUATORS.get(order.name)
    if found is None:
        found = _EVALUATORS[order.name] = evaluator(_work(order, arrays, chunk.left_s))
        found.__enter__()
    begun = time.monotonic()
    done = found.evaluate(chunk.taken)
    took_s = time.monotonic() - (begun if len(_SEEN) else started)
    _SEEN.add(order.name)
    return done, took_s


def forget(order: Shipped) -> None:
    """Remove what was laid out on this node; processes that have it mapped keep it."""
    shutil.rmtree(_node_folder(order), ignore_errors=True)


_EVALUATORS: dict[str, Evaluator] = {}  # of this process, which is one sweep's alone
_SEEN: set[str] = set()


def _work(order: Shipped, arrays: Arrays, left_s: float) -> Work:
    return Work(
        root=Path.cwd() / REPOSITORY,
        file=order.file,
        name=order.function,
        points=(),
        python=Path(sys.executable),
        environ=_environ(),
        terms=None if order.terms is None else _terms(order, order.terms, arrays),
        deadline=time.monotonic() + left_s,
    )


def _terms(order: Shipped, terms: Terms, arrays: Arrays) -> Terms:
    folder = _laid_out(order, arrays)
    job = msgspec.structs.replace(terms.job, bars=str(folder))
    return replace(terms, job=job, bars=map_bar_arrays(folder), kernel_cache=kernel_cache())


def _laid_out(order: Shipped, arrays: Arrays) -> Path:
    """Write the arrays where no process of this node has yet; whoever is first wins."""
    folder = _node_folder(order)
    if not (folder / DESCRIPTION).exists():
        with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as made:
            bars = Bars(symbols=order.symbols, **_given(arrays))
            write_bar_arrays(bars, Path(made) / "bars")
            with suppress(OSError):  # another process was faster
                (Path(made) / "bars").rename(folder)
    return folder


def _given(arrays: Arrays) -> dict[str, Any]:
    return {name: None if one is None else np.asarray(one) for name, one in arrays.items()}


def _node_folder(order: Shipped) -> Path:
    import ray  # noqa: PLC0415 - an extra of its own

    node = ray.get_runtime_context().get_node_id()
    return Path(tempfile.gettempdir()) / f"highwater-{order.name}-{node[:16]}"


def _environ() -> dict[str, str]:
    """Give the node's environment, without what is Ray's or ours; hash seeds are fixed."""
    kept = {
        name: text
        for name, text in os.environ.items()
        if not is_ours(name) and not name.startswith("RAY_") and name not in _NOT_HANDED_ON
    }
    return {**kept, "PYTHONHASHSEED": "0"}
