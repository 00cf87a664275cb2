"""Losses: one number that says how wrong a batch is, to be made small.

Letters: x what the model says, t what is true; y the loss; gx, gy gradients. N rows
in a batch, K classes. p are probabilities.

t of a classifier is a class number for every row: an array, a Variable or a list of
ints, (N,) or (N, 1). It gets no gradient.
"""

import math
import numbers
import operator

import numpy as np

from dezero import cuda
from dezero.core import (
    Config,
    Function,
    Variable,
    _as_input,
    _precisely,
    _unwrap,
    as_array,
    as_variable,
    log,
    sub,
    sum_to,
    where,
)
from dezero.functions.activation import (
    _shifted,
    _sum_along,
    log_softmax,
    softmax,
    softplus,
)
from dezero.functions.elementwise import abs, clip
from dezero.functions.reduction import mean
from dezero.functions.shape import _broadcasts, get_item
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

_SMALLEST = 1e-15  # no probability counts as less: its logarithm is -34.5


# --- regression ---


class MeanSquaredError(Function):
    """y = sum((x0 - x1)**2) / N, gx0 = gy * (2 / N) * (x0 - x1), gx1 = -gx0.

    N is the length of the first axis, not the number of elements. The differences
    are computed again on the way back, so none are kept.
    """

    def forward(self, x0, x1):
        _check_pairs("mean_squared_error", x0, x1)
        difference = x0 - x1
        self.count = _rows_in(difference)
        y = (difference * difference).sum()
        return y / y.dtype.type(self.count)

    def backward(self, gy):
        x0, x1 = self.inputs
        gx0 = (x0 - x1) * (gy * (2 / self.count))
        gx1 = sum_to(-gx0, x1.shape) if self.needs_grad(1) else None
        return sum_to(gx0, x0.shape), gx1


def mean_squared_error(x0, x1) -> Variable:
    """Return sum((x0 - x1)**2) / N, N the length of the first axis (see step 42).

    Raises ValueError unless x0 broadcasts to the shape of x1, or x1 to that of x0.

    >>> mean_squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros((2, 2)))
    variable(15.0)
    """
    x0, x1 = _as_pair("mean_squared_error", x0, x1)
    return _precisely(MeanSquaredError(), x0, x1)


def mean_squared_error_simple(x0, x1) -> Variable:
    """Return mean_squared_error, written as its formula: four Functions, not one."""
    x0, x1 = _as_pair("mean_squared_error_simple", x0, x1)

    def from_formula(x0, x1):
        difference = sub(x0, x1)
        return (difference**2).sum() / _rows_in(difference)

    return _precisely(from_formula, x0, x1)


def huber_loss(x, t, delta=1.0) -> Variable:
    """Return the mean of d**2 / 2 where |d| <= delta, d = x - t, else of a line.

        delta * (|d| - delta / 2)

    which goes on with the same slope, so that outliers pull no harder than delta.
    With c = d clipped to -delta ... delta both are c * (d - c / 2).
    """
    if isinstance(delta, bool) or not isinstance(delta, numbers.Real) or not delta > 0:
        raise ValueError(refusal("huber_loss", "delta", "a number above 0", delta, 42))
    x, t = _as_pair("huber_loss", x, t)

    def from_formula(x, t):
        difference = sub(x, t)
        c = clip(difference, -delta, delta)
        return mean(c * (difference - c / 2))

    return _precisely(from_formula, x, t)


def l1_loss(x, t) -> Variable:
    """Return the mean of |x - t|: an outlier counts for no more than its distance.

    >>> l1_loss(np.array([1.0, 5.0]), np.array([0.0, 2.0]))
    variable(2.0)
    """
    x, t = _as_pair("l1_loss", x, t)
    return _precisely(lambda x, t: mean(abs(sub(x, t))), x, t)


def _as_pair(name, x0, x1):
    """Return x0 and x1 as Variables or arrays, if the smaller fits the larger."""
    xs = [_as_input(name, x0, "x0"), _as_input(name, x1, "x1")]
    _check_pairs(name, *xs)
    for i, x in enumerate((x0, x1)):
        if xs[i] is not x and not xs[i].shape and xs[1 - i].dtype.kind == "f":
            xs[i] = xs[i].astype(xs[1 - i].dtype)  # a number takes the array's dtype
    return xs


def _rows_in(x):
    """Return the length of the first axis, 1 for a number, nan if there are no rows.

    So an empty batch has the loss 0 / nan, which is nan; 0 / 0 would warn as well.
    """
    return (len(x) or math.nan) if x.ndim else 1


