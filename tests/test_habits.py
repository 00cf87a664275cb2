"""Habits from NumPy, PyTorch and the original: what works, and what is told instead."""

import copy
import pickle
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, advice, layers
from dezero.gradcheck import check_gradients

INF, NAN = np.inf, np.nan
both_passes = pytest.mark.parametrize("create_graph", [False, True])


def V(data):
    return Variable(np.array(data))


def gradients(f, *xs, create_graph=False):
    """Return the gradients of sum(f(*xs)) as lists."""
    xs = [V(x) for x in xs]
    f(*xs).sum().backward(create_graph=create_graph)
    return [x.grad.data.tolist() for x in xs]


# ------------------------------------------------------ names that programs import


def test_functions_offers_what_the_originals_module_had():
    names = {}
    exec("from dezero.functions import *", names)
    others = "Function Variable as_variable as_array np cuda utils".split()
    assert set(others) <= names.keys()
    assert {name for name in vars(F) if name.islower()} - names.keys() <= {
        "__doc__"
    } | {name for name in vars(F) if name.startswith("_")}
    assert names["np"] is np and names["utils"] is dezero.utils
    assert names["Variable"] is Variable


@pytest.mark.parametrize(
    "module, expected",
    [
        ("layers", "np F cuda Parameter Layer Linear Conv2d RNN LSTM BatchNorm pair"),
        ("models", "np F L utils Layer Model Sequential MLP VGG16 ResNet50"),
        ("datasets", "np os Dataset Spiral MNIST get_file Compose Flatten"),
        ("optimizers", "math cuda Parameter Optimizer SGD Adam WeightDecay RMSProp"),
        ("utils", "os np Variable as_variable cuda get_file plot_dot_graph pair"),
        ("dataloaders", "math np cuda DataLoader SeqDataLoader"),
        ("transforms", "np Compose Normalize Flatten ToFloat"),
        ("functions_conv", "conv2d deconv2d pooling im2col np cuda Function linear"),
        ("functions_conv", "as_variable broadcast_to pair get_conv_outsize"),
    ],
)
def test_star_imports(module, expected):
    names = {}
    exec(f"from dezero.{module} import *", names)
    assert [name for name in expected.split() if name not in names] == []


def test_imports_of_programs_for_dezero():
    code = """
from dezero import MLP, Sequential, Model, Layer, Variable, Parameter, Function
from dezero import optimizers, layers as L, functions as F, models, utils, cuda
from dezero import test_mode, no_grad, datasets, transforms, DataLoader, as_variable
from dezero.functions import Function, Variable, as_variable, as_array, np, cuda, utils
"""
    exec(code, {})
    assert dezero.MLP is dezero.models.MLP


