"""Baseline files, bytes to values and back (docs/reference/files.md)."""

from __future__ import annotations

import re

import msgspec

from engine.baselines import BaselineData, PlatformBaseline
from engine.decoding import decode
from engine.errors import UserError
from engine.json_text import parse_json, write_json

# Over several lines, which no text within JSON is: it holds no bare line end.
_NUMBERS = re.compile(rb"\[\n\s+-?\d[\d.eE+-]*(?:,\n\s+-?\d[\d.eE+-]*)*\n\s+\]")


def parse_baseline(data: bytes, file: str) -> BaselineData:
    """Read ``baseline.json``; a file with the first seven fields alone is accepted.

    Raises:
        UserError: broken JSON, a field that is missing, null or NaN, or nothing but zeros.
    """
    return decode(parse_json(data, file), BaselineData)


def encode_baseline(baseline: BaselineData) -> bytes:
    """Write ``baseline.json``: the same bytes for the same baseline."""
    return _written(baseline, ("expires_utc",))


def parse_platform_baseline(data: bytes, file: str) -> PlatformBaseline:
    """Read the benchmark baselines of one platform.

    Raises:
        UserError: broken JSON, a field that is missing, null, NaN or zero, or no case at all.
    """
    document = parse_json(data, file)
    baseline = decode(document, PlatformBaseline)
    if not baseline.baselines:
        problem = "the file holds no case: there is nothing to compare with."
        remedy = "Record baselines with `highwater bench run`."
        raise UserError(problem, document.where(("baselines",)), remedy)
    return baseline


def encode_platform_baseline(baseline: PlatformBaseline) -> bytes:
    """Write the benchmark baselines of one platform, cases by name."""
    ordered = dict(sorted(baseline.baselines.items()))
    complete = msgspec.structs.replace(baseline, baselines=ordered)
    return _written(complete, ("evidence", "expires_utc"))


def _written(baseline: BaselineData | PlatformBaseline, optional: tuple[str, ...]) -> bytes:
    """Leave out what only a promotion writes, where it is absent; a list of numbers is a line.

    So a changed level is one changed line for whoever reads the difference.
    """
    fields = msgspec.to_builtins(baseline).items()
    kept = {name: value for name, value in fields if value or name not in optional}
    return _NUMBERS.sub(_on_one_line, write_json(kept))


def _on_one_line(found: re.Match[bytes]) -> bytes:
    return b"[" + b" ".join(found[0][1:-1].split()) + b"]"
