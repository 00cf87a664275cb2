"""Gradient checks of every operation in dezero.core, to second order or more.

CASES names them all. Each is checked in float64 and float32, in the plain and in
the recorded backward pass; two tests walk dezero.core and refuse a Function or a
method of Variable that no case uses, so a new one cannot be forgotten.
"""

import operator
from itertools import product

import numpy as np
import pytest

from dezero import Function, Variable, core
from dezero.core import (
    AsType,
    BroadcastTo,
    Copy,
    GetItemGrad,
    SumTo,
    add,
    broadcast_to,
    div,
    get_item,
    log,
    matmul,
    mul,
    neg,
    pow,
    rdiv,
    reshape,
    rsub,
    sub,
    sum_to,
    transpose,
    where,
)
from dezero.core.arraylike import ArrayLike
from dezero.core.extras import Extras
from dezero.gradcheck import check_gradients

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape)


def positive(*shape):
    return RNG.uniform(0.5, 2.0, size=shape)


def nonzero(*shape):
    """Both signs, and nothing near 0, where 1/x is too steep to measure."""
    return np.asarray(positive(*shape) * RNG.choice([-1.0, 1.0], size=shape))


def distinct(*shape):
    """All elements at least 0.1 apart: a step of 1e-4 changes no maximum."""
    size = int(np.prod(shape))
    return (RNG.permutation(size).reshape(shape) - size / 2) / 10


def not_contiguous(sample):
    """Yield (how, array): the arrays that no straight loop over memory reads."""
    yield "transposed", sample(3, 2).T
    yield "gaps", sample(4, 9)[::2, ::3]
    yield "reversed", sample(2, 3)[::-1, ::-1]
    yield "repeated", np.broadcast_to(sample(3), (2, 3))
    yield "axes moved", sample(3, 1, 2).transpose(2, 1, 0)


def layouts(sample):
    """Yield (how, array): a number, a table, none, and one that repeats itself."""
    for shape in (), (2, 3), (0, 3):
        yield str(shape), sample(*shape)
    yield "repeated", np.broadcast_to(sample(3), (2, 3))


SOME = np.array([[True, False, True], [False, False, True]])

CASES = {}  # name: (f, inputs, order)


def case(name, f, *inputs, order=2):
    """Note that f(*inputs) is to be checked, by every input of a floating dtype.

    The other inputs (shapes, axes, indices, Python numbers) are handed to f as
    they are.
    """
    name = " ".join(name.split())  # an array prints in several lines
    assert name not in CASES, name
    CASES[name] = (f, inputs, order)


def constant_right(f, c):
    """Return f(x, c) as a function of x alone."""
    return lambda x: f(x, cast(c, x))


def constant_left(f, c):
    """Return f(c, x) as a function of x alone."""
    return lambda x: f(cast(c, x), x)


def cast(c, x):
    """Return an array in the dtype of x; a number, even NumPy's, needs no cast."""
    return c.astype(x.dtype) if isinstance(c, np.ndarray) else c


# --- arithmetic ---

OPERATORS = {  # name: (f, sampler of the left side, of the right side)
    "+": (operator.add, normal, normal),
    "-": (operator.sub, normal, normal),
    "*": (operator.mul, normal, normal),
    "/": (operator.truediv, normal, nonzero),
    "**": (operator.pow, positive, normal),
}
FUNCTIONS = {
    "add": (add, normal, normal),
    "sub": (sub, normal, normal),
    "rsub": (rsub, normal, normal),
    "mul": (mul, normal, normal),
    "div": (div, normal, nonzero),
    "rdiv": (rdiv, nonzero, normal),
    "pow": (pow, positive, normal),
}
SHAPES = [  # of both sides
    ((), ()),
    ((2, 3), (2, 3)),
    ((), (2, 3)),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((0, 3), (3,)),
]
MORE_SHAPES = [  # how a gradient is summed to its shape is the same for all operators
    ((2, 3), ()),
    ((1,), (3, 1)),
    ((2, 1, 3), (2, 1)),
    ((1, 1), (2,)),
    ((0,), (0,)),
    ((1,), (2, 0)),
    ((0, 1), (1, 3)),
]

