"""The answer to a pick: a sentence of the map, an empty location, or a typed sentence."""

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore.map_overlays import Marker, Overlay
from explorer.explore.map_views import MapView, opacity, relative_distance
from explorer.explore.readable_texts import excerpt, readable
from explorer.explore.refined_text import overlays
from explorer.explore.run import Run
from explorer.latent_space.map_index import relative
from explorer.map_component.map_spec import PinnedAnswer
from explorer.models.decoding_settings import Decoded, Decoding
from explorer.system.plurals import number_of
from explorer.ui.click import codes, refine
from explorer.ui.components.escaping import (
    drafted,
    listed,
    markdown,
    minus,
    plain,
    shade_key,
    shaded,
)
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.session import picks
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from explorer.explore.run import Cycle
    from explorer.latent_space.map_index import MapPosition

NEIGHBOURS = 8
_LIFT = "how much likelier than in the whole corpus"


@dataclass(frozen=True)
class LocatedPick:
    """A pick, located in latent space and on the map, not decoded yet."""

    pick: Pick
    z: Float32[np.ndarray, " latent"]
    scale: Float32[np.ndarray, " latent"]
    position: "MapPosition | None" = None
    typed: Marker | None = None

    @property
    def at(self) -> tuple[float, float] | None:
        """Map position of a typed sentence."""
        return None if self.typed is None else (float(self.typed.x), float(self.typed.y))


@dataclass(frozen=True)
class Answer:
    """A decoded pick."""

    decoded: Decoded
    table: "DeltaGenerator"
    """Slot for the table of its words."""
    cycle: "Cycle | None" = None


def locate(run: Run, layout: MapView, pick: Pick) -> LocatedPick:
    """Locates a pick in latent space and on the map.

    Raises:
        ExplorerError: If the model is needed and cannot be opened.
    """
    atlas = run.atlas
    assert atlas is not None
    if isinstance(pick, SentencePick):
        return LocatedPick(pick, atlas.mean[pick.index], atlas.scale[pick.index])
    if isinstance(pick, TextPick):
        mean, deviation = run.posterior([pick.text])
        ((x, y),), (far,) = (part.tolist() for part in layout.locate(mean))
        marker = Marker(x, y, f"your {run.text_unit}", opacity(far, run))
        return LocatedPick(pick, mean[0], deviation[0], typed=marker)
    position = layout.at(pick.x, pick.y)
    return LocatedPick(pick, position.z, atlas.scale[position.neighbours].mean(axis=0), position)


def of_pick(run: Run, pick: Pick | None, decoding: Decoding) -> Decoding:
    """Decode settings for a pick: with the label of its sentence where none is chosen."""
    if isinstance(pick, MapPick):
        decoding = _of_location(run, decoding)
    if decoding.label or run.atlas is None or run.atlas.label is None:
        return decoding
    label = run.atlas.label[pick.index] if isinstance(pick, SentencePick) else None
    given = run.config.model.labels
    return dataclasses.replace(decoding, label=label) if label in given else decoding


def _of_location(run: Run, decoding: Decoding) -> Decoding:
    """A location of a VAE where no sentence is is decoded once.

    The answer says what the lens and the words on the map say there. Given vectors keep the
    candidates, of which their encoder finds better ones.
    """
    if run.config.model.encoder["name"] == "vectors":
        return decoding
    return dataclasses.replace(decoding, nearest=1)


def show(run: Run, located: LocatedPick, decoding: Decoding) -> Answer:
    """Decodes a pick and shows what a click waits for, each line as soon as it is known.

    Raises:
        ExplorerError: If the model cannot be opened.
    """
    if isinstance(located.pick, SentencePick):
        _sentence(run, located.pick)
    elif isinstance(located.pick, TextPick):
        _typed(run, located.pick, decoding.label)
    else:
        _heading("Empty location", f"no {run.text_unit} here")
    decoded = _decoded(run, located, decoding)
    codes.show(run, located.z, decoded.text, decoding)
    table = st.empty()
    if located.position is None:
        refine.show(run, _text(run, located.pick), decoding)
        return Answer(decoded, table)
    cycle = None if run.cannot_encode else run.cycle(located.z, decoded.text)
    _emptiness(run, located.position, cycle)
    return Answer(decoded, table, cycle)


def markers(
    run: Run,
    layout: MapView,
    located: LocatedPick | None,
    answer: Answer | None,
    decoding: Decoding,
) -> list[Overlay]:
    """Marks over the points: the typed sentence, the round trip of a location, what is refined."""
    if located is None:
        return []
    result: list[Overlay] = [located.typed] if located.typed is not None else []
    if (refined := refine.asked_for(run, _text(run, located.pick), decoding)) is not None:
        result += overlays(layout, refined)
    if answer is not None and answer.cycle is not None:
        ((x, y),), _ = (part.tolist() for part in layout.locate(answer.cycle.z[None]))
        result.append(Marker(x, y, "encoded again", opacity(answer.cycle.distance, run)))
    return result


