"""What several figures of one evaluation share, each computed once and when first asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from explorer.evaluation import baselines, interpolations, likelihood, retrieval, spelling
from explorer.evaluation.applicability import NotApplicable, Reason
from explorer.evaluation.interpolations import Smoothness
from explorer.evaluation.latent_use import DRAWS, Interval, mean_information
from explorer.evaluation.likelihood import ImportanceEstimates
from explorer.evaluation.retrieval import QueryScores, Retrieval
from explorer.evaluation.reverse_perplexity import learned
from explorer.models import batch_inference, elbo
from explorer.models.decoding_settings import MAX_TOKENS, Decoding
from explorer.models.decoding_strategies import generate
from explorer.models.label_conditioning import NO_LABEL
from explorer.models.priors import Prior
from explorer.models.random_streams import generator, sample
from explorer.models.vae import TextVAE
from explorer.system import distributed
from explorer.text.vocabulary import Vocabulary

Progress = Callable[[str, int, int], object]
"""Called with a metric's name, how much of it is done, and how much there is (sentences)."""

EncodeTokens = Callable[[Sequence[Sequence[str]]], Tensor]
"""The vectors (n, dim) of sentences as tokens."""

_LEAST_TOKENS = 60
"""Ids of the longest sentence a model may say, unless a held-out one is longer; `MAX_TOKENS` at
most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldOut:
    """The sentences a model is judged on, and the text it was trained on."""

    tokens: Sequence[Sequence[str]]
    """Normalised tokens, unknown words as they are."""
    ids: Sequence[Sequence[int]]
    """The same as the model's ids, without start and end, never cut."""
    groups: Sequence[int] | None = None
    """Which sentences are about the same thing (captions of one image)."""
    labels: Sequence[str] | None = None
    """The corpus' label of each sentence; empty where it has none."""
    training: Sequence[Sequence[str]] = ()
    """Normalised tokens of the training split."""
    training_labels: Sequence[str] | None = None
    encoded: tuple[np.ndarray, np.ndarray] | None = None
    """Vectors of these and of the training sentences from a pre-trained encoder, if at hand."""

    def select(self, rows: Sequence[int]) -> "HeldOut":
        """Some of the sentences."""
        return HeldOut(
            tokens=[self.tokens[row] for row in rows],
            ids=[self.ids[row] for row in rows],
            groups=None if self.groups is None else [self.groups[row] for row in rows],
            labels=None if self.labels is None else [self.labels[row] for row in rows],
            training=self.training,
            training_labels=self.training_labels,
        )


