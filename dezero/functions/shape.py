"""Functions that only move elements: new shapes, joining, splitting, choosing.

Their gradients move back the way the elements came, and are added up where an element
was moved to several places.

Letters: x, y in and out; gx, gy their gradients.
"""

import math
import numbers
import operator
from itertools import accumulate

import numpy as np

from dezero import cuda
from dezero.advice import named_arguments
from dezero.core import (
    BroadcastTo,
    Function,
    GetItem,
    GetItemGrad,
    Reshape,
    Transpose,
    Variable,
    Where,
    _check_numbers,
    _one_axis,
    _unwrap,
    broadcast_to,
    get_item,
    reshape,
    transpose,
    where,
)
from dezero.functions.inputs import _as_input, _broadcasts
from dezero.guards import refusal

__all__ = [
    "BroadcastTo",
    "Concatenate",
    "GetItem",
    "GetItemGrad",
    "Pad",
    "Reshape",
    "Split",
    "Transpose",
    "Where",
    "broadcast_to",
    "cat",
    "concatenate",
    "embed_id",
    "expand_dims",
    "flatten",
    "gather",
    "get_item",
    "pad",
    "reshape",
    "split",
    "squeeze",
    "stack",
    "transpose",
    "where",
]


# --- axes of length 1, and fewer axes ---


@named_arguments
def expand_dims(x, axis) -> Variable:
    """Return x with a new axis of length 1 at place `axis` of the result.

    A place after the last one means the last, and one before the first the first.

    >>> expand_dims(np.zeros((2, 3)), -1).shape
    (2, 3, 1)
    """
    x = _as_input("expand_dims", x)
    last, first = x.ndim, -x.ndim - 1
    if isinstance(axis, int):
        axis = min(max(axis, first), last)
    place = _one_axis("expand_dims", axis, last + 1)
    return reshape(x, (*x.shape[:place], 1, *x.shape[place:]))


@named_arguments
def squeeze(x, axis=None) -> Variable:
    """Return x without its axes of length 1: all of them, or those in axis.

    >>> squeeze(np.zeros((1, 3, 1))).shape, squeeze(np.zeros((1, 3, 1)), 0).shape
    ((3,), (3, 1))
    """
    x = _as_input("squeeze", x)
    if axis is None:
        return reshape(x, [n for n in x.shape if n != 1])
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    places = {_one_axis("squeeze", a, x.ndim) for a in axes}
    for place in places:
        if x.shape[place] != 1:
            raise ValueError(
                f"squeeze: axis {place} must have length 1, got an x of shape "
                f"{x.shape} (see step 38)"
            )
    return reshape(x, [n for place, n in enumerate(x.shape) if place not in places])


def flatten(x) -> Variable:
    """Return x as a matrix with a row for each sample: (N, ...) -> (N, D)."""
    x = _as_input("flatten", x)
    if x.ndim == 0:
        raise ValueError(
            "flatten: x must have a first axis, the samples, got a 0-d x (see step 38)"
        )
    return reshape(x, (x.shape[0], math.prod(x.shape[1:])))


# --- joining and splitting: each is the gradient of the other ---


class Concatenate(Function):
    """y = the xs one after the other along axis; each gx is its part of gy.

    Shapes: (..., n0, ...), (..., n1, ...) -> (..., n0 + n1, ...).
    """

    def __init__(self, axis=0):
        self.axis = axis

    def forward(self, *xs):
        return cuda.get_array_module(xs[0]).concatenate(xs, axis=self.axis)

    def backward(self, gy):
        *ends, _ = accumulate(x.shape[self.axis] for x in self.inputs)
        return tuple(split(gy, ends, self.axis))


class Split(Function):
    """ys = the parts of x between the places in `at`; gx = the gys joined.

    Shapes: (..., n, ...) -> (..., at[0], ...), (..., at[1] - at[0], ...), ...
    """

    def __init__(self, at, axis=0):
        self.at = at
        self.axis = axis

    def forward(self, x):
        parts, before = [], (slice(None),) * self.axis
        for start, stop in zip([0, *self.at], [*self.at, x.shape[self.axis]]):
            parts.append(x[(*before, slice(start, stop))])
        return tuple(parts)

    def backward(self, *gys):
        return Concatenate(self.axis)(*gys)