def test_the_simple_core_needs_none_of_it():
    code = (
        "import pathlib, sys; p = pathlib.Path('dezero/__init__.py').read_text();"
        "p = p.replace('is_simple_core = False', 'is_simple_core = True');"
        "names = {'__name__': 'dezero'}; exec(p, names); print(names['Variable'])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(dezero.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "core_simple.Variable" in run.stdout


def test_two_spellings():
    assert F.cat is F.concatenate
    assert dezero.optimizers.RMSProp is dezero.optimizers.RMSprop
    x = V(2.0)
    x.grad = V(1.0)
    x.clear_grad()
    assert x.grad is None


# ---------------------------------------------------------- new functions, by hand


def test_square_and_l1_loss_by_hand():
    assert F.square([1.0, -3.0]).data.tolist() == [1.0, 9.0]
    assert gradients(F.square, [1.0, -3.0]) == [[2.0, -6.0]]
    assert float(F.l1_loss([1.0, 5.0], [0.0, 2.0])) == 2.0  # (1 + 3) / 2
    assert gradients(F.l1_loss, [1.0, 5.0], [0.0, 7.0]) == [[0.5, -0.5], [-0.5, 0.5]]
    assert float(F.l1_loss(np.uint8([0]), np.uint8([16]))) == 16.0  # no wrapping
    with pytest.raises(ValueError, match=r"l1_loss: .*\(2,\) and \(3,\)"):
        F.l1_loss(np.ones(2), np.ones(3))


@both_passes
def test_maximum_and_minimum_share_a_tie(create_graph):
    x0, x1 = [1.0, 5.0, 2.0], [3.0, 4.0, 2.0]
    assert F.maximum(V(x0), V(x1)).data.tolist() == [3.0, 5.0, 2.0]
    assert F.minimum(V(x0), V(x1)).data.tolist() == [1.0, 4.0, 2.0]
    larger = gradients(F.maximum, x0, x1, create_graph=create_graph)
    assert larger == [[0.0, 1.0, 0.5], [1.0, 0.0, 0.5]]
    smaller = gradients(F.minimum, x0, x1, create_graph=create_graph)
    assert smaller == [[1.0, 0.0, 0.5], [0.0, 1.0, 0.5]]


def test_maximum_broadcasts_and_selects():
    x = V([[1.0, -2.0], [3.0, -4.0]])
    F.maximum(x, 0).sum().backward()
    assert x.grad.data.tolist() == [[1.0, 0.0], [1.0, 0.0]]
    # Behind sqrt the gradient at 0 is infinite: where x lost, it is 0 all the same.
    with np.errstate(divide="ignore"):
        assert gradients(lambda x: F.sqrt(F.maximum(x, 0.0)), [4.0, -1.0]) == [
            [0.25, 0]
        ]
    row = V([1.0, 2.0])
    F.maximum(np.zeros((3, 2)), row).sum().backward()
    assert row.grad.data.tolist() == [3.0, 3.0]
    assert F.maximum(np.float32([1, 2]), 1.5).dtype == np.float32


def test_maximum_gives_a_nan_what_it_has_won():
    assert gradients(F.maximum, [NAN, 1.0], [1.0, NAN]) == [[1.0, 0.0], [0.0, 1.0]]


@both_passes
@pytest.mark.parametrize(
    "x, expected",
    [
        ([2.0, 3.0, 5.0], [15.0, 10.0, 6.0]),
        ([2.0, 0.0, 5.0], [0.0, 10.0, 0.0]),
        ([0.0, 3.0, 0.0], [0.0, 0.0, 0.0]),
        ([7.0], [1.0]),
    ],
)
def test_prod_by_hand(x, expected, create_graph):
    assert float(F.prod(V(x))) == np.prod(x)
    assert gradients(F.prod, x, create_graph=create_graph) == [expected]


def test_prod_has_a_second_derivative_with_zeros_inside():
    """d2(x0 x1 x2)/dx0 dx1 is x2, and a double zero leaves it."""
    x = V([0.0, 0.0, 5.0])
    F.prod(x).backward(create_graph=True)
    gx, x.grad = x.grad, None
    gx[0].backward()
    assert x.grad.data.tolist() == [0.0, 5.0, 0.0]
    rows = np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]])
    check_gradients(lambda x: F.prod(x, axis=1), rows, order=2)


def test_prod_of_integers_and_of_nothing():
    assert F.prod(np.full(3, 100, np.uint8)).data == 1_000_000
    assert F.prod(np.ones((2, 0)), axis=1).data.tolist() == [1.0, 1.0]
    assert F.prod(np.arange(1.0, 7).reshape(1, 2, 3), axis=(0, -1)).data.tolist() == [
        6,
        120,
    ]
    assert F.prod(np.ones((2, 3)), axis=1, keepdims=True).shape == (2, 1)
    assert float(F.prod(V(3.0))) == 3.0


