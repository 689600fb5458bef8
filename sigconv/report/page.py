"""report.html: one file with its pictures inside, so that it opens anywhere, offline."""

import base64
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-weight: 600; } h2 { margin-top: 2.2rem; border-bottom: 1px solid #ddd; }
table { border-collapse: collapse; } td, th { padding: .25rem .8rem; border-bottom: 1px solid #eee; text-align: right; }
td:first-child, th:first-child { text-align: left; } img { max-width: 100%; }
.big { font-size: 1.35rem; } pre { background: #f6f6f6; padding: .8rem; overflow-x: auto; } figcaption { color: #555; }
"""


@dataclass(frozen=True)
class Section:
    """One part of a report: a heading, plain paragraphs, an optional table, picture (PNG bytes) and code block."""

    title: str
    text: str = ""
    table: Sequence[Sequence[str]] = ()
    picture: bytes = b""
    code: str = ""


def png(figure: Any) -> bytes:
    """A matplotlib Figure as PNG bytes at 130 dots an inch; letters that its font lacks are boxes."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def page(title: str, headline: str, sections: Sequence[Section]) -> str:
    """The whole report as HTML text; every given text is escaped.

    >>> "&lt;b&gt;" in page("<b>", "", [])
    True
    """
    parts = [
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1><p class='big'>{escape(headline)}</p>",
    ]
    for section in sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        if section.text:
            parts.append(f"<p>{escape(section.text)}</p>")
        if section.table:
            parts.append(_table(section.table))
        if section.picture:
            coded = base64.b64encode(section.picture).decode()
            parts.append(f'<figure><img alt="{escape(section.title)}" src="data:image/png;base64,{coded}"></figure>')
        if section.code:
            parts.append(f"<pre>{escape(section.code)}</pre>")
    return "\n".join([*parts, "</body></html>\n"])


def _table(rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:])
    return f"<table><tr>{head}</tr>{body}</table>"


def facts(values: Mapping[str, object]) -> list[list[str]]:
    """A two-column table of names and values."""
    return [["", ""], *([name, str(value)] for name, value in values.items())]
