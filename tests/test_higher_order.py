"""Derivatives of any order: known values, every function and operator, and the graphs.

A function of dezero.functions belongs into CASES, an operator or method of Variable
into OPERATORS. A test walks both and refuses one that is missing; each case is then
checked against finite differences up to the third derivative.
"""

import inspect
from collections import Counter
from fractions import Fraction

import numpy
import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Variable
from dezero.core.arraylike import ArrayLike
from dezero.core.extras import Extras
from dezero.gradcheck import check_gradients
from dezero.graph import get_dot_graph


def derivatives(y, x, orders):
    """Return [dy/dx, d2y/dx2, ...], the last one by a backward that records nothing."""
    found = []
    for n in range(1, orders + 1):
        x.cleargrad()
        y.backward(create_graph=n < orders)
        y = x.grad
        found.append(y)
    return found


# ------------------------------------------------------------------ known values


@pytest.mark.parametrize("order", range(1, 9))
@pytest.mark.parametrize("f, first", [(F.sin, 0), (F.cos, 1)])
def test_sin_and_cos(f, first, order):
    """The nth derivative of sin is the nth after it in sin, cos, -sin, -cos."""
    data = np.linspace(-10, 10, 201)
    x = Variable(data)
    cycle = [np.sin(data), np.cos(data), -np.sin(data), -np.cos(data)]
    *_, y = derivatives(f(x), x, order)
    np.testing.assert_allclose(y.data, cycle[(first + order) % 4], rtol=1e-10)


@pytest.mark.parametrize("order", range(1, 7))
def test_tanh(order):
    """It is p(tanh(x)): p starts as y, and each order makes it p'(y) * (1 - y**2).

    In fractions, so what we compare with has no rounding of its own but that of y.
    """
    p = [0, 1]
    for _ in range(order):
        slope = [n * c for n, c in enumerate(p)][1:]
        p = [a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope])]
    data = np.linspace(-3, 3, 61)
    x = Variable(data)
    *_, y = derivatives(F.tanh(x), x, order)
    exact = [
        float(sum(c * Fraction(t) ** n for n, c in enumerate(p)))
        for t in np.tanh(data).tolist()
    ]
    np.testing.assert_allclose(y.data, exact, rtol=1e-10)


@pytest.mark.parametrize("order", range(1, 7))
def test_exp_log_and_powers(order):
    data = np.linspace(0.5, 3, 20)
    factorial = np.prod(np.arange(1.0, order))
    sign = -1 if order % 2 == 0 else 1
    falling = np.prod(2.5 - np.arange(order))
    for f, expected in (
        (F.exp, np.exp(data)),
        (F.log, sign * factorial * data**-order),
        (lambda x: x**2.5, falling * data ** (2.5 - order)),
        (lambda x: 1 / x, -sign * factorial * order * data ** (-1 - order)),
        (lambda x: 2.0**x, np.log(2) ** order * 2**data),
    ):
        x = Variable(data)
        *_, y = derivatives(f(x), x, order)
        np.testing.assert_allclose(y.data, expected, rtol=1e-10)


# ------------------------------------------------- every function and operator

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(2, 2, 3))
P = rng.uniform(0.5, 2.0, size=(2, 3))  # positive
Q = rng.uniform(0.1, 0.9, size=(2, 3))  # probabilities
D = np.array([[0.3, -1.2, 2.1], [-0.4, 1.6, 0.9]])  # no ties, not near a bend
W, B = rng.normal(size=(3, 2)), rng.normal(size=2)
G = np.random.default_rng(1).normal(size=(6, 8))  # gates of 3 in, 2 out
LABELS = np.array([2, 0])
IMAGES = rng.permutation(18).reshape(1, 2, 3, 3) / 9.0  # no ties
KERNELS = rng.normal(size=(2, 2, 2, 2))
ROWS = np.random.default_rng(1).normal(size=(4, 3))
AFFINE = P[0], Y[0]  # gamma and beta
SEEN = np.array([[True, True], [False, False]])  # the second query sees nothing


