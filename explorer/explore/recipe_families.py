"""Runs whose recipes differ in one part only: the comparisons that show what that part does."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile

from explorer.config import Config
from explorer.explore import recipe_diff

TITLES = {
    "objective.schedule": "KL schedule",
    "objective.rate": "Charge on the rate",
    "model.prior": "Prior",
    "model.latent": "Latent space",
    "model.latent_dim": "Latent dimensions",
    "model.encoder": "Encoder",
    "model.decoder": "Decoder",
    "training.fit_prior": "Prior fitted afterwards",
    "training.fine_tuning": "Fine-tuning",
    "training.optimiser": "Optimiser",
    "training.start": "First weights",
    "seed": "Seed",
}
"""What the parts are called that have a name beside their address."""

# What a model does not depend on: what is kept of its training, and what is drawn of it.
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
        """What the part is called."""
        return TITLES.get(self.part, self.part)

    def label(self, most: int, whole: bool = False) -> str:
        """The part and at most so many runs, without what all their names begin with.

        Args:
            most: Runs that are named.
            whole: Leaves nothing out of the names.
        """
        # What the first and the last in order share, all between them share.
        ends = zip(min(self.names), max(self.names), strict=False)
        shared = "".join(one for one, other in takewhile(lambda pair: pair[0] == pair[1], ends))
        cut = 0 if whole else 1 + max(shared.rfind(sign) for sign in "-_/ ")
        more = ["…"] if len(self.names) > most else []
        return f"{self.title}: {', '.join([name[cut:] for name in self.names[:most]] + more)}"


def families(by_name: Mapping[str, Config]) -> list[Family]:
    """Every set of runs that differ in one part and agree in all else.

    Args:
        by_name: Recipes by the names of their runs.

    Returns:
        Families in the order of `TITLES`, other parts behind; runs in the order given.
    """
    tables = {name: _parts(recipe) for name, recipe in by_name.items()}
    parts = dict.fromkeys(part for table in tables.values() for part in table)
    found = []
    for part in sorted(parts, key=lambda part: [*TITLES, part].index(part)):
        groups: dict[object, dict[str, object]] = {}
        for name, table in tables.items():
            rest = frozenset(item for item in table.items() if item[0] != part)
            groups.setdefault(rest, {})[name] = table.get(part)
        found += [
            Family(part, tuple(values))
            for values in groups.values()
            if len(set(values.values())) > 1
        ]
    return found


def _parts(recipe: Config) -> dict[str, frozenset[tuple[str, str]]]:
    """A recipe's settings by part: a choice and its own settings are one."""
    parts: dict[str, set[tuple[str, str]]] = {}
    table = recipe_diff.flatten(recipe)
    for address, value in table.items():
        if not address.startswith(_ASIDE) and not recipe_diff.is_default(table, address):
            parts.setdefault(_part(address), set()).add((address, recipe_diff.typed(value)))
    return {part: frozenset(settings) for part, settings in parts.items()}


def _part(address: str) -> str:
    above = address.rpartition(".")[0]
    return above if "." in above else address
