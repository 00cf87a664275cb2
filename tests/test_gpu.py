"""Twins: what NumPy computes, a GPU computes too, with arrays that stay on the GPU.

Each check runs twice on the same numbers, on NumPy and on a device. Two devices:

    stand-in   fake_cupy, which refuses what CuPy refuses; on every machine
    GPU        CuPy, where it and a GPU are; elsewhere one test a group is skipped,
               and says how many twins it stands for

A function of dezero.functions has its twin by its case in test_higher_order; a layer,
an optimizer or a hook belongs into the table here. A test walks the modules and
refuses what has none.

    pytest tests/test_gpu.py -k seconds -s     seconds per epoch on both devices
"""

import contextlib
import copy
import inspect
import pickle
import sys
import time
import types
from functools import partial

import fake_cupy
import numpy as np
import pytest
import test_higher_order
from test_higher_order import CASES, OPERATORS, WITHOUT_DERIVATIVE, unchecked

import dezero.functions as F
import dezero.layers as L
from dezero import (
    DataLoader,
    Function,
    Parameter,
    SeqDataLoader,
    Variable,
    cuda,
    func,
    models,
    no_grad,
    optimizers,
    test_mode,
    utils,
)
from dezero.datasets import SinCurve, Spiral, SynthDigits
from dezero.graph import get_dot_graph
from dezero.layers import Layer
from dezero.models import MLP, Sequential

HAS_GPU = cuda.gpu_enable
RTOL = {"stand-in": 1e-9, "GPU": 1e-6}


def twins(names, rows=((),)):
    """Parametrize by device and rows; without a GPU its rows are one skipped test."""

    def params_on(device):
        for i, row in enumerate(rows):
            label = f"{row[0]}-{i}" if isinstance(row[0] if row else i, str) else i
            yield pytest.param(device, *row, id=f"{device}-{label}")

    params = [*params_on("stand-in")]
    if HAS_GPU:
        params += params_on("GPU")
    else:
        reason = f"no GPU: CuPy or a CUDA device is missing (twins: {len(rows)})"
        skip = pytest.mark.skip(reason=reason)
        absent = [None] * len(rows[0])
        params.append(pytest.param("GPU", *absent, marks=skip, id="GPU"))
    return pytest.mark.parametrize(f"device, {names}" if names else "device", params)


@pytest.fixture
def xp(device, monkeypatch):
    """Return the array module of the device: CuPy, or what stands in for it."""
    if device == "GPU":
        return cuda.cupy
    monkeypatch.setitem(vars(cuda), "gpu_enable", True)
    monkeypatch.setitem(vars(cuda), "cupy", fake_cupy)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy)
    return fake_cupy


def moved(x, xp):
    """Return x with every NumPy array in it as an array of xp."""
    if isinstance(x, np.ndarray):
        return xp.asarray(x)
    if isinstance(x, (list, tuple)):
        return type(x)(moved(part, xp) for part in x)
    return x


def as_list(ys):
    return list(ys) if isinstance(ys, (list, tuple)) else [ys]


def weighted(ys, xp, seed):
    """Return a number made of all elements of the Variables ys, each counting."""
    rng = np.random.default_rng(seed)
    total = 0.0
    for y in ys:
        weights = rng.uniform(0.5, 1.5, size=y.shape).astype(y.dtype)
        total = total + (y * xp.asarray(weights)).sum()
    return total


def assert_twins(expected, got, xp, rtol):
    """Check that the arrays got are on the device, and equal to those expected."""
    assert len(got) == len(expected)
    for e, g in zip(expected, got):
        assert (e is None) == (g is None)
        if e is None:
            continue
        assert isinstance(g, xp.ndarray), f"expected a device array, got {type(g)}"
        assert (g.shape, g.dtype) == (e.shape, e.dtype)
        np.testing.assert_allclose(cuda.as_numpy(g), e, rtol=rtol, atol=rtol * 1e-3)


# ------------------------------------------------------------------- functions


