"""Settings and inputs that layers and models refuse: who, expected, got, which step."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable
from dezero.layers import (
    GRU,
    LSTM,
    RNN,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Deconv2d,
    Dropout,
    EmbedID,
    GroupNorm,
    LayerNorm,
    Linear,
    MaxPool2d,
    RMSNorm,
)
from dezero.models import (
    MLP,
    VGG16,
    BasicBlock,
    BottleneckA,
    BottleneckB,
    BuildingBlock,
    Fire,
    ResNet,
    ResNet18,
    ResNet50,
    Sequential,
    SqueezeNet,
)

NO_SIZES = [0, -1, "10", 2.5, 10.0, True, None, np.ones((2, 3)), [3], float("nan")]

# {who: (make it with one size, the size's name)}
SIZES = [
    (Linear, "out_size", lambda n: Linear(n)),
    (Linear, "in_size", lambda n: Linear(3, in_size=n)),
    (Conv2d, "out_channels", lambda n: Conv2d(n, 3)),
    (Conv2d, "in_channels", lambda n: Conv2d(3, 3, in_channels=n)),
    (Deconv2d, "out_channels", lambda n: Deconv2d(n, 3)),
    (Deconv2d, "in_channels", lambda n: Deconv2d(3, 3, in_channels=n)),
    (EmbedID, "in_size", lambda n: EmbedID(n, 3)),
    (EmbedID, "out_size", lambda n: EmbedID(3, n)),
    (GroupNorm, "groups", lambda n: GroupNorm(n)),
    (RNN, "hidden_size", lambda n: RNN(n)),
    (RNN, "in_size", lambda n: RNN(3, in_size=n)),
    (LSTM, "hidden_size", lambda n: LSTM(n)),
    (LSTM, "in_size", lambda n: LSTM(3, in_size=n)),
    (GRU, "hidden_size", lambda n: GRU(n)),
    (GRU, "in_size", lambda n: GRU(3, in_size=n)),
    (MLP, "each size", lambda n: MLP((3, n))),
    (BasicBlock, "in_channels", lambda n: BasicBlock(n, 3)),
    (BottleneckA, "in_channels", lambda n: BottleneckA(n, 3, 3)),
    (BottleneckB, "in_channels", lambda n: BottleneckB(n, 3)),
    (Fire, "in_channels", lambda n: Fire(n, 3, 3)),
]


@pytest.mark.parametrize("value", NO_SIZES, ids=str)
@pytest.mark.parametrize("cls, name, make", SIZES)
def test_sizes_are_whole_numbers(cls, name, make, value):
    if value is None and name in ("in_size", "in_channels") and cls in LATE:
        make(value)
        return
    message = rf"{cls.__name__}: {name} must be a whole number of at least 1, got.*step"
    with pytest.raises((TypeError, ValueError), match=message):
        make(value)


LATE = (Linear, Conv2d, Deconv2d, RNN, LSTM, GRU)


@pytest.mark.parametrize("cls, name, make", SIZES)
def test_sizes_may_be_numpys(cls, name, make):
    make(np.int64(4))


@pytest.mark.parametrize("cls", [Conv2d, Deconv2d, MaxPool2d, AvgPool2d])
@pytest.mark.parametrize(
    "name, value",
    [
        *(("kernel_size", v) for v in [0, -1, "3", 2.0, True, (3,), (3, 0), (1, 2, 3)]),
        *(("stride", v) for v in [0, -1, "1", 1.5, (0, 1), (1, None)]),
        *(("pad", v) for v in [-1, "same", 0.5, (0, -1), None]),
    ],
)
def test_kernels_strides_and_pads(cls, name, value):
    sizes = {"kernel_size": 3, name: value}
    if cls in (Conv2d, Deconv2d):
        sizes["out_channels"] = 3
    message = (
        rf"{cls.__name__}: {name} must be an int or \(height, width\), each at least"
    )
    with pytest.raises((TypeError, ValueError), match=message + ".* got .*step 57"):
        cls(**sizes)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Linear(784, 10), r"Linear: nobias .* got 10; .*Linear\(784, in_size="),
        (
            lambda: Linear(10, 1),
            r"Linear: nobias must be True or False, got 1; pass the size",
        ),
        (lambda: Conv2d(3, 3, 1, 0, 3), r"Conv2d: nobias .* got 3; .* in_channels="),
        (lambda: Deconv2d(3, 3, 1, 0, "yes"), "Deconv2d: nobias .* got 'yes'"),
        (
            lambda: Linear(3, dtype=int),
            "Linear: dtype must be a floating-point type, .* 'int'",
        ),
        (lambda: Linear(3, dtype="foo"), "Linear: dtype must be .* got 'foo'.*step 44"),
        (
            lambda: Conv2d(3, 3, dtype=None),
            "Conv2d: dtype must be .* got None.*step 57",
        ),
        (lambda: Deconv2d(3, 3, outsize=0), "Deconv2d: outsize must be an int or"),
        (lambda: Dropout(1.5), "Dropout: dropout_ratio must be .* got 1.5 .*step 54"),
        (lambda: Dropout(-0.1), "Dropout: dropout_ratio"),
        (lambda: Dropout("half"), "Dropout: dropout_ratio .* got 'half'"),
        (lambda: Dropout(float("nan")), "Dropout: dropout_ratio .* got nan"),
        (
            lambda: LayerNorm(512),
            "LayerNorm: eps must be .* below 1, got 512 .*step 73",
        ),
        (lambda: RMSNorm(2), "RMSNorm: eps must be .* below 1, got 2 .*step 73"),
        (lambda: GroupNorm(2, -1e-5), "GroupNorm: eps must be"),
        (
            lambda: MLP((10,), "relu"),
            "activation must be .* 'relu'; write F.relu, without",
        ),
        (lambda: MLP((10,), "Swoosh"), r"got 'Swoosh' \(see step 45\)"),
        (lambda: MLP((10, 5), 3), "MLP: activation must be a function"),
        (lambda: MLP(10, 5), r"MLP: expected .* such as \(100, 10\), got 10 .*step 45"),
        (lambda: MLP("10"), r"MLP: expected .* such as \(100, 10\), got '10'"),
        (lambda: MLP((3,), Dropout), "MLP: activation must be a function"),
        (
            lambda: Sequential(Linear),
            r"got the class Linear; write Linear\(...\).*step 45",
        ),
        (lambda: Sequential("tanh"), "got 'tanh'; write F.tanh, without quotes"),
        (
            lambda: Sequential(Linear(2), 3),
            r"each as its own argument: .* got 3 \(see step 45",
        ),
        (lambda: VGG16("yes"), "VGG16: pretrained must be True or False, got 'yes'"),
        (lambda: ResNet50("yes"), "ResNet50: pretrained must be .*step 74"),
        (lambda: ResNet("50"), "ResNet: expected n_layers to be 50, .* got '50'"),
        (lambda: ResNet([50]), r"ResNet: expected n_layers to be 50, .* got \[50\]"),
        (lambda: ResNet18(cifar=3), "ResNet18: cifar must be True or False, got 3"),
        (lambda: ResNet18("no"), "ResNet18: pretrained must be True or False"),
        (lambda: ResNet18(out_size=0), "out_size must be a whole number"),
        (lambda: SqueezeNet(2), "SqueezeNet: pretrained must be True or False, got 2"),
        (lambda: BuildingBlock("2", 3, 3, 3, 1), "BuildingBlock: n_layers must be"),
        (lambda: BottleneckA(3, 3, 3, stride=0), "stride must be an int or"),
        (lambda: BottleneckA(3, 3, 3, 1, "no"), "BottleneckA: downsample_fb must be"),
        (lambda: Fire(3, 3, 0), "out_channels must be a whole number"),
    ],
)
def test_settings_are_judged_by_the_constructor(make, message):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    with pytest.raises((TypeError, ValueError), match=message):
        make()
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


# --- what layers are called on ------------------------------------------------

NO_NUMBERS = [
    *(None, "text", [[1, 2], [3]], np.array([None]), Variable(None), {}, type),
    *(np.ones((2, 3), complex), np.array(["a"]), [None], Linear(3)),
]
MAKES = [
    *(lambda: Linear(3), lambda: Linear(3, in_size=2), lambda: Conv2d(2, 3)),
    *(lambda: Deconv2d(2, 3), lambda: MaxPool2d(2), lambda: AvgPool2d(2), Dropout),
    *(BatchNorm, LayerNorm, RMSNorm, lambda: GroupNorm(1)),
    *(lambda: RNN(3), lambda: LSTM(3), lambda: GRU(3), lambda: EmbedID(4, 2)),
]


@pytest.mark.parametrize("x", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize("make", MAKES)
def test_what_is_no_numbers_is_refused(make, x):
    layer = make()
    who = type(layer).__name__
    message = rf"{who}: x must be .*, in an array or a Variable, got .*\(see step"
    with pytest.raises(TypeError, match=message):
        layer(x)
    assert layer.inputs == layer.outputs == ()


@pytest.mark.parametrize(
    "make, shape, message",
    [
        (
            lambda: Linear(3),
            (),
            r"Linear: x must be rows of .* \(..., in_size\), got \(\)",
        ),
        (lambda: Linear(3), (2, 0), r"with in_size at least 1, got \(2, 0\)"),
        (
            lambda: Linear(3, in_size=4),
            (2, 5),
            r"with in_size = 4, to match its .* got \(2, 5\)",
        ),
        (
            lambda: Linear(3, in_size=4),
            (2, 1, 2, 2),
            r"F\.flatten turns images into rows",
        ),
        (lambda: Conv2d(2, 3), (4, 6, 6), r"pass a single image as x\[None\].*step 57"),
        (
            lambda: Conv2d(2, 3),
            (4, 36),
            r"Conv2d: x must be .*; x\.reshape\(-1, C, H, W",
        ),
        (
            lambda: Conv2d(2, 3, in_channels=3),
            (2, 6, 6, 3),
            r"C = 3.*transpose\(0, 3, 1, 2",
        ),
        (
            lambda: Deconv2d(2, 3, in_channels=3),
            (2, 2, 6, 6),
            "Deconv2d: x must.* C = 3",
        ),
        (lambda: MaxPool2d(2), (6, 6), "MaxPool2d: x must be images"),
        (lambda: AvgPool2d(2), (6,), "AvgPool2d: x must be images"),
        (BatchNorm, (4,), r"BatchNorm: x must be \(N, C\) or images"),
        (LayerNorm, (), "LayerNorm: x must be rows of numbers"),
        (RMSNorm, (), "RMSNorm: x must be rows of numbers"),
        (lambda: GroupNorm(2), (4,), r"GroupNorm: x must be \(N, C, ...\), got \(4,\)"),
        (
            lambda: GroupNorm(2),
            (1, 3, 2, 2),
            r"C must be a multiple of groups=2.*C = 3",
        ),
        (
            lambda: RNN(3),
            (2, 5, 4),
            r"RNN: x must.*for t in range\(x\.shape\[1\]\).*59",
        ),
        (lambda: LSTM(3), (2, 5, 4), r"LSTM: x must.* h = layer\(x\[:, t\]\).*step 60"),
        (lambda: GRU(3), (2, 5, 4), r"GRU: x must.*one time step, so loop"),
        (lambda: RNN(3), (4,), r"RNN: x must.*pass a single sequence as x\[None\]"),
        (
            lambda: RNN(3, in_size=4),
            (2, 5),
            r"RNN: x must.* D = 4, to match its weights",
        ),
        (
            lambda: LSTM(3, in_size=4),
            (2, 5),
            r"LSTM: x must.* D = 4, to match its weights",
        ),
    ],
)
def test_other_shapes_are_refused(make, shape, message):
    with pytest.raises(ValueError, match=message):
        make()(np.ones(shape, np.float32))


@pytest.mark.parametrize(
    "make, first, second",
    [
        (lambda: Linear(3), (2, 4), (2, 5)),
        (lambda: Conv2d(3, 2), (2, 3, 4, 4), (2, 1, 4, 4)),
        (lambda: Deconv2d(3, 2), (2, 3, 4, 4), (2, 1, 4, 4)),
        (BatchNorm, (2, 4), (2, 5)),
        (LayerNorm, (2, 4), (2, 5)),
        (RMSNorm, (2, 4), (2, 5)),
        (lambda: GroupNorm(1), (2, 4, 3), (2, 5, 3)),
        (lambda: RNN(3), (2, 4), (2, 5)),
        (lambda: LSTM(3), (2, 4), (2, 5)),
        (lambda: GRU(3), (2, 4), (2, 5)),
    ],
)
def test_another_size_than_in_the_first_call_is_refused(make, first, second):
    layer = make()
    layer(np.ones(first, np.float32))
    h = getattr(layer, "h", None)
    message = rf"{type(layer).__name__}: x must be .* = \d, to match its weights, got"
    with pytest.raises(ValueError, match=message):
        layer(np.ones(second, np.float32))
    assert getattr(layer, "h", None) is h


def test_lists_and_numbers_are_arrays():
    layer = Linear(1, in_size=2, dtype=np.float64)
    layer.W.data[...] = [[1], [10]]
    for x in [[1, 2], [3, 4]], ((1.0, 2.0), (3.0, 4.0)):
        np.testing.assert_array_equal(layer(x).data, [[21], [43]])
    assert EmbedID(4, 2)(3).shape == (2,) and Dropout()(3.0).shape == ()


def test_recurrent_layers_take_steps_one_by_one():
    """What the advice says, and it is another result than one product for all."""
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    layer = RNN(5)
    for t in range(x.shape[1]):
        h = layer(x[:, t])
    state = np.zeros((2, 5))
    for t in range(3):
        a = x[:, t] @ layer.x2h.W.data + layer.x2h.b.data + state @ layer.h2h.W.data
        state = np.tanh(a)
    np.testing.assert_allclose(h.data, state, rtol=1e-5, atol=1e-6)


def test_outsize_of_deconv2d():
    """A stride of 2 fits 5 and 6 pixels into the same 3 places."""
    x = np.ones((1, 1, 3, 3), np.float32)
    layer = Deconv2d(1, 1, stride=2, outsize=(6, 6))
    assert layer(x).shape == (1, 1, 6, 6) and layer.outsize == (6, 6)
    expected = F.deconv2d(x, layer.W, layer.b, 2, 0, (6, 6))
    np.testing.assert_array_equal(layer(x).data, expected.data)
    assert Deconv2d(1, 1, stride=2)(x).shape == (1, 1, 5, 5)
    assert Deconv2d(1, 1, stride=2, outsize=6)(x).shape == (1, 1, 6, 6)


def test_norms_loaded_before_the_first_call_take_the_dtype_of_x(tmp_path):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    for make in BatchNorm, LayerNorm, RMSNorm, lambda: GroupNorm(2):
        keys = list(make()._named_params())
        np.savez(tmp_path / "w.npz", **{key: np.full(6, 0.5) for key in keys})
        for dtype in np.float32, np.float64:
            layer = make()
            layer.load_weights(tmp_path / "w")
            assert layer(x.astype(dtype)).dtype == dtype
            assert {p.dtype for p in layer.params()} == {np.dtype(dtype)}
            assert (layer.gamma.data == 0.5).all() and type(layer.gamma) is Parameter
