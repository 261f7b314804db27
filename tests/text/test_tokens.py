"""Laws of the tokeniser and the vocabulary."""

import random
import time

import pytest

from explorer.errors import ExplorerError
from explorer.explore.run import open_run
from explorer.text.tokens import BOS, EOS, PAD, SPECIALS, UNK, Tokeniser, treebank_tokens
from explorer.text.vocabulary import WordVocabulary

PLAIN = Tokeniser(lowercase=False)
PIECES = [
    *"ab5_ '’\"-/.,:!%()[]{}<>$#“”‘«»=+|`*~",
    *"éİΣßहकि्मी漢あ\u0301\u0300\u0308\u200b\u200c\u200d\ufe0f\u20e3\ufeff\u202e",
    *"のーกำั我。、「」，（）ｶﾞ\u3000",
    *"😀👩🏽🇩🇪\U000e0067\x00\x1b\x1c\x85\u00a0\u2028\u2029\t\n\r",
    *("<unk>", "<eos>", "<pad>", "don't", "s'", "\r\n", "1,000", "👩‍👩‍👧"),
]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A man in a t-shirt rides a bike.",
        'She said "stop", and (really) he did!',
        "don't touch the dogs' bowl",
        "the 'big' one and/or the small one",
        "it costs $3.50, not 1,000: come at 10:30",
        "a list [of three] {things}; 50% off…",
        "“curly” quotes and the ‘single’ kind",
        "हिन्दी में लिखा हुआ",
        "สวัสดีครับ",
        "我今天喜欢看电影，你呢？",
        "日本語のテキストを「分割」する。",
        "價格：$5.50（含稅）",
        "hello, 世界!",
        "한국어 문장은 띄어 씁니다.",
        "cafe\u0301 cre\u0300me",
        "שלום עולם, مرحبا.",
        "می‌خواهم بروم",
        "<unk> and <unk>-shirts",
    ],
)
def test_ordinary_text_comes_back_as_it_was_written(text):
    assert PLAIN.text(PLAIN.tokens(text)) == text


@pytest.mark.parametrize("split_punctuation", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_tokenising_joined_tokens_changes_nothing(seed, split_punctuation):
    tokeniser = Tokeniser(split_punctuation=split_punctuation)
    generator = random.Random(seed)
    for _ in range(500):
        text = "".join(generator.choices(PIECES, k=generator.randint(0, 12)))
        tokens = tokeniser.tokens(text)
        assert tokeniser.tokens(tokeniser.text(tokens)) == tokens, ascii(text)


@pytest.mark.parametrize("tokeniser", [PLAIN, Tokeniser(split_punctuation=False)])
def test_no_token_holds_white_space_or_is_empty(tokeniser):
    blanks = [chr(code) for code in range(0x3001) if chr(code).isspace()]
    assert tokeniser.tokens("".join(f"a{blank}.{blank}é{blank}" for blank in blanks)) == [
        "a",
        ".",
        "é",
    ] * len(blanks)


def test_splitting_by_blanks_leaves_tokenised_text_alone():
    text = "the <unk> 's n't u.s. N -lrb-"
    tokeniser = Tokeniser(lowercase=False, split_punctuation=False)
    assert tokeniser.tokens(text) == text.split()
    assert tokeniser.text(text.split()) == text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("हिन्दी।", ["हिन्दी", "।"]),
        ("e\u0301te\u0301!", ["e\u0301te\u0301", "!"]),
        ("👩‍👩‍👧👍🏽🇩🇪🇫🇷", ["👩‍👩‍👧", "👍🏽", "🇩🇪", "🇫🇷"]),
        ("<b>$x^2$</b>", ["<", "b", ">", "$", "x", "^", "2", "$", "<", "/", "b", ">"]),
    ],
)
def test_marks_stay_with_their_letters_and_joined_emoji_are_one_token(text, tokens):
    assert PLAIN.tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("我爱NLP，3个猫", ["我", "爱", "NLP", "，", "3", "个", "猫"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("ที่นี่ ดี", ["ที่", "นี่", "ดี"]),
        ("한국어 문장", ["한국어", "문장"]),
    ],
)
def test_scripts_without_blanks_come_in_characters(text, tokens):
    assert PLAIN.tokens(text) == tokens