@both_passes
def test_logsumexp_by_hand(create_graph):
    log2 = np.log(2)
    np.testing.assert_allclose(F.logsumexp([1000.0, 1000.0]).data, 1000 + log2)
    assert gradients(F.logsumexp, [0.0, 0.0], create_graph=create_graph) == [[0.5, 0.5]]
    assert F.logsumexp(V([[0.0, 0.0], [-INF, 1.0]]), axis=1).data.tolist() == [
        log2,
        1.0,
    ]
    # Nothing but -inf: a sum of zeros, which no element can change.
    nothing = [-INF, -INF]
    assert F.logsumexp(V(nothing)).data == -INF
    assert gradients(F.logsumexp, nothing, create_graph=create_graph) == [[0.0, 0.0]]
    assert F.logsumexp([INF, 0.0]).data == INF
    with pytest.raises(ValueError, match="logsumexp: expected at least one element"):
        F.logsumexp(np.ones((2, 0)), axis=1)


@both_passes
def test_norm_by_hand(create_graph):
    assert float(F.norm([3.0, 4.0])) == 5.0
    grad = gradients(F.norm, [3.0, 4.0], create_graph=create_graph)
    np.testing.assert_allclose(grad, [[0.6, 0.8]], rtol=1e-15)
    assert gradients(F.norm, [0.0, 0.0], create_graph=create_graph) == [[0.0, 0.0]]
    assert F.norm([[3.0, 4.0], [6.0, 8.0]], axis=1).data.tolist() == [5.0, 10.0]
    assert float(F.norm(np.uint8([30, 40]))) == 50.0  # 30 * 30 is more than 255
    assert float(F.norm(np.float16([300, 400]))) == 500.0


def test_pad_by_hand():
    x = V([[1.0, 2.0]])
    y = F.pad(x, [(0, 1), (2, 0)], -1.0)
    assert y.data.tolist() == [[-1, -1, 1, 2], [-1, -1, -1, -1]]
    (y * np.arange(8.0).reshape(2, 4)).sum().backward()
    assert x.grad.data.tolist() == [[2.0, 3.0]]
    assert F.pad([1.0], 1).shape == (3,)
    assert F.pad(np.ones((2, 2)), (1, 0)).shape == (3, 3)


@pytest.mark.parametrize(
    "width", [-1, 1.5, (1, 2, 3), [(1, 2)] * 3, [(1,), (1, 2)], "1"]
)
def test_pad_refuses_other_widths(width):
    with pytest.raises(ValueError, match=r"pad: pad_width must be .* 2 axes"):
        F.pad(np.ones((2, 2)), width)


def test_pad_refuses_other_borders():
    with pytest.raises(TypeError, match="pad: constant_values must be one number"):
        F.pad(np.ones(2), 1, [1, 2])


def test_astype_keeps_the_graph_of_floats_only():
    x = V([1.0, 2.0])
    y = x.astype(np.float32)
    assert y.dtype == np.float32
    (y * y).sum().backward()
    assert x.grad.dtype == np.float64 and x.grad.data.tolist() == [2.0, 4.0]
    whole = x.astype(int)
    assert isinstance(whole, np.ndarray) and whole.tolist() == [1, 2]
    assert F.astype([1, 2], "float32").dtype == np.float32


# ------------------------------------------------------------- methods of Variable

A = np.array([[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]])
POSITIVE = np.abs(A)


@pytest.mark.parametrize(
    "name, args",
    [
        *[(name, ()) for name in "exp abs square sin cos tanh sigmoid relu".split()],
        *[(name, ()) for name in "leaky_relu elu gelu silu softplus softmax".split()],
        *[(name, ()) for name in "log_softmax mean var std prod cumsum".split()],
        *[(name, ()) for name in "logsumexp norm sum max min".split()],
        *[(name, (1,)) for name in "mean var std prod cumsum logsumexp norm".split()],
        *[(name, (0, True)) for name in "mean var std prod logsumexp norm".split()],
        ("clip", (-1.0, 1.0)),
        ("leaky_relu", (0.5,)),
        ("elu", (0.5,)),
        ("softmax", (0,)),
        ("log_softmax", (0,)),
    ],
)
def test_a_method_is_the_function_of_its_name(name, args):
    x = V(A)
    y = getattr(x, name)(*args)
    np.testing.assert_array_equal(y.data, getattr(F, name)(A, *args).data)
    assert y.creator is not None


