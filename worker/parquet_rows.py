"""Rows of a Parquet file that a repository's code wrote: a small file may unpack to a huge one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from engine.errors import UserError, Where
from engine.sweep.row_files import MAX_ROWS

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_VALUES = 10_000_000  # of all columns, items of lists counted one by one
BATCH_ROWS = 1024


def parquet_records(data: bytes, file: str, instead: str) -> Iterator[Mapping[str, Any]]:
    """Give the rows of a table one by one, without ever unpacking more than is allowed.

    *instead* names a file that may be written in the place of this one.

    Raises:
        UserError: no readable Parquet file, or one with too many rows, values or bytes.
    """
    reader = _arrow().parquet.ParquetFile
    with _readable(file, instead):
        table = reader(io.BytesIO(data))
        _refuse_large(table.metadata, file)
        # As dictionaries, texts stay packed until _unpacked_bytes has said what they come to.
        table = reader(io.BytesIO(data), read_dictionary=_texts(table.schema))
        left = MAX_UNPACKED_BYTES
        for batch in table.iter_batches(batch_size=BATCH_ROWS, use_threads=False):
            left -= sum(map(_unpacked_bytes, batch.columns))
            _bound(0, left, "unpacked bytes", file)
            yield from batch.to_pylist()


def _arrow() -> Any:
    # Imported here: it takes longer than everything else, and few sweeps are tables.
    import pyarrow.compute  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    return pyarrow


@contextmanager
def _readable(file: str, instead: str) -> Iterator[None]:
    try:
        yield
    except (_arrow().lib.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        problem = f"the file is no readable Parquet file: {reason}"
        raise UserError(problem, Where(file), f"Write it again, or write {instead}.") from error


def _refuse_large(metadata: Any, file: str) -> None:
    groups = [metadata.row_group(index) for index in range(metadata.num_row_groups)]
    columns = [group.column(index) for group in groups for index in range(group.num_columns)]
    _bound(metadata.num_rows, MAX_ROWS, "rows", file)
    _bound(sum(column.num_values for column in columns), MAX_VALUES, "values", file)
    size = sum(column.total_uncompressed_size for column in columns)
    _bound(size, MAX_UNPACKED_BYTES, "unpacked bytes", file)


def _bound(found: int, allowed: int, what: str, file: str) -> None:
    if found > allowed:
        limits = f"{MAX_ROWS} rows, {MAX_VALUES} values and {MAX_UNPACKED_BYTES} unpacked bytes"
        problem = f"the file has too many {what}."
        raise UserError(problem, Where(file), f"Make the sweep smaller; allowed are {limits}.")


def _texts(schema: Any) -> list[str]:
    leaves = [schema.column(index) for index in range(len(schema))]
    return [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]


def _unpacked_bytes(array: Any) -> int:
    """Count what an array comes to once every value of it stands by itself."""
    arrow, kind = _arrow(), array.type
    if arrow.types.is_dictionary(kind):
        lengths = arrow.compute.binary_length(array.dictionary).take(array.indices)
        return int(arrow.compute.sum(lengths).as_py() or 0) + int(array.indices.nbytes)
    if arrow.types.is_struct(kind):
        return sum(map(_unpacked_bytes, array.flatten()))
    if arrow.types.is_map(kind):
        return _unpacked_bytes(array.keys) + _unpacked_bytes(array.items)
    if arrow.types.is_list(kind) or arrow.types.is_large_list(kind):
        return _unpacked_bytes(array.flatten())
    return int(array.nbytes)
