"""Matrix products: matmul, linear, and einsum for all other sums of products.

Letters: x, y in and out; gx, gy their gradients; W, b weights and bias. N rows of
x, D its columns, K columns of y.
"""

import math
import string

import numpy as np

from dezero import cuda
from dezero.core import (
    Config,
    Function,
    MatMul,
    Variable,
    broadcast_to,
    matmul,
    sum_to,
)
from dezero.functions.inputs import _as_input, _as_weighted, _broadcasts
from dezero.guards import refusal

__all__ = ["Einsum", "Linear", "MatMul", "einsum", "linear", "linear_simple", "matmul"]


class Linear(Function):
    """y = x @ W + b, gx = gy @ W.T, gW = x.T @ gy, gb = gy summed over the rows.

    Shapes: x (N, D), W (D, K), b (K,) or None -> y (N, K). An x (..., D) is treated as
    one tall matrix of its rows, so that the whole stack takes one product.
    """

    def forward(self, x, W, b):
        y = _rows(x) @ W  # (N, K)
        if x.ndim != 2:
            y = y.reshape((*x.shape[:-1], W.shape[1]))
        if b is None:
            return y
        if b.dtype != y.dtype:
            return y + b
        y += b  # in place: y is a new array
        return y

    def backward(self, gy):
        x, W, b = self.inputs
        rows = _rows(gy)  # (N, K)
        gx = gW = gb = None
        if self.needs_grad(0):
            gx = (rows @ W.T).reshape(x.shape)
        if self.needs_grad(1):
            gW = _rows(x).T @ rows
        if self.needs_grad(2):
            gb = _sum_rows(rows) if b.shape == W.shape[1:] else sum_to(gy, b.shape)
        return gx, gW, gb


def _rows(x):
    """Return x (..., D), an array or a Variable, as a matrix (N, D)."""
    if x.ndim == 2:
        return x
    return x.reshape((math.prod(x.shape[:-1]), x.shape[-1]))


def _sum_rows(x):
    """Return x (N, K) summed to (K,): a product, in half the time of sum(axis=0)."""
    ones = cuda.get_array_module(x).ones(x.shape[0], x.dtype)
    return ones @ x


def linear(x, W, b=None) -> Variable:
    """Return x @ W + b, computed by a single Function (see step 43).

    Shapes: x (..., D), W (D, K), b (K,) or None -> (..., K).
    Raises ValueError if the shapes do not fit.

    >>> import numpy as np
    >>> W, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 20.0])
    >>> linear(np.array([[1.0, 1.0]]), W, b)
    variable([[14. 26.]])
    """
    x, W, b = _as_weighted("linear", x, W, b)
    _check_linear(x, W, b)
    return Linear()(x, W, b)


def _check_linear(x, W, b):
    """Raise ValueError unless x, W and b fit each other."""
    x_shape, W_shape = x.shape, W.shape
    if not x_shape or len(W_shape) != 2 or x_shape[-1] != W_shape[0]:
        raise ValueError(
            "linear: x and W must be (..., D) and (D, K), "
            f"got {x_shape} and {W_shape} (see step 43)"
        )
    if b is None or b.shape == W_shape[1:]:
        return
    if not _broadcasts(b.shape, (*x_shape[:-1], W_shape[1])):
        raise ValueError(
            f"linear: b must be (K,) = ({W_shape[1]},), got {b.shape} (see step 43)"
        )


def _sum_of_products(x, y, later):
    """Return x.T @ y, (N, D) and (N, K) -> (D, K), one of many gradients of a matrix.

    later: backward may collect these products in _Products and add them up at the end.
    That keeps all x and y until then. If these have few rows, they are small, and time
    is saved. With 30 rows, they are most of an LSTM's memory, and only 4 % of the time
    is saved.
    """
    few = later and len(x) <= 8
    if few and not Config.enable_backprop and y.dtype.kind == "f":
        return _Products(x, y)
    return y.T.dot(x).T  # x.T.dot(y) takes 7 % longer


class _Products:
    """The sum of x.T @ y over many pairs: a gradient, computed once it is complete.

    30 pairs of one row become one product of 30 rows: an LSTM of 256 takes 12 ms
    instead of 30. No Variable has the dtype of _Products. So backward calls astype
    when the sum is complete, as for any gradient with another dtype than its Variable.
    """

    dtype = np.dtype(object)
    __array_ufunc__ = None  # makes array + products call products.__radd__

    def __init__(self, *pair):
        self.pairs = [pair]

    def __add__(self, other):
        if type(other) is not _Products:
            return self.astype(other.dtype) + other
        self.pairs += other.pairs
        return self

    __radd__ = __add__

    def astype(self, dtype):
        """Return the sum, an array."""
        xp = cuda.get_array_module(self.pairs[0][0])
        x, y = (xp.concatenate(rows) for rows in zip(*self.pairs))
        return y.T.dot(x).T.astype(dtype, copy=False)


def linear_simple(x, W, b=None) -> Variable:
    """Return x @ W + b, computed with matmul and add, without keeping x @ W.

    The backward of adding b needs only the shape of x @ W. So the numbers are dropped.
    """
    x, W, b = _as_weighted("linear_simple", x, W, b)
    t = matmul(x, W)
    if b is None:
        return t
    y = t + b
    t.data = None
    return y


