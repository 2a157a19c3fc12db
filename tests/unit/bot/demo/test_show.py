"""What the demonstration prints of its pull requests."""

from __future__ import annotations

import pytest

from bot.demo.show import document, live, report, served
from bot.demo.story import Opened, Scene
from bot.ports import Annotation, CheckRun, Conclusion
from engine.values import CommitSha

HEAD = CommitSha("a" * 40)


def _run(name: str, conclusion: Conclusion | None, **fields: object) -> CheckRun:
    values = {
        "status": "in_progress" if conclusion is None else "completed",
        "title": "Regression: parse is slower",
        "summary": "`parse` takes 40 % longer.",
        **fields,
    }
    return CheckRun(name=name, head=HEAD, external_id="c1", conclusion=conclusion, **values)


def _scene(branch: str, conclusion: Conclusion | None, *comments: str, **fields: object) -> Scene:
    return Scene(
        opened=Opened(1, branch, f"Change {branch}", HEAD),
        roll_up=_run("highwater", conclusion, **fields),
        suites=(),
        comments=comments,
        verdict_url="http://127.0.0.1:1/verdicts/c1.json",
    )


def test_the_comment_is_printed_as_it_is() -> None:
    text = report([_scene("slower", Conclusion.FAILURE, "## ❌ 1 regression")], 1.0)

    assert "## ❌ 1 regression" in text


def test_a_summary_that_repeats_the_comment_is_not_printed_again() -> None:
    comment = "<!-- marker -->\n`parse` takes 40 % longer.\nmore"

    text = report([_scene("slower", Conclusion.FAILURE, comment)], 1.0)

    assert text.count("takes 40 % longer") == 1


def test_the_loud_pull_requests_come_before_the_quiet_ones() -> None:
    quiet, loud = _scene("docs", Conclusion.SKIPPED), _scene("slower", Conclusion.FAILURE, "Oh.")

    text = report([quiet, loud], 1.0)

    assert text.index("Change slower") < text.index("Change docs")


def test_annotations_name_file_line_and_level() -> None:
    note = Annotation(path="b.yml", line=5, level="failure", title="Over", message="Too slow.")

    text = report([_scene("slower", Conclusion.FAILURE, annotations=(note,))], 1.0)

    assert "Annotation b.yml:5 (failure): Over\n    Too slow." in text


def test_the_verdicts_address_is_printed() -> None:
    text = report([_scene("slower", Conclusion.FAILURE)], 1.0)

    assert "http://127.0.0.1:1/verdicts/c1.json" in text


def test_the_last_line_sums_up_every_check() -> None:
    scenes = [_scene("slower", Conclusion.FAILURE), _scene("docs", Conclusion.SKIPPED)]

    last = report(scenes, 61.7).splitlines()[-1]

    assert last == "2 checks in 62 s: slower failure, docs skipped"


def test_the_document_holds_conclusions_by_branch() -> None:
    shown = document([_scene("slower", Conclusion.FAILURE, "Oh.")], 1.0)

    (pull,) = shown["pull_requests"]
    assert (pull["branch"], pull["conclusion"], pull["comments"]) == (
        "slower",
        "failure",
        ("Oh.",),
    )


def test_without_a_terminal_each_change_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with live(lambda _run: None) as show:
        show([_scene("slower", None)])
        show([_scene("slower", None)])
        show([_scene("slower", Conclusion.FAILURE)])

    assert capsys.readouterr().err.splitlines() == [
        "#1 slower: highwater: in_progress: Regression: parse is slower",
        "#1 slower: highwater: failure: Regression: parse is slower",
    ]


def test_kept_services_are_named_by_addresses_that_answer() -> None:
    loud, quiet = _scene("slower", Conclusion.FAILURE, "## ❌"), _scene("docs", Conclusion.SKIPPED)

    assert served([loud, quiet], "http://127.0.0.1:1") == (
        "Still serving:\n  http://127.0.0.1:1/healthz\n  http://127.0.0.1:1/verdicts/c1.json"
    )
