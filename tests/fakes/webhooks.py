"""Real webhook bodies, as GitHub's documentation gathers them (tests/data/webhooks)."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parent.parent / "data" / "webhooks" / "examples.json.gz"


@cache
def examples() -> tuple[tuple[str, bytes], ...]:
    """Give every example as (event name, raw body)."""
    groups: list[dict[str, Any]] = json.loads(gzip.decompress(EXAMPLES.read_bytes()))
    return tuple(
        (group["name"], json.dumps(example).encode())
        for group in groups
        for example in group["examples"]
    )


def example(name: str, action: str | None = None) -> dict[str, Any]:
    """Give the first example of an event and action, parsed, to be changed at will.

    One that holds an installation goes first: an App's deliveries do.
    """
    bodies = [json.loads(body) for event, body in examples() if event == name]
    fitting = [body for body in bodies if body.get("action") == action]
    found: dict[str, Any] = max(fitting, key=lambda body: "installation" in body)
    return found
