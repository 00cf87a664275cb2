"""What print shows of layers and models, and the table of summary."""

import copy

import numpy as np
import pytest

import dezero.functions as F
from dezero import Config, Parameter
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
    Layer,
    LayerNorm,
    Linear,
    MaxPool2d,
    RMSNorm,
)
from dezero.models import MLP, Model, ResNet18, Sequential


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 3)).astype(np.float32)


# --- print --------------------------------------------------------------------


@pytest.mark.parametrize(
    "layer, shape, before, after",
    [
        (Linear(10), (2, 4), "Linear(10)", "Linear(10, in_size=4)"),
        (
            Linear(10, nobias=True),
            (2, 4),
            "Linear(10, nobias=True)",
            "Linear(10, nobias=True, in_size=4)",
        ),
        (
            Conv2d(8, 3, pad=1),
            (1, 2, 5, 5),
            "Conv2d(8, kernel_size=3, pad=1)",
            "Conv2d(8, kernel_size=3, pad=1, in_channels=2)",
        ),
        (
            Deconv2d(8, 3, 2, outsize=(11, 12)),
            (1, 2, 5, 5),
            "Deconv2d(8, kernel_size=3, stride=2, outsize=(11, 12))",
            "Deconv2d(8, kernel_size=3, stride=2, in_channels=2, outsize=(11, 12))",
        ),
        (BatchNorm(), (2, 4), "BatchNorm()", "BatchNorm(channels=4)"),
        (LayerNorm(), (2, 4), "LayerNorm()", "LayerNorm(size=4)"),
        (LayerNorm(0.1), (2, 4), "LayerNorm(eps=0.1)", "LayerNorm(eps=0.1, size=4)"),
        (RMSNorm(0.1), (2, 4), "RMSNorm(eps=0.1)", "RMSNorm(eps=0.1, size=4)"),
        (GroupNorm(2), (2, 4), "GroupNorm(2)", "GroupNorm(2, channels=4)"),
        (RNN(5), (2, 4), "RNN(5)", "RNN(5, in_size=4)"),
        (LSTM(5), (2, 4), "LSTM(5)", "LSTM(5, in_size=4)"),
        (GRU(5), (2, 4), "GRU(5)", "GRU(5, in_size=4)"),
        (MaxPool2d(2), (1, 1, 4, 4), "MaxPool2d(2)", "MaxPool2d(2)"),
        (
            AvgPool2d(2, 1, 1),
            (1, 1, 4, 4),
            "AvgPool2d(2, stride=1, pad=1)",
            "AvgPool2d(2, stride=1, pad=1)",
        ),
        (Dropout(0.2), (2, 4), "Dropout(0.2)", "Dropout(0.2)"),
    ],
)
def test_a_layer_shows_its_settings_and_sizes(layer, shape, before, after):
    layer = copy.deepcopy(layer)
    assert repr(layer) == str(layer) == before
    layer(np.ones(shape, np.float32))
    assert repr(layer) == after


def test_embed_id_shows_its_sizes():
    assert repr(EmbedID(5, 2)) == "EmbedID(5, 2)"


class Net(Model):
    def __init__(self):
        super().__init__()
        self.first = MLP((5, 2), F.relu)
        self.scale = Parameter(np.ones(2, np.float32))
        self.late = Parameter(None)
        self.blocks = [Sequential(Linear(2), F.tanh), Dropout()]

    def forward(self, x):
        x = self.first(x) * self.scale
        for block in self.blocks:
            x = block(x)
        return x


def test_a_model_shows_what_is_inside_line_by_line(x):
    model = Net()
    model(x)
    assert (
        repr(model)
        == """\
Net(
  first: MLP(
    l0: Linear(5, in_size=3)
    l1: Linear(2, in_size=5)
    activation: relu
  )
  scale: Parameter (2,)
  late: Parameter ?
  blocks/0: Sequential(
    l0: Linear(2, in_size=2)
    l1: tanh
  )
  blocks/1: Dropout(0.5)
)"""
    )


