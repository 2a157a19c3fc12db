"""Renders every stored verdict: the comment and all check runs, as one JSON object on stdout.

With ``--write`` it makes the stored files anew: the verdicts from ``tests/fakes/situations.py``,
and beside each what it renders to. Read the difference before committing it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.findings import Verdict
from engine.reports.check import CheckText, render_rollup, render_suite_check
from engine.reports.comment import Links, render_comment
from engine.reports.document import parse_document, render_document

FOLDER = Path(__file__).parent / "verdicts"
UNSTORED = {"many_rows"}  # too large to read; cut comments have a test of their own
LINKS = Links(json_url="https://highwater.example/verdicts/c7.json")


def rendered(verdict: Verdict) -> dict[str, str]:
    """Give the files of one verdict, by the ending of their names."""
    checks = [_plain(render_rollup(verdict, LINKS))]
    checks += [_plain(render_suite_check(suite, verdict, LINKS)) for suite in verdict.suites]
    shown = json.dumps(checks, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    document = render_document(verdict).decode()
    return {".json": document, ".comment.md": render_comment(verdict, LINKS), ".checks.json": shown}


def stored() -> dict[str, Verdict]:
    """Read the stored verdicts by name."""
    files = sorted(FOLDER.glob("*.json"))
    documents = [file for file in files if not file.name.endswith(".checks.json")]
    return {file.stem: parse_document(file.read_bytes()) for file in documents}


def _plain(check: CheckText) -> dict[str, str]:
    return {"title": check.title, "summary": check.summary, "text": check.text}


def _write() -> None:
    from tests.fakes.situations import situations  # noqa: PLC0415 - not needed to render

    FOLDER.mkdir(exist_ok=True)
    for name, verdict in situations().items():
        for ending, text in rendered(verdict).items() if name not in UNSTORED else ():
            (FOLDER / f"{name}{ending}").write_bytes(text.encode())


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        _write()
    else:
        everything = {name: rendered(verdict) for name, verdict in stored().items()}
        sys.stdout.buffer.write(json.dumps(everything).encode())
