"""Which rule decided: verdicts of one revision are the same bytes for the same samples."""

from __future__ import annotations

import msgspec

from engine.findings import Verdict
from engine.identity import content_hash
from engine.stats import constants

# Raised with every change of how a verdict is judged or worded that leaves the constants and the
# document's version as they are: a verdict of before is then told from one that was tampered with.
RULE = 4
UNKNOWN = "unknown"  # of verdicts from before revisions were stored

_DIGITS = 16


def rule_revision() -> str:
    """Name the rule that this version decides and reports by, from what it follows from."""
    return content_hash((RULE, _constants(), _form()))[:_DIGITS]


def _form() -> dict[str, list[str]]:
    """Give the fields of all that a document is made of."""
    parts = msgspec.json.schema(Verdict)["$defs"]
    return {name: sorted(part.get("properties", ())) for name, part in parts.items()}


def _constants() -> dict[str, object]:
    """Give every constant of the paired decision by its name."""
    values = {name: getattr(constants, name) for name in dir(constants) if name.isupper()}
    return {name: msgspec.to_builtins(values[name]) for name in sorted(values)}