def _check_pairs(name, x0, x1):
    """Raise ValueError unless the smaller of x0 and x1 broadcasts to the larger.

    (N, 1) and (N,) broadcast too, to a table of all pairs: nobody means that.
    """
    a, b = (getattr(x, "shape", ()) for x in (x0, x1))  # () for a number
    if not _broadcasts(a, b) and not _broadcasts(b, a):
        raise ValueError(
            f"{name}: expected equal shapes, or one that broadcasts to the other, got "
            f"{a} and {b}; reshape one of them (see step 42)"
        )


# --- one class of many ---


class SoftmaxCrossEntropy(Function):
    """y = -mean(log(p[n, t[n]])), gx = gy * (p - onehot) / N, p = softmax(x).

    In one Function: the gradient is short only for both together, p is computed
    once, and its logarithm comes from the scores, so it is finite where p is 0. Takes
    0.45 of the time of softmax_cross_entropy_simple on 1024 x 65, forward and back.

    Shapes: x (N, K) scores, t (N,) or (N, 1) class numbers -> y ().
    """

    def forward(self, x, t):
        self.t = _class_numbers("softmax_cross_entropy", x, t)
        xp = cuda.get_array_module(x)
        x = _shifted(x, axis=1)
        self.p = xp.exp(x)
        total = _sum_along(self.p, axis=1)
        self.p /= total
        return (xp.log(total[:, 0]) - x[xp.arange(len(x)), self.t]).mean()

    def backward(self, gy):
        x, t = self.inputs
        xp = cuda.get_array_module(gy)
        onehot = xp.zeros(x.shape, self.p.dtype)  # floating: ints would make it float64
        onehot[xp.arange(len(onehot)), self.t] = 1
        # p is known, unless it is to be differentiated in its turn.
        p = self.p if Config.bare else softmax(x)
        gx = p - onehot
        gx *= gy / len(onehot)
        return gx, None


def softmax_cross_entropy(x, t) -> Variable:
    """Return -log(probability of the true class), the mean over rows (see step 47).

    x: scores (N, K), of which softmax would make probabilities; t: class numbers.
    Raises ValueError or TypeError where t does not say one class of K for each row.

    >>> softmax_cross_entropy(np.log([[0.66, 0.24, 0.10]]), [0])
    variable(0.4155)
    """
    x = _as_input("softmax_cross_entropy", x)
    t = _as_input("softmax_cross_entropy", t, "t", cuda.get_array_module(x))
    if x.ndim == 2 and len(x) == 0:  # nan, of x's shape the gradient
        _class_numbers("softmax_cross_entropy", x, t)
        return mean(x)
    return _precisely(lambda x: SoftmaxCrossEntropy()(x, t), x)


def softmax_cross_entropy_simple(x, t) -> Variable:
    """Return softmax_cross_entropy, from softmax, log and get_item.

    Probabilities below 1e-15 count as 1e-15, and get no gradient.
    """
    x = _as_input("softmax_cross_entropy_simple", x)
    t = _class_numbers("softmax_cross_entropy_simple", x, t)
    if len(t) == 0:
        return mean(x)
    p = clip(softmax(x), _SMALLEST, 1.0)
    return nll_loss(log(p), t)


def nll_loss(log_p, t) -> Variable:
    """Return -log_p[n, t[n]], the mean over rows: log_softmax goes before it.

    log_p: (N, K) log-probabilities; t: class numbers.
    """
    log_p = _as_input("nll_loss", log_p, "log_p")
    t = _class_numbers("nll_loss", log_p, t)
    rows = cuda.get_array_module(log_p).arange(len(t))
    return -mean(get_item(log_p, (rows, t)))


