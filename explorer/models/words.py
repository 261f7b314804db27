"""Documents as bags of words: an encoder of counts, and a decoder without order."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear, normalize

from explorer.errors import ExplorerError, at_least, one_of, within
from explorer.models import plsa
from explorer.models.decoder_base import Decoder
from explorer.models.encoder_base import Encoder
from explorer.models.unigram_mixture import counted
from explorer.text.tokens import SPECIALS

TOPICS = ("product", "mixture")
"""How a decoder combines topics: it adds their logits, or averages their probabilities."""
STARTS = ("random", "plsa")
"""The topics of a decoder before training."""


def word_counts(tokens: Int[Tensor, "batch time"], words: int) -> Float[Tensor, "batch words"]:
    """How often each word of a vocabulary of `words` occurs in each row; 0 for special tokens."""
    counts = torch.zeros(len(tokens), words, device=tokens.device)
    counts.scatter_add_(1, tokens, torch.ones_like(tokens, dtype=counts.dtype))
    counts[:, : len(SPECIALS)] = 0
    return counts


class WordsEncoder(Encoder):
    """A feed-forward network on log(1 + count) of each word, after Miao et al. (2016).

    Args:
        embedding: Its first layer: the sum of the words' vectors, weighted by log(1 + count).
        layers: Hidden layers, of the embedding's width.
        dropout: Fraction of the hidden units dropped in training.
        word_dropout: Fraction of the words of each document that it does not see in training.
        norm: Whether the counts of each document are scaled to the same length, so that long and
            short ones look alike.

    Source:
        Miao, Yu & Blunsom (2016), Neural Variational Inference for Text Processing,
        arXiv:1511.06038, section 3.
    """

    def __init__(
        self,
        embedding: nn.Embedding,
        layers: int = 1,
        dropout: float = 0.2,
        word_dropout: float = 0.0,
        norm: bool = False,
    ) -> None:
        super().__init__()
        at_least("model.encoder.layers", layers, 1)
        within("model.encoder.word_dropout", word_dropout, 0, 1)
        self.embedding = embedding
        width = embedding.embedding_dim
        self.feature_dim = width
        self.norm = norm
        self.bias = nn.Parameter(torch.zeros(width))
        self.hide = nn.Dropout(word_dropout)
        self.dropout = nn.Dropout(dropout)
        self.rest = nn.ModuleList(nn.Linear(width, width) for _ in range(layers - 1))

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """One vector per document; the order of its words means nothing."""
        weight = self.embedding.weight
        seen = word_counts(tokens, len(weight)).log1p().to(weight.dtype)
        if self.norm:
            seen = _LENGTH * normalize(seen)
        hidden = self.dropout((self.hide(seen) @ weight + self.bias).tanh())
        for layer in self.rest:
            hidden = self.dropout(layer(hidden).tanh())
        return hidden

    def read(
        self, embedded: Float[Tensor, "batch time embedding"]
    ) -> Float[Tensor, "batch features"]:
        """The features of sequences of embeddings: pseudo-documents, each word once."""
        hidden = (embedded.sum(1) + self.bias).tanh()
        for layer in self.rest:
            hidden = layer(hidden).tanh()
        return hidden


_LENGTH = 5.0
"""Of a normalised document: about that of one of average length."""


class WordsDecoder(Decoder):
    """p(w|z) = softmax(E z + b) for every word of a document, in any order.

    The multinomial coefficient is left out, as in all published perplexities of documents.

    Args:
        embedding: Its words; the weights are the encoder's alone.
        latent_dim: Of z, and the label of a conditional model.
        topics: `product` adds the logits of the topics: a product of experts (ProdLDA, and NVDM
            on a Gaussian z). `mixture` averages their probabilities, which needs a simplex (LDA).
        rank: Factorises E into vectors of this many numbers, of topics and of words (ETM); 0 for
            a free matrix.
        batch_norm: Whether logits are normalised over the batch in training, as in ProdLDA.
        dropout: Fraction of the entries of z dropped in training.
        start: The topics before training: `random`, or `plsa`, those that fit the training text
            best without an encoder. From random ones a mixture uses few of its topics, and
            those of a product grow alike.

    Source:
        Miao et al. (2016), arXiv:1511.06038; Srivastava & Sutton (2017), arXiv:1703.01488,
        section 4; Dieng, Ruiz & Blei (2020), arXiv:1907.04907, section 4.
    """

    scores_in_bf16 = False
    has_order = False
    unigram: Tensor

    def __init__(
        self,
        embedding: nn.Embedding,
        latent_dim: int,
        topics: str = "product",
        rank: int = 0,
        batch_norm: bool = False,
        dropout: float = 0.0,
        start: str = "random",
    ) -> None:
        one_of("model.decoder.topics", topics, TOPICS)
        one_of("model.decoder.start", start, STARTS)
        if topics == "mixture" and batch_norm:
            raise ExplorerError("model.decoder.batch_norm: probabilities are not normalised again")
        at_least("model.decoder.rank", rank, 0)
        super().__init__(embedding, latent_dim, 0.0, dropout)
        words = embedding.num_embeddings
        self.is_mixture = topics == "mixture"
        self.starts_from_plsa = start == "plsa"
        self.narrow = nn.Linear(latent_dim, rank, bias=False) if rank else nn.Identity()
        self.output = nn.Linear(rank or latent_dim, words)
        self.skip = None
        self.batch_norm = nn.BatchNorm1d(words, affine=False) if batch_norm else None
        self.register_buffer("unigram", torch.zeros(words))
        nn.init.zeros_(self.output.bias)

    @torch.no_grad()
    def fit(self, ids: Sequence[Sequence[int]]) -> None:
        """Takes the frequencies of the training text as the first bias, and to compare with.

        A decoder that starts from pLSA takes its topics too.
        """
        counts = torch.full_like(self.unigram, _UNSEEN)
        for row in ids:
            index = torch.tensor(row, dtype=torch.int64, device=counts.device)
            counts += torch.bincount(index, minlength=len(counts))
        counts[: len(SPECIALS)] = 0
        self.unigram.copy_((counts / counts.sum()).log().clamp(min=_NEVER))
        self.output.bias.copy_(self.unigram)
        if self.starts_from_plsa:
            self._take_topics(ids)

    def _take_topics(self, ids: Sequence[Sequence[int]]) -> None:
        """Sets the logits to those under which each topic alone is one of pLSA."""
        words, size = self.output.weight.shape
        number = self.narrow.in_features if isinstance(self.narrow, nn.Linear) else size
        seed = int(torch.randint(2**31, ()))
        topics = torch.from_numpy(plsa.topics(counted(ids, words), number, seed))
        logits = (topics.T.log() - self.unigram.cpu().unsqueeze(1)).float()
        logits[: len(SPECIALS)] = 0
        logits = logits.to(self.output.weight)
        if isinstance(self.narrow, nn.Linear):
            logits = logits @ torch.linalg.pinv(self.narrow.weight)
        self.output.weight.copy_(logits)

    def adopt(self, other: Decoder) -> None:
        """Takes the frequencies of the training text from another one."""
        assert isinstance(other, WordsDecoder)
        self.unigram.copy_(other.unigram)
        self.output.bias.data.copy_(other.unigram)

    def word_log_probs(self, z: Float[Tensor, "*batch latent"]) -> Float[Tensor, "*batch words"]:
        """Log p(w|z) of every word, nats; about −10,000 for special tokens.

        Args:
            z: Inputs of the decoder: of a simplex, its shares of topics.
        """
        z = self.dropout(z)
        if self.is_mixture:
            return (z @ self._topics().softmax(-1)).clamp(min=1e-20).log()
        energy = linear(self.narrow(z), self.output.weight)
        if self.batch_norm is not None:
            energy = self.batch_norm(energy.flatten(0, -2)).view(energy.shape)
        return self._masked(energy + self.output.bias).log_softmax(-1)

    def _topics(self) -> Float[Tensor, "latent words"]:
        """The logits of the words in each topic of a mixture."""
        weight = self.output.weight
        if isinstance(self.narrow, nn.Linear):
            weight = weight @ self.narrow.weight
        return self._masked(weight.T + self.output.bias)

    def _masked(self, logits: Float[Tensor, "*batch words"]) -> Float[Tensor, "*batch words"]:
        special = torch.arange(logits.shape[-1], device=logits.device) < len(SPECIALS)
        return logits.masked_fill(special, _NEVER)

    def ranked(self, z: Float[Tensor, "batch latent"], count: int) -> list[list[int]]:
        """The words that say most about each point, the first one most.

        They are ranked by p(w|z) log(p(w|z) / p(w)), the terms of the divergence of the point from
        the whole text: likely there, and likelier than elsewhere.
        """
        log_probs = self.word_log_probs(z)
        score = log_probs.exp() * (log_probs - self.unigram)
        best = score.topk(min(count, score.shape[1] - len(SPECIALS)), dim=1)
        rows = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [[word for word, value in zip(*row, strict=True) if value > 0] for row in rows]

    def token_log_prob(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch predicted"]:
        """Log-probability of each word given z; 0 for the end and padding."""
        return self.token_scores(z.unsqueeze(0), tokens)[0]

    def token_scores(
        self,
        z: Float[Tensor, "samples batch latent"],
        tokens: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "samples batch predicted"]:
        """`token_log_prob` of each document under each of its samples of z, in float32."""
        words = tokens[:, 1:].expand(len(z), -1, -1)
        scores = self.word_log_probs(z).gather(2, words)
        return scores.masked_fill(words < len(SPECIALS), 0.0)

    def log_prob(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, " batch"]:
        """Log-likelihood of each document given its z, nats per document."""
        return self.score_samples(z.unsqueeze(0), tokens)[0]

    def score_samples(
        self,
        z: Float[Tensor, "samples batch latent"],
        tokens: Int[Tensor, "batch time"],
        bf16: bool = False,
    ) -> Float[Tensor, "samples batch"]:
        """Log-likelihood of each document under each of its samples of z, nats per document."""
        log_probs = self.word_log_probs(z)
        counts = word_counts(tokens, log_probs.shape[-1]).to(log_probs.dtype)
        return (log_probs * counts).sum(-1)

    def logits(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch predicted words"]:
        """The log-probabilities of all words, the same at every position."""
        return self.word_log_probs(z).unsqueeze(1).expand(-1, tokens.shape[1] - 1, -1)


_UNSEEN = 0.5
"""Occurrences of a word that the training text lacks."""
_NEVER = -1e4
"""Nats; finite, since 0 · ∞ is not 0, and within half precision."""
