"""A walk over the whole public surface with odd arguments: does any call die inside?

    python tests/surface.py                 walk everything, print the report
    python tests/surface.py functions func  only these modules

Another version of the package is walked with its folder on PYTHONPATH. It takes about
half a minute of processor time; test_surface.py takes a part of the odd values.

ROWS says for every public name how it is called rightly. The walk makes that call, and
then again with each argument in turn replaced by each value of ODD: None, a string,
an array with too few axes, ... A result is fine, and so is an error with a sentence of
ours. A call *dies inside* where the error is one that our own code, or NumPy under it,
stumbled over: it comes from a line that is no `raise` of the package.

A new public name needs a row here; test_surface.py says so. A function of
dezero.functions has one by its line in CASES of test_higher_order.py.
"""

import ast
import base64
import contextlib
import copy
import functools
import importlib
import inspect
import io
import operator
import os
import pkgutil
import random
import re
import signal
import sys
import tempfile
import traceback
import urllib.request
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from test_higher_order import CASES

import dezero
import dezero.functions as F
from dezero import (
    Config,
    Function,
    Parameter,
    Variable,
    datasets,
    layers,
    models,
    no_grad,
    optimizers,
    static,
    tokenizers,
    transforms,
)

PACKAGE = Path(dezero.__file__).parent
# core_simple is step 22's code to the letter, and advice is for what is not there.
MODULES = sorted(
    module.name
    for module in pkgutil.iter_modules(dezero.__path__)
    if module.name not in ("core_simple", "functions_conv", "advice")
)


# --- how a name is called -----------------------------------------------------


class Row:
    """Good arguments of one name, in stages: a constructor, then a call, ...

    called(3).then(X)                      Linear(3)(X)
    called(X).get("sum", None, False)      Variable(X).sum(None, False)

    Arguments are copied for every call; what is Made is made anew.
    """

    def __init__(self, args, kwargs):
        self.root = None  # what is called first, where it is not the name itself
        self.stages = [(None, args, kwargs)]
        self.odd = None  # names of the odd values to try; None: all
        self.wrapped = 0  # how many arguments become Variables where they are floats

    def of(self, root):
        """Begin with root instead of the name itself."""
        self.root = root
        return self

    def then(self, *args, **kwargs):
        """Call the result."""
        self.stages.append((None, args, kwargs))
        return self

    def get(self, name, *args, **kwargs):
        """Call a method of the result, or take a property."""
        self.stages.append((name, args, kwargs))
        return self

    def few(self, *names):
        """Try only these odd values: a call takes long."""
        self.odd = names or FEW
        return self

    def call(self, thing, stages=None):
        """Make the call."""
        result = thing if self.root is None else self.root
        for name, args, kwargs in stages or self.stages:
            if isinstance(name, str):
                result = getattr(result, name)
                if not callable(result):
                    continue
            elif name is not None:
                result = name(result)
            args = [fresh(a) for a in args]
            result = result(*args, **{k: fresh(v) for k, v in kwargs.items()})
        return result


class Made:
    """An argument that is made for each call."""

    def __init__(self, make):
        self.make = make


def called(*args, **kwargs):
    return Row(args, kwargs)


def as_variables(x):
    """Return the floating array x as a Variable; also those of a list."""
    if type(x) is np.ndarray and x.dtype.kind == "f":
        return Variable(x)
    return [as_variables(y) for y in x] if type(x) is list else x


def fresh(x):
    """Return x, or a copy where a call could change it."""
    if isinstance(x, Made):
        return x.make()
    if type(x) is np.ndarray:
        y = x.copy(order="K")
        y.flags.writeable = x.flags.writeable
        return y
    if type(x) is Variable:
        return Variable(fresh(x.data)) if x.requires_grad else x
    if type(x) in (list, tuple):
        return type(x)(fresh(y) for y in x)
    return x


# --- odd values ---------------------------------------------------------------


class Thing:
    """An object that nobody knows."""


def nothing():
    """A function that does nothing."""


def with_shape(good):
    """Return good as an array, or a small one."""
    if isinstance(good, Variable):
        good = good.data
    return good if isinstance(good, np.ndarray) else np.arange(6.0).reshape(2, 3) / 4


def cast(dtype):
    return lambda good: with_shape(good).astype(dtype)


def read_only(good):
    x = with_shape(good).copy()
    x.flags.writeable = False
    return x


def strided(good):
    x = with_shape(good)
    return np.repeat(x[..., None], 2, axis=-1)[..., 0]


def under_no_grad(good):
    x = with_shape(good)
    with no_grad():
        return Variable(x) + np.zeros_like(x)


def filled(*shape):
    x = np.linspace(0.1, 0.9, int(np.prod(shape))).reshape(shape)
    return lambda good: x


def value(x):
    return lambda good: x


ODD = {
    "None": value(None),
    "str": value("relu"),
    "empty str": value(""),
    "list": value([1.0, 2.0]),
    "empty list": value([]),
    "ragged list": value([[1.0, 2.0], [3.0]]),
    "list of None": value([None]),
    "tuple": value((1, 2)),
    "empty tuple": value(()),
    "dict": value({"a": 1}),
    "set": value({1, 2}),
    "3": value(3),
    "-1": value(-1),
    "0": value(0),
    "2.5": value(2.5),
    "1.5": value(1.5),
    "5": value(5),
    "-9": value(-9),
    "(0, 0)": value((0, 0)),
    "(0, 9)": value((0, 9)),
    "(2.5, 'x')": value((2.5, "x")),
    "1e18": value(10**18),
    "nan": value(float("nan")),
    "inf": value(float("inf")),
    "True": value(True),
    "1j": value(1j),
    "np.float64": value(np.float64(2.0)),
    "slice": value(slice(None)),
    "object": value(Thing()),
    "class": value(Thing),
    "function": value(nothing),
    "list of it": lambda good: with_shape(good).tolist(),
    "complex": cast(complex),
    "objects": cast(object),
    "strings": lambda good: np.full(with_shape(good).shape, "a"),
    "dates": lambda good: np.zeros(with_shape(good).shape, "datetime64[s]"),
    "bool": cast(bool),
    "uint8": cast(np.uint8),
    "int8": cast(np.int8),
    "int64": cast(np.int64),
    "float16": cast(np.float16),
    "big-endian": cast(">f8"),
    "nans": lambda good: np.full(with_shape(good).shape, np.nan),
    "read-only": read_only,
    "strided": strided,
    "Fortran": lambda good: np.asfortranarray(with_shape(good)),
    "Variable": lambda good: Variable(with_shape(good).copy()),
    "no_grad": under_no_grad,
    "Variable(None)": lambda good: Variable(None),
    "Variable of str": lambda good: Variable(np.array("a")),
    "0-d": lambda good: np.array(0.5),
    "(0,)": lambda good: np.zeros(0),
    "(0, 3)": lambda good: np.zeros((0, 3)),
    "(3, 0)": lambda good: np.zeros((3, 0)),
    "(5,)": filled(5),
    "(1,)": filled(1),
    "(4, 7)": filled(4, 7),
    "(3, 1, 5)": filled(3, 1, 5),
    "(2, 3, 4, 5)": filled(2, 3, 4, 5),
    "(1, 2, 3, 4, 5)": filled(1, 2, 3, 4, 5),
    "(2, 1, 2, 1, 2, 1)": filled(2, 1, 2, 1, 2, 1),
    "Variable (4, 7)": lambda good: Variable(filled(4, 7)(good)),
}
# Those that the tests take.
SOME = """None|str|list|empty list|ragged list|dict|-1|0|2.5|5|(0, 9)|nan|True|object
class|objects|strings|complex|list of it|uint8|Variable(None)|0-d|(0, 3)|(3, 0)|(5,)
(4, 7)|(3, 1, 5)|(1, 2, 3, 4, 5)|1e18""".replace("\n", "|").split("|")
# For calls that take long.
FEW = ("None", "str", "list", "dict", "-1", "0", "2.5", "nan", "object", "class")
FEW += ("Variable(None)", "(0, 3)", "(4, 7)")

