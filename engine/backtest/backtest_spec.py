"""The spec of a backtest: one strategy with one set of parameters, over one stretch of time."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.data_spec import Moment, Text, moment_ns, with_long_data
from engine.backtest.engine_spec import EngineSpec
from engine.decoding import decode
from engine.errors import UserError, Where
from engine.identity import content_hash
from engine.strategy_places import check_strategy, file_of, name_of
from engine.yaml12 import parse_yaml

_DAY_NS = 24 * 3600 * 10**9


class BacktestSpec(EngineSpec, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A parsed spec. ``strategy`` is ``path/to/file.py:Name``, its path from the repository's root.

    ``from_`` and ``until`` (in UTC, both included; a day stands for all of it) bound the bars that
    are traded on. The strategy sees those before them too, and none behind.
    """

    strategy: Text
    params: dict[Text, Any] = msgspec.field(default_factory=dict)
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)] = 0
    from_: Moment | None = msgspec.field(default=None, name="from")
    until: Moment | None = None

    def __post_init__(self) -> None:
        """Refuse moments that there are none, or in the wrong order."""
        first, last = (None if one is None else moment_ns(one) for one in (self.from_, self.until))
        if first is not None and last is not None and first > last:
            message = "from is later than until"
            raise ValueError(message)

    @property
    def strategy_path(self) -> str:
        """The file that holds the strategy."""
        return file_of(self.strategy)

    @property
    def strategy_name(self) -> str:
        """The name of the class in that file."""
        return name_of(self.strategy)

    @property
    def spec_hash(self) -> str:
        """SHA-256 of the spec's content."""
        return content_hash(self)


def parse_backtest_spec(data: bytes, file: str) -> BacktestSpec:
    """Read the spec of a backtest.

    Raises:
        UserError: broken YAML, an unknown or wrong key, or a path outside the repository.
    """
    document = parse_yaml(data, file)
    spec = decode(with_long_data(document), BacktestSpec)
    check_strategy(document, spec.strategy, "class", "Name")
    return spec


def traded_bars(times: NDArray[np.datetime64], spec: BacktestSpec, file: str) -> tuple[int, int]:
    """Give the first bar that *spec* trades on, and the one behind its last.

    Raises:
        UserError: there is none.
    """
    moments = times.astype("datetime64[ns]").astype(np.int64)
    start, stop = 0, len(moments)
    if spec.from_ is not None:
        start = int(np.searchsorted(moments, moment_ns(spec.from_), side="left"))
    if spec.until is not None:
        is_day = "T" not in spec.until and " " not in spec.until
        last = moment_ns(spec.until) + (_DAY_NS - 1 if is_day else 0)
        stop = int(np.searchsorted(moments, last, side="right"))
    if start >= stop:
        found = f"{times[0].astype('datetime64[s]')} to {times[-1].astype('datetime64[s]')}"
        problem = f"no bar lies between from and until; there are bars from {found}."
        field = "from" if spec.from_ is not None else "until"
        raise UserError(problem, Where(file, field=field), "Choose another stretch of time.")
    return start, stop
