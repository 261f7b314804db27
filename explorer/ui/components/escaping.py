"""Text is data: the ways a sentence may reach the page, none of which reads it as markup."""

import html
import re
from collections.abc import Sequence

from explorer.explore.run import Decoded

FULL_SHADE = 4.0
"""Nats of latent gain at which a word has the darkest shade."""

_MARKS = re.compile(r"([!-/:-@\[-`{-~])")  # all ASCII punctuation: a backslash makes it literal
# What Streamlit makes links, arrows, dashes and signs of when the backslashes are gone already.
_MADE = re.compile(r":(?=\S)|@|www(?=\.)|[-<>~](?=[-=>])", re.IGNORECASE)
_JOINER = "\u2060"  # takes no room, and parts what stands on both sides of it
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\d)")
_STYLE = """
<style>
.words { font-size: 1.12rem; line-height: 1.75; margin: 0; overflow-wrap: anywhere; }
.words.quiet { opacity: 0.72; font-size: 1rem; line-height: 1.5; }
.words.clamped { display: -webkit-box; -webkit-line-clamp: 4; -webkit-box-orient: vertical;
  overflow: hidden; }
.words.noted { display: flex; gap: 0.7em; }
.words.noted > span { min-width: 0; }
.words.noted > :first-child { flex: none; font-variant-numeric: tabular-nums; }
.words mark { color: inherit; border-radius: 0.25em; padding: 0.08em 0.2em; margin: 0 0.03em;
  background: rgba(86, 148, 233, var(--shade)); box-decoration-break: clone; }
.words mark.end { font-size: 0.75em; }
.words-key { display: flex; align-items: center; gap: 0.5em; font-size: 0.8rem; opacity: 0.75; }
.words-key i { width: 7em; height: 0.7em; border-radius: 0.2em; flex: none;
  background: linear-gradient(to right, rgba(86, 148, 233, 0.04), rgba(86, 148, 233, 0.7)); }
</style>
"""


def markdown(text: str) -> str:
    """Text that Markdown shows as it was typed: for labels, which Streamlit renders."""
    parted = _MADE.sub(lambda found: found[0] + _JOINER, " ".join(text.split()))
    return _MARKS.sub(r"\\\1", parted)


def imageless(text: str) -> str:
    """Markdown from anyone, as it is but for its images, which become links.

    Streamlit shows HTML in Markdown as text, so that only images would make the browser call
    another host. A joiner parts the marks that begin one: a backslash would mean the opposite
    behind another backslash.
    """
    return text.replace("![", f"!{_JOINER}[")


def message(text: str) -> str:
    """What a library function has to say, as Markdown: the commands it names in backticks as code.

    There they can be copied; the signs that keep other text from becoming dashes would be in them.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick stands alone
        return markdown(text)
    shown = []
    for place, part in enumerate(parts):
        if place % 2:
            shown.append(code(part) if part.strip() else markdown(f"`{part}`"))
        else:
            edges = [" " if edge.isspace() else "" for edge in (part[:1], part[-1:])]
            shown.append(edges[0] + markdown(part) + edges[1] if part.strip() else edges[0])
    return "".join(shown).strip()


def code(text: str) -> str:
    """Text as code in Markdown: a command, in which a backslash before a mark would show."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence, edge = "`" * (longest + 1), " " if "`" in text else ""
    return f"{fence}{edge}{text}{edge}{fence}"


def plain(text: str, quiet: bool = False, note: str = "", clamped: bool = False) -> str:
    """A sentence as HTML, in the direction it is written in; before it a short note.

    Args:
        text: The sentence.
        quiet: Whether it stands back behind others.
        note: What stands before it.
        clamped: Whether its first lines are enough.
    """
    kind = "words quiet" if quiet else "words clamped" if clamped else "words"
    words = html.escape(text) or "&nbsp;"
    if not note:
        return f'{_STYLE}<p class="{kind}" dir="auto">{words}</p>'
    aside = f"<span>{html.escape(note)}</span>"
    return f'{_STYLE}<p class="{kind} noted">{aside}<span dir="auto">{words}</span></p>'


def shaded(decoded: Decoded) -> str:
    """A decoded sentence as HTML, each word shaded by its latent gain."""
    marks = [
        _mark(token, gain, log_prob, token == "<eos>" and place == len(decoded.tokens) - 1)
        for place, (token, gain, log_prob) in enumerate(
            zip(decoded.tokens, decoded.gains, decoded.log_probs, strict=True)
        )
    ]
    return f'{_STYLE}<p class="words" dir="auto">{" ".join(marks)}</p>'


def shade_key() -> str:
    """The legend of `shaded`."""
    return (
        f'{_STYLE}<div class="words-key"><span>0</span><i aria-hidden="true"></i>'
        f"<span>{FULL_SHADE:g} nats or more: how much likelier z makes the word</span></div>"
    )


def _mark(token: str, gain: float, log_prob: float, is_end: bool) -> str:
    shade = 0.66 * min(max(gain / FULL_SHADE, 0.0), 1.0)
    told = f"latent gain {gain:+.2f} nats, log-probability {log_prob:.2f} nats"
    word, kind = ("end", ' class="end"') if is_end else (html.escape(token), "")
    return f'<mark{kind} style="--shade: {shade:.2f}" title="{told}">{word}</mark>'


def minus(text: str) -> str:
    """Numbers with the sign of subtraction for the hyphen that programs write."""
    return _NEGATIVE.sub("−", text)


def nats(value: float) -> str:
    """A number of nats for a person."""
    return minus(f"{value:.1f} nats")


def drawn_of(shown: int, total: int, what: str) -> str:
    """How many of how many are shown."""
    if shown >= total:
        return f"all {total:,} {what}"
    return f"{shown:,} of the {total:,} {what}, drawn evenly"


def listed(words: Sequence[str], most: int = 8) -> str:
    """Words in quotes, the first few of them."""
    shown = ", ".join(f"“{word}”" for word in words[:most])
    return shown + (f" and {len(words) - most} more" if len(words) > most else "")
