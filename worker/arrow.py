"""Arrow, imported when it is first needed: that takes longer than most work does."""

from __future__ import annotations

from typing import Any


def arrow() -> Any:
    """Give the module ``pyarrow`` with its readers of CSV and Parquet."""
    import pyarrow.compute  # noqa: PLC0415
    import pyarrow.csv  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    return pyarrow
