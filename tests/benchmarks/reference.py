"""The same model as research code has it: what `tests.benchmarks.speed` measures against.

Plain and unhurried in the manner of the field's public implementations (He et al. 2019, Li et
al. 2019, Shen et al. 2020): batches of exactly one length, `nn.LSTM` over words with z repeated,
all logits at once and `cross_entropy`, a step of decoding at a time with `.item()` to look at
each row, `multinomial` to sample, a beam a sentence, importance samples in chunks of a sentence,
and Adam as it comes. Weights are copied from a `TextVAE`, so that numbers can be compared:
`tests/benchmarks/test_reference.py` does.
"""

import math
import random
from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from explorer.models.vae import TextVAE
from explorer.text.tokens import BOS, EOS, PAD, UNK

Ids = Sequence[Sequence[int]]


def exact_batches(ids: Ids, size: int, seed: int | None = None) -> list[Tensor]:
    """Batches of sentences of one length as `BOS ids… EOS`, made once before training."""
    by_length: dict[int, list[Sequence[int]]] = {}
    for sentence in ids:
        by_length.setdefault(len(sentence), []).append(sentence)
    batches = [
        torch.tensor([[BOS, *sentence, EOS] for sentence in rows[start : start + size]])
        for _, rows in sorted(by_length.items())
        for start in range(0, len(rows), size)
    ]
    if seed is not None:
        random.Random(seed).shuffle(batches)
    return batches


