"""The one short extra comment that notifies people when a pull request turns from green to red."""

from __future__ import annotations

from engine.findings import Verdict
from engine.reports.lead import TOO_LONG, lead_within

_LEAD = 500  # characters of what is said of the largest effect
_TURNED = "❌ This pull request turned from green to red."
_REST = "The report, with what to do next, is in our other comment."


def turn_marker(check: str) -> str:
    """Give the hidden mark that keeps the comment from being written twice.

    >>> turn_marker("c7")
    '<!-- highwater:turned-red:c7 -->'
    """
    return f"<!-- highwater:turned-red:{check} -->"


def render_turn(verdict: Verdict, marker: str) -> str:
    """Say in one line that the pull request turned red, and where the rest is."""
    said = lead_within(verdict, _LEAD).removeprefix(TOO_LONG).strip()  # nothing is folded here
    turned = " ".join(part for part in (_TURNED, said, _REST) if part)
    return f"{marker}\n{turned}\n"
