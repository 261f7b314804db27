"""Text is data: however a sentence reaches the page, none of which reads it as markup."""

import html
import re
from collections.abc import Sequence

from explorer.models.decoding_settings import Decoded

FULL_SHADE = 4.0
"""Nats of latent gain at which a word has the darkest shade."""

_LONGEST = 40  # characters of a word in a list
_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # all ASCII punctuation: a backslash makes it literal
# What Streamlit turns into links, arrows, dashes and emoji after backslashes are gone.
_MADE = re.compile(r":(?=\S)|@|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)
_JOINER = "\u2060"  # has no width; separates the characters on its two sides
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\d)")


def markdown(text: str) -> str:
    """Text that Markdown shows as typed: for labels, which Streamlit renders."""
    separated = _MADE.sub(lambda match: match[0] + _JOINER, " ".join(text.split()))
    return _MARKS.sub(r"\\\1", separated)


def imageless(text: str) -> str:
    """Untrusted Markdown in which images become links.

    Streamlit shows HTML in Markdown as text, so only an image could make the browser call another
    host. A joiner separates the characters that begin one: a backslash would do the opposite
    after another backslash.
    """
    return text.replace("![", f"!{_JOINER}[")


def message(text: str) -> str:
    """A message as Markdown, in which commands in backticks are code that can be copied."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an unmatched backtick
        return markdown(text)
    shown = []
    for index, part in enumerate(parts):
        if index % 2:
            shown.append(code(part) if part.strip() else markdown(f"`{part}`"))
        else:
            edges = [" " if edge.isspace() else "" for edge in (part[:1], part[-1:])]
            shown.append(edges[0] + markdown(part) + edges[1] if part.strip() else edges[0])
    return "".join(shown).strip()


def code(text: str) -> str:
    """A command as code in Markdown."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, edge = "`" * (longest + 1), " " if "`" in text else ""
    return f"{fence}{edge}{text}{edge}{fence}"


COPY = '<button type="button" class="copy-words" aria-label="Copy this text"></button>'
"""After the words of a sentence: `copy_icons` copies them."""


def plain(text: str, quiet: bool = False, note: str = "", clamped: bool = False) -> str:
    """A sentence as HTML, in its own writing direction.

    Args:
        text: The sentence.
        quiet: Whether it is dimmed.
        note: A short note before it.
        clamped: Whether only its first lines are shown.
    """
    kind = "words quiet" if quiet else "words clamped" if clamped else "words"
    words = html.escape(text) or "&nbsp;"
    if not note:
        return f'<p class="{kind}" dir="auto">{words}{COPY}</p>'
    aside = f"<span>{html.escape(note)}</span>"
    return f'<p class="{kind} noted">{aside}<span dir="auto">{words}{COPY}</span></p>'


def drafted(text: str) -> str:
    """A sentence that another may replace, as HTML."""
    return f'<p class="draft" dir="auto">{html.escape(text) or "&nbsp;"}</p>'


def shaded(decoded: Decoded) -> str:
    """A decoded sentence as HTML, each word shaded by its latent gain."""
    marks = [
        _mark(token, gain, log_prob, token == "<eos>" and index == len(decoded.tokens) - 1)
        for index, (token, gain, log_prob) in enumerate(
            zip(decoded.tokens, decoded.gains, decoded.log_probs, strict=True)
        )
    ]
    return f'<p class="words" dir="auto">{" ".join(marks)}{COPY}</p>'


def shade_key(what: str = "contribution of z to each word") -> str:
    """The legend of `shaded`; `what` is the quantity."""
    return (
        f'<div class="words-key"><span>0</span><i aria-hidden="true"></i>'
        f"<span>{FULL_SHADE:g} nats or more: {html.escape(what)}</span></div>"
    )


def _mark(token: str, gain: float, log_prob: float, is_end: bool) -> str:
    shade = 0.66 * min(max(gain / FULL_SHADE, 0.0), 1.0)
    title = f"latent gain {gain:+.2f} nats, log-probability {log_prob:.2f} nats"
    word, kind = ("end", ' class="end"') if is_end else (html.escape(token), "")
    return f'<mark{kind} style="--shade: {shade:.2f}" title="{title}">{word}</mark>'


def minus(text: str) -> str:
    """Numbers with a minus sign in place of a hyphen."""
    return _NEGATIVE.sub("−", text)


def nats(value: float) -> str:
    """A number of nats, with its unit."""
    return minus(f"{value:.1f} nats")


def drawn_of(shown: int, total: int, what: str) -> str:
    """How many of a total are shown."""
    if shown >= total:
        return f"all {total:,} {what}"
    return f"{shown:,} of the {total:,} {what} (random sample)"


def listed(words: Sequence[str], most: int = 8) -> str:
    """The first few words, in quotes; the beginnings of very long ones."""
    short = [word if len(word) <= _LONGEST else f"{word[: _LONGEST - 1]}…" for word in words]
    shown = ", ".join(f"“{word}”" for word in short[:most])
    return shown + (f" and {len(words) - most} more" if len(words) > most else "")