@named_arguments
def concatenate(xs, axis=0) -> Variable:
    """Return the xs joined along axis; their other axes must be equally long.

    >>> concatenate([np.array([1.0, 2.0]), np.array([3.0])])
    variable([1. 2. 3.])
    """
    xs = _listed("concatenate", xs)
    if xs[0].ndim == 0:
        raise ValueError(
            "concatenate: 0-d arrays have no axis to join along; stack gives them one "
            "(see step 38)"
        )
    place = _one_axis("concatenate", axis, xs[0].ndim)
    rests = {(*x.shape[:place], None, *x.shape[place + 1 :]) for x in xs}
    if len(rests) > 1:
        raise ValueError(
            f"concatenate: the shapes may differ along axis {axis} only, got "
            f"{', '.join(str(x.shape) for x in xs)} (see step 38)"
        )
    return Concatenate(place)(*xs)


@named_arguments
def stack(xs, axis=0) -> Variable:
    """Return the xs, a list of arrays of equal shape, joined along a new axis.

    >>> stack([np.array([1.0, 2.0]), np.array([3.0, 4.0])], axis=1)
    variable([[1. 3.]
              [2. 4.]])
    """
    xs = _listed("stack", xs)
    if len({x.shape for x in xs}) > 1:
        raise ValueError(
            "stack: expected equal shapes, got "
            f"{', '.join(str(x.shape) for x in xs)} (see step 38)"
        )
    place = _one_axis("stack", axis, xs[0].ndim + 1)
    return Concatenate(place)(*[expand_dims(x, place) for x in xs])


@named_arguments
def split(x, indices_or_sections, axis=0) -> list[Variable]:
    """Return a list of the parts of x along axis.

    indices_or_sections: how many equal parts, or a list of the places to cut at.

    >>> split(np.arange(5.0), [2, 4])
    [variable([0. 1.]), variable([2. 3.]), variable([4.])]
    """
    x = _as_input("split", x)
    place = _one_axis("split", axis, x.ndim)
    at = _unwrap(indices_or_sections)
    try:
        at = operator.index(at) if np.ndim(at) == 0 else [operator.index(a) for a in at]
    except (TypeError, ValueError):
        expected = "a number of parts or a list of places to cut at, as ints"
        raise TypeError(
            refusal("split", "indices_or_sections", expected, at, 38)
        ) from None
    if isinstance(at, int):
        parts, length = at, x.shape[place]
        if parts < 1 or length % parts:
            raise ValueError(
                f"split: {length} elements along axis {axis} cannot make {parts} equal "
                "parts; pass a list of the places to cut at (see step 38)"
            )
        at = [length // parts * k for k in range(1, parts)]
    elif any(a > b for a, b in zip([0, *at], at)):
        raise ValueError(
            f"split: the places to cut at must ascend from 0, got {list(at)} "
            "(see step 38)"
        )
    ys = Split(at, place)(x)
    return list(ys) if isinstance(ys, (list, tuple)) else [ys]


def _listed(name, xs):
    """Return xs, a list or tuple, with an array for every list and number in it."""
    if not isinstance(xs, (list, tuple)) or not xs:
        got = "an empty one" if isinstance(xs, (list, tuple)) else type(xs).__name__
        raise TypeError(
            f"{name}: expected a list or tuple of Variables or arrays, got {got} "
            "(see step 38)"
        )
    return [_as_input(name, x, f"x number {i}") for i, x in enumerate(xs)]


# --- choosing ---


@named_arguments
def gather(x, index, axis=1) -> Variable:
    """Return y with y[i, j] = x[i, index[i, j]], here for axis 1 of a matrix.

    index: ints, as long as x along every other axis; it gets no gradient. An element
    that is picked repeatedly gets the sum of its gradients.

    >>> gather(np.array([[1.0, 2.0], [3.0, 4.0]]), [[1, 1, 0], [0, 1, 1]])
    variable([[2. 2. 1.]
              [3. 4. 4.]])
    """
    x = _as_input("gather", x)
    xp = cuda.get_array_module(x)
    index = _unwrap(_as_input("gather", index, "index", xp))
    place = _one_axis("gather", axis, x.ndim)
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"gather: expected an index of ints, got {index.dtype} (see step 47)"
        )
    fits = index.ndim == x.ndim and all(
        n == m for a, (n, m) in enumerate(zip(index.shape, x.shape)) if a != place
    )
    if not fits:
        raise ValueError(
            f"gather: index must be as long as x along every axis but {axis}, got "
            f"{index.shape} and {x.shape} (see step 47)"
        )
    _check_numbers(_check_places, index, axis, x.shape[place])
    # Along the other axes nothing moves: their indices are 0, 1, 2, ...
    places = [
        xp.arange(n).reshape(-1, *[1] * (x.ndim - 1 - a))
        for a, n in enumerate(index.shape)
    ]
    places[place] = index
    return get_item(x, tuple(places))


