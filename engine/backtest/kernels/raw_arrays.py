"""Arrays without reference counts, for compiled kernels: a pointer and a row's length.

Numba counts references to every array of a tuple on every call, at ten times the cost of what the
kernels do with them. A raw array lives inside one call of a compiled function alone, whose caller
holds the arrays. Its indices are not checked, and are never negative.
"""

# mypy: disable-error-code="no-untyped-call, untyped-decorator, misc, import-untyped, override"
# numba and llvmlite are typed in part only.

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.imputils import lower_builtin, lower_getattr_generic
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
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
    "waiting": _LONGS,
    "counts": _LONGS,
    "knobs": _LONGS,
    "regimes": _LONGS,
}
_NEVER_WRITTEN = {
    "open", "high", "low", "close", "ranges", "regimes", "terms", "knobs", "table",
}  # fmt: skip


_OF_THE_BAR = {"open", "high", "low", "close", "ranges"}
_OF_THE_ACCOUNT = {"cash", "worth", "locked", "locked_most"}


class RawType(types.Type):
    """The type of the array that is *field* of a book: no two fields share memory.

    A panel's assets share one account, lanes share one asset: what is *shared* is the same for
    every last index, and lies where that is 0.
    """

    def __init__(self, field: str, *, lanes: bool) -> None:
        """Take the field's name."""
        self.field = field
        self.dtype = _KINDS.get(field, _FLOATS)
        self.shared = field in (_OF_THE_BAR if lanes else _OF_THE_ACCOUNT)
        super().__init__(name=f"raw({field},{self.shared})")


@register_model(RawType)
class _RawModel(models.StructModel):
    def __init__(self, manager: Any, of: RawType) -> None:
        members = [("data", types.CPointer(of.dtype)), ("length", types.intp)]
        super().__init__(manager, of, members)


class BookType(types.Type):
    """The type of a book in compiled code: one pointer to the addresses and lengths of its arrays.

    A book by value would be copied at every call that is not inlined.
    """

    def __init__(self, *, lanes: bool) -> None:
        """Take whether its assets are lanes."""
        self.lanes = lanes
        super().__init__(name=f"book({lanes})")


@register_model(BookType)
class _BookModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: BookType) -> None:
        super().__init__(manager, of, ir.IntType(64).as_pointer())


@infer_getattr
class _Fields(AttributeTemplate):
    key = BookType

    def generic_resolve(self, of: BookType, field: str) -> Any:
        return RawType(field, lanes=of.lanes) if field in Book._fields else None


@lower_getattr_generic(BookType)
def _field(context: Any, builder: Any, of: BookType, value: Any, field: str) -> Any:
    array = cgutils.create_struct_proxy(RawType(field, lanes=of.lanes))(context, builder)
    place = Book._fields.index(field)
    array.data = builder.inttoptr(_fact(builder, value, place), array.data.type)
    array.length = _fact(builder, value, place + len(Book._fields))
    return array._getvalue()  # noqa: SLF001


def _fact(builder: Any, matrix: Any, place: int) -> Any:
    value = builder.load(cgutils.gep_inbounds(builder, matrix, place))
    value.set_metadata("invariant.load", builder.module.add_metadata([]))
    return value


def _book_at(*, lanes: bool) -> Any:
    def book_at(context: Any, at: Any) -> Any:  # noqa: ARG001
        """Put a book together from addresses and lengths of rows: see ``entries``."""

        def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
            return context.make_array(of.args[0])(context, builder, given[0]).data

        return BookType(lanes=lanes)(at), build

    return intrinsic(book_at)


panel_book_at = _book_at(lanes=False)
lanes_book_at = _book_at(lanes=True)


@intrinsic
def bits_of(context: Any, array: Any, start: Any) -> Any:  # noqa: ARG001
    """Give 64 bytes from *start* on as bits: 1 where a byte is not 0."""

    def build(context: Any, builder: Any, of: Any, given: Any) -> Any:
        vector = ir.VectorType(ir.IntType(8), 64)
        address = _address(context, builder, of.args, given)
        value = builder.load(builder.bitcast(address, vector.as_pointer()), align=1)
        _mark(builder, value, of.args[0].field)
        flags = builder.icmp_unsigned("!=", value, ir.Constant(vector, None))
        return builder.bitcast(flags, ir.IntType(64))

    return types.uint64(array, types.int64), build


@intrinsic
def lowest_bit(context: Any, bits: Any) -> Any:  # noqa: ARG001
    """Give the place of the lowest 1 among bits that are not 0."""

    def build(context: Any, builder: Any, _: Any, given: Any) -> Any:  # noqa: ARG001
        return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build


@infer_global(operator.getitem)
class _Get(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:  # noqa: ARG002
        if isinstance(args[0], RawType):
            return signature(args[0].dtype, *args)
        return None


@infer_global(operator.setitem)
class _Set(AbstractTemplate):
    def generic(self, args: Any, kws: Any) -> Any:  # noqa: ARG002
        if isinstance(args[0], RawType):
            return signature(types.none, args[0], args[1], args[0].dtype)
        return None


def _address(context: Any, builder: Any, of: Any, given: Any) -> Any:
    array_type, index_type = of
    array = cgutils.create_struct_proxy(array_type)(context, builder, value=given[0])
    if not isinstance(index_type, types.BaseTuple):
        index = context.cast(builder, given[1], index_type, types.intp)
        return array.data if array_type.shared else builder.gep(array.data, [index])
    kinds: Any = index_type
    row, column = (
        context.cast(builder, one, kind, types.intp)
        for one, kind in zip(cgutils.unpack_tuple(builder, given[1]), kinds, strict=True)
    )
    start = builder.mul(row, array.length)
    place = start if array_type.shared else builder.add(start, column)
    return builder.gep(array.data, [place])


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


@lower_builtin(operator.getitem, RawType, types.Any)
def _load(context: Any, builder: Any, of: Any, given: Any) -> Any:
    value = builder.load(_address(context, builder, of.args, given))
    _mark(builder, value, of.args[0].field)
    return value


@lower_builtin(operator.setitem, RawType, types.Any, types.Any)
def _store(context: Any, builder: Any, of: Any, given: Any) -> Any:
    store = builder.store(given[2], _address(context, builder, of.args[:2], given[:2]))
    _mark(builder, store, of.args[0].field)
    return context.get_dummy_value()
