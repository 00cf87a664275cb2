"""The small helpers: arrays and sizes in, arrays and sizes out.

Also the one place that programs written for DeZero look for graph drawing and
gradient checks: those of `dezero.graph` and `dezero.gradcheck` are offered here too.
"""

from numbers import Integral

import numpy as np

from dezero.core import reduced_shape
from dezero.core import restore_axes as reshape_sum_backward
from dezero.core import sum_array_to as sum_to
from dezero.gradcheck import (
    array_allclose,
    array_equal,
    check_gradients,
    gradient_check,
    numerical_grad,
)
from dezero.graph import _dot_func, _dot_var, get_dot_graph, plot_dot_graph

__all__ = [
    "_dot_func",
    "_dot_var",
    "array_allclose",
    "array_equal",
    "check_gradients",
    "get_conv_outsize",
    "get_deconv_outsize",
    "get_dot_graph",
    "gradient_check",
    "logsumexp",
    "max_backward_shape",
    "numerical_grad",
    "pair",
    "plot_dot_graph",
    "reshape_sum_backward",
    "show_progress",
    "sum_to",
]


def logsumexp(x, axis=1):
    """Return log(sum(exp(x))) of an array over axis, which is kept with length 1.

        m + log(sum(exp(x - m))),  m = max(x):  no exp can overflow

    >>> logsumexp(np.array([[1000.0, 1000.0]])).round(4)
    array([[1000.6931]])
    """
    m = x.max(axis=axis, keepdims=True)
    m = np.where(np.isfinite(m), m, m.dtype.type(0))  # inf - inf would be nan
    with np.errstate(divide="ignore"):  # log(0) = -inf is right: all x are -inf
        return m + np.log(np.exp(x - m).sum(axis=axis, keepdims=True))


def max_backward_shape(x, axis):
    """Return x's shape as a list with 1 for every axis that max or min reduced.

    axis: None (all axes), an int or a tuple of ints, negative ones included.
    """
    return list(reduced_shape(x.shape, axis))


def show_progress(block_num, block_size, total_size):
    """Print a bar of 30 cells over the last one: a reporthook for urllib.request.

    Sizes are in bytes. Where the total is not known (0 or less), the bar stays
    empty and the bytes are counted.
    """
    done = block_num * block_size
    if total_size > 0:
        share = min(done / total_size, 1.0)
        cells = int(share * 30)
        state = f"{100 * share:6.2f}%"
    else:
        cells = 0
        state = f"{done} bytes"
    print(f"\r[{'#' * cells}{'.' * (30 - cells)}] {state}", end="", flush=True)


def get_conv_outsize(input_size, kernel_size, stride, pad):
    """Return how many places a kernel takes along one side of a padded image.

    >>> get_conv_outsize(28, kernel_size=5, stride=2, pad=1)
    13
    """
    return (input_size + 2 * pad - kernel_size) // stride + 1


def get_deconv_outsize(size, k, s, p):
    """Return the side of the smallest image on which a convolution takes size places.

    k, s, p: kernel size, stride and padding, as in get_conv_outsize.

    >>> get_deconv_outsize(13, k=5, s=2, p=1)
    27
    """
    return s * (size - 1) + k - 2 * p


def pair(x):
    """Return x as (height, width): an int stands for both.

    >>> pair(3), pair((1, 2))
    ((3, 3), (1, 2))
    """
    if isinstance(x, Integral):
        return int(x), int(x)
    if isinstance(x, (tuple, list)):
        if len(x) != 2:
            raise AssertionError(
                f"pair: expected an int or (height, width), got {len(x)} values: {x}"
            )
        return tuple(x)
    raise ValueError(
        f"pair: expected an int or (height, width), got {type(x).__name__}: {x!r}"
    )
