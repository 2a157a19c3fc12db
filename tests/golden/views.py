"""Comments as people see them: a page with GitHub's look, in a browser, at three widths or hues.

``python -m tests.golden.views DIR`` writes the pages and, with Chromium, their pictures.
"""

from __future__ import annotations

import html
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from engine.reports.comment import render_comment
from engine.reports.earlier import Earlier, EarlierVerdict
from engine.values import Outcome
from tests.fakes.situations import situations
from tests.golden.render import LINKS

# The twelve that people meet: green, red, open, nothing to go by, broken, lost, and overridden.
TWELVE = (
    "regression",
    "refactoring",
    "improvement",
    "cannot_tell",
    "missing_and_new",
    "candidate_failed",
    "runner_lost",
    "broken_configuration",
    "look_ahead",
    "accepted",
    "muted",
    "hostile",
)
BROWSER = "chromium"
_EARLIER = EarlierVerdict(
    check="c6",
    head="77aa88bb" * 5,
    outcome=Outcome.REGRESSION,
    decided_utc="2026-11-19T09:30:00Z",
    said="❌ Regression: `decay_10k` is slower",
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


class View(NamedTuple):
    """One way to look at a comment; *width* is that of its text, in CSS pixels."""

    name: str
    width: int
    dark: bool = False


VIEWS = (View("desktop", 860), View("phone", 358), View("dark", 860, dark=True))  # 390 less margins

_LIGHT = "--ink:#1f2328;--paper:#ffffff;--soft:#f6f8fa;--line:#d1d9e0;--dim:#59636e;--link:#0969da"
_DARK = "--ink:#f0f6fc;--paper:#0d1117;--soft:#151b23;--line:#3d444d;--dim:#9198a1;--link:#4493f8"
_STYLE = """
body { margin: 16px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
article { width: WIDTHpx; margin-bottom: 48px; overflow-wrap: break-word; }
h2 { font-size: 21px; line-height: 1.25; border-bottom: 1px solid var(--line); margin: 0 0 16px; }
p, ul, table, pre, details { margin: 0 0 16px; }
ul { padding-left: 2em; }
table { display: block; width: max-content; max-width: 100%; overflow: auto;
  border-collapse: collapse; }
th, td { padding: 6px 13px; border: 1px solid var(--line); }
tr:nth-child(2n) { background: var(--soft); }
code { font: 85% ui-monospace, "Liberation Mono", monospace; background: var(--soft);
  padding: .2em .4em; border-radius: 6px; white-space: break-spaces; }
pre { padding: 16px; overflow: auto; background: var(--soft); }
pre code { padding: 0; white-space: pre; }
summary { cursor: pointer; }
sub { color: var(--dim); }
a { color: var(--link); }
"""
# What the tests read: per comment what is too wide, and how many lines the decision takes.
_MEASURE = """
document.body.dataset.seen = JSON.stringify([...document.querySelectorAll("article")].map(one => {
  const scrolls = part => part.closest("table, pre") !== null && !part.matches("table, pre");
  const wide = [...one.querySelectorAll("*")].filter(part => !scrolls(part)
    && part.getBoundingClientRect().right > one.getBoundingClientRect().right + 1);
  const head = one.querySelector("h2");
  return {
    name: one.id,
    wide: wide.map(part => part.outerHTML.slice(0, 200)),
    lines: Math.round((head.getBoundingClientRect().height - 1) / 26.25),
    open: one.querySelectorAll("details[open]").length,
    folds: one.querySelectorAll("details").length,
    height: Math.round(one.getBoundingClientRect().height),
  };
}));
"""


def page(view: View) -> str:
    """Give the page that shows the twelve comments below each other."""
    articles = "".join(map(_article, TWELVE))
    style = _STYLE.replace("WIDTH", str(view.width))
    hues = _DARK if view.dark else _LIGHT
    head = f'<meta charset="utf-8"><style>:root {{ {hues} }} {style}</style>'
    return f"<!doctype html>{head}<body>{articles}<script>{_MEASURE}</script></body>"


def seen_in_a_browser(view: View, folder: Path) -> str:
    """Open the page of *view* in the browser and give the document as it is by then, as HTML."""
    done = _browse(_written(view, folder), folder, "--dump-dom")
    return html.unescape(done)


def picture(view: View, folder: Path) -> Path:
    """Take the picture of a page; gives the file."""
    file = folder / f"{view.name}.png"
    size = f"--window-size={view.width + 48},9000"
    _browse(_written(view, folder), folder, f"--screenshot={file}", size)
    return file


def _article(name: str) -> str:
    earlier = Earlier((_EARLIER,), 1) if name in {"accepted", "refactoring"} else Earlier()
    body = _MARKDOWN.render(render_comment(situations()[name], LINKS, earlier))
    return f'<article id="{name}">{body}</article>'


def _written(view: View, folder: Path) -> Path:
    file = folder / f"{view.name}.html"
    file.write_text(page(view), encoding="utf-8")
    return file


def _browse(file: Path, folder: Path, *flags: str) -> str:
    profile = f"--user-data-dir={folder / 'profile'}"
    quiet = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", profile)
    argv = [shutil.which(BROWSER) or BROWSER, *quiet, *flags, file.as_uri()]
    done = subprocess.run(argv, capture_output=True, check=True, timeout=120)
    return done.stdout.decode()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for each in VIEWS:
        made = picture(each, target) if shutil.which(BROWSER) else _written(each, target)
        sys.stdout.write(f"{made}\n")
