"""Check runs of a commit."""

from __future__ import annotations

from typing import Any

from github.CheckRun import CheckRun as GitHubCheckRun
from github.GithubObject import NotSet
from github.Repository import Repository as GitHubRepository

from bot.github.limits import ANNOTATIONS_PER_REQUEST
from bot.ports import Annotation, CheckRun


def find(repository: GitHubRepository, run: CheckRun, slug: str) -> GitHubCheckRun | None:
    """Find the check run of that head, name and external id which the App *slug* made.

    All of the name are looked through, not the latest alone: a check that was superseded must
    still be concluded after a newer one of its name was opened.
    """
    named = repository.get_commit(run.head).get_check_runs(check_name=run.name, filter="all")
    ours = (each for each in named if each.external_id == run.external_id and each.app.slug == slug)
    return min(ours, key=lambda each: each.id, default=None)


def create(repository: GitHubRepository, run: CheckRun) -> int:
    """Create the check run; gives its id."""
    first, *rest = _batches(run.annotations)
    created = repository.create_check_run(
        name=run.name,
        head_sha=run.head,
        external_id=run.external_id,
        details_url=NotSet if run.details_url is None else run.details_url,
        status=run.status,
        conclusion=NotSet if run.conclusion is None else run.conclusion.value,
        output=_output(run, first),
        actions=_actions(run),
    )
    _annotate(created, run, rest)
    return created.id


def update(present: GitHubCheckRun, run: CheckRun) -> int:
    """Bring a check run to the wanted state; gives its id.

    GitHub adds the annotations of every request to those it has, so those are left out.
    """
    first, *rest = _batches(_missing(present, run.annotations))
    present.edit(
        details_url=NotSet if run.details_url is None else run.details_url,
        status=run.status,
        conclusion=NotSet if run.conclusion is None else run.conclusion.value,
        output=_output(run, first),
        actions=_actions(run),
    )
    _annotate(present, run, rest)
    return present.id


def is_in_state(present: GitHubCheckRun, run: CheckRun) -> bool:
    """Tell whether *present*, read just now, is what *run* wants."""
    said = (present.status, present.conclusion, present.output.title, present.output.summary)
    wanted = (run.status, run.conclusion, run.title, run.summary)
    return said == wanted and not _missing(present, run.annotations)


def _annotate(
    check_run: GitHubCheckRun, run: CheckRun, batches: list[tuple[Annotation, ...]]
) -> None:
    for batch in batches:
        check_run.edit(output=_output(run, batch))


def _missing(present: GitHubCheckRun, wanted: tuple[Annotation, ...]) -> tuple[Annotation, ...]:
    if not wanted:
        return ()
    stored = {
        (each.path, each.start_line, each.annotation_level, each.title, each.message)
        for each in present.get_annotations()
    }
    return tuple(
        each
        for each in wanted
        if (each.path, each.line, each.level, each.title, each.message) not in stored
    )


def _batches(annotations: tuple[Annotation, ...]) -> list[tuple[Annotation, ...]]:
    starts = range(0, max(1, len(annotations)), ANNOTATIONS_PER_REQUEST)
    return [annotations[start : start + ANNOTATIONS_PER_REQUEST] for start in starts]


def _actions(run: CheckRun) -> list[dict[str, str]]:
    """Give the buttons; none takes away those that stand."""
    return [
        {"label": one.label, "description": one.description, "identifier": one.identifier}
        for one in run.actions
    ]


def _output(run: CheckRun, annotations: tuple[Annotation, ...]) -> dict[str, Any]:
    output: dict[str, Any] = {"title": run.title, "summary": run.summary, "text": run.text}
    if annotations:
        output["annotations"] = [_annotation(each) for each in annotations]
    return output


def _annotation(annotation: Annotation) -> dict[str, str | int]:
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "title": annotation.title,
        "message": annotation.message,
    }
