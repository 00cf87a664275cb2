"""Mistakes of the same kinds as those in the other files, found by trying others."""

import collections

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Config, DataLoader, Function, Parameter, Variable, no_grad
from dezero.models import MLP, Sequential
from dezero.optimizers import SGD, Adam, AdamW


def update(param, g):
    """Let SGD(1.0) change param in place."""
    holder = L.Layer()
    holder.param = param
    param.grad = Variable(np.array(g))
    SGD(1.0).setup(holder).update()
    param.cleargrad()


# --- parameters changed between forward and backward ---


@pytest.mark.parametrize(
    "view",
    [
        lambda W: W.T,
        lambda W: W.reshape(4),
        lambda W: W[:],
        lambda W: F.expand_dims(W, 0),
        lambda W: F.broadcast_to(W, (3, 2, 2)),
        lambda W: F.split(W, [1], axis=1)[0],
        lambda W: W.T.reshape(2, 2, 1)[0],  # a view of a view of a view
    ],
)
def test_a_view_of_a_parameter_changes_with_it(view):
    """Tied weights: W.T shows what an update in place has made of W."""
    W = Parameter(np.array([[1.0, 2.0], [3.0, 4.0]]), name="W")
    v = view(W)
    y = F.sum(v * v)
    update(W, [[1.0, 1.0], [1.0, 1.0]])
    with pytest.raises(
        RuntimeError, match=r"Mul: input \d, a view of the Parameter \(W\)"
    ):
        y.backward()


def test_a_view_of_a_parameter_that_got_another_array_is_what_it_was():
    W = Parameter(np.array([[1.0, 2.0], [3.0, 4.0]]))
    y = F.sum(W.T * W.T)
    W.data = np.zeros((2, 2))
    y.backward()
    np.testing.assert_array_equal(W.grad.data, [[2, 4], [6, 8]])


def test_a_copy_of_a_parameter_does_not_change_with_it():
    W = Parameter(np.array([1.0, 2.0]))
    y = F.sum(W[[0, 1]] * F.exp(W * 0))
    update(W, [5.0, 5.0])
    y.backward()
    np.testing.assert_array_equal(W.grad.data, [1, 1])


@pytest.mark.parametrize("function", [F.maximum, F.minimum])
def test_maximum_and_minimum_need_the_numbers_of_forward(function):
    p = Parameter(np.array([3.0, 0.5]), name="p")
    y = F.sum(function(p, 1.0))
    update(p, [2.5, -2.0])  # now the other one is the larger
    with pytest.raises(RuntimeError, match=r"Maximum|Minimum.*\(p\).* was changed"):
        y.backward()

    x = Variable(np.array([3.0, 0.5]))
    t = x * 1.0
    y = F.sum(function(t, 1.0))
    t.data = None
    with pytest.raises(RuntimeError, match="no longer has data.*step 43"):
        y.backward()


# --- small numbers, and layers that nobody finds ---


def test_a_rare_class_in_float16_is_no_infinity():
    """1e-15 is 0 in float16, and -log(0) infinite; -log(1e-15) is 34.54."""
    x = np.array([[60000.0, -60000.0]], np.float16)
    y = F.softmax_cross_entropy_simple(x, [1])
    assert y.dtype == np.float16
    np.testing.assert_allclose(float(y), 34.54, rtol=1e-3)


class Boxed(L.Layer):
    """Two layers in a container."""

    def __init__(self, box):
        super().__init__()
        self.blocks = box([L.Linear(2, in_size=3), L.Linear(1, in_size=2)])


def test_layers_in_a_deque_are_found():
    keys = Boxed(collections.deque)._named_params()
    assert list(keys) == ["blocks/0/W", "blocks/0/b", "blocks/1/W", "blocks/1/b"]


@pytest.mark.parametrize("box", [set, frozenset])
def test_layers_in_a_set_are_refused(box, tmp_path):
    """Their weights would have other names in every run."""
    with pytest.raises(TypeError, match="blocks: a set has no order.*list.*step 53"):
        list(Boxed(box).params())
    layer = L.Linear(2, in_size=3)
    layer.words = {"a", "b"}  # a set of anything else is nobody's business
    assert len(list(layer.params())) == 2


# --- settings ---


@pytest.mark.parametrize(
    "make, advice",
    [
        (lambda: SGD(learning_rate=0.1), "SGD: there is no learning_rate=; .* is lr"),
        (lambda: SGD(momentum=0.9), r"no momentum=; MomentumSGD\(lr"),
        (lambda: Adam(betas=(0.9, 0.999)), "no betas=; .*beta1=0.9, beta2=0.999"),
        (lambda: Adam(weight_decay=0.1), r"WeightDecay\(1e-4\)"),
        (lambda: Adam(epsilon=0.1), "no epsilon=; its settings are alpha, .* eps, lr"),
        (lambda: AdamW(amsgrad=True), r"AdamW: there is no amsgrad=.*step 46"),
    ],
)
def test_settings_of_other_libraries_are_told_ours(make, advice):
    with pytest.raises(TypeError, match=advice):
        make()


