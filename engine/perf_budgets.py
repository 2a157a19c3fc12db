"""``perf_budget.yaml`` read into a value (docs/reference/budgets.md)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated

import msgspec

from engine.comparison import DEFAULT_EPSILON_ABS, Allowance, PerfBudget
from engine.current import Rate, Seconds
from engine.decoding import decode, unknown_key
from engine.document import Document
from engine.errors import UserError
from engine.values import Mode
from engine.yaml12 import parse_yaml

_DROP = re.compile(r"max_(.+)_drop")


class BudgetFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys that are the same for every metric."""

    metric: Annotated[str, msgspec.Meta(min_length=1)]
    mode: Mode
    min_success_rate: Rate | None = None
    max_p90_elapsed_s: Seconds | None = None
    epsilon_abs: Allowance = DEFAULT_EPSILON_ABS


BUDGET_KEYS = (*BudgetFile.__struct_fields__, "max_<metric>_drop")


def parse_perf_budget(data: bytes, file: str) -> PerfBudget:
    """Read a budget file.

    Raises:
        UserError: broken YAML, an unknown key, a bound that is no number, or no
            ``max_<metric>_drop`` for the budget's own metric.
    """
    return decode_perf_budget(parse_yaml(data, file))


def decode_perf_budget(document: Document) -> PerfBudget:
    """Turn a parsed budget file into its value.

    Raises:
        UserError: as ``parse_perf_budget``.
    """
    if not isinstance(document.value, dict):
        decode(document, BudgetFile)
    drops = {key: value for key, value in document.value.items() if _DROP.fullmatch(key)}
    rest = {key: value for key, value in document.value.items() if key not in drops}
    unknown = next((key for key in rest if key not in BUDGET_KEYS), None)
    if unknown is not None:
        raise unknown_key(document, (unknown,), BUDGET_KEYS)
    common = decode(replace(document, value=rest), BudgetFile)
    allowances = decode(replace(document, value=drops), dict[str, Allowance])
    _require_drop(document, common.metric, tuple(drops))
    return PerfBudget(
        metric=common.metric,
        mode=common.mode,
        max_drops={_metric(name): drop for name, drop in allowances.items()},
        min_success_rate=common.min_success_rate,
        max_p90_elapsed_s=common.max_p90_elapsed_s,
        epsilon_abs=common.epsilon_abs,
    )


def _require_drop(document: Document, metric: str, drops: tuple[str, ...]) -> None:
    key = f"max_{metric}_drop"
    if key not in drops:
        found = ", ".join(drops) or "no max_<metric>_drop at all"
        problem = f"missing key `{key}`: the budget's metric is {metric}, found {found}."
        remedy = f"Write how far {metric} may drop, such as {key}: 0.05."
        raise UserError(problem, document.where((key,)), remedy)


def _metric(key: str) -> str:
    return key.removeprefix("max_").removesuffix("_drop")
