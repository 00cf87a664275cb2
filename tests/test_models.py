"""Model, Sequential, MLP, and the known networks for images."""

import copy
import math
import pickle
import re
import urllib.error
import urllib.request

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Variable, models, no_grad, optimizers, test_mode, utils
from dezero.models import (
    MLP,
    VGG16,
    BasicBlock,
    BottleneckA,
    BottleneckB,
    BuildingBlock,
    Fire,
    Model,
    ResNet,
    ResNet18,
    ResNet50,
    ResNet101,
    ResNet152,
    Sequential,
    SqueezeNet,
)
from dezero.models.pretrained import _load_pretrained


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 3)).astype(np.float32)


# --- Model --------------------------------------------------------------------


class TwoLayers(Model):
    def __init__(self):
        super().__init__()
        self.l1 = L.Linear(5)
        self.l2 = L.Linear(2)

    def forward(self, x):
        return self.l2(F.tanh(self.l1(x)))


def test_a_model_is_a_layer():
    assert issubclass(Model, L.Layer)
    assert dezero.Model is Model and dezero.models is models


def test_plot_draws_a_picture(x, tmp_path):
    path = tmp_path / "two layers.png"
    TwoLayers().plot(x, to_file=path)
    assert path.read_bytes().startswith(b"\x89PNG")


def test_plot_draws_forward_verbosely_and_returns_the_picture(x, monkeypatch):
    calls = []

    def plot_dot_graph(*args, **kwargs):
        calls.append((args, kwargs))
        return "the picture"

    monkeypatch.setattr(utils, "plot_dot_graph", plot_dot_graph)
    model = TwoLayers()
    assert model.plot(x) == "the picture"
    (((y,), options),) = calls
    assert options == {"verbose": True, "to_file": "model.png"}
    assert y.creator is not None
    assert model.outputs[0]() is y  # drawn is a call of the model
    np.testing.assert_array_equal(y.data, model(x).data)


def test_plot_runs_in_the_current_mode(x, monkeypatch):
    monkeypatch.setattr(utils, "plot_dot_graph", lambda y, **options: y)
    model = TwoLayers()
    with no_grad():
        assert model.plot(x).creator is None
    assert model.plot(x).creator is not None


def test_plot_draws_one_output(x):
    class Pair(TwoLayers):
        def forward(self, x):
            return self.l1(x), self.l2(x)

    with pytest.raises(
        TypeError, match=r"Pair\.plot: expected .* one output, got 2; .*45"
    ):
        Pair().plot(x)


# --- Sequential ---------------------------------------------------------------


def test_sequential_calls_one_after_the_other(x):
    first, last = L.Linear(5), L.Linear(2)
    model = Sequential(first, F.tanh, last)
    expected = last(F.tanh(first(x)))
    np.testing.assert_array_equal(model(x).data, expected.data)
    assert model.layers == [first, F.tanh, last]
    assert (model.l0, model.l1, model.l2) == (first, F.tanh, last)
    assert list(model._named_params()) == ["l0/W", "l0/b", "l2/W", "l2/b"]


def test_sequential_of_sequentials(x):
    inner = Sequential(L.Linear(5), F.tanh)
    model = Sequential(inner, L.Linear(2))
    assert model(x).shape == (4, 2)
    assert list(model._named_params()) == ["l0/l0/W", "l0/l0/b", "l1/W", "l1/b"]


def test_sequential_of_nothing(x):
    assert Sequential()(x) is x


def test_the_same_layer_twice_is_trained_once(x):
    layer = L.Linear(3)
    model = Sequential(layer, layer)
    np.testing.assert_array_equal(model(x).data, layer(layer(x)).data)
    assert list(model.params()) == [layer.W, layer.b]


def test_sequential_refuses_what_cannot_be_called():
    with pytest.raises(
        TypeError, match=r"each as its own argument: .* got \[Linear.*step 45"
    ):
        Sequential([L.Linear(3), L.Linear(2)])


# --- MLP ----------------------------------------------------------------------


def test_mlp_by_hand():
    model = MLP((2, 1), activation=F.tanh)
    model(np.zeros((1, 1), np.float32))
    model.l0.W.data[...] = [[1, 2]]
    model.l0.b.data[...] = [0, 1]
    model.l1.W.data[...] = [[3], [4]]
    model.l1.b.data[...] = [5]
    y = model(np.array([[0.5]], dtype=np.float32))
    expected = 3 * np.tanh(0.5) + 4 * np.tanh(2.0) + 5  # none after the last layer
    np.testing.assert_allclose(y.data, [[expected]], rtol=1e-6)


def test_mlp_is_made_of_linear_layers(x):
    model = MLP((5, 4, 2))
    y = model(x)
    assert y.shape == (4, 2) and y.dtype == np.float32
    assert model.activation is F.sigmoid
    assert model.layers == [model.l0, model.l1, model.l2]
    assert all(type(layer) is L.Linear for layer in model.layers)
    assert [p.shape for p in model.params()] == [
        *[(3, 5), (5,)],
        *[(5, 4), (4,)],
        *[(4, 2), (2,)],
    ]
    expected = model.l2(F.sigmoid(model.l1(F.sigmoid(model.l0(x)))))
    np.testing.assert_array_equal(y.data, expected.data)


def test_gradients_of_an_mlp_are_float32(x):
    model = MLP((5, 2))
    (model(x) * 2.0).sum().backward()
    assert all(p.grad.dtype == np.float32 for p in model.params())