# Those without a number that is taken for a number of blocks, or of tokens.
SMALL = [name for name in SOME if name != "1e18"]

# --- good arguments -----------------------------------------------------------

X = np.array([[0.3, -1.2, 2.1], [-0.4, 1.6, 0.9]])
Y = np.array([[0.5, 0.1, -0.7], [1.1, -0.3, 0.2]])
P = np.array([[0.5, 1.2, 0.8], [1.6, 0.7, 0.9]])  # positive
Q = np.array([[0.5, 0.2, 0.3], [0.1, 0.7, 0.2]])  # probabilities
W = np.array([[0.1, 0.2], [0.3, -0.4], [-0.5, 0.6]])
B = np.array([0.1, -0.1])
LABELS = np.array([2, 0])
ONE_HOT = np.eye(2, 3, dtype=int)
TEXTS = np.arange(24.0).reshape(2, 3, 4) % 5 / 5
IMAGES = np.arange(32.0).reshape(1, 2, 4, 4) % 7 / 7
KERNELS = np.arange(16.0).reshape(2, 2, 2, 2) / 16
GATES = np.arange(48.0).reshape(6, 8) / 48 - 0.5
H = Y[:, :2]
GAMMA, BETA = P[0], Y[0]
SEQUENCE = [(X[0], 0), (X[1], 1), (X[0] + 1, 0), (X[1] + 1, 1)]
PIXELS = (np.arange(48) * 5).reshape(4, 4, 3).astype(np.uint8)
TEXT = "low lower lowest\n" * 3
DOT = 'digraph g {\n1 [label="x"]\n}'


def net():
    """A model with its gradients."""
    model = models.MLP((4, 2))
    F.sum(model(Variable(X.astype(np.float32)))).backward()
    return model


def kept(k, v):
    """Append to a new cache."""
    with no_grad():
        return layers.KVCache().append(k, v)


def parameters():
    """What an optimizer hands to its hooks."""
    return list(net().params())


def parameter():
    p = Parameter(X.copy())
    p.grad = Variable(Y.copy())
    return p


def loaded():
    """A file of weights."""
    layer = layers.Linear(3, in_size=2)
    layer.save_weights("weights.npz")
    return "weights.npz"


def tokens():
    """A file of a tokenizer."""
    tokenizers.Bytes().save("tokens.json")
    return "tokens.json"


def ranks():
    """A file of tiktoken's."""
    pairs = [(base64.b64encode(bytes([i])).decode(), i) for i in range(256)]
    Path("some.tiktoken").write_text("".join(f"{a} {b}\n" for a, b in pairs))
    return "some.tiktoken"


def picture():
    from PIL import Image

    return Image.fromarray(PIXELS)


def recorded():
    """A Function that was called, and its output."""
    x = Variable(X)
    y = F.sin(x)
    y.creator.kept = y
    return y.creator


def static_graph():
    return static.compile(lambda x: F.exp(x) * 2 + x, X).before


def squares(x):
    return (x * x).sum()


def rows(x):
    return x * x


def bound(function):
    """Return what takes the first argument of function, and then the others."""
    return lambda first: functools.partial(function, first)


def setting(name, value):
    old = getattr(Config, name)
    try:
        setattr(Config, name, value)
    finally:
        setattr(Config, name, old)


def inside(name, args, kwargs):
    """Enter and leave a context manager of core."""
    with getattr(dezero.core, name)(*args, **kwargs):
        return F.sin(X)


def replace_file(path):
    with dezero.files.replacing(path) as temporary:
        Path(temporary).write_text("new")


def judged(name, *limits, **more):
    """Return a judge of guards.py that takes the value alone."""

    def judge(value):
        from dezero import guards

        return getattr(guards, name)("who", "name", value, 1, *limits, **more)

    return judge


def convolution():
    """A Conv2d that was called."""
    x, w = Variable(IMAGES), Variable(KERNELS)
    f = F.conv2d(x, w).creator
    f.kept = f.outputs[0]()
    return f


def pooled(name):
    def make():
        y = getattr(F, name)(Variable(IMAGES), 2)
        y.creator.kept = y
        return y.creator

    return Made(make)


WINDOWS = np.arange(18.0).reshape(1, 2, 3, 3) / 18
COLUMNS = np.arange(72.0).reshape(9, 8) / 72
LAYER = Made(lambda: layers.Linear(2, in_size=3))
MODEL, PICTURE = Made(net), Made(picture)

# --- the rows -----------------------------------------------------------------

