"""Where in head's copy of a file an annotation belongs."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.ports import Annotation
from engine.document import Document
from engine.errors import UserError
from engine.reports.annotations import AnnotationRequest
from engine.yaml12 import parse_yaml

MAX_FILE_BYTES = 1024 * 1024

Read = Callable[[str], bytes | None]  # a file of head by its path; None: no such file


def problem_annotation(problem: UserError) -> tuple[Annotation, ...]:
    """Annotate the place of a problem in a file; nothing when it has no line."""
    where = problem.where
    if where is None or where.line is None:
        return ()
    title = "Set-up is broken" if where.field is None else f"Set-up is broken: {where.field}"
    message = f"{problem.problem} {problem.remedy}"
    return (
        Annotation(
            path=where.file, line=where.line, level="failure", title=title[:255], message=message
        ),
    )


def located(requests: tuple[AnnotationRequest, ...], read: Read) -> tuple[Annotation, ...]:
    """Give each request its line in head's files; one that has none is dropped."""
    found = (_located(request, read) for request in requests)
    return tuple(one for one in found if one is not None)


def _located(request: AnnotationRequest, read: Read) -> Annotation | None:
    data = read(request.file)
    line = None if data is None or len(data) > MAX_FILE_BYTES else _line(request, data)
    if line is None:
        return None
    return Annotation(
        path=request.file,
        line=line,
        level=request.level,
        title=request.title,
        message=request.message,
    )


def _line(request: AnnotationRequest, data: bytes) -> int | None:
    if request.definition is not None:
        return _definition_line(data, request.definition)
    try:
        document = parse_yaml(data, request.file)
    except UserError:
        return None  # head broke the file; the set-up check says so
    return _nearest_line(document, request.path)


def _nearest_line(document: Document, path: tuple[str, ...]) -> int | None:
    """Find the key's line, or that of the nearest mapping around it, save the whole file's."""
    lines = (document.line(path[:size]) for size in range(len(path), 0, -1))
    return next((line for line in lines if line is not None), None)


def _definition_line(data: bytes, name: str) -> int | None:
    """Find the line that defines *name*, else the first that quotes it."""
    text = data.decode(errors="replace")
    word = re.escape(name)
    patterns = (rf"^[ \t]*(?:async[ \t]+def|def|class)[ \t]+{word}\b", rf"[\"']{word}[\"']")
    matches = (re.search(pattern, text, re.MULTILINE) for pattern in patterns)
    found = next((match for match in matches if match is not None), None)
    return None if found is None else text.count("\n", 0, found.start()) + 1