def pinned(run: Run, located: LocatedPick, answer: Answer) -> PinnedAnswer:
    """What the map shows beside the pick."""
    text = answer.decoded.text
    if isinstance(located.pick, SentencePick) and run.texts_are_real:
        return PinnedAnswer(readable(run, run.texts[located.pick.index]), text)
    if isinstance(located.pick, TextPick):
        return PinnedAnswer(picks.shortened(located.pick.text), text)
    if located.position is None:
        return PinnedAnswer(text, note="its reconstruction")
    gaps = relative_distance(located.position.distance, run)
    return PinnedAnswer(
        text, note=f"decoded here · nearest {run.text_unit} at {gaps:.1f}× the typical distance"
    )


def show_around(run: Run, located: LocatedPick, answer: Answer, decoding: Decoding) -> None:
    """Shows what is read later: samples around the pick, its neighbours, numbers by word."""
    samples(run, located, decoding)
    neighbours(run, located)
    _words(run, answer)


def _text(run: Run, pick: Pick) -> str:
    """The sentence that is picked; empty where its text is not at hand."""
    if isinstance(pick, SentencePick):
        return run.texts[pick.index] if run.texts_are_real else ""
    return pick.text if isinstance(pick, TextPick) else ""


def _heading(title: str, note: str) -> None:
    st.markdown(f"**{title}**  :gray[· {markdown(note)}]")


def _sentence(run: Run, pick: SentencePick) -> None:
    atlas = run.atlas
    assert atlas is not None
    index = pick.index
    notes = [f"row {atlas.row[index]:,}", str(atlas.split[index])]
    if atlas.label is not None:
        notes.append(f"label {atlas.label[index]}")
    count = number_of(int(atlas.tokens[index]), "token")
    numbers = float(atlas.distortion[index]), float(atlas.rate[index])
    # The map scores each sentence with its own label, whatever label is chosen.
    own = of_pick(run, pick, Decoding()).label
    if run.texts_are_real:
        _heading(f"The {run.text_unit}", " · ".join([*notes[:2], count, *notes[2:]]))
        words = run.texts[index]
        st.html(plain(excerpt(run, words) if run.is_of_documents else words))
        _likelihood(run, *numbers, own)
    else:
        # Its text is not available; its reconstruction follows below.
        _heading(f"A {run.text_unit}, as reconstructed by the model", " · ".join(notes))
        _likelihood(run, *numbers, own, whose=f"The original has {count}: ")


def _likelihood(
    run: Run, distortion: float, rate: float, label: str = "", whose: str = ""
) -> None:
    unit, given = run.text_unit, f" · given label {markdown(label)}" if label else ""
    if not run.model.latent.has_rate:
        st.caption(
            f"{whose}distortion **{distortion:.1f}** nats{given}",
            help=f"−log p of the {unit} given its encoding. A plain autoencoder has no rate, and "
            f"therefore no bound on −log p of the {unit}.",
        )
        return
    st.caption(
        f"{whose}distortion **{distortion:.1f}** nats · rate **{rate:.1f}** nats{given}",
        help=f"Distortion: −log p(x | z) of the {unit}, with z sampled from its posterior. Rate: "
        "KL divergence of the posterior from the prior. Their sum is an upper bound on "
        f"−log p of the {unit}. Labels are used at their training strength, whatever "
        "strength is chosen.",
    )


def _typed(run: Run, pick: TextPick, label: str) -> None:
    distortion, rate = run.score([pick.text], label)
    _heading(f"Your {run.text_unit}", number_of(len(run.words(pick.text)), "token"))
    st.html(plain(pick.text, clamped=True))
    if picks.was_cut(pick):
        st.caption(f"The text is cut after {picks.MOST_TEXT:,} characters, at a space.")
    unknown = run.unknown(pick.text)
    if unknown:
        st.warning(
            f"Not in the model's vocabulary, read as <unk>: {markdown(listed(unknown))}",
            icon=":material/help:",
        )
    nats = distortion / (len(run.words(pick.text)) + 1)
    domain, unread = run.domain, run.unknown_share([pick.text])
    if domain is not None and (why := domain.reasons(nats, unread)[0]):
        st.warning(
            f"Out of this model’s domain: {why}. It will decode to a {run.text_unit} like those "
            "of its corpus rather than yours.",
            icon=":material/travel_explore:",
        )
    _likelihood(run, float(distortion[0]), float(rate[0]), label)