ROWS = {
    # core: helpers
    "core.Config": called("train", False).of(setting),
    "core.using_config": called("train", False).of(
        lambda *a, **k: inside("using_config", a, k)
    ),
    "core.no_grad": called().of(lambda *a, **k: inside("no_grad", a, k)),
    "core.test_mode": called().of(lambda *a, **k: inside("test_mode", a, k)),
    "core.setup_variable": called(),
    "core.as_array": called(X, np),
    "core.as_variable": called(X),
    # core: functions
    "core.add": called(X, Y),
    "core.sub": called(X, Y),
    "core.rsub": called(X, Y),
    "core.mul": called(X, Y),
    "core.div": called(X, P),
    "core.rdiv": called(P, X),
    "core.neg": called(X),
    "core.pow": called(P, 2.5),
    "core.log": called(P),
    "core.reshape": called(X, (3, 2)),
    "core.transpose": called(X, (1, 0)),
    "core.broadcast_to": called(X, (2, 2, 3)),
    "core.sum_to": called(X, (1, 3)),
    "core.get_item": called(X, 1),
    "core.matmul": called(X, W),
    # core: Variable
    "core.Variable": called(X, "x", True),
    "core.Parameter": called(X, "x", True),
    "core.Variable.data": called(X).get("__setattr__", "data", X),
    "core.Variable.grad": called(X).get("__setattr__", "grad", Variable(Y)),
    "core.Variable.shape": called(X).get("shape"),
    "core.Variable.ndim": called(X).get("ndim"),
    "core.Variable.size": called(X).get("size"),
    "core.Variable.dtype": called(X).get("dtype"),
    "core.Variable.T": called(X).get("T"),
    "core.Variable.is_leaf": called(X).get("is_leaf"),
    "core.Variable.grad_fn": called(X).get("grad_fn"),
    "core.Variable.requires_grad_": called(X).get("requires_grad_", True),
    "core.Variable.detach": called(X).get("detach"),
    "core.Variable.set_creator": called(X).get("set_creator", Made(recorded)),
    "core.Variable.unchain": called(X).get("unchain"),
    "core.Variable.unchain_backward": called(X).get("unchain_backward"),
    "core.Variable.cleargrad": called(X).get("cleargrad"),
    "core.Variable.clear_grad": called(X).get("clear_grad"),
    "core.Variable.retain_grad": called(X).get("retain_grad"),
    "core.Variable.register_hook": called(X).get("register_hook", np.sign),
    "core.Variable.backward": called(X).get("backward", False, False, Y),
    "core.Variable.reshape": called(X).get("reshape", 3, 2),
    "core.Variable.transpose": called(X).get("transpose", 1, 0),
    "core.Variable.sum": called(X).get("sum", 0, False),
    "core.Variable.max": called(X).get("max", 0, False),
    "core.Variable.min": called(X).get("min", 0, False),
    "core.Variable.matmul": called(X).get("matmul", W),
    "core.Variable.dot": called(X).get("dot", W),
    "core.Variable.to_cpu": called(X).get("to_cpu"),
    "core.Variable.to_gpu": called(X).get("to_gpu"),
    # functions: element by element
    "functions.exp": called(X),
    "functions.sqrt": called(P),
    "functions.abs": called(X),
    "functions.sin": called(X),
    "functions.cos": called(X),
    "functions.tanh": called(X),
    "functions.clip": called(X, -1.0, 1.0),
    "functions.sigmoid": called(X),
    "functions.sigmoid_simple": called(X),
    "functions.relu": called(X),
    "functions.leaky_relu": called(X, 0.2),
    "functions.elu": called(X, 1.0),
    "functions.gelu": called(X),
    "functions.silu": called(X),
    "functions.softplus": called(X),
    "functions.swiglu": called(X, Y),
    "functions.rope": called(X[:, :2], 3, 10.0),
    "functions.softmax": called(X, 1),
    "functions.softmax_simple": called(X, 1),
    "functions.log_softmax": called(X, 1),
    "functions.square": called(X),
    "functions.maximum": called(X, Y),
    "functions.minimum": called(X, Y),
    "functions.astype": called(X, np.float32),
    # functions: shape
    "functions.pad": called(X, ((1, 0), (0, 2)), 0.5),
    "functions.expand_dims": called(X, 1),
    "functions.squeeze": called(X[:, None], 1),
    "functions.flatten": called(X),
    "functions.gather": called(X, np.array([[0, 2], [1, 1]]), 1),
    "functions.concatenate": called([X, Y], 0),
    "functions.stack": called([X, Y], 0),
    "functions.split": called(X, [1], 1),
    "core.where": called(X > 0, X, Y),
    "functions.embed_id": called(np.array([1, 0, 1]), W),
    # functions: reduction
    "functions.sum": called(X, 0, False),
    "functions.average": called(X, 0, False),
    "functions.max": called(X, 0, False),
    "functions.min": called(X, 0, False),
    "functions.var": called(X, 0, False, 1),
    "functions.std": called(X, 0, False, 1),
    "functions.cumsum": called(X, 1),
    "functions.prod": called(X, 0, False),
    "functions.logsumexp": called(X, 0, False),
    "functions.norm": called(X, 0, False),
    # functions: linear algebra
    "functions.linear": called(X, W, B),
    "functions.linear_simple": called(X, W, B),
    "functions.einsum": called("ij,jk->ik", X, W),
    # functions: convolution
    "functions.conv2d": called(IMAGES, KERNELS, B, 1, 0),
    "functions.conv2d_simple": called(IMAGES, KERNELS, B, 1, 0),
    "functions.deconv2d": called(IMAGES, KERNELS, B, 1, 0, (5, 5)),
    "functions.pooling": called(IMAGES, 2, 1, 0),
    "functions.pooling_simple": called(IMAGES, 2, 1, 0),
    "functions.average_pooling": called(IMAGES, 2, 1, 0),
    "functions.im2col_array": called(IMAGES, 2, 1, 0, True),
    "functions.col2im_array": called(COLUMNS, (1, 2, 4, 4), 2, 1, 0, True),
    "functions.im2col": called(IMAGES, 2, 1, 0, True),
    "functions.col2im": called(COLUMNS, (1, 2, 4, 4), 2, 1, 0, True),
    "functions.pair": called(3),
    "functions.get_conv_outsize": called(4, 2, 1, 0),
    "functions.get_deconv_outsize": called(4, 2, 1, 0),
    # functions: cells
    "functions.join_gates": called([W, W], [np.eye(2), np.eye(2)], [B, B]),
    "functions.lstm_cell": called(X, H, H, GATES),
    "functions.gru_cell": called(X, H, GATES[:, :6]),
    # functions: losses
    "functions.mean_squared_error": called(X, Y),
    "functions.mean_squared_error_simple": called(X, Y),
    "functions.l1_loss": called(X, Y),
    "functions.huber_loss": called(X, Y, 1.0),
    "functions.softmax_cross_entropy": called(X, LABELS),
    "functions.softmax_cross_entropy_simple": called(X, LABELS),
    "functions.nll_loss": called(X, LABELS),
    "functions.cross_entropy": called(X, LABELS, 0.1, 1),
    "functions.sigmoid_cross_entropy": called(X, ONE_HOT),
    "functions.binary_cross_entropy": called(Q, ONE_HOT),
    "functions.accuracy": called(X, LABELS),
    # functions: normalisation
    "functions.batch_norm": called(X, GAMMA, BETA, np.zeros(3), np.ones(3), 0.9, 2e-5),
    "functions.layer_norm": called(X, GAMMA, BETA, 1e-5),
    "functions.rms_norm": called(X, GAMMA, 1e-5),
    "functions.group_norm": called(X[:, :, None], 1, GAMMA, BETA, 1e-5),
    "functions.dropout": called(X, 0.5),
    # layers
    "layers.Layer": called(),
    "layers.Layer.forward": called().of(layers.Layer).get("forward", X),
    "layers.Layer.params": called(3, in_size=3).of(layers.Linear).get("params"),
    "layers.Layer.cleargrads": called(3, in_size=3).of(layers.Linear).get("cleargrads"),
    "layers.Layer.zero_grad": called(3, in_size=3).of(layers.Linear).get("zero_grad"),
    "layers.Layer.to_cpu": called(3, in_size=3).of(layers.Linear).get("to_cpu"),
    "layers.Layer.to_gpu": called(3, in_size=3).of(layers.Linear).get("to_gpu"),
    "layers.Layer.inputs": called(3).of(layers.Linear).get("inputs"),
    "layers.Layer.outputs": called(3).of(layers.Linear).get("outputs"),
    "layers.Layer.save_weights": called(3, in_size=2)
    .of(layers.Linear)
    .get("save_weights", "saved.npz"),
    "layers.Layer.load_weights": called(3, in_size=2)
    .of(layers.Linear)
    .get("load_weights", Made(loaded)),
    "layers.Layer.__setattr__": called(3, in_size=2)
    .of(layers.Linear)
    .get("__setattr__", "name", Parameter(X)),
    "layers.Linear": called(3, False, np.float32, None).then(X),
    "layers.Conv2d": called(3, 2, 1, 0, False, np.float32, None).then(IMAGES),
    "layers.Deconv2d": called(3, 2, 1, 0, False, np.float32, None).then(IMAGES),
    "layers.MaxPool2d": called(2, 1, 0).then(IMAGES),
    "layers.AvgPool2d": called(2, 1, 0).then(IMAGES),
    "layers.RNN": called(4, None).then(X),
    "layers.LSTM": called(4, None).then(X),
    "layers.GRU": called(4, None).then(X),
    "layers.RNN.reset_state": called(4).of(layers.RNN).get("reset_state"),
    "layers.LSTM.reset_state": called(4).of(layers.LSTM).get("reset_state"),
    "layers.GRU.reset_state": called(4).of(layers.GRU).get("reset_state"),
    "layers.EmbedID": called(4, 3).then(LABELS),
    "layers.MultiHeadAttention": called(4, 2, True, False, 0.0).then(TEXTS, None, None),
    "layers.MultiHeadAttention.weights": called(4, 2)
    .of(layers.MultiHeadAttention)
    .get("weights", TEXTS, np.eye(3, dtype=bool)),
    "layers.MultiHeadAttention.lookup": called(4, 2)
    .of(layers.MultiHeadAttention)
    .get("lookup", TEXTS, None),
    "layers.KVCache": called(),
    "layers.KVCache.append": called(IMAGES, IMAGES).of(kept),
    "layers.Embedding": called(4, 3).then(LABELS),
    "layers.Embedding.scores": called(4, 3).of(layers.Embedding).get("scores", X),
    "layers.BatchNorm": called().then(X),
    "layers.LayerNorm": called(1e-5).then(X),
    "layers.RMSNorm": called(1e-5).then(X),
    "layers.GroupNorm": called(1, 1e-5).then(IMAGES),
    "layers.Dropout": called(0.5).then(X),
    "layers.TransformerBlock": called(4, 2, True, True, "rms", "swiglu", 0.5).then(
        GATES[:, None, :4]
    ),
    "layers.Linear.in_size": called(3).of(layers.Linear).get("in_size"),
    "layers.Conv2d.in_channels": called(3, 2).of(layers.Conv2d).get("in_channels"),
    "layers.Deconv2d.in_channels": called(3, 2).of(layers.Deconv2d).get("in_channels"),
    "layers.Layer.summary": called(3).of(layers.Linear).get("summary", X).few(),
    # models
    "models.Model": called(),
    "models.Model.plot": called((4, 2))
    .of(models.MLP)
    .get("plot", X, to_file="model.dot")
    .few(),
    "models.MLP": called((4, 2), F.relu).then(X),
    "models.GPT": called(5, 4, 4, 1, 2, 0.5).then(LABELS[None], None).few(*SMALL),
    "models.GPT.generate": called(5, 4, 4, 1, 2)
    .of(models.GPT)
    .get("generate", LABELS, 2, 0.5, 2, 0.5, 0, True)
    .few(*SMALL),
    "models.token_probabilities": called(X[0], 0.5, 2, 0.5),
    "models.Sequential": called(LAYER, F.relu, Made(lambda: layers.Linear(2))).then(X),
    "models.VGG16": called(False).few(),
    "models.VGG16.preprocess": called(PICTURE, (8, 8), np.float32).of(
        models.VGG16.preprocess
    ),
    "models.ResNet": called(50, False).few(),
    "models.ResNet18": called(False, True, 3).few(),
    "models.ResNet50": called(False).few(),
    "models.ResNet101": called(False).few(),
    "models.ResNet152": called(False).few(),
    "models.SqueezeNet": called(False).few(),
    "models.BuildingBlock": called(2, 2, 2, 4, 1, False).then(IMAGES).few(),
    "models.BottleneckA": called(2, 2, 4, 1, False).then(IMAGES).few(),
    "models.BottleneckB": called(2, 2).then(IMAGES).few(),
    "models.BasicBlock": called(2, 2, 1).then(IMAGES).few(),
    "models.Fire": called(2, 2, 2).then(IMAGES).few(),
    # optimizers
    "optimizers.Optimizer": called().get("setup", MODEL),
    "optimizers.Optimizer.setup": called().of(optimizers.SGD).get("setup", MODEL),
    "optimizers.Optimizer.update": called().of(optimizers.SGD).get("update"),
    "optimizers.Optimizer.update_one": called()
    .of(optimizers.SGD)
    .get("update_one", Made(parameter)),
    "optimizers.Optimizer.zero_grad": called().of(optimizers.SGD).get("zero_grad"),
    "optimizers.Optimizer.add_hook": called()
    .of(optimizers.SGD)
    .get("add_hook", lambda params: None),
    "optimizers.Optimizer.save_state": called()
    .of(optimizers.SGD)
    .get("setup", MODEL)
    .get("save_state", "state.npz"),
    "optimizers.WarmupCosine": called(0.1, 10, 100).then(3),
    "optimizers.ClipGrad": called(1.0).then(Made(parameters)),
    "optimizers.WeightDecay": called(0.1).then(Made(parameters)),
    "optimizers.FreezeParam": called(LAYER).then(Made(parameters)),
    "optimizers.Adam.lr": called().of(optimizers.Adam).get("lr"),
    # data
    "dataloaders.DataLoader": called(SEQUENCE, 2, True, False).get("next"),
    "dataloaders.DataLoader.reset": called(SEQUENCE, 2)
    .of(dezero.DataLoader)
    .get("reset"),
    "dataloaders.DataLoader.next": called(SEQUENCE, 2)
    .of(dezero.DataLoader)
    .get("next"),
    "dataloaders.DataLoader.to_cpu": called(SEQUENCE, 2)
    .of(dezero.DataLoader)
    .get("to_cpu"),
    "dataloaders.DataLoader.to_gpu": called(SEQUENCE, 2)
    .of(dezero.DataLoader)
    .get("to_gpu"),
    "dataloaders.SeqDataLoader": called(SEQUENCE, 2, False).get("next"),
    "datasets.Dataset": called(True, None, None),
    "datasets.Dataset.prepare": called().of(datasets.Spiral).get("prepare"),
    "datasets.Dataset.__getitem__": called().of(datasets.Spiral).get("__getitem__", 3),
    "datasets.get_spiral": called(True),
    "datasets.Spiral": called(True, None, None).get("__getitem__", 0),
    "datasets.SinCurve": called(True, None, None).get("__getitem__", 0),
    "datasets.CIFAR10.labels": called().of(datasets.CIFAR10.labels),
    "datasets.CIFAR100.labels": called("fine").of(datasets.CIFAR100.labels),
    "datasets.SynthDigits.labels": called().of(datasets.SynthDigits.labels),
    "datasets.MNIST.labels": called().of(datasets.MNIST.labels),
    "datasets.MNIST.files": called(True).of(datasets.MNIST.files),
    "datasets.ImageNet": called(),
    "datasets.Text": called(TEXT, None, True, 4),
    "datasets.Text.batches": called(TEXT, None, True, 4)
    .of(datasets.Text)
    .get("batches", Made(lambda: np.random.default_rng(0)), 2),
    "datasets.Text.blocks": called(TEXT, None, True, 4).of(datasets.Text).get("blocks"),
    "datasets.Shakespeare": called(None, True, 4, False).few("None", "str", "-1"),
    "datasets.Names": called(None, True, 4).few("None", "str", "-1"),
    "datasets.load_cache_npz": called("kept", False),
    "datasets.save_cache_npz": called(X, LABELS, "kept", False),
    # transforms
    "transforms.Compose": called([transforms.Flatten()]).then(X),
    "transforms.Convert": called("L").then(PICTURE),
    "transforms.Resize": called((3, 3), 2).then(PICTURE),
    "transforms.CenterCrop": called((2, 3)).then(PICTURE),
    "transforms.RandomHorizontalFlip": called(
        1.0, Made(lambda: np.random.default_rng(0))
    ).then(X),
    "transforms.ToArray": called(np.float32).then(PICTURE),
    "transforms.ToPIL": called().then(PIXELS.transpose(2, 0, 1)),
    "transforms.Normalize": called(0.5, 2.0).then(X),
    "transforms.Flatten": called().then(X),
    "transforms.AsType": called(np.float32).then(X),
    "transforms.ToInt": called(int).then(X),
    # tokenizers
    "tokenizers.Tokenizer": called(),
    "tokenizers.Tokenizer.save": called()
    .of(tokenizers.Bytes)
    .get("save", "tokens.json"),
    "tokenizers.Tokenizer.load": called(Made(tokens)).of(tokenizers.Bytes.load),
    "tokenizers.Bytes": called(),
    "tokenizers.Bytes.encode": called().of(tokenizers.Bytes).get("encode", TEXT),
    "tokenizers.Bytes.decode": called().of(tokenizers.Bytes).get("decode", [1, 2]),
    "tokenizers.Characters": called("low"),
    "tokenizers.Characters.train": called(TEXT).of(tokenizers.Characters.train),
    "tokenizers.Characters.encode": called(TEXT)
    .of(tokenizers.Characters.train)
    .get("encode", "low"),
    "tokenizers.Characters.decode": called(TEXT)
    .of(tokenizers.Characters.train)
    .get("decode", [1, 2]),
    "tokenizers.BPE": called(tokenizers.Bytes().tokens),
    "tokenizers.BPE.train": called(TEXT, 3).of(tokenizers.BPE.train),
    "tokenizers.BPE.from_tiktoken": called(Made(ranks)).of(
        tokenizers.BPE.from_tiktoken
    ),
    # utils
    "utils.sum_to": called(X, (1, 3)),
    "utils.reshape_sum_backward": called(X[0], (2, 3), 0, False),
    "utils.logsumexp": called(X, 1),
    "utils.max_backward_shape": called(X, 1),
    "utils.show_progress": called(1, 10, 100),
    "utils.get_file": called("http://nowhere.invalid/file.bin", "file.bin").few(),
    "utils.find_file": called("file.bin"),
    "utils.Download": called(("http://nowhere.invalid/x",), 1, "0", ()),
    "utils.DownloadError": called("a sentence"),
    # func
    "func.grad": called(squares, 0).then(X),
    "func.vjp": called(rows, X).get(operator.itemgetter(1), Y),
    "func.jvp": called(rows, X, Y),
    "func.jacobian": called(rows, 0).then(X),
    "func.hessian": called(squares, 0).then(X),
    "func.hvp": called(squares, X, Y),
    # gradcheck
    "gradcheck.array_equal": called(X, Y),
    "gradcheck.array_allclose": called(X, Y, 1e-4, 1e-5),
    "gradcheck.numerical_grad": called(rows, X),
    "gradcheck.gradient_check": called(F.sin, X, rtol=1e-4, atol=1e-5),
    "gradcheck.check_gradients": called(
        F.sin, X[0], order=1, rtol=1e-4, atol=1e-5, dtype=np.float64
    ),
    # graph
    "graph.get_dot_graph": called(
        Made(lambda: F.sin(Variable(X))), True, False, "data", ()
    ),
    "graph.plot_dot_graph": called(
        Made(lambda: F.sin(Variable(X))), True, "graph.dot", None, ()
    ),
    "graph.picture": called(
        Made(lambda: F.sin(Variable(X))), False, "constants", ()
    ).few("str", "list", "object"),
    "graph.play": called(Made(lambda: F.sin(Variable(X))), None, None, (), "title").few(
        "str", "list", "object"
    ),
    "graph.render_dot": called(DOT, "graph.dot"),
    # static
    "static.placeholder": called((2, 3), np.float64, "x"),
    "static.compile": called(rows, X, gradients=()).then(X).few(),
    "static.fold": called(Made(static_graph)),
    "static.merge": called(Made(static_graph)),
    "static.prune": called(Made(static_graph)),
    "static.fuse": called(Made(static_graph)),
    "static.Graph": called((), ()),
    "static.Graph.rebuild": called().of(static_graph).get("rebuild", lambda node: node),
    "static.Graph.to_dot": called().of(static_graph).get("to_dot"),
    "static.Node": called(np.exp, (), {}, (2,), np.float64),
    "static.Node.is_constant": called(np.exp).of(static.Node).get("is_constant"),
    "static.Node.is_elementwise": called(np.exp).of(static.Node).get("is_elementwise"),
    "static.Node.key": called(np.exp).of(static.Node).get("key"),
    "static.Node.on": called(np.exp).of(static.Node).get("on", {}),
    "static.Node.size": called(np.exp).of(static.Node).get("size"),
    # the rest
    "cuda.as_numpy": called(X),
    "cuda.as_cupy": called(X),
    "cuda.get_array_module": called(X),
    "cuda.is_array": called(X),
    "nodes.Node": called(Made(recorded)).get("next_functions"),
    "nodes.Node.name": called(Made(recorded)).of(dezero.nodes.Node).get("name"),
    "nodes.Node.next_functions": called(Made(recorded))
    .of(dezero.nodes.Node)
    .get("next_functions"),
    "nodes.AccumulateGrad": called(Variable(X)).get("name"),
    "files.replacing": called("replaced.txt").of(replace_file),
    "guards.number": called(0.5).of(judged("number", least=0, below=1)),
    "guards.whole": called(3).of(judged("whole")),
    "guards.flag": called(True).of(judged("flag")),
    "guards.one_of": called("a").of(judged("one_of", ["a", "b"])),
    "guards.file_name_below": called("who", "file.bin", 51),
    "guards.check_callable": called("who", rows, 71),
    "guards.refusal": called("who", "name", "a number", 3, 1),
    "guards.shown": called(3),
}
# Methods of Variable that are functions of the same name, and what they get besides.
for _name, _arguments in {
    **dict.fromkeys(["mean", "prod", "logsumexp", "norm"], (0, False)),
    **dict.fromkeys(["var", "std"], (0, False, 1)),
    **dict.fromkeys(["cumsum", "squeeze", "argmax", "argmin"], (None,)),
    **dict.fromkeys("exp square abs sin cos tanh sigmoid relu gelu silu".split(), ()),
    **dict.fromkeys("softplus flatten ravel copy item tolist log sqrt".split(), ()),
    "clip": (-1.0, 1.0),
    "leaky_relu": (0.2,),
    "elu": (1.0,),
    "softmax": (1,),
    "log_softmax": (1,),
    "astype": (np.float32,),
}.items():
    # item() takes one number, log and sqrt positive ones.
    _data = {"item": X[:1, :1], "log": P, "sqrt": P}.get(_name, X)
    ROWS[f"core.Variable.{_name}"] = called(_data).get(_name, *_arguments)
