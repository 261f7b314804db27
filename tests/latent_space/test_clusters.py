"""Laws of the map's regions and their names."""

import numpy as np
import pytest

from explorer.latent_space import cluster_names
from explorer.latent_space.cluster_names import Namer, share_named
from explorer.latent_space.clusters import clusters, members, region_metrics
from explorer.latent_space.name_by_example import is_example
from explorer.latent_space.name_stop_words import describes_origin, is_function_word
from explorer.text.search_words import words

TOPICS = ["red kite flying", "old boat sailing", "small cat sleeping", "loud band playing"]


@pytest.fixture(scope="module")
def islands():
    """Four separate islands of 150 points, each with words of its own."""
    generator = np.random.default_rng(5)
    centres = np.array([[0, 0], [20, 0], [0, 20], [20, 20]], np.float32)
    topic = np.repeat(np.arange(4), 150)
    xy = centres[topic] + generator.normal(size=(600, 2)).astype(np.float32)
    texts = [f"the {TOPICS[number]} over the place {row}" for row, number in enumerate(topic)]
    return xy, texts, topic


def test_each_island_is_a_region_of_its_own(islands):
    xy, texts, topic = islands
    found = clusters(xy, texts)
    coarse = members(found.cluster, found.levels, 0)
    for id_ in range(len(found.levels[0])):
        assert len(set(topic[coarse == id_])) == 1
    assert (coarse >= 0).mean() > 0.9


def test_a_name_holds_words_of_its_region(islands):
    xy, texts, topic = islands
    found = clusters(xy, texts)
    coarse = members(found.cluster, found.levels, 0)
    for item in found.levels[0]:
        own = TOPICS[topic[coarse == item.id][0]].split()
        assert set(item.name.replace(",", "").split()) & set(own)


def test_names_differ_within_a_level(islands):
    for level in clusters(*islands[:2]).levels:
        assert len({item.name for item in level}) == len(level)


def test_finer_regions_lie_within_their_parents():
    generator = np.random.default_rng(2)
    xy = generator.normal(size=(6000, 2)).astype(np.float32)
    found = clusters(xy, ["word"] * 6000)
    assert len(found.levels) == 3
    for level, items in enumerate(found.levels):
        own = members(found.cluster, found.levels, level)
        assert [item.size for item in items] == np.bincount(own[own >= 0]).tolist()
        for item in items:
            assert item.id == items.index(item)
            inside = own == item.id
            assert any(np.allclose((item.x, item.y), place) for place in xy[inside])
            if level:
                above = members(found.cluster, found.levels, level - 1)
                assert set(above[inside]) == {item.parent}


def test_a_map_without_islands_is_still_divided_at_the_wanted_grain():
    xy = np.random.default_rng(2).normal(size=(6000, 2)).astype(np.float32)
    counts = [len(level) for level in clusters(xy, ["word"] * 6000).levels]
    assert 8 <= counts[0] <= 16
    assert 25 <= counts[1] <= 60


