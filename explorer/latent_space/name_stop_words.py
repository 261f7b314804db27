"""Words that name no region: function words, and those that describe people by their origin."""

import re

_CONTRACTED = re.compile(r"(n['’]t|['’](s|m|re|ve|ll|d))$")
_FUNCTION = frozenset(
    ["ai", "ca", "did", "does", "doing", "done", "don", "let", "sha", "wo", "yes"]
)
"""Beside a list of stop words; some are what a contraction leaves, as of "can't"."""

_EMPTY = """
a an the of for and but or nor to in on at by with from as than into so then
"""
_FORMS = """
i me my mine we us our ours you your yours he him his she her hers they them their theirs it its
what how why where when who whom whose which
"""
_NUMBERS = "two three four five six seven eight nine ten eleven twelve twenty"

_ORIGINS = """
aboriginal afghan african african-american afro afro-american albanian algerian american amish
arab arabian arabic argentine argentinian armenian asian asian-american asiatic australian
austrian balkan bangladeshi bavarian belgian berber biracial black-skinned bolivian brazilian brit
british brown-skinned buddhist bulgarian burmese cambodian canadian caribbean catholic caucasian
celtic chilean chinese christian colombian congolese creole croatian cuban czech danish
dark-skinned dutch ecuadorian egyptian english eritrean eskimo estonian ethiopian ethnic eurasian
european fair-skinned filipina filipino finnish french georgian german ghanaian greek gypsy
haitian hasidic hawaiian hebrew hindu hispanic hungarian icelandic immigrant indian indigenous
indonesian inuit iranian iraqi irish islamic israeli italian jamaican japanese jew jewish
jordanian kenyan korean kurdish laotian latin latina latino latinx lebanese liberian libyan
light-skinned lithuanian malay malaysian maori mexican middle-eastern mixed-race mongolian mormon
moroccan multiracial muslim negro nepalese nepali nigerian non-white nonwhite norwegian oriental
pakistani pale-skinned palestinian persian peruvian philippine polish polynesian portuguese puerto
rican roma romani romanian russian samoan saudi scandinavian scot scotch scottish senegalese
serbian sikh singaporean skinned slavic slovak somali spanish sudanese swedish swiss syrian
taiwanese tanned thai tibetan tunisian turk turkish ugandan ukrainian uzbek venezuelan vietnamese
welsh white-skinned yemeni zulu
"""
_COLOURS = "black blacks white whites brown browns"
_NOT_WITH_COLOURS = """
adult adults adolescent adolescents babies baby boy boyfriend boys bride brides brother brothers
businessman businessmen businesswoman child children couple couples crowd dad daughter daughters
elder elders elderly families family father fathers female females folk folks friend friends
gentleman gentlemen girl girlfriend girls groom group groups guy guys human humans husband
individual individuals infant infants kid kids ladies lady lad lads male males man men mom mother
mothers old older parent parents people person persons sister sisters skin skinned son sons student
students teen teenage teenager teenagers teens toddler toddlers wife woman women worker workers
young younger youngster youngsters youth youths
"""

_empty = frozenset(_EMPTY.split())
_forms = frozenset(_FORMS.split())
_numbers = frozenset(_NUMBERS.split())
_origins = frozenset(_ORIGINS.split())
_colours = frozenset(_COLOURS.split())
_people = frozenset(_NOT_WITH_COLOURS.split())


def is_function_word(word: str, stop_words: frozenset[str]) -> bool:
    """Whether a word, case folded, is a stop word or a contraction of one, such as "we're".

    Numbers are in lists of stop words, but tell what is in a picture or an order.
    """
    bare = _CONTRACTED.sub("", word)
    return word not in _numbers and (bare in stop_words or bare in _FUNCTION)


def is_form_word(word: str, stop_words: frozenset[str]) -> bool:
    """Whether a function word tells the form of a sentence: "she", "why", "don't"."""
    return word in _forms or (
        _CONTRACTED.search(word) is not None and is_function_word(word, stop_words)
    )


def is_empty(word: str) -> bool:
    """Whether a word is an article, a conjunction or a preposition."""
    return word in _empty


def describes_origin(term: tuple[str, ...]) -> bool:
    """Whether a term of a name describes people by their origin, ethnicity or colour.

    A colour is allowed in a pair with a word that is no person's: "black dog". English only.

    Args:
        term: A word, or a pair of adjacent words, case folded.
    """
    plain = [word.removesuffix("'s").removesuffix("’s") for word in term]
    if any(word in _origins or word.removesuffix("s") in _origins for word in plain):
        return True
    is_coloured = any(word in _colours for word in plain)
    return is_coloured and (len(term) == 1 or any(word in _people for word in plain))
