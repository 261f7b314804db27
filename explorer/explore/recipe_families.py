"""Families of runs: recipes that differ in one part only, so that its effect shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from explorer.config import Config, is_borrowed
from explorer.explore import recipe_diff

TITLES = {
    "objective.schedule": "KL schedule",
    "objective.rate": "Rate penalty",
    "model.prior": "Prior",
    "model.latent": "Latent space",
    "model.latent_dim": "Latent dimensions",
    "model.encoder": "Encoder",
    "model.decoder": "Decoder",
    "training.fit_prior": "Prior fitted afterwards",
    "training.fine_tuning": "Fine-tuning",
    "training.optimiser": "Optimiser",
    "training.start": "Initial weights",
    "seed": "Seed",
}
"""Titles of parts; others go by their address."""

# Settings that the model does not depend on.
_ASIDE = ("atlas.", "training.snapshots", "training.save_seconds")


@dataclass(frozen=True)
class Family:
    """Runs that differ in one part.

    Attributes:
        part: Its address in `config.toml`.
        names: Of the runs, at least two.
    """

    part: str
    names: tuple[str, ...]

    @property
    def title(self) -> str:
        return TITLES.get(self.part, self.part)

    def label(self, max_names: int, whole: bool = False) -> str:
        """The part and its first runs, without the common prefix of their names.

        Args:
            max_names: Runs that are named.
            whole: Keeps the common prefix.
        """
        # The common prefix of the first and the last in order is that of all.
        ends = zip(min(self.names), max(self.names), strict=False)
        shared = "".join(one for one, other in takewhile(lambda pair: pair[0] == pair[1], ends))
        cut = 0 if whole else 1 + max(shared.rfind(sign) for sign in "-_/ ")
        more = ["…"] if len(self.names) > max_names else []
        return f"{self.title}: {', '.join([name[cut:] for name in self.names[:max_names]] + more)}"


def families(by_name: Mapping[str, Config]) -> list[Family]:
    """Every set of runs that differ in one part and agree in all else.

    Args:
        by_name: Recipes by the names of their runs.

    Returns:
        Families in the order of `TITLES`, then other parts; runs in the order given.
    """
    # A map of other sentences, with the weights of a trained run, was never trained.
    trained = {name: recipe for name, recipe in by_name.items() if not is_borrowed(recipe)}
    tables = {name: _parts(recipe) for name, recipe in trained.items()}
    parts = dict.fromkeys(part for table in tables.values() for part in table)
    families = []
    for part in sorted(parts, key=lambda part: [*TITLES, part].index(part)):
        groups: dict[object, dict[str, object]] = {}
        for name, table in tables.items():
            others = frozenset(item for item in table.items() if item[0] != part)
            groups.setdefault(others, {})[name] = table.get(part)
        families += [
            Family(part, tuple(values))
            for values in groups.values()
            if len(set(values.values())) > 1
        ]
    return families


def _parts(recipe: Config) -> dict[str, frozenset[tuple[str, str]]]:
    """A recipe's settings by part: a choice and its settings are one part."""
    parts: dict[str, set[tuple[str, str]]] = {}
    table = recipe_diff.flatten(recipe)
    for address, value in table.items():
        if not address.startswith(_ASIDE) and not recipe_diff.is_default(table, address):
            parts.setdefault(_part(address), set()).add((address, recipe_diff.typed(value)))
    return {part: frozenset(settings) for part, settings in parts.items()}


def _part(address: str) -> str:
    above = address.rpartition(".")[0]
    return above if "." in above else address
