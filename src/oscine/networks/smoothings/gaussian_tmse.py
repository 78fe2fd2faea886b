"""TMSE weighted by how alike neighbouring frames sound (Gaussian-similarity TMSE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from oscine.core.errors import InputError
from oscine.core.params import Field
from oscine.networks.smoothing import Smoothing, mean_of_pairs

if TYPE_CHECKING:
    from torch import Tensor


class GaussianTmse(Smoothing):
    """Mean squared step of the log-probabilities, truncated, that counts the more the more alike the frames sound [1]_.

    With ℓ the logarithm of the probabilities, ``Δ(c, t) = ℓ(c, t) − ℓ(c, t−1)``, gradients through both; with x the
    standardised spectrogram and d the distance of its columns x(t) and x(t−1), ``s(t) = exp(−d(t) / (2 σ²))``. The term
    is the mean over outputs and frames of ``s min(Δ², truncation²)``: scores may change where the sound does.

    As vak does it, d is not squared, though a Gaussian has it so. And d is the root of a *sum* over bins there, so that
    the same σ means something else for every spectrogram: with 257 bins and σ = 1, s is 1e-5 wherever there is sound.
    With `scaled` it is the root of the mean over bins, which is to scale σ² with the root of their number.

    [1] Y. Ishikawa, S. Kasai, Y. Aoki, H. Kataoka (2021), Alleviating over-segmentation errors by detecting action
    boundaries, WACV, 2322-2331.
    """

    needs_columns: ClassVar[bool] = True

    truncation: float = Field(4.0, gt=0)
    """Steps larger than this count as this, so that real boundaries are not smoothed away."""

    sigma: float = Field(1.0, gt=0)
    """How unlike two frames may sound and yet be alike."""

    scaled: bool = False
    """Measure how unlike frames sound per bin, so that `sigma` means the same for any number of bins."""

    def __call__(self, scores: Tensor, known: Tensor, columns: Tensor | None = None) -> Tensor:
        """The term, times its weight.

        Raises
        ------
        InputError
            Where there are no features to compare.

        Examples
        --------
        >>> import torch
        >>> scores, known = torch.tensor([[[0.0, -2.0]]]), torch.ones(1, 2, dtype=torch.bool)
        >>> columns = torch.tensor([[[0.0, 3.0], [0.0, 4.0]]])  # 5 apart
        >>> round(GaussianTmse(weight=1.0)(scores, known, columns).item(), 4)  # 4 exp(-5 / 2)
        0.3283
        """
        if columns is None:
            raise InputError(
                "this smoothing term compares what the network is given, and there is none of it",
                found="gaussian-tmse",
                cure="Choose --smoothing tmse",
            )
        steps = (scores[..., 1:] - scores[..., :-1]).square().clamp(max=self.truncation**2)
        squares = (columns[..., 1:] - columns[..., :-1]).detach().square()
        distance = (squares.mean(dim=1) if self.scaled else squares.sum(dim=1)).sqrt()
        alike = (-distance / (2 * self.sigma**2)).exp()
        return self.weight * mean_of_pairs(alike[:, None] * steps, known)
