"""Sampling: from a model's scores to the next token.

Letters: V tokens in the vocabulary; p their probabilities.
"""

import numpy as np

from dezero import cuda
from dezero.core import Variable
from dezero.guards import number, refusal, shown, whole


def token_probabilities(
    scores, temperature: float = 1.0, top_k: int | None = None, top_p=None
):
    """Return the probabilities (V,) from which to draw a token (see step 83).

    scores        (V,), for one place
    temperature   the scores are divided by it; 0 leaves only the best token, above 1
                  makes all tokens more alike
    top_k         only the k best tokens may be drawn
    top_p         only the best tokens may be drawn, as many as it takes to reach this
                  probability together, 0 < top_p <= 1

    Of tokens with the same score, the first counts as better. The result is float64.

    >>> scores = np.log([0.6, 0.2, 0.15, 0.05])
    >>> token_probabilities(scores, top_p=0.7).round(3)
    array([0.75, 0.25, 0.  , 0.  ])
    """
    scores = _as_scores("token_probabilities", scores)
    check_sampling("token_probabilities", temperature, top_k, top_p)
    order = np.argsort(-scores, kind="stable")
    if temperature == 0:
        p = np.zeros(len(scores))
        p[0] = 1
    else:
        p = np.float64(scores[order] - scores.max())
        p = np.exp(p / temperature)
        if top_k is not None:
            p[top_k:] = 0
        p /= p.sum()
    if top_p is not None:
        p[np.cumsum(p) - p >= top_p] = 0
    result = np.empty_like(p)
    result[order] = p / p.sum()
    return result


def check_sampling(who, temperature, top_k, top_p):
    """Refuse settings with which no token can be drawn."""
    number(who, "temperature", temperature, 83, least=0)
    if top_k is not None:
        whole(who, "top_k", top_k, 83)
    if top_p is not None:
        number(who, "top_p", top_p, 83, above=0, most=1)


def numbers_of(x):
    """Return x as a NumPy array; np.array(None) where that is impossible."""
    x = x.data if isinstance(x, Variable) else x
    try:
        return cuda.as_numpy(x) if cuda.is_array(x) else np.asarray(x)
    except ValueError:  # rows of different lengths
        return np.asarray(None)


def _as_scores(who, scores):
    """Return the scores of one place as an array of floats."""
    given, scores = scores, numbers_of(scores)
    if scores.size and scores.dtype.kind not in "fiu":
        raise TypeError(refusal(who, "scores", "an array (V,) of floats", given, 83))
    if scores.ndim != 1 or not len(scores):
        raise ValueError(
            f"{who}: scores must be (V,), for one place, got {scores.shape}; for the "
            "last place of the first text, pass scores[0, -1] (see step 83)"
        )
    if np.isnan(scores).any() or scores.max() == np.inf or scores.max() == -np.inf:
        raise ValueError(
            f"{who}: scores must be finite or -inf, at least one of them finite, got "
            f"{shown(float(scores.max()))} as the largest (see step 83)"
        )
    return np.float64(scores)