ROWS["core.Variable"].of(Variable)
for _name, _arguments in {
    "SGD": (0.01,),
    "MomentumSGD": (0.01, 0.9),
    "AdaGrad": (0.001, 1e-8),
    "AdaDelta": (0.95, 1e-6),
    "RMSprop": (0.01, 0.99, 1e-8),
    "Adam": (0.001, 0.9, 0.999, 1e-8),
    "AdamW": (0.001, 0.9, 0.999, 1e-8, 0.01),
}.items():
    ROWS[f"optimizers.{_name}"] = called(*_arguments).get("setup", MODEL).get("update")
for _name, _operator, _other in [
    ("add", operator.add, Y),
    ("radd", lambda x, y: y + x, 2.0),
    ("sub", operator.sub, Y),
    ("rsub", lambda x, y: y - x, 2.0),
    ("mul", operator.mul, Y),
    ("rmul", lambda x, y: y * x, 2.0),
    ("truediv", operator.truediv, P),
    ("rtruediv", lambda x, y: y / x, 2.0),
    ("pow", operator.pow, 2),
    ("rpow", lambda x, y: y**x, 2.0),
    ("matmul", operator.matmul, W),
    ("rmatmul", lambda x, y: y @ x, W),
    ("getitem", operator.getitem, 1),
    ("lt", operator.lt, Y),
    ("le", operator.le, Y),
    ("gt", operator.gt, Y),
    ("ge", operator.ge, Y),
    ("eq", operator.eq, Y),
    ("format", format, ""),
]:
    ROWS[f"core.Variable.__{_name}__"] = called(X).get(bound(_operator), _other)