def case(*inputs, call=None, **kwargs):
    """Describe a check: call(f, *inputs), without call f(*inputs, **kwargs)."""

    def plain(f, *variables):
        return f(*variables, **kwargs)

    return call or plain, inputs


def listed(f, *variables):
    return f(list(variables))


def joined(f, W, U, b):
    return f([W, W * W], [U, U * U], [b, b * b])


def both(f, *variables):
    h, c = f(*variables)
    return h * c


def seeded(f, *variables, **kwargs):
    """Call a function that draws, so that it always draws the same."""
    np.random.seed(0)  # noqa: NPY002
    return f(*variables, **kwargs)


def with_averages(f, x, gamma, beta):
    """Call batch_norm with new running averages, for it changes them."""
    return f(x, gamma, beta, np.zeros(3), np.ones(3))


CASES = {
    "add": [case(X, Y), case(X, 2.0), case(2.0, X), case(X, Y[0])],
    "sub": [case(X, Y), case(2.0, X), case(X[0], Y)],
    "rsub": [case(X, Y), case(X, 2.0)],
    "mul": [case(X, Y), case(X, 2.0), case(X, Y[:, :1])],
    "div": [case(X, P), case(2.0, P), case(X[0], P)],
    "neg": [case(X)],
    "pow": [case(X, 3), case(X, 2), case(X, 0), case(P, 2.5), case(P, Y)],
    "exp": [case(X)],
    "log": [case(P)],
    "sqrt": [case(P)],
    "square": [case(X)],
    "astype": [case(X, "float64")],
    "maximum": [case(D, Y), case(D, 0.5), case(D, Y[0])],
    "minimum": [case(D, Y), case(0.5, D), case(D[:, :1], Y)],
    "abs": [case(D)],
    "sin": [case(X)],
    "cos": [case(X)],
    "tanh": [case(X)],
    "clip": [case(D, x_min=-1.0, x_max=1.0)],
    "sigmoid": [case(X)],
    "sigmoid_simple": [case(X)],
    "relu": [case(D)],
    "leaky_relu": [case(D), case(D, slope=0.5)],
    "elu": [case(D), case(D, alpha=0.5)],
    "gelu": [case(X)],
    "silu": [case(X)],
    "softplus": [case(X)],
    "swiglu": [case(X, Y)],
    "attention": [
        case(X, ROWS, ROWS),
        case(X, X, Y, SEEN, True),
        case(ROWS, Y, X, None, 1),
    ],
    "attention_weights": [case(X, Y), case(X, ROWS, causal=True), case(X, Y, SEEN)],
    "rope": [case(ROWS[:, :2])],
    "softmax": [case(X), case(X, axis=0)],
    "softmax_simple": [case(X)],
    "log_softmax": [case(X), case(X, axis=0)],
    "reshape": [case(X, (3, 2))],
    "transpose": [case(X), case(rng.normal(size=(2, 1, 3)), axes=(1, 2, 0))],
    "expand_dims": [case(X, 1)],
    "squeeze": [case(rng.normal(size=(2, 1, 3)))],
    "flatten": [case(rng.normal(size=(2, 2, 2)))],
    "broadcast_to": [case(X, (2, 2, 3))],
    "sum_to": [case(X, (1, 3)), case(X, (2, 1))],
    "get_item": [case(X, (slice(None), [0, 0, 2])), case(X, 1)],
    "gather": [case(X, np.array([[0, 0, 2], [1, 2, 1]]))],
    "concatenate": [case(X, Y, call=listed)],
    "cat": [case(X, Y, call=listed)],
    "pad": [case(X, 1), case(X, [(0, 2), (1, 0)], 0.5)],
    "stack": [case(X, Y, call=listed)],
    "split": [case(X, [1], 1), case(X, 2)],
    "where": [case(D > 0, X, Y), case(D > 0, X, 2.0)],
    "sum": [case(X), case(X, axis=0), case(X, axis=(0, 1), keepdims=True)],
    "average": [case(X), case(X, axis=1)],
    "mean": [case(X), case(X, axis=1)],
    "max": [case(D), case(D, axis=1)],
    "min": [case(D), case(D, axis=0, keepdims=True)],
    "var": [case(X), case(X, axis=1, ddof=1)],
    "std": [case(X), case(X, axis=1, ddof=1)],
    "cumsum": [case(X), case(X, axis=1)],
    "prod": [case(D), case(X, axis=1), case(D, axis=(0, 1), keepdims=True)],
    "logsumexp": [case(X), case(X, axis=1), case(X, axis=0, keepdims=True)],
    "norm": [case(X), case(X, axis=1), case(X, axis=(0, 1), keepdims=True)],
    "matmul": [case(X, W), case(X[0], W), case(X, W[:, 0]), case(X[0], W[:, 0])],
    "linear": [case(X, W), case(X, W, B)],
    "linear_simple": [case(X, W), case(X, W, B)],
    "einsum": [
        case("ij,jk->ik", X, W),
        case("ij,ij->", X, Y),
        case("ii->i", X[:, :2]),
    ],
    "conv2d": [case(IMAGES, KERNELS, B), case(IMAGES, KERNELS, stride=(2, 1), pad=1)],
    "conv2d_simple": [case(IMAGES, KERNELS, B, pad=(0, 1))],
    "deconv2d": [
        case(IMAGES, KERNELS, B, pad=1),
        case(IMAGES, KERNELS, stride=(2, 1), outsize=(7, 4)),
    ],
    "pooling": [case(IMAGES, 2), case(IMAGES, (3, 2), stride=2, pad=1)],
    "pooling_simple": [case(IMAGES, 2, pad=(1, 0))],
    "average_pooling": [case(IMAGES, 2), case(IMAGES, (3, 2), stride=2, pad=1)],
    "im2col": [case(IMAGES, 2), case(IMAGES, (1, 2), 2, 1, to_matrix=False)],
    "col2im": [case(rng.normal(size=(4, 8)), (1, 2, 3, 3), 2)],
    "join_gates": [case(W, W.T @ W, B, call=joined)],
    "lstm_cell": [case(X, Y[:, :2], Y[:, 1:], G[:, :8], call=both)],
    "gru_cell": [case(X, Y[:, :2], G[:, :6])],
    "mean_squared_error": [case(X, Y)],
    "mean_squared_error_simple": [case(X, Y)],
    "l1_loss": [case(D, np.zeros((2, 3)))],
    "huber_loss": [case(D, np.zeros((2, 3)))],
    "softmax_cross_entropy": [case(X, LABELS)],
    "softmax_cross_entropy_simple": [case(X, LABELS)],
    "nll_loss": [case(X, LABELS)],
    "cross_entropy": [case(X, LABELS), case(X, LABELS, label_smoothing=0.1)],
    "sigmoid_cross_entropy": [case(X, np.eye(2, 3, dtype=int))],
    "binary_cross_entropy": [case(Q, np.eye(2, 3, dtype=int))],
    "batch_norm": [case(ROWS, *AFFINE, call=with_averages)],
    "batch_nrom": [case(ROWS, *AFFINE, call=with_averages)],
    "layer_norm": [case(ROWS, *AFFINE)],
    "rms_norm": [case(ROWS, P[0])],
    "group_norm": [case(ROWS[:2, :, None], 1, *AFFINE)],
    "dropout": [case(X, call=seeded)],
    "embed_id": [case(np.array([1, 0, 1]), W)],
}
WITHOUT_DERIVATIVE = {
    "accuracy": "it counts",
    "as_array": "it makes a leaf",
    "as_variable": "it makes a leaf",
    "pair": "it reads a setting",
    "get_conv_outsize": "it counts places",
    "get_deconv_outsize": "it counts places",
    "im2col_array": "on arrays; im2col is its Function",
    "col2im_array": "on arrays; col2im is its Function",
}


