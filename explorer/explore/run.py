"""A trained run, opened: the facade of the pages, the command line and notebooks."""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float32, Int

from explorer.errors import ExplorerError
from explorer.evaluation.sampling_verdict import can_be_sampled
from explorer.evaluation.verdict import Verdict, uses_z
from explorer.explore import matched_topics, refined_text, run_codes, text_points, topics
from explorer.explore.added_texts import AddedTexts, locate_texts
from explorer.explore.arguments import numbers, sentences, whole
from explorer.explore.coded_run import CodedRun
from explorer.explore.domain import Domain
from explorer.explore.mapped_run import Latents
from explorer.explore.refined_text import RefinedText
from explorer.explore.selection import read_selection, rows_of
from explorer.explore.selection_comparison import Comparison, compare
from explorer.latent_space import arithmetic, interpolation
from explorer.latent_space.map_index import Cycle
from explorer.models.decoding_settings import Decoding
from explorer.runs import folder as folders

if TYPE_CHECKING:
    from pandas import DataFrame

    from explorer import LatentMap


class Run(CodedRun):
    """A run folder, its model and its map."""

    # What its metrics say.

    @property
    def uses_z(self) -> Verdict:
        """Whether the decoder uses z, from `metrics`."""
        return uses_z(self.metrics)

    @property
    def can_be_sampled(self) -> Verdict:
        """Whether samples of the prior decode to sentences, from `metrics`."""
        return can_be_sampled(self.metrics)

    # Along paths and directions.

    def interpolate(
        self,
        a: str | np.ndarray,
        b: str | np.ndarray,
        steps: int = 9,
        spherical: bool = False,
        decoding: Decoding | None = None,
    ) -> list[str]:
        """Sentences at even steps from one sentence or latent point to another, ends included."""
        return self.decode(self.path(a, b, steps, spherical), decoding)

    def path(
        self, a: str | np.ndarray, b: str | np.ndarray, steps: int = 9, spherical: bool = False
    ) -> Latents:
        """The latent points of `interpolate`, projected onto the space where it is bounded.

        A straight line leaves a sphere, and lies between codes: its points are projected onto the
        space, so that a path between codes jumps at its middle.
        """
        steps = whole("steps", steps, 2, 1000)
        interpolate = interpolation.spherical if spherical else interpolation.linear
        z = interpolate(self._latent(a), self._latent(b), interpolation.steps(steps))
        return self._points(z).numpy()

    def analogy(
        self,
        a: str | np.ndarray,
        b: str | np.ndarray,
        c: str | np.ndarray,
        k: float | Sequence[float] | np.ndarray = 1.0,
    ) -> Latents:
        """C + k·(b − a) for every k, projected onto the space where it is bounded."""
        start, end, other = (self._latent(point) for point in (a, b, c))
        return self._points(arithmetic.analogy(start, end, other, numbers("k", k))).numpy()

    def traverse(
        self, point: str | np.ndarray, dimension: int, values: Sequence[float] | np.ndarray
    ) -> Latents:
        """The point with one coordinate set to each value, projected as in `path`."""
        z, coordinates = self._latent(point), numbers("values", values).astype(np.float32)
        z = arithmetic.traverse(z, whole("dimension", dimension, 0, len(z) - 1), coordinates)
        return self._points(z).numpy()

    # Codes.

    def codes(self, point: str | np.ndarray) -> Int[np.ndarray, " codes"]:
        """The codes of a sentence or latent point, of a run whose latent space is made of codes.

        Raises:
            ExplorerError: If it is not.
        """
        return run_codes.codes(self, self._latent(point)[None])[0]

    def swap(self, point: str | np.ndarray, code: int, category: int) -> Latents:
        """The latent point (1, latent) with one code set to another category, for `decode`.

        Raises:
            ExplorerError: If the run has no codes, no such code, or no such category.
        """
        return run_codes.swapped(self, self._latent(point), code, [category])

    # What sentences cost.

    def score(self, texts: Sequence[str], label: str = "") -> tuple[np.ndarray, np.ndarray]:
        """Distortion (one posterior sample) and rate of each sentence, nats.

        Args:
            texts: Sentences.
            label: For a conditional run: the label that conditions the decoder; empty for the
                average of all labels.

        Raises:
            ExplorerError: If the model was not trained with this label.
        """
        import torch

        from explorer.models import label_conditioning
        from explorer.models.batch_inference import distortions, scores

        texts = sentences(texts)
        ids, index = self.ids(texts), label_conditioning.index(self.config.model.labels, label)
        if self.has_latent and not self.model.latent.has_rate:  # each z is its posterior's mean
            z = torch.from_numpy(self.encode(texts))
            nats = distortions(self.model, z, ids, labels=[index] * len(ids)).float().numpy()
            return nats, np.zeros_like(nats)
        return scores(self.model, ids, labels=[index] * len(ids))

    def nats_per_word(self, texts: Sequence[str], label: str = "") -> np.ndarray:
        """Distortion of each sentence over the number of its words, the end counted as one.

        Args:
            texts: Sentences.
            label: As in `score`.
        """
        texts = sentences(texts)
        words = [len(self.vocabulary.decode(row)) + 1 for row in self.ids(texts)]
        return self.score(texts, label)[0] / np.array(words, np.float32)

    @cached_property
    def domain(self) -> Domain | None:
        """What 99% of the training sentences cost; None where the map does not say."""
        return Domain.of(self)

    def out_of_domain(self, texts: Sequence[str], label: str = "") -> np.ndarray | None:
        """Whether each sentence costs more nats per word than 99% of the training sentences.

        So is one of whose words at least half are unknown. A model decodes such a sentence as one
        of its corpus. Held-out sentences are called so more often than 1%: 4% of those of
        captions-smooth.

        Args:
            texts: Sentences.
            label: As in `score`.

        Returns:
            A truth value each; None for a run whose `domain` is not known.
        """
        texts = sentences(texts)
        return self.outside(texts, self.nats_per_word(texts, label))

    def outside(self, texts: Sequence[str], nats: np.ndarray) -> np.ndarray | None:
        """`out_of_domain` of sentences whose nats per word are known."""
        if self.domain is None:
            return None
        reasons = self.domain.reasons(nats, self.unknown_share(texts))
        return np.array([reason is not None for reason in reasons], bool)

    def refine(
        self, text: str, steps: int = refined_text.STEPS, decoding: Decoding | None = None
    ) -> RefinedText:
        """A sentence's posterior improved by gradient steps: nats gained, words before and after.

        Raises:
            ExplorerError: If the run's posteriors are not Gaussian.
        """
        return refined_text.refine(self, text, steps, decoding)

    def cycle(self, z: Float32[np.ndarray, " latent"], text: str | None = None) -> Cycle:
        """Encodes a point's decoded sentence again; without `text`, decodes it greedily."""
        z = self._latent(z)
        if text is None:
            text = self.decode(z[None])[0]
        back = text_points.encoded(self, [text])[0]
        return Cycle(text, back, float(np.linalg.norm(back - z)))

    # On the map.

    def locate_texts(self, texts: Sequence[str]) -> AddedTexts:
        """Texts of another corpus on the map: z, cost, domain; `positions(run)` has their x, y."""
        return locate_texts(self, sentences(texts))

    def select(self, selection: str) -> Int[np.ndarray, " rows"]:
        """Atlas indexes of the sentences that a selection describes, ascending.

        Conditions are joined by `and`, `or`, `not` and parentheses:

            run.select('region:"dog, park" and length:5..12')
            run.select('words:"red bus" or regex:"^two .* sit"')
            run.select('near:"a man rides a horse"~50 and not label:sports')

        Args:
            selection: As text; the map page writes the same into its address. Conditions are the
                keys of `explorer.explore.criteria.CRITERIA`.

        Raises:
            ExplorerError: If the text is malformed, or names a label or region that the map does
                not have.
        """
        return rows_of(self, read_selection(selection))

    def compare_selections(self, a: str, b: str) -> Comparison:
        """Two selections compared: overlap, words, decoded centres, distance and separation.

            compared = run.compare_selections("label:sports", "words:dog")
            run.decode(run.analogy(*compared.ends, "two men talk", [0, 1, 2]))

        `a` and `b` are selections as text; see `select`.

        Raises:
            ExplorerError: As `select`; also if one is empty, or both are the same sentences.
        """
        result = compare(self, self.select(a), self.select(b))
        return replace(result, decoded=tuple(self.decode(np.stack(result.centres))))

    def topics(self) -> "DataFrame":
        """The topics of a run of documents, the most coherent first, as a pandas table.

        Its columns are those of BERTopic's `get_topic_info`, and NPMI and share. Of a Gaussian z
        both ends of each dimension are listed.

        Raises:
            ExplorerError: If the run is one of sentences, or has no map.
        """
        return topics.topic_info(self)

    def matched_topics(self, other: "Run") -> "DataFrame":
        """Each topic beside the one of another run that is most like it, as a pandas table.

        Raises:
            ExplorerError: As `topics`, or if the two share no word of a topic.
        """
        return matched_topics.table(self, other)

    def octis(self) -> dict[str, Any]:
        """The topics as OCTIS takes a model's output; see `explorer.explore.topics.octis`.

        Raises:
            ExplorerError: As `topics`.
        """
        return topics.octis(self)

    def map(self, **options: Any) -> "LatentMap":
        """The map as a notebook widget, of which `pick` and `selection` can be read and set.

        Args:
            **options: As `explorer.notebook.latent_map.LatentMap` takes them.

        Raises:
            ExplorerError: If the run has no map, or anywidget is missing.
        """
        from explorer import latent_map

        return latent_map(self, **options)


def open_run(run: str | Path) -> Run:
    """Opens a run by name or path. Nothing in the folder is executed.

    Raises:
        ExplorerError: If there is no such run, or its recipe is damaged.
    """
    if not isinstance(run, str | os.PathLike):
        raise ExplorerError(f"a run must be a name or the path of a folder, not {run!r:.40}")
    return Run(folders.find(os.fspath(run)))