def computed(f, inputs, xp):
    """Return y, the gradients, and the second ones, of f on arrays of xp."""
    inputs = [
        Variable(xp.asarray(x))
        if isinstance(x, np.ndarray) and x.dtype.kind == "f"
        else moved(x, xp)
        for x in inputs
    ]
    xs = [x for x in inputs if isinstance(x, Variable)]
    results = []

    def note(variables):
        results.extend(None if v is None else v.data for v in variables)

    ys = as_list(f(*inputs))
    note(ys)
    weighted(ys, xp, 0).backward()
    note(x.grad for x in xs)
    for x in xs:
        x.cleargrad()
    weighted(as_list(f(*inputs)), xp, 0).backward(create_graph=True)
    first = [x.grad for x in xs]
    note(first)
    for x in xs:
        x.cleargrad()
    total = weighted([g for g in first if g is not None], xp, 1)
    if total.requires_grad:
        total.backward()
    note(x.grad for x in xs)
    return results


def on_device(f, xp):
    """Return f with the arrays, and the np, that its code names as those of xp."""
    names = {
        name: moved(thing, xp)
        for name, thing in vars(test_higher_order).items()
        if isinstance(thing, np.ndarray)
    }
    names = {**f.__globals__, **names, "np": xp}
    return types.FunctionType(f.__code__, names, None, f.__defaults__, f.__closure__)


FUNCTION_ROWS = [
    (name, *checked)
    for name, several in CASES.items()
    for checked in several
    if name != "dropout"  # each device draws its own: see test_dropout
]


@twins("name, call, inputs", FUNCTION_ROWS)
def test_function(device, xp, name, call, inputs):
    expected, got = (
        computed(partial(on_device(call, module), getattr(F, name)), inputs, module)
        for module in (np, xp)
    )
    assert_twins(expected, got, xp, RTOL[device])


@twins("name, call, inputs", FUNCTION_ROWS)
def test_float32_stays(device, xp, name, call, inputs):
    function = getattr(F, name)
    small = [
        x.astype(np.float32) if getattr(x, "dtype", None) == np.float64 else x
        for x in inputs
    ]
    xs = [Variable(xp.asarray(x)) if x is not y else x for x, y in zip(small, inputs)]
    ys = as_list(on_device(call, xp)(function, *[moved(x, xp) for x in xs]))
    weighted(ys, xp, 0).backward()
    gradients = [x.grad for x in xs if isinstance(x, Variable) and x.grad is not None]
    if name == "astype":  # the result has the dtype that was asked for
        assert {y.dtype for y in ys} == {np.dtype(np.float64)}
        ys = []
    assert {y.dtype for y in ys + gradients} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    "forward, backward",
    [
        (lambda x: x + np.ones(x.shape), lambda gy: gy),
        (lambda x: np.asarray(x) * 2, lambda gy: gy * 2),
        (lambda x: cuda.as_numpy(x), lambda gy: gy),
        (lambda x: 2 * x, lambda gy: gy * np.full(gy.shape, 2.0)),
        (lambda x: 2 * x, lambda gy: Variable(np.full(gy.shape, 2.0))),
    ],
)
@pytest.mark.parametrize("device", ["stand-in"])
def test_a_leak_is_found(device, xp, forward, backward):
    class Leaky(Function):
        def forward(self, x):
            return forward(x)

        def backward(self, gy):
            return backward(gy)

    def f(x):
        return Leaky()(x) * x

    expected = computed(f, [test_higher_order.X], np)
    with pytest.raises((TypeError, AssertionError), match="NumPy|numpy"):
        assert_twins(expected, computed(f, [test_higher_order.X], xp), xp, 1e-9)


OPERATOR_ROWS = [
    (f, inputs)
    for several in OPERATORS.values()
    for f, *inputs in several
    if "multiply" not in f.__code__.co_names  # np.multiply(array, x): CuPy's refuses
]


@twins("f, inputs", OPERATOR_ROWS)
def test_operator(device, xp, f, inputs):
    expected = computed(f, inputs, np)
    got = computed(on_device(f, xp), inputs, xp)
    assert_twins(expected, got, xp, RTOL[device])


