"""Whether a text is out of distribution: unlike the texts that a model was trained on."""

from typing import Final

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

COMPONENTS: Final = 32
# Of texts like those of the training, one in a hundred may be called out of distribution.
HELD_OUT_SHARE: Final = 0.99


class OutOfDistribution(nn.Module):
    """A Gaussian over one middle layer's embeddings of the training texts, and a limit to it.

    The density is that of probabilistic PCA (Tipping and Bishop, 1999): `COMPONENTS` directions with
    their own variance, one variance for the rest. A middle layer tells other languages and random
    letters from English, and still accepts English about an unseen topic; the last layer does not.
    Before `fit` no text is out of distribution.
    """

    layer: Tensor
    mean: Tensor
    directions: Tensor
    variances: Tensor
    noise: Tensor
    limit: Tensor

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.register_buffer("layer", torch.tensor(0))
        self.register_buffer("mean", torch.zeros(dimension))
        self.register_buffer("directions", torch.zeros(COMPONENTS, dimension))
        self.register_buffer("variances", torch.ones(COMPONENTS))
        self.register_buffer("noise", torch.tensor(1.0))
        self.register_buffer("limit", torch.tensor(torch.finfo(torch.float32).max))

    @property
    def fitted(self) -> bool:
        return bool(self.limit < torch.finfo(torch.float32).max)

    def fit(self, training: Tensor, held_out: Tensor, highest: int) -> None:
        """Learns the training texts' density and sets the limit by the held-out ones.

        Both are layer embeddings (text, layer, dim); `highest` is the highest layer that training
        leaves as it is. Where a density was fitted before, on a layer that stays, it is kept, and only the
        limit grows until it includes the held-out texts: a model that is trained further forgets nothing.
        """
        if not (self.fitted and int(self.layer) <= highest):
            self._fit_density(training, min(highest, (training.shape[1] - 1) // 2))
        limit = float(np.quantile(self.distance(held_out).numpy(), HELD_OUT_SHARE, method="higher"))
        self.limit.fill_(max(limit, float(self.limit)) if self.fitted else limit)

    def _fit_density(self, training: Tensor, layer: int) -> None:
        points = training[:, layer].double().numpy()
        kept = min(COMPONENTS, len(points) // 2)
        pca = PCA(kept, svd_solver="covariance_eigh").fit(points)
        self.layer.fill_(layer)
        self.mean.copy_(torch.from_numpy(pca.mean_))
        self.directions.zero_()[:kept] = torch.from_numpy(pca.components_)
        self.variances.fill_(1.0)[:kept] = torch.from_numpy(pca.explained_variance_)
        self.noise.fill_(max(float(pca.noise_variance_), 1e-8))
        self.limit.fill_(torch.finfo(torch.float32).max)

    def distance(self, layer_embeddings: Tensor) -> Tensor:
        """Squared Mahalanobis distance to the training texts, divided by the dimension, (text,)."""
        offset = layer_embeddings[:, int(self.layer)] - self.mean
        along = offset @ self.directions.T  # (text, component)
        rest = (offset.square().sum(1) - along.square().sum(1)).clamp(min=0)
        return ((along.square() / self.variances).sum(1) + rest / self.noise) / offset.shape[1]

    def excludes(self, layer_embeddings: Tensor) -> Tensor:
        """Whether each text, (text, layer, dim), is unlike those of the training, (text,)."""
        return self.distance(layer_embeddings) > self.limit
