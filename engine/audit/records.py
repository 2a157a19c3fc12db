"""Records of an audit ledger: what somebody meant to do, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

Kind = Literal["intent", "outcome", "note", "recovery"]
Status = Literal["success", "empty", "error", "cancelled", "lost"]
Scalar = None | bool | int | float | str
Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Step = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Moment = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z\Z")]

# What decoding a line may raise that is no record: no JSON, of another form, or nested deeply.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MAX_MESSAGE = 500
MAX_TEXT = 2000
REASON = "_absent"  # what a name ends in that says why the value of that name is null


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What went wrong; the traceback itself may hold what is nothing for a ledger."""

    type: str
    message: Annotated[str, msgspec.Meta(max_length=MAX_MESSAGE)]
    traceback_hash: Hash | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be recorded, before it has a place in a chain.

    An intent has an *id*; its one outcome names it as *ref*, and has a *status*.
    """

    run_id: str
    step: str
    kind: Kind
    id: str | None = None
    ref: str | None = None
    status: Status | None = None
    ctx: Mapping[str, Scalar] = {}
    inputs: Mapping[str, Scalar] = {}
    outputs: Mapping[str, Scalar] = {}
    error: Fault | None = None


class Record(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    kw_only=True,
    rename={"inputs": "in", "outputs": "out"},
):
    """One line of a ledger; *hash* is that of everything else, *prev* that of the line before."""

    v: Literal[1]
    seq: Annotated[int, msgspec.Meta(ge=0)]
    ts: Moment
    run_id: Name
    writer: Name
    step: Step
    kind: Kind
    id: Name | None
    ref: Name | None
    status: Status | None
    ctx: dict[str, Scalar]
    inputs: dict[str, Scalar]
    outputs: dict[str, Scalar]
    error: Fault | None
    prev: Hash
    hash: Hash


def fault(error: BaseException, traceback_hash: str | None = None) -> Fault:
    """Tell an error as a record does."""
    said = text(str(error))[:MAX_MESSAGE]
    return Fault(type=type(error).__name__, message=said, traceback_hash=traceback_hash)


def scalars(values: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Make values fit for a record: what JSON has no number for is null, beside its reason.

    >>> scalars({"change": float("nan"), "pairs": 36})
    {'change': None, 'change_absent': 'nan', 'pairs': 36}
    """
    found: dict[str, Scalar] = {}
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            found[name], found[f"{name}{REASON}"] = None, str(value)
        else:
            found[name] = text(value) if isinstance(value, str) else value
    return found


def text(value: str) -> str:
    """Make text fit for a record: no halves of surrogates, and no more of it than one reads."""
    return value[:MAX_TEXT].encode("utf-8", "replace").decode()


def plain(entry: Entry) -> dict[str, Any]:
    """Give the fields of a record that do not depend on its place."""
    found = entry.error
    return {
        "v": 1,
        "run_id": entry.run_id,
        "step": entry.step,
        "kind": entry.kind,
        "id": entry.id,
        "ref": entry.ref,
        "status": entry.status,
        "ctx": scalars(entry.ctx),
        "in": scalars(entry.inputs),
        "out": scalars(entry.outputs),
        "error": None if found is None else msgspec.structs.asdict(found),
    }