@pytest.mark.parametrize("unit", ["a'", "é ", "我", "我，a", "'", '"', "\u200d", "a\u0301"])
def test_a_very_long_line_takes_linear_time(unit):
    text = unit * (30_000 // len(unit))
    start = time.process_time()
    PLAIN.text(PLAIN.tokens(text))
    assert time.process_time() - start < 5  # seconds, on a busy machine


def test_lowercase_drops_case_before_splitting():
    assert Tokeniser().tokens("A Man, <UNK>") == ["a", "man", ",", "<unk>"]


def test_a_vocabulary_keeps_the_most_frequent_words_ties_in_spelling_order():
    vocabulary = WordVocabulary.build([["b", "a", "c"], ["c", "<eos>", "<unk>"]], size=6)
    assert vocabulary.entries == (*SPECIALS, "c", "a")
    assert len(vocabulary) == 6


def test_known_words_come_back_and_unknown_ones_are_unk():
    vocabulary = WordVocabulary([*SPECIALS, "a", "😀", "हिन्दी"])
    assert vocabulary.decode(vocabulary.encode(["a", "😀", "हिन्दी"])) == ["a", "😀", "हिन्दी"]
    assert vocabulary.encode([]) == vocabulary.decode([]) == []
    assert vocabulary.encode(["x"]) == [UNK]
    assert vocabulary.unknown(["x", "a", "y", "x"]) == ["x", "y"]


def test_special_words_in_a_users_text_are_not_special():
    vocabulary = WordVocabulary([*SPECIALS, "a"])
    assert vocabulary.encode(["<eos>", "<pad>", "<bos>", "a"]) == [UNK, UNK, UNK, 4]


def test_decoding_stops_at_the_end_and_drops_padding():
    vocabulary = WordVocabulary([*SPECIALS, "a"])
    assert vocabulary.decode([BOS, 4, UNK, PAD, 4, EOS, 4]) == ["a", "<unk>", "a"]


def test_endless_words_are_not_learned():
    vocabulary = WordVocabulary.build([["x" * 1_000_000, "x" * 100]], size=10)
    assert vocabulary.entries[len(SPECIALS) :] == ("x" * 100,)


def test_a_vocabulary_survives_its_file(tmp_path):
    text = "".join(PIECES) + " plain words"
    vocabulary = WordVocabulary.build([PLAIN.tokens(text)], size=1000)
    vocabulary.save(tmp_path / "vocabulary.txt")
    assert WordVocabulary.load(tmp_path / "vocabulary.txt").entries == vocabulary.entries


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "is missing"),
        (b"", "is damaged"),
        (b"<pad>\n<bos>\n", "is damaged"),
        (b"<pad>\n<bos>\n<eos>\n<unk>\na\na\n", "must not repeat an entry"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_damaged_vocabulary_is_named(tmp_path, data, message):
    path = tmp_path / "vocabulary.txt"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ExplorerError, match=message) as caught:
        WordVocabulary.load(path)
    assert str(path) in str(caught.value)


def test_plain_text_is_split_as_the_treebank_is():
    assert treebank_tokens("I can't say it's John's, we'll see.") == (
        ["i", "ca", "n't", "say", "it", "'s", "john", "'s", ",", "we", "'ll", "see", "."]
    )


@pytest.mark.parametrize("text", ["it 's great , i ca n't wait .", "a-b 'em ( x ) u.s ."])
def test_what_is_split_already_stays_the_same_words(text):
    assert "".join(treebank_tokens(text)) == text.replace(" ", "")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("The food was great, I loved it!", "the food was great , i loved it !"),
        ("I don\u2019t like it.", "i do n't like it ."),
        ("It's good", "it 's good"),
        ("the food was great !", "the food was great !"),
    ],
)
def test_a_model_of_a_tokenised_corpus_reads_plain_text(typed, written):
    run = open_run("yelp-sentiment")
    assert run.words(typed) == written.split()
    assert not run.unknown(typed)


def test_what_no_spelling_makes_known_is_read_as_typed():
    assert open_run("yelp-sentiment").unknown("the zqxj was great .") == ["zqxj"]
    assert open_run("captions-smooth").unknown("A Dog quibbles, twice!") == ["quibbles", "twice"]