def _check_places(index, axis, n):
    """Raise IndexError if index is out of bounds for an axis of n elements."""
    if index.size and not -n <= index.min() <= index.max() < n:
        raise IndexError(
            f"gather: index {index.min() if index.min() < -n else index.max()} is out "
            f"of bounds: axis {axis} has {n} elements, 0 to {n - 1} (see step 47)"
        )


def embed_id(x, W) -> Variable:
    """Return the rows W[x]: for each number in x, the vector of that word or letter.

    Shapes: x (...), W (V, D), V the size of the vocabulary -> y (..., D). x holds ints,
    in an array, a Variable or a list, and gets no gradient. The gradient of W is zero
    in the rows that x does not name, and a sum in those that it names repeatedly.

    >>> embed_id([2, 0], np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    variable([[5. 6.]
              [1. 2.]])
    """
    x, W = _as_rows("embed_id", x, W)
    return get_item(W, x)


def _as_rows(who, x, W):
    """Return x as an array of ints, and W, which must have a row for each of them."""
    W = _as_input(who, W, "W")
    index = _unwrap(_as_input(who, x, xp=cuda.get_array_module(W)))
    if index.size == 0 and index.dtype == np.float64:  # what NumPy makes of []
        index = index.astype(int)
    if index.dtype.kind not in "iu":
        raise TypeError(
            f"{who}: expected word numbers as ints, got {index.dtype}; counts and "
            "measurements go into a Linear layer (see step 47)"
        )
    if W.ndim == 0:
        raise ValueError(
            f"{who}: W must have a row for each word, (V, D), got a 0-d W (see step 47)"
        )
    _check_numbers(_check_rows, who, index, W.shape[0])
    return index, W


def _check_rows(who, index, V):
    """Raise IndexError for a number that a vocabulary of V words does not have."""
    if index.size and not -V <= index.min() <= index.max() < V:
        raise IndexError(
            f"{who}: the vocabulary has {V} words, 0 to {V - 1}, got numbers "
            f"from {index.min()} to {index.max()} (see step 47)"
        )


# --- another name, and a border ---


cat = concatenate


class Pad(Function):
    """y = x with a border of the number c around it; gx = gy without its border.

    widths    (before, after) for every axis
    """

    def __init__(self, widths, c=0.0):
        self.widths = widths
        self.c = c

    def forward(self, x):
        shape = [a + n + b for n, (a, b) in zip(x.shape, self.widths)]
        y = cuda.get_array_module(x).full(shape, self.c, x.dtype)
        y[self._inside(x)] = x
        return y

    def backward(self, gy):
        (x,) = self.inputs
        return gy[self._inside(x)]

    def _inside(self, x):
        """Return the slices of y where x is."""
        return tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, self.widths))


def pad(x, pad_width, constant_values=0.0) -> Variable:
    """Return x with a border of constant_values, one number, like numpy.pad.

    pad_width: an int for both ends of every axis, (before, after) for every axis, or a
    list of such pairs, one for each axis.

    >>> pad(np.array([1.0, 2.0]), (1, 2))
    variable([0. 1. 2. 0. 0.])
    """
    x = _as_input("pad", x)
    try:
        widths = np.array(pad_width)
    except ValueError:  # rows of several lengths
        widths = np.array("")
    whole = widths.dtype.kind in "iu" and (widths >= 0).all()
    if not whole or not _broadcasts(widths.shape, (x.ndim, 2)):
        raise ValueError(
            "pad: pad_width must be an int of at least 0, (before, after), or such a "
            f"pair for each of the {x.ndim} axes, in order, got {pad_width!r} "
            "(see step 38)"
        )
    if not isinstance(constant_values, numbers.Real):
        raise TypeError(
            refusal("pad", "constant_values", "one number", constant_values, 38)
        )
    widths = np.broadcast_to(widths, (x.ndim, 2)).tolist()
    return Pad(widths, constant_values)(x)