@twins("")
def test_accuracy(device, xp):
    y = np.array([[0.1, 0.9], [0.8, 0.2], [0.7, 0.3]])
    for t in ([1, 1, 0], np.array([1, 1, 0]), np.array([[1], [1], [0]])):
        share = F.accuracy(Variable(xp.asarray(y)), moved(t, xp))
        assert isinstance(share.data, xp.ndarray)
        assert float(share) == float(F.accuracy(y, t)) == 2 / 3


@twins("ratio", [(0.0,), (0.3,), (1.0,)])
def test_dropout(device, xp, ratio):
    """The device draws its own mask; what comes back goes through the same one."""
    x = Variable(xp.asarray(np.full((50, 40), 2.0)))
    y = F.dropout(x, ratio)
    y.backward()
    assert isinstance(y.data, xp.ndarray) and isinstance(x.grad.data, xp.ndarray)
    kept = cuda.as_numpy(y) != 0
    assert abs(kept.mean() - (1 - ratio)) < 0.05
    np.testing.assert_allclose(cuda.as_numpy(y), kept * 2 / (1 - ratio or 1))
    np.testing.assert_allclose(cuda.as_numpy(x.grad), kept / (1 - ratio or 1))
    with test_mode():
        assert F.dropout(x, ratio).data is x.data


def cubes(x):
    return (x**3).sum()


DERIVATIVES = {
    "grad": lambda x: func.grad(cubes)(x),
    "vjp": lambda x: func.vjp(F.tanh, x)[1](x),
    "jvp": lambda x: func.jvp(F.tanh, x, x)[1],
    "jacobian": lambda x: func.jacobian(F.softmax)(x),
    "hessian": lambda x: func.hessian(cubes)(x),
    "hvp": lambda x: func.hvp(cubes, x, x),
}


@twins("name", [[name] for name in DERIVATIVES])
def test_derivative(device, xp, name):
    expected, got = (
        DERIVATIVES[name](module.asarray(test_higher_order.X)) for module in (np, xp)
    )
    assert_twins([expected.data], [got.data], xp, RTOL[device])


def test_every_derivative_has_a_twin():
    assert DERIVATIVES.keys() == set(func.__all__)


SIZES = {"pair", "get_conv_outsize", "get_deconv_outsize"}  # ints in, ints out


@twins("")
def test_as_array(device, xp):
    x = xp.asarray(np.array([1.0, 2.0]))
    assert F.as_array(x) is x
    assert isinstance(F.as_array(3.0, xp), xp.ndarray)


@twins("")
def test_as_variable(device, xp):
    x = xp.asarray(np.array([1.0, 2.0]))
    assert F.as_variable(x).data is x


@twins("")
def test_im2col_array(device, xp):
    image = np.arange(16.0).reshape(1, 1, 4, 4)
    columns = F.im2col_array(xp.asarray(image), 3, 1, 0)
    assert isinstance(columns, xp.ndarray)
    np.testing.assert_array_equal(
        cuda.as_numpy(columns), F.im2col_array(image, 3, 1, 0)
    )


@twins("")
def test_col2im_array(device, xp):
    columns = F.im2col_array(np.arange(16.0).reshape(1, 1, 4, 4), 3, 1, 0)
    image = F.col2im_array(xp.asarray(columns), (1, 1, 4, 4), 3, 1, 0)
    assert isinstance(image, xp.ndarray)
    np.testing.assert_array_equal(
        cuda.as_numpy(image), F.col2im_array(columns, (1, 1, 4, 4), 3, 1, 0)
    )


def function_twins():
    """Return the names of the functions that have a twin."""
    own = [name for name in WITHOUT_DERIVATIVE if f"test_{name}" in globals()]
    return [*CASES, *own, *SIZES]


def test_every_function_has_a_twin():
    missing = unchecked(F, function_twins())
    assert not missing, f"no twin on the GPU: {', '.join(missing)}"


# ---------------------------------------------------------------------- layers

IMAGES = np.random.default_rng(2).normal(size=(3, 4, 6, 6)).astype(np.float32)
ROWS = np.random.default_rng(3).normal(size=(5, 4)).astype(np.float32)
# What a normalisation subtracts leaves little: in float32, a sum added up in another
# order shows in the sixth digit (seen with NumPy 1.26).
IMAGES64, ROWS64 = IMAGES.astype(np.float64), ROWS.astype(np.float64)
TEXTS64 = np.random.default_rng(4).normal(size=(2, 5, 4))

