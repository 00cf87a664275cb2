"""Loss functions: one number that says how wrong a model is on a batch.

Letters: x the output of the model, t the target; y the loss; gx, gy gradients. N rows
in a batch, K classes. p are probabilities.

For a classifier, t has a class number for every row: an array, a Variable or a list of
ints, (N,) or (N, 1). It gets no gradient.
"""

import math
import numbers
import operator

from dezero import cuda
from dezero.core import (
    Config,
    Function,
    Variable,
    _number_for,
    _sum_to,
    as_array,
    as_variable,
    log,
    where,
)
from dezero.functions.activation import (
    _sum_along,
    log_softmax,
    softmax,
    softplus,
)
from dezero.functions.elementwise import abs, clip
from dezero.functions.inputs import (
    _as_floats,
    _as_input,
    _as_labels,
    _as_pair,
    _as_truths,
    _in_float32,
)
from dezero.functions.reduction import mean
from dezero.functions.shape import get_item
from dezero.guards import refusal, shown

__all__ = [
    "MeanSquaredError",
    "SoftmaxCrossEntropy",
    "accuracy",
    "binary_cross_entropy",
    "cross_entropy",
    "huber_loss",
    "l1_loss",
    "mean_squared_error",
    "mean_squared_error_simple",
    "nll_loss",
    "sigmoid_cross_entropy",
    "softmax_cross_entropy",
    "softmax_cross_entropy_simple",
]

_SMALLEST = 1e-15  # a smaller probability counts as this: its logarithm is -34.5


# --- regression ---


class MeanSquaredError(Function):
    """y = sum((x0 - x1)**2) / N, gx0 = gy * (2 / N) * (x0 - x1), gx1 = -gx0.

    N is the length of the first axis, not the number of elements. backward computes
    the differences again, so none are kept.
    """

    def forward(self, x0, x1):
        difference = x0 - x1
        return (difference * difference).sum() / _rows_in(difference)

    def backward(self, gy):
        x0, x1 = self.inputs
        difference = x0 - x1
        gx0 = gy * (2 / _rows_in(difference)) * difference
        return _sum_to(gx0, x0.shape), _sum_to(-gx0, x1.shape)


@_in_float32(2)
def mean_squared_error(x0, x1) -> Variable:
    """Return sum((x0 - x1)**2) / N, with N the length of the first axis (see step 42).

    Raises ValueError unless x0 broadcasts to the shape of x1, or x1 to that of x0.

    >>> import numpy as np
    >>> mean_squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2)))
    variable(15.0)
    """
    x0, x1 = _as_pair("mean_squared_error", x0, x1)
    return MeanSquaredError()(x0, x1)


@_in_float32(2)
def mean_squared_error_simple(x0, x1) -> Variable:
    """Return mean_squared_error, written out as its formula, in four Functions."""
    x0, x1 = _as_pair("mean_squared_error_simple", x0, x1)
    difference = x0 - x1
    return (difference**2).sum() / _rows_in(difference)


@_in_float32(2)
def huber_loss(x, t, delta=1.0) -> Variable:
    """Return the mean of a loss that is quadratic for a small d = x - t, else linear.

        d**2 / 2                     where |d| <= delta
        delta * (|d| - delta / 2)    elsewhere

    The line goes on with the slope of the parabola, so outliers pull no harder than
    delta. With c = d clipped to -delta ... delta, both are c * (d - c / 2).
    """
    if isinstance(delta, bool) or not isinstance(delta, numbers.Real) or not delta > 0:
        raise ValueError(refusal("huber_loss", "delta", "a number above 0", delta, 42))
    x, t = _as_pair("huber_loss", x, t)
    difference = x - t
    c = clip(difference, -delta, delta)
    return mean(c * (difference - c / 2))


