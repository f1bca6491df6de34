"""How well a finding agrees with the truth."""

import numpy as np
from numpy.typing import NDArray


def jaccard(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks [H, W]; 1 where both are empty."""
    from sklearn.metrics import jaccard_score

    return float(jaccard_score(one.ravel(), other.ravel(), zero_division=1.0))