def test_log_and_sqrt_as_methods():
    np.testing.assert_array_equal(V(POSITIVE).log().data, np.log(POSITIVE))
    np.testing.assert_array_equal(V(POSITIVE).sqrt().data, np.sqrt(POSITIVE))


def test_flatten_and_ravel_are_those_of_an_ndarray():
    x = V(A)
    assert x.flatten().shape == x.ravel().shape == (6,)
    assert F.flatten(x).shape == (2, 3)  # the contract's keeps the samples
    assert V(1.0).flatten().shape == (1,)


def test_copy_has_memory_of_its_own_and_stays_in_the_graph():
    x = V([1.0, 2.0])
    y = x.copy()
    y.data[0] = 9.0
    assert x.data[0] == 1.0
    (y * 3).sum().backward()
    assert x.grad.data.tolist() == [3.0, 3.0]


def test_places_are_arrays():
    x = V(A)
    for y, expected in (
        (x.argmax(), 3),
        (x.argmin(axis=1), [1, 2]),
        (np.argmax(x, axis=0), [1, 1, 0]),
    ):
        assert type(y) is np.ndarray or isinstance(y, np.integer)
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda: V(A).argmax(axis=5), "argmax: expected an axis from -2 to 1"),
        (
            lambda: V(np.ones((0, 2))).argmin(),
            r"argmin: .* one element, .*\(0, 2\)",
        ),
        (lambda: V(A).astype("banana"), "astype: dtype must be a dtype of numbers"),
        (lambda: V(A).astype(complex), "astype: expected real numbers, got complex128"),
        (lambda: F.maximum(np.ones(2), np.ones(3)), r"maximum: the shapes \(2,\) and"),
        (lambda: F.minimum(None, 1.0), "[Mm]inimum: .*None"),
        (lambda: F.norm("abc"), "norm: x must be a Variable"),
        (lambda: F.prod(np.ones(2), axis=1), "prod: expected an axis"),
        *[
            (lambda name=name: getattr(Variable(None), name)(), "data")
            for name in "copy tolist argmax item flatten ravel exp norm".split()
        ],
    ],
)
def test_what_cannot_be_is_told(call, text):
    with pytest.raises((TypeError, ValueError), match=rf"{text}[\s\S]*\(see steps? "):
        call()


def test_numbers():
    assert V([[2.5]]).item() == 2.5 and type(V(2).item()) is int
    assert V(A).tolist() == A.tolist()
    with pytest.raises(ValueError, match=r"item: .*\(2, 3\); x\.tolist\(\)"):
        V(A).item()


def test_formats_and_rounding():
    loss = V(0.123456)
    assert f"{loss:.3f}" == "0.123" and f"{V([[7]]):3d}" == "  7"
    assert f"{loss}" == str(loss) == "variable(0.123456)"
    assert f"{V([1.0, 2.0])}" == "variable([1. 2.])"
    assert round(loss, 2) == 0.12 and round(V(2.6)) == 3 and type(round(V(2.6))) is int
    for refused in (lambda: f"{V(A):.3f}", lambda: round(V(A), 1)):
        with pytest.raises(TypeError, match=r"with one element, got shape \(2, 3\)"):
            refused()


def test_signs():
    x = V([-1.0, 2.0])
    assert (+x) is x
    assert abs(x).data.tolist() == [1.0, 2.0]


# ----------------------------------------------------------- NumPy's own functions