for name, (f, left, right) in OPERATORS.items():
    for a, b in SHAPES + MORE_SHAPES * (name == "/"):
        case(f"a {name} b, {a} and {b}", f, left(*a), right(*b))
    if name == "*":
        for how, a in not_contiguous(left):
            case(f"a {name} b, a {how}", f, a, right(*a.shape))
    case(f"a {name} b, order 3", f, left(2), right(2), order=3)

    # The other side is a constant: a Python number, ...
    for how, x in layouts(left):
        case(f"x {name} 2, {how}", lambda x, f: f(x, 2), x, f)
    for how, x in layouts(right):
        case(f"2 {name} x, {how}", lambda x, f: f(2, x), x, f)
    # ... an array, or one of NumPy's numbers.
    for c in np.array([1.5, 0.5, 2.0]), np.array(1.5), np.float64(1.5), np.int64(2):
        for shape in (2, 1), ():
            kind = f"{type(c).__name__} {c.shape}"
            case(f"x {name} {kind}, {shape}", constant_right(f, c), left(*shape))
            case(f"{kind} {name} x, {shape}", constant_left(f, c), right(*shape))

for name, (f, left, right) in FUNCTIONS.items():
    case(f"{name}", f, left(2, 3), right(3))
    case(f"{name}, array", constant_right(f, right(3)), left(2, 3))
    case(f"{name}, array first", constant_left(f, left(2, 3)), right(3))

for name, (f, *_) in {**OPERATORS, **FUNCTIONS}.items():
    case(f"x {name} x", lambda x, f: f(x, x), positive(2, 3), f)

UNARY = {"-": operator.neg, "neg": neg, "log": log, "Copy": lambda x: Copy()(x)}

for name, f in UNARY.items():
    for how, x in layouts(positive):
        case(f"{name} x, {how}", f, x)
    case(f"{name} x, order 3", f, positive(2), order=3)

# --- powers ---

for c in 0, 1, 2, 3, 4, 5, 6, -1, -2, 0.0, 2.0, -3.0, np.int64(3), np.array(2, np.int8):
    name = f"x ** {type(c).__name__} {c}"
    case(name, operator.pow, nonzero(2, 3), c, order=3)
    if c >= 0:
        case(f"{name} at 0", operator.pow, np.zeros(3), c, order=3)
for c in 0.5, 2.5, -1.5:
    case(f"x ** {c}", operator.pow, positive(2, 3), c, order=3)
exponents = np.array([0, 1, 2], np.int8)  # int64 would turn float32 into float64
case("x ** [0, 1, 2]", operator.pow, nonzero(2, 3), exponents, order=3)
case("x ** [0, 1, 2] at 0", operator.pow, np.zeros(3), exponents, order=3)
case("x ** column", operator.pow, nonzero(2), exponents.reshape(3, 1))
case(
    "x ** constant Variable",
    lambda x: x ** Variable(np.array(2, x.dtype), requires_grad=False),
    nonzero(2, 3),
)
for c in 2, 0.5:
    case(f"{c} ** x, order 3", lambda x, c: c**x, normal(2), c, order=3)

# --- compositions ---

case("a * b + c / d", lambda a, b, c, d: a * b + c / d, *normal(3, 2, 3), nonzero(3))
case("(a - b) ** 3 * a", lambda a, b: (a - b) ** 3 * a, normal(2), normal(2), order=3)
case("two outputs", lambda a, b: (a * b, a / b), normal(2, 3), nonzero(3))
case("one output in another", lambda x: [x * x, (x * x) ** 2 - x], normal(3))
case("a sigmoid", lambda x: 1 / (1 + 2 ** (-x)), normal(2, 3), order=3)
case(
    "a network",
    lambda x, W, b, V: (x @ W + b) ** 2 @ V,
    normal(2, 3),
    normal(3, 2),
    normal(2),
    normal(2),
)