for _name, _operator in [
    ("neg", operator.neg),
    ("pos", operator.pos),
    ("abs", abs),
    ("len", len),
    ("iter", list),
    ("repr", repr),
    ("str", str),
    ("bool", bool),
    ("float", float),
    ("int", int),
]:
    _data = X[:1, :1] if _name in ("bool", "float", "int") else X
    ROWS[f"core.Variable.__{_name}__"] = called(_data).get(bound(_operator))
ROWS["core.Variable.__setitem__"] = called(X).get(bound(operator.setitem), 0, 1.0)
ROWS["core.Variable.__array_ufunc__"] = called(X).get(bound(np.add), Y)
_ON_ARRAYS = """as_array as_variable gradients_of sum_array_to restore_axes
reduced_shape scatter_add""".split()
for _name, _row in ROWS.items():
    if _name.startswith("core.Variable."):
        _row.of(Variable)
    _module, _, _name = _name.partition(".")
    if (
        _module in ("core", "functions")
        and _name[0].islower()
        and _name not in _ON_ARRAYS
    ):
        _row.wrapped = 3 if _name == "batch_norm" else 9 * ("." not in _name)
for _name in ["len", "iter"]:
    ROWS[f"dataloaders.DataLoader.__{_name}__"] = (
        called(SEQUENCE, 2)
        .of(dezero.DataLoader)
        .get(bound({"len": len, "iter": list}[_name]))
    )

