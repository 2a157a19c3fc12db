"""Baseline files, bytes to values and back (docs/reference/files.md)."""

from __future__ import annotations

import msgspec

from engine.baselines import BaselineData, PlatformBaseline
from engine.decoding import decode
from engine.errors import UserError
from engine.json_text import parse_json, write_json


def parse_baseline(data: bytes, file: str) -> BaselineData:
    """Read ``baseline.json``; a file with the first seven fields alone is accepted.

    Raises:
        UserError: broken JSON, a field that is missing, null or NaN, or nothing but zeros.
    """
    return decode(parse_json(data, file), BaselineData)


def encode_baseline(baseline: BaselineData) -> bytes:
    """Write ``baseline.json``."""
    return write_json(baseline)


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
    return write_json(msgspec.structs.replace(baseline, baselines=ordered))
