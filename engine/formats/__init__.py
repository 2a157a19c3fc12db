"""Benchmark output formats: bytes to launches (docs/reference/files.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.formats import pytest_benchmark, samples_json
from engine.formats.reading import NoBenchmarks
from engine.samples import Launch

Parser = Callable[[bytes, str], tuple[Launch, ...]]

FORMATS: Mapping[str, Parser] = {
    "pytest-benchmark": pytest_benchmark.parse,
    "samples": samples_json.parse,
}
"""``FORMATS[name](data, file)`` reads one output file; *file* is the name used in errors.

Raises UserError naming the byte or path, and its subclass NoBenchmarks for a file without one.
"""

__all__ = ["FORMATS", "NoBenchmarks", "Parser"]