@pytest.mark.parametrize("sizes", [10, (), []])
def test_mlp_wants_sizes(sizes):
    with pytest.raises(ValueError, match=r"such as \(100, 10\), got .*step 45"):
        MLP(sizes)


def test_mlp_takes_sizes_as_any_sequence(x):
    assert MLP([5, 2])(x).shape == MLP(np.array([5, 2]))(x).shape == (4, 2)


@pytest.mark.parametrize("make", [lambda: MLP((5, 2)), lambda: Sequential(L.Linear(2))])
def test_models_are_saved_and_pickled(x, tmp_path, make):
    model, other = make(), make()
    y = model(x)
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other(x).data, y.data)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model))(x).data, y.data)


def test_a_copied_sequential_calls_its_own_layers(x):
    model = Sequential(L.Linear(2))
    model(x)
    twin = pickle.loads(pickle.dumps(model))
    assert twin.layers[0] is twin.l0 is not model.l0


def test_a_network_learns_a_sine(rng):
    np.random.seed(0)  # noqa: NPY002
    x = rng.uniform(size=(100, 1))
    t = np.sin(2 * np.pi * x) + 0.1 * rng.normal(size=(100, 1))
    model = MLP((10, 1))
    optimizer = optimizers.Adam(alpha=0.1).setup(model)
    for _ in range(300):
        error = model(x) - t
        loss = (error * error).sum() / len(x)
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert loss.data < 0.05  # the noise is 0.01, t itself 0.5


def test_a_model_without_inputs_of_its_own_takes_variables(x):
    model = MLP((2,))
    v = Variable(x)
    model(v).sum().backward()
    np.testing.assert_allclose(
        v.grad.data, np.tile(model.l0.W.data.sum(axis=1), (4, 1)), rtol=1e-6
    )


# --- the list of layers and the names l0, l1, ... are one thing -----------------


def chains():
    return Sequential(L.Linear(5), L.Linear(4), L.Linear(2)), MLP((5, 4, 2))


@pytest.mark.parametrize("model", chains(), ids=["Sequential", "MLP"])
def test_a_layer_set_by_name_is_the_one_that_forward_uses(model, x):
    model = copy.deepcopy(model)
    model(x)
    model.l2 = L.Linear(7)
    assert model(x).shape == (4, 7) and model.layers[2] is model.l2
    model(x).sum().backward()
    assert model.l2.W in model.params() and model.l2.W.grad.shape == (4, 7)
    assert len(list(model.params())) == 6
    model.l1 = L.Linear(3)
    model.l2 = L.Linear(1)
    assert model(x).shape == (4, 1) and model.l1.W.shape == (5, 3)


@pytest.mark.parametrize("model", chains(), ids=["Sequential", "MLP"])
def test_a_layer_set_in_the_list_has_the_name(model, x):
    model = copy.deepcopy(model)
    model(x)
    model.layers[2] = L.Linear(7)
    assert model(x).shape == (4, 7) and model.l2 is model.layers[2]
    model.layers.append(L.Linear(6))
    assert model(x).shape == (4, 6) and model.l3.W in model.params()
    model.layers.insert(0, L.Linear(3))
    assert [key[:2] for key in model._named_params()][::2] == [
        f"l{i}" for i in range(5)
    ]
    del model.layers[0]
    assert model(x).shape == (4, 6) and not hasattr(model, "l4")
    model.layers = model.layers[:1]
    assert model(x).shape == (4, 5)
    assert list(model._named_params()) == ["l0/W", "l0/b"]
    assert list(model._params) == ["l0"] and "l0" in dir(model)


def test_a_changed_chain_is_saved_loaded_and_copied(x, tmp_path):
    model, other = MLP((5, 2)), MLP((5, 2))
    model.layers.append(L.Linear(3))
    other.layers.append(L.Linear(3))
    y = model(x)
    model.save_weights(tmp_path / "w")
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(other(x).data, y.data)
    for twin in copy.copy(model), pickle.loads(pickle.dumps(model)):
        twin.l0 = L.Linear(9)
        assert model.l0 is model.layers[0] and model.l0.out_size == 5
    wrong = MLP((5, 2))
    wrong.layers.append(L.Linear(4))
    refused(wrong, tmp_path / "w.npz", ValueError, r"l2/W has the shape \(\?, 4\) here")


def test_a_place_takes_only_what_can_be_called():
    model = MLP((5, 2))
    for value in 3, None, np.ones(3), "relu":
        with pytest.raises(
            TypeError, match=r"MLP: expected layers or functions.*step 45"
        ):
            model.l1 = value
    with pytest.raises(TypeError, match="got the class Linear"):
        model.l1 = L.Linear
    with pytest.raises(TypeError, match="MLP: layers must be a list of layers"):
        model.layers = L.Linear(3)
    with pytest.raises(AttributeError, match=r"write del model\.layers\[1\]"):
        del model.l1
    assert [layer.out_size for layer in model.layers] == [5, 2]
    model.l0 = F.tanh
    assert model.layers[0] is F.tanh and list(model._named_params()) == ["l1/W", "l1/b"]


