"""Layers of images and their company: convolution, pooling, norms, dropout, EmbedID."""

import copy
import pickle

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, test_mode
from dezero.gradcheck import check_gradients
from dezero.layers import (
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Deconv2d,
    Dropout,
    EmbedID,
    GroupNorm,
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    RMSNorm,
)
from dezero.optimizers import Adam, WeightDecay


@pytest.fixture
def x(rng):
    return rng.normal(size=(2, 4, 6, 5)).astype(np.float32)


def values(layer):
    return {key: p.data for key, p in layer._named_params().items()}


# --- Conv2d and Deconv2d ------------------------------------------------------


def test_conv2d_by_hand():
    layer = Conv2d(1, 2, in_channels=1)
    layer.W.data[...] = [[[[1, 2], [3, 4]]]]
    layer.b.data[...] = 10
    image = np.array([[[[1, 0, 0], [0, 0, 1]]]], np.float32)
    y = layer(image)
    np.testing.assert_array_equal(y.data, [[[[11, 14]]]])
    assert y.dtype == np.float32


def test_deconv2d_by_hand():
    layer = Deconv2d(1, 2, in_channels=1)
    layer.W.data[...] = [[[[1, 2], [3, 4]]]]
    y = layer(np.array([[[[1, 10]]]], np.float32))
    np.testing.assert_array_equal(y.data, [[[[1, 12, 20], [3, 34, 40]]]])


@pytest.mark.parametrize(
    "cls, f, shape", [(Conv2d, F.conv2d, (3, 4, 3, 2)), (Deconv2d, F.deconv2d, 0)]
)
def test_convolutions_are_their_functions(cls, f, shape, x):
    layer = cls(3, (3, 2), stride=(1, 2), pad=(1, 0))
    y = layer(x)
    assert layer.W.shape == (shape or (4, 3, 3, 2)) and layer.b.shape == (3,)
    expected = f(x, layer.W, layer.b, stride=(1, 2), pad=(1, 0))
    np.testing.assert_array_equal(y.data, expected.data)
    assert (layer.in_channels, layer.out_channels) == (4, 3)
    assert (layer.kernel_size, layer.stride, layer.pad) == ((3, 2), (1, 2), (1, 0))
    assert (layer.W.name, layer.b.name) == ("W", "b")


@pytest.mark.parametrize("cls", [Conv2d, Deconv2d])
def test_convolutions_start_from_the_global_generator(cls, x):
    np.random.seed(7)  # noqa: NPY002
    known = cls(3, (3, 2), in_channels=4)
    late = cls(2, 3)
    assert late.W.data is None and late.in_channels is None
    late(x)
    draws = np.random.RandomState(7)
    for layer, OC, KH, KW in (known, 3, 3, 2), (late, 2, 3, 3):
        shape = (OC, 4) if cls is Conv2d else (4, OC)
        W = draws.randn(*shape, KH, KW) * np.sqrt(1 / (4 * KH * KW))
        np.testing.assert_array_equal(layer.W.data, W.astype(np.float32))
        np.testing.assert_array_equal(layer.b.data, np.zeros(OC, np.float32))


@pytest.mark.parametrize("cls", [Conv2d, Deconv2d])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_convolutions_keep_their_dtype(cls, dtype, x):
    layer = cls(3, 2, dtype=dtype)
    y = layer(x.astype(dtype))
    y.sum().backward()
    for array in y, layer.W, layer.b, layer.W.grad, layer.b.grad:
        assert array.dtype == dtype


@pytest.mark.parametrize("cls", [Conv2d, Deconv2d])
def test_convolutions_without_bias(cls, x):
    layer = cls(3, 2, nobias=True)
    layer(x).sum().backward()
    assert layer.b is None and list(layer.params()) == [layer.W]


@pytest.mark.parametrize("cls", [Conv2d, Deconv2d])
def test_gradients_of_convolutions(cls, rng):
    def f(x, W, b):
        layer = cls(2, 2, stride=2, pad=1, dtype=np.float64)
        del layer.W, layer.b  # no Parameters, but what the check varies
        layer.W, layer.b = W, b
        return layer(x)

    W = rng.normal(size=(2, 2, 2, 2))
    check_gradients(f, rng.normal(size=(1, 2, 4, 4)), W, rng.normal(size=2))


# --- pooling ------------------------------------------------------------------


def test_pooling_by_hand():
    image = np.arange(16.0).reshape(1, 1, 4, 4)
    np.testing.assert_array_equal(MaxPool2d(2)(image).data, [[[[5, 7], [13, 15]]]])
    np.testing.assert_array_equal(
        AvgPool2d(2)(image).data, [[[[2.5, 4.5], [10.5, 12.5]]]]
    )
    assert MaxPool2d(2, stride=1)(image).shape == (1, 1, 3, 3)
    assert MaxPool2d((2, 4), pad=(1, 0))(image).shape == (1, 1, 3, 1)
    corner = AvgPool2d(2, pad=1)(image).data[0, 0, 3 - 1, 3 - 1]
    assert corner == 15 / 4  # the padding counts
    assert list(MaxPool2d(2).params()) == []


