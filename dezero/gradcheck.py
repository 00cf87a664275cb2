"""Gradient checks: does backward agree with the slope that we measure?

We can measure a slope without any calculus, by a short chord around x (step 4):

    df/dx ~ (f(x + h) - f(x - h)) / (2 * h)        error ~ h**2

and backward must give the same (step 10):

    gradient_check(F.sin, x)     # True; or False, and a report is printed
    check_gradients(F.sin, x)    # in a test: raises; checks the second derivative, too

A function with many outputs is checked through one number, the sum of w * y with
random weights w. If all weights were 1, errors that cancel in the sum would pass:
the outputs of softmax add up to 1, so a backward of zeros would look right.
"""

import math
from itertools import repeat

import numpy as np

from dezero import cuda
from dezero.core import Function, Variable
from dezero.guards import number, shown, whole

_STEP = 1e-4  # in float64; a much shorter chord drowns in rounding (step 4)

_TOLERANCE = {  # dtype under test: rtol, atol against finite differences
    np.dtype(np.float64): (1e-5, 1e-6),
    np.dtype(np.float32): (1e-3, 1e-4),
}
_ROUNDING = {  # dtype under test: rtol, atol between two computations of one number
    np.dtype(np.float64): (1e-10, 1e-12),
    np.dtype(np.float32): (1e-4, 1e-6),
}


def array_equal(a, b):
    """Return True if a and b, arrays or Variables, have equal shapes and values."""
    return np.array_equal(*[_numbers("array_equal", x, "biufcSUMmO") for x in (a, b)])


def array_allclose(a, b, rtol=1e-4, atol=1e-5):
    """Return True if |a - b| <= atol + rtol * |b| everywhere; arrays or Variables."""
    who = "array_allclose"
    _check_tolerances(who, rtol, atol)
    a, b = _numbers(who, a, "biufc"), _numbers(who, b, "biufc")
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ValueError(
            f"{who}: expected shapes that can be compared, got {a.shape} and {b.shape} "
            "(see step 10)"
        ) from None
    return np.allclose(a, b, rtol=rtol, atol=atol)


def numerical_grad(f, x, *args, **kwargs):
    """Return the slopes of f(x, ...) by central differences: an array shaped like x.

    If f has many outputs, these are the slopes of their sum. f is called twice for each
    element of x, in float64. It gets a Variable if x is one, otherwise an ndarray; a
    function of NumPy, such as np.sin, always gets an ndarray. f may return either, or
    several of them.

    >>> numerical_grad(lambda x: x**2, np.array([1.0, 3.0])).round(6)
    array([2., 6.])
    """
    who = "numerical_grad"
    _check_function(who, f)
    start = _numbers(who, x)
    wraps = _is_variable(x) and not _is_from_numpy(f)

    def outputs(array):
        x_moved = type(x)(array) if wraps else array
        ys = _as_list(f(x_moved, *args, **kwargs))
        return [_numbers(f"{who}: the result of f", y) for y in ys]

    return _central_differences(outputs, start, weights=repeat(1.0))


def gradient_check(f, x, *args, rtol=1e-4, atol=1e-5, **kwargs):
    """Return True if backward of f(x, ...) agrees with finite differences.

    It computes in float64, whatever the dtype of x; the given Variables keep their data
    and grad. On failure it prints a report and returns False. check_gradients checks
    more.
    """
    who = "gradient_check"
    _check_function(who, f)
    _check_tolerances(who, rtol, atol)
    start = _numbers(who, x)
    args = [_fresh(arg) for arg in args]
    kwargs = {name: _fresh(arg) for name, arg in kwargs.items()}

    def f_of_x(x):
        return f(x, *args, **kwargs)

    arrays = {0: start.astype(np.float64)}
    (got,) = _derivatives(f_of_x, [x], arrays, order=1)
    expected = _measured(f_of_x, [x], arrays, order=1, place=0)
    report = _report(expected, got.data, rtol, atol)
    if report:
        print(
            f"gradient_check: x of shape {expected.shape}: backward and "
            f"finite differences disagree (see step 10)\n{report}"
        )
    return not report