def unchecked(namespace, cases, without=()):
    """Return the public functions of a namespace that have no case."""
    return [
        name
        for name, thing in vars(namespace).items()
        if inspect.isfunction(thing)
        and not name.startswith("_")
        and name not in cases
        and name not in without
    ]


def test_every_function_is_checked():
    missing = unchecked(F, CASES, WITHOUT_DERIVATIVE)
    assert not missing, (
        f"dezero.functions.{missing[0]} and {len(missing) - 1} more have no check of "
        f"their derivatives; add to CASES in {__name__}: {', '.join(missing)}"
    )


def test_a_function_without_a_check_is_refused():
    class Planted:
        """A namespace with one function too many."""

        sin = F.sin
        Sin = F.Sin
        _helper = staticmethod(lambda x: x)
        number = 3

        def bent_sin(x):
            return F.sin(x) ** 2

    assert unchecked(Planted, CASES) == ["bent_sin"]
    assert unchecked(Planted, {**CASES, "bent_sin": []}) == []
    assert unchecked(Planted, CASES, {"bent_sin": "a reason"}) == []


def test_no_case_is_left_behind():
    """Every name in the tables is that of a function, and has at least one case."""
    assert [name for name in CASES if not callable(getattr(F, name, None))] == []
    assert all(CASES.values())
    assert CASES.keys().isdisjoint(WITHOUT_DERIVATIVE)