def test_an_optimizer_of_ones_own_takes_what_it_likes():
    class Mine(SGD):
        def __init__(self, speed, **more):
            super().__init__(lr=speed)
            self.more = more

    assert Mine(speed=0.5, learning_rate=3).more == {"learning_rate": 3}


@pytest.mark.parametrize("size", [0, -1, 2.5, "2", None, True])
def test_a_batch_size_is_judged_when_it_is_set_later_as_well(size):
    loader = DataLoader([(1, 2), (3, 4)], 2, shuffle=False)
    with pytest.raises((TypeError, ValueError), match="DataLoader: batch_size must"):
        loader.batch_size = size
    assert [x.tolist() for x, t in loader] == [[1, 3]]


# --- what is inside a layer, taken away ---


@pytest.mark.parametrize(
    "make, x, name",
    [
        (lambda: L.Linear(3, in_size=2), np.ones((1, 2), "f"), "W"),
        (lambda: L.Conv2d(3, 1, in_channels=2), np.ones((1, 2, 4, 4), "f"), "W"),
        (lambda: L.Deconv2d(3, 1, in_channels=2), np.ones((1, 2, 4, 4), "f"), "W"),
        (lambda: L.BatchNorm(), np.ones((2, 2), "f"), "avg_mean"),
        (lambda: L.RNN(3, in_size=2), np.ones((1, 2), "f"), "x2h"),
    ],
)
def test_a_layer_without_one_of_its_parameters_says_which(make, x, name):
    layer = make()
    setattr(layer, name, None)
    with pytest.raises(TypeError, match=f"expected a Parameter.*{name}, got None.*44"):
        layer(x)
    assert type(layer).__name__ in repr(layer)
    layer = make()
    delattr(layer, name)
    with pytest.raises(
        (AttributeError, TypeError), match=f"'{name}': it was deleted.*44"
    ):
        layer(x)


def test_a_bias_that_is_none_is_no_mistake():
    layer = L.Linear(3, in_size=2)
    layer.b = None
    assert layer(np.zeros((1, 2), np.float32)).data.tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("make", [lambda: MLP((3, 2)), lambda: Sequential(L.Linear(2))])
def test_what_is_no_layer_in_the_list_of_a_model_is_refused_in_its_call(make):
    x = np.ones((1, 2), np.float32)
    for wrong in (None, 3, L.Linear):
        model = make()
        model.layers[0] = wrong
        with pytest.raises(TypeError, match="expected layers or functions.*step 45"):
            model(x)
    model = MLP((3, 2))
    model.layers.clear()
    with pytest.raises(ValueError, match="MLP: expected at least one layer.*step 45"):
        model(x)


# --- one thing in the place of another ---


def test_as_array_wants_a_module_to_make_arrays_with():
    assert F.as_array(3, np).shape == ()
    with pytest.raises(TypeError, match="as_array: array_module must be np.*step 52"):
        F.as_array(3, np.ones(2))


def test_the_target_of_an_optimizer_is_judged_when_it_is_set():
    layer = L.Linear(1, in_size=1)
    optimizer = SGD().setup(layer)
    for wrong in (3, "model", L.Linear):
        with pytest.raises(TypeError, match="SGD.target: expected a Layer.*step 46"):
            optimizer.target = wrong
    assert optimizer.target is layer
    optimizer.target = None
    with pytest.raises(RuntimeError, match="SGD.update: nothing to update yet"):
        optimizer.update()


# --- what things print as ---


class Scaled(Function):
    """A Function as readers write it, with a setting."""

    def __init__(self, by):
        self.by = by

    def forward(self, x):
        return x * self.by


class Doubled(Function):
    def forward(self, x):
        return x * 2


def test_a_function_shows_what_it_is():
    x = Variable(np.ones((2, 1)))
    assert repr(F.sin(x).creator) == "Sin()"
    assert repr(x.reshape(2).creator) == "Reshape(shape=(2,))"
    assert repr(F.Reshape((2,))) == "Reshape(shape=(2,))"
    assert repr(Scaled(3)(x).creator) == "Scaled(by=3)"
    assert repr(Scaled(np.ones((4, 5)))) == "Scaled(by=an array (4, 5))"
    assert repr(Doubled()) == "Doubled()"


def test_config_shows_its_switches():
    assert repr(Config) == "Config(enable_backprop=True, train=True)"
    with no_grad():
        assert repr(Config) == "Config(enable_backprop=False, train=True)"


# --- arguments that have another name here ---