@_in_float32(2)
def l1_loss(x, t) -> Variable:
    """Return the mean of |x - t|: an outlier counts for no more than its distance.

    >>> import numpy as np
    >>> l1_loss(np.array([1.0, 5.0]), np.array([0.0, 2.0]))
    variable(2.0)
    """
    x, t = _as_pair("l1_loss", x, t)
    return mean(abs(x - t))


def _rows_in(x):
    """Return len(x), in the dtype of a floating x: 1 for a number, nan for no rows.

    The loss of an empty batch is then 0 / nan = nan, without the warning of 0 / 0.
    """
    return _number_for(x, (len(x) or math.nan) if x.ndim else 1)


# --- one class of many ---


class SoftmaxCrossEntropy(Function):
    """y = -mean(log(p[n, t[n]])), gx = gy * (p - onehot) / N, p = softmax(x).

    Softmax and cross entropy are one Function, because the gradient is short only for
    both together. p is computed once, and its logarithm comes from the scores, so it is
    finite where p is 0. On 1024 x 65, forward and backward take half of the time of
    softmax_cross_entropy_simple.

    Shapes: x (N, K) scores, t (N,) or (N, 1) class numbers -> y ().
    """

    def forward(self, x, t):
        t = _as_labels("softmax_cross_entropy", t, x)  # here: t may change
        xp = cuda.get_array_module(x)
        self.t = t
        x = x - x.max(axis=1, keepdims=True)
        self.p = xp.exp(x)
        total = _sum_along(self.p, axis=1)
        self.p /= total
        y = xp.log(total[:, 0]) - x[xp.arange(len(x)), t]
        return y.sum() / _rows_in(y)

    def backward(self, gy):
        x, _ = self.inputs
        # The p of forward will do, unless p itself must be differentiated.
        p = softmax(x) if Config.enable_backprop else self.p
        xp = cuda.get_array_module(gy)
        onehot = xp.zeros(x.shape, self.p.dtype)
        onehot[xp.arange(len(onehot)), self.t] = 1
        return gy / _rows_in(onehot) * (p - onehot), None


@_in_float32(1)
def softmax_cross_entropy(x, t) -> Variable:
    """Return the mean over rows of -log(probability of the true class) (see step 47).

    x: scores (N, K), the logits, before any softmax; t: class numbers.
    Raises ValueError or TypeError unless t has one class of K for each row.

    >>> import numpy as np
    >>> softmax_cross_entropy(np.log([[0.66, 0.24, 0.10]]), [0])
    variable(0.4155)
    """
    x = _as_floats("softmax_cross_entropy", x)
    t = _as_input("softmax_cross_entropy", t, "t", cuda.get_array_module(x))
    return SoftmaxCrossEntropy()(x, t)


@_in_float32(1)  # float16 has no 1e-15
def softmax_cross_entropy_simple(x, t) -> Variable:
    """Return softmax_cross_entropy, computed with softmax, log and get_item.

    Probabilities below 1e-15 count as 1e-15, and get no gradient.
    """
    x = _as_input("softmax_cross_entropy_simple", x)
    t = _as_labels("softmax_cross_entropy_simple", t, x)
    p = clip(softmax(x), 1e-15, 1.0)
    picked = get_item(log(p), (cuda.get_array_module(x).arange(len(t)), t))
    return -picked.sum() / _rows_in(picked)


def nll_loss(log_p, t) -> Variable:
    """Return the mean of -log_p[n, t[n]] over rows n; log_softmax makes such log_p.

    log_p: (N, K) log-probabilities; t: class numbers.
    """
    log_p = _as_input("nll_loss", log_p, "log_p")
    t = _as_labels("nll_loss", t, log_p)
    rows = cuda.get_array_module(log_p).arange(len(t))
    return -mean(get_item(log_p, (rows, t)))