# name: makers of one, each with an input; the walk is over layers and models
LAYERS = {
    "Linear": [
        (lambda: L.Linear(3), ROWS),
        (lambda: L.Linear(3, nobias=True, in_size=4), ROWS),
    ],
    "EmbedID": [(lambda: L.EmbedID(7, 3), np.array([1, 6, 1, 0]))],
    "Embedding": [(lambda: L.Embedding(7, 3), np.array([1, 6, 1, 0]))],
    "Conv2d": [
        (lambda: L.Conv2d(5, 3, pad=1), IMAGES),
        (lambda: L.Conv2d(5, (3, 2), stride=2, nobias=True, in_channels=4), IMAGES),
    ],
    "Deconv2d": [(lambda: L.Deconv2d(5, 3, stride=2, pad=1), IMAGES)],
    "MaxPool2d": [
        (lambda: L.MaxPool2d(2), IMAGES),
        (lambda: L.MaxPool2d(3, 1, 1), IMAGES),
    ],
    "AvgPool2d": [(lambda: L.AvgPool2d(2), IMAGES)],
    "Dropout": [(lambda: L.Dropout(0.0), ROWS)],  # any other draws: see test_dropout
    "BatchNorm": [(lambda: L.BatchNorm(), ROWS64), (lambda: L.BatchNorm(), IMAGES64)],
    "LayerNorm": [(lambda: L.LayerNorm(), ROWS64)],
    "RMSNorm": [(lambda: L.RMSNorm(), ROWS64)],
    "GroupNorm": [(lambda: L.GroupNorm(2), IMAGES64)],
    "MultiHeadAttention": [
        (lambda: L.MultiHeadAttention(4, 2), TEXTS64),
        (lambda: L.MultiHeadAttention(4, 1, causal=True, rope=True), TEXTS64),
    ],
    "TransformerBlock": [
        (lambda: L.TransformerBlock(4, 2), TEXTS64),
        (lambda: L.TransformerBlock(4, 2, False, True, "rms", "swiglu"), TEXTS64),
    ],
    "RNN": [(lambda: L.RNN(3), ROWS)],
    "LSTM": [(lambda: L.LSTM(3), ROWS), (lambda: L.LSTM(3, in_size=4), ROWS)],
    "GRU": [(lambda: L.GRU(3), ROWS)],
    "BuildingBlock": [(lambda: models.BuildingBlock(2, 4, 2, 8, 1), IMAGES)],
    "BottleneckA": [(lambda: models.BottleneckA(4, 2, 8), IMAGES)],
    "BottleneckB": [(lambda: models.BottleneckB(4, 2), IMAGES)],
    "BasicBlock": [
        (lambda: models.BasicBlock(4, 4), IMAGES),
        (lambda: models.BasicBlock(4, 6, stride=2), IMAGES),
    ],
    "Fire": [(lambda: models.Fire(4, 2, 3), IMAGES)],
    "GPT": [(lambda: models.GPT(7, 5, 4, 2, 2), np.array([[1, 6, 1, 0, 2]]))],
    "Sequential": [(lambda: Sequential(L.Linear(8), F.relu, L.Linear(3)), ROWS)],
    "MLP": [(lambda: MLP((8, 3)), ROWS), (lambda: MLP((8, 8, 3), F.gelu), ROWS)],
}
NO_TWIN = {
    **dict.fromkeys(["Layer", "Model"], "computes nothing itself"),
    **dict.fromkeys(
        "VGG16 ResNet ResNet50 ResNet101 ResNet152 ResNet18 SqueezeNet".split(),
        "a row of layers that have one; up to 138 million weights",
    ),
}


def own_classes(namespace, base):
    """Return the names of the public classes of a module that are a base."""
    return {
        thing.__name__  # one class may have two names
        for name, thing in vars(namespace).items()
        if inspect.isclass(thing)
        and issubclass(thing, base)
        and not name.startswith("_")
    }


