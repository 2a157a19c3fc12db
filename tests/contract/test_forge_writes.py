"""One contract for both forges: the check runs and comments that are written to them."""

from __future__ import annotations

import pytest

from bot.github.limits import MAX_COMMENT
from bot.ports import Annotation, Conclusion
from engine.errors import UserError
from tests.fakes.forge_stage import MARKER, Stage, check_run, head_of, stage

__all__ = ["stage"]


def annotation(line: int) -> Annotation:
    return Annotation(path="budget.yaml", line=line, level="failure", title="T", message="over")


class TestCheckRun:
    def test_the_first_time_it_is_created_as_wanted(self, stage: Stage) -> None:
        wanted = check_run(
            head_of(stage), text="more", details_url="https://example.org/verdicts/1"
        )

        stage.forge.put_check_run(stage.repository, wanted)

        assert stage.check_runs(wanted.head) == [wanted]

    def test_a_second_time_the_same_one_is_brought_to_the_new_state(self, stage: Stage) -> None:
        head = head_of(stage)
        first = stage.forge.put_check_run(stage.repository, check_run(head))
        done = check_run(
            head,
            status="completed",
            conclusion=Conclusion.FAILURE,
            title="Slower",
            summary="12 %",
            annotations=(annotation(3),),
        )

        second = stage.forge.put_check_run(stage.repository, done)

        assert (second, stage.check_runs(head)) == (first, [done])

    def test_another_external_id_is_another_check_run(self, stage: Stage) -> None:
        head = head_of(stage)
        first = stage.forge.put_check_run(stage.repository, check_run(head))

        second = stage.forge.put_check_run(stage.repository, check_run(head, external_id="check-2"))

        assert second != first

    def test_an_older_one_of_the_same_name_can_still_be_concluded(self, stage: Stage) -> None:
        head = head_of(stage)
        stage.forge.put_check_run(stage.repository, check_run(head))
        stage.forge.put_check_run(stage.repository, check_run(head, external_id="check-2"))
        ended = check_run(head, status="completed", conclusion=Conclusion.CANCELLED)

        stage.forge.put_check_run(stage.repository, ended)

        assert [each.status for each in stage.check_runs(head)] == ["completed", "queued"]

    @pytest.mark.parametrize("count", [1, 50, 51, 120])
    def test_all_annotations_arrive_once_however_often_it_is_put(
        self, stage: Stage, count: int
    ) -> None:
        annotations = tuple(annotation(line) for line in range(1, count + 1))
        wanted = check_run(
            head_of(stage),
            status="completed",
            conclusion=Conclusion.FAILURE,
            annotations=annotations,
        )

        stage.forge.put_check_run(stage.repository, wanted)
        stage.forge.put_check_run(stage.repository, wanted)

        (stored,) = stage.check_runs(wanted.head)
        assert stored.annotations == annotations

    def test_texts_that_are_too_long_are_cut_to_what_github_takes(self, stage: Stage) -> None:
        long = "a line of text\n" * 6_000
        wanted = check_run(head_of(stage), title="t" * 400, summary=long, text=long)

        stage.forge.put_check_run(stage.repository, wanted)

        (stored,) = stage.check_runs(wanted.head)
        assert max(len(stored.summary), len(stored.text)) <= 65_535
        assert len(stored.title) <= 255

    @pytest.mark.parametrize(
        "changes",
        [{"status": "completed"}, {"status": "in_progress", "conclusion": Conclusion.SUCCESS}],
    )
    def test_a_conclusion_goes_with_completed_and_with_nothing_else(
        self, stage: Stage, changes: dict[str, object]
    ) -> None:
        with pytest.raises(ValueError, match="highwater"):
            stage.forge.put_check_run(stage.repository, check_run(head_of(stage), **changes))

    def test_every_conclusion_is_taken(self, stage: Stage) -> None:
        head = head_of(stage)
        for conclusion in Conclusion:
            run = check_run(head, name=conclusion.value, status="completed", conclusion=conclusion)
            stage.forge.put_check_run(stage.repository, run)

        assert {each.conclusion for each in stage.check_runs(head)} == set(Conclusion)