@dataclass(frozen=True, kw_only=True)
class EvaluationContext:
    """One model on one set of sentences. Rows are in the order of the data everywhere."""

    model: TextVAE
    vocabulary: Vocabulary
    held_out: HeldOut
    samples: int
    """Of the importance estimate."""
    drawn: int
    """Sentences drawn from the model."""
    seed: int
    part: str = ""
    """What the sentences are if not the whole split; the reason some figures are absent."""
    language_model: TextVAE | None = None
    reverse: int = 0
    """Sentences drawn for a language model to learn from; 0 has none learn."""
    refine: int = 0
    """Sentences whose posteriors are refined."""
    trained_under: Prior | None = None
    """The prior of the training, where another was fitted afterwards."""
    encode_tokens: EncodeTokens | None = None
    """Of a latent space of vectors: the encoder they were made with, if it is at hand."""
    advance: Callable[[int], object] = lambda count: None

    @property
    def n(self) -> int:
        return len(self.held_out.ids)

    @property
    def is_language_model(self) -> bool:
        """Whether there is no latent space."""
        return self.model.encoder is None

    def need_latent(self) -> None:
        """Stops a figure of latent spaces for a model that has none."""
        if self.is_language_model:
            raise NotApplicable(Reason.NO_LATENT_SPACE, "a language model has no latent space")

    def need_rate(self) -> None:
        """Stops a figure of posteriors and priors for a model that has none."""
        self.need_latent()
        if not self.model.latent.has_rate:
            raise NotApplicable(
                Reason.NO_RATE, "an autoencoder has no rate: its posterior is a point"
            )

    def need_two(self) -> None:
        """Stops a figure that compares sentences where there is only one."""
        if self.n < 2:
            raise NotApplicable(Reason.TOO_FEW_SENTENCES, "one sentence is not enough")

    def need_density(self) -> None:
        """Stops a figure of samples for a model that has nothing to draw z from."""
        if not self.model.has_density:
            raise NotApplicable(
                Reason.NO_DENSITY,
                "an autoencoder has no prior to sample from; `explorer prior RUN --fit mixture` "
                "fits a density",
            )

    def need_order(self) -> None:
        """Stops a figure of decoded sentences for a model of bags of words."""
        if not self.model.decoder.has_order:
            raise NotApplicable(Reason.NO_ORDER, "bags of words have no word order to compare")

    def need_encoder(self) -> None:
        """Rejects a metric that encodes sentences outside the corpus, if the model cannot."""
        encoder = self.model.encoder
        if encoder is not None and not encoder.reads_text:
            raise NotApplicable(
                Reason.NO_ENCODER,
                "the latent space consists of given vectors: other sentences have none",
            )

    @cached_property
    def posterior(self) -> Distribution:
        """q(z|x) of all sentences, batch shape (n,)."""
        return batch_inference.posterior(self.model, self.held_out.ids)

    @cached_property
    def z(self) -> Float[Tensor, "n latent"]:
        """One sample of each posterior."""
        return sample(self.posterior, 1, generator(self.seed, "posterior"))[0]

    @cached_property
    def z_draws(self) -> Float[Tensor, "draws n latent"]:
        """`DRAWS` samples of each posterior; the first is `z`."""
        more = sample(self.posterior, DRAWS - 1, generator(self.seed, "more draws"))
        return torch.cat([self.z.unsqueeze(0), more])

    @cached_property
    def rate_draws(self) -> Float[Tensor, "draws n parts"]:
        """Nats per dimension or code, or in one term if the rate is no sum; one draw if exact."""
        draws = self.z_draws[:1] if self.model.prior.is_factorised else self.z_draws
        rates = [elbo.rate(self.model, self.posterior, z).cpu().double() for z in draws]
        return torch.stack(rates)

    @property
    def rates(self) -> Float[Tensor, "n parts"]:
        """`rate_draws`, averaged over the draws."""
        return self.rate_draws.mean(0)

    @cached_property
    def distortions(self) -> Float[Tensor, " n"]:
        """Nats per sentence at `z`."""
        return self.distortions_at(self.z)

    @property
    def elbos(self) -> Float[Tensor, " n"]:
        """-ELBO of each sentence, nats: the distortion at `z`, and the rate."""
        return self.distortions + self.rates.sum(1).to(self.distortions)

    def distortions_at(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, " n"]:
        """Nats per sentence at other latents."""
        ids = self.held_out.ids
        return batch_inference.distortions(
            self.model, z, ids, progress=self.advance, labels=self.codes
        )

    @cached_property
    def codes(self) -> list[int]:
        """The labels that a conditional model is conditioned on; none for any other."""
        kinds, labels = self.model.config.labels, self.held_out.labels
        if not kinds or labels is None:
            return []
        index = {kind: number for number, kind in enumerate(kinds)}
        return [index.get(label, NO_LABEL) for label in labels]

    @cached_property
    def information(self) -> Interval:
        """Mutual information of x and z, over all draws."""
        return mean_information(self.posterior, self.z_draws)

    @cached_property
    def importance(self) -> ImportanceEstimates:
        """Nats per sentence with `samples` samples, and their effective number."""
        return likelihood.importance_estimates(
            self.model,
            self.held_out.ids,
            self.samples,
            self.seed,
            progress=self.advance,
            labels=self.codes,
        )

    @property
    def importance_nlls(self) -> Float[Tensor, " n"]:
        """Nats per sentence; exact for a language model."""
        return self.distortions if self.is_language_model else self.importance.nll

    def decode(
        self,
        z: Float[Tensor, "m latent"],
        strategy: str = "greedy",
        labels: Sequence[int] = (),
    ) -> list[list[str]]:
        """Tokens of one sentence for each point, without `<unk>`.

        Args:
            z: The points; each stands for the nearest one of the latent space.
            strategy: Of decoding.
            labels: One a point, for a conditional model; none is the average label.
        """
        return self.decode_inputs(
            self.model.condition(self.model.latent.project(z), labels), strategy
        )

    def decode_inputs(
        self,
        inputs: Float[Tensor, "m input"],
        strategy: str = "greedy",
        allow_unknown: bool = False,
    ) -> list[list[str]]:
        """Like `decode`, from inputs of the decoder; `<unk>` only if it is allowed."""
        self.need_order()
        longest = min(MAX_TOKENS, max([_LEAST_TOKENS, *map(len, self.held_out.ids)]))
        own: dict[int, list[list[str]]] = {}
        for number, part in distributed.rank_slice(enumerate(inputs.split(batch_inference.BATCH))):
            seed = self.seed * 1_000_003 + number
            decoding = Decoding(
                strategy=strategy, max_tokens=longest, seed=seed, allow_unknown=allow_unknown
            )
            rows = generate(self.model.decoder, part, decoding)
            own[number] = [self.vocabulary.decode(row) for row in rows]
            self.advance(len(part) * distributed.count())
        decoded = {
            number: part for rank in distributed.all_gather(own) for number, part in rank.items()
        }
        return [sentence for number in sorted(decoded) for sentence in decoded[number]]

    @cached_property
    def reconstructions(self) -> list[list[str]]:
        """Greedy decodes of the posterior means."""
        # Like lengths together, since a batch is decoded until its longest sentence ends.
        order = [row for rows in batch_inference.batches(self.held_out.ids) for row in rows]
        labels = [self.codes[row] for row in order] if self.codes else []
        decoded = self.decode(self.posterior.mean[order], labels=labels)
        result: list[list[str]] = [[] for _ in order]
        for row, tokens in zip(order, decoded, strict=True):
            result[row] = tokens
        return result

    @cached_property
    def paths(self) -> dict[str, list[list[list[str]]]]:
        """Greedy decodes of linear and of spherical paths, sentence by sentence."""
        ends = interpolations.pairs(self.n, interpolations.PAIRS, self.seed)
        mean = self.posterior.mean.cpu().numpy()
        result = {}
        for name in ("linear", "spherical"):
            z = torch.from_numpy(interpolations.latents(mean, ends, name))
            decoded = self.decode(z.to(self.model.device))
            starts = range(0, len(decoded), interpolations.POINTS)
            result[name] = [decoded[start : start + interpolations.POINTS] for start in starts]
        return result

    @cached_property
    def smoothness(self) -> dict[str, Smoothness]:
        """How those paths read."""
        return {name: interpolations.smoothness(paths) for name, paths in self.paths.items()}

    @cached_property
    def retrieval_by_means(self) -> QueryScores:
        """Caption retrieval by posterior means."""
        return retrieval.score_queries(self._means, self._groups)

    @cached_property
    def sampled_retrieval(self) -> tuple[QueryScores, Retrieval]:
        """The same with samples of the posterior as queries: scores and their sd over draws."""
        return retrieval.sampled(self._means, self._groups, self.z_draws.cpu().numpy())

    @cached_property
    def retrieval_baselines(self) -> dict[str, Retrieval]:
        """Caption retrieval by what needs no model."""
        groups, tokens = self._groups, self.held_out.tokens
        scores: dict[str, Retrieval] = {
            "random": retrieval.chance(groups),
            "length": retrieval.by_length(tokens, groups, self.seed),
        }
        scores |= retrieval.by_words(tokens, groups, self.seed)
        if training := [row for row in self.held_out.training if row]:
            scores |= baselines.by_fitted_words(tokens, groups, training, self.seed)
        if self.held_out.encoded is not None:
            vectors, fitted_on = self.held_out.encoded
            scores["minilm_32"] = baselines.by_encoder(vectors, groups, fitted_on)
        return scores

    @cached_property
    def copies(self) -> list[list[str]] | None:
        """The nearest training sentence of each; None for part of a split, or without any."""
        training = [row for row in self.held_out.training if row]
        if self.part or not training:
            return None
        return baselines.copies(self.held_out.tokens, training)

    @cached_property
    def unknown_words(self) -> list[list[str]]:
        """The words of each sentence that the model reads as `<unk>`."""
        return spelling.unknown_words(self.vocabulary, self.held_out.tokens)

    @property
    def _means(self) -> np.ndarray:
        return self.posterior.mean.cpu().numpy()

    @property
    def _groups(self) -> Sequence[int]:
        assert self.held_out.groups is not None
        return self.held_out.groups

    @cached_property
    def prior_z(self) -> Float[Tensor, "drawn latent"]:
        """`drawn` samples of the prior (of nothing, for a language model)."""
        return sample(self.model.prior(), self.drawn, generator(self.seed, "prior"))

    def training_samples(self, count: int) -> list[list[str]]:
        """As many sentences like `sampled`, with `<unk>` for unknown words, as in real text."""
        z = sample(self.model.prior(), count, generator(self.seed, "reverse"))
        inputs = self.model.condition(self.model.latent.project(z), self._sampled_labels(count))
        return self.decode_inputs(inputs, "sample", self.vocabulary.has_unknown)

    def learned(self, ids: Sequence[Sequence[int]]) -> TextVAE:
        """A language model of some sentences, to judge real ones by."""
        half, before = self.n // 2, 0

        def report(share: float) -> None:  # two models are trained within one metric
            nonlocal before
            self.advance(int(share * half) - before)
            before = int(share * half)

        return learned(ids, len(self.vocabulary), self.seed, self.model.device, report)

    def judged(self, judge: TextVAE, sentences: Sequence[Sequence[str]]) -> float:
        """The perplexity that a language model gives to sentences."""
        ids = [self.vocabulary.encode(tokens) for tokens in sentences]
        nothing = torch.zeros(len(ids), 0, device=judge.device)
        nats = batch_inference.distortions(judge, nothing, ids).sum().item()
        return likelihood.perplexity(nats, likelihood.predicted(sentences))

    @cached_property
    def sampled(self) -> list[list[str]]:
        """Sentences sampled from the model: z from the prior, words at temperature 1."""
        self.need_density()
        return self.decode(self.prior_z, "sample", self._sampled_labels(self.drawn))

    def _sampled_labels(self, count: int) -> list[int]:
        """Labels of samples, as frequent as in the held-out sentences, in a random order."""
        if not self.codes:
            return []
        order = self.order("told")
        return [self.codes[order[number % self.n]] for number in range(count)]

    @cached_property
    def real(self) -> list[list[str]]:
        """As many held-out sentences, the reference of the metrics of `sampled`.

        The model generates no `<unk>`, so these have none, unless every sentence has one. Fewer
        if there are too few.
        """
        order = self.order("real")
        known = [row for row in order if not self.unknown_words[row]]
        rows = sorted((known or order)[: self.drawn])
        return [list(self.held_out.tokens[row]) for row in rows]

    def order(self, purpose: str) -> list[int]:
        """The rows in a random order of the seed, one for each purpose.

        Every k-th row would not do: what alternates in a file would all be of one kind.
        """
        return torch.randperm(self.n, generator=generator(self.seed, purpose)).tolist()