# The classes of the functions. The functions judge what they are given (see STYLE),
# so these are called rightly and no more.
CLASSES = {
    "core.Copy": called().then(X),
    "core.Add": called().then(X, Y),
    "core.Sub": called().then(X, Y),
    "core.Mul": called().then(X, Y),
    "core.Div": called().then(X, P),
    "core.Neg": called().then(X),
    "core.Pow": called(2).then(X),
    "core.PowVariable": called().then(P, X),
    "core.Log": called().then(P),
    "core.Reshape": called((3, 2)).then(X),
    "core.Transpose": called((1, 0)).then(X),
    "core.BroadcastTo": called((2, 2, 3)).then(X),
    "core.SumTo": called((1, 3)).then(X),
    "core.GetItem": called(1).then(X),
    "core.GetItemGrad": called(1, (2, 3)).then(X[1]),
    "core.Sum": called(0, False).then(X),
    "core.Max": called(0, False).then(X),
    "core.Min": called(0, False).then(X),
    "core.MatMul": called().then(X, W),
    "functions.Abs": called().then(X),
    "functions.Sqrt": called().then(P),
    "functions.Exp": called().then(X),
    "functions.Sin": called().then(X),
    "functions.Cos": called().then(X),
    "functions.Tanh": called().then(X),
    "functions.Clip": called(-1.0, 1.0).then(X),
    "functions.Sigmoid": called().then(X),
    "functions.ReLU": called().then(X),
    "functions.LeakyReLU": called(0.2).then(X),
    "functions.ELU": called(1.0).then(X),
    "functions.GELU": called().then(X),
    "functions.Rope": called(X[:, :2], Y[:, :2]).then(P[:, :2]),
    "functions.Softplus": called().then(X),
    "functions.Softmax": called(1).then(X),
    "functions.LogSoftmax": called(1).then(X),
    "functions.Concatenate": called(0).then(X, Y),
    "functions.Split": called([1], 1).then(X),
    "core.Where": called(X > 0).then(X, Y),
    "core.AsType": called(np.float32).then(X),
    "functions.Maximum": called().then(X, Y),
    "functions.Minimum": called().then(X, Y),
    "functions.LogSumExp": called(0, False).then(X),
    "functions.Norm": called(0, False).then(X),
    "functions.Pad": called(((1, 0), (0, 2)), 0.5).then(X),
    "functions.CumSum": called(1).then(X),
    "functions.Var": called(0, False, 1).then(X),
    "functions.Std": called(0, False, 1).then(X),
    "functions.Linear": called().then(X, W, B),
    "functions.Einsum": called("ij,jk->ik").then(X, W),
    "functions.Conv2d": called(1, 0).then(IMAGES, KERNELS, B),
    "functions.Deconv2d": called(1, 0).then(IMAGES, KERNELS, B),
    "functions.Conv2DGradW": called(Made(convolution)).then(IMAGES, WINDOWS),
    "functions.Pooling": called(2, 1, 0).then(IMAGES),
    "functions.Pooling2DGrad": called(pooled("pooling")).then(WINDOWS),
    "functions.Pooling2DWithIndexes": called(pooled("pooling")).then(IMAGES),
    "functions.AveragePooling": called(2, 1, 0).then(IMAGES),
    "functions.AveragePooling2DGrad": called(pooled("average_pooling")).then(WINDOWS),
    "functions.Im2col": called(2, 1, 0, True).then(IMAGES),
    "functions.Col2im": called((1, 2, 4, 4), 2, 1, 0, True).then(COLUMNS),
    "functions.JoinGates": called().then(W, W, np.eye(2), np.eye(2), B, B),
    "functions.LSTMCell": called().then(X, H, H, GATES),
    "functions.GRUCell": called().then(X, H, GATES[:, :6]),
    "functions.MeanSquaredError": called().then(X, Y),
    "functions.SoftmaxCrossEntropy": called().then(X, LABELS),
    "functions.BatchNorm": called(np.zeros(3), np.ones(3), 0.9, 2e-5).then(
        X, GAMMA, BETA
    ),
    "functions.LayerNorm": called(1e-5).then(X, GAMMA, BETA),
    "functions.RMSNorm": called(1e-5).then(X, GAMMA),
    "functions.GroupNorm": called(1, 1e-5).then(X[:, :, None], GAMMA, BETA),
    "functions.Dropout": called(0.5).then(X),
}
# Names without a call of their own, each with its reason.
WITHOUT = {
    "tokenizers.BPE.encode_word": "for encode, which judges what it is given",
    "tokenizers.split": "for BPE, which judges what it is given",
    "tokenizers.join": "for BPE, lists of tokens only",
    "core.Function": "what it does with odd input, its subclasses show",
    "core.Function.inputs": "a record of the last call",
    "core.Function.outputs": "a record of the last call",
    "core.Function.output": "a record of the last call",
    "core.Function.needs_grad": "for backward",
    "functions.Pooling.winners": "for Pooling2DGrad",
    "core.gradients_of": "for dezero.func, which judges what it is given",
    "core.sum_array_to": "array to array, for sum_to; utils.sum_to judges",
    "core.restore_axes": "array to array, for backwards",
    "core.reduced_shape": "array to array, for backwards",
    "core.scatter_add": "array to array, for get_item",
    "files.NpzReader": "for files of ours: load_weights and the caches turn its errors",
    "files.NpzReader.header": "see NpzReader",
    "files.NpzReader.packed_size": "see NpzReader",
    "files.NpzReader.array": "see NpzReader",
    "files.write_npz": "for save_weights and save_state, which judge the path",
    "files.found_npz": "for load_weights and load_state, which have a row",
    "files.unpacking": "see found_npz",
    "files.some": "for errors",
    "files.Unfit": "an error for those who read files",
    "optimizers.Optimizer.load_state": "files that it refuses: test_optimizers.py",
    "guards.Rule": "a descriptor: AdamW(decays=) shows it",
    "guards.Number": "a descriptor: the constructors of the optimizers show it",
    "guards.Kind": "a descriptor, see Number",
    "guards.Whole": "a descriptor, see Number",
    "guards.call_text": "for __repr__",
    "static.Node.compute": "for the passes, which give it arrays that fit",
    "static.Program": "what compile returns; see there",
    "datasets.MNIST": "70,000 pictures from the network",
    "datasets.CIFAR10": "60,000 pictures from the network",
    "datasets.CIFAR100": "60,000 pictures from the network",
    "datasets.ImageNet.labels": "from the network",
    "datasets.Shakespear": "from the network",
    "datasets.SynthDigits": "takes seconds",
    "datasets.get_digits": "takes seconds",
}