# --- matrix products ---

MATMUL_SHAPES = [
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((3,), (3, 2)),
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((2, 2, 3), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 3), (2, 3, 2)),
    ((3,), (2, 3, 2)),
    ((2, 2, 3), (3,)),
    ((3, 1, 1, 2), (2, 2, 1)),
    ((1, 2, 2), (3, 2, 1)),
    ((2, 2, 2), (1, 2, 2)),
    ((2,), (1, 3, 2, 2)),
    ((2, 3, 2, 2), (2,)),
    ((0,), (0,)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
    ((2, 0), (0,)),
    ((0,), (0, 2)),
    ((0, 2, 3), (3, 2)),
    ((0, 2, 3), (0, 3, 2)),
    ((0, 2, 3), (3,)),
    ((2, 1, 0), (2, 0, 1)),
]


for a, b in MATMUL_SHAPES:
    case(f"{a} @ {b}", operator.matmul, normal(*a), normal(*b))
for a, b in ((2, 3), (3, 4)), ((3,), (2, 3, 2)), ((2, 2, 3), (3,)):
    x, W = normal(*a), normal(*b)
    case(f"{a} @ array {b}", constant_right(operator.matmul, W), x)
    case(f"array {a} @ {b}", constant_left(operator.matmul, x), W)
case("matmul", matmul, normal(2, 3), normal(3, 2))
case("x.matmul", lambda x, y: x.matmul(y), normal(2, 3), normal(3, 2))
case("x.dot", lambda x, y: x.dot(y), normal(2, 3), normal(3, 2))
case("y.__rmatmul__", lambda x, y: y.__rmatmul__(x), normal(2, 3), normal(3, 2))
case("x.T @ y", lambda x, y: x.T @ y, normal(3, 2), normal(3, 2))
case("transposed @ transposed", operator.matmul, normal(3, 2).T, normal(2, 3).T)
case("gaps @ gaps", operator.matmul, normal(4, 6)[::2, ::2], normal(6, 4)[::2, ::2])
case("reversed @ reversed", operator.matmul, normal(3)[::-1], normal(3, 2)[::-1, ::-1])
case(
    "stacks with their axes moved",
    operator.matmul,
    normal(3, 2, 2).transpose(1, 2, 0),
    normal(2, 3, 2).transpose(2, 1, 0),
)
case("x @ x", lambda x: x @ x, normal(2, 2), order=3)
case("x @ x of a vector", lambda x: x @ x, normal(3), order=3)
case("a @ b @ c", lambda a, b, c: a @ b @ c, normal(2), normal(2, 2), normal(2))
case("a @ b, order 3", operator.matmul, normal(2, 2), normal(2, 2), order=3)

# --- indexing ---

MASK = np.array([[True, False, True, False], [False] * 4, [True, True, False, True]])
INDICES = [  # of a (3, 4)
    1,
    -1,
    np.int64(2),
    slice(None),
    slice(1, 3),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(3, 3),
    ...,
    None,
    (),
    (1, 2),
    (-1, -2),
    (slice(None), 1),
    (slice(None, None, -2), slice(1, None, 2)),
    (..., 0),
    (None, 1, None),
    (slice(None), None, slice(None)),
    [0, 2],
    [0, 0, 2],
    np.array([0, 0, 2, 0]),
    np.array([2, -1, 0]),  # -1 is 2 again
    np.array([2, 1], np.uint8),
    np.array(1),
    np.array([[0, 1], [1, 1]]),
    np.array([], int),
    (np.array([0, 0, 2]), np.array([1, 1, 3])),
    (np.array([0, 2]), np.array([3, -1])),
    (np.array([[0], [2]]), np.array([1, 1, 3])),
    (slice(None), [1, 1, 0]),
    ([0, 0], slice(1, 3)),
    ([2, -1], 0),
    (np.array([1, 1]), None, slice(None, None, -1)),
    (..., np.array([0, 0])),
    MASK,
    ~MASK & MASK,
    MASK[:, 0],
    (MASK[:, 0], 1),
    (slice(None), MASK[0]),
    (MASK[:, 0], np.array([3, 3])),
    Variable(np.array([0, 0, 1])),
    (slice(None), Variable(np.array([1, 1]))),
]


