"""pytest-benchmark's JSON (``--benchmark-json``): seconds, one number a round."""

from __future__ import annotations

import msgspec

from engine.errors import UserError, Where
from engine.formats.reading import checked, decode_json
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName

_TRIMMED = "..."  # how people mark rounds that they have cut out of a file


class _Options(msgspec.Struct, frozen=True):
    timer: str = "perf_counter"


class _Stats(msgspec.Struct, frozen=True):
    min: float
    data: tuple[float | str, ...] | None = None


class _Benchmark(msgspec.Struct, frozen=True):
    fullname: str
    stats: _Stats
    options: _Options = _Options()


class _File(msgspec.Struct, frozen=True):
    """pytest-benchmark JSON: ``benchmarks[]`` with ``fullname`` and ``stats``."""

    benchmarks: tuple[_Benchmark, ...]


def parse(data: bytes, file: str) -> tuple[Launch, ...]:
    """Read one launch for each benchmark, named by its node id.

    A file without the single rounds (``data`` absent, or trimmed by hand) gives the one
    sample that is surely there: ``stats.min``.

    Raises:
        UserError: malformed (names the byte), another form (names the path), or no benchmark.
    """
    document = decode_json(data, _File, file)
    launches = [
        _launch(benchmark, Where(file, field=f"benchmarks[{index}]"))
        for index, benchmark in enumerate(document.benchmarks)
    ]
    return checked(launches, file)


def _launch(benchmark: _Benchmark, where: Where) -> Launch:
    samples = _samples(benchmark.stats, where)
    if min(samples) < 0:
        problem = f"a round took {min(samples)!r} seconds."
        raise UserError(problem, where, "Times are zero or more; use a monotonic timer.")
    try:
        return Launch(
            case=CaseName(benchmark.fullname),
            metric=MetricName("cpu" if _is_cpu(benchmark.options.timer) else "wall"),
            unit="s",
            better=Better.LOWER,
            samples=samples,
        )
    except ValueError as error:
        remedy = "Let pytest-benchmark write the file, with times that a clock gave."
        problem = f"{error}."
        raise UserError(problem, where, remedy) from None


def _samples(stats: _Stats, where: Where) -> tuple[float, ...]:
    data = stats.data or ()
    rounds = tuple(value for value in data if isinstance(value, float))
    if len(rounds) == len(data):
        return rounds or (stats.min,)
    last = data[-1]
    if len(rounds) == len(data) - 1 and isinstance(last, str) and last.startswith(_TRIMMED):
        return (stats.min,)
    problem = "stats.data holds a text among the rounds."
    raise UserError(problem, where, "Let pytest-benchmark write the file, with its rounds.")


def _is_cpu(timer: str) -> bool:
    return "process_time" in timer or "thread_time" in timer