IN_THE_GRAPH = {
    "exp": lambda x: np.exp(x),
    "log": lambda x: np.log(x * x),
    "sqrt": lambda x: np.sqrt(x * x),
    "sin": lambda x: np.sin(x),
    "cos": lambda x: np.cos(x),
    "tanh": lambda x: np.tanh(x),
    "abs": lambda x: np.abs(x),
    "square": lambda x: np.square(x),
    "negative": lambda x: np.negative(x * 1),
    "positive": lambda x: np.positive(x * 1),
    "maximum": lambda x: np.maximum(x, 0),
    "minimum": lambda x: np.minimum(0.0, x),
    "clip": lambda x: np.clip(x, -1, 1),
    "power": lambda x: np.power(x, 2),
    "matmul": lambda x: np.matmul(x, A.T),
    "dot": lambda x: np.dot(x, A.T),
    "sum": lambda x: np.sum(x),
    "sum, axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "sum, place": lambda x: np.sum(x, 1),
    "mean": lambda x: np.mean(x, axis=1),
    "average": lambda x: np.average(x, axis=1),
    "prod": lambda x: np.prod(x, axis=1),
    "max": lambda x: np.max(x, axis=1),
    "min": lambda x: np.min(x),
    "amax": lambda x: np.amax(x),
    "amin": lambda x: np.amin(x),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std": lambda x: np.std(x),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "norm": lambda x: np.linalg.norm(x, axis=1),
    "norm of all": lambda x: np.linalg.norm(x),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "ravel": lambda x: np.ravel(x),
    "transpose": lambda x: np.transpose(x),
    "transpose, axes": lambda x: np.transpose(x, (1, 0)),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(x[None]),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "concatenate": lambda x: np.concatenate([x, A], axis=1),
    "concatenate, array first": lambda x: np.concatenate((A, x)),
    "stack": lambda x: np.stack([x, x], axis=1),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "where": lambda x: np.where(A > 0, x, 0.1 * x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, A),
    "copy": lambda x: np.copy(x),
    "pad": lambda x: np.pad(x, 1),
    "pad, constant": lambda x: np.pad(x, (1, 2), "constant", constant_values=3),
}


@pytest.mark.parametrize("name", IN_THE_GRAPH)
def test_numpys_function_stays_in_the_graph(name):
    f, x = IN_THE_GRAPH[name], V(A)
    y = f(x)
    assert isinstance(y, Variable) and y.creator is not None
    np.testing.assert_allclose(y.data, f(A), rtol=1e-12)
    y.sum().backward()
    assert x.grad.shape == A.shape


@pytest.mark.parametrize(
    "f",
    [
        np.sign,
        np.isnan,
        np.isfinite,
        np.floor,
        np.argmax,
        np.argsort,
        np.shape,
        np.ndim,
        np.size,
        np.zeros_like,
        np.ones_like,
        np.any,
        lambda x: np.full_like(x, 7),
        lambda x: np.allclose(x, A),
        lambda x: np.array_equal(x, [x, x]),
        lambda x: np.logical_and(x, x),
    ],
)
def test_what_has_no_derivative_is_computed_on_the_arrays(f):
    y = f(V(A))
    assert not isinstance(y, Variable)
    np.testing.assert_array_equal(y, f(A))


@pytest.mark.parametrize(
    "f, text",
    [
        (lambda x: np.sum(x, dtype=float), r"np\.sum .*'dtype'.*axis=None"),
        (lambda x: np.var(x, 0, np.float64), r"np\.var .*too many positional"),
        (lambda x: np.pad(x, 1, "edge"), "mode must be 'constant', got 'edge'"),
        (
            lambda x: np.exp(x, out=np.zeros((2, 3))),
            r"np\.exp would .*use F\.exp, or x",
        ),
        (lambda x: np.add(x, 1, out=np.zeros((2, 3))), r"np\.add would lose the graph"),
        (
            lambda x: np.add.reduce(x),
            r"np\.add\.reduce would lose the graph; use x\.data",
        ),
        (lambda x: np.arctan(x), r"np\.arctan would lose the graph; use x\.data"),
        (lambda x: np.median(x), r"np\.median would lose the graph; use x\.data"),
        (lambda x: np.array(x), r"x\.data"),
    ],
)
def test_what_is_not_ours_is_refused(f, text):
    with pytest.raises(TypeError, match=text):
        f(V(A))