def test_a_subclass_may_have_layers_of_its_own(x, tmp_path):
    class Longer(MLP):
        def __init__(self):
            super().__init__((5, 4))
            self.l2 = L.Linear(3)  # no place yet: an attribute as any other
            self.layer = L.Linear(2)

        def forward(self, x):
            return self.layer(self.l2(super().forward(x)))

    model = Longer()
    model(x)
    keys = [f"{name}/{p}" for name in ("l0", "l1", "l2", "layer") for p in "Wb"]
    assert list(model._named_params()) == keys
    model.layers.append(L.Linear(5))
    model.l2 = L.Linear(3)
    assert model(x).shape == (4, 2) and model.l2.in_size == 5
    found = list(model._named_params())
    assert {"layers/2/W", "layers/2/b", *keys} == set(found)


def test_a_failed_call_of_a_chain_draws_nothing(x):
    model = Sequential(L.Linear(5), L.Conv2d(3, 2), L.Linear(2))
    before = shapes_of(model)
    with pytest.raises(ValueError, match="Conv2d: x must be images"):
        model(x)
    with pytest.raises(ValueError, match="Conv2d: x must be images"):
        model.plot(x)
    assert shapes_of(model) == before and model.l0.in_size is None
    assert model(np.ones((1, 2, 4, 3), np.float32)).shape == (1, 3, 3, 2)


def test_a_failed_call_of_a_network_draws_nothing(rng):
    model = slim_vgg16()
    with pytest.raises(ValueError):
        model(images(rng, 16))  # nothing is left for the last pooling
    assert model.conv1_1.W.data is None and model.conv4_3.W.data is None
    assert model(rng.normal(size=(1, 1, 32, 32)).astype(np.float32)).shape == (1, 31)


# --- the networks for images --------------------------------------------------

KNOWN = [VGG16, ResNet50, ResNet101, ResNet152, ResNet18, SqueezeNet]


def images(rng, size, n=1):
    return rng.normal(size=(n, 3, size, size)).astype(np.float32)


def shapes_of(model):
    """Return {key: shape} of a model's parameters, None where there are no values."""
    return {
        key: None if param.data is None else param.shape
        for key, param in model._named_params().items()
    }


@pytest.fixture
def zeros(monkeypatch):
    """Weights that are zeros: to draw sixty million takes seconds."""
    monkeypatch.setattr(np.random, "randn", lambda *shape: np.zeros(shape))


def called(model, size, channels=3):
    """Return a model after a call on zeros."""
    with test_mode(), no_grad():
        model(np.zeros((1, channels, size, size), np.float32))
    return model


def slim(model):
    """Divide the sizes of a model that was never called by 32."""
    for layer in vars(model).values():
        if isinstance(layer, L.Conv2d):
            layer.out_channels //= 32
            layer.b.data = layer.b.data[: layer.out_channels]
        elif isinstance(layer, L.Linear):
            layer.out_size //= 32
            layer.b.data = layer.b.data[: layer.out_size]


def slim_vgg16():
    model = VGG16()
    slim(model)
    return model


# As torchvision's documentation has them (for CIFAR kuangliu/pytorch-cifar): running
# averages do not count. Its ResNets 50 to 152 have no bias in conv1; ours, like the
# published weights, have one for each of the 64 channels.
COUNTS = [
    (VGG16, 138_357_544),
    (ResNet50, 25_557_032 + 64),
    (ResNet101, 44_549_160 + 64),
    (ResNet152, 60_192_808 + 64),
    (ResNet18, 11_689_512),
    (lambda: ResNet18(cifar=True), 11_173_962),
    (SqueezeNet, 1_235_496),
]


@pytest.mark.parametrize("make, published", COUNTS)
def test_number_of_parameters(make, published, zeros):
    model = called(make(), 32)
    count = sum(
        math.prod(shape)
        for key, shape in shapes_of(model).items()
        if not key.endswith(("avg_mean", "avg_var"))
    )
    if isinstance(model, VGG16):  # fc6 of a 224 x 224 image, of which 7 x 7 are left
        count += 512 * (7 * 7 - 1) * 4096
    assert count == published


@pytest.mark.parametrize("make", KNOWN)
def test_nothing_is_drawn_before_the_first_call(make):
    state = np.random.get_state()  # noqa: NPY002
    model = make()
    assert np.array_equal(state[1], np.random.get_state()[1])  # noqa: NPY002
    held = sum(p.data.nbytes for p in model.params() if p.data is not None)
    assert held < 100_000  # biases


def test_weights_are_drawn_in_the_order_of_use(rng):
    """The projection of the shortcut comes last."""
    block = BottleneckA(4, 2, 8)
    np.random.seed(0)  # noqa: NPY002
    block(rng.normal(size=(1, 4, 2, 2)).astype(np.float32))
    np.random.seed(0)  # noqa: NPY002
    for conv, fan_in in ((1, 4), (2, 2 * 9), (3, 2), (4, 4)):
        W = getattr(block, f"conv{conv}").W.data
        expected = np.random.randn(*W.shape) / np.sqrt(fan_in)  # noqa: NPY002
        np.testing.assert_allclose(W, expected, rtol=1e-6)


def test_weight_keys_of_vgg16(zeros):
    names = [
        *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"),
        *("conv4_1", "conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3"),
        *("fc6", "fc7", "fc8"),
    ]
    shapes = shapes_of(called(VGG16(), 32))
    assert list(shapes) == [f"{name}/{p}" for name in names for p in "Wb"]
    assert shapes["conv1_1/W"] == (64, 3, 3, 3)
    assert shapes["conv3_1/W"] == (256, 128, 3, 3)
    assert shapes["conv4_1/W"] == (512, 256, 3, 3)
    assert shapes["fc6/W"] == (512, 4096)
    assert shapes["fc8/W"] == (4096, 1000)