@pytest.mark.parametrize(
    "make, advice",
    [
        (
            lambda: L.Linear(3, bias=False),
            "Linear: there is no bias=.*nobias=True here",
        ),
        (lambda: L.Linear(in_features=2, out_features=3), "Linear: .*it is in_size="),
        (lambda: L.Conv2d(3, 3, padding=1), "Conv2d: there is no padding=.*it is pad="),
        (
            lambda: L.Dropout(p=0.5),
            "Dropout: there is no p=.*here it is dropout_ratio=",
        ),
        (lambda: L.EmbedID(5, embedding_dim=2), "EmbedID: .*here it is out_size="),
        (lambda: L.LSTM(3, input_size=2), "LSTM: .*here it is in_size="),
        (lambda: MLP((3, 2), act=F.relu), "MLP: got an unexpected .*act.*activation="),
        (lambda: L.BatchNorm(16), "BatchNorm: too many positional arguments"),
        (lambda: DataLoader([(1, 2)], 1, num_workers=2), "DataLoader: .*leave it out"),
    ],
)
def test_arguments_of_other_libraries_are_told_ours(make, advice):
    with pytest.raises(TypeError, match=advice):
        make()


def test_a_layer_of_ones_own_takes_what_it_likes():
    class Mine(L.Linear):
        def __init__(self, bias):
            super().__init__(2, nobias=not bias)

    assert Mine(bias=False).b is None


def test_backward_tells_arguments_of_other_libraries_ours():
    y = Variable(np.array(3.0)) ** 2
    for name, advice in [
        (
            "retain_graph",
            "there is no retain_graph=; .*simply call backward again",
        ),
        ("enable_double_backprop", "here it is create_graph="),
        ("grad", "here it is gradient="),
    ]:
        with pytest.raises(TypeError, match=f"backward: .*{advice}"):
            y.backward(**{name: True})
    with pytest.raises(ValueError, match=r"must have the shape .*got \(2,\) .*step 66"):
        y.backward(gradient=np.ones(2))


@pytest.mark.parametrize("index", [slice(0.5, None), (0, slice(None, "2"))])
def test_a_slice_of_what_is_no_int_is_refused(index):
    with pytest.raises(
        TypeError, match="get_item: expected ints .*in a slice.*step 47"
    ):
        Variable(np.ones((2, 3)))[index]


def test_a_slice_whose_step_is_0_is_refused():
    with pytest.raises(ValueError, match="get_item: .*step.* zero .*step 47"):
        Variable(np.ones(3))[::0]


@pytest.mark.parametrize("sizes", [np.int64(5), np.float32(0.1), 5, (), np.array(5)])
def test_the_sizes_of_an_mlp_are_several(sizes):
    with pytest.raises(ValueError, match="MLP: expected the output size.*step 45"):
        MLP(sizes)


def test_a_parameter_that_was_changed_in_a_loop_over_time_names_what_ends_the_graph():
    p = Parameter(np.array([2.0]))
    y = p * p
    update(p, [1.0])
    with pytest.raises(RuntimeError, match=r"unchain_backward\(\) or reset_state\(\)"):
        y.backward()


@pytest.mark.parametrize(
    "name", ["params", "forward", "cleargrads", "save_weights", "to_gpu", "plot"]
)
def test_the_methods_of_a_model_are_not_hidden_by_attributes(name):
    model = MLP((3, 2))
    model(np.ones((1, 2), np.float32))
    for value in (L.Linear(2), 3, None, Parameter(np.ones(2))):
        with pytest.raises(AttributeError, match=f"MLP.{name} is a method.*step 44"):
            setattr(model, name, value)
    assert len(list(model.params())) == 4
    layer = L.Layer()
    layer.plot = 3  # a Layer has no such method


def test_a_function_may_stand_for_a_method():
    layer = L.Linear(2)
    layer.forward = lambda x: Variable(x)
    assert layer(np.ones(1)).data.tolist() == [1.0]


# --- a Function of one's own ---


@pytest.mark.parametrize("kind", [complex, object, str])
def test_a_forward_that_returns_no_real_numbers_is_refused(kind):
    class Mine(Function):
        def forward(self, x):
            return x.astype(kind)

    class Two(Function):
        def forward(self, x):
            return x, x.astype(kind)

    x = Variable(np.ones(2))
    with pytest.raises(TypeError, match="Mine.forward: expected an array of real.*11"):
        Mine()(x)
    with pytest.raises(TypeError, match="Two.forward: expected an array of real.*11"):
        Two()(x)
    with no_grad(), pytest.raises(TypeError, match="Mine.forward: expected an array"):
        Mine()(x)


def test_the_slope_of_sqrt_behind_a_mask_warns_of_nothing():
    x = Variable(np.array([4.0, -1.0]))
    F.sqrt(F.relu(x)).backward()  # pytest makes an error of every warning
    np.testing.assert_allclose(x.grad.data, [0.25, 0.0])