def test_the_advice_of_a_refusal_names_only_what_exists():
    """Every ufunc and every function of NumPy that takes arrays, one by one."""
    seen = set()
    for name in dir(np):
        f = getattr(np, name)
        if not (isinstance(f, np.ufunc) or hasattr(f, "_implementation")):
            continue
        for args in ((V(A),), (V(A), V(A))):
            try:
                f(*args)
            except Exception as error:
                seen |= set(re.findall(r"\bF\.(\w+)", str(error)))
    assert [name for name in sorted(seen) if not hasattr(F, name)] == []


def test_an_array_on_the_left_still_rebinds():
    a = np.ones(2)
    a += V([1.0, 2.0])
    assert isinstance(a, Variable) and a.data.tolist() == [2.0, 3.0]


# ------------------------------------------------------------ names that are missing


def resolved(path):
    """Return what a dotted path names; raise if it names nothing."""
    parts = path.split(".")
    thing = import_module(parts[0])
    for part in parts[1:]:
        thing = getattr(thing, part)
    return thing


@pytest.mark.parametrize("name, path", advice.SYNONYMS.items())
def test_a_synonym_stands_for_something_that_exists(name, path):
    resolved(path)
    assert not hasattr(dezero, name), f"{name} is a name of ours: no synonym needed"


@pytest.mark.parametrize(
    "module, name, advised",
    [
        ("dezero", "tensor", "dezero.Variable"),
        ("dezero", "Tensor", "dezero.Variable"),
        ("dezero", "nn", "dezero.layers"),
        ("dezero", "Adam", "dezero.optimizers.Adam"),
        ("dezero", "relu", "dezero.functions.relu"),
        ("dezero", "Varable", "dezero.Variable"),
        ("dezero.functions", "mse_loss", "dezero.functions.mean_squared_error"),
        ("dezero.functions", "softmx", "dezero.functions.softmax"),
        ("dezero.functions", "RELU", "dezero.functions.ReLU"),
        ("dezero.layers", "relu", "dezero.functions.relu"),
        ("dezero.layers", "Dense", "dezero.layers.Linear"),
        ("dezero.layers", "linear", "dezero.functions.linear"),
        ("dezero.models", "Vgg16", "dezero.models.VGG16"),
        ("dezero.optimizers", "adam", "dezero.optimizers.Adam"),
        ("dezero.datasets", "mnist", "dezero.datasets.MNIST"),
        ("dezero.transforms", "ToTensor", "dezero.transforms.ToArray"),
    ],
)
def test_a_missing_name_says_what_is_meant(module, name, advised):
    module = import_module(module)
    assert not hasattr(module, name)
    with pytest.raises(AttributeError, match=f"did you mean {re.escape(advised)}") as e:
        getattr(module, name)
    for path in re.findall(r"dezero(?:\.\w+)+", str(e.value).partition("mean")[2]):
        resolved(path)


def test_what_is_like_nothing_gets_no_advice():
    with pytest.raises(AttributeError, match="no attribute 'qqqqqq'$"):
        _ = F.qqqqqq
    with pytest.raises(ImportError):
        exec("from dezero import qqqqqq")


@pytest.mark.parametrize("name, sentence", advice.MEMBERS.items())
def test_a_missing_member_is_told_how_it_is_done_here(name, sentence):
    x = V([1.0])
    assert not hasattr(x, name) and name not in dir(x)
    with pytest.raises(
        AttributeError, match=re.escape(f"no {name!r} here: {sentence}")
    ):
        getattr(x, name)
    for owner, member in re.findall(r"\b(x|F|np|dezero\.cuda)\.(\w+)", sentence):
        assert hasattr({"x": x, "F": F, "np": np}.get(owner, dezero.cuda), member)


