"""Distances between two sets of features, float64 [N, D], one row a picture; numpy only."""

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError

SUBSETS = 100  # Binkowski et al. 2018, and the default of torch-fidelity
SUBSET_SIZE = 1000
SEED = 2020  # torch-fidelity's, so that both draw the same subsets
JITTER = 1e-10  # makes a covariance of rank below D decomposable; moves FID by less than 1e-6 of itself


def frechet(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Fréchet distance of the Gaussians fitted to both sets, |μ1 - μ2|² + tr(Σ1 + Σ2 - 2 (Σ1 Σ2)^½) (Heusel et al. 2017).

    Its bias grows as N falls: only comparable at one N, and only beside the distance between two real sets of that N.
    """
    _check(a, b)
    mean = a.mean(axis=0) - b.mean(axis=0)
    first, second = _centred(a), _centred(b)
    spread = float((first**2).sum() + (second**2).sum())
    cross = _cross_by_samples(first, second) if min(len(a), len(b)) < a.shape[1] else _cross_by_features(first, second)
    return float(mean @ mean) + spread - 2 * cross


def kid(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    subsets: int = SUBSETS,
    subset_size: int = SUBSET_SIZE,
) -> tuple[float, float]:
    """Kernel Inception distance (Binkowski et al. 2018): mean and standard deviation over `subsets` seeded subsets.

    Each is the unbiased estimate of the squared maximum mean discrepancy under the kernel (x·y / D + 1)³, so equal
    distributions give about 0, at times a little less, at any N.
    """
    _check(a, b)
    if not 2 <= subset_size <= min(len(a), len(b)):
        raise EngineError(
            f"the KID subset size is {subset_size}; allowed is 2..{min(len(a), len(b))}, the pictures in the smaller set"
        )
    random = np.random.RandomState(SEED)
    values = [
        squared_mmd(
            a[random.choice(len(a), subset_size, replace=False)], b[random.choice(len(b), subset_size, replace=False)]
        )
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def squared_mmd(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Unbiased squared maximum mean discrepancy under (x·y / D + 1)³ (Gretton et al. 2012, eq. 3)."""
    within = sum(_off_diagonal_mean(_cubic(x, x)) for x in (a, b))
    return float(within - 2 * _cubic(a, b).mean())


def _cubic(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel: NDArray[np.float64] = (a @ b.T / a.shape[1] + 1) ** 3
    return kernel


def _off_diagonal_mean(kernel: NDArray[np.float64]) -> float:
    count = len(kernel)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))


def _centred(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled so that the covariance is the product with its own transpose."""
    scaled: NDArray[np.float64] = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    return scaled


def _cross_by_samples(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """tr (Σ1 Σ2)^½ as the nuclear norm of X1 X2ᵀ: for N < D ten times faster than by features, and exact."""
    return float(np.linalg.svd(first @ second.T, compute_uv=False).sum())


def _cross_by_features(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """tr (Σ1 Σ2)^½ from the eigenvalues of Lᵀ Σ2 L, where Σ1 = L Lᵀ (Cholesky)."""
    covariance = first.T @ first
    covariance[np.diag_indices_from(covariance)] += JITTER * max(1.0, np.trace(covariance) / len(covariance))
    projected = second @ np.linalg.cholesky(covariance)
    return float(np.sqrt(np.linalg.eigvalsh(projected.T @ projected).clip(0)).sum())


def _check(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise EngineError(
            f"the feature sets are {list(a.shape)} and {list(b.shape)}; allowed are [N, D] of one D with N of at least 2"
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise EngineError("a feature set holds values that are not finite; allowed are finite numbers only")
