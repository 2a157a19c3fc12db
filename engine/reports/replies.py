"""What is answered to commands: in one comment for each comment that held some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from engine.commands import PREFIX, TABLE, Entry, Verb, entry_of
from engine.eta import Eta
from engine.reports import notices
from engine.reports.escape import code, prose, word
from engine.reports.wording import SHA

NEEDS = {"triage": "triage", "write": "write", "maintain": "maintain or admin"}
_LONGEST = 60_000  # of a reply; a comment holds 65,536 characters, entities included


class MistakeKind(StrEnum):
    """What may be wrong with a line that begins like a command."""

    VERB = "verb"  # there is no such command
    ARGUMENT = "argument"  # it has no argument of that name
    TWICE = "twice"
    VALUE = "value"
    MISSING = "missing"
    UNCLOSED = "unclosed"  # a quote without an end
    STRAY = "stray"  # a word that is no argument
    TOO_MANY = "too_many"


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no command; *name* is the argument, *given* what was written there."""

    line: int
    kind: MistakeKind
    verb: Verb | None = None
    name: str = ""
    given: str = ""


def reply_marker(delivery: str) -> str:
    """Give the hidden mark by which the reply to a delivery's commands is found again.

    >>> reply_marker("d1")
    '<!-- highwater:reply:d1 -->'
    """
    return f"<!-- highwater:reply:{delivery} -->"


def render_reply(marker: str, author: str, answers: Sequence[str]) -> str:
    """Put the answers to one comment together; each is Markdown that is harmless already."""
    body = "\n\n".join(answer.strip() for answer in answers)
    cut = body if len(body) <= _LONGEST else body[:_LONGEST].rpartition("\n")[0]
    return f"{marker}\nTo {code(author)}:\n\n{cut}\n"


def mistake(one: Mistake) -> str:
    """Say what is wrong with a line, how the command is written, and what is valid."""
    if one.verb is None:
        return _unknown(one)
    entry = entry_of(one.verb)
    return "\n".join((_problem(one, entry), "", f"Usage: `{entry.usage}`", *_valid(one, entry)))


def wrong_value(verb: Verb, name: str, given: str, valid: Sequence[str]) -> str:
    """Say that what an argument names is not there, and what is."""
    entry = entry_of(verb)
    known = ", ".join(code(one) for one in valid[:20]) or "none"
    more = f", and {len(valid) - 20} more" if len(valid) > 20 else ""  # noqa: PLR2004 - as above
    return "\n".join(
        (
            f"`{name}`: {code(given)} is not there.",
            "",
            f"Usage: `{entry.usage}`",
            f"- `{name}` is one of: {known}{more}.",
        )
    )


def help_table() -> str:
    """Show every command: what it does, who may give it, how it is written."""
    rows = (f"| `{_cell(entry.usage)}` | {entry.does} | {NEEDS[entry.needs]} |" for entry in TABLE)
    head = ("| Command | What it does | Who may |", "| --- | --- | --- |")
    note = "One command a line, at the line's start. Values with spaces stand in double quotes."
    return "\n".join((*head, *rows, "", note))


def not_allowed(verb: Verb, held: str, needed: str | None = None) -> str:
    """Say that a person's role does not allow a command."""
    needs = NEEDS[needed or entry_of(verb).needs]
    return f"`{_name(verb)}` needs the role {needs} in this repository; you have {word(held)}."


def refused(verb: Verb, problem: str, remedy: str) -> str:
    """Say why a command was not carried out, and what to do about it."""
    return f"`{_name(verb)}`: {prose(problem)} {prose(remedy)}".rstrip()


def given_up(verb: Verb, delivery: str) -> str:
    """Say that our own program failed; the delivery finds it in the log."""
    return (
        f"`{_name(verb)}`: Highwater itself failed; its log has the details under "
        f"{code(delivery)}. Write the command again."
    )


def moved_on(verb: Verb, pressed: str, head: str) -> str:
    """Say that a button was of a commit that is the head no more."""
    return (
        f"`{_name(verb)}`: that button was of {code(pressed[:SHA])}; the head is "
        f"{code(head[:SHA])} now. Its checks have buttons of their own."
    )


def cancelled(checks: int) -> str:
    """Say what a cancel ended."""
    if checks == 0:
        return "`cancel`: no check of this pull request is running."
    return f"`cancel`: ended {checks} {'check' if checks == 1 else 'checks'}."


def running_check(check: str, head: str, states: Sequence[tuple[str, str]]) -> str:
    """Say how far a running check is: each check run with its state, which is our own text."""
    title = f"Check {code(check)} of {code(head[:SHA])}"
    if not states:
        return f"{title} is being planned."
    rows = (f"| {code(name)} | {state} |" for name, state in states)
    return "\n".join((f"{title}:", "", "| Check run | State |", "| --- | --- |", *rows))


def expected(eta: Eta, tags: Sequence[str]) -> str:
    """Say how far a run is that is out, and how long it will take, as its check run says it."""
    if eta.ahead is not None:
        return notices.queued(tags, ahead=eta.ahead, left_s=eta.left_s).title
    return notices.measuring("", done=eta.done, total=eta.total, left_s=eta.left_s).title


def nothing_running(head: str, outcome: str | None, url: str | None) -> str:
    """Say that nothing of a head waits, and what was last decided about it."""
    said = f"No check of {code(head[:SHA])} is running."
    if outcome is None:
        return f"{said} It has no verdict; `/highwater run` has it measured."
    return f"{said} Its last verdict is {word(outcome.replace('_', ' '))}: {url}"


def _unknown(one: Mistake) -> str:
    if one.kind is MistakeKind.TOO_MANY:
        return f"Only the first {one.given} commands of a comment are read."
    verbs = ", ".join(f"`{entry.verb}`" for entry in TABLE if entry.verb is not Verb.PROMOTE)
    return "\n".join(
        (
            f"{code(one.given)} is not a command.",
            "",
            f"Usage: `{PREFIX} COMMAND [key=value]…`",
            f"- `COMMAND` is one of: {verbs}; and there is `{entry_of(Verb.PROMOTE).usage}`.",
        )
    )


def _problem(one: Mistake, entry: Entry) -> str:
    verb = f"`{_name(entry.verb)}`"
    match one.kind:
        case MistakeKind.ARGUMENT:
            return f"{verb} has no argument {code(one.name)}."
        case MistakeKind.TWICE:
            return f"{verb}: {code(one.name)} is given twice."
        case MistakeKind.MISSING:
            return f"{verb} needs {code(one.name)}."
        case MistakeKind.UNCLOSED:
            return f"{verb}: the quote that begins {code(one.given)} has no end."
        case MistakeKind.STRAY:
            return f"{verb}: {code(one.given)} is not an argument."
        case _:
            given = code(one.given) if one.given else "nothing"
            return f"{verb}: {given} is not valid for {code(one.name)}."


def _valid(one: Mistake, entry: Entry) -> Iterable[str]:
    named = entry.argument(one.name)
    for argument in (named,) if named is not None else entry.arguments:
        yield f"- `{argument.name}`: {argument.valid}."
    yield f"- For example `{entry.example}`"


def _name(verb: Verb) -> str:
    return f"/{verb}" if verb is Verb.PROMOTE else str(verb)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
