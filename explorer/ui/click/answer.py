"""What the page says about a pick: a sentence, a place between sentences, or a typed one."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from jaxtyping import Float32

from explorer.explore.map_overlays import Marker
from explorer.explore.map_views import MapView, opacity
from explorer.explore.run import Decoded, Run
from explorer.models.decoding_settings import Decoding
from explorer.ui.components.escaping import listed, markdown, plain, shade_key, shaded
from explorer.ui.components.sentence_list import Row, sentence_list
from explorer.ui.components.unknown_words import as_the_corpus_writes
from explorer.ui.session import picks
from explorer.ui.session.picks import MapPick, Pick, SentencePick, TextPick

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from explorer.explore.run import Cycle
    from explorer.latent_space.map_index import MapPosition

NEIGHBOURS = 8
_SHOWN = 80  # characters of a sentence on a button


@dataclass(frozen=True)
class Found:
    """A pick, looked up: where it is in latent space and on the map. Nothing is decoded yet."""

    pick: Pick
    z: Float32[np.ndarray, " latent"]
    scale: Float32[np.ndarray, " latent"]
    place: "MapPosition | None" = None
    typed: Marker | None = None

    @property
    def at(self) -> tuple[float, float] | None:
        """Where the map marks a typed sentence."""
        return None if self.typed is None else (float(self.typed.x), float(self.typed.y))


@dataclass(frozen=True)
class Answer:
    """What the model says about a pick."""

    decoded: Decoded
    table: "DeltaGenerator"
    """Where the table of its words will stand."""
    cycle: "Cycle | None" = None


def look_up(run: Run, layout: MapView, pick: Pick) -> Found:
    """Finds a pick's place in latent space and on the map.

    Raises:
        ExplorerError: If the model is needed and cannot be opened.
    """
    atlas = run.atlas
    assert atlas is not None
    if isinstance(pick, SentencePick):
        return Found(pick, atlas.mean[pick.index], atlas.scale[pick.index])
    if isinstance(pick, TextPick):
        mean, deviation = run.posterior([pick.text])
        ((x, y),), (far,) = (found.tolist() for found in layout.locate(mean))
        marker = Marker(x, y, "your sentence", opacity(far, run))
        return Found(pick, mean[0], deviation[0], typed=marker)
    place = layout.at(pick.x, pick.y)
    return Found(pick, place.z, atlas.scale[place.neighbours].mean(axis=0), place)


def own_label(run: Run, pick: Pick | None, decoding: Decoding) -> Decoding:
    """The settings a sentence of the map is decoded with: its own label where none was chosen."""
    if decoding.label or run.atlas is None or run.atlas.label is None:
        return decoding
    label = run.atlas.label[pick.index] if isinstance(pick, SentencePick) else None
    told = run.config.model.labels
    return dataclasses.replace(decoding, label=label) if label in told else decoding


def show(run: Run, found: Found, decoding: Decoding) -> Answer:
    """Decodes a pick and writes what a click waits for, each line as soon as it is known.

    Raises:
        ExplorerError: If the model cannot be opened.
    """
    if isinstance(found.pick, SentencePick):
        _sentence(run, found.pick)
    elif isinstance(found.pick, TextPick):
        _typed(run, found.pick, decoding.label)
    else:
        _heading("An empty place", "the model decodes it all the same")
    decoded = run.decode_tokens(found.z[None], decoding)[0]
    table = _decoded(run, found, decoded, decoding.label)
    if found.place is None:
        return Answer(decoded, table)
    cycle = run.cycle(found.z, decoded.text)
    _emptiness(found.place, cycle)
    return Answer(decoded, table, cycle)


def markers(run: Run, layout: MapView, found: Found, said: Answer | None) -> list[Marker]:
    """What the map shows beside the points: the typed sentence, and where a place lands."""
    result = [found.typed] if found.typed is not None else []
    if said is not None and said.cycle is not None:
        ((x, y),), _ = (found.tolist() for found in layout.locate(said.cycle.z[None]))
        result.append(Marker(x, y, "encoded again", opacity(said.cycle.distance, run)))
    return result


def show_around(run: Run, found: Found, said: Answer, decoding: Decoding) -> None:
    """Writes what is read later: draws around the pick, its neighbours, and numbers by word."""
    samples(run, found, decoding)
    neighbours(run, found)
    _words(said)


def _heading(title: str, note: str) -> None:
    st.markdown(f"**{title}**  :gray[· {markdown(note)}]")


def _sentence(run: Run, pick: SentencePick) -> None:
    atlas = run.atlas
    assert atlas is not None
    index = pick.index
    notes = [f"row {atlas.row[index]:,}", str(atlas.split[index])]
    if atlas.label is not None:
        notes.append(f"label {atlas.label[index]}")
    count = _tokens(int(atlas.tokens[index]))
    numbers = float(atlas.distortion[index]), float(atlas.rate[index])
    # The map is scored with each sentence's own label, whatever label is chosen.
    own = own_label(run, pick, Decoding()).label
    if run.texts_are_real:
        _heading("The sentence", " · ".join([*notes[:2], count, *notes[2:]]))
        st.html(plain(run.texts[index]))
        _likelihood(run, *numbers, own)
    else:
        # The words that stand for it are those decoded below.
        _heading("A sentence, in the model's words", " · ".join(notes))
        _likelihood(run, *numbers, own, whose=f"The original has {count}: ")


def _tokens(count: int) -> str:
    return "1 token" if count == 1 else f"{count} tokens"


def _likelihood(
    run: Run, distortion: float, rate: float, label: str = "", whose: str = ""
) -> None:
    told = f" · told the label {markdown(label)}" if label else ""
    if not run.model.latent.has_rate:
        st.caption(
            f"{whose}distortion **{distortion:.1f}** nats{told}",
            help="How unlikely the decoder finds the sentence, given its encoding. A plain "
            "autoencoder has no rate, and so no bound on −log p.",
        )
        return
    st.caption(
        f"{whose}distortion **{distortion:.1f}** nats · rate **{rate:.1f}** nats{told}",
        help="Distortion: how unlikely the decoder finds the sentence, given one z drawn from its "
        "posterior. Rate: what it costs to tell the decoder that z instead of one from the "
        "prior. Their sum bounds −log p of the sentence from above. A label counts as it was "
        "trained, whatever strength is chosen.",
    )


def _typed(run: Run, pick: TextPick, label: str) -> None:
    distortion, rate = run.score([pick.text], label)
    _heading("Your sentence", _tokens(len(run.tokeniser.tokens(pick.text))))
    st.html(plain(pick.text, clamped=True))
    if picks.was_cut(pick):
        st.caption(f"Only its first {picks.MOST_TEXT:,} characters are read, up to a blank.")
    unknown = run.unknown(pick.text)
    if unknown:
        st.warning(
            f"Not in the model's vocabulary, read as <unk>: {markdown(listed(unknown))}",
            icon=":material/help:",
        )
    _respelled(run, pick.text)
    _likelihood(run, float(distortion[0]), float(rate[0]), label)


def _respelled(run: Run, text: str) -> None:
    other = as_the_corpus_writes(run, text)
    if other is None:
        return
    shown = other if len(other) <= _SHOWN else f"{other[:_SHOWN]}…"
    st.button(
        f"Write it as the corpus does: {markdown(shown)}",
        icon=":material/spellcheck:",
        on_click=picks.type_text,
        args=(other,),
    )


def _decoded(run: Run, found: Found, decoded: Decoded, label: str) -> "DeltaGenerator":
    own = "its posterior mean" if run.model.latent.has_rate else "its encoding"
    source = "this place" if isinstance(found.pick, MapPick) else own
    _heading("Decoded", f"from {source}" + (f", told the label {label}" if label else ""))
    st.html(shaded(decoded) + shade_key())
    return st.empty()


def _words(said: Answer) -> None:
    """The table of words: last, because a browser takes long to lay one out."""
    with said.table.expander("Word by word", icon=":material/table_rows:"):
        st.dataframe(
            {
                "word": said.decoded.tokens,
                "latent gain, nats": said.decoded.gains,
                "log-probability, nats": said.decoded.log_probs,
            },
            hide_index=True,
            column_config={
                "latent gain, nats": st.column_config.NumberColumn(
                    format="%.2f",
                    help="Log-probability of the word with this z, minus its mean over 16 z drawn "
                    "from the prior.",
                ),
                "log-probability, nats": st.column_config.NumberColumn(format="%.2f"),
            },
        )


def _emptiness(place: "MapPosition", cycle: "Cycle") -> None:
    typical = place.typical or 1.0
    thick = "An empty part of the map" if place.empty else f"Denser than {place.density:.0f}%"
    rest = "" if place.empty else " of the sentences' places"
    st.markdown(
        f"- Nearest sentence: **{place.distance:.2f}** away in latent space, "
        f"{place.distance / typical:.1f}× what a sentence and its nearest neighbour are apart.\n"
        f"- {thick}{rest}.\n"
        f"- Encoded again, the decoded sentence lands **{cycle.distance:.2f}** away "
        f"({cycle.distance / typical:.1f}×), where the map shows *encoded again*."
    )
    st.button(
        "Show the nearest sentence",
        icon=":material/my_location:",
        key="nearest",
        on_click=picks.set_pick,
        args=(SentencePick(place.nearest),),
    )


def samples(run: Run, found: Found, decoding: Decoding) -> None:
    """Sentences decoded from draws around a pick, as many as the slider says."""
    if not found.scale.any():
        _heading("Around it", "nothing to draw")
        st.caption("This model encodes a sentence as a point, without a width around it.")
        return
    around = "its posterior" if not isinstance(found.pick, MapPick) else "its neighbours' width"
    _heading("Around it", f"draws from {around}, seed {decoding.seed}")
    k = st.slider("Samples", 1, 12, 4, key="k", bind="query-params", label_visibility="collapsed")
    texts = run.around(found.z, found.scale, k, decoding)
    st.html("".join(plain(text, quiet=True) for text in texts))


def neighbours(run: Run, found: Found) -> None:
    """The sentences nearest in latent space; a click goes there."""
    _heading("Nearest sentences", "cosine distance of centred latents")
    own = found.pick.index if isinstance(found.pick, SentencePick) else -1
    near = [item for item in run.neighbours(found.z, NEIGHBOURS + 1) if item.index != own]
    rows = [Row(item.index, item.text, f"{item.distance:.3f}") for item in near[:NEIGHBOURS]]
    sentence_list(
        rows, "Nearest sentences", "neighbours", lambda row: picks.set_pick(SentencePick(row))
    )
