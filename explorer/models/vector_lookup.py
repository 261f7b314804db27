"""A frozen encoder: the vector that a corpus gives each sentence, found by its tokens."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from explorer.errors import ExplorerError
from explorer.models.encoder_base import Encoder
from explorer.text.tokens import BOS, EOS, PAD
from explorer.text.vector_column import LARGEST, SMALLEST

_POSITIONS = 256


class VectorLookup(Encoder):
    """The vectors of a corpus, by the tokens of their sentences; it has no weights.

    Sentences with the same tokens get the mean of their vectors. Without a table, in a run that is
    opened from its folder alone, or of a sentence of another corpus, there is no vector.

    Args:
        embedding: Not used.
        dim: Numbers of a vector.
        source: The sentence encoder that the vectors are from, if it is known: a name of
            `SENTENCE_ENCODERS`, or the folder of a model.
        norm: Mean length of the vectors, by which they are divided: what is stored in half
            precision is then neither too large nor too small for it.
    """

    reads_text = False

    def __init__(
        self, embedding: nn.Embedding, dim: int = 0, source: str = "", norm: float = 1.0
    ) -> None:
        super().__init__()
        if not SMALLEST <= dim <= LARGEST:
            raise ExplorerError(
                f"model.encoder.dim: a vector of {dim:,} dimensions; a latent space needs "
                f"{SMALLEST} to {LARGEST:,}"
            )
        if not 0 < norm < float("inf"):
            raise ExplorerError(f"model.encoder.norm: {norm} is not above 0")
        self.feature_dim = dim
        self.source = source
        self.norm = norm
        # Not persistent: the vectors are the corpus's, and a run holds those of its map.
        self.register_buffer("_keys", torch.empty(0, dtype=torch.int64), persistent=False)
        self.register_buffer("_vectors", torch.empty(0, dim), persistent=False)
        self.register_buffer("_factors", _factors(_POSITIONS), persistent=False)

    def fill(
        self, ids: Sequence[Sequence[int]], vectors: Float[np.ndarray, "n dim"], max_tokens: int
    ) -> None:
        """Sets the table.

        Args:
            ids: Sentences without start and end.
            vectors: Theirs.
            max_tokens: To which training cuts a sentence: its beginning has its vector too.
        """
        keys = [self._key_of(row) for row in ids]
        rows = list(range(len(keys)))
        for row, sentence in enumerate(ids):
            if len(sentence) > max_tokens:
                keys.append(self._key_of(sentence[:max_tokens]))
                rows.append(row)
        unique, group = np.unique(np.array(keys, np.int64), return_inverse=True)
        total = np.zeros((len(unique), self.feature_dim), np.float32)
        np.add.at(total, group, np.asarray(vectors, np.float32)[rows])
        total /= self.norm * np.bincount(group)[:, None].astype(np.float32)
        device = self._keys.device
        self._keys = torch.from_numpy(unique).to(device)
        self._vectors = torch.from_numpy(total).to(device)

    def vectors_of(self, ids: Sequence[Sequence[int]]) -> Float[Tensor, "n features"]:
        """The vectors of sentences of the table, without start and end."""
        keys = torch.tensor([self._key_of(row) for row in ids], device=self._keys.device)
        return self._vectors[torch.searchsorted(self._keys, keys)]

    def forward(self, tokens: Int[Tensor, "batch time"]) -> Float[Tensor, "batch features"]:
        """The vector of each sentence.

        Raises:
            ExplorerError: If one has none.
        """
        keys = self._hash(tokens)
        if not len(self._keys):
            raise no_vector()
        rows = torch.searchsorted(self._keys, keys).clamp(max=len(self._keys) - 1)
        # In training every sentence has one, and a GPU is not waited for.
        if not self.training and not bool((self._keys[rows] == keys).all()):
            raise no_vector()
        return self._vectors[rows]

    def adopt(self, other: Encoder) -> None:
        """Shares the table of another one."""
        assert isinstance(other, VectorLookup)
        self._keys, self._vectors = other._keys, other._vectors

    def _key_of(self, ids: Sequence[int]) -> int:
        factors = self._up_to(len(ids)).numpy()[: len(ids)]
        return int((factors * (np.asarray(ids, np.int64) + 1)).sum()) if len(ids) else 0

    def _hash(self, tokens: Int[Tensor, "batch time"]) -> Int[Tensor, " batch"]:
        """A number for each sentence, by its tokens without start, end and padding."""
        words = tokens[:, 1:]
        is_word = (words != PAD) & (words != EOS) & (words != BOS)
        factors = self._up_to(words.shape[1])[: words.shape[1]].to(tokens.device)
        # Sums of 64 bits wrap around; of a million sentences two share one in 30 million corpora.
        return ((words + 1) * factors).masked_fill(~is_word, 0).sum(1)

    def _up_to(self, length: int) -> Int[Tensor, " length"]:
        if length > len(self._factors):
            self._factors = _factors(2 * length).to(self._factors.device)
        return self._factors


def no_vector() -> ExplorerError:
    """A sentence without a vector, where its encoder is not at hand."""
    return ExplorerError(
        "the latent space of this run consists of the vectors of its corpus: a new sentence can "
        "be encoded only with the encoder that made them"
    )


def _factors(length: int) -> Int[Tensor, " length"]:
    """An odd number of 64 bits for each position, by the mixing function of SplitMix64."""
    with np.errstate(over="ignore"):
        mixed = np.arange(1, length + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = (mixed ^ (mixed >> np.uint64(31))) | np.uint64(1)
    return torch.from_numpy(mixed.view(np.int64))
