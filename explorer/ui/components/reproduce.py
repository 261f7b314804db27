"""What reproduces the numbers of a page: a command line, or a few lines of Python without one."""

import dataclasses
import shlex
from collections.abc import Sequence

from explorer.models.decoding_settings import Decoding


def flags(decoding: Decoding) -> str:
    """The decode settings that are not the command line's own."""
    plain, told = Decoding(), ""
    for item in dataclasses.fields(Decoding):
        name, value = item.name, getattr(decoding, item.name)
        # Commands differ in the strategy they have unless told.
        if value == getattr(plain, name) and name not in ("strategy", "seed"):
            continue
        told += f" --{name.replace('_', '-')}"
        if item.type is not bool:  # an option that is off unless it is named
            told += f" {shlex.quote(str(value))}"
    return told


def samples(run: str, count: int, decoding: Decoding) -> str:
    """Draws from the prior."""
    return f"explorer sample {shlex.quote(run)} -n {count}{flags(decoding)}"


def reconstruction(run: str, text: str, decoding: Decoding) -> str:
    """A sentence, encoded and decoded."""
    return f"explorer reconstruct {shlex.quote(run)} {shlex.quote(text)}{flags(decoding)}"


def path(run: str, a: str, b: str, steps: int, decoding: Decoding, way: str) -> str:
    """The steps from one sentence to another."""
    ends = f"{shlex.quote(a)} {shlex.quote(b)}"
    told = f"explorer interpolate {shlex.quote(run)} {ends} --steps {steps}{flags(decoding)}"
    return told + (" --spherical" if way == "spherical" else "")


def draws(run: str, text: str, count: int, decoding: Decoding) -> str:
    """Draws around a sentence."""
    return _python(
        run,
        ["from explorer.models.decoding_settings import Decoding"],
        [
            f"mean, scale = run.posterior([{text!r}])",
            f"print(*run.around(mean[0], scale[0], {count}, {decoding!r}), sep='\\n')",
        ],
    )


def plane_of_prior(run: str, drawn: int, seed: int) -> str:
    """Posterior means and samples of the prior on the plane of the map's sentences."""
    return _python(
        run,
        ["from explorer.latent_space.projections import PCA"],
        [
            "plane = PCA.fit(run.atlas.mean)",
            "print(plane.transform(run.atlas.mean))",
            f"print(plane.transform(run.prior_samples({drawn}, {seed})))",
        ],
    )


def components(run: str) -> str:
    """The components of a prior, decoded."""
    return _python(
        run,
        ["from explorer.evaluation.prior_diagnostics import components"],
        [
            "found = components(run.model.prior())",
            "print(*zip(found.weight, run.decode(found.mean)), sep='\\n')",
        ],
    )


def holes(run: str, seed: int) -> str:
    """The holes of a prior."""
    return _python(
        run,
        ["from explorer.evaluation.prior_diagnostics import SAMPLES, find_holes"],
        [
            f"z = run.prior_samples(SAMPLES, {seed})",
            f"print(find_holes(run.model, run.atlas.mean, run.atlas.scale, z, {seed}))",
        ],
    )


def density(run: str, ends: Sequence[str], steps: int, is_spherical: bool) -> str:
    """Log q(z) at every step between two sentences."""
    a, b = ends
    return _python(
        run,
        [],
        [
            f"z = run.path({a!r}, {b!r}, {steps}, {is_spherical})",
            "print(run.map_index.log_density(z))",
        ],
    )


def thought(seed: int) -> str:
    """The thought experiment: all four decoders."""
    return (
        "from explorer.explore.thought_experiment import DECODERS, train\n"
        f"print(*(train(decoder, {seed}) for decoder in DECODERS), sep='\\n')"
    )


def moved(one: str, other: str) -> str:
    """How far neighbourhoods moved from one run to another."""
    return (
        "from explorer.explore.run import open_run\n"
        "from explorer.latent_space.map_alignment import moved, shared\n"
        f"a, b = open_run({one!r}).atlas, open_run({other!r}).atlas\n"
        "here, there = shared(a.row, b.row)\n"
        "print(moved(a.mean[here], b.mean[there]))"
    )


def is_python(command: str) -> bool:
    """Whether what reproduces is Python, not a command line."""
    return command.startswith("from ")


def _python(run: str, imports: Sequence[str], lines: Sequence[str]) -> str:
    imports = sorted([*imports, "from explorer.explore.run import open_run"])
    return "\n".join([*imports, f"run = open_run({run!r})", *lines])
