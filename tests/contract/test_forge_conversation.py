"""One contract for both forges: people, what they say and press, and what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from bot.event_parsing import parse_event
from bot.events import (
    ActionRequested,
    CommentCreated,
    GroupRequested,
    PullRequestClosed,
    PullRequestLabeled,
    PullRequestUpdated,
    Pushed,
    ReviewChanged,
)
from bot.ports import CheckAction, Conclusion, Review, Role
from engine.errors import UserError
from tests.fakes.forge_stage import Stage, check_run, head_of, stage

__all__ = ["stage"]

MARK = "<!-- highwater:drift:1 -->"


@pytest.fixture
def number(stage: Stage) -> int:
    return stage.open_pull_request("feature", "main", "Faster").pull_request or 0


def parsed(webhook: Any) -> Any:
    return parse_event(webhook.event, webhook.body)


class TestPermission:
    @pytest.mark.parametrize("role", list(Role))
    def test_a_role_is_read_as_it_was_given(self, stage: Stage, role: Role) -> None:
        stage.set_role("grace", role)

        assert stage.forge.permission(stage.repository, "grace") is role

    @pytest.mark.parametrize("login", ["stranger", "some-app[bot]", "a/b", "%2e%2e"])
    def test_who_is_not_known_may_do_nothing(self, stage: Stage, login: str) -> None:
        assert stage.forge.permission(stage.repository, login) is Role.NONE


class TestReaction:
    def test_a_second_one_changes_nothing(self, stage: Stage, number: int) -> None:
        comment = stage.comment_as("ada", number, "/highwater run")

        stage.forge.react(stage.repository, comment)
        stage.forge.react(stage.repository, comment)

        assert stage.reactions(comment) == ["eyes"]

    def test_to_a_comment_that_is_gone_is_a_user_error(self, stage: Stage, number: int) -> None:
        with pytest.raises(UserError):
            stage.forge.react(stage.repository, 999_999)


class TestLabel:
    def test_it_is_put_on_and_taken_off_however_often(self, stage: Stage, number: int) -> None:
        for _ in range(2):
            stage.forge.set_label(stage.repository, number, "highwater:regression", present=True)
        labelled = stage.labels(number)
        for _ in range(2):
            stage.forge.set_label(stage.repository, number, "highwater:regression", present=False)

        assert (labelled, stage.labels(number)) == (["highwater:regression"], [])

    def test_it_is_read_with_the_pull_request(self, stage: Stage, number: int) -> None:
        stage.forge.set_label(stage.repository, number, "b", present=True)
        stage.forge.set_label(stage.repository, number, "a", present=True)

        assert stage.forge.pull_request(stage.repository, number).labels == ("a", "b")

    def test_of_a_pull_request_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError):
            stage.forge.set_label(stage.repository, 99, "a", present=False)


class TestReviews:
    def test_they_are_listed_oldest_first_with_the_head_they_are_of(
        self, stage: Stage, number: int
    ) -> None:
        stage.review(number, "ada", "changes_requested")
        stage.review(number, "grace", "approved")

        assert stage.forge.reviews(stage.repository, number) == (
            Review(author="ada", state="changes_requested", commit=head_of(stage)),
            Review(author="grace", state="approved", commit=head_of(stage)),
        )

    def test_one_that_was_dismissed_says_so(self, stage: Stage, number: int) -> None:
        stage.review(number, "grace", "approved")
        stage.review(number, "grace", "dismissed")

        (read,) = stage.forge.reviews(stage.repository, number)
        assert read.state == "dismissed"


class TestIssue:
    def put(self, stage: Stage, title: str = "Drift", *, is_open: bool = True) -> int | None:
        return stage.forge.put_issue(
            stage.repository, MARK, title, f"{MARK}\n{title}", is_open=is_open
        )

    def test_it_is_opened_once_and_edited_then(self, stage: Stage) -> None:
        first = self.put(stage)
        second = self.put(stage, "More drift")

        assert first == second
        assert [(each.title, each.open) for each in stage.issues()] == [("More drift", True)]

    def test_it_is_closed_and_opened_again(self, stage: Stage) -> None:
        self.put(stage)
        self.put(stage, is_open=False)
        closed = stage.forge.find_issue(stage.repository, MARK)
        self.put(stage)

        assert closed is not None
        assert not closed.open
        assert [each.open for each in stage.issues()] == [True]

    def test_none_is_opened_only_to_be_closed(self, stage: Stage) -> None:
        assert (self.put(stage, is_open=False), stage.issues()) == (None, [])

    def test_a_pull_request_that_holds_the_marker_is_no_issue(
        self, stage: Stage, number: int
    ) -> None:
        stage.disk.commit("ours", {"a": "1"}, onto="main")
        stage.forge.put_pull_request(stage.repository, "ours", "main", "T", f"{MARK}\nT")

        assert stage.forge.find_issue(stage.repository, MARK) is None

    def test_its_number_is_no_pull_requests(self, stage: Stage, number: int) -> None:
        made = self.put(stage)
        stage.disk.commit("second", {"b": "1"}, onto="main")
        other = stage.open_pull_request("second", "main", "Second").pull_request

        assert len({number, made, other}) == 3

    def test_a_body_without_its_marker_is_refused(self, stage: Stage) -> None:
        with pytest.raises(ValueError, match="marker"):
            stage.forge.put_issue(stage.repository, MARK, "T", "B", is_open=True)


class TestWebhook:
    def test_a_comment_names_its_author_and_its_text(self, stage: Stage, number: int) -> None:
        event = parsed(stage.comment("ada", number, "/highwater run"))

        assert isinstance(event, CommentCreated)
        assert (event.repository, event.number, event.on_pull_request) == (
            stage.repository,
            number,
            True,
        )
        assert (event.author, event.by_bot, event.body) == ("ada", False, "/highwater run")
        stage.forge.react(stage.repository, event.comment)
        assert stage.reactions(event.comment) == ["eyes"]

    def test_a_bots_comment_says_so(self, stage: Stage, number: int) -> None:
        assert parsed(stage.comment("some-app[bot]", number, "hello")).by_bot

    def test_a_button_names_itself_and_who_pressed_it(self, stage: Stage, number: int) -> None:
        button = CheckAction(label="Re-run", description="Measure again", identifier="rerun")
        wanted = check_run(
            head_of(stage),
            status="completed",
            conclusion=Conclusion.FAILURE,
            actions=(button,),
        )
        made = stage.forge.put_check_run(stage.repository, wanted)

        event = parsed(stage.press(made, "rerun", "ada"))

        assert event == ActionRequested(
            repository=stage.repository,
            check_run=made,
            name="highwater",
            external_id="check-1",
            head=head_of(stage),
            pull_requests=(number,),
            identifier="rerun",
            sender="ada",
            by_bot=False,
        )
        assert stage.check_runs(head_of(stage)) == [wanted]

    def test_a_label_names_itself_and_who_put_it_on(self, stage: Stage, number: int) -> None:
        event = parsed(stage.label(number, "highwater:full", "ada"))

        assert isinstance(event, PullRequestLabeled)
        assert (event.label, event.sender, event.by_bot) == ("highwater:full", "ada", False)

    def test_a_draft_that_is_ready_parses_to_a_pull_request_that_was_updated(
        self, stage: Stage, number: int
    ) -> None:
        stage.draft(number)
        was_draft = stage.forge.pull_request(stage.repository, number).draft

        event = parsed(stage.ready(number))

        assert isinstance(event, PullRequestUpdated)
        assert (was_draft, event.action) == (True, "ready_for_review")

    def test_a_review_names_its_author_and_state(self, stage: Stage, number: int) -> None:
        event = parsed(stage.review(number, "grace", "approved"))

        assert event == ReviewChanged(
            repository=stage.repository,
            number=number,
            action="submitted",
            head=head_of(stage),
            author="grace",
            state="approved",
        )

    def test_merging_closes_and_pushes(self, stage: Stage, number: int) -> None:
        before = head_of(stage, "main")

        closed, pushed = map(parsed, stage.merge(number, "ada"))

        assert isinstance(closed, PullRequestClosed)
        assert (closed.merged, closed.head_ref) == (True, "feature")
        assert isinstance(pushed, Pushed)
        assert (pushed.branch, pushed.before, pushed.after, pushed.to_default_branch) == (
            "main",
            before,
            head_of(stage, "main"),
            True,
        )
        read = stage.forge.pull_request(stage.repository, number)
        assert (read.state, read.merged) == ("closed", True)

    def test_a_merge_group_stands_on_its_base(self, stage: Stage, number: int) -> None:
        event = parsed(stage.merge_group(number))

        assert isinstance(event, GroupRequested)
        assert (event.base, event.base_ref) == (head_of(stage, "main"), "main")
        assert event.head == head_of(stage, event.head_ref)
