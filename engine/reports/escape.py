"""Text of a repository's own making, made harmless in GitHub Markdown.

Names of cases, metrics and files, messages and output come from pull requests. They must not
mention people, link, embed images, break a table or a fold, or run over what we say.
"""

from __future__ import annotations

import html
import re
import unicodedata

MAX_NAME = 80
MAX_TEXT = 400
ELLIPSIS = "…"

_PLAIN = re.compile(r"(?!.*\bgh-\d)[a-z0-9][a-z0-9 /²³µ%·-]{0,39}", re.IGNORECASE)
_SPANNABLE = re.compile(r"[^`|\\]+")
_MARKUP = re.compile(
    r"[\\`*\[\]<>|~&!$@#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=:)//|(?<=www)\.|\bGH-(?=\d)",
    re.IGNORECASE,
)
_LINE_START = re.compile(r"^(?:[-+=>]|\d+[.)])")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_LINKING = re.compile(r"[#@]|\bGH-(?=\d)|(?<=:)//", re.IGNORECASE)
_QUOTED = re.compile(r"`([^`\s](?:[^`]*[^`\s])?)`")
_FENCE = re.compile(r"`{3,}")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_HIDDEN_MARK = "<!--"  # what our own comments are found by, wherever it stands in them
_BREAK = "&#8203;"  # zero width: stops mentions, references and links from being recognised


def one_line(text: str, limit: int = MAX_TEXT) -> str:
    r"""Put *text* on one line without control, invisible or direction-changing characters.

    >>> one_line("a\nb\x1b[31m red")
    'a b red'
    """
    seen = _seen(text)
    return seen if len(seen) <= limit else seen[: limit - 1] + ELLIPSIS


def named(text: str, limit: int = MAX_NAME) -> str:
    """Put a name on one line; a long one is cut in its middle, as its end tells most.

    >>> named("benchmarks/test_core.py::test_decay[10k]", 20)
    'benchm…st_decay[10k]'
    """
    seen = _seen(text) or "(no name)"
    if len(seen) <= limit:
        return seen
    tail = 2 * limit // 3
    return seen[: limit - 1 - tail] + ELLIPSIS + seen[-tail:]


def leaf(name: str) -> str:
    """Give what a case is called within its file, parameters included.

    >>> leaf("benchmarks/test_a.py::Group::test_x[a::b]")
    'test_x[a::b]'
    """
    bare, bracket, parameters = name.partition("[")
    return (bare.rpartition("::")[2] or bare) + bracket + parameters


def code(text: str, limit: int = MAX_NAME) -> str:
    """Show *text* as code, in a table too; what a code span cannot hold becomes entities.

    >>> code("test_a[x]"), code("a|b")
    ('`test_a[x]`', '<code>a&#124;b</code>')
    """
    shown = named(text, limit)
    if _SPANNABLE.fullmatch(shown) and _HIDDEN_MARK not in shown:
        return f"`{shown}`"
    return f"<code>{''.join(map(_entity, shown))}</code>"


def word(text: str) -> str:
    """Show a plain word as it is, and all else as code.

    >>> word("ops/s"), word("@all")
    ('ops/s', '`@all`')
    """
    return text if _PLAIN.fullmatch(text) else code(text, 40)


def inline(text: str, limit: int = MAX_TEXT) -> str:
    """Show *text* as a line of plain text: no markup, mention, reference or link survives.

    >>> inline("see **this**, @user")
    'see &#42;&#42;this&#42;&#42;, &#64;&#8203;user'
    """
    return _escaped(one_line(text, limit))


def prose(text: str, limit: int = MAX_TEXT) -> str:
    """Show a line of text as :func:`inline` does, with what stands between backticks as code.

    >>> prose("say `suite=core`, @user")
    'say `suite=core`, &#64;&#8203;user'
    """
    parts = _QUOTED.split(one_line(text, limit))
    parts[::2] = map(_escaped, parts[::2])
    parts[1::2] = map(code, parts[1::2])
    return "".join(parts)


def _escaped(text: str) -> str:
    escaped = _MARKUP.sub(_neutral, text)
    return _LINE_START.sub(lambda found: found[0][:-1] + _entity(found[0][-1]), escaped)


def html_code(text: str, limit: int = MAX_NAME) -> str:
    """Show *text* as code within HTML, such as the title of a fold.

    >>> html_code("<b>")
    '<code>&lt;b&gt;</code>'
    """
    return f"<code>{html.escape(named(text, limit), quote=True)}</code>"


def plain(text: str, limit: int = MAX_NAME) -> str:
    """Show a name where no Markdown is read, such as the title of a check run."""
    return named(text, limit)


def unlinked(text: str, limit: int = MAX_TEXT) -> str:
    r"""Put *text* on one line of a commit's message: it mentions nobody and closes no issue.

    >>> unlinked("closes #1, says @ann") == "closes #\u200b1, says @\u200bann"
    True
    """
    return _LINKING.sub("\\g<0>\u200b", one_line(text, limit))


def unmarked(markdown: str) -> str:
    """Turn a line that this module's functions made into plain text again.

    >>> unmarked(f"{code('a|b')} is {inline('*new*')}")
    'a|b is *new*'
    """
    bare = re.sub(r"</?code>|`", "", markdown)
    return html.unescape(bare).replace(html.unescape(_BREAK), "")


def fenced(text: str, limit: int = 4000) -> str:
    """Show the end of *text* as a block of code, whatever fences or marks it holds itself."""
    lines = _ANSI.sub("", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tail = "\n".join("".join(map(_visible_or_tab, line)).rstrip() for line in lines).strip("\n")
    if len(tail) > limit:
        tail = ELLIPSIS + tail[-limit + 1 :]
    tail = tail.replace(_HIDDEN_MARK, "<!\u200b--")
    longest = max((len(found) for found in _FENCE.findall(tail)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}text\n{tail}\n{fence}"


def _seen(text: str) -> str:
    spaced = " ".join(_ANSI.sub("", text).split())
    return "".join(_visible(character) for character in spaced)


def _visible(character: str) -> str:
    return "" if unicodedata.category(character) in _HIDDEN else character


def _visible_or_tab(character: str) -> str:
    return character if character == "\t" else _visible(character)


def _entity(character: str) -> str:
    return character if character.isalnum() or character == " " else f"&#{ord(character)};"


def _neutral(found: re.Match[str]) -> str:
    token = found[0]
    if token in {"//", "."}:
        return _BREAK + token
    if len(token) > 1:  # GH-
        return token + _BREAK
    return _entity(token) + (_BREAK if token in {"@", "#"} else "")