@pytest.mark.parametrize(
    "name, call, inputs",
    [(name, *checked) for name, several in CASES.items() for checked in several],
)
def test_function(name, call, inputs):
    f = getattr(F, name)
    assert_checked(lambda *variables: call(f, *variables), inputs)


def assert_checked(f, inputs):
    """Check the first, second and third derivatives against finite differences."""
    check_gradients(f, *inputs, order=3, rtol=1e-4, atol=1e-5)


class SinOfStep27(Function):
    """Right at first order, and then the graph ends: its backward uses arrays."""

    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        return gy * np.cos(self.inputs[0].data)


def test_a_function_without_a_second_derivative_is_refused():
    check_gradients(SinOfStep27(), X, order=1)
    with pytest.raises(AssertionError, match="order 2 .*disagree"):
        assert_checked(lambda x: SinOfStep27()(x), [X])


def test_a_function_without_a_third_derivative_is_refused():
    class Cos(Function):
        def forward(self, x):
            return np.cos(x)

        def backward(self, gy):
            return gy * -np.sin(self.inputs[0].data)

    class Sin(Function):
        def forward(self, x):
            return np.sin(x)

        def backward(self, gy):
            return gy * Cos()(self.inputs[0])

    check_gradients(lambda x: Sin()(x), X, order=2)
    with pytest.raises(AssertionError, match="order 3 .*disagree"):
        assert_checked(lambda x: Sin()(x), [X])


