"""Which out-of-sample window a sweep looks at: each further look at one makes luck likelier."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from engine.errors import UserError
from engine.identity import content_hash
from engine.sweep.spec import SweepSpec, parse_sweep_spec

Read = Callable[[str], bytes | None]


def holdout_of(spec: bytes, file: str, read: Read) -> str | None:
    """Name the window by the contents of the spec's data, the part of it and how it is split.

    Strategy, grid and costs do not matter: other ones look at the same window. *read* gives the
    content of a file of the repository, or None. None: the spec names no data that can be read,
    or is broken, which the run itself will say.
    """
    try:
        parsed = parse_sweep_spec(spec, file)
    except UserError:
        return None
    contents = _contents(parsed, read)
    if contents is None or parsed.data is None:
        return None
    return content_hash(
        {
            "data": contents,
            "mount": parsed.data.mount,
            "from": parsed.data.from_,
            "until": parsed.data.until,
            "split": parsed.split,
        }
    )


def _contents(spec: SweepSpec, read: Read) -> list[str] | None:
    """Give the digest of each data file, those of a mount by their names; None: one is missing."""
    data = spec.data
    if data is None:
        return None
    if data.mount is not None:
        return list(data.files)
    found = [read(path) for path in data.files]
    known = [hashlib.sha256(one).hexdigest() for one in found if one is not None]
    return known if len(known) == len(found) else None