def test_every_layer_has_a_twin():
    found = own_classes(L, Layer) | own_classes(models, Layer)
    assert found - NO_TWIN.keys() == LAYERS.keys()
    assert found >= NO_TWIN.keys()


def steps_of(layer, x, xp):
    """Return two outputs of a layer, what they do to its gradients, and its arrays."""
    x = Variable(xp.asarray(x))
    ys = [layer(x), layer(x)]  # the second knows the state of the first
    weighted(ys, xp, 0).backward()
    params = list(layer.params())
    gradients = [v.grad for v in [x, *params]]
    with test_mode(), no_grad():
        last = layer(x)
    variables = [*ys, *gradients, last, *params]
    return [None if v is None else v.data for v in variables]


LAYER_ROWS = [(name, *row) for name, rows in LAYERS.items() for row in rows]


@twins("name, make, x", LAYER_ROWS)
def test_layer(device, xp, name, make, x):
    """The same weights, drawn by the first call on either device."""
    rtol = RTOL[device] if device == "stand-in" else 1e-4  # float32
    np.random.seed(0)  # noqa: NPY002
    expected = steps_of(make(), x, np)
    np.random.seed(0)  # noqa: NPY002
    layer = make()
    layer.to_gpu()  # what has no weights yet makes them where its input is
    got = steps_of(layer, x, xp)
    assert_twins(expected, got, xp, rtol)
    layer.to_cpu()
    layer.cleargrads()
    if hasattr(layer, "reset_state"):
        layer.reset_state()
    arrays = steps_of(layer, x, np)
    assert all(a is None or isinstance(a, np.ndarray) for a in arrays)


@twins("name, make, x", LAYER_ROWS)
def test_layer_moved_after_its_first_call(device, xp, name, make, x):
    layer = make()
    layer(x), layer(x)
    layer.to_gpu()
    params = list(layer.params())
    assert all(isinstance(p.data, xp.ndarray) for p in params)
    if hasattr(layer, "reset_state"):
        layer.reset_state()
    assert isinstance(layer(xp.asarray(x)).data, xp.ndarray)


@twins("name, make, x", LAYER_ROWS)
def test_layer_copied_saved_and_pickled(device, xp, name, make, x, tmp_path):
    layer = make()
    layer.to_gpu()
    layer(xp.asarray(x)), layer(xp.asarray(x))
    arrays = [cuda.as_numpy(p) for p in layer.params()]
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert_twins(arrays, [p.data for p in twin.params()], xp, 0)
    layer.save_weights(tmp_path / "weights")
    other = make()
    other.to_gpu()
    other(xp.asarray(x)), other(xp.asarray(x))
    other.load_weights(tmp_path / "weights")
    assert_twins(arrays, [p.data for p in other.params()], xp, 0)
    early = make()
    early.to_gpu()
    early.load_weights(tmp_path / "weights")  # before its first call
    assert len({type(p.data) for p in early.params()}) <= 1  # all on one device
    fresh = make()  # no GPU asked for
    fresh.load_weights(tmp_path / "weights")
    for param, array in zip(fresh.params(), arrays):
        np.testing.assert_array_equal(cuda.as_numpy(param), array)


@twins("")
def test_a_gpt_writes_the_same(device, xp):
    """With a cache and without, within the context and beyond it."""
    np.random.seed(0)  # noqa: NPY002
    model = models.GPT(7, 6, 8, heads=2)
    model(np.zeros((1, 1), int))
    for param in model.params():
        param.data = np.random.default_rng(0).normal(0, 0.5, param.shape)
    expected = model.generate([1, 2], 15, top_k=5, top_p=0.9, seed=0)
    model.to_gpu()
    for cache in True, False:
        for prompt in [1, 2], xp.asarray([1, 2]):
            got = model.generate(prompt, 15, top_k=5, top_p=0.9, seed=0, cache=cache)
            assert got == expected


# ------------------------------------------------------------------ optimizers