@pytest.mark.parametrize(
    "make, blocks",
    [(ResNet50, [3, 4, 6, 3]), (ResNet101, [3, 4, 23, 3]), (ResNet152, [3, 8, 36, 3])],
)
def test_weight_keys_of_resnets(make, blocks, zeros):
    shapes = shapes_of(called(make(), 32))
    bn = ["avg_mean", "avg_var", "gamma", "beta"]
    expected = {"conv1/W", "conv1/b", "fc6/W", "fc6/b", *(f"bn1/{p}" for p in bn)}
    for stage, n in enumerate(blocks, 2):
        for block in ["a", *(f"b{i}" for i in range(1, n))]:
            for i in range(1, 5 if block == "a" else 4):
                path = f"res{stage}/{block}"
                expected |= {f"{path}/bn{i}/{p}" for p in bn} | {f"{path}/conv{i}/W"}
    assert shapes.keys() == expected
    assert shapes["conv1/W"] == (64, 3, 7, 7)
    assert shapes["res2/a/conv1/W"] == (64, 64, 1, 1)
    assert shapes["res2/a/conv4/W"] == (256, 64, 1, 1)
    assert shapes["res3/b2/bn3/avg_var"] == (512,)
    assert shapes["res5/b1/conv2/W"] == (512, 512, 3, 3)
    assert shapes["fc6/W"] == (2048, 1000)


def strides(block):
    return [getattr(block, f"conv{i}").stride for i in (1, 2, 3, 4)]


def test_strides_of_resnets():
    model = ResNet50()
    assert strides(model.res2.a) == [1, 1, 1, 1]
    assert strides(model.res3.a) == strides(model.res5.a) == [2, 1, 1, 2]
    assert strides(BottleneckA(4, 2, 8, downsample_fb=True)) == [1, 2, 1, 2]
    fb = BuildingBlock(2, 4, 2, 8, 2, downsample_fb=True)
    assert strides(fb.a) == [1, 2, 1, 2]


@pytest.mark.parametrize(
    "make, size, classes, seen",
    [
        (slim_vgg16, 32, 31, {"conv1_2": (2, 32, 32), "conv5_3": (16, 2, 2)}),
        (
            ResNet50,
            *(40, 1000),  # 40 -> 20 -> pooled 9 -> 9, 5, 3, 2
            {"bn1": (64, 20, 20), "res2": (256, 9, 9), "res5": (2048, 2, 2)},
        ),
        (
            lambda: ResNet18(out_size=7),
            *(40, 7),  # 40 -> 20 -> pooled 10 -> 10, 5, 3, 2
            {"bn1": (64, 20, 20), "res2": (64, 10, 10), "res5": (512, 2, 2)},
        ),
        (
            lambda: ResNet18(cifar=True),
            *(16, 10),
            {"bn1": (64, 16, 16), "res2": (64, 16, 16), "res5": (512, 2, 2)},
        ),
        (
            SqueezeNet,
            *(47, 1000),  # 47 -> 23 -> 11 -> 5 -> 2
            {"conv1": (64, 23, 23), "fire3": (128, 11, 11), "conv10": (1000, 2, 2)},
        ),
    ],
)
def test_shapes(rng, make, size, classes, seen):
    model = make()
    y = model(images(rng, size, n=2))
    assert y.shape == (2, classes) and y.dtype == np.float32
    for name, shape in seen.items():
        assert getattr(model, name).outputs[0]().shape == (2, *shape), name


def test_blocks_are_what_they_say(rng):
    """A bottleneck and a basic block, computed from the functions."""
    x = rng.normal(size=(2, 6, 5, 5)).astype(np.float32)

    def conv_bn(block, i, x):
        conv = getattr(block, f"conv{i}")
        h = F.conv2d(x, conv.W, None, conv.stride, conv.pad)
        C = h.shape[1]
        one, zero = np.ones(C, np.float32), np.zeros(C, np.float32)
        return F.batch_norm(h, one, zero, zero.copy(), one.copy())

    for block, inner, shortcut in (
        (BottleneckA(6, 2, 8), (1, 2, 3), 4),
        (BottleneckA(6, 2, 8, stride=3, downsample_fb=True), (1, 2, 3), 4),
        (BottleneckB(6, 2), (1, 2, 3), None),
        (BasicBlock(6, 6), (1, 2), None),
        (BasicBlock(6, 4), (1, 2), 3),
        (BasicBlock(6, 6, stride=2), (1, 2), 3),
    ):
        y = block(x)
        h = x
        for i in inner[:-1]:
            h = F.relu(conv_bn(block, i, h))
        h = conv_bn(block, inner[-1], h)
        expected = F.relu(h + (x if shortcut is None else conv_bn(block, shortcut, x)))
        np.testing.assert_allclose(y.data, expected.data, rtol=1e-4, atol=1e-5)


def test_fire_by_hand():
    fire = Fire(1, 1, 1)
    x = np.array([[[[1, -2], [3, 4]]]], np.float32)
    fire(x)
    for conv, weight in ((fire.squeeze, 2), (fire.expand1, -1), (fire.expand3, 1)):
        conv.W.data[...] = weight
    fire.expand1.b.data[...] = 7
    # squeezed and cut at 0: 2, 0, 6, 8; then 7 - that, and the sum of all
    expected = [[[[5, 7], [1, 0]], [[16, 16], [16, 16]]]]
    assert fire(x).data.tolist() == expected


