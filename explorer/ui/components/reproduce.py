"""What reproduces the numbers of a page: a command, or a few lines of Python."""

import dataclasses
import shlex
from collections.abc import Sequence

from explorer.models.decoding_settings import Decoding


def flags(decoding: Decoding) -> str:
    """The decoding settings that differ from the command line's defaults, as options."""
    default, options = Decoding(), ""
    for item in dataclasses.fields(Decoding):
        name, value = item.name, getattr(decoding, item.name)
        # The default strategy differs between commands.
        if value == getattr(default, name) and name not in ("strategy", "seed"):
            continue
        options += f" --{name.replace('_', '-')}"
        if item.type is not bool:  # a flag takes no value
            options += f" {shlex.quote(str(value))}"
    return options


def samples(run: str, count: int, decoding: Decoding) -> str:
    """Samples of the prior, decoded."""
    return f"explorer sample {shlex.quote(run)} -n {count}{flags(decoding)}"


def reconstruction(run: str, text: str, decoding: Decoding) -> str:
    """A sentence, encoded and decoded."""
    # This command decodes several times by default.
    once = " --nearest 1" if decoding.nearest == 1 else ""
    return f"explorer reconstruct {shlex.quote(run)} {shlex.quote(text)}{flags(decoding)}{once}"


def path(run: str, a: str, b: str, steps: int, decoding: Decoding, interpolation: str) -> str:
    """The steps of an interpolation."""
    ends = f"{shlex.quote(a)} {shlex.quote(b)}"
    command = f"explorer interpolate {shlex.quote(run)} {ends} --steps {steps}{flags(decoding)}"
    return command + (" --spherical" if interpolation == "spherical" else "")


def draws(run: str, text: str, count: int, decoding: Decoding) -> str:
    """Samples of a sentence's posterior, decoded."""
    return _python(
        run,
        ["from explorer.models.decoding_settings import Decoding"],
        [
            f"mean, scale = run.posterior([{text!r}])",
            f"print(*run.around(mean[0], scale[0], {count}, {decoding!r}), sep='\\n')",
        ],
    )


def plane_of_prior(run: str, drawn: int, seed: int) -> str:
    """Posterior means and prior samples on the PCA plane of the map's sentences."""
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
            "parts = components(run.model.prior())",
            "print(*zip(parts.weight, run.decode(parts.mean)), sep='\\n')",
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
    """The toy experiment: all four decoders."""
    return (
        "from explorer.explore.thought_experiment import DECODERS, train\n"
        f"print(*(train(decoder, {seed}) for decoder in DECODERS), sep='\\n')"
    )


def moved(one: str, other: str) -> str:
    """How much of each sentence's neighbourhood differs between two runs."""
    return (
        "from explorer.explore.run import open_run\n"
        "from explorer.latent_space.map_alignment import moved, shared\n"
        f"a, b = open_run({one!r}).atlas, open_run({other!r}).atlas\n"
        "here, there = shared(a.row, b.row)\n"
        "print(moved(a.mean[here], b.mean[there]))"
    )


def is_python(command: str) -> bool:
    """Whether it is Python, not a command."""
    return command.startswith("from ")


def _python(run: str, imports: Sequence[str], lines: Sequence[str]) -> str:
    imports = sorted([*imports, "from explorer.explore.run import open_run"])
    return "\n".join([*imports, f"run = open_run({run!r})", *lines])