def test_a_typing_error_stays_pythons():
    with pytest.raises(AttributeError, match="no attribute 'shap'"):
        _ = V(1.0).shap


def test_advice_is_in_nobodys_way():
    x = V(A)
    x.name = "x"
    for twin in copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x)):
        np.testing.assert_array_equal(twin.data, A)
    x.view = 3  # an attribute of one's own
    assert x.view == 3
    assert pickle.loads(pickle.dumps(F.softmax)) is F.softmax
    model = dezero.MLP((3, 2))
    model(A)
    pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: F.sum(x, dim=0), r"sum: there is no dim=; here it is axis="),
        (lambda x: x.sum(dim=1), r"sum: there is no dim=; here it is axis="),
        (lambda x: x.mean(dim=1), r"mean: .*axis="),
        (lambda x: F.max(x, 0, keepdim=True), r"max: .*keepdims="),
        (lambda x: F.softmax(x, dim=-1), r"softmax: .*axis="),
        (lambda x: F.cat([x, x], dim=1), r"concatenate: .*axis="),
        (
            lambda x: x.clip(min=0, max=1),
            r"clip: there is no min=; here it is x_min=.*see step 37",
        ),
        (lambda x: layers.GroupNorm(num_groups=2), r"here it is groups=.*see step 73"),
        (lambda x: layers.LayerNorm(epsilon=1e-3), r"here it is eps=.*see step 73"),
        (lambda x: F.dropout(x, p=0.5), r"dropout: .*dropout_ratio="),
        (lambda x: F.conv2d(x, x, padding=1), r"conv2d: .*here it is pad="),
        (lambda x: F.sum(x, axs=0), r"sum: .*'axs'; its arguments are \(x, axis=None"),
        (
            lambda x: F.softmax(),
            r"softmax: missing .*'x'; its arguments are \(x,",
        ),
        (lambda x: x.clip(1.0), r"clip: missing .*'x_max'; its arguments are \(x_min"),
        (lambda x: x > np.ones(4), r">: the shapes \(2, 3\) and \(4,\) could not"),
        (lambda x: x < None, r"<: x must be .*got None"),
    ],
)
def test_an_argument_of_another_name_is_told_ours(call, text):
    with pytest.raises((TypeError, ValueError), match=text):
        call(V(A))


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda x: F.sum(x, dim=0), r"axis=; .*\(see step 39\)$"),
        (lambda x: F.conv2d(x, x, padding=1), r"pad=; .*\(see step 55\)$"),
        (
            lambda x: dezero.layers.Linear(2, bias=False),
            r"nobias=True here; .*\(see step 44\)$",
        ),
        (lambda x: x.backward(inputs=[x]), r"requires_grad_.*\(see step 66\)$"),
        (lambda x: x.backward(grad=x), r"here it is gradient=; .*\(see step 66\)$"),
        (lambda x: x.backward(retain_graph=True), r"again; .*\(see step 14\)$"),
        (lambda x: F.elu(x, slope=2), r"elu: .*its arguments are \(x, alpha=1.0\)"),
    ],
)
def test_an_argument_of_another_name_names_the_step(call, text):
    with pytest.raises(TypeError, match=text):
        call(V(A))


@pytest.mark.parametrize("theirs, ours", advice.ARGUMENTS.items())
def test_every_argument_that_is_told_has_a_step(theirs, ours):
    f = advice.named_arguments(eval(f"lambda {ours}: 0"))
    with pytest.raises(TypeError, match=rf"here it is {ours}=; .*\(see step \d+\)"):
        f(**{theirs: 1})


def test_other_type_errors_are_left_alone():
    with pytest.raises(TypeError, match="keepdims must be True or False"):
        F.sum(V(A), keepdims="yes")
