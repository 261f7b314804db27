"""Cleans published text into plain English sentences."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from explorer.errors import ExplorerError

RULES = 1
"""Incremented with every change of a rule here or in `assembly`: cleaned rows are cached."""

MIN_WORDS, MAX_WORDS = 3, 25

_QUOTES = str.maketrans(
    dict.fromkeys("‘’‛ʼ´", "'")
    | dict.fromkeys("“”„‟«»", '"')
    | {"…": "...", "‑": "-"}
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")  # invisible
)

# A line with anything else (emoji, masks, markup, addresses) is not a plain sentence.
_PLAIN = re.compile(r"""[A-Za-zÀ-ÖØ-öø-ÿŒœ0-9 .,;:!?'"()\-–—%$£€&°]+""")
_ADDRESS = frozenset({"www", "com", "org", "http", "https"})

_WORD = re.compile(r"[^\W_]+")

_END = re.compile(r"""([.!?]+["')]*) (?=["'(]?([A-Za-z0-9]))""")
_ABBREVIATION = re.compile(
    r"(?:^|[\s\"(])(?:(?:[a-z]\.)+|(?:mr|mrs|ms|dr|st|mt|jr|sr|prof|gen|vs|etc|approx)\.)$",
    re.IGNORECASE,
)


def key(text: str) -> str:
    """The words of a sentence without case, punctuation and white space, for comparison."""
    return " ".join(_WORD.findall(text.casefold()))


def sentences(text: str) -> Iterator[str]:
    """The plain sentences of a text, with straight quotes and single blanks.

    Drops those of fewer than `MIN_WORDS` or more than `MAX_WORDS` words, profane ones, and those
    with emoji, masks, markup, addresses or unbalanced quotes.
    """
    plain = " ".join((text if text.isascii() else text.translate(_QUOTES)).split())
    if '""' in plain:
        plain = plain.removeprefix('"').removesuffix('"').replace('""', '"')  # as CSV quotes it
    for part in split_sentences(_unquoted(plain)):
        sentence = _unquoted(part)
        if (
            MIN_WORDS <= len(sentence.split()) <= MAX_WORDS
            and _PLAIN.fullmatch(sentence)
            and sentence.count('"') % 2 == 0
            and _is_fit(key(sentence))
        ):
            yield sentence


def split_sentences(text: str) -> Iterator[str]:
    """Splits a text after the ends of its sentences.

    A lower-case letter begins a sentence only in an all-lower-case text.
    """
    begin = 0
    is_small = text.islower()
    for end in _END.finditer(text):
        mark, following = end.groups()
        goes_on = following.islower() and not (is_small and mark[-1] in ".!?" and ".." not in mark)
        if goes_on or _ABBREVIATION.search(text[begin : end.end(1)]):
            continue
        yield text[begin : end.end(1)]
        begin = end.end()
    yield text[begin:]


def _unquoted(part: str) -> str:
    """Strips quotes around the whole, or a single unbalanced one."""
    text = part.strip(" -–—").lstrip(".,;:!?").strip()
    inner = text[1:-1]
    if text[:1] == text[-1:] == '"' and '"' not in inner:
        return inner.strip()
    if text[:1] == text[-1:] == "'" and not re.search(r"(?<!\w)'|'(?!\w)", inner):
        return inner.strip()
    if text.count('"') == 1:
        return text.strip('"').strip()
    return text


# Words on a public list of profanity that everyday English needs.
_ORDINARY = """
arian aryan cowgirl cowgirls dopey drunk dummy enlargement erect facial fat gay gays god hemp
heroin herpes hiv homey hump jerk jerked junky kill knob kraut len leper lesbians loin loins lust
master maxi menses menstruate menstruation murder naked nappy nude opiate opium oral orally organ
ovary ovum paddy pasty pawn pcp penetrate penetration pms pollock pot potty prude queer racy rectum
reich revue rum rump sandbar screw screwed seaman seamen seduce slave slope sniper snatch snuff
steamy strip stroke stupid thrust thug tinkle toots tramp transsexual trashy ugly undies unwed
urinal urine uterus uzi valium virgin vixen vodka vomit vulgar wad wang weed weirdo wench whiz
willies willy womb woody yury
"""
_STEMS = ("fuck", "shit", "bitch")  # anywhere in a word


@cache
def profanity() -> tuple[frozenset[str], frozenset[str]]:
    """Profane words and phrases, spelled as by `key`.

    Raises:
        ExplorerError: If the package with the list is not installed.
    """
    from importlib.resources import files

    try:
        listed = files("better_profanity").joinpath("profanity_wordlist.txt").read_text("utf-8")
    except ModuleNotFoundError:
        raise ExplorerError(
            "cleaning this corpus needs a list of profane words: pip install better-profanity"
        ) from None
    keys = {key(line) for line in listed.splitlines()} - {""} - set(_ORDINARY.split())
    words = {word for word in keys if " " not in word}
    plurals = {f"{word}s" for word in words if not word.endswith("s")}
    return frozenset(words | plurals), frozenset(keys - words)


@cache
def _barred() -> tuple[frozenset[str], frozenset[str], re.Pattern[str]]:
    """Barred words, the first words of barred phrases, and a pattern of the phrases."""
    words, phrases = profanity()
    starts = frozenset(phrase.split()[0] for phrase in phrases)
    return words | _ADDRESS, starts, re.compile(rf"\b(?:{'|'.join(sorted(phrases))})\b")


def _is_fit(words: str) -> bool:
    """Whether words, spelled as by `key`, are neither profane nor part of an address."""
    barred, starts, phrases = _barred()
    own = words.split()
    return (
        barred.isdisjoint(own)
        and not any(stem in words for stem in _STEMS)
        and (starts.isdisjoint(own) or not phrases.search(words))
    )


def detokenised(text: str) -> str:
    """Joins text tokenised as the Penn Treebank."""
    text = re.sub(r"``|''", '"', text)
    text = re.sub(r'" ([^"]*?) ?"', r'"\1"', text)
    text = re.sub(r"\( ", "(", text)
    text = re.sub(r" ([.,;:!?%)])", r"\1", text)
    text = re.sub(r" (n't|'(?:s|re|ve|ll|d|m))\b", r"\1", text, flags=re.IGNORECASE)
    return re.sub(r"([$£€]) (?=\d)", r"\1", text)


def running(cells: Sequence[str]) -> Iterable[str]:
    """Texts of a tokenised source."""
    return map(detokenised, cells)


_SPEAKER = re.compile(r"^\d+ (?:your persona: |partner's persona: )?")


def dialogue(cells: Sequence[str]) -> Iterable[str]:
    """Texts of a numbered dialogue between two personas, each described first."""
    return (detokenised(_SPEAKER.sub("", cell)) for cell in cells)


_MASK = re.compile(r"\[[A-Z]+\]")
_HOSTILE = {"2", "3", "11"}  # anger, annoyance, disgust: their lines of GoEmotions' labels.txt


def comments(cells: Sequence[str]) -> Iterable[str]:
    """A comment, unless a name in it is masked or a rater called it hostile."""
    text, emotions = cells
    is_clean = _HOSTILE.isdisjoint(emotions.split(",")) and not _MASK.search(text)
    return (text,) if is_clean else ()