# --- names --------------------------------------------------------------------


def public_names():
    """Return {name: object}: every public name of the package, by where it lives."""
    found = {"core.Config": Config}
    for module_name in MODULES:
        module = importlib.import_module(f"dezero.{module_name}")
        for name, thing in vars(module).items():
            home = getattr(thing, "__module__", None) or ""
            if name.startswith("_") or home.partition(".")[0] != "dezero":
                continue
            if home.split(".")[1] not in MODULES:
                continue
            if not (inspect.isclass(thing) or inspect.isfunction(thing)):
                continue
            full = f"{home.split('.')[1]}.{thing.__name__}"
            found[full] = thing
            if inspect.isclass(thing):
                found |= methods(full, thing)
    return {name: thing for name, thing in found.items() if "._" not in name}


def methods(full, cls):
    """Return the public methods and properties that a class adds to its bases."""
    found = {}
    for name, thing in vars(cls).items():
        if name.startswith("_") or name in PROTOCOL or not is_method(thing):
            continue
        inherited = [b for b in cls.__mro__[1:] if name in vars(b)]
        if not inherited:
            found[f"{full}.{name}"] = thing
    return found


# Written by a subclass, called by the base class.
PROTOCOL = ("forward", "backward", "update_one", "prepare")


def is_method(thing):
    kinds = (property, staticmethod, classmethod)
    return isinstance(thing, kinds) or inspect.isfunction(thing)


def resolve(name):
    """Return the object of a row's name; None where this version has none."""
    module, *path = name.split(".")
    try:
        thing = importlib.import_module(f"dezero.{module}")
    except ModuleNotFoundError:
        return None
    for part in path:
        if thing is not Variable or part not in ("data", "grad"):  # set by __init__
            thing = getattr(thing, part, None)
    return thing if thing is not None else public_names().get(name)


def add_rows_of_cases(rows, classes):
    """Add a row for each function that has a line in CASES and no row, and its class.

    The function is called as in its first case, the Functions as that call calls them.
    """
    walked = {id(resolve(name)) for name in [*rows, *classes, *WITHOUT]}
    for name, ((call, inputs), *_) in CASES.items():
        f = getattr(F, name)
        if id(f) in walked:
            continue
        rows[f"functions.{name}"] = called(*inputs).of(functools.partial(call, f))
        waiting = [call(f, *[as_variables(x) for x in inputs])]
        while waiting:
            y = waiting.pop()
            if isinstance(y, (tuple, list)):
                waiting += y
            elif y.creator is not None:
                waiting += y.creator.inputs
                name = type(y.creator).__name__
                if id(type(y.creator)) not in walked and name in vars(F):
                    root = functools.partial(called_again, y.creator)
                    arrays = [x.data for x in y.creator.inputs]
                    classes[f"functions.{name}"] = called(*arrays).of(root)


def called_again(func, *inputs):
    """Call a Function with the same settings on other inputs."""
    return copy.copy(func)(*inputs)


add_rows_of_cases(ROWS, CLASSES)


# --- the walk -----------------------------------------------------------------


class Finding:
    """One call, and how it ended: 'fine', 'refused', 'dies', 'bare' ..."""

    def __init__(self, name, call, kind, error=None, place="", warned=(), state=""):
        self.name = name
        self.call = call
        self.kind = kind
        self.error = error
        self.place = place
        self.warned = warned
        self.state = state

    @property
    def dies(self):
        return self.kind in ("dies", "bare")

    def __str__(self):
        if self.error is None:
            return f"{self.call}  {self.kind}"
        message = " ".join(str(self.error).split())[:150]
        return f"{self.call}  {type(self.error).__name__}: {message}  {self.place}"


# These never, whoever raises them without a sentence.
NEVER = (
    AttributeError,
    LookupError,
    NameError,
    ArithmeticError,
    RecursionError,
    AssertionError,
    SystemError,
    NotImplementedError,
)


def judge(error):
    """Return how a call ended that raised error, and where."""
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1]
    place = next(
        (
            f"{Path(f.filename).relative_to(PACKAGE)}:{f.lineno}"
            for f in reversed(frames)
            if f.filename.startswith(str(PACKAGE))
        ),
        "",
    )
    if isinstance(error, Hang):
        return "dies", place
    if isinstance(error, (OSError, StopIteration)):
        return "refused", place
    if isinstance(error, MemoryError) or "array is too big" in str(error):
        return "too large", place
    if "Maximum allowed dimension exceeded" in str(error):
        return "too large", place
    if last.filename.startswith(str(PACKAGE)):
        raised = raises(last.filename).get(last.lineno)
        if raised is not None and raised in ("", type(error).__name__):
            return "refused", place
        if _WRONG_COUNT.match(str(error)):
            return "refused", place
    elif not place or last.filename == __file__:
        # Python itself refused the call, or what we passed in raised.
        return "refused", place
    return "dies" if isinstance(error, NEVER) else "bare", place


# Python's words where the function that we passed in takes another number of arguments.
_WRONG_COUNT = re.compile(r"(Thing|nothing|rows|squares|sin|.*<lambda>)\(\) ")


@functools.cache
def raises(path):
    """Return {line: name of the class} for the lines of the raise statements."""
    lines = {}
    for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and node.exc is not None:
            called = node.exc.func if isinstance(node.exc, ast.Call) else None
            name = called.id if isinstance(called, ast.Name) else ""
            name = name if name[:1].isupper() else ""
            for line in range(node.lineno, node.end_lineno + 1):
                lines[line] = name
    return lines