OPTIMIZERS = {
    "SGD": lambda: optimizers.SGD(0.1),
    "MomentumSGD": lambda: optimizers.MomentumSGD(0.1),
    "AdaGrad": lambda: optimizers.AdaGrad(0.1),
    "RMSprop": lambda: optimizers.RMSprop(0.1),
    "AdaDelta": lambda: optimizers.AdaDelta(),
    "Adam": lambda: optimizers.Adam(0.1),
    "AdamW": lambda: optimizers.AdamW(0.1),
}
HOOKS = {
    "WeightDecay": lambda model: optimizers.WeightDecay(0.01),
    "ClipGrad": lambda model: optimizers.ClipGrad(0.01),
    "FreezeParam": lambda model: optimizers.FreezeParam(model.l0),
}


def hooks_in(namespace):
    """Return the names of the public classes whose instances are hooks."""
    return {
        name
        for name, thing in vars(namespace).items()
        if inspect.isclass(thing)
        and "__call__" in vars(thing)
        and not name.startswith("_")
    }


def test_every_optimizer_and_hook_has_a_twin():
    found = own_classes(optimizers, optimizers.Optimizer) - {"Optimizer"}
    assert found == OPTIMIZERS.keys()
    schedules = {"WarmupCosine"}  # are called with a number, and compute no array
    assert hooks_in(optimizers) - schedules == HOOKS.keys()


def test_what_has_no_twin_is_refused():
    class Planted:
        """A module with one of everything too many."""

        Linear = L.Linear
        SGD = optimizers.SGD
        Parameter = Parameter

        class Bent(Layer):
            pass

        class Sideways(optimizers.Optimizer):
            pass

        class Push:
            def __call__(self, params):
                pass

        def bent_sin(x):
            return F.sin(x) ** 2

    assert own_classes(Planted, Layer) == {"Linear", "Bent"}
    assert own_classes(Planted, optimizers.Optimizer) == {"SGD", "Sideways"}
    assert hooks_in(Planted) == {"Push"}
    assert unchecked(Planted, function_twins()) == ["bent_sin"]


def trained(model, optimizer, xp, steps=3):
    """Return the losses of a few steps and the parameters after them."""
    rng = np.random.default_rng(0)
    x = xp.asarray(rng.normal(size=(20, 4)))
    t = xp.asarray(rng.integers(3, size=20))
    losses = []
    for _ in range(steps):
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()
        losses.append(loss.data)
    return losses + [p.data for p in model.params()]


def small_model(xp):
    np.random.seed(0)  # noqa: NPY002
    model = MLP((6, 3), F.tanh)
    model(np.zeros((1, 4)))
    for param in model.params():
        param.data = xp.asarray(param.data.astype(np.float64))
    return model


@twins("name", [[name] for name in OPTIMIZERS])
def test_optimizer(device, xp, name):
    results = []
    for module in (np, xp):
        model = small_model(module)
        results.append(trained(model, OPTIMIZERS[name]().setup(model), module))
    assert_twins(*results, xp, RTOL[device])


@twins("name", [[name] for name in OPTIMIZERS])
def test_optimizer_goes_on_after_a_move(device, xp, name):
    """What it has gathered on one device counts on the other."""
    model = small_model(np)
    optimizer = OPTIMIZERS[name]().setup(model)
    trained(model, optimizer, np)
    expected = trained(model, optimizer, np)

    model = small_model(np)
    optimizer = OPTIMIZERS[name]().setup(model)
    trained(model, optimizer, np)
    model.to_gpu()  # with the gradients of the last step
    assert_twins(expected, trained(model, optimizer, xp), xp, RTOL[device])
    model.to_cpu()
    trained(model, optimizer, np)


@twins("name", [[name] for name in HOOKS])
def test_hook(device, xp, name):
    results = []
    for module in (np, xp):
        model = small_model(module)
        optimizer = optimizers.SGD(0.1).setup(model)
        optimizer.add_hook(HOOKS[name](model))
        results.append(trained(model, optimizer, module))
    assert_twins(*results, xp, RTOL[device])


# ------------------------------------------------------------- Variables, batches