OPERATORS = {
    "__add__": [(lambda x, y: x + y, X, Y), (lambda x: x + 2.0, X)],
    "__radd__": [(lambda x: 2.0 + x, X)],
    "__sub__": [(lambda x, y: x - y, X, Y), (lambda x: x - 2, X)],
    "__rsub__": [(lambda x: 2.0 - x, X)],
    "__mul__": [(lambda x, y: x * y, X, Y), (lambda x: x * x, X)],
    "__rmul__": [(lambda x: 2.0 * x, X)],
    "__truediv__": [(lambda x, y: x / y, X, P), (lambda x: x / x**2, P)],
    "__rtruediv__": [(lambda x: 2.0 / x, P)],
    "__pow__": [(lambda x: x**3, X), (lambda x: x**-1.5, P), (lambda x, y: x**y, P, X)],
    "__rpow__": [(lambda x: 2.0**x, X)],
    "__matmul__": [(lambda x, y: x @ y, X, W)],
    "__rmatmul__": [(lambda y: X.tolist() @ y, W)],
    "__neg__": [(lambda x: -x, X), (lambda x: -(x**3), X)],
    "__getitem__": [(lambda x: x[:, [0, 0, 2]] ** 3, X), (lambda x: x[1] * x[0], X)],
    "__iter__": [(lambda x: [row**3 for row in x], X)],
    "__array_ufunc__": [  # an array on the left
        (lambda x: Y + x * x, X),
        (lambda x: Y - x * x, X),
        (lambda x: Y * x * x, X),
        (lambda x: Y / x, P),
        (lambda x: P**x, X),
        (lambda y: X @ y, W),
        (lambda x: np.multiply(Y, x) * x, X),
    ],
    "__array_function__": [
        # numpy and not np: a Variable on a GPU is NumPy's to ask about, too
        (lambda x: numpy.sum(x * x, axis=0), X),
        (lambda x, y: numpy.concatenate([x, y], axis=1) ** 3, X, Y),
    ],
    "__pos__": [(lambda x: (+x) ** 3, X)],
    "__abs__": [(lambda x: abs(x) ** 3, X)],
    "T": [(lambda x: x.T**3, X)],
    "reshape": [(lambda x: x.reshape(3, 2) ** 3, X)],
    "transpose": [(lambda x: x.transpose(1, 0) ** 3, X)],
    "sum": [(lambda x: x.sum(axis=0) ** 3, X)],
    "max": [(lambda x: x.max(axis=1) ** 3, D)],
    "min": [(lambda x: x.min() ** 3, D)],
    "matmul": [(lambda x, y: x.matmul(y), X, W)],
    "dot": [(lambda x, y: x.dot(y) ** 2, X, W)],
    "mean": [(lambda x: x.mean(axis=0) ** 3, X)],
    "var": [(lambda x: x.var(axis=1, ddof=1), X)],
    "std": [(lambda x: x.std(axis=1), X)],
    "prod": [(lambda x: x.prod(axis=1), X)],
    "cumsum": [(lambda x: x.cumsum(axis=1) ** 3, X)],
    "logsumexp": [(lambda x: x.logsumexp(axis=1), X)],
    "norm": [(lambda x: x.norm(axis=1), X)],
    "exp": [(lambda x: x.exp(), X)],
    "log": [(lambda x: x.log(), P)],
    "sqrt": [(lambda x: x.sqrt(), P)],
    "square": [(lambda x: x.square() * x, X)],
    "abs": [(lambda x: x.abs() ** 3, X)],
    "clip": [(lambda x: x.clip(-1.0, 1.0) ** 3, D)],
    "sin": [(lambda x: x.sin(), X)],
    "cos": [(lambda x: x.cos(), X)],
    "tanh": [(lambda x: x.tanh(), X)],
    "sigmoid": [(lambda x: x.sigmoid(), X)],
    "relu": [(lambda x: x.relu() ** 3, D)],
    "leaky_relu": [(lambda x: x.leaky_relu(0.1) ** 3, D)],
    "elu": [(lambda x: x.elu(0.5), D)],
    "gelu": [(lambda x: x.gelu(), X)],
    "silu": [(lambda x: x.silu(), X)],
    "softplus": [(lambda x: x.softplus(), X)],
    "softmax": [(lambda x: x.softmax(), X)],
    "log_softmax": [(lambda x: x.log_softmax(axis=0), X)],
    "squeeze": [(lambda x: x.squeeze(0) ** 3, X[None])],
    "flatten": [(lambda x: x.flatten() ** 3, X)],
    "ravel": [(lambda x: x.ravel() ** 3, X)],
    "copy": [(lambda x: x.copy() ** 3, X)],
    "astype": [(lambda x: x.astype("float64") ** 3, X)],
}
NOT_COMPUTED = {  # members of Variable that compute nothing to differentiate
    *("__init__", "__len__", "__repr__", "__setitem__"),
    *("__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__float__", "__int__"),
    *("__array__", "__getstate__", "shape", "ndim", "size", "dtype"),
    *("set_creator", "unchain", "unchain_backward", "cleargrad", "backward"),
    *("to_cpu", "to_gpu", "is_leaf", "grad_fn", "requires_grad_", "detach"),
    *("retain_grad", "register_hook", "clear_grad", "__dir__"),
    *("data", "grad", "__str__", "__setstate__"),
    *("argmax", "argmin", "item", "tolist", "__round__", "__format__"),
}


