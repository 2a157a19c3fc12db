"""Canonical JSON and hashes: equal values have equal bytes, so equal ids."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def canonical_json(value: Any) -> bytes:
    """Encode *value* as JSON with sorted keys, no spaces and UTF-8.

    Floats are written by ``repr`` (shortest round trip).

    >>> canonical_json({"b": 1.0, "a": [None, True]})
    b'{"a":[null,true],"b":1.0}'

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    plain = msgspec.to_builtins(value)
    _refuse_non_finite(plain)
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def content_hash(value: Any) -> str:
    """SHA-256 hex of the canonical JSON of *value*."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def configuration_id(params: Mapping[str, Any]) -> str:
    """Name one point of a sweep by its parameters: the first 12 hex digits of their hash.

    >>> configuration_id({"fast": 10, "slow": 50}) == configuration_id({"slow": 50, "fast": 10})
    True
    """
    return content_hash(dict(params))[:12]


def derived_seed(seed: int, *path: str | int) -> int:
    """Derive a 32-bit seed from *seed* and a path, equal on every machine.

    >>> derived_seed(7, "point", 0) == derived_seed(7, "point", 0) != derived_seed(7, "point", 1)
    True
    """
    material = "/".join(str(part) for part in (seed, *path))
    return int(hashlib.sha256(material.encode()).hexdigest()[:8], 16)


def _refuse_non_finite(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        message = f"not representable in canonical JSON: {value!r}"
        raise ValueError(message)
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_non_finite(item)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for item in value:
            _refuse_non_finite(item)