def test_dropout_in_training_only(rng):
    x = images(rng, 32)
    model = slim_vgg16()
    model(x)
    assert not np.array_equal(model(x).data, model(x).data)
    with test_mode():
        assert np.array_equal(model(x).data, model(x).data)


def test_running_averages_in_training_only(rng):
    x = images(rng, 8, n=4)
    model = ResNet18(cifar=True)
    with test_mode():
        model(x)
    for name in ("avg_mean", "avg_var"):
        before = getattr(model.res5.l1.bn2, name).data.copy()
        with test_mode():
            model(x)
        assert np.array_equal(getattr(model.res5.l1.bn2, name).data, before)
        with no_grad():
            model(x)
        assert not np.array_equal(getattr(model.res5.l1.bn2, name).data, before)
    y = model(x)
    F.softmax_cross_entropy(y, np.array([0, 1, 2, 3])).backward()
    for key, param in model._named_params().items():
        assert (param.grad is None) == ("avg_" in key), key


def test_a_small_resnet_learns(rng):
    """Four noisy pictures, told apart after a dozen steps."""
    np.random.seed(0)  # noqa: NPY002
    x, t = images(rng, 8, n=4), np.arange(4)
    block = Sequential(L.Conv2d(8, 3, pad=1), BasicBlock(8, 16, 2), BasicBlock(16, 16))
    model = Sequential(block, lambda x: F.mean(x, axis=(2, 3)), L.Linear(4))
    optimizer = optimizers.Adam(alpha=0.01).setup(model)
    losses = []
    for _ in range(12):
        loss = F.softmax_cross_entropy(model(x), t)
        losses.append(float(loss))
        model.cleargrads()
        loss.backward()
        optimizer.update()
    assert losses[-1] < 0.1 < 1 < losses[0]


@pytest.fixture
def small(rng):
    """A network that was called, and its input."""
    model, x = SqueezeNet(), images(rng, 31)
    with test_mode():
        model(x)
    return model, x


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_networks_are_copied(small, copied):
    model, x = small
    twin = copied(model)
    with test_mode():
        y = model(x)
        np.testing.assert_array_equal(twin(x).data, y.data)
        for param in twin.params():
            param.data[...] = 0
        np.testing.assert_array_equal(model(x).data, y.data)
    stage = copied(BuildingBlock(2, 4, 2, 8, 1))
    assert stage.layers == [stage.a, stage.b1]


# --- weights of networks that were never called -------------------------------


def test_weights_go_to_a_network_that_was_never_called(small, tmp_path):
    model, x = small
    model.save_weights(tmp_path / "w")
    other = SqueezeNet()
    other.load_weights(tmp_path / "w")
    with test_mode():
        np.testing.assert_array_equal(other(x).data, model(x).data)


def test_weights_of_other_image_sizes(rng, tmp_path):
    """fc6 takes what 64 x 64 images left, and one channel instead of three."""
    model = slim_vgg16()
    model(rng.normal(size=(1, 1, 64, 64)).astype(np.float32))
    model.save_weights(tmp_path / "w")
    other = slim_vgg16()
    other.load_weights(tmp_path / "w")
    assert other.fc6.W.shape == (16 * 2 * 2, 128) and other.conv1_1.W.shape[1] == 1


def refused(model, path, error, match):
    """Assert that a model that was never called refuses the file and stays so."""
    before = {key: param.data for key, param in model._named_params().items()}
    with pytest.raises(error, match=match):
        model.load_weights(path)
    assert all(p.data is before[key] for key, p in model._named_params().items())


def rows(hidden=5):
    return Sequential(
        *(L.Linear(hidden), F.tanh, L.LayerNorm(), L.Dropout(), L.Linear(3)),
    )


def pictures(channels=5):
    return Sequential(
        *(L.Conv2d(channels, 3), L.BatchNorm(), F.relu, L.MaxPool2d(2)),
        *(L.Conv2d(4, 3), L.GroupNorm(2), F.flatten, L.Linear(2)),
    )


def written(model, shape, path):
    """Call a model on ones of this shape, save its weights, and return the arrays."""
    with test_mode():
        model(np.ones(shape, np.float32))
    model.save_weights(path)
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize(
    "make, other, size, key, here, there",
    [
        (BasicBlock, (4, 6), (1, 4, 5, 5), "conv1/W", "(4, ?, 3, 3)", (6, 4, 3, 3)),
        (BottleneckA, (4, 4, 3), (1, 4, 5, 5), "conv1/W", "(2, ?, 1, 1)", (4, 4, 1, 1)),
        (BottleneckB, (4, 3), (1, 4, 5, 5), "conv1/W", "(2, ?, 1, 1)", (3, 4, 1, 1)),
        (Fire, (4, 2, 6), (1, 4, 5, 5), "expand1/W", "(8, ?, 1, 1)", (6, 2, 1, 1)),
        (ResNet18, (False, True, 3), (1, 3, 8, 8), "fc6/W", "(?, 10)", (512, 3)),
        (MLP, ((7, 3),), (2, 4), "l0/W", "(?, 5)", (4, 7)),
        (MLP, ((5, 2),), (2, 4), "l1/W", "(?, 3)", (5, 2)),
        (rows, (6,), (2, 4), "l0/W", "(?, 5)", (4, 6)),
        (pictures, (6,), (1, 3, 9, 9), "l0/W", "(5, ?, 3, 3)", (6, 3, 3, 3)),
    ],
)
def test_weights_of_another_network_are_refused(
    tmp_path, zeros, make, other, size, key, here, there
):
    mine = {
        BasicBlock: (4, 4),
        BottleneckA: (4, 2, 8),
        BottleneckB: (4, 2),
        Fire: (4, 2, 8),
        ResNet18: (False, True),
        MLP: ((5, 3),),
    }
    path = tmp_path / "w.npz"
    written(make(*other), size, path)
    message = f"load_weights: {key} has the shape {here} here and {there} in"
    refused(make(*mine.get(make, ())), path, ValueError, re.escape(message))
    with pytest.raises(KeyError, match="load_weights: .* has no "):
        TwoLayers().load_weights(path)


