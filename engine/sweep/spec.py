"""The sweep spec: which strategy over which points, on what terms, and what is ranked by."""

from __future__ import annotations

import math
from typing import Annotated, Any

import msgspec

from engine.backtest.account_terms import AccountTerms
from engine.backtest.costs import Costs
from engine.backtest.data_spec import DataSpec, with_long_data
from engine.backtest.engine_spec import EngineSpec, PeriodsPerYear
from engine.backtest.profiles import ProfileName
from engine.backtest.risk.rule_specs import RuleSpec, series_sources
from engine.decoding import decode
from engine.document import Document
from engine.errors import UserError, Where
from engine.identity import canonical_json, content_hash
from engine.strategy_places import check_strategy, file_of, name_of
from engine.sweep.folds import Split
from engine.sweep.random_search import Parameter, Range, space_size
from engine.values import Mode
from engine.yaml12 import parse_yaml

MAX_POINTS = 1_000_000
ENGINE_KEYS = ("split", "costs", "account", "profile", "risk", "periods_per_year")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Values = Annotated[tuple[Any, ...], msgspec.Meta(min_length=1)]


class RandomSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``n`` distinct points, drawn of the sweep's seed.

    A parameter's part of ``space`` is a list of values, ``{int: [low, high]}`` or
    ``{float: [low, high], log: false}``.
    """

    n: Annotated[int, msgspec.Meta(ge=1, le=MAX_POINTS)]
    space: Annotated[dict[Text, Parameter], msgspec.Meta(min_length=1)]


class SweepSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A parsed spec. ``strategy`` is ``path/to/file.py:name``, its path from the repository's root.

    Exactly one of ``grid`` and ``random`` says which points. For a function ``data`` names
    measuring files that it reads itself. For a class it names the bars that we read, and
    the keys of ``ENGINE_KEYS`` may say on what terms it is run. ``jobs`` None leaves the number
    of processes to the executor.
    """

    strategy: Text
    metric: Text
    mode: Mode
    grid: Annotated[dict[Text, Values], msgspec.Meta(min_length=1)] | None = None
    random: RandomSearch | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    data: DataSpec | None = None
    split: Split | None = None
    costs: Costs | None = None
    account: AccountTerms | None = None
    profile: ProfileName | None = None
    risk: tuple[RuleSpec, ...] | None = None
    periods_per_year: PeriodsPerYear | None = None
    jobs: Annotated[int, msgspec.Meta(ge=1, le=1024)] | None = None

    @property
    def data_paths(self) -> tuple[str, ...]:
        """The measuring files that it names: bars, and what its rules read."""
        bars = () if self.data is None else self.data.repository_files
        series = [one.repository_files for one in series_sources(self.risk or ())]
        return tuple(dict.fromkeys([*bars, *(path for paths in series for path in paths)]))

    @property
    def mounts(self) -> tuple[str, ...]:
        """The data mounts that it names, each once."""
        bars = () if self.data is None else (self.data.mount,)
        series = [one.mount for one in series_sources(self.risk or ())]
        return tuple(dict.fromkeys(name for name in (*bars, *series) if name is not None))

    @property
    def data_has_terms(self) -> bool:
        """Whether ``data`` says more than paths."""
        return self.data is not None and self.data != DataSpec(
            path=self.data.path or (None if self.data.paths else "-"), paths=self.data.paths
        )

    @property
    def engine_keys(self) -> tuple[str, ...]:
        """Those keys of our engine's that are given."""
        return tuple(key for key in ENGINE_KEYS if getattr(self, key) is not None)

    @property
    def strategy_path(self) -> str:
        """The file that holds the strategy."""
        return file_of(self.strategy)

    @property
    def strategy_name(self) -> str:
        """The name of the function or class in that file."""
        return name_of(self.strategy)

    @property
    def spec_hash(self) -> str:
        """SHA-256 of what decides the result; ``jobs`` does not."""
        return content_hash(self._deciding())

    def engine(self, data: DataSpec) -> EngineSpec:
        """Give the terms of a class, whose bars are *data*."""
        return EngineSpec(
            data=data,
            costs=self.costs or Costs(),
            account=self.account or AccountTerms(),
            profile=self.profile or ProfileName.OURS,
            risk=self.risk or (),
            periods_per_year=self.periods_per_year,
        )

    def _deciding(self) -> dict[str, Any]:
        """List what decides, as specs of a function alone have always been hashed."""
        given: dict[str, Any] = msgspec.to_builtins(self)
        if not self.data_has_terms:
            given["data"] = [] if self.data is None else list(self.data.files)
        always = ("strategy", "grid", "metric", "mode", "seed", "data")
        found = {name: value for name, value in given.items() if value is not None}
        if self.grid is None:
            return {**found, "jobs": None}
        return {**{name: given[name] for name in always}, **found, "jobs": None}


def parse_sweep_spec(data: bytes, file: str) -> SweepSpec:
    """Read a sweep spec.

    Raises:
        UserError: broken YAML, an unknown or wrong key, a grid without points or with doubled
            values, a space with fewer points than are asked for, or a path outside the repository.
    """
    document = parse_yaml(data, file)
    spec = decode(with_long_data(document), SweepSpec)
    check_strategy(document, spec.strategy, "function or class", "name")
    if (spec.grid is None) is (spec.random is None):
        found = "neither" if spec.grid is None else "both"
        problem = f"expected either grid or random, found {found}."
        raise UserError(problem, document.where(("random",)), "Say which points with one of them.")
    _check_grid(document, spec.grid or {})
    if spec.random is not None:
        _check_space(document, spec.random)
    return spec


def _check_grid(document: Document, grid: dict[str, tuple[Any, ...]]) -> None:
    for name, values in grid.items():
        _refuse_doubled(document.where(("grid", name)), values)
    size = math.prod(len(values) for values in grid.values())
    if size > MAX_POINTS:
        problem = f"the grid has {size} points; at most {MAX_POINTS} are allowed."
        raise UserError(problem, document.where(("grid",)), "Leave some values out.")


def _check_space(document: Document, search: RandomSearch) -> None:
    for name, one in search.space.items():
        if not isinstance(one, Range):
            _refuse_doubled(document.where(("random", "space", name)), one)
    size = space_size(search.space)
    if size is not None and size < search.n:
        problem = f"the space has only {size} different points, and {search.n} are asked for."
        raise UserError(problem, document.where(("random", "n")), "Ask for fewer, or use a grid.")


def _refuse_doubled(where: Where, values: tuple[Any, ...]) -> None:
    seen: set[bytes] = set()
    for value in values:
        text = canonical_json(value)
        if text in seen:
            problem = f"the value {text.decode()} is there twice."
            raise UserError(problem, where, "Write each value once: equal points are one point.")
        seen.add(text)