# --- norms --------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer, names, C",
    [
        (BatchNorm(), ["avg_mean", "avg_var", "gamma", "beta"], 4),
        (GroupNorm(2), ["gamma", "beta"], 4),
        (LayerNorm(), ["gamma", "beta"], 5),
        (RMSNorm(), ["gamma"], 5),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_norms_make_their_parameters_late_in_the_dtype_of_x(layer, names, C, dtype, x):
    layer = copy.deepcopy(layer)
    assert list(layer._named_params()) == names
    assert all(p.data is None for p in layer.params())
    with test_mode():  # leaves the running averages as they are
        y = layer(x.astype(dtype))
    starts = {"avg_mean": 0, "avg_var": 1, "gamma": 1, "beta": 0}
    for name in names:
        p = getattr(layer, name)
        assert type(p) is Parameter and p.name == name and p.dtype == dtype
        np.testing.assert_array_equal(p.data, np.full(C, starts[name]))
    assert y.dtype == dtype and len(layer.inputs) == len(layer.outputs) == 1
    y.sum().backward()
    trained = [layer._named_params()[name] for name in names if name[:3] != "avg"]
    assert all(p.grad.dtype == dtype for p in trained)


def test_batch_norm_by_hand(x):
    layer = BatchNorm()
    y = layer(x)
    mean, var = x.mean(axis=(0, 2, 3)), x.var(axis=(0, 2, 3))
    scaled = (x - mean.reshape(1, 4, 1, 1)) / np.sqrt(var + 2e-5).reshape(1, 4, 1, 1)
    np.testing.assert_allclose(y.data, scaled, rtol=1e-4, atol=1e-5)
    m = 2 * 6 * 5
    np.testing.assert_allclose(layer.avg_mean.data, 0.1 * mean, rtol=1e-4, atol=1e-7)
    unbiased = var * m / (m - 1)
    np.testing.assert_allclose(layer.avg_var.data, 0.9 + 0.1 * unbiased, rtol=1e-5)

    averages = layer.avg_mean.data.copy(), layer.avg_var.data.copy()
    with test_mode():
        y = layer(x)
    np.testing.assert_array_equal(layer.avg_mean.data, averages[0])
    mean, var = (a.reshape(1, 4, 1, 1) for a in averages)
    np.testing.assert_allclose(
        y.data, (x - mean) / np.sqrt(var + 2e-5), rtol=1e-4, atol=1e-5
    )


def test_running_averages_are_no_business_of_optimizers(x):
    layer = BatchNorm()
    optimizer = Adam().setup(layer)
    optimizer.add_hook(WeightDecay(0.1))
    (layer(x) ** 2).sum().backward()
    assert layer.avg_mean.grad is None and layer.avg_var.grad is None
    averages = layer.avg_mean.data.copy(), layer.avg_var.data.copy()
    gamma = layer.gamma.data.copy()
    optimizer.update()
    np.testing.assert_array_equal(layer.avg_mean.data, averages[0])
    np.testing.assert_array_equal(layer.avg_var.data, averages[1])
    assert not np.array_equal(layer.gamma.data, gamma)


def test_layer_norm_and_group_norm_by_hand(x):
    y = LayerNorm(eps=0.5)(x).data
    mean, var = x.mean(axis=3, keepdims=True), x.var(axis=3, keepdims=True)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(var + 0.5), rtol=1e-4, atol=1e-5)

    y = GroupNorm(2, eps=0.5)(x).data
    groups = x.reshape(2, 2, -1)
    mean, var = groups.mean(axis=2, keepdims=True), groups.var(axis=2, keepdims=True)
    expected = ((groups - mean) / np.sqrt(var + 0.5)).reshape(x.shape)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


def test_rms_norm_by_hand(x):
    y = RMSNorm(eps=0.5)(x).data
    expected = x / np.sqrt((x**2).mean(axis=3, keepdims=True) + 0.5)
    np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-5)


# --- Dropout and EmbedID ------------------------------------------------------


def test_dropout_drops_in_training_only():
    ones = np.ones((100, 10), np.float32)
    layer = Dropout(0.2)
    np.random.seed(0)  # noqa: NPY002
    y = layer(ones)
    expected = (np.random.RandomState(0).rand(100, 10) > 0.2) / 0.8
    np.testing.assert_allclose(y.data, expected, rtol=1e-6)
    assert y.dtype == np.float32
    v = Variable(ones)
    with test_mode():
        assert layer(v) is v
    assert Dropout().dropout_ratio == 0.5


