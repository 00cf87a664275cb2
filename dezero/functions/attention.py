"""Attention: each query gets a mixture of the values whose keys match it.

Letters: q queries, k keys, v values; x, y in and out; gq, gk, gv, gy gradients; s the
scores q @ k.T / sqrt(D), and p their softmax, the weights of the mixture. T queries,
S keys, D the width of both, M the width of the values; ... any axes before these, such
as a batch and heads (N, H).
"""

import math

import numpy as np

from dezero import cuda
from dezero.core import Config, Function, Variable, _unwrap, where
from dezero.functions.activation import _sum_along, softmax
from dezero.functions.inputs import _as_floats, _as_input, _broadcasts, _in_float32
from dezero.guards import flag, shown

__all__ = ["Attention", "attention", "attention_weights"]


class Attention(Function):
    """y = p @ v with p = softmax(s), s = q @ k.T / sqrt(D) where mask, else -inf.

        gv = p.T @ gy
        gs = p * (gy @ v.T - sum(gy * y))        the sum is over a row
        gq = gs @ k / sqrt(D)
        gk = gs.T @ q / sqrt(D)

    Of the arrays (..., T, S) only p is kept; with a mask, forward briefly holds two.
    backward makes one more, gs. A backward that must itself be differentiated computes
    p again, because p then has to be in the graph.

    Shapes: q (..., T, D), k (..., S, D), v (..., S, M) -> y (..., T, M); mask of bools
    that broadcasts to (..., T, S), with a True in each row, or None.
    """

    def __init__(self, mask=None):
        self.mask = mask

    def forward(self, q, k, v):
        xp = cuda.get_array_module(q)
        s = q @ _transposed(k)
        s /= math.sqrt(q.shape[-1])
        if self.mask is not None:
            s = xp.where(self.mask, s, -np.inf)
        s -= s.max(axis=-1, keepdims=True)
        self.p = xp.exp(s, out=s)
        self.p /= _sum_along(self.p, -1)
        return self.p @ v

    def backward(self, gy):
        q, k, v = self.inputs
        p = self.p
        if Config.enable_backprop:
            p = _mixture(q, k, self.mask)
        gs = gy @ _transposed(v)
        gs -= _sum_along(gy * self.output(), -1)
        gs *= p
        gs /= math.sqrt(q.shape[-1])
        return gs @ k, _transposed(gs) @ q, _transposed(p) @ gy


def _mixture(q, k, mask):
    """Return p as a Variable, computed with other Functions, so that it has a graph."""
    s = q @ _transposed(k) / math.sqrt(q.shape[-1])
    if mask is not None:
        s = where(mask, s, -np.inf)
    return softmax(s, axis=-1)


def _transposed(x):
    """Return x, an array or a Variable, with its last two axes swapped."""
    *before, rows, columns = range(x.ndim)
    return x.transpose(*before, columns, rows)


@_in_float32(3)
def attention(q, k, v, mask=None, causal=False) -> Variable:
    """For each query, return a mean of the values, weighted by how their keys match it.

    Shapes: q (..., T, D), k (..., S, D), v (..., S, M) -> (..., T, M).

    mask      bools that broadcast to (..., T, S), True where a query may look. A query
              that may look nowhere gets zeros, and passes no gradient back
    causal    the queries are the last T of S places, and none sees a later place:
              query t sees the keys 0 to S - T + t (see step 77)

    >>> q, k, v = np.array([[9.0, 0.0]]), np.eye(2), np.array([[1.0], [5.0]])
    >>> attention(q, k, v).data.round(2)
    array([[1.01]])
    """
    mask, q, k, v = _as_lookup("attention", mask, causal, q, k, v)
    mask, blind = _places(q, k, mask, causal)
    y = Attention(mask)(q, k, v)
    return y if blind is None else where(blind, 0.0, y)


@_in_float32(2)
def attention_weights(q, k, mask=None, causal=False) -> Variable:
    """Return the weights that attention gives the values: (..., T, S), rows sum to 1.

    Shapes, mask and causal are those of attention. The row of a query that may look
    nowhere is 0.

    >>> q, k = np.array([[9.0, 0.0]]), np.eye(2)
    >>> attention_weights(q, k).data.round(3)
    array([[0.998, 0.002]])
    """
    mask, q, k = _as_lookup("attention_weights", mask, causal, q, k)
    mask, blind = _places(q, k, mask, causal)
    p = _mixture(q, k, mask)
    return p if blind is None else where(blind, 0.0, p)


def _places(q, k, mask, causal):
    """Return the mask and which queries may look nowhere, each an array or None.

    In the mask, those queries see every key: a softmax over no keys would be nan.
    """
    T, S = q.shape[-2], k.shape[-2]
    if causal and T > 1:  # a single query is at the last place, and sees all
        xp = cuda.get_array_module(q)
        past = xp.arange(S) <= xp.arange(S - T, S)[:, None]
        if mask is None and T <= S:
            return past, None  # each query sees at least its own place
        mask = past if mask is None else mask & past
    if mask is None:
        return None, None
    blind = ~mask.any(axis=-1, keepdims=True)
    return mask | blind, blind


def _as_lookup(who, mask, causal, *given):
    """Return the mask, and q, k and perhaps v as floats; check that the shapes fit."""
    flag(who, "causal", causal, 77)
    given = [_as_floats(who, x, name) for x, name in zip(given, "qkv")]
    q, k, v = [*given, given[1]][:3]
    if (
        min(q.ndim, k.ndim, v.ndim) < 2
        or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
        or q.shape[-1] != k.shape[-1]
        or k.shape[-2] != v.shape[-2]
        or 0 in (*k.shape[-2:], *v.shape[-2:])
    ):
        got = ", ".join(str(x.shape) for x in given)
        raise ValueError(
            f"{who}: q, k and v must be (..., T, D), (..., S, D) and (..., S, M), with "
            f"equal leading axes and S, D and M at least 1, got {got} (see step 76)"
        )
    return None if mask is None else _as_mask(who, mask, q, k), *given


def _as_mask(who, mask, q, k):
    """Return the mask as an array of bools; check that it fits the scores q @ k.T."""
    given = mask
    try:
        mask = _unwrap(_as_input(who, mask, "mask", cuda.get_array_module(q)))
    except TypeError:
        raise TypeError(
            f"{who}: mask must be an array of bools that broadcasts to (..., T, S), "
            f"True where a query may look, got {shown(given)}; causal=True makes the "
            "causal one (see step 77)"
        ) from None
    if mask.dtype.kind != "b":
        raise TypeError(
            f"{who}: mask must hold bools, True where a query may look, got "
            f"{mask.dtype}; for a mask of 0 and 1 pass mask > 0, for a mask that is "
            "added to the scores pass mask == 0 (see step 77)"
        )
    scores = (*q.shape[:-1], k.shape[-2])
    if mask.ndim == 0 or not _broadcasts(mask.shape, scores):
        raise ValueError(
            f"{who}: mask must broadcast to (..., T, S) = {scores}, got {mask.shape}; "
            "causal=True makes the causal one (see step 77)"
        )
    return mask
