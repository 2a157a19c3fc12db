"""Rows of a sweep: one evaluated point (and fold) each (docs/reference/files.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from engine.identity import content_hash

Status = Literal["ok", "error", "timeout"]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class SweepRow(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """One row of ``results.jsonl`` or ``results.parquet``.

    ``metrics`` is ``{"is": {…}, "oos": {…}}``, or flat names to numbers (in-sample then).
    A failed point has status ``error`` and its message; one that the time for the whole sweep was
    up for, ``timeout``. ``signature`` is of the canonical trades and equity, where an engine knows
    more of them than a row carries.
    """

    id: str
    params: dict[str, Any]
    seed: int
    fold: int | None = None
    metrics: dict[str, Any] = {}
    status: Status
    elapsed_s: float
    error: str | None = None
    returns: tuple[tuple[str, float], ...] | None = None
    trades: tuple[Any, ...] | None = None
    signature: Sha256 | None = None


class PointResult(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """A row as a report carries it: its returns and trades as one behaviour signature."""

    id: str
    params: dict[str, Any]
    seed: int
    fold: int | None = None
    metrics: dict[str, Any] = {}
    status: Status
    elapsed_s: float
    error: str | None = None
    signature: str | None = None
    signed: Literal["trades and equity", "trades and returns", "returns", "trades"] | None = None


def doubled_date(row: SweepRow) -> str | None:
    """Give a date that has two of the row's returns, of which only one could count; None: none."""
    seen: set[str] = set()
    for date, _ in row.returns or ():
        if date in seen:
            return date
        seen.add(date)
    return None


def signed(row: SweepRow) -> PointResult:
    """Replace a row's returns and trades by its signature, or by SHA-256 over what it carries."""
    parts = {"trades": row.trades, "returns": row.returns}
    present = {name: value for name, value in parts.items() if value is not None}
    return PointResult(
        id=row.id,
        params=row.params,
        seed=row.seed,
        fold=row.fold,
        metrics={name: _spelled(value) for name, value in row.metrics.items()},
        status=row.status,
        elapsed_s=row.elapsed_s,
        error=row.error,
        signature=row.signature or (content_hash(present) if present else None),
        signed="trades and equity" if row.signature else " and ".join(present) or None,  # type: ignore[arg-type]
    )


def _spelled(value: Any) -> Any:
    """Spell NaN and the infinities out: JSON has no such numbers, and people want to see them."""
    if isinstance(value, Mapping):
        return {name: _spelled(inner) for name, inner in value.items()}
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
