"""20 Newsgroups as published bags of words: from counts to texts."""

from collections.abc import Callable, Iterator

from explorer.errors import ExplorerError
from explorer.text.assembly import unit_hash
from explorer.text.named_corpus import RemoteFile, Row

FOLDER = "20news"
HELD = 1000
"""Training documents that validate, those with the lowest hashes; the test split is published."""

_ADDRESS = (
    "https://raw.githubusercontent.com/sophieburkhardt/dirichlet-vae-topic-models/master/data/"
    "20news/"
)
WORDS = RemoteFile(
    f"{_ADDRESS}vocab.new",
    FOLDER,
    "75594f361e317a8c8fafca9846e903143ff25bb57ac4207ff850ef4245eb94bb",
    19838,
    format="",
)
COUNTS = (
    RemoteFile(
        f"{_ADDRESS}train.feat",
        FOLDER,
        "6c4b612d03bb54c68c923ae7b689398c4a7bd1046b0874332dfe0a0c42830143",
        3720351,
        split="train",
    ),
    RemoteFile(
        f"{_ADDRESS}test.feat",
        FOLDER,
        "5e5beaff3c66affeb08aeefb69e40e3e1c52360cdad2df03e7df2ecb6b79fad0",
        2421183,
        split="test",
    ),
)


def documents(read: Callable[[RemoteFile], str]) -> list[Row]:
    """The documents with at least one word, each as its words, the most frequent first.

    The label of every line is 1, so there are none here. One document of each split is empty. Of
    the 7,487 test documents left, 22 stand verbatim in the training split: they are kept, since
    published figures count them.

    Args:
        read: Returns the text of a published file.

    Raises:
        ExplorerError: If a line does not hold counts of words of the vocabulary.
    """
    words = ["", *(line.split()[0] for line in read(WORDS).splitlines())]
    rows = []
    for file in COUNTS:
        for number, line in enumerate(read(file).splitlines(), 1):
            text = " ".join(_words(line, words, f"{file.name}, line {number}"))
            if text:
                rows.append(Row(text, "", "", file.split))
    training = [number for number, row in enumerate(rows) if row.split == "train"]
    ranked = sorted(training, key=lambda number: unit_hash(FOLDER, str(number)))
    for number in ranked[:HELD]:
        rows[number] = rows[number]._replace(split="valid")
    return rows


def _words(line: str, words: list[str], where: str) -> Iterator[str]:
    try:
        counts = [tuple(map(int, part.split(":"))) for part in line.split()[1:]]
        for index, count in sorted(counts, key=lambda item: -item[1]):
            yield from [words[index]] * count
    except (ValueError, IndexError):
        raise ExplorerError(f"{where}, contains no word counts: {line[:40]!r}") from None
