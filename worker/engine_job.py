"""A job of the engine as its process takes it up: bars, terms and rules; points to answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.canary import Behaviour, look_ahead
from engine.backtest.column_bytes import bytes_of, lengths_of, returns_bytes, signature_of
from engine.backtest.forms.attribution import Attribution
from engine.backtest.forms.evaluation import evaluate, followed
from engine.backtest.forms.parameters import in_force, parameters_of
from engine.backtest.forms.strategies import AnyStrategy, BatchStrategy, SignalStrategy, Strategy
from engine.backtest.kernels.compiled import load_compiled
from engine.backtest.metric_sums import sums_of
from engine.backtest.metrics import SumsOf, metrics_of
from engine.backtest.paths import COMPILED, path_for
from engine.backtest.profiles import PROFILES
from engine.backtest.results import Backtest
from engine.backtest.risk.rule_specs import Readings, rules_of
from engine.backtest.risk.rules import Rule
from engine.backtest.setup import Setup
from engine.errors import UserError
from worker.bar_arrays import map_bar_arrays
from worker.engine_protocol import (
    AskedCanary,
    AskedPoint,
    CarriedSeries,
    Chunk,
    EngineJob,
    FoldAnswer,
    FoldWindows,
    Lengths,
    PointAnswer,
    Shares,
    Span,
    WindowAnswer,
    carried,
)
from worker.overhead_rounds import Rounds, timed, variants

_NS = 1e-9
COMPILED_SUMS_FROM = 4_000  # windows, from which compiling what metrics add up pays
_DECIDES: Mapping[type[Any], str] = {
    SignalStrategy: "signals",
    BatchStrategy: "on_bars",
    Strategy: "on_bar",
}
_MAX_TEXT = 200
_CHUNK = msgspec.json.Decoder(Chunk)
Failure = Callable[[BaseException], str]


def _derives(found: object, form: type[Any]) -> bool:
    return isinstance(found, type) and issubclass(found, form)


def _what(found: object) -> str:
    if found is None:
        return "not there"
    return "a class of another kind" if isinstance(found, type) else f"a {type(found).__name__}"


def _is_plain(value: object) -> bool:
    """Tell whether JSON has it as it is."""
    try:
        return bool(msgspec.json.decode(msgspec.json.encode(value)) == value)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError):
        return False


def _text(value: object) -> str:
    return repr(value)[:_MAX_TEXT]


@dataclass(slots=True)
class Session:
    """Answers chunks of points of one job with one strategy; its arrays are mapped once."""

    job: EngineJob
    bars: Bars
    setup: Setup
    rules: tuple[Rule, ...]
    seed_generators: Callable[[int], None]
    failure: Failure
    sums: SumsOf = sums_of  # of metrics: by numpy, or compiled, with the same bits
    kind: type[Any] = object
    _seen: dict[int, Bars] = field(default_factory=dict)

    def adopt(self, found: object, name: str) -> None:
        """Take the class that was found under *name*.

        Raises:
            UserError: it is none of our forms, or lacks the method that decides.
        """
        form = next((one for one in _DECIDES if _derives(found, one)), None)
        if form is None:
            problem = f"{name} is {_what(found)}."
            listed = ", ".join(one.__name__ for one in _DECIDES)
            remedy = f"Name a class that derives from one of highwater's {listed}."
            raise UserError(problem, None, remedy)
        method = _DECIDES[form]
        if getattr(found, method) is getattr(form, method):
            problem = f"{name} has no method {method}."
            remedy = f"Define {method}: it makes the decisions of a {form.__name__}."
            raise UserError(problem, None, remedy)
        self.kind = cast(type[Any], found)

    def answers(self, line: bytes) -> Iterator[bytes]:
        """Answer the points of a chunk one after the other, each with its line."""
        chunk = _CHUNK.decode(line)
        for asked in chunk.points:
            yield msgspec.json.encode(self._answer(asked, chunk.canary)) + b"\n"

    def _answer(self, asked: AskedPoint, canary: AskedCanary | None) -> PointAnswer:
        started = time.perf_counter()
        try:
            answer = self._looked(asked, canary) if canary else self._evaluated(asked)
        except BaseException as error:  # noqa: BLE001 - sys.exit in a strategy is a failed point
            answer = PointAnswer(index=asked.index, elapsed_s=0.0, error=self.failure(error))
        elapsed = time.perf_counter() - started
        return msgspec.structs.replace(answer, elapsed_s=elapsed)

    def _looked(self, asked: AskedPoint, canary: AskedCanary) -> PointAnswer:
        def behave(bars: Bars) -> Behaviour:
            signals, run = followed(self._made(asked), bars, self.setup, rules=self.rules)
            return Behaviour(signals, run.fills)

        bars = self._bars_until(self.bars.length)
        found = look_ahead(behave, bars, seed=canary.seed, cuts=canary.cuts)
        return PointAnswer(index=asked.index, elapsed_s=0.0, canary=found)

    def _evaluated(self, asked: AskedPoint) -> PointAnswer:
        folds = tuple(self._fold(asked, windows) for windows in self.job.folds)
        params = self._in_force(asked) if self.job.give == "backtests" else {}
        return PointAnswer(index=asked.index, elapsed_s=0.0, folds=folds, params=params)

    def _in_force(self, asked: AskedPoint) -> dict[str, Any]:
        found = in_force(self.kind, self._given(asked))
        return {name: value if _is_plain(value) else _text(value) for name, value in found.items()}

    def _fold(self, asked: AskedPoint, windows: FoldWindows) -> FoldAnswer:
        runs = [self._run(asked, span) for span in (windows.is_, windows.oos) if span is not None]
        *inside, outside = [self._window(*one) for one in runs]
        return FoldAnswer(
            fold=windows.fold,
            is_=inside[0] if inside else None,
            oos=outside,
            columns=self._columns(asked, windows.fold, [run for run, _ in runs]),
        )

    def _run(self, asked: AskedPoint, span: Span) -> tuple[Backtest, Attribution | None]:
        strategy = self._made(asked)
        attribution = Attribution(time.perf_counter_ns) if self.job.attribute else None
        seen = self._bars_until(span[1])
        run = evaluate(strategy, seen, self.setup, span, rules=self.rules, attribution=attribution)
        return run, attribution

    def _made(self, asked: AskedPoint) -> AnyStrategy:
        """Make a strategy anew, the global generators and a parameter ``seed`` set for it."""
        self.seed_generators(asked.seed)
        made: AnyStrategy = self.kind(**self._given(asked))
        return made

    def _given(self, asked: AskedPoint) -> dict[str, Any]:
        own = {"seed": asked.seed} if "seed" in parameters_of(self.kind) else {}
        return {**own, **asked.params}

    def _window(self, run: Backtest, attribution: Attribution | None) -> WindowAnswer:
        found = metrics_of(run, self.job.periods_per_year, self.sums)
        whole = self.job.give == "backtests"
        return WindowAnswer(
            metrics=found.values(),
            reasons=dict(found.reasons),
            signature=signature_of([run]),
            lengths=Lengths(**lengths_of(run)._asdict()) if whole else None,
            cash_end=run.cash_end if whole else None,
            shares=None if attribution is None else _shares(attribution),
        )

    def variant(self, line: bytes, *, armed: bool) -> Callable[[], None]:
        """Give one run of the job's first window to be timed: with all rules, or with none."""
        asked = msgspec.json.decode(line, type=AskedPoint)
        span = self.job.folds[0].oos
        seen, rules = self._bars_until(span[1]), self.rules if armed else ()
        if armed and not (rules or self._made(asked).rules_for(seen)):
            problem = f"{self.kind.__name__} has no risk rules: both variants would be the same."
            raise UserError(problem, None, "Arm some: rules() of the strategy, or the key risk.")

        def run() -> None:
            evaluate(self._made(asked), seen, self.setup, span, rules=rules, armed=armed)

        return run

    def rounds(self, line: bytes, count: int) -> bytes:
        """Time the parts of one point's run over the job's first window, in turns."""
        asked = msgspec.json.decode(line, type=AskedPoint)
        start, stop = self.job.folds[0].oos
        seen = self._bars_until(stop)
        runs = variants(lambda: self._made(asked), seen, self.setup, self.rules, start)
        times = timed(runs, count, time.perf_counter_ns)
        return msgspec.json.encode(Rounds(bars=stop - start, assets=seen.width, times_ns=times))

    def _columns(self, asked: AskedPoint, fold: int, runs: list[Backtest]) -> str | None:
        if self.job.give == "metrics":
            return None
        name = f"{asked.index}-{fold}.columns"
        whole = self.job.give == "backtests"
        data = b"".join(map(bytes_of, runs)) if whole else returns_bytes(runs[-1])
        (Path(self.job.out) / name).write_bytes(data)
        return name

    def _bars_until(self, stop: int) -> Bars:
        """Map the bars before *stop* alone: what is not mapped cannot be looked at."""
        if stop not in self._seen:
            self._seen[stop] = _mapped(self.bars, stop)
        return self._seen[stop]