class Reference(nn.Module):
    """A Gaussian LSTM sentence VAE with the weights of `model`.

    Args:
        model: With the Gaussian latent space, N(0, I), and the LSTM encoder and decoder.
    """

    def __init__(self, model: TextVAE) -> None:
        super().__init__()
        assert model.encoder is not None
        words, width = model.embedding.weight.shape
        latent = model.latent_dim
        encoder, decoder = model.encoder.lstm, model.decoder.lstm
        self.embed = nn.Embedding(words, width)
        self.encoder = nn.LSTM(width, encoder.hidden_size, batch_first=True)
        self.mean = nn.Linear(encoder.hidden_size, latent)
        self.log_variance = nn.Linear(encoder.hidden_size, latent)
        self.decoder = nn.LSTM(width + latent, decoder.hidden_size, batch_first=True)
        self.start = nn.Linear(latent, decoder.hidden_size)
        self.skip = nn.Linear(latent, width, bias=False)
        self.narrow: nn.Module = nn.Identity()
        if decoder.hidden_size != width:
            self.narrow = nn.Linear(decoder.hidden_size, width)
        self.output = nn.Linear(width, words)
        self.output.weight = self.embed.weight
        self.dropout_in = nn.Dropout(model.decoder.dropout.p)
        self.dropout_out = nn.Dropout(model.decoder.dropout.p)
        ours = (
            *(model.embedding, encoder, model.latent.mean, model.latent.log_variance, decoder),
            *(model.decoder.start, model.decoder.skip, model.decoder.narrow, model.decoder.output),
        )
        own = (
            *(self.embed, self.encoder, self.mean, self.log_variance, self.decoder),
            *(self.start, self.skip, self.narrow, self.output),
        )
        for module, source in zip(own, ours, strict=True):
            module.load_state_dict(source.state_dict())
        self.train(model.training)

    def encode(
        self, tokens: Int[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        """Mean and log-variance of q(z | x)."""
        states, _ = self.encoder(self.embed(tokens[:, 1:]))
        pooled = states.max(1)[0]
        return self.mean(pooled), self.log_variance(pooled)

    def logits(
        self, z: Float[Tensor, "batch latent"], inputs: Int[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time words"]:
        """Scores of every word at every place."""
        embedded = self.dropout_in(self.embed(inputs))
        repeated = z.unsqueeze(1).expand(-1, inputs.shape[1], -1)
        cell = self.start(z).unsqueeze(0)
        states, _ = self.decoder(torch.cat((embedded, repeated), -1), (torch.tanh(cell), cell))
        states = self.narrow(states) + self.skip(z).unsqueeze(1)
        return self.output(self.dropout_out(states))

    def distortion(
        self, z: Float[Tensor, "batch latent"], tokens: Int[Tensor, "batch time"]
    ) -> Float[Tensor, " batch"]:
        """-log p(x | z), nats a sentence."""
        logits, targets = self.logits(z, tokens[:, :-1]), tokens[:, 1:]
        nats = functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), reduction="none"
        )
        return nats.view(targets.shape).sum(1)

    def loss(
        self, tokens: Int[Tensor, "batch time"], noise: Tensor | None = None
    ) -> tuple[Float[Tensor, " batch"], Float[Tensor, " batch"]]:
        """Distortion and rate, nats a sentence, from one sample of the posterior."""
        mean, log_variance = self.encode(tokens)
        noise = torch.randn_like(mean) if noise is None else noise
        z = mean + torch.exp(0.5 * log_variance) * noise
        rate = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1)
        return self.distortion(z, tokens), rate

    def _step(
        self, words: Int[Tensor, "batch 1"], z: Float[Tensor, "batch latent"], hidden: tuple
    ) -> tuple[Float[Tensor, "batch words"], tuple]:
        embedded = torch.cat((self.embed(words), z.unsqueeze(1)), -1)
        states, hidden = self.decoder(embedded, hidden)
        logits = self.output(self.narrow(states) + self.skip(z).unsqueeze(1)).squeeze(1)
        logits[:, [PAD, BOS, UNK]] = -math.inf
        return logits, hidden

    def _begin(self, z: Float[Tensor, "batch latent"]) -> tuple[Tensor, Tensor]:
        cell = self.start(z).unsqueeze(0)
        return torch.tanh(cell), cell

    @torch.no_grad()
    def decode(
        self, z: Float[Tensor, "batch latent"], most: int, sample: bool = False
    ) -> list[list[int]]:
        """Greedy words, or words drawn at temperature 1, up to the end or `most` words."""
        batch = len(z)
        hidden = self._begin(z)
        words = torch.full((batch, 1), BOS)
        mask = torch.ones(batch, dtype=torch.bool)
        decoded: list[list[int]] = [[] for _ in range(batch)]
        length = 0
        while mask.sum().item() != 0 and length < most:
            logits, hidden = self._step(words, z, hidden)
            if sample:
                words = torch.multinomial(torch.softmax(logits, -1), 1)
            else:
                words = torch.argmax(logits, 1, keepdim=True)
            mask = mask & (words.squeeze(1) != EOS)
            for row in range(batch):
                if mask[row].item():
                    decoded[row].append(int(words[row].item()))
            length += 1
        return decoded

    @torch.no_grad()
    def beam(self, z: Float[Tensor, "batch latent"], width: int, most: int) -> list[list[int]]:
        """The likeliest sentence by mean log-probability a token, one sentence at a time."""
        return [self._beam_one(point.unsqueeze(0), width, most) for point in z]

    def _beam_one(self, z: Float[Tensor, "1 latent"], width: int, most: int) -> list[int]:
        live: list[tuple[float, list[int], tuple]] = [(0.0, [BOS], self._begin(z))]
        best: tuple[float, list[int]] = (-math.inf, [])
        for length in range(1, most + 1):
            words = torch.tensor([[sentence[-1]] for _, sentence, _ in live])
            hidden = tuple(torch.cat([state[part] for _, _, state in live], 1) for part in (0, 1))
            logits, hidden = self._step(words, z.expand(len(live), -1), hidden)
            step = torch.log_softmax(logits, -1)
            totals = step + torch.tensor([score for score, _, _ in live]).unsqueeze(1)
            for row, (_, sentence, _) in enumerate(live):
                mean = totals[row, EOS].item() / length
                if mean > best[0]:
                    best = (mean, sentence[1:])
            totals[:, EOS] = -math.inf
            scores, index = totals.flatten().topk(width)
            following = []
            for score, place in zip(scores, index, strict=True):
                row, word = divmod(int(place.item()), totals.shape[1])
                state = tuple(part[:, row : row + 1] for part in hidden)
                following.append((score.item(), [*live[row][1], word], state))
            live = following
            if best[0] >= live[0][0] / length:
                return best[1]
        score, sentence, _ = live[0]
        return sentence[1:] if score / most > best[0] else best[1]

    @torch.no_grad()
    def importance_nll(
        self, sentence: Sequence[int], noise: Float[Tensor, "samples latent"], chunk: int = 100
    ) -> float:
        """-log p(x) of one sentence from its samples, nats; the encoder runs for every chunk."""
        tokens = torch.tensor([[BOS, *sentence, EOS]])
        weights = []
        for part in noise.split(chunk):
            mean, log_variance = self.encode(tokens)
            z = mean + torch.exp(0.5 * log_variance) * part
            prior = -0.5 * (z**2 + math.log(2 * math.pi)).sum(1)
            gap = (z - mean) ** 2 / log_variance.exp()
            posterior = -0.5 * (gap + log_variance + math.log(2 * math.pi)).sum(1)
            likelihood = -self.distortion(z, tokens.expand(len(z), -1))
            weights.append(likelihood + prior - posterior)
        return math.log(len(noise)) - torch.logsumexp(torch.cat(weights), 0).item()


def train_steps(
    model: Reference, batches: Sequence[Tensor], learning_rate: float, clip: float
) -> Iterator[int]:
    """Adam steps over `batches` for ever; gives the predicted tokens of each."""
    optimiser = torch.optim.Adam(model.parameters(), learning_rate)
    while True:
        for tokens in batches:
            optimiser.zero_grad()
            distortion, rate = model.loss(tokens)
            loss = (distortion + rate).mean(dim=-1)
            loss.item()  # what a progress line shows
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            yield tokens[:, 1:].numel()