def test_embed_id():
    np.random.seed(5)  # noqa: NPY002
    layer = EmbedID(4, 2)
    W = np.random.RandomState(5).randn(4, 2)
    np.testing.assert_array_equal(layer.W.data, W)
    assert layer.W.name == "W" and layer.W.dtype == np.float64
    index = np.array([[3, 0], [3, 1]])
    for x in index, Variable(index):
        y = layer(x)
        np.testing.assert_array_equal(y.data, W[index])
        assert [reference() for reference in layer.inputs] == [x]
        assert layer.outputs[0]() is y
    y.sum().backward()
    np.testing.assert_array_equal(layer.W.grad.data, [[1, 1], [1, 1], [0, 0], [2, 2]])


# --- files and copies ---------------------------------------------------------


class Net(Layer):
    """One of each kind that has parameters."""

    def __init__(self, channels=3):
        super().__init__()
        self.conv = Conv2d(channels, 3)
        self.bn = BatchNorm()
        self.deconv = Deconv2d(4, 2, nobias=True)
        self.gn = GroupNorm(2)
        self.ln = LayerNorm()
        self.fc = Linear(2)

    def forward(self, x):
        y = F.relu(self.bn(self.conv(x)))
        return self.fc(self.ln(self.gn(self.deconv(y))))


def test_late_layers_can_be_loaded_and_then_work(x, tmp_path):
    net = Net()
    net(x)
    net.save_weights(tmp_path / "w")
    other = Net()
    other.load_weights(tmp_path / "w")
    assert (other.conv.in_channels, other.deconv.in_channels) == (4, 3)
    assert other.fc.in_size == net.fc.in_size == 4
    np.testing.assert_array_equal(other(x).data, net(x).data)
    for key, array in values(net).items():  # after one more batch each
        np.testing.assert_array_equal(values(other)[key], array, err_msg=key)


@pytest.mark.parametrize(
    "layer, message",
    [
        (Conv2d(5, 3), r"W has the shape \(5, \?, 3, 3\) here and \(3, 4, 3, 3\) in"),
        (Conv2d(3, (3, 2)), r"W has the shape \(3, \?, 3, 2\) here"),
        (Conv2d(3, 3, in_channels=2), r"W has the shape \(3, 2, 3, 3\) here"),
        (Deconv2d(5, 3), r"W has the shape \(\?, 5, 3, 3\) here and \(3, 4, 3, 3\)"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_other_sizes_are_refused_by_key(layer, message, inside, x, tmp_path):
    source = Conv2d(3, 3)
    source(x)
    layer = copy.deepcopy(layer)
    if inside:
        source, layer = within(source), within(layer)
        message = f"conv/{message}"
    source.save_weights(tmp_path / "w")
    before = values(layer)
    with pytest.raises(ValueError, match=f"load_weights: {message}"):
        layer.load_weights(tmp_path / "w")
    after = values(layer)
    assert all(after[key] is before[key] for key in before)


def within(layer):
    outer = Layer()
    outer.conv = layer
    return outer


@pytest.mark.parametrize("kind", [BatchNorm, LayerNorm, lambda: GroupNorm(2)])
def test_the_parameters_of_a_norm_are_of_one_length(kind, tmp_path):
    path = tmp_path / "w.npz"
    keys = list(values(kind()))
    fits = {f"{name}/{key}": np.ones(n) for name, n in NORMS for key in keys}
    np.savez(path, **fits)
    net = two_norms(kind)
    net.load_weights(path)
    assert [param.shape for param in net.params()] == [a.shape for a in fits.values()]
    for key in keys:
        for shape in (2, 4), (3,), (), (1,):
            np.savez(path, **{**fits, f"second/{key}": np.ones(shape)})
            net = two_norms(kind)
            with pytest.raises(ValueError, match=r"second/\w+ has the shape .* here"):
                net.load_weights(path)
            assert all(param.data is None for param in net.params())
    np.savez(path, **{**fits, f"second/{keys[-1]}": np.ones(3)})
    message = rf"second/{keys[-1]} has the shape \(2,\) here and \(3,\) in"
    with pytest.raises(ValueError, match=message):
        two_norms(kind).load_weights(path)


NORMS = [("first", 4), ("second", 2)]


def two_norms(kind):
    outer = Layer()
    for name, _ in NORMS:
        setattr(outer, name, kind())
    return outer


def test_no_late_layer_is_filled_when_another_refuses(x, tmp_path):
    net = Net()
    net(x)
    net.save_weights(tmp_path / "w")
    other = Net()
    other.fc = Linear(7)
    with pytest.raises(ValueError, match=r"fc/W has the shape \(\?, 7\)"):
        other.load_weights(tmp_path / "w")
    assert other.conv.W.data is None and other.bn.gamma.data is None


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
)
@pytest.mark.parametrize("called", [True, False])
def test_copies(duplicate, called, x):
    net = Net()
    if called:
        net(x)
    twin = duplicate(net)
    np.random.seed(1)  # noqa: NPY002
    y = net(x).data
    np.random.seed(1)  # noqa: NPY002
    np.testing.assert_array_equal(twin(x).data, y)
    assert twin.conv.W is not net.conv.W