def test_a_long_list_of_names_is_cut(tmp_path):
    small, large = (models.GPT(9, 8, 8, depth, 2) for depth in (1, 3))
    ids = np.zeros((1, 4), int)
    small(ids)
    small.save_weights(tmp_path / "w.npz")
    with pytest.raises(KeyError, match=r"blocks/l1/norm1/gamma, .* and \d+ more; it"):
        large.load_weights(tmp_path / "w.npz")


@pytest.mark.parametrize(
    "make, size, key",
    [
        (lambda: BasicBlock(4, 4), (1, 4, 5, 5), "bn1/gamma"),
        (SqueezeNet, (1, 3, 47, 47), "conv10/W"),
        (slim_vgg16, (1, 3, 32, 32), "fc7/W"),
        (rows, (2, 4), "l2/gamma"),
        (pictures, (1, 3, 9, 9), "l5/beta"),
    ],
)
def test_files_that_lack_an_array_are_refused(tmp_path, zeros, make, size, key):
    path = tmp_path / "w.npz"
    arrays = written(make(), size, path)
    make().load_weights(path)  # so far it fits
    array = arrays.pop(key)
    np.savez(path, **arrays)
    refused(make(), path, KeyError, f"has no {key}; it has")
    arrays[key] = array[..., 1:]  # and one that is too small
    np.savez(path, **arrays)
    refused(make(), path, ValueError, "load_weights: .* has the shape")


@pytest.mark.parametrize(
    "make, size, key, shape, message",
    [
        (lambda: BasicBlock(4, 4), (1, 4, 5, 5), "conv1/W", (4, 3, 3, 3), "Conv2d: "),
        (lambda: BottleneckA(4, 2, 8), (1, 4, 5, 5), "conv4/W", (8, 2, 1, 1), "Conv2d"),
        (lambda: Fire(4, 2, 8), (1, 4, 5, 5), "expand3/W", (8, 4, 3, 3), "Conv2d: "),
        (slim_vgg16, (1, 3, 32, 32), "conv3_1/W", (8, 8, 3, 3), "Conv2d: "),
        (lambda: MLP((5, 3)), (2, 4), "l1/W", (7, 3), "Linear: "),
        (rows, (2, 4), "l4/W", (7, 3), "Linear: "),
        (pictures, (1, 3, 9, 9), "l4/W", (4, 3, 3, 3), "Conv2d: "),
    ],
)
def test_a_file_that_contradicts_itself_is_found_by_the_first_call(
    tmp_path, make, size, key, shape, message
):
    """No network writes one; each layer knows only its own sizes."""
    path = tmp_path / "w.npz"
    arrays = written(make(), size, path)
    np.savez(path, **{**arrays, key: np.zeros(shape, np.float32)})
    model = make()
    model.load_weights(path)
    with pytest.raises(ValueError, match=message):
        model(np.ones(size, np.float32))