@twins("")
def test_variable_there_and_back(device, xp):
    array = np.array([[1.0, -2.0], [3.0, 4.0]], np.float32)
    x = Variable(array.copy())
    y = F.exp(x).sum()
    y.backward()
    x.to_gpu()
    assert isinstance(x.data, xp.ndarray) and isinstance(x.grad.data, xp.ndarray)
    assert cuda.get_array_module(x) is cuda.get_array_module(x.data) is xp
    assert repr(x) == repr(Variable(array))
    assert (x.shape, x.dtype, len(x)) == ((2, 2), np.float32, 2)
    held = x.data
    x.to_gpu()
    assert x.data is held  # it was there
    x.to_cpu()
    assert type(x.data) is np.ndarray and type(x.grad.data) is np.ndarray
    np.testing.assert_array_equal(x.data, array)
    empty = Variable(None)
    empty.to_gpu()
    empty.to_cpu()
    assert empty.data is None


@twins("")
def test_conversions(device, xp):
    for value in (2.5, np.float32(2.5), [2.5], np.array(2.5), Variable(np.array(2.5))):
        there = cuda.as_cupy(value)
        assert isinstance(there, xp.ndarray) and cuda.is_array(there)
        back = cuda.as_numpy(Variable(there))
        assert type(back) is np.ndarray
        np.testing.assert_array_equal(back, 2.5)
    assert cuda.get_array_module(2.5) is cuda.get_array_module(np.ones(2)) is np


@twins("")
def test_numbers_stand_beside_device_arrays(device, xp):
    x = Variable(xp.asarray(np.array([1.0, 2.0], np.float32)))
    for y in (x + 1, 2.0 * x, 1 - x, 3 / x, x**2, 2.0**x, np.float32(2) * x):
        assert isinstance(y.data, xp.ndarray) and y.dtype == np.float32
    assert isinstance((xp.ones(2) + x).data, xp.ndarray)
    assert float(x[0]) == 1.0 and int(x[1]) == 2 and bool(x[0] < x[1])
    powers = x ** xp.asarray(np.array([0.0, 3.0], np.float32))
    powers.backward()
    assert cuda.as_numpy(x.grad).tolist() == [0.0, 12.0]
    x.cleargrad()
    picked = F.get_item(x, [1, 1])
    picked.backward()
    assert isinstance(picked.data, xp.ndarray)
    assert cuda.as_numpy(x.grad).tolist() == [0.0, 2.0]


@twins("")
def test_arrays_of_both_kinds_do_not_mix(device, xp):
    x, a = Variable(xp.ones((2, 2))), np.ones((2, 2))
    for f in (
        lambda: x + a,
        lambda: a * x,
        lambda: F.matmul(x, a),
        lambda: F.matmul(a, x),
        lambda: F.softmax_cross_entropy(x, np.array([0, 1])),
        lambda: L.Linear(2, in_size=2)(x),
    ):
        for mode in (contextlib.nullcontext(), no_grad()):
            with (
                mode,
                pytest.raises(
                    TypeError, match=r"NumPy arrays and CuPy arrays do not mix.*step 52"
                ),
            ):
                f()


@twins("")
def test_gradients_own_their_memory(device, xp):
    """Of a sum the gradient is one number seen as many; nobody may write to that."""
    x, y = Variable(xp.ones((2, 3))), Variable(xp.ones((2, 3)))
    (x + y).sum().backward()
    x.grad.data[...] = 7
    assert cuda.as_numpy(x.grad).tolist() == [[7.0] * 3] * 2
    assert cuda.as_numpy(y.grad).tolist() == [[1.0] * 3] * 2
    z = x.sum()
    x.cleargrad()
    z.backward(create_graph=True)
    x.grad.data[0, 0] = 5
    assert cuda.as_numpy(x.grad).sum() == 10


@twins("")
def test_pickled_variable(device, xp):
    x = Variable(xp.arange(3.0), name="x")
    y = pickle.loads(pickle.dumps(F.exp(x)))
    assert isinstance(y.data, xp.ndarray) and y.creator is None
    assert cuda.as_numpy(copy.deepcopy(x)).tolist() == [0.0, 1.0, 2.0]


