"""The pages about GitHub: tables, commands, configurations and the workflow are what works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from bot.actions_mode import LIMITS
from bot.commands.parse import Asked, parse_comment
from bot.github.app_wants import EVENTS, PERMISSIONS
from bot.setting_table import SETTINGS
from engine.configuration_file import parse_configuration
from engine.promotion.refusals import Refused

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = (
    "install",
    "serve-github",
    "add-a-repository",
    "promote-a-baseline",
    "override-a-verdict",
    "debug-a-verdict",
    "github-actions",
)
MARKDOWN = MarkdownIt("commonmark").enable("table")


def fences(kind: str) -> Iterator[tuple[str, str]]:
    for name in PAGES:
        for token in MARKDOWN.parse((HOW_TO / f"{name}.md").read_text()):
            if token.type == "fence" and token.info == kind:
                yield name, token.content


def rows(page: str, head: str) -> list[tuple[str, ...]]:
    """Give the rows of the table whose first column is called *head*."""
    lines = (HOW_TO / f"{page}.md").read_text().splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith(f"| {head} |"))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return found


def test_the_page_names_the_permissions_of_the_manifest() -> None:
    assert rows("install", "permission") == [(p.shown, p.level, p.why) for p in PERMISSIONS]


def test_the_page_names_the_events_of_the_manifest() -> None:
    assert rows("install", "event") == [(one.shown, one.why) for one in EVENTS]


@pytest.mark.parametrize("page,comment", list(fences("text")))
def test_a_command_that_a_page_shows_is_understood(page: str, comment: str) -> None:
    found = parse_comment(comment)

    assert found, page
    assert [one for one in found if not isinstance(one, Asked)] == []


@pytest.mark.parametrize(
    "page,text", [one for one in fences("yaml") if one[1].startswith("version:")]
)
def test_a_configuration_that_a_page_shows_is_one(page: str, text: str) -> None:
    assert parse_configuration(text.encode()).configuration.suites


def test_every_setting_that_a_page_names_exists() -> None:
    named = {
        variable
        for name in PAGES
        for variable in re.findall(r"HIGHWATER_[A-Z_]+", (HOW_TO / f"{name}.md").read_text())
    }
    assert named - {one.variable for one in SETTINGS} == set()


@pytest.fixture
def workflow() -> dict[str, object]:
    (text,) = [text for page, text in fences("yaml") if page == "github-actions"]
    return dict(yaml.load(text, Loader=yaml.BaseLoader))


def test_the_workflow_asks_for_no_more_than_it_needs(workflow: dict[str, object]) -> None:
    assert workflow["on"] == "pull_request"
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}


def test_the_workflow_fetches_the_history_and_keeps_the_token_out_of_the_clone(
    workflow: dict[str, object],
) -> None:
    first, *_ = workflow["jobs"]["check"]["steps"]  # type: ignore[index]
    assert first["with"] == {"fetch-depth": "0", "persist-credentials": "false"}


def test_the_workflow_posts_with_the_jobs_token(workflow: dict[str, object]) -> None:
    *_, last = workflow["jobs"]["check"]["steps"]  # type: ignore[index]
    assert last["run"].endswith("highwater check --post")
    assert last["env"] == {"GITHUB_TOKEN": "${{ github.token }}"}


@pytest.mark.parametrize(
    "limit", ["second machine", "null runs", "commands", "buttons", "history", "replay"]
)
def test_a_limit_of_actions_mode_is_said_on_its_page_and_beside_each_verdict(limit: str) -> None:
    page = (HOW_TO / "github-actions.md").read_text()

    assert limit in page
    assert limit in LIMITS


def test_the_page_of_promotions_names_what_is_refused() -> None:
    page = " ".join(cell for row in rows("promote-a-baseline", "because") for cell in row)
    words = {
        Refused.EVIDENCE: "evidence is missing",
        Refused.NO_VERDICT: "no verdict",
        Refused.LOOK_AHEAD: "looks ahead",
        Refused.MEASUREMENT_CHANGED: "measurement changed",
        Refused.OUTLIER: "outlier",
    }
    assert [each for each in words.values() if each not in page] == []