def test_damaged_files_are_refused(small, tmp_path):
    model, _ = small
    path = tmp_path / "w.npz"
    model.save_weights(path)
    whole = path.read_bytes()
    for damaged in (
        whole[: len(whole) // 2],
        whole[:-1],
        b"",
        whole[:1000] + bytes(1000) + whole[2000:],
        pickle.dumps({"conv1/W": np.zeros(3)}),
    ):
        path.write_bytes(damaged)
        refused(
            SqueezeNet(),
            path,
            ValueError,
            "is not a file that save_weights wrote, or only",
        )
    arrays = {key: param.data for key, param in model._named_params().items()}
    np.savez(path, **{**arrays, "fire2/squeeze/W": np.array([{}], dtype=object)})
    refused(SqueezeNet(), path, ValueError, "allow_pickle=False")


def test_a_network_with_other_layers_takes_their_weights(rng, tmp_path):
    """What somebody built in is awaited as it is, or not at all."""
    model = slim_vgg16()
    model.conv2_1 = Sequential(L.Conv2d(6, 1), L.Conv2d(5, 3, pad=1))
    model.fc8 = L.Linear(2)
    model.extra = None
    model(images(rng, 32))
    model.save_weights(tmp_path / "w")
    other = slim_vgg16()
    other.conv2_1 = Sequential(L.Conv2d(6, 1), L.Conv2d(5, 3, pad=1))
    other.fc8 = L.Linear(2)
    other.load_weights(tmp_path / "w")
    assert other.conv2_2.W.shape == (4, 5, 3, 3)
    del other.fc6, other.fc7, other.fc8  # a cut network
    other.load_weights(tmp_path / "w")


@pytest.mark.parametrize(
    "make, size",
    [
        (lambda: MLP((4, 3), activation=lambda x: x[:, :2]), (5, 6)),
        (lambda: Sequential(L.Linear(4), lambda x: x[:, :2], L.Linear(3)), (5, 6)),
        (lambda: Sequential(L.Linear(4), L.Conv2d(3, 1), L.Linear(2)), (1, 2, 5, 6)),
        (lambda: Sequential(L.Linear(4), L.BatchNorm(), F.relu), (3, 2, 5, 6)),
        (lambda: Sequential(L.Linear(8), L.AvgPool2d(2), L.Linear(2)), (1, 2, 6, 6)),
        (lambda: Sequential(L.Linear(8), L.MaxPool2d(2), L.Conv2d(2, 1)), (1, 2, 6, 6)),
    ],
)
def test_no_size_is_awaited_that_may_be_another(rng, tmp_path, make, size):
    """What comes between two layers, or another axis, gives another size."""
    x = rng.normal(size=size).astype(np.float32)
    model = make()
    with test_mode():
        y = model(x)
        model.save_weights(tmp_path / "w")
        other = make()
        other.load_weights(tmp_path / "w")
        np.testing.assert_array_equal(other(x).data, y.data)


# --- published weights --------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for downloads, and no network."""

    def offline(*args, **kwargs):
        raise urllib.error.URLError("no network in tests")

    monkeypatch.setattr(urllib.request, "urlopen", offline)
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "make, name",
    [
        (VGG16, "vgg16.npz"),
        (ResNet50, "resnet50.npz"),
        (ResNet101, "resnet101.npz"),
        (ResNet152, "resnet152.npz"),
        (ResNet, "resnet152.npz"),
    ],
)
def test_without_a_network(cache, make, name):
    with pytest.raises(utils.DownloadError) as caught:
        make(pretrained=True)
    message = str(caught.value)
    folder = "https://github.com/koki0702/dezero-models/releases/download/v0.1/"
    assert f"{folder}{name}: <urlopen error no network" in message
    assert f"put the file {name} into the folder {cache} by hand" in message
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("make", [SqueezeNet, ResNet18])
def test_without_published_weights(make):
    with pytest.raises(ValueError, match=r"there are no published weights.*ResNet152"):
        make(pretrained=True)


def test_pretrained_resnet50(cache, zeros):
    """Zeros in the shapes of the real file; one array is float64, one is not zero."""
    arrays = {
        key: np.zeros(shape, np.float32)
        for key, shape in shapes_of(called(ResNet50(), 32)).items()
    }
    arrays["fc6/b"] = np.arange(1000, dtype=np.float64)
    np.savez(cache / "resnet50.npz", **arrays, more=np.zeros(3))
    model = ResNet50(pretrained=True)
    with test_mode():
        y = model(np.ones((1, 3, 5, 5), np.float32))
    assert y.dtype == np.float32 and y.data.tolist() == [list(range(1000))]
    assert {p.dtype for p in model.params()} == {np.dtype(np.float32)}

    arrays["conv1/W"] = np.zeros((64, 1, 7, 7), np.float32)
    np.savez(cache / "resnet50.npz", **arrays)
    message = r"ResNet50: .*resnet50.npz does not hold .*delete the file.*"
    with pytest.raises(
        ValueError, match=message + r"conv1/W has the shape \(64, 3, 7, 7\) here and"
    ):
        ResNet50(pretrained=True)


class SlimVGG16(VGG16):
    """VGG16 with a 32nd of everything; its published weights are those of a test."""

    def __init__(self, pretrained=False):
        super().__init__()
        slim(self)
        if pretrained:
            shapes = {"conv1_1/W": (2, 3, 3, 3), "fc6/W": (16 * 7 * 7, 128)}
            _load_pretrained(self, self.WEIGHTS_PATH, shapes)


@pytest.fixture
def vgg16_file(cache):
    """The arrays of SlimVGG16, and the file in which they are."""
    rng = np.random.default_rng(0)
    arrays = {
        key: rng.normal(size=shape).astype(np.float32)
        for key, shape in shapes_of(called(SlimVGG16(), 224)).items()
    }
    np.savez(cache / "vgg16.npz", **arrays)
    return arrays, cache / "vgg16.npz"


def test_pretrained(vgg16_file, monkeypatch):
    arrays, path = vgg16_file
    asked = []
    load = VGG16.load_weights
    monkeypatch.setattr(
        VGG16, "load_weights", lambda self, path: asked.append(path) or load(self, path)
    )
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model = SlimVGG16(pretrained=True)
    assert asked == [str(path)]
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    for key, param in model._named_params().items():
        np.testing.assert_array_equal(param.data, arrays[key])


@pytest.mark.parametrize(
    "key, array, message",
    [
        (
            "fc6/W",
            np.zeros((16, 128)),
            r"fc6/W .*\(784, 128\) here and \(16, 128\)",
        ),
        ("conv1_1/W", np.zeros((2, 1, 3, 3)), r"\(2, 3, 3, 3\) here and \(2, 1, 3, 3"),
        (
            "conv4_2/W",
            np.zeros((8, 16, 3, 3)),
            r"conv4_2/W .*\(16, \?, 3, 3\) here and \(8, 16, 3, 3\)",
        ),
        ("fc8/b", np.zeros(31, int), "fc8/b holds int"),
        ("fc8/b", np.array([None]), "allow_pickle=False"),
        ("fc8/b", None, "has no fc8/b; it has conv1_1/W"),
    ],
)
def test_published_weights_that_do_not_fit(vgg16_file, key, array, message):
    arrays, path = vgg16_file
    del arrays[key]
    if array is not None:
        arrays[key] = array
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=f"SlimVGG16: .*delete the file.*{message}"):
        SlimVGG16(pretrained=True)


