"""Everything that is chosen by name, described from its registries: `explorer help choices`."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from explorer import config as configs

TITLE = "Everything that is chosen by name"

_GIVEN = {
    *("embedding", "latent_dim", "num_labels", "feature_dim", "latent", "encoder"),
    *("model", "learning_rate", "num_terms"),
}
"""Parameters that the model gives its parts; with a default, one is a setting."""


class Entry(NamedTuple):
    """A choice."""

    name: str
    about: str
    settings: str = ""


class Group(NamedTuple):
    """Choices of a kind."""

    title: str
    entries: list[Entry]


@cache
def recipe_parts() -> dict[str, Mapping[str, Callable[..., Any]]]:
    """The parts of a recipe that are chosen by name, and their registries."""
    # Imported here: torch takes seconds.
    from explorer.models.auxiliary_losses import AUXILIARIES
    from explorer.models.decoders import DECODERS
    from explorer.models.encoders import ENCODERS
    from explorer.models.latents import LATENTS
    from explorer.models.priors import PRIORS
    from explorer.models.rate_penalties import RATE_PENALTIES
    from explorer.training.fine_tuning import FINE_TUNINGS
    from explorer.training.optimisers import OPTIMISERS
    from explorer.training.schedules import SCHEDULES
    from explorer.training.warm_start import STARTS

    return {
        "model.latent": LATENTS,
        "model.prior": PRIORS,
        "model.encoder": ENCODERS,
        "model.decoder": DECODERS,
        "model.auxiliary": AUXILIARIES,
        "objective.rate": RATE_PENALTIES,
        "objective.schedule": SCHEDULES,
        "training.optimiser": OPTIMISERS,
        "training.start": STARTS,
        "training.fit_prior": PRIORS,
        "training.fine_tuning": FINE_TUNINGS,
    }


def groups() -> list[Group]:
    """All that can be chosen by name, as it is registered now."""
    about = {address: text for address, _, text in configs.settings()}
    parts = [
        Group(
            f"`{address}` in config.toml: {about[address]}",
            [Entry(name, _summary(item), _settings(item)) for name, item in table.items()],
        )
        for address, table in recipe_parts().items()
        if address != "training.fit_prior"  # the priors again
    ]
    return [*parts, *_of_maps(), *_of_sentences(), *_of_data()]


def markdown() -> str:
    """The catalogue as a topic of the help."""
    lines = [f"# {TITLE}", "", "Generated from the code: everything that is registered."]
    for title, entries in groups():
        lines += ["", f"## {title}", ""]
        for name, about, settings in entries:
            settings = f" Settings: {settings}." if settings else ""
            lines.append(f"- `{name}`: {about}{settings}")
    return "\n".join(lines) + "\n"


def _of_maps() -> Iterator[Group]:
    from explorer.explore.colourings import COLOURINGS
    from explorer.explore.map_views import VIEWS
    from explorer.latent_space.linear_baselines import BASELINES
    from explorer.latent_space.map_quality import MAP_MEASURES

    views = [Entry(name, _plain(item.help)) for name, item in VIEWS.items()]
    yield Group("Views of the map: `explorer at --view`, Layout on the page", views)
    colours = [Entry(name, _plain(item.help)) for name, item in COLOURINGS.items()]
    yield Group("Colours of the map: Colour on the page", colours)
    measures = [Entry(name, item.title) for name, item in MAP_MEASURES.items()]
    yield Group("Measures of a map: the note under it, `explorer refit`", measures)
    baselines = [Entry(name, item.summary) for name, item in BASELINES.items()]
    yield Group("Linear baselines: `explorer ancestors`", baselines)


def _of_sentences() -> Iterator[Group]:
    from explorer.explore.columns import COLUMNS
    from explorer.explore.criteria import CRITERIA
    from explorer.models.decoding_settings import STRATEGIES

    strategies = [
        Entry(name, item.help, ", ".join(item.settings)) for name, item in STRATEGIES.items()
    ]
    yield Group("Decoding strategies: `--strategy`, Decoding on the page", strategies)
    conditions = [
        Entry(name, COLUMNS[name].help if name in COLUMNS else item.help)
        for name, item in CRITERIA.items()
    ]
    yield Group(
        "Conditions that select sentences: `run.select`, Select by on the page", conditions
    )


def _of_data() -> Iterator[Group]:
    from explorer.evaluation.metrics import METRICS
    from explorer.models.encoder_catalog import SENTENCE_ENCODERS
    from explorer.text.corpus_catalog import NAMED
    from explorer.text.language_models import LANGUAGE_MODELS

    metrics = [Entry(name, f"{item.title}. {item.sentence}") for name, item in METRICS.items()]
    yield Group("Metrics: `explorer evaluate`", metrics)
    encoders = [
        Entry(name, f"Vectors of {item.dim:,} numbers. {item.about}".strip())
        for name, item in SENTENCE_ENCODERS.items()
    ]
    yield Group("Sentence encoders: `explorer new --encoder`, the teacher of z", encoders)
    models = [Entry(name, item.about) for name, item in LANGUAGE_MODELS.items()]
    yield Group("Language models: `explorer new --start`", models)
    corpora = [Entry(name, f"{item.title}: {item.description}.") for name, item in NAMED.items()]
    yield Group("Corpora: `explorer new --corpus`", corpora)


def _summary(item: Callable[..., Any]) -> str:
    return (inspect.getdoc(item) or "").partition("\n\n")[0].replace("\n", " ")


def _plain(text: str) -> str:
    return text.replace("**", "")


def _settings(item: Callable[..., Any]) -> str:
    """The settings of a part and their defaults."""
    shown = []
    for name, parameter in inspect.signature(item).parameters.items():
        is_required = parameter.default is inspect.Parameter.empty
        if not (is_required and name in _GIVEN):
            shown.append(name if is_required else f"{name} = {configs.literal(parameter.default)}")
    return ", ".join(shown)