def variations(row, odd=ODD):
    """Yield (label, stages): the good call, and those with one thing odd."""
    values = [(label, ODD[label]) for label in ODD if label in (row.odd or odd)]
    yield "as it should be", row.stages
    if row.wrapped:
        ((name, args, kwargs),) = row.stages
        args = [*map(as_variables, args[: row.wrapped]), *args[row.wrapped :]]
        yield "with Variables", [(name, args, kwargs)]
    for i, (name, args, kwargs) in enumerate(row.stages):
        before, after = row.stages[:i], row.stages[i + 1 :]
        where = "" if len(row.stages) == 1 else f"stage {i} "
        places = [1] if name == "__setattr__" else range(len(args))
        args = tuple(map(as_variables, args[: row.wrapped])) + args[row.wrapped :]
        for j in places:
            for label, x in odd_values(args[j], values, j < row.wrapped):
                changed = (*args[:j], x, *args[j + 1 :])
                label = f"{where}arg {j}{label}"
                yield label, [*before, (name, changed, kwargs), *after]
        for key in kwargs:
            for label, x in odd_values(kwargs[key], values, False):
                changed = {**kwargs, key: x}
                yield f"{where}{key}{label}", [*before, (name, args, changed), *after]
        yield f"{where}one argument more", [*before, (name, (*args, 0), kwargs), *after]
        misspelt = {**kwargs, "dimm": 0}
        yield f"{where}dimm = 0", [*before, (name, args, misspelt), *after]
        if args:
            yield (
                f"{where}one argument less",
                [*before, (name, args[:-1], kwargs), *after],
            )
            yield f"{where}no argument", [*before, (name, (), kwargs), *after]


def odd_values(good, values, wrap):
    """Yield (label, value) for one argument, and for the first of a list."""
    base = good[0] if isinstance(good, list) and good else good
    for label, make in values:
        try:
            x = make(base)
        except TypeError:  # no Variable holds that
            continue
        yield f" = {label}", x
        if wrap and isinstance(as_variables(x), Variable) and type(x) is not Variable:
            yield f" = Variable {label}", as_variables(x)
        if isinstance(good, list) and good:
            yield f"[0] = {label}", [x, *good[1:]]


def go_back(result):
    """Run backward from the first floating Variable of a result."""
    for y in result if isinstance(result, (list, tuple)) else [result]:
        if isinstance(y, Variable) and isinstance(y.data, np.ndarray):
            if y.creator is not None and y.dtype.kind == "f":
                y.backward()
                return


def state():
    """Return what no call may leave changed."""
    switches = Config.enable_backprop, Config.train, Config.wrap, Config.handler
    return switches, np.geterr(), Function.__call__


_MISCOUNTED = ("argument more", "argument less", "no argument", "dimm = 0")
_SIGNATURE = re.compile(r"\(\) (takes .* positional|missing|got an unexpected keyword)")


def walk_row(name, row, thing, odd=ODD):
    """Yield a Finding for every call of a row."""
    old = state()
    for label, stages in variations(row, odd):
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        error, place, kind = None, "", "fine"
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                with limited():
                    go_back(row.call(thing, stages))
            except Exception as raised:
                kind, place = judge(raised)
                if label.endswith(_MISCOUNTED) and _SIGNATURE.search(str(raised)):
                    kind = "refused"  # in Python's words, also behind a wrapper
                error = raised.with_traceback(None)
                error.__context__ = error.__cause__ = None
        warned = sorted({w.category.__name__ for w in caught})
        finding = Finding(name, label, kind, error, place, warned)
        if state() != old:
            finding.state = str(state()[0])
            restore(old)
        yield finding


class Hang(Exception):
    """A call took longer than any of ours may."""


@contextlib.contextmanager
def limited(seconds=5):
    """Raise Hang in a with block that takes longer, where the system has alarms."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_):
        raise Hang(f"more than {seconds} s of processor time")

    old = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, old)


def restore(old):
    (
        (Config.enable_backprop, Config.train, Config.wrap, Config.handler),
        errors,
        call,
    ) = old
    np.seterr(**errors)
    Function.__call__ = call


@contextlib.contextmanager
def quiet_place():
    """Go to an empty folder, with no network, nothing printed and no cache of yours."""

    def no_network(*args, **kwargs):
        raise OSError("there is no network on this walk")

    old = os.getcwd(), urllib.request.urlopen, os.environ.get("DEZERO_CACHE")
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        os.chdir(folder)
        os.environ["DEZERO_CACHE"] = os.path.join(folder, "cache")
        urllib.request.urlopen = no_network
        try:
            yield Path(folder)
        finally:
            os.chdir(old[0])
            urllib.request.urlopen = old[1]
            if old[2] is None:
                del os.environ["DEZERO_CACHE"]
            else:
                os.environ["DEZERO_CACHE"] = old[2]


def walk(modules=()):
    """Return the Findings of all rows whose names this version has."""
    found = []
    with quiet_place():
        for name, row in ROWS.items():
            if modules and name.split(".")[0] not in modules:
                continue
            thing = resolve(name)
            if thing is not None:
                found += walk_row(name, row, thing)
    return found


# --- the report ---------------------------------------------------------------


def report(findings):
    """Return the report as text: counts, then what dies, by module and name."""
    names = {f.name for f in findings}
    hard = [f for f in findings if f.kind == "dies"]
    dead = [f for f in findings if f.dies]
    kinds = Counter(f.kind for f in findings)
    lines = [
        f"{len({f.name for f in dead})} of {len(names)} names die inside, "
        f"{len({f.name for f in hard})} of them by AttributeError, IndexError, ...",
        f"{len(dead)} of {len(findings)} calls die inside, {len(hard)} of them by "
        "AttributeError, IndexError, ...",
        "all calls: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()),
        "by error: "
        + ", ".join(
            f"{n} {kind}"
            for kind, n in Counter(type(f.error).__name__ for f in dead).most_common()
        ),
        f"{sum(bool(f.warned) for f in findings)} calls warn: "
        + ", ".join(
            f"{n} {kind}"
            for kind, n in Counter(w for f in findings for w in f.warned).most_common()
        ),
        f"{sum(bool(f.state) for f in findings)} calls leave state changed",
    ]
    wrong = [f for f in findings if f.call == "as it should be" and f.kind != "fine"]
    if wrong:
        lines += [
            "",
            "right calls that fail: " + "; ".join(f"{f.name} {f}" for f in wrong),
        ]
    causes = Counter((f.place, type(f.error).__name__) for f in dead)
    lines += ["", "where most of them die:"]
    lines += [f"{n:6} {place} {kind}" for (place, kind), n in causes.most_common(40)]
    module = None
    for name in sorted({f.name for f in findings if f.dies or f.state}):
        if name.split(".")[0] != module:
            module = name.split(".")[0]
            ours = [f for f in findings if f.name.startswith(f"{module}.")]
            dying = {f.name for f in ours if f.dies}
            lines += [
                "",
                f"=== {module}: {len(dying)} of {len({f.name for f in ours})} names, "
                f"{sum(f.dies for f in ours)} of {len(ours)} calls",
            ]
        mine = [f for f in findings if f.name == name]
        lines += ["", f"{name}: {sum(f.dies for f in mine)} of {len(mine)} calls"]
        groups = {}
        for f in mine:
            if f.state:
                lines.append(f"    LEAVES STATE {f.state}: {f.call}")
            if f.dies:
                message = " ".join(str(f.error).split())[:110]
                error = f"{'!' if f.kind == 'dies' else ' '} {type(f.error).__name__}"
                groups.setdefault((f.place, error), []).append((f.call, message))
        for (place, error), calls in groups.items():
            shown = "; ".join(call for call, _ in calls[:12])
            more = f" and {len(calls) - 12} more" if len(calls) > 12 else ""
            lines.append(f"  {error} at {place}: {calls[0][1]}")
            lines.append(f"        {shown}{more}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    text = report(walk(sys.argv[1:]))
    sys.stdout.write(text)
