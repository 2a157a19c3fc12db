"""The sweep spec: which strategy over which grid, and what is ranked by."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any

import msgspec

from engine.decoding import decode
from engine.document import Document
from engine.errors import UserError, Where
from engine.identity import canonical_json, content_hash
from engine.paths import path_problem
from engine.values import Mode
from engine.yaml12 import parse_yaml

MAX_POINTS = 1_000_000
NOT_SUPPORTED = ("random", "split", "costs")

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
Values = Annotated[tuple[Any, ...], msgspec.Meta(min_length=1)]


class SweepSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A parsed spec. ``strategy`` is ``path/to/file.py:name``, its path from the repository's root.

    ``data_paths`` names measuring files (key ``data``: one path or a list of them). ``jobs`` None
    leaves the number of processes to the executor.
    """

    strategy: Text
    grid: Annotated[dict[Text, Values], msgspec.Meta(min_length=1)]
    metric: Text
    mode: Mode
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    data_paths: tuple[Text, ...] = msgspec.field(default=(), name="data")
    jobs: Annotated[int, msgspec.Meta(ge=1, le=1024)] | None = None

    @property
    def strategy_path(self) -> str:
        """The file that holds the strategy."""
        return self.strategy.rpartition(":")[0]

    @property
    def strategy_name(self) -> str:
        """The function's name in that file."""
        return self.strategy.rpartition(":")[2]

    @property
    def spec_hash(self) -> str:
        """SHA-256 of what decides the result; ``jobs`` does not."""
        return content_hash(msgspec.structs.replace(self, jobs=None))


def parse_sweep_spec(data: bytes, file: str) -> SweepSpec:
    """Read a sweep spec.

    Raises:
        UserError: broken YAML, an unknown or wrong key, a grid without points or with doubled
            values, a path outside the repository, or a key that this version cannot do.
    """
    document = parse_yaml(data, file)
    _refuse_unsupported(document)
    spec = decode(_with_data_list(document), SweepSpec)
    _check_strategy(document, spec)
    for path in spec.data_paths:
        _check_path(document, path, "data")
    _check_grid(document, spec)
    return spec


def _refuse_unsupported(document: Document) -> None:
    found = document.value if isinstance(document.value, dict) else {}
    for key in NOT_SUPPORTED:
        if key in found:
            remedy = f"Leave {key} out; a sweep is a grid over one strategy."
            problem = f"the key {key} is not supported by this version."
            raise UserError(problem, document.where((key,)), remedy)


def _with_data_list(document: Document) -> Document:
    """Write one data path as a list of one, which is what it means."""
    content = document.value
    if not isinstance(content, dict) or not isinstance(content.get("data"), str):
        return document
    return replace(document, value={**content, "data": [content["data"]]})


def _check_strategy(document: Document, spec: SweepSpec) -> None:
    path, name = spec.strategy_path, spec.strategy_name
    if not path.endswith(".py") or not name.isidentifier():
        problem = f"{spec.strategy!r} names no function."
        remedy = "Write path/to/file.py:name, the path from the repository's root."
        raise UserError(problem, document.where(("strategy",)), remedy)
    _check_path(document, path, "strategy")


def _check_path(document: Document, path: str, field: str) -> None:
    problem = path_problem(path)
    if problem is not None:
        remedy = "Write a path inside the repository, from its root."
        raise UserError(problem, document.where((field,)), remedy)


def _check_grid(document: Document, spec: SweepSpec) -> None:
    for name, values in spec.grid.items():
        _refuse_doubled(document.where(("grid", name)), values)
    size = math.prod(len(values) for values in spec.grid.values())
    if size > MAX_POINTS:
        problem = f"the grid has {size} points; at most {MAX_POINTS} are allowed."
        raise UserError(problem, document.where(("grid",)), "Leave some values out.")


def _refuse_doubled(where: Where, values: tuple[Any, ...]) -> None:
    seen: set[bytes] = set()
    for value in values:
        text = canonical_json(value)
        if text in seen:
            problem = f"the grid holds the value {text.decode()} twice."
            raise UserError(problem, where, "Write each value once: equal points are one point.")
        seen.add(text)