class TestComment:
    @pytest.fixture
    def number(self, stage: Stage) -> int:
        return stage.open_pull_request("feature", "main", "Faster").pull_request or 0

    def test_without_one_none_is_found(self, stage: Stage, number: int) -> None:
        assert stage.forge.find_comment(stage.repository, number, MARKER) is None

    def test_the_first_time_it_is_created(self, stage: Stage, number: int) -> None:
        stage.forge.put_comment(stage.repository, number, MARKER, f"{MARKER}\nSlower.")

        assert stage.bodies(number) == [f"{MARKER}\nSlower."]

    def test_a_second_time_the_same_one_is_edited(self, stage: Stage, number: int) -> None:
        first = stage.forge.put_comment(stage.repository, number, MARKER, f"{MARKER}\nSlower.")

        second = stage.forge.put_comment(stage.repository, number, MARKER, f"{MARKER}\nFine.")

        assert (second, stage.bodies(number)) == (first, [f"{MARKER}\nFine."])

    def test_it_is_found_through_all_pages(self, stage: Stage, number: int) -> None:
        for count in range(130):
            stage.comment_as("ada", number, f"remark {count}")
        made = stage.forge.put_comment(stage.repository, number, MARKER, MARKER)
        stage.comment_as("ada", number, "one more")

        assert stage.forge.find_comment(stage.repository, number, MARKER) == made

    def test_a_marker_that_somebody_else_planted_is_not_ours(
        self, stage: Stage, number: int
    ) -> None:
        planted = stage.comment_as("mallory", number, f"{MARKER} all green, honestly")

        made = stage.forge.put_comment(stage.repository, number, MARKER, f"{MARKER}\nSlower.")

        assert made != planted
        assert stage.bodies(number)[0].endswith("honestly")

    def test_of_two_the_one_with_the_lowest_id_is_ours(self, stage: Stage, number: int) -> None:
        first = stage.forge.add_comment(stage.repository, number, f"{MARKER} one")
        stage.forge.add_comment(stage.repository, number, f"{MARKER} two")

        assert stage.forge.find_comment(stage.repository, number, MARKER) == first

    def test_another_pull_requests_comment_is_not_found(self, stage: Stage, number: int) -> None:
        stage.disk.commit("second", {"b": "1"}, onto="main")
        other = stage.open_pull_request("second", "main", "Second").pull_request or 0
        stage.forge.put_comment(stage.repository, other, MARKER, MARKER)

        assert stage.forge.find_comment(stage.repository, number, MARKER) is None

    def test_a_further_comment_leaves_the_sticky_one_alone(self, stage: Stage, number: int) -> None:
        stage.forge.put_comment(stage.repository, number, MARKER, MARKER)

        stage.forge.add_comment(stage.repository, number, "It turned red.")

        assert stage.bodies(number) == [MARKER, "It turned red."]

    def test_a_body_that_is_too_long_is_cut(self, stage: Stage, number: int) -> None:
        long = MARKER + "\n" + "| a row |\n" * 10_000

        stage.forge.put_comment(stage.repository, number, MARKER, long)

        (body,) = stage.bodies(number)
        assert len(body) <= MAX_COMMENT
        assert body.startswith(MARKER)

    def test_a_body_without_its_marker_is_refused(self, stage: Stage, number: int) -> None:
        with pytest.raises(ValueError, match="marker"):
            stage.forge.put_comment(stage.repository, number, MARKER, "Slower.")

    def test_a_pull_request_that_is_not_there_is_a_user_error(self, stage: Stage) -> None:
        with pytest.raises(UserError):
            stage.forge.add_comment(stage.repository, 99, "Hello?")
