"""What a report shows of a command's output: no credentials, and no places of this machine."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


def redacted(text: str) -> str:
    """Hide user names and passwords in URLs: a package index's may be the operator's secret.

    >>> redacted("Looking in https://ada:s3cret@index.example/simple")
    'Looking in https://****@index.example/simple'
    """
    return _CREDENTIALS.sub("****@", text)


def without_places(text: str, places: Sequence[tuple[Path, str]]) -> str:
    """Write other names for folders, in this order; "" makes what is below them relative.

    >>> without_places("File /w/head/core.py in /w/head", [(Path("/w/head"), "")])
    'File core.py in .'
    """
    for folder, name in places:
        for spelled in dict.fromkeys((str(folder), os.path.realpath(folder))):
            if not name:
                text = text.replace(f"{spelled}/", "")
            text = re.sub(rf"{re.escape(spelled)}(?![\w.-])", name or ".", text)
    return text
