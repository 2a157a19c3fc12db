"""Measure the cases of one file: every top-level function ``bench_NAME`` is the case NAME.

Run by path, with the repository's own interpreter: ``bench.py REQUEST``. It needs the files
beside it and the standard library alone, of Python 3.8 or later. One process is one launch.

A case takes no argument, or what ``setup_NAME()`` returned, which is called once and untimed.
What the case returns is hashed. The request is a JSON object: ``root``, ``file`` and ``out``;
``mode`` (``list``, ``calibrate`` or ``measure``); ``cases`` by name in the order of measuring;
``seed``; ``inner`` (calls a sample, by case), ``warmup``, ``samples``, ``metrics`` and
``threads``. Every line of ``out`` is one JSON object:

``{"listed": […]}``     all cases of the file, first of all;
``{"begun": NAME}``     before a case;
``{"measured": {…}}``   after it: ``case``, ``inner``, and what was asked for;
``{"failed": TEXT}``    instead, and nothing after it: the file or the case begun is wrong;
``{"ended": true}``     at the end.
"""

from __future__ import annotations

import gc
import inspect
import itertools
import json
import resource
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import Any, NamedTuple

import background
import point
import result_hash
import steadiness

for own in ("background", "point", "result_hash", "steadiness"):
    del sys.modules[own]  # the repository may have modules of the same names

PREFIX = "bench_"
SETUP_PREFIX = "setup_"
SAMPLE_NS = 3_000_000  # rounded to whole calls, a sample lasts 2 to 5 ms
ROUGH_NS = 500_000
CALIBRATION_SAMPLES = 5
MAX_INNER = 50_000_000
MAX_WARM_UP = 30
CALMING_S = 0.3  # threads that a declared pool keeps spinning after its work


class Timed(NamedTuple):
    """One sample, in nanoseconds of all its calls."""

    wall: int
    cpu: int


class CaseError(Exception):
    """A case is not written as one."""


class Case(NamedTuple):
    """A function to measure, and what makes its argument."""

    name: str
    call: Callable[..., Any]
    setup: Any = None

    def arguments(self) -> tuple[Any, ...]:
        """Run the setup; refuse a function that would not do its work when it is called."""
        function, shown = self.call, PREFIX + self.name
        for wrong in (inspect.iscoroutinefunction, inspect.isgeneratorfunction):
            if wrong(function):
                message = f"{shown} does nothing when it is called: it must run to its end."
                raise CaseError(message)
        given = () if self.setup is None else (self.setup(),)
        try:
            inspect.signature(function).bind(*given)
        except TypeError:
            told = f"what {SETUP_PREFIX}{self.name} returned" if given else "no argument"
            message = f"{shown} is called with {told}, and does not take it."
            raise CaseError(message) from None
        except ValueError:  # a builtin without a signature: the call itself will tell
            return given
        return given


def main(request_file: str) -> None:
    """Answer the request."""
    request = json.loads(Path(request_file).read_text(encoding="utf-8"))
    with Path(request["out"]).open("w", encoding="ascii") as out:

        def say(**line: Any) -> None:
            out.write(json.dumps(line) + "\n")
            out.flush()

        try:
            answer(request, say)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a case is a failure too
            shown = f"{Path(request['root']).resolve()}/"
            say(failed=described(error, shown))
            sys.exit(1)
        say(ended=True)


def answer(request: dict[str, Any], say: Callable[..., None]) -> None:
    """Load the file, list its cases, and measure those that are asked for."""
    module = point.loaded(Path(request["root"]).resolve(), request["file"])
    cases = cases_of(vars(module))
    say(listed=sorted(cases))
    if request["mode"] == "list":
        return
    work = calibrated if request["mode"] == "calibrate" else measured
    for name in request["cases"]:
        say(begun=name)
        if name not in cases:
            message = f"{request['file']} has no function {PREFIX}{name}"
            raise CaseError(message)
        say(measured={"case": name, **work(cases[name], request)})


def cases_of(namespace: dict[str, Any]) -> dict[str, Case]:
    """Find the cases among a module's names."""
    cases = {}
    for key, found in list(namespace.items()):
        is_case = isinstance(key, str) and key.startswith(PREFIX) and len(key) > len(PREFIX)
        if is_case and callable(found) and not isinstance(found, type):
            name = key[len(PREFIX) :]
            cases[name] = Case(name, found, namespace.get(SETUP_PREFIX + name))
    return cases


