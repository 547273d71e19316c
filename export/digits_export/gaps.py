"""How clearly a classifier decides: by how much its best class is ahead of the second."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def best_gaps(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Differences of the best two scores of each row.

    Args:
        scores: Logits or probabilities, [N, K].

    Returns:
        float64 [N]; 0 where there is only one class.
    """
    best: NDArray[np.float64] = np.sort(np.asarray(scores, np.float64), axis=1)[:, -2:]
    return best[:, -1] - best[:, 0]