def squared_item(x, index):
    return x[index] * x[index]


for number, index in enumerate(INDICES):
    case(f"x[{index!r}] ({number})", squared_item, normal(3, 4), index)
for how, x in not_contiguous(normal):
    case(f"x[[1, 1]], {how}", squared_item, x, [1, 1])
    case(f"x[:, ..., -1:], {how}", squared_item, x, (slice(None), ..., slice(-1, None)))
for index in (), ..., None, (None, ...), np.array(True):
    case(f"0-d x[{index!r}]", squared_item, normal(), index)
for index in slice(None), [], np.zeros(0, bool):
    case(f"empty x[{index!r}]", squared_item, normal(0, 2), index)
for index in (slice(None), [0, 0], [1, 2]), ([0, 0], slice(None), [1, 1]), [1, 1]:
    case(f"3-d x[{index!r}]", squared_item, normal(2, 2, 3), index)
case("rows of a table", squared_item, normal(4, 2), np.array([[0, 3], [3, 3]]))
case("get_item", lambda x: get_item(x, (0, slice(1, 3))), normal(3, 4))
case("where", lambda x, y: where(SOME, x, y) ** 2, normal(2, 3), normal(3))
case("AsType", lambda x: AsType(x.dtype)(x) ** 2, normal(2, 3))
case("get_item of get_item", lambda x: x[1:][[0, 0]][:, 1] ** 2, normal(3, 4))
case("for row in x", lambda x: [row * row for row in x], normal(3, 2))
for index, shape in (
    (1, (4,)),
    (slice(None, None, -2), (2, 4)),
    (np.array([0, 0]), (2, 4)),
    ((np.array([0, 0]), np.array([1, 1])), (2,)),
    (MASK, (5,)),
):
    gx = GetItemGrad(index, (3, 4))
    case(f"GetItemGrad {index!r}", lambda gy, gx: gx(gy) ** 2, normal(*shape), gx)

# --- shape ---

for old, new in (
    ((2, 3), (3, 2)),
    ((2, 3), (6,)),
    ((2, 3), (1, 2, 3, 1)),
    ((2, 3), (2, 3)),
    ((1, 1), ()),
    ((), (1, 1)),
    ((0, 3), (3, 0)),
    ((2, 6), (-1, 3)),
):
    case(f"reshape {old} {new}", lambda x, s: reshape(x, s) ** 2, normal(*old), new)
    case(f"x.reshape {old} {new}", lambda x, s: x.reshape(*s) ** 2, normal(*old), new)
for how, x in not_contiguous(normal):
    case(f"x.reshape((-1,)), {how}", lambda x: x.reshape((-1,)) ** 2, x)
    case(f"x.reshape([2, -1]), {how}", lambda x: x.reshape([2, -1]) ** 2, x)
    case(f"transpose, {how}", lambda x: transpose(x) ** 2, x)

for shape in (), (3,), (2, 3), (2, 3, 2), (0, 2):
    case(f"x.T {shape}", lambda x: x.T**2, normal(*shape))
    case(f"x.transpose() {shape}", lambda x: x.transpose() ** 2, normal(*shape))
    case(f"x.transpose(None) {shape}", lambda x: x.transpose(None) ** 2, normal(*shape))
for axes in (0, 1, 2), (0, 2, 1), (1, 2, 0), (2, 0, 1), (-1, 0, 1), (1, -1, -3):
    case(f"transpose {axes}", lambda x, a: transpose(x, a) ** 2, normal(2, 3, 1), axes)
    case(
        f"x.transpose {axes}", lambda x, a: x.transpose(*a) ** 2, normal(2, 3, 1), axes
    )

