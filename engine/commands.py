"""The commands that people write in comments: one table for parser, help, reports and policy."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

import msgspec

PREFIX = "/highwater"
PROMOTE_PREFIX = "/promote-baseline"
EVERY = "*"  # as a case: every red row of the suite
MAX_VALUE = 500

Need = Literal["triage", "write", "maintain"]
Name = Literal["suite", "tag", "pairs", "base", "baseline", "case", "metric", "until", "reason"]

_BARE = re.compile(r"[^\s\"\\“”„]+")  # what needs no quotes
_NAMED = re.compile(r"[A-Za-z]+=")


class Verb(StrEnum):
    """What can be asked for."""

    RUN = "run"
    RERUN = "rerun"
    MORE = "more"
    CANCEL = "cancel"
    STATUS = "status"
    ACCEPT = "accept"
    MUTE = "mute"
    PROMOTE = "promote-baseline"
    HELP = "help"


class Argument(msgspec.Struct, frozen=True, kw_only=True):
    """One argument: how it is written, and what it may be.

    *leading*: it may stand first without its name. *valid* says in words what *pattern* lets pass.
    """

    name: Name
    shown: str
    valid: str
    pattern: str
    required: bool = False
    leading: bool = False

    def accepts(self, value: str) -> bool:
        """Whether *value* has the form; what it names may still not be there."""
        return len(value) <= MAX_VALUE and re.fullmatch(self.pattern, value) is not None

    @property
    def written(self) -> str:
        """How a usage line shows it."""
        text = self.shown if self.leading else f"{self.name}={self.shown}"
        return text if self.required else f"[{text}]"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One command: what it does, who may give it, and its arguments."""

    verb: Verb
    needs: Need
    does: str
    example: str
    arguments: tuple[Argument, ...] = ()

    @property
    def usage(self) -> str:
        """How the command is written."""
        return " ".join((_head(self.verb), *(one.written for one in self.arguments)))

    def argument(self, name: str) -> Argument | None:
        """Find an argument by its name; None when the command has none of that name."""
        return next((one for one in self.arguments if one.name == name), None)

    @property
    def leading(self) -> Argument | None:
        """The argument that may stand first without its name."""
        return next((one for one in self.arguments if one.leading), None)


SUITE_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}"

_SUITE = Argument(
    name="suite", shown="NAME", valid="the name of a suite in `.highwater.yml`", pattern=SUITE_NAME
)
_TAG = Argument(
    name="tag",
    shown="TAG",
    valid="a hardware tag that a suite has under `runs_on`",
    pattern=r"[a-z0-9][a-z0-9_.-]{0,62}",
)
_PAIRS = Argument(
    name="pairs",
    shown="5..60",
    valid="a whole number from 5 to 60",
    pattern=r"[5-9]|[1-5][0-9]|60",
)
_BASE = Argument(
    name="base",
    shown="BRANCH",
    valid="a branch of this repository, not of a fork",
    pattern=r"(?![-/.])(?!.*(?:\.\.|//|@\{|\.lock$))[A-Za-z0-9][A-Za-z0-9_./+@-]{0,254}",
)
_BASELINE = Argument(
    name="baseline",
    shown="NAME",
    valid="the name of one of a sweep's baselines, where it has several",
    pattern=r"\S(?:.*\S)?",
)
_CASE = Argument(
    name="case",
    shown="SUITE::CASE",
    valid="a suite, `::`, and one of its cases as the report names it; `SUITE::*` for all of them",
    pattern=rf"{SUITE_NAME}::\S(?:.*\S)?",
    required=True,
    leading=True,
)
_METRIC = Argument(
    name="metric",
    shown="METRIC",
    valid="a metric of the case as the report names it; without it all of them",
    pattern=r"[A-Za-z0-9][A-Za-z0-9_./% -]{0,79}",
)
_UNTIL = Argument(
    name="until",
    shown="YYYY-MM-DD",
    valid="a day to come, such as `2027-01-31`",
    pattern=r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
    required=True,
)
_REASON = Argument(
    name="reason",
    shown='"…"',
    valid=f"why, in at most {MAX_VALUE} characters, in double quotes",
    pattern=r"(?s:.*\w.*)",  # not the dots of an example
    required=True,
)

TABLE: tuple[Entry, ...] = (
    Entry(
        verb=Verb.RUN,
        needs="triage",
        does="measure the head, or some of its suites, in the way that is asked for",
        example="/highwater run suite=core pairs=60",
        arguments=(_SUITE, _TAG, _PAIRS, _BASE),
    ),
    Entry(
        verb=Verb.RERUN,
        needs="triage",
        does="measure the head again; what was measured of it before still counts",
        example="/highwater rerun",
    ),
    Entry(
        verb=Verb.MORE,
        needs="triage",
        does="go on with the rows that could not be told, up to 60 pairs",
        example="/highwater more suite=core",
        arguments=(msgspec.structs.replace(_SUITE, leading=True),),
    ),
    Entry(
        verb=Verb.CANCEL,
        needs="triage",
        does="end the running check and free its runners; somebody else's check needs write",
        example="/highwater cancel",
    ),
    Entry(
        verb=Verb.STATUS,
        needs="triage",
        does="say what waits, what is measured, and how long it will take",
        example="/highwater status",
    ),
    Entry(
        verb=Verb.ACCEPT,
        needs="maintain",
        does="accept a loss in this pull request, as long as it gets no worse",
        example='/highwater accept core::test_decay reason="the new rounding costs this"',
        arguments=(_CASE, _METRIC, _REASON),
    ),
    Entry(
        verb=Verb.MUTE,
        needs="maintain",
        does="let a case fail no pull request until a day",
        example='/highwater mute core::test_io until=2027-01-31 reason="the disk is replaced"',
        arguments=(_CASE, _UNTIL, _REASON),
    ),
    Entry(
        verb=Verb.PROMOTE,
        needs="maintain",
        does="propose what the head measures as the stored baseline, in a pull request",
        example='/promote-baseline suite=core reason="the faster parser is the new normal"',
        arguments=(_SUITE, _BASELINE, _REASON),
    ),
    Entry(
        verb=Verb.HELP,
        needs="triage",
        does="show this table",
        example="/highwater help",
    ),
)

_BY_VERB = {entry.verb: entry for entry in TABLE}


def entry_of(verb: Verb) -> Entry:
    """Find the row of a command."""
    return _BY_VERB[verb]


def written(verb: Verb, **arguments: str) -> str:
    r"""Write a command as the parser reads it, with quotes where a value needs them.

    >>> written(Verb.ACCEPT, case="core::test_a[x y]", reason="it is worth it")
    '/highwater accept "core::test_a[x y]" reason="it is worth it"'
    """
    entry = entry_of(verb)
    return " ".join((_head(verb), *(_pair(entry, *pair) for pair in arguments.items())))


def _head(verb: Verb) -> str:
    return PROMOTE_PREFIX if verb is Verb.PROMOTE else f"{PREFIX} {verb}"


def _pair(entry: Entry, name: str, value: str) -> str:
    argument = entry.argument(name)
    quoted = value if _is_bare(value) else _quoted(value)
    return quoted if argument is not None and argument.leading else f"{name}={quoted}"


def _is_bare(value: str) -> bool:
    return _BARE.fullmatch(value) is not None and _NAMED.match(value) is None


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
