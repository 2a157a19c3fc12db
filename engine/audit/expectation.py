"""What a ledger must hold by what was stored apart from it: its head, and counts of outcomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

import msgspec

from engine.audit.chain import Head
from engine.audit.records import Hash, Record, Scalar, Step

Count = Annotated[int, msgspec.Meta(ge=0)]


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One cell of a grid: so many outcomes of a step whose ``ctx`` has these values."""

    step: str
    values: tuple[tuple[str, Scalar], ...] = ()
    count: int = 1

    def holds(self, record: Record) -> bool:
        """Whether a record is an outcome of this cell."""
        found = record.ctx
        return record.step == self.step and all(
            name in found and _same(found[name], value) for name, value in self.values
        )


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """What was stored apart: *is_complete* where the head is the last one there will be."""

    head: Head | None = None
    cells: tuple[Cell, ...] = ()
    is_complete: bool = False

    def is_head(self, line: int, found: str) -> bool:
        """Whether the record of this line is the one that was stored."""
        return self.head is not None and self.head == (line, found)


class _Ledger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    records: Count
    hash: Hash


class _Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    step: Step
    ctx: dict[str, Scalar] = {}
    count: Count = 1


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    ledger: _Ledger | None = None
    cells: tuple[_Cell, ...] = ()


def parse_manifest(data: bytes) -> Expectation:
    """Read what a run's manifest says of its ledger; what else it holds is nothing to us.

    Raises:
        msgspec.DecodeError: it is no JSON, or of another form; names the place.
        ValueError: it says nothing of a ledger.
    """
    found = msgspec.json.decode(data, type=_Manifest)
    if found.ledger is None and not found.cells:
        message = "it has neither `ledger` nor `cells`"
        raise ValueError(message)
    head = None if found.ledger is None else Head(found.ledger.records, found.ledger.hash)
    cells = tuple(
        Cell(step=one.step, values=tuple(sorted(one.ctx.items())), count=one.count)
        for one in found.cells
    )
    return Expectation(head=head, cells=cells, is_complete=True)


def cell_flaws(cells: Iterable[Cell], counts: Mapping[Cell, int]) -> Iterator[str]:
    """Say which cells have another number of outcomes than expected."""
    for cell in cells:
        found = counts.get(cell, 0)
        if found != cell.count:
            told = ", ".join(f"{name}={value}" for name, value in cell.values)
            where = f"{cell.step} ({told})" if told else cell.step
            yield f"{where}: {found} outcomes, not {cell.count}"


def _same(found: Scalar, wanted: Scalar) -> bool:
    """Tell True from 1, which Python does not."""
    return found == wanted and isinstance(found, bool) is isinstance(wanted, bool)