def test_shuffled_points_keep_their_regions(islands):
    xy, texts, _ = islands
    order = np.random.default_rng(0).permutation(len(xy))
    straight = clusters(xy, texts)
    shuffled = clusters(xy[order], [texts[row] for row in order])
    pairs = set(zip(straight.cluster[order].tolist(), shuffled.cluster.tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
    assert {item.name for item in straight.levels[0]} == {i.name for i in shuffled.levels[0]}


@pytest.mark.parametrize("count", [1, 2, 11])
def test_a_handful_of_points_has_no_region(count):
    found = clusters(np.random.default_rng(0).normal(size=(count, 2)), ["a"] * count)
    assert found.levels == []
    np.testing.assert_array_equal(found.cluster, [-1] * count)


@pytest.mark.parametrize("count", [12, 13, 40, 100])
def test_small_maps_have_few_regions_in_range(count):
    found = clusters(np.random.default_rng(0).normal(size=(count, 2)), ["a kite"] * count)
    assert found.cluster.max() < (len(found.levels[-1]) if found.levels else 0)


def test_equal_places_are_one_region():
    found = clusters(np.zeros((500, 2), np.float32), ["a kite"] * 500)
    np.testing.assert_array_equal(found.cluster, 0)
    assert [len(level) for level in found.levels] == [1] * len(found.levels)
    assert found.levels[0][0].name == "kite"


@pytest.mark.parametrize("text", ["", "?! …", "<unk> <unk>", "the of and", "7 1 3"])
def test_regions_without_telling_words_are_numbered(text):
    group = np.repeat([0, 1], 5)
    assert Namer([text] * 10).names(group) == ["region 1", "region 2"]


def test_of_many_texts_a_sample_names_every_group(monkeypatch):
    monkeypatch.setattr(cluster_names, "_MOST", 200)
    texts = [f"{'kite' if row % 2 else 'boat'} number{row}" for row in range(1000)]
    group = np.arange(1000) % 2
    group[999] = 3  # group 2 has no text, and this one is unlikely to be drawn
    names = Namer(texts).names(group)
    assert names[:2] == ["boat", "kite"] and names[2] == "region 3" and len(names) == 4
    terms = Namer(texts).terms(group == 1, 1)
    assert [term.text for term in terms] == ["kite"]
    assert terms[0].inside == 1 and terms[0].outside == 0


def test_equal_texts_still_give_different_names():
    names = Namer(["a red kite"] * 10).names(np.repeat([0, 1], 5))
    assert len(set(names)) == 2


def test_names_hold_no_markup():
    texts = ["<script>alert(1)</script> $x^2$ [a](b) =1+1 `code` *bold*"] * 5 + ["plain"] * 5
    for name in Namer(texts).names(np.repeat([0, 1], 5)):
        assert not set(name) & set("<>$[]()=`*\\/&{}#|")


def test_function_words_of_any_language_do_not_name_a_region():
    texts = ["der hund läuft über die wiese"] * 20 + ["der mann liest über die zeitung"] * 20
    for name in Namer(texts).names(np.repeat([0, 1], 20)):
        assert not {"der", "die", "über"} & set(name.replace(",", "").split())


def test_scripts_without_blanks_are_named_too():
    texts = ["犬が走る"] * 20 + ["猫が眠る"] * 20
    first, second = Namer(texts).names(np.repeat([0, 1], 20))
    assert "犬" in first
    assert "猫" in second


def test_texts_outside_all_groups_count_as_background():
    texts = ["kite common"] * 10 + ["boat common"] * 10 + ["common"] * 10
    names = Namer(texts).names(np.repeat([0, 1, -1], 10))
    assert names[0].startswith("kite")
    assert names[1].startswith("boat")


def test_every_word_of_a_name_is_three_times_as_frequent_in_its_region():
    random = np.random.default_rng(0)
    group = random.integers(0, 8, 2000)
    common = np.array(["red", "blue", "green", "small", "large"])
    texts = [
        f"{common[random.integers(5)]} topic{number} twice{number // 2} near {common[row % 5]}"
        for row, number in enumerate(group)
    ]
    names = Namer(texts).names(group)
    bags = [set(words(text)) for text in texts]
    for number, name in enumerate(names):
        assert 1 <= len(words(name)) <= 3
        for word in words(name):
            inside = np.mean([word in bags[row] for row in np.flatnonzero(group == number)])
            assert inside >= 3 * np.mean([word in bag for bag in bags])


def test_a_region_without_such_words_is_numbered():
    texts = ["a red kite", "a blue kite"] * 100
    group = np.tile([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], 17)[:200]
    assert Namer(texts).names(group) == [f"region {number}" for number in range(1, 7)]


def test_a_region_without_such_words_is_named_by_a_typical_text_in_quotation_marks():
    kinds = np.array(["a red kite flies.", "a blue boat sails.", "see all of " + "the sea " * 5])
    texts = kinds[np.r_[np.repeat([0, 1, 2], [60, 20, 20]), np.repeat([0, 1, 2], [30, 50, 20])]]
    names = Namer(texts.tolist()).names(np.repeat([0, 1], 100))
    assert names == ["“a red kite flies”", "“a blue boat sails”"]
    shown = [text.replace("flies", "soars").capitalize() for text in texts.tolist()]
    named = Namer(texts.tolist(), quoted=shown).names(np.repeat([0, 1], 100))
    assert named == ["“A red kite soars”", "“A blue boat sails”"]
    assert is_example(names[0]) and not is_example("kite, red")
    # An example stands for itself: the region has no name that its texts bear.
    two = [str(kinds[0])] * 2, np.array([0, 0])
    assert share_named(*two, [names[0]]) == 0
    assert share_named(*two, ["kite"]) == 1


@pytest.mark.parametrize("word", ["asian", "african-american", "black", "white", "mexican"])
def test_no_name_describes_people_by_their_origin(word):
    texts = [f"an {word} woman sings a song"] * 50 + ["two dogs run on grass"] * 400
    name = Namer(texts).names(np.repeat([0, 1], [50, 400]))[0]
    assert word not in words(name)
    assert set(words(name)) & {"woman", "sings", "song"}


def test_a_colour_names_what_is_no_person():
    assert not describes_origin(("black", "dog"))
    assert not describes_origin(("hot", "dog"))
    for term in [
        ("black",),
        ("black", "man"),
        ("white", "woman's"),
        ("asians",),
        ("asian", "chef"),
    ]:
        assert describes_origin(term)


def test_the_share_of_texts_with_a_word_of_their_name():
    texts = ["a red kite", "a blue kite", "two boats", "a kite", "nothing"]
    group = np.array([0, 0, 1, 1, -1])
    assert share_named(texts, group, ["red, green", "boats"]) == 0.5
    assert share_named(texts, group, ["kite", "boats, kite"]) == 1
    with pytest.raises(ValueError, match="no text"):
        share_named(texts, np.full(5, -1), [])


def test_regions_of_islands_are_separated_and_well_named(islands):
    xy, texts, _ = islands
    found = clusters(xy, texts)
    metrics = region_metrics(xy, xy, texts, found)
    assert metrics["named"]["value"] > 0.9
    assert metrics["named"]["n"] == (found.cluster >= 0).sum()
    assert metrics["silhouette"]["z"] == metrics["silhouette"]["map"]
    assert region_metrics(xy[:5], xy[:5], texts[:5], clusters(xy[:5], texts[:5])) == {}


@pytest.mark.parametrize("seed", range(10, 22))
def test_a_small_map_of_any_shape_has_no_level_without_regions(seed):
    generator = np.random.default_rng(seed)
    points, spots = int(generator.integers(1, 260)), int(generator.integers(1, 60))
    centres = generator.normal(0, 10, (spots, 2))
    spread = generator.choice([0, 0.01, 1, 5])
    xy = centres[generator.integers(spots, size=points)] + generator.normal(0, 1, (points, 2)) * (
        spread
    )
    xy = xy.astype(np.float32)
    texts = [f"word{row % 7} of a text" for row in range(points)]
    found = clusters(xy, texts)
    assert all(found.levels)
    metrics = region_metrics(xy, xy, texts, found, seed)
    assert bool(found.levels) == ("named" in metrics)


@pytest.mark.parametrize("word", ["i'm", "can’t", "we're", "don't", "didn't", "let's", "won't"])
def test_a_contraction_is_a_function_word(word):
    assert is_function_word(word, frozenset(["i", "we", "do"]))
    assert not is_function_word("o'clock", frozenset(["o"]))


def test_the_words_of_a_name_cover_its_region_together():
    nouns = np.random.default_rng(0).choice(["boat", "ship", "canoe"], 90).tolist()
    # "sail" is in as many texts as any of them, but only beside "boat".
    texts = [
        f"{noun} {'sail' if noun == 'boat' else 'sank'} {row}" for row, noun in enumerate(nouns)
    ]
    texts += [f"sank meadow hill{row}" for row in range(810)]
    name = Namer(texts).names(np.repeat([0, 1], [90, 810]))[0]
    assert set(words(name)) >= {"boat", "ship", "canoe"}
    assert share_named(texts, np.repeat([0, 1], [90, 810]), [name, "sank"]) == 1


def test_pronouns_name_what_no_other_word_sets_apart_and_articles_do_not():
    random = np.random.default_rng(0)
    rest = [f"verb{random.integers(200)} noun{random.integers(200)}" for _ in range(400)]
    texts = [f"the {rest[row]} {'she' if row % 2 else 'his'}" for row in range(100)]
    texts += [f"with {text}" for text in rest[100:]]
    name = Namer(texts).names(np.repeat([0, 1], [100, 300]))[0]
    assert {"she", "his"} <= set(words(name))


def test_numbers_name_a_region():
    texts = [f"two animals here{row}" for row in range(50)]
    texts += [f"one animals there{row}" for row in range(250)]
    assert Namer(texts).names(np.repeat([0, 1], [50, 250]))[0].startswith("two")


def test_bags_of_words_are_named_by_single_words_that_set_them_apart() -> None:
    bags = ["moon orbit thanks please", "orbit moon please thanks"] * 20
    bags += ["brake engine thanks please", "engine brake thanks please"] * 20
    group = np.repeat([0, 1], 40)
    assert [set(name.split(", ")) for name in Namer(bags, has_order=False).names(group)] == [
        {"moon", "orbit"},
        {"brake", "engine"},
    ]
    terms = Namer(bags, has_order=False).terms(group == 0)
    assert {term.text for term in terms} == {"moon", "orbit"}


def test_bags_without_a_word_of_their_own_are_numbered() -> None:
    names = Namer(["moon orbit"] * 40, has_order=False).names(np.repeat([0, 1], 20))
    assert names == ["region 1", "region 2"]