def members(cls):
    """Return the names of the methods and properties that a class body defines."""
    return {
        name
        for name, thing in vars(cls).items()
        if (inspect.isfunction(thing) or isinstance(thing, property))
        and (name.startswith("__") or not name.startswith("_"))
    }


def test_every_operator_is_checked():
    everything = members(ArrayLike) | members(Extras) | members(Variable)
    assert everything - NOT_COMPUTED == OPERATORS.keys()


def test_an_operator_without_a_check_is_refused():
    class Planted(Variable):
        def __xor__(self, other):
            return self**other

        @property
        def H(self):
            return self.T

    assert members(Planted) == {"__xor__", "H"}
    assert not members(Planted) & (NOT_COMPUTED | OPERATORS.keys())


@pytest.mark.parametrize(
    "name, f, inputs",
    [
        (name, f, inputs)
        for name, several in OPERATORS.items()
        for f, *inputs in several
    ],
)
def test_operator(name, f, inputs, monkeypatch):
    """Up to the third derivative, and the operator is really used."""
    calls = []
    member = getattr(Variable, name)
    real = member.fget if isinstance(member, property) else member

    def counted(*arguments, **kwargs):
        calls.append(name)
        return real(*arguments, **kwargs)

    monkeypatch.setattr(
        Variable, name, property(counted) if real is not member else counted
    )
    f(*[Variable(x) for x in inputs])
    assert calls
    monkeypatch.undo()
    assert_checked(f, inputs)


# ------------------------------------------------------------- the graphs, on paper


def nodes(y):
    """Count a graph by its DOT text: Functions by class, Variables, and edges."""
    text = get_dot_graph(y, verbose=False)
    boxes = [line for line in text.splitlines() if "shape=box" in line]
    functions = Counter(line.split('"')[1] for line in boxes)
    variables = {line for line in text.splitlines() if "color=orange" in line}
    return dict(functions), len(variables), text.count("->")


HAND = {
    # gx = gy * cos(x); y itself is not needed
    ("sin", 1): ({"Cos": 1, "Mul": 1}, 4, 5),
    # of gy * cos(x): ggx * gy, times -sin(x)
    ("sin", 2): ({"Mul": 2, "Neg": 1, "Sin": 1}, 7, 10),
    ("cos", 1): ({"Sin": 1, "Neg": 1, "Mul": 1}, 5, 7),
    # of gy * -sin(x): -(ggx * gy), times cos(x)
    ("cos", 2): ({"Mul": 2, "Neg": 1, "Cos": 1}, 7, 10),
    # gy * (1 - y * y), with y = tanh(x)
    ("tanh", 1): ({"Tanh": 1, "Mul": 2, "Sub": 1}, 7, 11),
    # s = -(ggx * gy) reaches y * y, both of its sides: s * y + s * y.
    # Times 1 - y * y, computed anew.
    ("tanh", 2): ({"Tanh": 1, "Mul": 5, "Neg": 1, "Add": 1, "Sub": 1}, 13, 25),
}


@pytest.mark.parametrize("name, order", HAND)
def test_graph_by_hand(name, order):
    x = Variable(np.array(1.0))
    y = getattr(F, name)(x)
    for _ in range(order):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
    assert nodes(y) == HAND[name, order]