case("x.transpose of a list", lambda x: x.transpose([1, 0]) ** 2, normal(2, 3))

for small, large in (
    ((), ()),
    ((), (2, 3)),
    ((1,), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (2, 3)),
    ((1, 1), (2, 3)),
    ((1, 3, 1), (2, 3, 2)),
    ((2, 3), (2, 3)),
    ((3,), (0, 3)),
    ((0, 1), (2, 0, 3)),
):
    label = f"{small} {large}"
    x, y = normal(*small), normal(*large)
    case(f"broadcast_to {label}", lambda x, s: broadcast_to(x, s) ** 2, x, large)
    case(f"sum_to {label}", lambda y, s: sum_to(y, s) ** 2, y, small)
case("BroadcastTo", lambda x: BroadcastTo((2, 3))(x) ** 2, normal(2, 3))
case("SumTo", lambda y: SumTo((2, 3))(y) ** 2, normal(2, 3))
for how, x in not_contiguous(normal):
    column = (*x.shape[:-1], 1)
    case(f"sum_to, {how}", lambda x, s: sum_to(x, s) ** 2, x, column)
    case(f"broadcast_to, {how}", lambda x: broadcast_to(x, (2, *x.shape)) ** 2, x)

# --- reductions ---

AXES = {
    (): [None],
    (3,): [None, 0, -1],
    (1,): [None, 0],
    (2, 3): [None, 0, 1, -1, -2, (0, 1), (1,), (-1, 0)],
    (2, 3, 2): [None, 1, -1, (0, 2), (-1, -2), (0, 1, 2)],
    (0, 3): [None, 0, 1, (0, 1)],
}
REDUCTIONS = {  # name: (f, sampler)
    "sum": (lambda *args: Variable.sum(*args) ** 2, normal),
    "max": (lambda *args: Variable.max(*args) ** 2, distinct),
    "min": (lambda *args: Variable.min(*args) ** 2, distinct),
}

for name, (f, sample) in REDUCTIONS.items():
    for shape, axes in AXES.items():
        for axis, keepdims in product(axes, (False, True)):
            if name != "sum" and shape == (0, 3) and axis != 1:
                continue  # the largest of nothing is an error, in NumPy too
            if name == "min" and shape != (2, 3):
                continue  # it is as max
            label = f"{name} {shape}, axis={axis}, keepdims={keepdims}"
            case(label, f, sample(*shape), axis, keepdims)
    for how, x in not_contiguous(sample):
        if name == "sum" or how != "repeated":  # ties: by hand, below
            case(f"{name}(axis=-1), {how}", f, x, -1)


# --- the checks ---


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_gradients(name, dtype):
    f, inputs, order = CASES[name]
    check_gradients(f, *inputs, order=order, dtype=dtype)


@pytest.mark.parametrize("name", CASES)
def test_gradients_are_arrays_of_their_own(name):
    """Who edits one gradient in place changes no other gradient and no input."""
    f, inputs, _ = CASES[name]
    for create_graph in False, True:
        args, ys = called(f, inputs)
        for y in ys:  # several: their gradients add up
            y.backward(create_graph=create_graph)
        xs = [x for x in args if isinstance(x, Variable) and x.dtype.kind == "f"]
        arrays = [x.data for x in xs]
        for x in xs:
            assert isinstance(x.grad, Variable)
            assert type(x.grad.data) is np.ndarray
            assert x.grad.data.flags.writeable
            assert create_graph or x.grad.creator is None
            for other in arrays:
                assert not np.shares_memory(x.grad.data, other)
            arrays.append(x.grad.data)


def called(f, inputs):
    """Return the arguments, floating arrays as Variables, and f's list of outputs."""
    args = [
        Variable(x) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x
        for x in inputs
    ]
    ys = f(*args)
    return args, list(ys) if isinstance(ys, (list, tuple)) else [ys]


