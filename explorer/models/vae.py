"""The model: encoder, latent space, prior and decoder; `elbo` has the terms of its loss."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.config import ModelConfig
from explorer.errors import ExplorerError, first_line, one_of
from explorer.models import label_conditioning
from explorer.models.auxiliary_base import Auxiliary
from explorer.models.auxiliary_losses import AUXILIARIES
from explorer.models.decoder_base import Decoder
from explorer.models.decoders import DECODERS
from explorer.models.encoder_base import Encoder
from explorer.models.encoders import ENCODERS
from explorer.models.latents import LATENTS, Latent
from explorer.models.priors import PRIORS, Prior, fitted_priors, joint_priors
from explorer.registry import choose
from explorer.text.tokens import PAD


class TextVAE(nn.Module):
    """A sentence VAE; an autoencoder and a language model are cases of it (see `LATENTS`)."""

    def __init__(self, config: ModelConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(vocabulary_size, config.embedding_dim, padding_idx=PAD)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.encoder: Encoder | None = None
        feature_dim = 1
        if _latent(config).has_encoder:
            self.encoder = choose(
                ENCODERS, config.encoder, "model.encoder", embedding=self.embedding
            )
            feature_dim = self.encoder.feature_dim
        self.latent: Latent = choose(
            LATENTS,
            config.latent,
            "model.latent",
            feature_dim=feature_dim,
            latent_dim=config.latent_dim,
        )
        self.prior: Prior = choose(
            PRIORS, config.prior, "model.prior", latent=self.latent, encoder=self.encoder
        )
        self.decoder: Decoder = self._new_decoder()
        self.auxiliary: Auxiliary = choose(
            AUXILIARIES,
            config.auxiliary,
            "model.auxiliary",
            embedding=self.embedding,
            latent_dim=self.latent_dim,
            num_labels=len(config.labels),
        )

    @property
    def latent_dim(self) -> int:
        """Size of z; 0 for a language model."""
        return self.config.latent_dim

    @property
    def num_rate_terms(self) -> int | None:
        """Terms of the rate, one per dimension or code; None if it is a single number."""
        return self.latent.num_rate_terms if self.prior.is_factorised else None

    @property
    def has_density(self) -> bool:
        """Whether p(z) models the encodings, so that z can be drawn from it.

        In an autoencoder only once a density was fitted to its encodings: the prior in its recipe
        is unused.
        """
        is_point = self.encoder is not None and not self.latent.has_rate
        return not is_point or self.config.prior["name"] in fitted_priors(
            self.config.latent["name"]
        )

    @property
    def device(self) -> torch.device:
        """The device of the weights."""
        return self.embedding.weight.device

    def _new_decoder(self) -> Decoder:
        return choose(
            DECODERS,
            self.config.decoder,
            "model.decoder",
            embedding=self.embedding,
            latent_dim=self.latent_dim + len(self.config.labels),
        )

    def reset_decoder(self) -> None:
        """Reinitialises the decoder, except the embedding it shares with the encoder."""
        decoder = self._new_decoder().to(self.device)
        decoder.adopt(self.decoder)
        self.decoder = decoder

    def encode(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """The encoder's features; a single 0 per row in a language model."""
        if self.encoder is None:
            return self.embedding.weight.new_zeros(len(tokens), 1)
        return self.encoder(tokens)

    def posterior(self, tokens: Int[Tensor, "batch time"]) -> Distribution:
        """q(z|x), batch shape (batch,), event shape (latent,)."""
        return self.latent.posterior(self.encode(tokens))

    def condition(
        self, z: Float[Tensor, "*batch latent"], labels: Sequence[int] = ()
    ) -> Float[Tensor, "*batch input"]:
        """The decoder's input: z as the space is read, and the label in a conditional model.

        Args:
            z: Latent points, sentences in the last but one dimension.
            labels: Indices into `config.labels`, one per sentence; without them every sentence
                gets the average of all labels.
        """
        z, num_labels = self.latent.read(z), len(self.config.labels)
        if not num_labels:
            return z
        code = label_conditioning.one_hot(labels or [label_conditioning.NO_LABEL], num_labels)
        return torch.cat([z, code.to(z).expand(*z.shape[:-1], num_labels)], -1)

    def condition_on_label(
        self, z: Float[Tensor, "*batch latent"], label: str = "", strength: float = 1.0
    ) -> Float[Tensor, "*batch input"]:
        """Like `condition`, with one label for all; see `label_conditioning.label_code`.

        Raises:
            ExplorerError: If the label is not one of the model's.
        """
        z, labels = self.latent.read(z), self.config.labels
        if not labels and not label:
            return z
        code = label_conditioning.label_code(labels, label, strength).to(z)
        return torch.cat([z, code.expand(*z.shape[:-1], -1)], -1)


def _latent(config: ModelConfig) -> type[Latent]:
    name = config.latent["name"]
    one_of("model.latent", name, sorted(LATENTS))
    return LATENTS[name]


def _check_topics(config: ModelConfig) -> None:
    """A decoder of topics reads shares of topics, and nothing beside them."""
    decoder = config.decoder
    of_topics = [
        key
        for key, value in (("topics", "mixture"), ("start", "plsa"))
        if decoder["name"] == "words" and decoder.get(key) == value
    ]
    for key in of_topics:
        where = f"model.decoder.{key}: {decoder[key]!r}"
        if config.latent["name"] != "simplex":
            raise ExplorerError(f'{where} needs model.latent = {{ name = "simplex" }}')
        if config.labels:
            raise ExplorerError(f"{where} cannot be conditioned on labels: set model.labels = []")


def build(config: ModelConfig, vocabulary_size: int, is_fitted: bool = False) -> TextVAE:
    """A new model; its weights come from torch's current random state.

    Args:
        config: Its parts.
        vocabulary_size: Words or subwords, special tokens included.
        is_fitted: Whether the prior is fitted after training.

    Raises:
        ExplorerError: For an unknown part, an invalid setting, or incompatible parts.
    """
    latent = _latent(config)
    if config.latent_dim == 0 and latent.has_encoder:
        raise ExplorerError(
            'model.latent_dim: 0 needs model.latent = { name = "none" } (a language model)'
        )
    space, prior = config.latent["name"], config.prior["name"]
    admitted = fitted_priors(space) if is_fitted else joint_priors(space)
    where = "training.fit_prior" if is_fitted else "model.prior"
    if prior not in PRIORS and admitted:
        one_of(where, prior, admitted)
    if prior in PRIORS and prior not in admitted:
        can_be_fitted = not is_fitted and prior in fitted_priors(space)
        hint = f'; training.fit_prior = {{ name = "{prior}" }} fits it after training'
        raise ExplorerError(
            f"{where}: the latent space {space!r} supports {' or '.join(admitted) or 'none'}, "
            f"not {prior!r}{hint if can_be_fitted else ''}"
        )
    if prior == "vamp" and not is_fitted and config.latent.get("batch_norm"):
        # The pseudo-inputs would distort the running statistics of the sentences.
        raise ExplorerError(
            "model.prior: vamp cannot be combined with batch_norm, which would normalise its "
            "pseudo-inputs; drop one, or fit vamp after training (training.fit_prior)"
        )
    _check_topics(config)
    try:
        return TextVAE(config, vocabulary_size)
    except (RuntimeError, TypeError) as error:  # of torch, for sizes beyond any memory
        reason = first_line(error)
        raise ExplorerError(f"model: cannot build a model of these sizes: {reason}") from None
