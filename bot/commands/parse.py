"""From a comment to what it asks for: each line a command, or a mistake to be told."""

from __future__ import annotations

import re
from typing import NamedTuple

import msgspec

from bot.commands.lines import Line, command_lines
from engine.commands import PROMOTE_PREFIX, Argument, Entry, Verb, entry_of
from engine.reports.replies import Mistake, MistakeKind

MAX_COMMANDS = 8  # of one comment

_OPENING = '"“”„'
_CLOSING = {'"': '"', "“": '“”"', "”": '“”"', "„": '“”"'}
_NAMED = re.compile(r"([A-Za-z][A-Za-z_-]*)=")
_INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"  # phones and editors leave them behind
_VERBS = {str(verb): verb for verb in Verb if verb is not Verb.PROMOTE}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command as it stands on a line, with arguments of the right form."""

    line: int
    verb: Verb
    arguments: dict[str, str]


class Token(NamedTuple):
    """A word of a line: *name* is what stands before its ``=``, if anything."""

    name: str | None
    value: str


class WrongLineError(Exception):
    """A line that is no command; *kind*, *name* and *given* say why."""

    def __init__(self, kind: MistakeKind, name: str = "", given: str = "") -> None:
        """Take what is wrong, of which argument, and what was given."""
        super().__init__(kind, name, given)
        self.kind = kind
        self.name = name
        self.given = given


def parse_comment(body: str) -> tuple[Asked | Mistake, ...]:
    r"""Read every command of a comment; the same one twice is asked for once.

    >>> parse_comment("Again please:\n\n/highwater run suite=core")
    (Asked(line=2, verb=<Verb.RUN: 'run'>, arguments={'suite': 'core'}),)
    """
    found: list[Asked | Mistake] = []
    seen: list[tuple[Verb, dict[str, str]]] = []
    for line in command_lines(body):
        one = parse_line(line)
        if isinstance(one, Asked):
            if (one.verb, one.arguments) in seen:
                continue
            seen.append((one.verb, one.arguments))
        if len(found) == MAX_COMMANDS:
            found.append(
                Mistake(line=line.number, kind=MistakeKind.TOO_MANY, given=str(MAX_COMMANDS))
            )
            break
        found.append(one)
    return tuple(found)


def parse_line(line: Line) -> Asked | Mistake:
    """Read one line that begins with a command's first word."""
    head, _, rest = _words(line.text)
    if head == PROMOTE_PREFIX:
        return _parsed(line.number, Verb.PROMOTE, rest)
    word, _, rest = _words(rest)
    verb = _VERBS.get(word or Verb.HELP)
    if verb is None:
        return Mistake(line=line.number, kind=MistakeKind.VERB, given=word)
    return _parsed(line.number, verb, rest)


def _words(text: str) -> tuple[str, str, str]:
    bare = text.strip().strip(_INVISIBLE).strip()
    found = re.search(rf"[\s{_INVISIBLE}]+", bare)
    if found is None:
        return bare, "", ""
    return bare[: found.start()], found[0], bare[found.end() :]


def _parsed(line: int, verb: Verb, rest: str) -> Asked | Mistake:
    try:
        return Asked(line=line, verb=verb, arguments=_arguments(entry_of(verb), _tokens(rest)))
    except WrongLineError as wrong:
        return Mistake(line=line, kind=wrong.kind, verb=verb, name=wrong.name, given=wrong.given)


def _arguments(entry: Entry, tokens: list[Token]) -> dict[str, str]:
    given: dict[str, str] = {}
    for position, token in enumerate(tokens):
        argument = _argument(entry, token, is_first=position == 0)
        if argument.name in given:
            raise WrongLineError(MistakeKind.TWICE, argument.name)
        if not argument.accepts(token.value):
            raise WrongLineError(MistakeKind.VALUE, argument.name, token.value)
        given[argument.name] = token.value
    for argument in entry.arguments:
        if argument.required and argument.name not in given:
            raise WrongLineError(MistakeKind.MISSING, argument.name)
    return given


def _argument(entry: Entry, token: Token, *, is_first: bool) -> Argument:
    if token.name is None:
        leading = entry.leading if is_first else None
        if leading is None:
            raise WrongLineError(MistakeKind.STRAY, given=token.value)
        return leading
    argument = entry.argument(token.name)
    if argument is None:
        raise WrongLineError(MistakeKind.ARGUMENT, token.name)
    return argument


def _tokens(rest: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(rest):
        if rest[at].isspace() or rest[at] in _INVISIBLE:
            at += 1
            continue
        named = _NAMED.match(rest, at)
        start = named.end() if named else at
        value, at = _value(rest, start)
        tokens.append(Token(named[1] if named else None, value))
    return tokens


def _value(text: str, start: int) -> tuple[str, int]:
    """Read a value at *start*; gives it and where it ends."""
    if start < len(text) and text[start] in _OPENING:
        return _quoted(text, start)
    end = start
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end].strip(_INVISIBLE), end


def _quoted(text: str, start: int) -> tuple[str, int]:
    closing = _CLOSING[text[start]]
    value: list[str] = []
    at = start + 1
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in {'"', "\\", "“", "”"}:
            value.append(text[at + 1])
            at += 2
            continue
        if text[at] in closing:
            return _closed("".join(value), text, at + 1)
        value.append(text[at])
        at += 1
    raise WrongLineError(MistakeKind.UNCLOSED, given=text[start:])


def _closed(value: str, text: str, end: int) -> tuple[str, int]:
    """Make sure that nothing is glued to the closing quote."""
    if end < len(text) and not text[end].isspace() and text[end] not in _INVISIBLE:
        raise WrongLineError(MistakeKind.STRAY, given=text[end:])
    return value, end
