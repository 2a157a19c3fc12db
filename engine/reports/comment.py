"""The one sticky comment of a pull request."""

from __future__ import annotations

from typing import Literal

from engine.findings import Verdict
from engine.reports.entries import entries
from engine.reports.headline import heading
from engine.reports.sections import Links, core, folds, last_line
from engine.reports.table import fit
from engine.reports.wording import matters

MARKER = "<!-- highwater:verdict -->"
MAX_COMMENT = 65_536


def render_comment(verdict: Verdict, links: Links) -> str:
    """Render the comment: the hidden marker, the decision in words, then all that bears it out.

    At most 65,536 characters: what does not fit is cut by whole rows, with a link.
    """
    parts = (
        f"{MARKER}\n{heading(verdict)}",
        *core(verdict),
        *folds(verdict),
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
    said = any(matters(entry.finding) for entry in entries(verdict))
    return said or verdict.problem is not None


__all__ = ["MARKER", "MAX_COMMENT", "Links", "needs_comment", "render_comment"]