def check_gradients(f, *inputs, order=2, rtol=None, atol=None, dtype=np.float64):
    """Raise AssertionError unless the derivatives of f agree with finite differences.

        check_gradients(F.matmul, x, W)
        check_gradients(lambda x: x.sum(axis=1), x, dtype=np.float32)

    Checks the derivatives of order 1 to `order`, with respect to every input that
    has a floating dtype: the value, the shape, the dtype, and that backward gives
    the same with create_graph=True and without. The derivatives of order n are the
    gradients of one number, the randomly weighted sum of all those of order n - 1.

    inputs: arrays or Variables; they are not changed. f gets them as Variables, in
    `dtype` and read-only (a forward that overwrites its inputs fails); inputs that
    are not floating are passed on unchanged. f returns one Variable or several.
    dtype: np.float64, or np.float32: then every gradient must be float32, and is
    compared with finite differences in float64.
    """
    who = "check_gradients"
    _check_function(who, f)
    try:
        dtype = np.dtype(dtype)
    except TypeError:
        pass  # then it is not in _TOLERANCE either
    if not isinstance(dtype, np.dtype) or dtype not in _TOLERANCE:
        got = dtype if isinstance(dtype, np.dtype) else shown(dtype)
        raise ValueError(
            f"{who}: expected dtype float64 or float32, got {got} (see step 10)"
        )
    if whole(who, "order", order, 32, least=-math.inf) < 1:
        raise ValueError(f"{who}: expected order 1 or more, got {order} (see step 32)")
    if order > 9:
        raise ValueError(
            f"{who}: expected order 9 or less, got {order}: each order takes many "
            "times longer than the one before (see step 32)"
        )
    default_rtol, default_atol = _TOLERANCE[dtype]
    rtol = default_rtol if rtol is None else rtol
    atol = default_atol if atol is None else atol
    _check_tolerances(who, rtol, atol)

    arrays = {  # order="K": a transposed array stays transposed in memory
        place: _array(x).astype(dtype, order="K", copy=False)
        for place, x in enumerate(inputs)
        if getattr(getattr(x, "dtype", None), "kind", None) == "f"
    }
    if not arrays:
        kinds = ", ".join(str(getattr(x, "dtype", type(x).__name__)) for x in inputs)
        raise ValueError(
            "check_gradients: expected at least one array or Variable of a floating "
            f"dtype as input, got {kinds or 'no inputs'}"
        )
    exact = {place: x.astype(np.float64) for place, x in arrays.items()}

    def probed_f(*variables):
        return f(*[_Probe(i)(x) if i in arrays else x for i, x in enumerate(variables)])

    for y in _derivatives(f, inputs, arrays, order=0):
        if y.dtype != dtype:
            raise AssertionError(
                f"check_gradients: expected f to return {dtype} for {dtype} inputs, "
                f"got {y.dtype}; f mixes in a constant or an array of that dtype"
            )
    for n in range(1, order + 1):
        grads = _derivatives(probed_f, inputs, arrays, n)
        recorded = _derivatives(probed_f, inputs, arrays, n, create_graph=True)
        for place, grad, grad_recorded in zip(arrays, grads, recorded):
            what = (
                f"check_gradients: derivative of order {n} with respect to input "
                f"{place}"
            )
            expected = _measured(f, inputs, exact, n, place)
            report = _report(expected, grad.data, rtol, atol)
            if report:
                raise AssertionError(
                    f"{what}: backward and finite differences disagree "
                    f"(see step 10)\n{report}"
                )
            report = _report(grad.data, grad_recorded.data, *_ROUNDING[dtype])
            if report:
                raise AssertionError(
                    f"{what}: backward(create_graph=True) (got) disagrees with "
                    f"plain backward() (expected) (see step 32)\n{report}"
                )
            for gradient in grad, grad_recorded:
                _refuse_misfit(gradient, arrays[place], place)


class _Probe(Function):
    """Return x unchanged; in backward, refuse a gradient that does not fit x.

    Without it a wrong dtype would go unnoticed: backward casts the gradient of a leaf.
    """

    def __init__(self, place):
        self.place = place

    def forward(self, x):
        return x

    def backward(self, gy):
        (x,) = self.inputs
        _refuse_misfit(gy, x, self.place)
        return gy


def _refuse_misfit(gradient, x, place):
    """Raise AssertionError unless the gradient has the shape and dtype of x."""
    if (gradient.shape, gradient.dtype) != (x.shape, x.dtype):
        raise AssertionError(
            f"check_gradients: expected a gradient of the shape and dtype of input "
            f"{place}, {x.shape} {x.dtype}, got {gradient.shape} {gradient.dtype} "
            "(see step 40)"
        )


def _derivatives(f, inputs, arrays, order, create_graph=False):
    """Return the derivatives of this order, by backward: a Variable for each array.

    arrays: {place: array}, to use instead of the inputs at these places. Order 0 is f
    itself: its outputs. create_graph is passed to the last backward; those before it
    need the graph anyway. An input that got no gradient is given zeros.
    """
    variables = [_fresh(x) for x in inputs]
    for place, array in arrays.items():
        array = array.view()
        array.flags.writeable = False
        variables[place] = Variable(array)
    xs = [variables[place] for place in arrays]
    ys = _as_list(f(*variables))
    for y in ys:
        if not isinstance(y, Variable):
            raise TypeError(
                "gradient check: expected f to return a Variable (or several), "
                f"got {type(y).__name__}; is a return missing, or does f compute with "
                "NumPy? (see step 10)"
            )
    if not ys:
        raise TypeError(
            "gradient check: expected f to return a Variable (or several), got none "
            "(see step 10)"
        )
    for n in range(1, order + 1):
        weights = [w.astype(y.dtype) for w, y in zip(_weights(ys, n), ys)]
        terms = [(y * w).sum() for w, y in zip(weights, ys)]
        total = sum(terms[1:], start=terms[0])
        for x in xs:
            x.cleargrad()
        if total.requires_grad:  # otherwise it does not depend on xs
            total.backward(create_graph=create_graph or n < order)
        ys = [Variable(np.zeros_like(x.data)) if x.grad is None else x.grad for x in xs]
    return ys


