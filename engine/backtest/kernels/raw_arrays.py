"""Arrays without reference counts, for compiled kernels: a pointer and a row's length.

Numba counts references to every array of a tuple on every call, at ten times the cost of what the
kernels do with them. A raw array lives inside one call of a compiled function alone, whose caller
holds the arrays. Its indices are not checked, and are never negative.
"""

from __future__ import annotations

import operator
from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

from engine.backtest.kernels.layout import Book


_FLOATS, _BYTES, _WHOLE, _LONGS = types.float64, types.uint8, types.int32, types.int64
_KINDS = {
    "codes": _BYTES,
    "pending": _BYTES,
    "flags": _BYTES,
    "wants": _BYTES,
    "whole": _WHOLE,
    "hits": _LONGS,
    "counts": _LONGS,
    "knobs": _LONGS,
    "regimes": _LONGS,
}
_NEVER_WRITTEN = {
    "open", "high", "low", "close", "ranges", "regimes", "terms", "knobs", "table",
}  # fmt: skip


class RawType(types.Type):  # type: ignore[misc]
    """The type of the array that is *field* of a book: no two fields share memory."""

    def __init__(self, field: str) -> None:
        """Take the field's name."""
        self.field = field
        self.dtype = _KINDS.get(field, _FLOATS)
        super().__init__(name=f"raw({field})")


@register_model(RawType)
class _RawModel(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: RawType) -> None:
        members = [("data", types.CPointer(of.dtype)), ("length", types.intp)]
        super().__init__(manager, of, members)


@intrinsic  # type: ignore[untyped-decorator]
def book_at(context: Any, at: Any) -> Any:  # noqa: ARG001
    """Put a book together: ``at[0, k]`` is the address of its array k, ``at[1, k]`` the length
    of that one's rows.
    """
    made = types.NamedTuple([RawType(field) for field in Book._fields], Book)

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        matrix = context.make_array(of.args[0])(context, builder, given[0])
        count = len(Book._fields)
        values = []
        for k, raw in enumerate(made.types):
            value = cgutils.create_struct_proxy(raw)(context, builder)
            address = builder.load(cgutils.gep_inbounds(builder, matrix.data, k))
            value.data = builder.inttoptr(address, value.data.type)
            value.length = builder.load(cgutils.gep_inbounds(builder, matrix.data, count + k))
            values.append(value._getvalue())  # noqa: SLF001
        return context.make_tuple(builder, made, values)

    return made(at), build


@infer_global(operator.getitem)
class _Get(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:  # noqa: ARG002
        if isinstance(args[0], RawType):
            return signature(args[0].dtype, *args)
        return None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, kws: Any) -> Any:  # noqa: ARG002
        if isinstance(args[0], RawType):
            return signature(types.none, args[0], args[1], args[0].dtype)
        return None


def _address(context: Any, builder: Any, of: Any, given: Any) -> Any:
    array_type, index_type = of
    array = cgutils.create_struct_proxy(array_type)(context, builder, value=given[0])
    if not isinstance(index_type, types.BaseTuple):
        index = context.cast(builder, given[1], index_type, types.intp)
        return builder.gep(array.data, [index])
    row, column = (
        context.cast(builder, one, kind, types.intp)
        for one, kind in zip(cgutils.unpack_tuple(builder, given[1]), index_type, strict=True)
    )
    return builder.gep(array.data, [builder.add(builder.mul(row, array.length), column)])


def _mark(builder: Any, instruction: Any, field: str) -> None:
    """Tell LLVM that other fields lie elsewhere, and whether this one is ever written."""
    module = builder.module
    domain = module.add_metadata(["highwater book"])
    scopes = {name: module.add_metadata([f"highwater {name}", domain]) for name in Book._fields}
    others = [scope for name, scope in scopes.items() if name != field]
    instruction.set_metadata("alias.scope", module.add_metadata([scopes[field]]))
    instruction.set_metadata("noalias", module.add_metadata(others))
    if field in _NEVER_WRITTEN:
        instruction.set_metadata("invariant.load", module.add_metadata([]))


@lower_builtin(operator.getitem, RawType, types.Any)  # type: ignore[untyped-decorator]
def _load(context: Any, builder: Any, of: Any, given: Any) -> Any:
    value = builder.load(_address(context, builder, of.args, given))
    _mark(builder, value, of.args[0].field)
    return value


@lower_builtin(operator.setitem, RawType, types.Any, types.Any)  # type: ignore[untyped-decorator]
def _store(context: Any, builder: Any, of: Any, given: Any) -> Any:
    store = builder.store(given[2], _address(context, builder, of.args[:2], given[:2]))
    _mark(builder, store, of.args[0].field)
    return context.get_dummy_value()
