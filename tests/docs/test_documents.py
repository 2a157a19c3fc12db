"""What documents tell people to do can be done: commands, links, examples."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt

from bot.cli.main import COMMANDS, load
from bot.cli.main import root as highwater
from engine.configuration_file import parse_configuration
from engine.perf_budgets import parse_perf_budget

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = {"sh", "bash", "console"}
MARKDOWN = MarkdownIt("commonmark").enable("table")


def lines_of_shell() -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for token in MARKDOWN.parse(document.read_text()):
            if token.type == "fence" and token.info.strip() in SHELL:
                name = str(document.relative_to(ROOT))
                yield from ((name, line.strip()) for line in token.content.splitlines() if line)


def words(line: str) -> list[str]:
    """The words of a line of shell, without prompt, comment, variables and the path of .venv."""
    given = shlex.split(line.removeprefix("$ "), comments=True)
    while given and re.fullmatch(r"[A-Z_]+=\S*", given[0]):
        given = given[1:]
    return [given[0].removeprefix(".venv/bin/"), *given[1:]] if given else []


SHELL_LINES = [(name, line, words(line)) for name, line in lines_of_shell()]
MAKE = [(name, line) for name, line, given in SHELL_LINES if given[:1] == ["make"]]
OURS = [(name, line) for name, line, given in SHELL_LINES if given[:1] == ["highwater"]]


@pytest.mark.parametrize("name,line", MAKE)
@pytest.mark.needs_program("make", "make")
def test_a_make_target_that_a_document_names_exists(name: str, line: str) -> None:
    target = [word for word in words(line)[1:] if "=" not in word]
    done = subprocess.run(["make", "-n", *target], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, f"{name}: {line}"


@pytest.mark.parametrize("name,line", OURS)
def test_a_command_line_that_a_document_names_is_one(name: str, line: str) -> None:
    context = click.Context(highwater, info_name="highwater")
    given = words(line)[1:]
    if given[0].startswith("-"):
        return
    command: click.Command = load(COMMANDS[given[0]])
    given = given[1:]
    while isinstance(command, click.Group):
        inner = command.get_command(context, given[0])
        assert inner is not None, f"{name}: {line}"
        command, given = inner, given[1:]
    parser = command.make_parser(click.Context(command, parent=context))
    _, extra, given_params = parser.parse_args(given)
    lacking = [one.name for one in command.params if one.required and one not in given_params]
    assert (extra, lacking) == ([], []), f"{name}: {line}"


def links() -> Iterator[tuple[Path, str]]:
    for document in DOCUMENTS:
        for token in MARKDOWN.parse(document.read_text()):
            for child in token.children or ():
                target = child.attrs.get("href")
                if isinstance(target, str) and not re.match(r"[a-z]+:|#", target):
                    yield document, target


@pytest.mark.parametrize(
    "document,target", [pytest.param(*link, id=f"{link[0].name}-{link[1]}") for link in links()]
)
def test_a_link_leads_somewhere(document: Path, target: str) -> None:
    assert (document.parent / target.partition("#")[0]).exists()


@pytest.mark.parametrize(
    "document,target",
    [pytest.param(*link, id=f"{link[0].name}-{link[1]}") for link in links() if "#" in link[1]],
)
def test_a_link_into_a_page_leads_to_one_of_its_headings(document: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    page = (document.parent / name).read_text()
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings]
    assert anchor in slugs


UNSHIPPED = (
    r"contracts(?:\.md)? §|source (?:row|document)|(?:spec/statistics|(?<!-)backtest|contracts)\.md"
)


def test_no_document_cites_what_is_not_in_the_tree() -> None:
    citing = [one for one in DOCUMENTS if re.search(UNSHIPPED, one.read_text())]
    assert [str(one.relative_to(ROOT)) for one in citing] == []


def test_the_glossary_explains_each_outcome_and_class_of_thing_once(root: Path) -> None:
    page = (root / "ARCHITECTURE.md").read_text().partition("## Glossary")[2].partition("\n## ")[0]
    words = [
        word.strip()
        for row in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)[1:]
        for word in row.split("/")
    ]
    assert {"suite", "case", "order", "report", "check", "baseline", "budget", "verdict"} <= {
        *words
    }
    assert len(words) == len(set(words))


def test_every_document_is_reached_from_the_overview() -> None:
    linked = {
        (document.parent / target.partition("#")[0]).resolve() for document, target in links()
    }
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.name != "README.md"}
    assert {str(page.relative_to(ROOT)) for page in pages - linked} == set()


def test_the_example_configuration_is_one(root: Path) -> None:
    parsed = parse_configuration((root / "config/example.highwater.yml").read_bytes())
    assert list(parsed.configuration.suites) == ["ci_smoke", "core"]


def test_the_example_budget_is_that_of_the_reference(root: Path) -> None:
    budget = parse_perf_budget((root / "config/example.perf_budget.yaml").read_bytes(), "budget")
    page = (root / "docs/reference/budgets.md").read_text()
    shown = page.rpartition("```yaml\n")[2].partition("```")[0]
    assert parse_perf_budget(shown.encode(), "page") == budget


def test_the_configurations_of_the_tutorial_are_such(root: Path) -> None:
    page = (root / "docs/tutorial/first-check.md").read_text()
    shown = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    suites = [[*parse_configuration(text.encode()).configuration.suites] for text in shown]
    assert suites == [["core"], ["core"]]
