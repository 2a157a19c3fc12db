"""The one sticky comment of a pull request."""

from __future__ import annotations

from typing import Literal

from engine.findings import Verdict
from engine.reports.earlier import NONE_EARLIER, Earlier, earlier_verdicts
from engine.reports.headline import heading
from engine.reports.sections import MARKER, Links, is_said, last_line, sections, taken_by
from engine.reports.table import fit

MAX_COMMENT = 65_536


def render_comment(verdict: Verdict, links: Links, earlier: Earlier = NONE_EARLIER) -> str:
    """Render the comment: the hidden marker, the decision in words, then all that bears it out.

    At most 1,200 characters before the folds, where *earlier* verdicts come last, and 65,536 in
    all: what does not fit is cut by whole rows, with a link.
    """
    first = heading(verdict)
    shown = sections(verdict, taken=taken_by(first))
    parts = (
        f"{MARKER}\n{first}",
        *shown.seen,
        *shown.folded,
        *earlier_verdicts(earlier),
        last_line(verdict, links),
    )
    return fit(parts, MAX_COMMENT - 1, links.all_of_it) + "\n"


def needs_comment(verdict: Verdict, policy: Literal["on_change", "always", "never"]) -> bool:
    """Whether there is something to say: a change, or a reason why nothing can be said.

    All within budget, only new cases, or nothing to measure is no reason to comment; a comment
    that is there already is brought up to date all the same, which is the caller's to do.
    """
    if policy != "on_change":
        return policy == "always"
    return is_said(verdict)


__all__ = ["MARKER", "MAX_COMMENT", "Links", "needs_comment", "render_comment"]