def _decoded(run: Run, located: LocatedPick, decoding: Decoding) -> "Decoded":
    own = "its posterior mean" if run.model.latent.has_rate else "its encoding"
    source = "this location" if isinstance(located.pick, MapPick) else own
    given = f", given label {decoding.label}" if decoding.label else ""
    _heading("Decoded", f"from {source}{given}")
    key = shade_key(_LIFT) if run.is_of_documents else shade_key()
    words, point = st.empty(), located.z[None]
    if decoding.nearest > 1:  # there at once; the candidates take several times as long
        first = run.decode(point, dataclasses.replace(decoding, nearest=1))[0]
        words.html(drafted(first) + key)
    decoded = run.decode_tokens(point, decoding)[0]
    words.html(shaded(decoded) + key)
    if decoded.cosine is not None:
        _cosine(decoded.cosine, decoding.nearest)
    return decoded


def _cosine(cosine: float, candidates: int) -> None:
    near = minus(f"{cosine:.2f}")
    st.caption(
        f"Nearest of {candidates} decodes, each encoded again: cosine **{near}**",
        help="The point is decoded several times. Each decode is encoded again, and the error "
        "corrects the next point to decode. The one shown has the largest cosine with the "
        "point: 1 is the same direction.",
    )


def _words(run: Run, answer: Answer) -> None:
    """The table of words: last, because browsers are slow to lay one out."""
    with answer.table.expander("Word by word", icon=":material/table_rows:"):
        if run.is_of_documents:
            _lifts(answer.decoded)
            return
        st.dataframe(
            {
                "word": answer.decoded.tokens,
                "latent gain, nats": answer.decoded.gains,
                "log-probability, nats": answer.decoded.log_probs,
            },
            hide_index=True,
            column_config={
                "latent gain, nats": st.column_config.NumberColumn(
                    format="%.2f",
                    help="Log-probability of the word with this z, minus its mean over 16 "
                    "samples of z from the prior.",
                ),
                "log-probability, nats": st.column_config.NumberColumn(format="%.2f"),
            },
        )


def _lifts(decoded: Decoded) -> None:
    """Ranked words with their probability, and how much likelier they are than in the text."""
    st.dataframe(
        {
            "word": decoded.tokens,
            "probability": [100 * math.exp(value) for value in decoded.log_probs],
            "lift": [math.exp(value) for value in decoded.gains],
        },
        hide_index=True,
        column_config={
            "probability": st.column_config.NumberColumn(
                format="%.2f%%", help="p(word | z), at any position in a document."
            ),
            "lift": st.column_config.NumberColumn(
                format="× %.1f",
                help="p(word | z) divided by the frequency of the word in the training text.",
            ),
        },
    )


def _emptiness(run: Run, position: "MapPosition", cycle: "Cycle | None") -> None:
    unit = run.text_unit
    density = f"Density: higher than at {position.density:.0f}% of the {unit}s."
    if position.empty:
        density = f"Density: lower than at 99% of the {unit}s."
    st.markdown(
        f"- Nearest {unit}: **{position.distance:.2f}** away in latent space, "
        f"{position.relative:.1f}× the typical nearest-neighbour distance.\n"
        f"- {density}\n"
        f"- {_round_trip(run, cycle, position.typical)}"
    )
    st.button(
        f"Show the nearest {unit}",
        icon=":material/my_location:",
        key="pick_nearest",
        on_click=picks.set_pick,
        args=(SentencePick(position.nearest),),
    )


def _round_trip(run: Run, cycle: "Cycle | None", typical: float) -> str:
    if cycle is None:
        return markdown(run.cannot_encode)
    return (
        f"Round trip: decoding and encoding again moves it by **{cycle.distance:.2f}** "
        f"({relative(cycle.distance, typical):.1f}×), to *encoded again* on the map."
    )


def samples(run: Run, located: LocatedPick, decoding: Decoding) -> None:
    """Sentences decoded from samples around a pick; a slider sets how many."""
    if not located.scale.any():
        _heading("Samples around it", "none")
        st.caption(
            f"This model encodes a {run.text_unit} as a single point: there is no distribution to "
            "sample from."
        )
        return
    spread = "the neighbours' posterior spread" if located.position else "its posterior"
    _heading("Samples around it", f"from {spread}, seed {decoding.seed}")
    k = st.slider("Samples", 1, 12, 4, key="k", bind="query-params", label_visibility="collapsed")
    texts = run.around(located.z, located.scale, k, _of_location(run, decoding))
    st.html("".join(plain(text, quiet=True) for text in texts))


def neighbours(run: Run, located: LocatedPick) -> None:
    """The nearest sentences in latent space; a click selects one."""
    title = f"Nearest {run.text_unit}s"
    _heading(title, "cosine distance of centred latents")
    own = located.pick.index if isinstance(located.pick, SentencePick) else -1
    near = [item for item in run.neighbours(located.z, NEIGHBOURS + 1) if item.index != own]
    rows = [
        Row(item.index, readable(run, item.text), f"{item.distance:.3f}")
        for item in near[:NEIGHBOURS]
    ]
    sentence_list(rows, title, "neighbours", lambda row: picks.set_pick(SentencePick(row)))