def cross_entropy(x, t, label_smoothing=0.0, ignore_index=None) -> Variable:
    """Return softmax_cross_entropy with softer labels, over the rows that count.

    label_smoothing: the share of the truth that is spread evenly over all K classes.
    ignore_index: rows with this t, padding say, count neither in the sum nor in N.
    If none counts, the loss is 0.

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
    t = _class_numbers("cross_entropy", x, t, ignore_index)
    if ignore_index is not None and len(t):
        return _precisely(lambda x: _over_some(x, t, label_smoothing, ignore_index), x)
    if label_smoothing == 0:
        return softmax_cross_entropy(x, t)
    if len(t) == 0:
        return mean(x)
    log_p = log_softmax(x)
    rest = 1 - label_smoothing
    return nll_loss(log_p, t) * rest - mean(log_p) * label_smoothing


def _over_some(x, t, label_smoothing, ignore_index):
    """Return cross_entropy over the rows whose t is not ignore_index.

    The others become rows of zeros, whose share is 0: so no shape depends on t.
    """
    xp = cuda.get_array_module(x)
    counts = t != ignore_index
    x, t = where(counts.reshape(-1, 1), x, 0), xp.where(counts, t, 0)
    share = counts / xp.maximum(counts.sum(), 1)
    share = share.astype(x.dtype if x.dtype.kind == "f" else np.float64)
    log_p = log_softmax(x)
    right = get_item(log_p, (xp.arange(len(t)), t))
    even = log_p.sum(axis=1) / x.shape[1] if label_smoothing else 0
    return -(share * (right * (1 - label_smoothing) + even * label_smoothing)).sum()


def accuracy(y, t) -> Variable:
    """Return the share of rows of y whose largest element stands at t (see step 50).

    Not differentiable: a 0-d Variable that no backward goes through.

    >>> accuracy(np.array([[0.1, 0.9], [0.8, 0.2]]), [1, 1])
    variable(0.5)
    """
    y = _unwrap(_as_input("accuracy", y, "y"))
    t = _class_numbers("accuracy", y, t)
    if len(t) == 0:
        return Variable(as_array(math.nan), requires_grad=False)
    right = y.argmax(axis=1) == t
    return Variable(as_array(right.mean()), requires_grad=False)


def _class_numbers(name, x, t, ignore_index=None):
    """Return t as an array (N,) that holds a column of x (N, K) for each row."""
    t = _unwrap(_as_input(name, t, "t", cuda.get_array_module(x)))
    if t.size == 0 and t.dtype.kind == "f":  # what NumPy makes of []
        t = t.astype(int)
    if x.ndim != 2 or t.shape not in (x.shape[:1], (x.shape[0], 1)):
        raise ValueError(
            f"{name}: expected rows (N, K) and class numbers (N,), got {x.shape} and "
            f"{t.shape}; of one-hot rows, t.argmax(axis=1) is the number (see step 47)"
        )
    if t.dtype.kind not in "iu":
        raise TypeError(
            f"{name}: expected class numbers, ints, got {t.dtype} (see step 47)"
        )
    t = t.reshape(-1)
    xp = cuda.get_array_module(t)
    known = t if ignore_index is None else xp.where(t == ignore_index, 0, t)
    if known.size and not (known.min() >= 0 and known.max() < x.shape[1]):
        known = t if ignore_index is None else t[t != ignore_index]
        raise ValueError(
            f"{name}: expected class numbers from 0 to {x.shape[1] - 1}, one for each "
            f"column, got {known.min()} to {known.max()} (see step 47)"
        )
    return t


# --- yes or no ---


def sigmoid_cross_entropy(x, t) -> Variable:
    """Return -sum(t * log(p) + (1 - t) * log(1 - p)) / N, p = sigmoid(x).

    x: scores of any shape, N their first axis; t: 0 or 1, or between, for each. No p
    counts as less than 1e-15. A Variable t of floats gets a gradient too.
    """
    x, t = _truths("sigmoid_cross_entropy", x, t)

    def from_formula(x, t):
        # -log(p) is softplus(-x), and -log(1 - p) softplus(x): exact where p rounds
        # to 1.
        right = clip(softplus(-x), 0, -math.log(_SMALLEST))
        return (t * right + (1 - t) * softplus(x)).sum() / _rows_in(x)

    return _precisely(from_formula, x, t)


def binary_cross_entropy(p, t) -> Variable:
    """Return -sum(t * log(p) + (1 - t) * log(1 - p)) / N for probabilities p.

    p is clipped to 1e-15 ... 0.999, so above 0.999 its gradient is 0. Otherwise as
    sigmoid_cross_entropy, which is to be preferred.
    """
    p, t = _truths("binary_cross_entropy", p, t, "p")

    def from_formula(p, t):
        p = clip(p, _SMALLEST, 0.999)
        return -(t * log(p) + (1 - t) * log(1 - p)).sum() / _rows_in(p)

    return _precisely(from_formula, p, t)


def _truths(name, x, t, x_name="x"):
    """Return x, and t in its shape: as a Variable of floats, or an array of floats."""
    x = as_variable(_as_input(name, x, x_name))
    t = _as_input(name, t, "t", cuda.get_array_module(x))
    is_variable, t = isinstance(t, Variable), as_variable(t)
    if t.size != x.size or (t.ndim == x.ndim and t.shape != x.shape):
        raise ValueError(
            f"{name}: expected a t for each element of x, got shapes {x.shape} and "
            f"{t.shape} (see step 47)"
        )
    if is_variable and t.dtype.kind == "f":
        return x, t.reshape(x.shape)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    return x, t.data.reshape(x.shape).astype(dtype)
