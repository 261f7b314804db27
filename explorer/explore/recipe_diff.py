"""Settings in which recipes differ."""

import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from explorer import config as configs
from explorer.config import Config
from explorer.explore.catalogue import recipe_parts
from explorer.system.plurals import number_of

DEFAULT = " (default)"


@dataclass(frozen=True)
class Setting:
    """A setting in which recipes differ; `–` where a recipe has no such setting."""

    address: str
    about: str
    values: tuple[str, ...]


def differing(recipes: Sequence[Config]) -> list[Setting]:
    """The settings in which recipes differ, in the order of `config.toml`."""
    flat = [flatten(recipe) for recipe in recipes]
    about = dict(_about(Config, ""))
    settings = []
    for address in dict.fromkeys(key for table in flat for key in table):
        values = tuple(_shown(table, address) for table in flat)
        if len({value.removesuffix(DEFAULT) for value in values}) > 1:
            text = about.get(address) or about.get(address.rpartition(".")[0], "")
            settings.append(Setting(address, text, values))
    order = {address: index for index, address in enumerate(about)}
    return sorted(settings, key=lambda item: order.get(item.address, _below(item.address, order)))


def summary(settings: Sequence[Setting], most: int = 3) -> str:
    """How many settings differ, and the values of the first."""
    if not settings:
        return "Their recipes are identical."
    named = ", ".join(f"{item.address} ({' / '.join(item.values)})" for item in settings[:most])
    more = f" and {len(settings) - most} more" if len(settings) > most else ""
    return f"Their recipes differ in {number_of(len(settings), 'setting')}: {named}{more}."


def flatten(recipe: Config) -> dict[str, Any]:
    """Every setting by its address; the settings of a choice follow it."""
    return dict(_flat(dataclasses.asdict(recipe), ""))


def is_default(table: Mapping[str, Any], address: str) -> bool:
    """Whether a setting of a choice, in a flattened recipe, equals its default."""
    choice, _, setting = address.rpartition(".")
    return bool(_default(choice, table.get(choice), setting) == table[address])


def _flat(table: Mapping[str, Any], where: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        address = f"{where}.{key}" if where else key
        if not isinstance(value, Mapping):
            yield address, value
            continue
        if "name" in value and address in recipe_parts():
            yield address, value["name"]
            value = {name: setting for name, setting in value.items() if name != "name"}
        yield from _flat(value, address)


def _about(cls: type, where: str) -> Iterator[tuple[str, str]]:
    for item in dataclasses.fields(cls):
        address = f"{where}.{item.name}" if where else item.name
        table = _TABLES.get(address)
        if table is not None:
            yield from _about(table, address)
        else:
            yield address, str(item.metadata.get("about", ""))


def _below(address: str, order: Mapping[str, int]) -> float:
    """The settings of a choice come right after the choice."""
    return order.get(address.rpartition(".")[0], len(order)) + 0.5


def _shown(table: Mapping[str, Any], address: str) -> str:
    if address in table:
        return typed(table[address])
    choice = address.rpartition(".")[0]
    default = _default(choice, table.get(choice), address.rpartition(".")[2])
    return "–" if default is None else f"{typed(default)}{DEFAULT}"


def typed(value: Any) -> str:
    """A value as TOML writes it, strings without quotes; distinct values stay distinct."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key} = {typed(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return ", ".join(map(typed, value)) or "(none)"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # a setting may be written either way
    return str(value) or "(empty)"


def _default(choice: str, name: Any, setting: str) -> Any:
    """The default of a setting of a choice; None where there is no such setting."""
    if choice not in recipe_parts() or not isinstance(name, str):
        return None
    implementation = recipe_parts()[choice].get(name)
    known = inspect.signature(implementation).parameters if implementation else {}
    default = known[setting].default if setting in known else None
    return None if default is inspect.Parameter.empty else default


_TABLES = {
    "corpus": configs.CorpusConfig,
    "model": configs.ModelConfig,
    "objective": configs.ObjectiveConfig,
    "training": configs.TrainingConfig,
    "atlas": configs.AtlasConfig,
}