def test_an_empty_layer_and_one_that_stands_in_itself_end():
    class Empty(Layer):
        pass

    layer = Empty()
    assert repr(layer) == "Empty()"
    layer.inner, layer.inner.outer = Empty(), layer
    assert repr(layer) == "Empty(\n  inner: Empty(\n    outer: ...\n  )\n)"


# --- summary ------------------------------------------------------------------


def test_summary_by_hand(x, capsys):
    model = Net()
    del model.late
    assert model.summary(x) is None
    # 3 * 5 + 5 = 20, 5 * 2 + 2 = 12, scale 2, 2 * 2 + 2 = 6
    assert (
        capsys.readouterr().out
        == """\
layer                   output  parameters
Net                     (4, 2)           2
  first: MLP            (4, 2)
    l0: Linear          (4, 5)          20
    l1: Linear          (4, 2)          12
  blocks/0: Sequential  (4, 2)
    l0: Linear          (4, 2)           6
  blocks/1: Dropout     (4, 2)
total                                   40
"""
    )


class Reader(Model):
    """A recurrent layer, a norm, a layer in two places, and one never used."""

    def __init__(self):
        super().__init__()
        self.spare = Linear(7, in_size=2)
        self.rnn = RNN(3)
        self.bn = BatchNorm()
        self.out = self.again = Linear(2)

    def forward(self, xs):
        for x in xs:
            h = self.rnn(x)
        return self.out(F.dropout(self.bn(h)))


def test_summary_counts_what_is_shared_once(rng, capsys):
    xs = rng.normal(size=(5, 4, 3)).astype(np.float32)
    model = Reader()
    model.summary(xs)
    # 3 * 3 + 3 + 3 * 3 = 21, 4 * 3 = 12, 3 * 2 + 2 = 8, 2 * 7 + 7 = 21
    assert (
        capsys.readouterr().out
        == """\
layer                      output      parameters
Reader                     (4, 2)
  rnn: RNN                 (4, 3)              21
  bn: BatchNorm            (4, 3)              12
  out: Linear              (4, 2)               8
  again: Linear            (4, 2)          shared
  spare: Linear            not called          21
total                                          62
of which running averages                       6
"""
    )
    assert model.rnn.x2h.W.data is None and model.bn.gamma.data is None
    model(xs)
    h, mean = model.rnn.h, model.bn.avg_mean.data.copy()
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    model.summary(xs[:, :2])  # another number of sequences than the state's
    assert "(2, 2)" in capsys.readouterr().out
    assert model.rnn.h is h and np.array_equal(model.bn.avg_mean.data, mean)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert Config.train and Config.enable_backprop


def test_summary_of_a_layer_that_needs_no_more_than_one_row(x, capsys):
    LSTM(2).summary(x)
    # for each of 4 gates 3 * 2 + 2 + 2 * 2 = 12
    expected = "layer  output  parameters\nLSTM   (4, 2)          48\n"
    assert capsys.readouterr().out.startswith(expected)


def test_summary_of_a_residual_network(capsys):
    """kuangliu/pytorch-cifar's count, and the running averages."""
    ResNet18(cifar=True).summary(np.zeros((1, 3, 32, 32), np.float32))
    lines = capsys.readouterr().out.splitlines()
    total, running = (int(line.split()[-1].replace(",", "")) for line in lines[-2:])
    assert total - running == 11_173_962
    assert "    l0: BasicBlock         (1, 64, 32, 32)" in lines
    assert "      conv1: Conv2d        (1, 64, 32, 32)       36,864" in lines


def test_a_failed_summary_leaves_everything_as_it_was(x):
    model = Sequential(Linear(5), Conv2d(3, 2))
    with pytest.raises(ValueError, match="Conv2d: x must be images"):
        model.summary(x)
    with pytest.raises(TypeError, match=r"Sequential\.summary: expected a batch"):
        model.summary()
    assert model.l0.W.data is None and Config.train and Config.enable_backprop
    model.layers.pop()
    state = np.random.RandomState(3)
    np.random.seed(3)  # noqa: NPY002
    model(x)
    expected = (state.randn(3, 5) * np.sqrt(1 / 3)).astype(np.float32)
    np.testing.assert_array_equal(model.l0.W.data, expected)