def cross_entropy(x, t, label_smoothing=0.0, ignore_index=None) -> Variable:
    """Return softmax_cross_entropy, with label smoothing, and with rows to ignore.

    label_smoothing: the share of the target that is spread evenly over all K classes.
    ignore_index: rows with this t, such as padding, count neither in the sum nor in N.
    If no row counts, the loss is 0.

    >>> import numpy as np
    >>> cross_entropy(np.zeros((3, 2)), [0, 1, -1], ignore_index=-1)
    variable(0.6931471805599453)
    """
    x = _as_input("cross_entropy", x)
    if not isinstance(label_smoothing, numbers.Real) or not 0 <= label_smoothing <= 1:
        raise ValueError(
            "cross_entropy: expected label_smoothing from 0 to 1, "
            f"got {shown(label_smoothing)} (see step 47)"
        )
    if ignore_index is not None:
        try:
            ignore_index = operator.index(ignore_index)
        except TypeError:
            raise TypeError(
                refusal("cross_entropy", "ignore_index", "an int", ignore_index, 47)
            ) from None
    t = _as_labels("cross_entropy", t, x, ignore_index)
    if ignore_index is not None and len(t):
        return _over_some(x, t, t != ignore_index, label_smoothing)
    if label_smoothing == 0:
        return softmax_cross_entropy(x, t)
    if len(t) == 0:
        return mean(x)
    log_p = log_softmax(x)
    rest = 1 - label_smoothing
    return nll_loss(log_p, t) * rest - mean(log_p) * label_smoothing


@_in_float32(1)
def _over_some(x, t, counts, label_smoothing):
    """Return cross_entropy over the rows that count.

    The other rows become zeros, with a share of 0. So no shape depends on t.
    """
    xp = cuda.get_array_module(x)
    x = where(counts.reshape(-1, 1), _as_floats("cross_entropy", x), 0)
    share = (counts / xp.maximum(counts.sum(), 1)).astype(x.dtype)
    log_p = log_softmax(x)
    right = get_item(log_p, (xp.arange(len(t)), xp.where(counts, t, 0)))
    even = log_p.sum(axis=1) / x.shape[1] if label_smoothing else 0
    return -(share * (right * (1 - label_smoothing) + even * label_smoothing)).sum()


def accuracy(y, t) -> Variable:
    """Return the share of rows of y whose largest element is at t (see step 50).

    Accuracy is not differentiable: the result is a 0-d Variable without a graph.

    >>> import numpy as np
    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), [1, 1])
    variable(0.5)
    """
    y = as_variable(_as_input("accuracy", y, "y"))
    t = _as_labels("accuracy", t, y)
    right = y.data.argmax(axis=1) == t
    share = as_array(right.sum() / _rows_in(right))
    return Variable(share, requires_grad=False)


# --- yes or no ---


@_in_float32(2)
def sigmoid_cross_entropy(x, t) -> Variable:
    """Return -sum(t * log(p) + (1 - t) * log(1 - p)) / N, p = sigmoid(x).

    x: scores of any shape, N the length of their first axis; t: a number from 0 to 1
    for each. A p below 1e-15 counts as 1e-15. A t that is a Variable of floats gets a
    gradient, too.
    """
    x, t = _as_truths("sigmoid_cross_entropy", x, t)
    # -log(p) is softplus(-x), and -log(1 - p) softplus(x): exact where p rounds to 1.
    right = clip(softplus(-x), 0, -math.log(_SMALLEST))
    return (t * right + (1 - t) * softplus(x)).sum() / _rows_in(x)


@_in_float32(2)
def binary_cross_entropy(p, t) -> Variable:
    """Return -sum(t * log(p) + (1 - t) * log(1 - p)) / N for probabilities p.

    p is clipped to 1e-15 ... 0.999, so above 0.999 its gradient is 0. Otherwise this is
    like sigmoid_cross_entropy, which you should prefer.
    """
    p, t = _as_truths("binary_cross_entropy", p, t, "p")
    p = clip(p, _SMALLEST, 0.999)
    return -(t * log(p) + (1 - t) * log(1 - p)).sum() / _rows_in(p)