def calibrated(case: Case, request: dict[str, Any]) -> dict[str, Any]:
    """Find how many calls make a sample."""
    arguments, _ = prepared(case, request)
    inner = 1
    while timed(case, arguments, inner).wall < ROUGH_NS and inner < MAX_INNER:
        inner *= 2
    for _ in range(request["warmup"]):
        timed(case, arguments, inner)
    least = min(timed(case, arguments, inner).wall for _ in range(CALIBRATION_SAMPLES))
    calls = round(SAMPLE_NS * inner / max(1, least))
    return {"inner": min(MAX_INNER, max(1, calls))}


def measured(case: Case, request: dict[str, Any]) -> dict[str, Any]:
    """Measure a case: its first call is hashed, the later ones are timed."""
    arguments, found = prepared(case, request)
    metrics, inner = request["metrics"], request["inner"][case.name]
    result: dict[str, Any] = {"inner": inner, "result_hash": found}
    if "wall" in metrics or "cpu" in metrics:
        samples, result["steady"] = steady(case, arguments, request)
        result["wall"] = [sample.wall / inner / 1e9 for sample in samples]
        result["cpu"] = [sample.cpu / inner / 1e9 for sample in samples]
        refuse_unfinished(case, request["threads"])
    if "memory" in metrics:
        result["memory"] = [peak_bytes(case, arguments)]
    return result


def prepared(case: Case, request: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
    """Make a case's argument, and call it once; gives also the hash of what it returned."""
    point.seed_generators(request["seed"])
    arguments = case.arguments()
    found = result_hash.result_hash(case.call(*arguments))
    gc.collect()
    return arguments, found


def steady(
    case: Case, arguments: tuple[Any, ...], request: dict[str, Any]
) -> tuple[list[Timed], bool]:
    """Take samples until those to be kept are of one level; tells also whether they are."""
    kept, start = request["samples"], request["warmup"]
    inner = request["inner"][case.name]
    series = [timed(case, arguments, inner) for _ in range(start + kept)]
    while True:
        found = series[start:]
        left = steadiness.warm_up_left(levels(found))
        if left is None:
            return found, True
        if start + left > MAX_WARM_UP:
            return found, False
        start += left
        series += [timed(case, arguments, inner) for _ in range(left)]


def levels(samples: list[Timed]) -> list[float]:
    """Choose the clock to see warm-up by: CPU time, which is calmer, unless the case waits."""
    waits = 2 * sum(one.cpu for one in samples) < sum(one.wall for one in samples)
    return [float(one.wall if waits else one.cpu) for one in samples]


def timed(case: Case, arguments: tuple[Any, ...], inner: int) -> Timed:
    """Take one sample of *inner* calls."""
    call, calls = case.call, itertools.repeat(None, inner)
    cpu = cpu_ns()
    wall = perf_counter_ns()
    for _ in calls:
        call(*arguments)
    wall = perf_counter_ns() - wall
    return Timed(wall, cpu_ns() - cpu)


def cpu_ns() -> int:
    """Give the CPU time of all threads, and of all child processes that were waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return process_time_ns() + round((children.ru_utime + children.ru_stime) * 1e9)


def refuse_unfinished(case: Case, threads: int) -> None:
    """Refuse a case that goes on working after it returned: nobody has timed that."""
    share = background.busy_share(CALMING_S if threads > 1 else 0.0)
    if share > 0.0:
        message = (
            f"{PREFIX}{case.name} leaves work behind that uses {share:.0%} of a CPU after it has "
            "returned, in a thread or child process. Let it wait for them, so that all is timed."
        )
        raise CaseError(message)


def peak_bytes(case: Case, arguments: tuple[Any, ...]) -> int:
    """Give the most memory that Python's allocators held at once during one call."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        case.call(*arguments)
        return max(0, tracemalloc.get_traced_memory()[1] - before)
    finally:
        tracemalloc.stop()


def described(error: BaseException, shown: str) -> str:
    """Render what went wrong, from the repository's own frames on."""
    if isinstance(error, CaseError):
        return str(error)
    frames, ours = error.__traceback__, (__file__, point.__file__)
    while frames is not None and frames.tb_frame.f_code.co_filename in ours:
        frames = frames.tb_next
    return point.described(error.with_traceback(frames), shown)


if __name__ == "__main__":
    main(sys.argv[1])