def test_a_part_of_the_published_file(vgg16_file):
    _, path = vgg16_file
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match="delete the file, and the next call fetches"):
        SlimVGG16(pretrained=True)


# --- what examples do with a trained network ----------------------------------


def test_grad_cam(rng):
    """Which places of the last feature map speak for a class?"""
    model, x = slim_vgg16(), images(rng, 64)
    with test_mode():
        y = model(x)
        maps = model.conv5_3.outputs[0]()
        score = y[0, 5]
        score.backward(retain_grad=True)
    assert maps.shape == maps.grad.shape == (1, 16, 4, 4)
    weights = F.mean(maps.grad, axis=(2, 3)).reshape(1, 16, 1, 1)
    heat = F.relu((maps * weights).sum(axis=1))
    assert heat.shape == (1, 4, 4)


def test_style_transfer(rng):
    """Cut at a layer, compare feature maps, and move the picture, not the weights."""
    model = slim_vgg16()

    def features(x):
        x = F.relu(model.conv1_1(x))
        x = F.relu(model.conv1_2(x))
        x = F.pooling(x, 2, 2)
        return model.conv2_1(x)

    target = features(images(rng, 16)).data
    x = Variable(images(rng, 16))
    losses = []
    for _ in range(3):
        maps = features(x)
        rows = maps.reshape(maps.shape[1], -1)
        gram = rows @ rows.T / rows.size
        goal = target.reshape(len(rows), -1)
        loss = ((gram - goal @ goal.T / goal.size) ** 2).sum()
        losses.append(float(loss))
        x.cleargrad()
        loss.backward()
        x.data -= 0.05 * x.grad.data / np.abs(x.grad.data).max()
    assert losses[2] < losses[1] < losses[0]


def test_outputs_of_layers_are_weak(rng):
    """What no graph needs any more is not kept by the layers."""
    model = slim_vgg16()
    with no_grad():
        y = model(images(rng, 32))
    assert model.outputs[0]() is y
    assert model.conv5_3.outputs[0]() is None


# --- pictures and mistakes ----------------------------------------------------


def test_preprocess(rng):
    Image = pytest.importorskip("PIL.Image")
    pixels = rng.integers(0, 256, size=(6, 8, 3), dtype=np.uint8)  # (H, W, RGB)
    x = VGG16.preprocess(Image.fromarray(pixels), size=None)
    assert x.dtype == np.float32 and x.flags.c_contiguous
    means = [103.939, 116.779, 123.68]
    expected = pixels[:, :, ::-1].transpose(2, 0, 1) - np.reshape(means, (3, 1, 1))
    np.testing.assert_allclose(x, expected, atol=1e-4)

    grey = Image.fromarray(pixels[:, :, 0])
    x = VGG16.preprocess(grey)
    assert x.shape == (3, 224, 224)
    np.testing.assert_allclose(x[0] - x[2], means[2] - means[0], atol=1e-4)
    x = VGG16().preprocess(grey, (10, 4), np.float64)  # width and height
    assert x.shape == (3, 4, 10) and x.dtype == np.float64


@pytest.mark.parametrize(
    "options, message",
    [
        ({"size": 224}, r"size must be \(width, height\), or None, got 224.*step 58"),
        ({"size": (1, 2, 3)}, r"size must be .* got \(1, 2, 3\)"),
        ({"size": (0, 5)}, "each side must be a whole number of at least 1, got 0"),
        ({"size": (2.5, 5)}, "each side must be a whole number"),
        ({"size": np.array([4, 4])}, "size must be .* got an object of type ndarray"),
        ({"dtype": int}, "VGG16.preprocess: dtype must be a floating-point type"),
        (
            {"dtype": "relu"},
            "dtype must be a floating-point type, such as np.float32, got 'relu'",
        ),
    ],
)
def test_preprocess_judges_its_settings(options, message):
    Image = pytest.importorskip("PIL.Image")
    with pytest.raises((TypeError, ValueError), match=message):
        VGG16.preprocess(Image.new("RGB", (4, 4)), **options)


def test_preprocess_wants_a_picture():
    with pytest.raises(TypeError, match=r"expected a Pillow image.*got ndarray"):
        VGG16.preprocess(np.zeros((3, 4, 4)))


def test_mistaken_sizes():
    with pytest.raises(ValueError, match=r"50, 101 or 152, got 18; ResNet18 is"):
        ResNet(18)
    with pytest.raises(
        ValueError, match=r"expected n_layers of at least 1, in_channels, mid"
    ):
        BuildingBlock()
    with pytest.raises(ValueError, match=r"BuildingBlock: .*got \(0, 1, 1, 1, 1\)"):
        BuildingBlock(0, 1, 1, 1, 1)
    with pytest.raises(TypeError, match="BottleneckA: in_channels must be a whole"):
        BuildingBlock(1, np.ones(3), 1, 1, 1)


def test_plot_of_a_network(rng, monkeypatch):
    monkeypatch.setattr(utils, "plot_dot_graph", lambda y, **options: y)
    y = slim_vgg16().plot(images(rng, 32), to_file="vgg16.png")
    assert utils.get_dot_graph(y).count("Conv2d") == 13
