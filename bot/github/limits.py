"""The lengths that GitHub accepts, in characters, and how a longer text is cut to them.

``engine.reports`` cuts by whole rows well before; this is the net under it, because a text
that is too long loses the whole comment or check run (422).
"""

from __future__ import annotations

from bot.ports import Annotation, CheckAction, CheckRun

MAX_COMMENT = 65_536
MAX_CHECK_TEXT = 65_535
MAX_TITLE = 255
MAX_MESSAGE = 16_000  # 64 KB, of characters of up to four bytes
ANNOTATIONS_PER_REQUEST = 50
MAX_ACTIONS = 3
MAX_LABEL = 20
MAX_DESCRIPTION = 40

_CUT = "\n\n… cut here: too long for GitHub."


def cut(text: str, limit: int) -> str:
    """Shorten *text* to at most *limit* characters, at a line's end where there is one near.

    >>> cut("short", 100)
    'short'
    >>> len(cut("word " * 100, 80)) <= 80
    True
    """
    if len(text) <= limit:
        return text
    room = limit - len(_CUT)
    end = text.rfind("\n", room // 2, room)
    return text[: room if end == -1 else end] + _CUT


def within_limits(run: CheckRun) -> CheckRun:
    """Give *run* with every text cut to what GitHub accepts.

    Raises:
        ValueError: it is completed without a conclusion, or concluded without being completed.
    """
    if (run.status == "completed") != (run.conclusion is not None):
        message = f"{run.name}: status {run.status} does not go with {run.conclusion}"
        raise ValueError(message)
    return CheckRun(
        name=run.name,
        head=run.head,
        external_id=run.external_id,
        status=run.status,
        conclusion=run.conclusion,
        title=one_line(run.title),
        summary=cut(run.summary, MAX_CHECK_TEXT),
        text=cut(run.text, MAX_CHECK_TEXT),
        annotations=tuple(_annotation_within_limits(each) for each in run.annotations),
        details_url=run.details_url,
        actions=tuple(map(_action_within_limits, run.actions[:MAX_ACTIONS])),
    )


def one_line(title: str) -> str:
    """Shorten a title to GitHub's length.

    >>> len(one_line("x" * 300))
    255
    """
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"


def _action_within_limits(action: CheckAction) -> CheckAction:
    """Cut the words of a button; a longer identifier would be refused, which is our own bug."""
    return CheckAction(
        label=action.label[:MAX_LABEL],
        description=action.description[:MAX_DESCRIPTION],
        identifier=action.identifier,
    )


def _annotation_within_limits(annotation: Annotation) -> Annotation:
    return Annotation(
        path=annotation.path,
        line=annotation.line,
        level=annotation.level,
        title=one_line(annotation.title),
        message=cut(annotation.message, MAX_MESSAGE),
    )