def _measured(f, inputs, arrays, order, place):
    """Return the derivatives for the input at `place`, by finite differences."""

    def below(array):
        """Return the derivatives of one order less, with array as that input."""
        moved = {**arrays, place: array}
        return [y.data for y in _derivatives(f, inputs, moved, order - 1)]

    x = arrays[place]
    return _central_differences(below, x, _weights(below(x), order))


def _central_differences(f, x, weights):
    """Return d sum(w * y for y in f(x)) / dx; f takes an array and returns a list."""
    grad = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        ahead = x.astype(np.float64)  # a copy each: y may be a view of it
        behind = x.astype(np.float64)
        ahead[index] += _STEP
        behind[index] -= _STEP
        # first the difference, then the sum: large terms without x cancel exactly
        rise = sum(
            np.sum(w * np.subtract(y1, y0, dtype=np.float64))
            for w, y1, y0 in zip(weights, f(ahead), f(behind))
        )
        grad[index] = rise / (ahead[index] - behind[index])
    return grad


def _weights(ys, order):
    """Return random weights for ys, the same in every call: checks are repeatable."""
    rng = np.random.default_rng(order)
    return [rng.uniform(0.5, 1.5, size=y.shape) for y in ys]


def _report(expected, got, rtol, atol):
    """Return "" if the arrays agree, else lines that say where they differ most."""
    if got.shape != expected.shape:
        return f"  shapes:      expected {expected.shape}, got {got.shape}"
    wrong = ~np.isclose(got, expected, rtol=rtol, atol=atol)
    if not wrong.any():
        return ""
    with np.errstate(invalid="ignore"):  # inf - inf
        excess = np.abs(got - expected) - rtol * np.abs(expected)
    excess = np.where(wrong, np.nan_to_num(excess, nan=np.inf), -np.inf)
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    lines = [
        f"  worst entry: {[int(i) for i in worst]} of shape {got.shape}",
        f"  expected:    {expected[worst]:.10g}",
        f"  got:         {got[worst]:.10g}",
        f"  wrong:       {wrong.sum()} of {wrong.size} entries, by more than "
        f"{atol:g} + {rtol:g} * |expected|",
    ]
    if not got.any():
        lines.append(
            "  got is all zeros: no gradient came through. Does f, or a backward in "
            "it, compute\n  with .data or with plain arrays, which leave no graph "
            "(see step 32)?"
        )
    return "\n".join(lines)


def _is_variable(x):
    """Return whether x is a Variable, of the package or of any step."""
    return hasattr(x, "data") and not (cuda.is_array(x) or isinstance(x, np.generic))


def _is_from_numpy(f):
    """Return whether f is a function of NumPy, such as np.sin: it refuses Variables."""
    module = getattr(f, "__module__", None) or type(f).__module__
    return module.split(".")[0] == "numpy"


def _array(x):
    """Return the array in a Variable, or anything else, as an array of NumPy."""
    return cuda.as_numpy(x.data if _is_variable(x) else x)


def _numbers(who, x, kinds="biuf"):
    """Return the numbers in x as an array; raise TypeError if there are none."""
    try:
        array = _array(x)
    except (TypeError, ValueError):  # lists of different lengths
        array = np.asarray(None)
    if array.dtype.kind not in kinds:
        got = f"an array of {array.dtype}" if cuda.is_array(x) else shown(x)
        raise TypeError(
            f"{who}: expected an array or a Variable of numbers, got {got} "
            "(see step 10)"
        )
    return array


def _check_function(who, f):
    if not callable(f):
        raise TypeError(f"{who}: expected a function, got {shown(f)} (see step 10)")


def _check_tolerances(who, rtol, atol):
    number(who, "rtol", rtol, 10, least=0)
    number(who, "atol", atol, 10, least=0)


def _fresh(x):
    """Return a new Variable with the data of a Variable x; anything else unchanged."""
    return type(x)(x.data, name=x.name) if isinstance(x, Variable) else x


def _as_list(ys):
    return list(ys) if isinstance(ys, (list, tuple)) else [ys]
