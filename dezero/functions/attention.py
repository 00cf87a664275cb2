"""Attention: each query takes a mixture of the values whose keys match it.

Letters: q queries, k keys, v values; x, y in and out; gq, gk, gv, gy gradients; p the
weights of the mixture. T queries, S keys, D their width, M that of the values; ... any
axes before, such as a batch and heads (N, H).
"""

import math

import numpy as np

from dezero import cuda
from dezero.core import Config, Function, Variable, where
from dezero.functions.activation import silu
from dezero.functions.elementwise import exp
from dezero.functions.inputs import _as_floats, _as_input
from dezero.functions.shape import concatenate

__all__ = ["Attention", "attention", "rope", "swiglu"]


class Attention(Function):
    """y = p @ v with p = softmax(q @ k.T / sqrt(D)), over the keys in mask.

        gv = p.T @ gy
        gs = p * (gy @ v.T - sum(gy * y))        of q @ k.T / sqrt(D), row by row
        gq = gs @ k / sqrt(D)
        gk = gs.T @ q / sqrt(D)

    Keeps p, one array (..., T, S).

    Shapes: q (..., T, D), k (..., S, D), v (..., S, M) -> y (..., T, M); mask (T, S) or
    with the axes before, of bools, or None.
    """

    def __init__(self, mask):
        self.mask = mask

    def forward(self, q, k, v):
        xp = cuda.get_array_module(q)
        s = q @ _t(k)
        s *= s.dtype.type(1 / math.sqrt(q.shape[-1]))
        if self.mask is not None:
            s = xp.where(self.mask, s, s.dtype.type(-np.inf))
        top = s.max(axis=-1, keepdims=True)
        s -= xp.where(xp.isfinite(top), top, xp.zeros_like(top))
        p = xp.exp(s, out=s)
        total = p.sum(axis=-1, keepdims=True)
        p /= total + (total == 0)  # a query that may look nowhere gets 0
        self.p = p
        return p @ v

    def backward(self, gy):
        q, k, v = self.inputs
        scale = 1 / math.sqrt(q.shape[-1])
        p = self._weights(q, k) if Config.enable_backprop else self.p
        gs = gy @ _t(v)
        gs -= (p * gs).sum(axis=-1, keepdims=True)
        gs *= p
        gs *= scale
        return gs @ k, _t(gs) @ q, _t(p) @ gy

    def _weights(self, q, k):
        """Return p as Variables, so that it can be differentiated."""
        s = q @ _t(k) * (1 / math.sqrt(q.shape[-1]))
        if self.mask is not None:
            s = where(self.mask, s, -np.inf)
        top = s.data.max(axis=-1, keepdims=True)
        p = exp(s - np.where(np.isfinite(top), top, 0).astype(s.dtype))
        total = p.sum(axis=-1, keepdims=True)
        return p / (total + (total.data == 0))


def _t(x):
    """Return x with its last two axes exchanged."""
    return x.transpose(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)


def attention(q, k, v, mask=None, causal=False) -> Variable:
    """Return for each query the values, weighted by how well their keys match."""
    q, k, v = (_as_floats("attention", x) for x in (q, k, v))
    if causal:
        T, S = q.shape[-2], k.shape[-2]
        seen = np.tri(T, S, S - T, dtype=bool)
        mask = seen if mask is None else mask & seen
    return Attention(mask)(q, k, v)


def rope(x, start=0, base=10000.0) -> Variable:
    """Return x (..., T, D) with pairs of numbers turned by an angle for each place."""
    x = _as_input("rope", x)
    T, D = x.shape[-2:]
    xp = cuda.get_array_module(x.data if isinstance(x, Variable) else x)
    speed = base ** (-xp.arange(0, D, 2) / D)
    angle = (start + xp.arange(T))[:, None] * speed  # (T, D / 2)
    cos, sin = (f(angle).astype(x.dtype) for f in (xp.cos, xp.sin))
    a, b = x[..., : D // 2], x[..., D // 2 :]
    return concatenate((a * cos - b * sin, a * sin + b * cos), axis=-1)


def swiglu(x, gate) -> Variable:
    """Return silu(gate) * x."""
    return silu(gate) * x
