"""A prior of codes, each given those before: p(c₁) p(c₂|c₁) … by a small GRU."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.distributions import Distribution

from explorer.errors import within
from explorer.models.codebook import Codebook
from explorer.models.distributions import UncheckedDistribution
from explorer.models.encoder_base import Encoder
from explorer.models.latent_base import Latent
from explorer.models.prior_base import MAX_COUNT, Prior


class CodeModel(nn.Module):
    """A GRU that reads codes and predicts the next; each code has embeddings of its own.

    The embeddings are also the output weights (Press & Wolf 2017, arXiv:1608.05859).

    Args:
        codes: Number of codes.
        num_categories: Values of each.
        embedding_dim: Size of an embedding.
        hidden_dim: State size.
    """

    def __init__(
        self, codes: int, num_categories: int, embedding_dim: int, hidden_dim: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Parameter(0.1 * torch.randn(codes, num_categories, embedding_dim))
        self.bias = nn.Parameter(torch.zeros(codes, num_categories))
        self.start = nn.Parameter(torch.zeros(embedding_dim))
        self.gru = nn.GRU(embedding_dim, hidden_dim, batch_first=True)
        self.narrow = nn.Linear(hidden_dim, embedding_dim)

    def log_prob(self, categories: Int[Tensor, "n codes"]) -> Float[Tensor, " n"]:
        """Nats of each sequence of codes."""
        codes = torch.arange(len(self.bias) - 1, device=categories.device)
        read = self.embedding[codes, categories[:, :-1]]
        first = self.start.expand(len(read), 1, -1)
        states = self.narrow(self.gru(torch.cat([first, read], 1))[0])
        # One row a code: each is predicted by its own embeddings.
        logits = states.transpose(0, 1) @ self.embedding.mT + self.bias.unsqueeze(1)
        log_probs = logits.log_softmax(-1).transpose(0, 1)
        return log_probs.gather(-1, categories.unsqueeze(-1)).sum((1, 2))

    @torch.no_grad()
    def sample(self, count: int) -> Int[Tensor, "count codes"]:
        """Draws sequences, from torch's global random state."""
        read, state, drawn = self.start.expand(count, 1, -1), None, []
        for embedding, bias in zip(self.embedding, self.bias, strict=True):
            output, state = self.gru(read, state)
            logits = self.narrow(output[:, 0]) @ embedding.T + bias
            # Drawn on the CPU, so that a seed gives the same codes on every device.
            code = torch.multinomial(logits.softmax(-1).cpu(), 1)[:, 0].to(logits.device)
            drawn.append(code)
            read = embedding[code].unsqueeze(1)
        return torch.stack(drawn, 1)


class AutoregressiveCodes(UncheckedDistribution):
    """The distribution of the points of a codebook whose codes follow a `CodeModel`."""

    def __init__(self, space: Codebook, model: CodeModel) -> None:
        self._space, self._model = space, model
        super().__init__(torch.Size(), torch.Size([space.latent_dim]), validate_args=False)

    def log_prob(self, value: Tensor) -> Tensor:
        """Nats of the nearest codes, of a mass."""
        categories = self._space.categories(value)
        nats = self._model.log_prob(categories.flatten(0, -2))
        return nats.reshape(categories.shape[:-1])

    def sample(self, sample_shape: Any = ()) -> Tensor:
        shape = torch.Size(sample_shape)
        drawn = self._space.of_categories(self._model.sample(shape.numel()))
        return drawn.reshape(*shape, -1)


class Autoregressive(Prior):
    """Codes one after the other, each given those before, by a GRU; fitted after training.

    Args:
        latent: With the codebooks.
        encoder: Not used.
        embedding_dim: Size of the embedding of a code.
        hidden_dim: State size of the GRU.

    Source:
        van den Oord et al. (2017), arXiv:1711.00937, section 3.3.
    """

    fitted = (Codebook,)
    title = "autoregressive model of the codes"

    def __init__(
        self,
        latent: Latent,
        encoder: Encoder | None,
        embedding_dim: int = 32,
        hidden_dim: int = 128,
    ) -> None:
        super().__init__(latent, encoder)
        assert isinstance(latent, Codebook)
        within("model.prior.embedding_dim", embedding_dim, 1, MAX_COUNT)
        within("model.prior.hidden_dim", hidden_dim, 1, MAX_COUNT)
        self._latent = (latent,)  # in a tuple: its weights are the model's, not a prior's
        codes, num_categories = latent.usage.shape
        self.codes = CodeModel(codes, num_categories, embedding_dim, hidden_dim)

    def forward(self) -> Distribution:
        """The distribution of the codes."""
        return AutoregressiveCodes(self._latent[0], self.codes)