def functions_used(f, inputs):
    """Return the classes of the Functions that f(*inputs) calls."""
    _, waiting = called(f, inputs)
    used, seen = set(), set()
    while waiting:
        func = waiting.pop().creator
        if func is not None and func not in seen:
            seen.add(func)
            used.add(type(func))
            waiting.extend(func.inputs)
    return used


def functions_without_a_case():
    """Return the names of the public Functions of core that no case calls."""
    public = {
        cls
        for name, cls in vars(core).items()
        if isinstance(cls, type)
        and issubclass(cls, Function)
        and cls is not Function
        and not name.startswith("_")
    }
    assert len(public) > 15  # the walk finds what is there
    used = set()
    for f, inputs, _ in CASES.values():
        used |= functions_used(f, inputs)
    return sorted(cls.__name__ for cls in public - used)


def test_every_function_of_core_has_a_gradient_check():
    assert functions_without_a_case() == []


def test_a_new_function_without_a_gradient_check_would_be_found(monkeypatch):
    class Planted(Function):
        pass

    monkeypatch.setattr(core, "Planted", Planted, raising=False)
    assert functions_without_a_case() == ["Planted"]


# Members of Variable that compute no differentiable value.
NOT_DIFFERENTIABLE = {
    *("data", "grad"),  # where the engine begins, and ends
    *("shape", "ndim", "size", "dtype", "__len__", "__repr__", "__str__"),
    *("set_creator", "unchain", "unchain_backward", "cleargrad", "backward"),  # graph
    *("is_leaf", "grad_fn", "requires_grad_", "detach", "retain_grad"),
    "register_hook",
    *("clear_grad", "__dir__", "__array_function__"),
    *("data", "grad", "__str__", "__setstate__"),
    *("to_cpu", "to_gpu"),  # the same values elsewhere
    *("item", "tolist", "__round__", "__format__", "argmax", "argmin"),
    *("__lt__", "__le__", "__gt__", "__ge__", "__bool__"),  # truths
    *("__int__", "__float__", "__array__"),  # out of the graph
    *(
        "__init__",
        "__setitem__",
        "__array_ufunc__",
        "__getstate__",
        "__setstate__",
    ),  # doors, not computations
}


