"""Measure the cases of one file: every top-level function ``bench_NAME`` is the case NAME.

Run by path, with the repository's own interpreter: ``bench.py REQUEST``. It needs the files
beside it and the standard library alone, of Python 3.8 or later. One process is one launch.

A case takes no argument, or what ``setup_NAME()`` returned, which is called once and untimed.
What the case returns is hashed. The request is a JSON object: ``root``, ``file`` and ``out``;
``mode`` (``list``, ``calibrate`` or ``measure``); ``cases`` by name in the order of measuring;
``seed``; ``inner`` (calls a sample, by case), ``warmup``, ``samples``, ``metrics`` and
``threads``; ``python`` and ``folders`` (``ours.Behind``); ``engine``, where a strategy's overhead
is measured (``overhead.py``) and the file is its spec. Every line of ``out`` is one JSON object:

``{"listed": […]}``     all cases of the file, first of all;
``{"begun": NAME}``     before each step of a case, down to one sample;
``{"between": true}``   what follows is of no case by itself;
``{"measured": {…}}``   after its last one: ``case``, ``inner``, and what was asked for;
``{"lost": {…}}``       instead, with ``case`` and ``tail``: the case failed, others go on;
``{"failed": TEXT}``    and nothing after it: the file is wrong, or the case begun spoilt the
                        process for all others;
``{"ended": {…}}``      at the end: what the process was like then.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import background
import cases
import clocks
import ours
import point
import result_hash
import rounds
import steadiness

OURS = (background, cases, clocks, ours, point, result_hash, rounds, steadiness)
ROUGH_NS = 500_000
SAMPLE_NS = 3_000_000  # rounded to whole calls, a sample lasts 2 to 5 ms
CALIBRATION_SAMPLES = 5
MAX_INNER = 50_000_000


def main(request_file: str) -> None:
    """Answer the request."""
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    shown, encode = f"{Path(request['root']).resolve()}/", json.dumps
    timed = clocks.timer()
    with Path(request["out"]).open("w", encoding="ascii") as out:

        def say(**line: Any) -> None:
            out.write(encode(line) + "\n")
            out.flush()

        try:
            answer(request, say, timed)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a file is a failure too
            say(failed=described(error, shown))
            sys.exit(1)
        say(ended=state())


def hide_ourselves() -> None:
    """Make room for the repository's modules of our names, and keep ours out of its reach."""
    for module in OURS:
        del sys.modules[module.__name__]
    sys.modules["__main__"] = ModuleType("__main__")


def answer(request: dict[str, Any], say: Callable[..., None], timed: clocks.Timer) -> None:
    """Load the file, list its cases, and measure those that are asked for."""
    root = Path(request["root"]).resolve()
    found = cases.cases_of(namespace_of(request, root))
    say(listed=sorted(found))
    if request["mode"] == "list":
        return
    gone = [name for name in request["cases"] if name not in found]
    for name in gone:
        tail = f"{request['file']} has no function {cases.PREFIX}{name}"
        say(lost={"case": name, "tail": tail})
    wanted = [found[name] for name in request["cases"] if name in found]
    running = [rounds.Running(case, request, timed) for case in wanted]
    launch = rounds.Launch(running, say, lambda error: described(error, f"{root}/"))
    if request["mode"] == "calibrate":
        launch.each(lambda one: say(measured={"case": one.case.name, "inner": calibrated(one)}))
        return
    is_timed = not {"wall", "cpu"}.isdisjoint(request["metrics"])
    launch.measure(timed=is_timed, threads=request["threads"])


def namespace_of(request: dict[str, Any], root: Path) -> dict[str, Any]:
    """Give the names among which the cases are: the file's, or those of a strategy's overhead."""
    if request.get("engine") is None:
        behind = ours.Behind(request["python"], tuple(request["folders"]))
        return vars(point.loaded(root, request["file"], behind))
    overhead = importlib.import_module("overhead")
    del sys.modules["overhead"]
    namespace: dict[str, Any] = overhead.namespace(request)
    return namespace


def calibrated(one: rounds.Running) -> int:
    """Find how many calls make a sample."""
    one.prepare()

    def samples(count: int, inner: int) -> list[clocks.Timed]:
        return [one.timed(one.case.call, one.arguments, inner) for _ in range(count)]

    inner = 1
    while samples(1, inner)[0].wall < ROUGH_NS and inner < MAX_INNER:
        inner *= 2
    samples(one.request["warmup"], inner)
    taken = samples(CALIBRATION_SAMPLES, inner)
    # Neighbours lengthen wall time, and other threads of the case's own CPU time.
    least = min(*clocks.levels(taken), *(each.wall for each in taken))
    calls = round(SAMPLE_NS * inner / max(1, least))
    return min(MAX_INNER, max(1, calls))


def state() -> dict[str, Any]:
    """Say what of the process code may have changed for all cases: None where nobody tells."""
    thresholds = getattr(gc, "get_threshold", None)
    affinity = getattr(os, "sched_getaffinity", None)
    collector = None if thresholds is None else list(thresholds())
    return {
        "collector": collector if gc.isenabled() else [],
        "cpus": None if affinity is None else sorted(affinity(0)),
    }


def described(error: BaseException, shown: str) -> str:
    """Render what went wrong, from the repository's own frames on."""
    if isinstance(error, cases.CaseError):
        return str(error)
    frames = theirs = error.__traceback__
    while theirs is not None and theirs.tb_frame.f_code.co_filename.startswith(ours.OWN_PLACES):
        theirs = theirs.tb_next
    return point.described(error.with_traceback(theirs or frames), shown)


if __name__ == "__main__":
    hide_ourselves()
    main(sys.argv[1])