class Paper:
    """A Variable that holds no data: who computed it from what, and when."""

    def __init__(self, name=None, inputs=()):
        self.name, self.inputs = name, inputs
        self.generation = 1 + max((x.generation for x in inputs), default=-1)


def call(name):
    return lambda *inputs: Paper(name, inputs)


add, sub, mul, neg = (call(name) for name in ("Add", "Sub", "Mul", "Neg"))
sin, cos, tanh = (call(name) for name in ("Sin", "Cos", "Tanh"))

RULES = {  # the contract's: the gradients of the inputs, from gy and the result y
    "Add": lambda gy, y, a, b: (gy, gy),
    "Sub": lambda gy, y, a, b: (gy, neg(gy)),
    "Mul": lambda gy, y, a, b: (mul(gy, b), mul(gy, a)),
    "Neg": lambda gy, y, a: (neg(gy),),
    "Sin": lambda gy, y, x: (mul(gy, cos(x)),),
    "Cos": lambda gy, y, x: (mul(gy, neg(sin(x))),),
    "Tanh": lambda gy, y, x: (mul(gy, sub(Paper(), mul(y, y))),),
}


def computed(y):
    """Return all results that lead to y, the last ones first; leaves are none."""
    found, waiting = {}, [y]
    while waiting:
        v = waiting.pop()
        if v.name and id(v) not in found:
            found[id(v)] = v
            waiting += v.inputs
    return sorted(found.values(), key=lambda v: -v.generation)


def gradient(y, x):
    """Do a backward on paper, by the rules of the contract; return that of x."""
    grads = {id(y): Paper()}
    for v in computed(y):
        gxs = RULES[v.name](grads[id(v)], v, *v.inputs)
        for u, gu in zip(v.inputs, gxs):
            grads[id(u)] = add(grads[id(u)], gu) if id(u) in grads else gu
    return grads[id(x)]


@pytest.mark.parametrize("name", ["sin", "cos", "tanh"])
def test_graphs_of_order_1_to_5(name):
    x, u = Variable(np.array(1.0)), Paper()
    y, v = getattr(F, name)(x), call(name.capitalize())(u)
    for _ in range(5):
        x.cleargrad()
        y.backward(create_graph=True)
        y, v = x.grad, gradient(v, u)
        drawn = computed(v)
        functions = Counter(w.name for w in drawn)
        variables = {id(w) for w in drawn} | {id(w) for d in drawn for w in d.inputs}
        edges = sum(len(w.inputs) + 1 for w in drawn)
        assert nodes(y) == (dict(functions), len(variables), edges)
        assert shapes(real_results(y)) == shapes(drawn)


def real_results(y):
    """Return the graph behind a real Variable as Papers, to compare."""
    papers, waiting = {}, [y]
    found = {}
    while waiting:
        v = waiting.pop()
        if id(v) not in found:
            found[id(v)] = v
            waiting += v.creator.inputs if v.creator else []
    for v in sorted(found.values(), key=lambda v: v.generation):
        inputs = [papers[id(x)] for x in v.creator.inputs] if v.creator else []
        name = type(v.creator).__name__ if v.creator else None
        papers[id(v)] = Paper(name, tuple(inputs))
    return computed(papers[id(y)])


def shapes(results):
    """Count results by what computed them: class, and the same of the inputs.

    The order of factors and of summands does not count, nor does which two of three
    summands met first: of a sum's parts only the whole is looked at.
    """
    known = {}

    def summands(v):
        if v.name != "Add":
            return [shape(v)]
        return [part for x in v.inputs for part in summands(x)]

    def shape(v):
        if id(v) not in known:
            if v.name == "Add":
                inputs = sorted(summands(v))
            else:
                inputs = [shape(x) for x in v.inputs]
            if v.name == "Mul":
                inputs.sort()
            known[id(v)] = hash((v.name or "leaf", *inputs))
        return known[id(v)]

    return Counter(shape(v) for v in results if v is results[0] or v.name != "Add")
