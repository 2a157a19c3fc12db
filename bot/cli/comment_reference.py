"""The reference page of the commands in comments, out of the table that the parser reads."""

from __future__ import annotations

from engine.commands import TABLE, Argument, Entry, Verb
from engine.reports.replies import NEEDS

_ABOUT = """\
A comment on a pull request may hold commands: one a line, at the line's start, as GitHub shows the
comment. What is quoted, in a code block, in a code span or in HTML is not read, nor are edits, nor
what bots write. A value with spaces stands in double quotes; `\\"` and `\\\\` are a quote and a
backslash in it. Of one comment the first 8 commands are carried out, each once.

| you see | it means |
| --- | --- |
| 👀 on the comment | the command was accepted; what it does is shown by the checks |
| a reply | an answer, a refusal with its reason, or how the command is written |
| nothing | the comment holds no command, or its author has less than the role triage |

A role is read live from GitHub, when the comment comes and again when the work starts. `triage`,
`write` and `maintain` are the repository's roles; each holds what the lower ones do. How a command
is written is told a person once an hour at most."""

_NOTES = {
    Verb.RUN: """\
Without arguments it measures what a push does, and the suites that have `command` under `when`. A
suite that is named is measured even where none of its paths changed. What `suite` or `tag` leave
out counts as the last finished check of the same commits found it; what that did not measure is
measured as well, so that the check `highwater` always stands for every suite. Where nothing that a
push would measure has the tag, all of it is measured. `pairs` becomes `measure.max_pairs` for this
check; evidence that is there already goes on as it was begun.

With `base` the head is compared with where it left that branch. Such a check only informs: its
check runs are named `… against BRANCH`, and the check `highwater`, the comment and the history are
left as they are.""",
    Verb.RERUN: """\
A running check of the head gives way. GitHub's own *Re-run* does the same. What was measured of the
same commits counts on: a re-run adds pairs, it does not draw anew.""",
    Verb.MORE: """\
Only suites with a row that was not decided and has had fewer than 60 pairs are measured; what is
decided stays decided.""",
    Verb.CANCEL: """\
Whoever asked for a check may end it; a check that began by itself is its pull request's author's.
The checks end as cancelled, which a required check does not accept: `/highwater run` starts
again.""",
    Verb.ACCEPT: """\
The row no longer turns this pull request red, while it is not confirmed to be worse than when it
was accepted. It stays in the report, with the name and the reason. The button *Accept* accepts
every red row of its suite.""",
    Verb.MUTE: """\
The case turns no pull request of the repository red until the end of that day, in UTC. It stays in
each report, with the name, the reason and the day.""",
    Verb.PROMOTE: """\
A benchmark needs no baseline to be there. A sweep names the file in `.highwater.yml`, as its
`baseline`; the file itself need not be there yet.""",
}

_BUTTONS = """\
## Buttons

A finished check run may have the buttons *Re-run*, *Run more pairs* and *Accept*. They are the
commands `rerun` (always of the whole head), `more` and `accept` for the suite of that check run (of
all suites on `highwater`), by the same rules: the role that counts is that of who presses."""


def comments_page(generated: str) -> str:
    """Write the page; *generated* is the remark that a generated page begins with."""
    parts = [generated, "# Commands in comments", _ABOUT, *map(_section, TABLE), _BUTTONS]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry) -> str:
    title = f"## {entry.usage.split()[0]} {'' if entry.verb is Verb.PROMOTE else entry.verb}"
    does = f"{entry.does[0].upper()}{entry.does[1:]}. Needs the role {NEEDS[entry.needs]}."
    shown = "\n".join(dict.fromkeys((entry.usage, entry.example)))
    parts = [title.rstrip(), does, f"```text\n{shown}\n```"]
    if entry.arguments:
        parts.append("\n".join(map(_argument, entry.arguments)))
    if entry.verb in _NOTES:
        parts.append(_NOTES[entry.verb])
    return "\n\n".join(parts)


def _argument(argument: Argument) -> str:
    need = "required" if argument.required else "optional"
    return f"- `{argument.name}` ({need}): {argument.valid}."