@twins("")
def test_helpers(device, xp):
    a = np.array([[1.0, 2.0], [1000.0, -np.inf]])
    there = utils.logsumexp(xp.asarray(a))
    assert_twins([utils.logsumexp(a)], [there], xp, 1e-12)
    x = Variable(xp.asarray(a))
    assert utils.array_equal(x, a) and utils.array_allclose(a, x.data)
    assert not utils.array_equal(x.data, 2 * a)


@twins("")
def test_graph_drawn(device, xp):
    def text(module):
        x = Variable(module.ones((2, 3)), name="x")
        return get_dot_graph(F.tanh(x).sum(), verbose=True, stable=True)

    assert text(xp) == text(np)


def loaders(gpu):
    np.random.seed(0)  # noqa: NPY002
    return [
        DataLoader(Spiral(), 40, gpu=gpu),
        DataLoader(Spiral(), 40, shuffle=False, gpu=gpu),
        SeqDataLoader(SinCurve(), 40, gpu=gpu),
    ]


@twins("i", [[0], [1], [2]])
def test_loader(device, xp, i):
    batches = list(loaders(gpu=True)[i])
    for (x, t), (x_cpu, t_cpu) in zip(batches, loaders(gpu=False)[i]):
        assert_twins([x_cpu, t_cpu], [x, t], xp, 0)
    loader = loaders(gpu=False)[i]
    loader.to_gpu()
    assert isinstance(next(loader)[0], xp.ndarray)
    loader.to_cpu()
    assert type(next(loader)[0]) is np.ndarray


@twins("make", [[lambda: L.RNN(5)], [lambda: L.LSTM(5)], [lambda: L.GRU(5)]])
def test_sequences(device, xp, make):
    """Truncated back-propagation through time, from a loader on the device."""
    results = []
    for gpu in (False, True):
        np.random.seed(0)  # noqa: NPY002
        model = Sequential(make(), L.Linear(1))
        loader = SeqDataLoader(SinCurve(), 30, gpu=gpu)
        if gpu:
            model.to_gpu()
        optimizer = optimizers.Adam().setup(model)
        loss, losses = 0.0, []
        for count, (x, t) in enumerate(loader, 1):
            loss = loss + F.mean_squared_error(model(x), t)
            if count % 5 == 0:
                model.cleargrads()
                loss.backward()
                loss.unchain_backward()
                optimizer.update()
                losses.append(loss.data)
                loss = 0.0
        results.append(losses + [p.data for p in model.params()])
    assert_twins(*results, xp, 1e-6 if device == "stand-in" else 1e-2)  # float32


# ----------------------------------------------------------------------- seconds


def seconds_per_epoch(dataset, xp, sizes):
    """Return the seconds of one epoch, after a batch to warm up, and the last loss."""
    np.random.seed(0)  # noqa: NPY002
    model = MLP(sizes, F.relu)
    loader = DataLoader(dataset, 100, gpu=xp is not np)
    if xp is not np:
        model.to_gpu()
    optimizer = optimizers.Adam().setup(model)
    for epoch in ([next(loader)], loader):
        start = time.perf_counter()
        for x, t in epoch:
            loss = F.softmax_cross_entropy(model(x), t)
            model.cleargrads()
            loss.backward()
            optimizer.update()
        last = float(loss)  # waits for the device
    return time.perf_counter() - start, last


@twins("")
def test_seconds_per_epoch(device, xp):
    """A network on digits learns the same on both; how long it takes shows -s."""
    if device == "GPU":
        dataset, sizes = SynthDigits(), (1000, 1000, 10)
    else:
        digits = np.random.default_rng(0).random((400, 784), dtype=np.float32)
        dataset, sizes = [(x, i % 10) for i, x in enumerate(digits)], (20, 10)
    losses = []
    for module, where in ((np, "NumPy"), (xp, device)):
        seconds, loss = seconds_per_epoch(dataset, module, sizes)
        losses.append(loss)
        print(f"{where}: {seconds:.2f} s for an epoch of {len(dataset):,}")
    assert losses[1] == pytest.approx(losses[0], rel=1e-4 if device != "GPU" else 0.2)
