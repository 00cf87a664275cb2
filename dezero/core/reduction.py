"""Sum, max and min over axes."""

import operator

import numpy as np

from dezero.core.function import Function
from dezero.core.indexing import where
from dezero.core.outside import _as_input
from dezero.core.shape import broadcast_to
from dezero.core.variable import as_array
from dezero.guards import refusal


class Sum(Function):
    """Sum over axis (None: all); gx repeats gy along the summed axes."""

    def __init__(self, axis, keepdims):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        return broadcast_to(gy, x.shape)


class Max(Function):
    """Largest element over axis; the gradient goes to the place of that element.

    If several elements are the largest, they share the gradient evenly, whatever their
    order (step 61). So do nans: if there is a nan, NumPy's max is nan. Pooling differs:
    there the first place gets the whole gradient (step 57).
    """

    def __init__(self, axis=None, keepdims=False):
        self.axis = axis
        self.keepdims = keepdims

    def forward(self, x):
        return self._mark(x, x.max(axis=self.axis, keepdims=True))

    def backward(self, gy):
        (x,) = self.inputs
        gy = restore_axes(gy, x.shape, self.axis, self.keepdims)
        gy = gy / self.count
        return where(self.winners, broadcast_to(gy, x.shape), 0)

    def _mark(self, x, y):
        """Remember where y was found, and how often; return y in its final shape."""
        self.winners = (x == y) | (x != x)  # a nan is not equal to itself
        count = self.winners.sum(axis=self.axis, keepdims=True)
        self.count = count.astype(x.dtype) if x.dtype.kind == "f" else count
        return y if self.keepdims else y.squeeze(self.axis)


class Min(Max):
    """Smallest element over axis; ties share the gradient evenly."""

    def forward(self, x):
        return self._mark(x, x.min(axis=self.axis, keepdims=True))


def _reduced_lengths(x_shape, axis):
    """Return the lengths in x_shape that a reduction over axis turns into 1."""
    after = reduced_shape(x_shape, axis)
    return [n for n, left in zip(x_shape, after) if left == 1]


def _reduced_axes(who, x, axis, step=39):
    """Return axis as NumPy accepts it: None, an int or a tuple of ints.

    Raises TypeError for anything but ints, and ValueError if x has no such axis or an
    axis is named twice.
    """
    if axis is None:
        return None
    ndim = x.ndim or 1  # NumPy lets one sum a number over its axis 0
    if isinstance(axis, (list, tuple)):
        axes = [_one_axis(who, a, ndim, step) for a in axis]
        if len(set(axes)) < len(axes):
            raise ValueError(
                f"{who}: axis must not name an axis twice, got {tuple(axis)} for an "
                f"x of shape {x.shape} (see step {step})"
            )
        return tuple(axes) if x.ndim else None
    place = _one_axis(who, axis, ndim, step)
    return place if x.ndim else None


def _one_axis(who, axis, ndim, step=38):
    """Return axis, an int, counted from the front; refuse one that is not there."""
    try:
        place = operator.index(axis)
    except TypeError:
        raise TypeError(refusal(who, "axis", "an int", axis, step)) from None
    if not -ndim <= place < ndim:
        if ndim == 0:
            raise ValueError(f"{who}: a 0-d x has no axis {place} (see step {step})")
        raise ValueError(
            f"{who}: expected an axis from {-ndim} to {ndim - 1}, got {place}: axis "
            f"{place} is out of bounds (see step {step})"
        )
    return place % ndim


def restore_axes(gy, x_shape, axis, keepdims):
    """Return gy, the gradient of a reduction, with length 1 for the reduced axes.

    Works on arrays and Variables; the result broadcasts to x_shape.
    """
    if keepdims or not x_shape:
        return gy
    return gy.reshape(reduced_shape(x_shape, axis))


def reduced_shape(x_shape, axis):
    """Return x_shape, a tuple, with the lengths along axis (None: all) set to 1."""
    ndim = len(x_shape)
    if axis is None:
        return (1,) * ndim
    axes = {a % ndim for a in ((axis,) if np.isscalar(axis) else axis)}
    return tuple(1 if i in axes else n for i, n in enumerate(x_shape))


def place_of(who, x, axis):
    """Return x.data.argmax(axis) or argmin, whichever who names: an ndarray of ints."""
    x = _as_input(who, x)
    axis = None if axis is None else _one_axis(who, axis, x.ndim, 61)
    if x.size == 0:
        raise ValueError(
            f"{who}: expected at least one element, got an x of shape {x.shape} (see "
            "step 61)"
        )
    return as_array(getattr(x.data, who)(axis))