def session(line: bytes, seed_generators: Callable[[int], None], failure: Failure) -> Session:
    """Take up the job in *line*; the compiler is imported now where there is enough work for it.

    Raises:
        msgspec.DecodeError, HighwaterError, OSError: it is no job, or its arrays are not there.
    """
    job = msgspec.json.decode(line, type=EngineJob)
    bars = map_bar_arrays(Path(job.bars))
    way = path_for(bars.length * bars.width * job.points, bars.width)
    if way in COMPILED:
        load_compiled()
    windows = job.points * sum(1 if fold.is_ is None else 2 for fold in job.folds)
    readings = {one.source: _readings(one) for one in job.series}
    setup = Setup(terms=job.account, costs=job.costs, profile=PROFILES[job.profile], path=way)
    return Session(
        job=job,
        bars=bars,
        setup=setup,
        rules=rules_of(job.risk, readings),
        seed_generators=seed_generators,
        failure=failure,
        sums=_compiled_sums() if way in COMPILED and windows >= COMPILED_SUMS_FROM else sums_of,
    )


def _compiled_sums() -> SumsOf:
    from engine.backtest.metric_kernels import sums_of as compiled  # noqa: PLC0415 - as numba is

    return compiled


def _readings(series: CarriedSeries) -> Readings:
    times = np.frombuffer(series.times, "<i8").astype("datetime64[ns]")
    return Readings(times=times, values=np.frombuffer(series.values, "<f8").astype(np.float64))


def _mapped(bars: Bars, stop: int) -> Bars:
    prices = {name: _until(getattr(bars, name), stop) for name in ("open", "high", "low", "close")}
    volume = None if bars.volume is None else _until(bars.volume, stop)
    times = _until(bars.times, stop)
    return Bars(times=times, symbols=bars.symbols, volume=volume, **prices)


def _until(mapped: NDArray[Any], stop: int) -> NDArray[Any]:
    if not isinstance(mapped, np.memmap) or mapped.filename is None:
        message = f"bars are memory maps here, not {type(mapped).__name__}"
        raise TypeError(message)
    place = {"dtype": mapped.dtype, "mode": "r", "offset": mapped.offset}
    part: NDArray[Any] = np.memmap(mapped.filename, shape=(stop, *mapped.shape[1:]), **place)
    return np.asarray(part)


def _shares(found: Attribution) -> Shares:
    return Shares(
        engine_s=found.engine_ns * _NS,
        hooks_s=found.hooks_ns * _NS,
        rules_s=found.rules_ns * _NS,
        hook_calls=found.hook_calls,
        rule_calls=found.rule_calls,
    )


__all__ = ["Session", "carried", "session"]
