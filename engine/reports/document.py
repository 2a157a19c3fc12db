"""The verdict as JSON: what is stored, served and linked to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from engine.errors import IntegrityError
from engine.findings import Verdict, VerdictKind
from engine.identity import canonical_json


def render_document(verdict: Verdict) -> bytes:
    """Encode a verdict as canonical JSON with a newline: equal verdicts have equal bytes.

    What later versions added is left out where it says nothing, so that the documents of before
    keep their bytes.
    """
    plain = msgspec.to_builtins(verdict)
    if verdict.kind == _kind_of(verdict):
        del plain["kind"]
    if not verdict.overrides:
        del plain["overrides"]
    for finding in _findings(plain):
        if finding["override"] is None:
            del finding["override"]
    return canonical_json(plain) + b"\n"


def _kind_of(verdict: Verdict) -> VerdictKind:
    """Tell the kind of a verdict that does not say it."""
    return "laptop" if verdict.pull_request is None else "pull_request"


def _findings(plain: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for suite in plain["suites"]:
        yield from suite["findings"]


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
