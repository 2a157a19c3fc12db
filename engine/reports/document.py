"""The verdict as JSON: what is stored, served and linked to."""

from __future__ import annotations

import msgspec

from engine.errors import IntegrityError
from engine.findings import Verdict
from engine.identity import canonical_json


def render_document(verdict: Verdict) -> bytes:
    """Encode a verdict as canonical JSON with a newline: equal verdicts have equal bytes."""
    return canonical_json(verdict) + b"\n"


def parse_document(data: bytes) -> Verdict:
    """Read a verdict back from its document.

    Raises:
        IntegrityError: *data* is not a verdict's document.
    """
    try:
        return msgspec.json.decode(data, type=Verdict)
    except msgspec.DecodeError as error:  # a ValidationError is one
        what = "the verdict's document"
        raise IntegrityError(what, "the JSON of a verdict", str(error)) from error
