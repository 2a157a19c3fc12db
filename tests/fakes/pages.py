"""What a page tells its reader to write and to run, in the page's order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt


def files_and_commands(page: Path) -> Iterator[tuple[str, str]]:
    """Give each file of a page as (path, content), each line of shell as ("", line).

    A fence below a paragraph that ends in "`PATH`:" is the content of that file.
    """
    named = None
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "inline":
            found = re.search(r"`([\w./-]+\.\w+)`:$", token.content)
            named = found[1] if found else None
        elif token.type == "fence":
            if token.info == "sh":
                yield from (("", line) for line in token.content.splitlines())
            elif named is not None:
                yield named, token.content
            named = None