class Einsum(Function):
    """y = the products of the xs, summed over every letter that y does not have.

    subscripts: "ij,jk->ik", a term for each x and one for y, all axes named. The
    gradient of an x is an einsum of gy with the other xs:

        y = einsum("ij,jk->ik", x, W):    gx = einsum("ik,jk->ij", gy, W)

    If a letter of x occurs nowhere else, x alone was summed over it, and the gradient
    takes ones; if x has a letter twice, for a diagonal, it takes an identity matrix:

        y = einsum("ij->i", x):    gx = einsum("i,j->ij", gy, ones)
        y = einsum("ii->i", x):    gx = einsum("i,ij->ij", gy, identity)
    """

    def __init__(self, subscripts):
        self.subscripts = subscripts

    def forward(self, *xs):
        # optimize uses matrix products where it can: on a stack of 64 x 16 matrices
        # NumPy 2.4 then takes a twentieth of the time.
        xp = cuda.get_array_module(xs[0])
        return xp.einsum(self.subscripts, *xs, optimize=len(xs) > 1)

    def backward(self, gy):
        left, _, y_term = self.subscripts.partition("->")
        terms, xs = left.split(","), self.inputs
        gxs = []
        for i, x in enumerate(xs):
            if not self.needs_grad(i):
                gxs.append(None)
                continue
            others = [y_term, *terms[:i], *terms[i + 1 :]]
            arrays = [gy, *xs[:i], *xs[i + 1 :]]
            gx_term = _complete(terms[i], x.shape, others, arrays, self.subscripts)
            gx = einsum(f"{','.join(others)}->{gx_term}", *arrays)
            if gx.shape != x.shape:  # along an axis, x or all others have length 1
                least = [1 if n == 1 else m for n, m in zip(x.shape, gx.shape)]
                gx = broadcast_to(sum_to(gx, tuple(least)), x.shape)
            gxs.append(gx)
        return tuple(gxs)


def _complete(term, shape, others, arrays, used):
    """Return the term for the gradient of an x; others then has each of its letters.

    Appends the ones and identity matrices that this takes to others and arrays.
    """
    gy = arrays[0]
    xp = cuda.get_array_module(gy)
    fresh = (letter for letter in string.ascii_letters if letter not in used)
    known = set("".join(others))
    gx_term = ""
    for letter, n in zip(term, shape):
        if letter in gx_term:
            first, letter = letter, next(fresh)
            others.append(first + letter)
            arrays.append(xp.eye(n, dtype=gy.dtype))
        elif letter not in known:
            others.append(letter)
            arrays.append(xp.ones(n, gy.dtype))
        gx_term += letter
    return gx_term


def einsum(subscripts, *xs) -> Variable:
    """Return the sums of products that subscripts describe, like numpy.einsum.

        einsum("ij,jk->ik", x, W)    the matrix product
        einsum("bij->bji", x)        every matrix of a stack transposed
        einsum("ii", x)              the sum of the diagonal
        einsum("...i,...i", x, y)    the inner products of all rows

    Raises ValueError if subscripts and shapes do not fit (see step 41).

    >>> import numpy as np
    >>> einsum("ij,j->i", np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 10.0]))
    variable([21. 43.])
    """
    if not isinstance(subscripts, str):
        raise TypeError(refusal("einsum", "subscripts", "a string", subscripts, 41))
    xs = [_as_input("einsum", x, f"x number {i}") for i, x in enumerate(xs)]
    return Einsum(_spell_out(subscripts, [x.shape for x in xs]))(*xs)


def _spell_out(subscripts, shapes):
    """Return subscripts with the result's term, and with letters in place of "..."."""

    def fail(reason):
        raise ValueError(f"einsum: {subscripts!r}: {reason} (see step 41)")

    left, arrow, result = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        fail(f"expected {len(terms)} arrays, one for each term, got {len(shapes)}")
    named = [term.replace("...", "", 1) for term in terms]
    result_named = result.replace("...", "", 1)
    for letter in "".join([*named, result_named]):
        if letter not in string.ascii_letters:
            fail(f"expected letters, commas, '->' and '...', got {letter!r}")
    for term, letters, shape in zip(terms, named, shapes):
        if len(letters) > len(shape) or len(letters) < len(shape) and term == letters:
            fail(f"{term!r} names {len(letters)} axes, got an array of shape {shape}")

    # "..." stands for the axes left over, lined up from the right.
    free = [letter for letter in string.ascii_letters if letter not in subscripts]
    longest = max(len(shape) - len(letters) for letters, shape in zip(named, shapes))
    dots = "".join(free[:longest])
    for i, (letters, shape) in enumerate(zip(named, shapes)):
        own = dots[longest - (len(shape) - len(letters)) :]
        terms[i] = terms[i].replace("...", own)
    if arrow:
        result = result.replace("...", dots)
    else:  # every letter that occurs once, in alphabetical order
        letters = "".join(named)
        result = dots + "".join(c for c in sorted(letters) if letters.count(c) == 1)

    lengths = {}
    for term, shape in zip(terms, shapes):
        for letter, n in zip(term, shape):
            lengths.setdefault(letter, set()).add(n)
    for letter in result:
        if letter not in lengths or result.count(letter) > 1:
            fail(
                f"the result may name {letter!r} only once, and only if a term names it"
            )
    for letter, found in lengths.items():
        if len(found - {1}) > 1:
            fail(f"axes {letter!r} must be equally long, got {sorted(found)}")
    return f"{','.join(terms)}->{result}"
