"""The overheads of one strategy: a process times its parts in turns, and its answer is read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.backtest.overheads import Overheads, overheads_of
from engine.errors import CandidateError
from worker import processes
from worker.backtest_run import Prepared
from worker.engine_places import own_places
from worker.engine_process import THREADS
from worker.engine_protocol import AskedPoint
from worker.files import read_untrusted
from worker.overhead_rounds import Rounds

HARNESS = Path(__file__).resolve().parent / "harness" / "overhead.py"
MAX_ANSWER_BYTES = 16 * 1024 * 1024
TIMEOUT_S = 3600.0
LEAST_PARTS = 2  # the engine and the strategy, of which each is run once untimed


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    failed: str | None = None
    bars: int = 0
    assets: int = 0
    times_ns: dict[str, tuple[int, ...]] = {}


def engine_request(run: Prepared, runs: int) -> dict[str, object]:
    """Say what of our engine is run, as ``worker/harness/overhead.py`` takes it.

    *runs* is how many runs one process makes at least: with the bars it decides whether they are
    compiled, as the number of points does in a sweep. It may depend on nothing that is timed, or
    the two sides of a comparison could take different ways.
    """
    spec, (python, folders) = run.spec, own_places()
    point = AskedPoint(index=0, params=spec.params, seed=spec.seed)
    return {
        "job": msgspec.to_builtins(msgspec.structs.replace(run.job, points=runs)),
        "point": msgspec.to_builtins(point),
        "strategy": [spec.strategy_path, spec.strategy_name],
        "python": python,
        "folders": list(folders),
    }


def measured(run: Prepared, rounds: int) -> Overheads:
    """Time *rounds* of each part of the strategy's run, in turns.

    Raises:
        CandidateError: the strategy could not be loaded, or it failed.
        OSError: the site's folder cannot be written to.
    """
    out = run.site.folder / "overhead.json"
    request = {
        "engine": engine_request(run, LEAST_PARTS * (1 + rounds)),
        "root": str(run.site.root),
        "rounds": rounds,
        "out": str(out),
    }
    file = run.site.folder / "overhead.request"
    file.write_bytes(msgspec.json.encode(request))
    finished = _run(run, str(file))
    if not finished.succeeded or not out.is_file():
        raise CandidateError(run.spec.strategy, finished.tail, ending="failed")
    return _read(run, read_untrusted(out, MAX_ANSWER_BYTES, "the harness's answer"))


def _run(run: Prepared, request: str) -> processes.Finished:
    site = run.site
    kernels = site.kernel_cache or site.folder / "kernels"  # else numba asks for a home
    kernels.mkdir(parents=True, exist_ok=True)
    argv = [str(site.python), str(HARNESS), request]
    environ = {**site.environ, **THREADS, "NUMBA_CACHE_DIR": str(kernels)}
    return processes.run(argv, cwd=site.root, environ=environ, timeout_s=TIMEOUT_S)


def _read(run: Prepared, data: bytes) -> Overheads:
    try:
        answer = msgspec.json.decode(data, type=_Answer)
        if answer.failed is None:
            told = Rounds(bars=answer.bars, assets=answer.assets, times_ns=answer.times_ns)
            return overheads_of(told.bars, told.assets, told.times_ns)
    except (msgspec.DecodeError, ValueError, ZeroDivisionError) as error:
        tail = f"its process wrote what cannot be: {error}"
        raise CandidateError(run.spec.strategy, tail, ending="failed") from error
    raise CandidateError(run.spec.strategy, answer.failed, ending="failed")
