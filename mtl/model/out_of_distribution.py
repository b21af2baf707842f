"""Whether a text is out of distribution: unlike the texts that a model was trained on."""

from typing import Final

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from mtl.model.languages import LanguageDirections

COMPONENTS: Final = 32
# Of texts like those of the training, one in a hundred may be called out of distribution.
HELD_OUT_SHARE: Final = 0.99
# Texts of which a larger share does not look like English are not taken for English ones.
NOT_ENGLISH_SHARE: Final = 0.1
_NO_LIMIT: Final = torch.finfo(torch.float32).max


class OutOfDistribution(nn.Module):
    """Of English training texts: what does not look like English; of others: what lies far from them.

    English is told from other languages and from noise by a direction in one middle layer, whatever the
    topic, the length or the tone. Where the encoder has no such direction, or the training texts are not
    English, a Gaussian over the same layer's embeddings of the training texts decides, with a limit to it.
    The density is that of probabilistic PCA (Tipping and Bishop, 1999): `COMPONENTS` directions with
    their own variance, one variance for the rest. A middle layer still accepts texts about an unseen topic;
    the last layer does not. Before `fit` no text is out of distribution.
    """

    layer: Tensor
    mean: Tensor
    directions: Tensor
    variances: Tensor
    noise: Tensor
    limit: Tensor
    language_weights: Tensor
    language_offset: Tensor
    language_limit: Tensor

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.register_buffer("layer", torch.tensor(0))
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("directions", torch.zeros(COMPONENTS, dimension))
        self.register_buffer("variances", torch.ones(COMPONENTS))
        self.register_buffer("noise", torch.tensor(1.0))
        self.register_buffer("limit", torch.tensor(_NO_LIMIT))
        self.register_buffer("language_weights", torch.zeros(dimension))
        self.register_buffer("language_offset", torch.tensor(0.0))
        self.register_buffer("language_limit", torch.tensor(_NO_LIMIT))

    @property
    def fitted(self) -> bool:
        return bool(self.limit < _NO_LIMIT)

    @property
    def expects_english(self) -> bool:
        """Whether the training texts are English, so that only their language counts."""
        return bool(self.language_limit < _NO_LIMIT)

    def fit(
        self,
        training: Tensor,
        held_out: Tensor,
        highest: int,
        languages: LanguageDirections | None = None,
    ) -> None:
        """Learns the training texts' density and sets the limits by the held-out ones.

        Both are layer embeddings (text, layer, dim); `highest` is the highest layer that training
        leaves as it is. Where a density was fitted before, on a layer that stays, it is kept, and only the
        limits grow until they include the new texts: a model that is trained further forgets nothing.
        """
        kept = self.fitted and int(self.layer) <= highest
        if not kept:
            self._fit_density(training, min(highest, (training.shape[1] - 1) // 2))
            self.language_limit.fill_(_NO_LIMIT)
            if languages is not None:
                self.language_weights.copy_(languages.weights[int(self.layer)])
                self.language_offset.copy_(languages.biases[int(self.layer)])
        limit = float(np.quantile(self.distance(held_out).numpy(), HELD_OUT_SHARE, method="higher"))
        self.limit.fill_(max(limit, float(self.limit)) if self.fitted else limit)
        if self.expects_english or (languages is not None and not kept):
            # No text has shaped the direction: the training ones are as good as the held-out ones.
            self._limit_language(torch.cat([training, held_out]))

    def _limit_language(self, layer_embeddings: Tensor) -> None:
        scores = self.language_score(layer_embeddings)
        if (scores > 0).float().mean() > NOT_ENGLISH_SHARE:
            self.language_limit.fill_(_NO_LIMIT)
            return
        limit = max(0.0, float(np.quantile(scores.numpy(), HELD_OUT_SHARE, method="lower")))
        self.language_limit.fill_(max(limit, float(self.language_limit)) if self.expects_english else limit)

    def _fit_density(self, training: Tensor, layer: int) -> None:
        points = training[:, layer].double().numpy()
        kept = min(COMPONENTS, len(points) // 2)
        pca = PCA(kept, svd_solver="covariance_eigh").fit(points)
        self.layer.fill_(layer)
        self.mean.copy_(torch.from_numpy(pca.mean_))
        self.directions.zero_()[:kept] = torch.from_numpy(pca.components_)
        self.variances.fill_(1.0)[:kept] = torch.from_numpy(pca.explained_variance_)
        self.noise.fill_(max(float(pca.noise_variance_), 1e-8))
        self.limit.fill_(_NO_LIMIT)

    def distance(self, layer_embeddings: Tensor) -> Tensor:
        """Squared Mahalanobis distance to the training texts, divided by the dimension, (text,)."""
        offset = layer_embeddings[:, int(self.layer)] - self.mean
        along = offset @ self.directions.T  # (text, component)
        rest = (offset.square().sum(1) - along.square().sum(1)).clamp(min=0)
        return ((along.square() / self.variances).sum(1) + rest / self.noise) / offset.shape[1]

    def language_score(self, layer_embeddings: Tensor) -> Tensor:
        """How little each text, (text, layer, dim), looks like English, (text,); below zero it does."""
        return layer_embeddings[:, int(self.layer)] @ self.language_weights + self.language_offset

    def excludes(self, layer_embeddings: Tensor) -> Tensor:
        """Whether each text, (text, layer, dim), is out of distribution, (text,)."""
        if self.expects_english:
            return self.language_score(layer_embeddings) > self.language_limit
        return self.distance(layer_embeddings) > self.limit
