"""The one short extra comment that notifies people when a pull request turns from green to red."""

from __future__ import annotations

from engine.findings import Verdict
from engine.reports.headline import lead


def turn_marker(check: str) -> str:
    """Give the hidden mark that keeps the comment from being written twice.

    >>> turn_marker("c7")
    '<!-- highwater:turned-red:c7 -->'
    """
    return f"<!-- highwater:turned-red:{check} -->"


def render_turn(verdict: Verdict, marker: str) -> str:
    """Say in one line that the pull request turned red; the sticky comment has the rest."""
    return f"{marker}\n❌ This pull request turned from green to red. {lead(verdict)}\n"