# Functions of dezero.functions as methods: tests/test_higher_order.py checks them.
FUNCTIONS_AS_METHODS = {
    *(
        "mean",
        "var",
        "std",
        "prod",
        "cumsum",
        "logsumexp",
        "norm",
        "exp",
        "log",
        "sqrt",
    ),
    *("square", "abs", "__abs__", "__pos__", "clip", "sin", "cos", "tanh", "sigmoid"),
    *("relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "softmax"),
    *("log_softmax", "squeeze", "flatten", "ravel", "copy", "astype"),
}


def methods_without_a_case(monkeypatch):
    """Return the names of the members of Variable that no case reaches."""
    members = {}
    for name, member in (vars(ArrayLike) | vars(Extras) | vars(Variable)).items():
        if name.startswith("_") and not name.startswith("__"):
            continue  # a helper of the others
        if name not in NOT_DIFFERENTIABLE | FUNCTIONS_AS_METHODS:
            if isinstance(member, property):
                members[name] = member.fget
            elif callable(member):
                members[name] = member
    assert len(members) > 20  # the walk finds what is there
    reached = set()

    def recorder(name, function):
        def record(*args, **kwargs):
            reached.add(name)
            return function(*args, **kwargs)

        return record

    for name, function in members.items():
        record = recorder(name, function)
        is_property = isinstance(getattr(Variable, name), property)
        monkeypatch.setattr(Variable, name, property(record) if is_property else record)
    for f, inputs, _ in CASES.values():
        called(f, inputs)
    return sorted(members.keys() - reached)


def test_every_method_of_variable_has_a_gradient_check(monkeypatch):
    assert methods_without_a_case(monkeypatch) == []


def test_a_new_method_without_a_gradient_check_would_be_found(monkeypatch):
    monkeypatch.setattr(Variable, "planted", lambda self: self, raising=False)
    assert methods_without_a_case(monkeypatch) == ["planted"]


# --- by hand: where there is no slope to measure ---


def gradient(f, x, create_graph, **kwargs):
    x = Variable(np.array(x))
    f(x, **kwargs).backward(create_graph=create_graph)
    return x.grad.data


both_passes = pytest.mark.parametrize("create_graph", [False, True])


@both_passes
@pytest.mark.parametrize(
    "x, axis, expected",
    [
        ([1.0, 1.0, 0.0], None, [0.5, 0.5, 0.0]),
        ([2.0, 2.0, 2.0, 2.0], 0, [0.25] * 4),
        ([[1.0, 3.0], [3.0, 3.0]], None, [[0.0, 1 / 3], [1 / 3, 1 / 3]]),
        ([[1.0, 3.0], [3.0, 3.0]], 0, [[0.0, 0.5], [1.0, 0.5]]),
        ([[1.0, 3.0], [3.0, 3.0]], -1, [[0.0, 1.0], [0.5, 0.5]]),
        ([[1.0, 3.0], [3.0, 3.0]], (0, 1), [[0.0, 1 / 3], [1 / 3, 1 / 3]]),
    ],
)
def test_a_tie_shares_the_gradient_evenly(x, axis, expected, create_graph):
    x = np.array(x)
    for kwargs in {"keepdims": False}, {"keepdims": True}:
        kwargs["axis"] = axis
        grad = gradient(Variable.max, x, create_graph, **kwargs)
        np.testing.assert_allclose(grad, expected)
        grad = gradient(Variable.min, -x, create_graph, **kwargs)
        np.testing.assert_allclose(grad, expected)


def test_a_tie_keeps_float32():
    x = Variable(np.ones((2, 3), np.float32))
    x.max(axis=1).backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.data, np.full((2, 3), 1 / 3), rtol=1e-6)


@both_passes
def test_a_power_of_0(create_graph):
    assert gradient(lambda x: x**0, 0.0, create_graph) == 0.0
    assert gradient(lambda x: x**1, 0.0, create_graph) == 1.0
    assert gradient(lambda x: x**0, [0.0, 2.0], create_graph).tolist() == [0.0, 0.0]


@both_passes
def test_a_variable_power_of_0(create_graph):
    """0**c is 0 for every c > 0, so it stays 0 as c moves."""
    x, c = Variable(np.zeros(3)), Variable(np.array([1.0, 2.0, 3.0]))
    (x**c).backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [1.0, 0.0, 0.0]
    assert c.grad.data.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("shape", [(), (2,)])
def test_a_variable_power_0_of_0(shape):
    """x**0 is 1 for every x, so it stays 1 as x moves: to any order."""
    x, c = Variable(np.zeros(shape)), Variable(np.zeros(shape))
    y = x**c
    for _ in range(3):
        x.cleargrad()
        y.backward(create_graph=True)
        assert not x.grad.data.any()
        y = x.grad


@pytest.mark.filterwarnings("error")
def test_the_mixed_derivative_where_only_the_exponent_is_0():
    """d(c * x**(c - 1)) / dc = 1 / x at c = 0."""
    x, c = Variable(np.array(4.0)), Variable(np.array(0.0))
    (x**c).backward(create_graph=True)
    gx = x.grad
    c.cleargrad()
    gx.backward()
    assert c.grad.data == 0.25


@both_passes
def test_repeated_indices_add_up(create_graph):
    grad = gradient(lambda x: x[[0, 0, 2, -1]], [1.0, 2.0, 3.0], create_graph)
    assert grad.tolist() == [2.0, 0.0, 2.0]


@both_passes
def test_broadcast_gradients_by_hand(create_graph):
    x, y = Variable(np.array([[1.0], [2.0]])), Variable(np.array([3.0, 4.0, 5.0]))
    (x * y).backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[12.0], [12.0]]
    assert y.grad.data.tolist() == [3.0, 3.0, 3.0]
