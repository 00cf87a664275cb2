"""Layer: what it finds, what it keeps, and what it does with files; Linear."""

import contextlib
import copy
import gc
import pickle
import re
import tracemalloc
import weakref
import zipfile

import numpy as np
import pytest

import dezero
import dezero.functions as F
import dezero.layers as L
from dezero import Parameter, Variable, cuda
from dezero.gradcheck import check_gradients
from dezero.layers import Layer, Linear
from dezero.layers.habits import _ELSEWHERE
from dezero.models import Sequential
from dezero.optimizers import SGD, FreezeParam


def param(*shape, name=None):
    return Parameter(np.ones(shape, np.float32), name=name)


class Net(Layer):
    """Two layers and a parameter of its own."""

    def __init__(self, out_size=2):
        super().__init__()
        self.l1 = Linear(3)
        self.scale = param()
        self.l2 = Linear(out_size)

    def forward(self, x):
        return self.l2(F.tanh(self.l1(x)) * self.scale)


KEYS = ["l1/W", "l1/b", "scale", "l2/W", "l2/b"]


@pytest.fixture
def x(rng):
    return rng.normal(size=(4, 5)).astype(np.float32)


@pytest.fixture
def net(x):
    """A Net that has been used, so that all of it has values."""
    net = Net()
    net(x)
    return net


def arrays_of(layer):
    return {key: p.data for key, p in layer._named_params().items()}


def assert_same_arrays(a, b):
    assert a.keys() == b.keys()
    for key in a:
        assert a[key].dtype == b[key].dtype
        np.testing.assert_array_equal(a[key], b[key], err_msg=key)


# --- what a layer finds -------------------------------------------------------


def test_parameters_come_in_order_of_definition():
    layer = Layer()
    parameters = {name: param() for name in ["z", "a", "m", "b", "y", "c"]}
    for name, p in parameters.items():
        setattr(layer, name, p)
    assert list(layer._params) == list(parameters)
    assert list(layer.params()) == list(parameters.values())


def test_inner_layers_are_searched_in_their_place(net):
    l1, l2 = net.l1, net.l2
    assert list(net.params()) == [l1.W, l1.b, net.scale, l2.W, l2.b]
    assert list(net._named_params()) == KEYS


def test_params_is_a_generator(net):
    assert next(net.params()) is net.l1.W


def test_flatten_params_fills_a_dict_below_a_key(net):
    found = {}
    net._flatten_params(found, "encoder")
    assert list(found) == [f"encoder/{key}" for key in KEYS]
    assert found["encoder/l2/W"] is net.l2.W


def test_a_parameter_under_two_names_comes_once():
    layer = Layer()
    layer.first = inner = Linear(2, in_size=2)
    layer.again = inner
    layer.W = inner.W
    assert list(layer.params()) == [inner.W, inner.b]
    assert list(layer._named_params()) == [
        *["first/W", "first/b", "again/W", "again/b"],
        "W",
    ]


def test_other_attributes_hold_no_parameters():
    layer = Layer()
    layer.layers = [3, "text", None, np.zeros(2), [], {}, ()]
    layer.state = Variable(np.zeros(2))
    layer.size = 3
    assert list(layer._params) == [] and list(layer.params()) == []


def test_an_inner_layer_may_find_its_parameters_itself():
    class Stack(Layer):
        def __init__(self):
            super().__init__()
            self.hidden = [param(), param()]

        def params(self):
            yield from self.hidden

    layer = Layer()
    layer.stack = Stack()
    assert list(layer.params()) == layer.stack.hidden


def test_another_value_takes_the_name_off_the_list(net):
    net.l1.b = None
    net.cleargrads()
    assert list(net._named_params()) == ["l1/W", *KEYS[2:]]
    net.l1.b = param(3)
    assert list(net.l1._params) == ["W", "b"]
    replacement = net.scale = param()
    assert list(net.params())[2] is replacement
    assert list(net._named_params()) == KEYS


def test_deleting_takes_the_name_off_the_list(net):
    del net.l1.b
    net.cleargrads()
    assert list(net._named_params()) == ["l1/W", *KEYS[2:]]
    net.note = "text"
    del net.note
    with pytest.raises(AttributeError):
        del net.l1.b


@pytest.mark.parametrize("value", [param(2), Linear(2)])
def test_the_constructor_of_layer_must_run_first(value):
    class Hasty(Layer):
        def __init__(self):
            self.size = 3  # this is no matter
            self.W = value

    message = r"Hasty\.W: call super\(\).__init__\(\) before .* \(see step 44\)"
    with pytest.raises(AttributeError, match=message):
        Hasty()


# --- layers and Parameters in lists, tuples and dicts -------------------------


class Lists(Layer):
    """Layers and Parameters that are no attributes."""

    def __init__(self):
        super().__init__()
        self.blocks = []
        self.table = {"a": Linear(2), "deep": {"p": param(3)}}
        self.pair = (Linear(2), [Linear(2)])
        self.head = Linear(1)
        for _ in range(2):  # after the assignment
            self.blocks.append(Linear(2))

    def forward(self, x):
        layers = self.table["a"], self.pair[0], self.pair[1][0], self.head
        for layer in (*self.blocks, *layers):
            x = layer(x)
        return x


LISTS = [
    *("blocks/0/W", "blocks/0/b", "blocks/1/W", "blocks/1/b", "table/a/W"),
    *("table/a/b", "table/deep/p", "pair/0/W", "pair/0/b", "pair/1/0/W"),
    *("pair/1/0/b", "head/W", "head/b"),
]


def test_what_stands_in_a_list_is_found_in_order_of_definition(x):
    layer = Lists()
    assert list(layer._named_params()) == LISTS
    assert list(layer.params()) == list(layer._named_params().values())
    layer(x).sum().backward()
    assert layer.blocks[1].W.grad is not None
    layer.cleargrads()
    assert all(p.grad is None for p in layer.params())
    layer.blocks.append(Linear(2))
    del layer.table["a"]
    assert layer.blocks[2].W in layer.params()
    assert "table/a/W" not in layer._named_params()


def test_what_stands_in_a_list_is_trained_frozen_and_copied(x):
    layer = Lists()
    optimizer = SGD(0.1).setup(layer)
    optimizer.add_hook(FreezeParam(layer.blocks[0]))
    layer(x)
    before = {key: array.copy() for key, array in arrays_of(layer).items()}
    layer(x).sum().backward()
    optimizer.update()
    changed = {
        k for k, a in arrays_of(layer).items() if not np.array_equal(a, before[k])
    }
    assert changed == set(LISTS) - {"blocks/0/W", "blocks/0/b", "table/deep/p"}
    twin = copy.deepcopy(layer)
    twin.blocks[0].W.data += 1
    assert not np.array_equal(twin.blocks[0].W.data, layer.blocks[0].W.data)


def test_what_stands_in_a_list_is_saved_and_loaded(x, path):
    layer, other = Lists(), Lists()
    y = layer(x)
    layer.save_weights(path)
    with np.load(path) as npz:
        assert sorted(npz.files) == sorted(LISTS)
    other.load_weights(path)
    np.testing.assert_array_equal(other(x).data, y.data)


class Both(Layer):
    """What programs wrote as long as lists were not looked into."""

    def __init__(self):
        super().__init__()
        self.layers = []
        for i in range(2):
            layer = Linear(2)
            setattr(self, f"l{i}", layer)
            self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def test_layers_that_are_attributes_too_keep_their_keys(x, path):
    layer = Both()
    layer(x)
    assert list(layer._named_params()) == ["l0/W", "l0/b", "l1/W", "l1/b"]
    assert len(list(layer.params())) == 4
    layer.l1 = Linear(2, in_size=2)  # forward goes on with the one in the list
    assert layer.layers[1].W in layer.params() and layer.l1.W in layer.params()


def test_old_files_of_layers_that_share_through_a_list_are_loaded(x, path):
    """The key through the list is a new one; the attribute's is in the file."""
    outer = Layer()
    outer.shared = Linear(2)
    outer.user = Layer()
    outer.user.parts = [outer.shared]
    outer.shared(x)
    np.savez(path, **{"shared/W": np.ones((5, 2)), "shared/b": np.ones(2)})
    outer.load_weights(path)
    assert (outer.shared.W.data == 1).all()
    np.savez(path, **{"shared/W": np.ones((5, 2))})
    refused(outer, path, KeyError, "has no shared/b, user/parts/0/b")


def test_a_layer_in_a_list_twice_comes_once():
    layer = Layer()
    layer.parts = [Linear(2), Linear(3)]
    layer.parts.append(layer.parts[0])
    assert list(layer._named_params()) == [
        "parts/0/W",
        "parts/0/b",
        "parts/1/W",
        "parts/1/b",
    ]


def test_lists_that_lead_back_end():
    first, second = Layer(), Layer()
    first.W, second.W = param(), param()
    first.friends, second.friends = [second, first], [first]
    first.loop = []
    first.loop.append(first.loop)
    assert list(first.params()) == [first.W]
    assert list(second.params()) == [second.W]
    both = Layer()
    both.layers = [first, second]
    assert list(both.params()) == [first.W, second.W]


def test_two_keys_of_a_dict_must_differ_in_a_file():
    layer = Layer()
    layer.table = {1: Linear(2), "1": Linear(2)}
    with pytest.raises(ValueError, match="table/1: two items of 'table' have this"):
        layer.params().__next__()


# --- nothing takes the place of a Parameter in silence ------------------------


@pytest.mark.parametrize(
    "value, what",
    [
        (lambda W: np.ones(W.shape), "an array"),
        (lambda W: W - 0.1 * W, "a plain Variable"),
        (lambda W: 3, "3"),
        (lambda W: [W], "an object of type list"),
    ],
)
def test_a_parameter_is_replaced_by_parameters_only(value, what):
    layer = Linear(2, in_size=3)
    W = layer.W
    with pytest.raises(
        TypeError, match=rf"Linear\.W .* find {what} .* layer\.W\.data.*44"
    ):
        layer.W = value(W)
    assert layer.W is W and list(layer.params()) == [W, layer.b]
    layer.W = Parameter(W.data)
    assert layer.W in layer.params() and W not in layer.params()
    layer.W = None
    assert list(layer.params()) == [layer.b]
    layer.W = Variable(W.data)  # there was no Parameter any more
    assert list(layer.params()) == [layer.b]


def test_a_layer_and_a_parameter_may_take_each_others_place(net):
    net.l1 = p = param(2)
    assert next(net.params()) is p and list(net._named_params())[0] == "l1"
    net.l1 = inner = Linear(3)
    assert next(net.params()) is inner.W
    for value in np.ones(3), Variable(np.ones(3)), 3.0:
        with pytest.raises(
            TypeError, match=r"Net\.l1 is a layer, Linear\(3\).*step 45"
        ):
            net.l1 = value
    net.l1 = F.tanh
    assert list(net._named_params()) == KEYS[2:]


@pytest.mark.parametrize("name", ["inputs", "outputs"])
def test_layers_may_have_the_names_of_what_a_call_notes(x, name, path):
    class Named(Layer):
        def __init__(self):
            super().__init__()
            setattr(self, name, Linear(2))

        def forward(self, x):
            return getattr(self, name)(x)

    layer = Named()
    y = layer(x)
    np.testing.assert_array_equal(layer(x).data, y.data)
    assert list(layer._named_params()) == [f"{name}/W", f"{name}/b"]
    other = "outputs" if name == "inputs" else "inputs"
    assert len(getattr(layer, other)) == 1
    layer.save_weights(path)
    layer.load_weights(path)
    assert list(copy.deepcopy(layer).params()) != []


def test_a_layer_without_the_constructor_of_layer_is_searched_as_well(x):
    class Hasty(Layer):
        def __init__(self):
            self.layers = [Linear(2)]

        def forward(self, x):
            return self.layers[0](x)

    layer = Hasty()
    layer(x)
    assert list(layer.params()) == [layer.layers[0].W, layer.layers[0].b]
    with pytest.raises(AttributeError, match=r"'size'; does Hasty.__init__ call super"):
        _ = layer.size


# --- calls --------------------------------------------------------------------


class Call(Layer):
    """Returns what a function of its arguments returns."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args, **kwargs):
        return self.function(*args, **kwargs)


def test_one_output_comes_bare_several_as_a_tuple():
    a, b = Variable(np.array(1.0)), Variable(np.array(2.0))
    assert Call(lambda: a)() is a
    assert Call(lambda: (a,))() is a
    assert Call(lambda: (a, b))() == (a, b)
    assert Call(lambda: ())() == ()


def test_a_call_takes_any_arguments():
    def function(x, n, add=None, *, times=1):
        return x * n * times if add is None else x * n * times + add

    layer = Call(function)
    x = Variable(np.array(2.0))
    assert layer(x, 3).data == 6
    assert layer(x, 3, None).data == 6
    assert layer(x, 3, times=2, add=x).data == 14
    assert [reference() for reference in layer.inputs] == [x, x]


def test_inputs_and_outputs_are_weak_references():
    layer = Call(lambda x, y: (x + y, x * y))
    assert list(layer.inputs) == list(layer.outputs) == []
    x, y = Variable(np.array(2.0)), np.array(3.0)
    u, v = layer(x, y)
    assert type(layer.inputs) is type(layer.outputs) is list
    assert [reference() for reference in layer.inputs] == [x, y]
    assert [reference() for reference in layer.outputs] == [u, v]


def test_a_layer_keeps_no_graph_alive(net, x):
    gc.disable()
    try:
        y = net(x)
        reference = weakref.ref(y)
        y.sum().backward()
        del y
        assert reference() is None
    finally:
        gc.enable()


def test_forward_must_be_written():
    class Empty(Layer):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty: write forward.*step 44"):
        Empty()(1)
    with pytest.raises(NotImplementedError):
        Layer().forward(1)


def test_cleargrads(net, x):
    net(x).sum().backward()
    assert all(p.grad is not None for p in net.params())
    net.cleargrads()
    assert all(p.grad is None for p in net.params())


def test_devices(net):
    before = arrays_of(net)
    net.to_cpu()
    assert all(arrays_of(net)[key] is before[key] for key in KEYS)
    Net().to_cpu()  # nothing there yet
    if not cuda.gpu_enable:
        with pytest.raises(RuntimeError, match="step 52"):
            net.to_gpu()


@pytest.mark.parametrize(
    "value, advice", [(None, "is a return missing"), (2.0, "return")]
)
def test_forward_must_return_something(value, advice):
    with pytest.raises(
        TypeError, match=f"Call: forward returned {value}; {advice}.*44"
    ):
        Call(lambda: value)()


@pytest.mark.parametrize(
    "kind", [Linear, L.Conv2d, L.BatchNorm, L.EmbedID, L.LSTM, Call]
)
def test_a_class_in_the_place_of_a_layer_is_named(kind, x):
    class Mistaken(Layer):
        def __init__(self):
            super().__init__()
            self.part = kind

        def forward(self, x):
            return self.part(x) if kind is not Call else self.part()

    name = kind.__name__
    message = rf"Mistaken\.part is the class {name}, .* self.part = {name}\("
    with pytest.raises(TypeError, match=message):
        Mistaken()(x)


@pytest.mark.parametrize("args", [(), (1, 2)])
def test_other_numbers_of_arguments_are_explained(args):
    model = Sequential(Linear(2))
    for call in model, model.plot:
        with pytest.raises(TypeError, match=r"Sequential: .* forward\(x\), .*step 44"):
            call(*args)


# --- a call that fails leaves nothing -----------------------------------------


class Fails(Layer):
    def forward(self, x):
        raise RuntimeError("at last")


def state(layer):
    """Return what can change in a layer."""
    arrays = {key: p.data for key, p in layer._named_params().items()}
    arrays = {key: None if a is None else a.tolist() for key, a in arrays.items()}
    return arrays, [getattr(layer, name, None) for name in ("h", "c")]


IMAGES, ROWS = (2, 4, 6, 6), (3, 4)


@pytest.mark.parametrize(
    "make, good, bad",
    [
        (lambda: Linear(2), ROWS, ()),
        (lambda: Linear(2), ROWS, (3, 0)),
        (
            lambda: L.Conv2d(2, 3),
            IMAGES,
            (2, 6, 6, 1),
        ),  # NHWC: then the kernel is too wide
        (lambda: L.Conv2d(2, 3), IMAGES, (6, 6)),
        (lambda: L.Deconv2d(2, 3), IMAGES, (4, 6, 6)),
        (lambda: L.Deconv2d(2, 1, pad=1), IMAGES, (2, 3, 1, 1)),
        (L.BatchNorm, ROWS, (3,)),
        (L.LayerNorm, ROWS, ()),
        (L.RMSNorm, ROWS, ()),
        (lambda: L.GroupNorm(2), IMAGES, (2, 3, 6, 6)),
        (lambda: L.RNN(3), ROWS, (3, 2, 4)),
        (lambda: L.LSTM(3), ROWS, (4,)),
        (lambda: L.GRU(3), ROWS, (3, 2, 4)),
    ],
)
def test_after_a_failed_first_call_the_right_one_is_the_first(make, good, bad, rng):
    layer, fresh = make(), make()
    before = state(layer)
    with pytest.raises(ValueError):
        layer(np.ones(bad, np.float32))
    assert state(layer) == before
    x = rng.normal(size=good).astype(np.float32)
    assert layer(x).shape == fresh(x).shape


@pytest.mark.parametrize(
    "first",
    [L.BatchNorm, lambda: L.RNN(3), lambda: L.LSTM(3), lambda: L.GRU(3), Linear],
)
def test_a_call_that_fails_further_on_is_undone_everywhere(first, x):
    """Drawn weights, running averages and states of the layers that had succeeded."""
    first = first(3) if first is Linear else first()
    model = Sequential(first, Fails())
    before = state(first)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="at last"):
            model(x)
        assert state(first) == before
        first(x)  # by itself it goes on
        before = state(first)


def test_weights_drawn_before_a_failed_call_stay(x):
    inner = Linear(3)
    inner(x)
    W = inner.W.data
    with pytest.raises(RuntimeError):
        Sequential(inner, Fails())(x)
    assert inner.W.data is W


def test_a_failure_that_forward_handles_is_undone_up_to_there(x):
    class Tries(Layer):
        def __init__(self):
            super().__init__()
            self.first, self.bad = Linear(3), Sequential(Linear(2), Fails())

        def forward(self, x):
            y = self.first(x)
            try:
                return self.bad(y)
            except RuntimeError:
                return y

    layer = Tries()
    layer(x)
    assert layer.first.W.shape == (5, 3) and layer.bad.l0.W.data is None


# --- habits from elsewhere ----------------------------------------------------


@pytest.mark.parametrize(
    "name, advice",
    [
        ("parameters", r"params\(\)"),
        ("named_parameters", r"params\(\)"),
        ("train", "test_mode"),
        ("eval", "test_mode"),
        ("state_dict", r"save_weights\(path\)"),
        ("load_state_dict", r"load_weights\(path\)"),
        ("to", r"to_gpu\(\)"),
        ("cuda", r"to_gpu\(\)"),
        ("add_module", "assign the layer to an attribute"),
        ("fit", "step 48"),
        ("predict", r"model\(x\)"),
        ("weight", r"layer\.W"),
        ("nonsense", "'Net' object has no attribute 'nonsense'$"),
    ],
)
def test_what_other_libraries_have_says_what_to_write_here(net, name, advice):
    with pytest.raises(AttributeError, match=advice) as caught:
        getattr(net, name)
    assert caught.value.name == name and not hasattr(net, name)


def test_advice_names_only_what_there_is(net):
    """Every name with parentheses behind it, or after dezero, can be called."""
    places = net, Linear(2, in_size=2), dezero, L, dezero.models, dezero.optimizers, np
    for name, advice in _ELSEWHERE.items():
        assert not hasattr(net, name) and "(see step" in advice
        for called in re.findall(r"(\w+)\(", advice):
            if called not in ("print", "model"):
                found = [
                    place
                    for place in (*places, L.RNN(2), SGD(), net.scale)
                    if hasattr(place, called)
                ]
                assert found, (name, called)


def test_a_property_that_fails_says_why():
    layer = Linear(2)
    del layer.W
    with pytest.raises(AttributeError, match="attribute 'W'"):
        _ = layer.in_size


# --- copies -------------------------------------------------------------------


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, copy.copy, lambda layer: pickle.loads(pickle.dumps(layer))],
)
def test_a_used_layer_can_be_copied(net, x, duplicate):
    y = net(x)
    y.sum().backward()
    twin = duplicate(net)
    assert type(twin) is Net and not twin.inputs and not twin.outputs
    assert_same_arrays(arrays_of(net), arrays_of(twin))
    np.testing.assert_array_equal(twin(x).data, y.data)
    assert net.outputs[0]() is y
    del twin.scale
    assert list(net._named_params()) == KEYS


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))]
)
def test_a_deep_copy_shares_no_arrays(net, x, duplicate):
    net.again = net.l2
    twin = duplicate(net)
    assert twin.again is twin.l2  # shared before, shared after
    before = net(x).data.copy()
    for p in twin.params():
        p.data += 1
    np.testing.assert_array_equal(net(x).data, before)


# --- Linear -------------------------------------------------------------------


def test_linear_by_hand():
    layer = Linear(2, in_size=3)
    layer.W.data[...] = [[1, 2], [3, 4], [5, 6]]
    layer.b.data[...] = [10, 20]
    y = layer(np.array([[1, 1, 1], [1, 0, -1]], dtype=np.float32))
    np.testing.assert_array_equal(y.data, [[19, 32], [6, 16]])
    assert y.dtype == np.float32


def test_linear_starts_from_the_global_generator():
    np.random.seed(7)  # noqa: NPY002
    known = Linear(4, in_size=3)
    late = Linear(2)
    later = Linear(5)
    y = later(np.ones((1, 6), np.float32))
    late(y)

    # one draw a layer, in the order in which their sizes were known
    draws = np.random.RandomState(7)
    for layer, shape in (known, (3, 4)), (later, (6, 5)), (late, (5, 2)):
        expected = draws.randn(*shape) * np.sqrt(1 / shape[0])
        np.testing.assert_array_equal(layer.W.data, expected.astype(np.float32))
        np.testing.assert_array_equal(layer.b.data, np.zeros(shape[1], np.float32))


def test_linear_sizes_are_late():
    layer = Linear(4)
    assert layer.W.data is None and layer.in_size is None
    assert (layer.out_size, layer.dtype) == (4, np.float32)
    assert list(layer._named_params()) == ["W", "b"]
    layer(np.ones((2, 3), np.float32))
    assert layer.W.shape == (3, 4) and layer.in_size == 3
    W = layer.W.data
    layer(np.ones((1, 3), np.float32))
    assert layer.W.data is W
    with pytest.raises(ValueError):
        layer(np.ones((2, 5), np.float32))


def test_linear_names_its_parameters():
    layer = Linear(4, in_size=3)
    assert (layer.W.name, layer.b.name) == ("W", "b")
    assert type(layer.W) is type(layer.b) is Parameter


def test_linear_without_bias():
    layer = Linear(4, nobias=True, in_size=3)
    assert layer.b is None
    assert list(layer.params()) == [layer.W]
    layer(np.ones((2, 3), np.float32)).sum().backward()
    assert layer.W.grad.shape == (3, 4)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("in_size", [None, 3])
def test_linear_keeps_its_dtype(dtype, in_size):
    layer = Linear(4, dtype=dtype, in_size=in_size)
    y = layer(np.ones((2, 3), dtype))
    y.sum().backward()
    for array in y, layer.W, layer.b, layer.W.grad, layer.b.grad:
        assert array.dtype == dtype


def test_linear_of_a_sequence(rng):
    x = rng.normal(size=(2, 4, 3))
    layer = Linear(5, dtype=np.float64)
    y = layer(x)
    assert layer.in_size == 3 and y.shape == (2, 4, 5)
    np.testing.assert_allclose(y.data, x @ layer.W.data)


def test_linear_gradients(rng):
    def f(x, W, b):
        layer = Linear(2, dtype=np.float64)
        del layer.W, layer.b  # no Parameters, but what the check varies
        layer.W, layer.b = W, b
        return layer(x)

    check_gradients(f, *(rng.normal(size=s) for s in [(4, 3), (3, 2), (2,)]))


def test_linear_refuses_sizes_in_the_wrong_place():
    with pytest.raises(TypeError, match=r"nobias must be True or False, got 10"):
        Linear(784, 10)


# --- files --------------------------------------------------------------------


@pytest.fixture
def path(tmp_path):
    return tmp_path / "w.npz"


def test_what_is_saved_is_loaded(net, x, path):
    net.save_weights(path)
    with np.load(path) as npz:
        assert set(npz.files) == set(KEYS)
    other = Net()
    other.load_weights(path)  # its W has no shape yet
    assert_same_arrays(arrays_of(net), arrays_of(other))
    np.testing.assert_array_equal(other(x).data, net(x).data)
    other(x).sum().backward()
    assert all(p.data.flags.writeable for p in other.params())


@pytest.mark.parametrize("suffix", ["", ".npz", ".weights"])
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_same_path_works_for_both(net, tmp_path, suffix, kind):
    path = kind(tmp_path / f"my model{suffix}")
    net.save_weights(path)
    other = Net()
    other.load_weights(path)
    assert_same_arrays(arrays_of(net), arrays_of(other))
    (file,) = tmp_path.iterdir()
    assert file.name == f"my model{suffix}".removesuffix(".npz") + ".npz"


def test_a_file_without_suffix_is_loaded(net, path):
    net.save_weights(path)
    renamed = path.rename(path.with_suffix(""))
    other = Net()
    other.load_weights(renamed)
    assert_same_arrays(arrays_of(net), arrays_of(other))


def test_a_shared_layer_is_saved_under_both_names(net, path):
    net.again = net.l2
    net.save_weights(path)
    with np.load(path) as npz:
        np.testing.assert_array_equal(npz["again/W"], npz["l2/W"])
    net.load_weights(path)
    assert len(list(net.params())) == 5


def test_a_part_of_a_file_can_be_loaded(net, path):
    net.save_weights(path)
    part = Layer()
    part.l2 = Linear(2)
    part.load_weights(path)
    np.testing.assert_array_equal(part.l2.W.data, net.l2.W.data)


def test_a_loaded_array_keeps_the_dtype_of_the_layer(net, path):
    net.scale.data = np.array(0.1)
    net.save_weights(path)
    other = Net()
    other.load_weights(path)
    assert other.scale.dtype == np.float32 and other.scale.data == np.float32(0.1)


def test_saving_moves_the_parameters_into_main_memory(net, path, monkeypatch):
    moved = []
    monkeypatch.setattr(Parameter, "to_cpu", lambda p: moved.append(p))
    net.save_weights(path)
    assert moved == list(net.params())


def test_nothing_is_saved_before_there_are_values(tmp_path):
    with pytest.raises(RuntimeError, match=r"l1/W, l2/W has no values yet.*step 53"):
        Net().save_weights(tmp_path / "w")
    assert list(tmp_path.iterdir()) == []


def test_a_save_that_breaks_off_leaves_the_old_file(net, path, monkeypatch):
    net.save_weights(path)
    before = path.read_bytes()

    def half(file, array, **options):
        file.write(before[:100])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(np.lib.format, "write_array", half)
        net.save_weights(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_zero_grad_is_cleargrads(net, x):
    for clear in net.cleargrads, net.zero_grad, SGD().setup(net).zero_grad:
        F.sum(net(x)).backward()
        assert all(p.grad is not None for p in net.params())
        clear()
        assert all(p.grad is None for p in net.params())
    with pytest.raises(RuntimeError, match="SGD.zero_grad: no parameters yet"):
        SGD().zero_grad()


def test_a_parameter_may_have_any_name(tmp_path):
    """Also those of np.savez_compressed's own arguments."""
    first, second = Layer(), Layer()
    for layer, value in (first, 3.0), (second, 0.0):
        layer.file = Parameter(np.array(value))
        layer.allow_pickle = Parameter(np.array([value, value]))
    first.save_weights(tmp_path / "w.npz")
    second.load_weights(tmp_path / "w.npz")
    assert_same_arrays(arrays_of(first), arrays_of(second))
    with np.load(tmp_path / "w.npz", allow_pickle=False) as npz:
        assert sorted(npz.files) == ["allow_pickle", "file"]


def test_missing_folder_and_file(net, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder .*none"):
        net.save_weights(tmp_path / "none" / "w.npz")
    with pytest.raises(FileNotFoundError, match="w.npz"):
        net.load_weights(tmp_path / "w.npz")


def refused(layer, path, error, match):
    """Assert that layer refuses the file and is left as it was."""
    before = arrays_of(layer)
    with pytest.raises(error, match=match):
        layer.load_weights(path)
    after = arrays_of(layer)
    assert all(after[key] is before[key] for key in before)


def test_missing_keys_are_named(net, path):
    arrays = arrays_of(net)
    del arrays["l2/W"], arrays["scale"]
    np.savez(path, **arrays)
    refused(net, path, KeyError, r"has no scale, l2/W; it has l1/W, l1/b, l2/b .*53")


def test_other_shapes_are_named(net, path):
    Net_of_5 = Net(5)
    Net_of_5(np.ones((1, 5), np.float32))
    Net_of_5.save_weights(path)
    message = r"l2/W has the shape \(3, 2\) here and \(3, 5\) in .*w.npz.*step 53"
    refused(net, path, ValueError, message)
    message = r"l2/W has the shape \(\?, 2\) here and \(3, 5\) in"
    refused(Net(2), path, ValueError, message)  # never called


@pytest.mark.parametrize(
    "array", [["a", "b"], [1j, 2j], [True, False], [b"ab"], [1, 2]]
)
@pytest.mark.parametrize("called", [True, False])
def test_what_is_no_number_is_refused(net, path, array, called):
    array = np.resize(array, (3, 2))
    np.savez(path, **{**arrays_of(net), "l2/W": array})
    net = net if called else Net(2)
    message = rf"l2/W holds {re.escape(str(array.dtype))} in .*w.npz.* numbers.*step 53"
    refused(net, path, ValueError, message)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, ">f4", ">f8", "<f4"])
@pytest.mark.parametrize("called", [True, False])
def test_all_floating_numbers_become_those_of_the_layer(x, path, dtype, called):
    """Also big-endian ones, and where the first call is still to come."""
    net = Net()
    net(x)
    arrays = {key: np.full(a.shape, 1.5, dtype) for key, a in arrays_of(net).items()}
    np.savez(path, **arrays)
    net = net if called else Net()
    net.load_weights(path)
    for p in net.params():
        assert p.dtype == np.float32 and p.dtype.isnative and (p.data == 1.5).all()
    assert net(x).dtype == np.float32


def test_a_layer_in_float64_stays_one(path):
    np.savez(path, W=np.full((2, 3), 0.1, np.float32), b=np.full(3, np.nan, ">f2"))
    for in_size in 2, None:
        layer = Linear(3, dtype=np.float64, in_size=in_size)
        layer.load_weights(path)
        assert layer.W.dtype == layer.b.dtype == np.float64
        np.testing.assert_array_equal(layer.W.data, np.float64(np.float32(0.1)))
        assert np.isnan(layer.b.data).all()


def test_numbers_too_large_for_the_dtype_are_refused(net, path):
    np.savez(path, **{**arrays_of(net), "scale": np.array(1e300)})
    refused(
        net,
        path,
        ValueError,
        "scale in .* holds numbers that are too large for float32",
    )
    np.savez(path, **{**arrays_of(net), "scale": np.array(np.inf)})
    net.load_weights(path)
    assert net.scale.data == np.inf


@pytest.mark.parametrize(
    "data", [b"", b"PK", b"hello, world\n" * 9, b"PK\x03\x04" + bytes(99)]
)
def test_other_files_are_refused(net, path, data):
    path.write_bytes(data)
    refused(net, path, ValueError, r"is not a file that save_weights wrote.*step 53")


def test_a_single_array_is_refused(net, path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))
    refused(net, path, ValueError, "is not a file that save_weights wrote")


class Trap:
    """Says on reading that a pickle can run anything."""

    def __reduce__(self):
        return pytest.fail, ("the pickle was read",)


def test_pickles_are_not_read(net, path):
    path.write_bytes(pickle.dumps(Trap()))
    refused(net, path, ValueError, "is not a file that save_weights wrote")
    arrays = arrays_of(net)
    arrays["scale"] = np.array(Trap(), dtype=object)
    np.savez(path, **arrays)
    refused(net, path, ValueError, "allow_pickle=False")


def test_a_part_of_a_file_is_refused(net, path):
    net.save_weights(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        refused(net, path, ValueError, "is not a file that save_weights wrote")


def test_no_damage_goes_unnoticed(net, path):
    """Whatever byte is changed: an error, or the same numbers."""
    net.save_weights(path)
    whole = path.read_bytes()
    before = arrays_of(net)
    errors = 0
    for place in range(0, len(whole), 3):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :]
        )
        other = Net()
        try:
            other.load_weights(path)
        except (ValueError, KeyError):
            errors += 1
            assert other.l1.W.data is None
        else:
            assert_same_arrays(arrays_of(other), before)
    assert errors > len(whole) / 3 / 2


def test_a_wrong_checksum_is_named(net, path):
    net.save_weights(path)
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("l1/W.npy")
    data = bytearray(path.read_bytes())
    data[member.header_offset + 14] ^= 1  # both places where the checksum stands
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"l1/W.npy"))
    data[at + 16] ^= 1
    path.write_bytes(data)
    refused(net, path, ValueError, "l1/W.npy")


# --- files that are judged before they are unpacked ---------------------------


def npz_of_zeros(path, members):
    """Write {key: shape of zeros} without having the zeros; 100 MB become 100 kB."""
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for key, shape in members.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as file:
                header = {"descr": "<f4", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(4 * int(np.prod(shape)) // 2**20):
                    file.write(bytes(2**20))


MANY = (2**21, 4)  # 32 MB


@contextlib.contextmanager
def little_memory():
    """Fail if the block needs more than 4 MB."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "make, key, shape, message",
    [
        (lambda: Linear(4, in_size=3), "W", MANY, r"\(3, 4\) here and \(2097152, 4\)"),
        (lambda: Linear(4), "b", MANY, r"\(4,\) here and \(2097152, 4\)"),
        (
            lambda: Linear(4),
            "W",
            MANY,
            "would be 33,554,432 unpacked; if that is right",
        ),
        (L.LayerNorm, "gamma", (2**23,), "would be 33,554,432 unpacked"),
        (lambda: L.Conv2d(4, 1), "W", (4, 2**21, 1, 1), "would be 33,554,432 unpacked"),
    ],
)
def test_large_arrays_are_refused_unpacked(path, make, key, shape, message):
    others = {
        k: p.shape for k, p in make()._named_params().items() if p.data is not None
    }
    fits = {"gamma": (4,), "beta": (4,), "W": (3, 4)} | others
    np.savez(path, **{k: np.zeros(s, np.float32) for k, s in fits.items() if k != key})
    npz_of_zeros(path, {key: shape})
    with little_memory():
        refused(make(), path, ValueError, message)


def test_what_nobody_asks_for_is_not_unpacked(net, path):
    net.save_weights(path)
    npz_of_zeros(path, {"junk": MANY, "more": MANY})
    with little_memory():
        net.load_weights(path)


def test_a_layer_that_knows_its_sizes_takes_zeros(path):
    """However well they pack: it is as much as the layer has anyway."""
    layer = Linear(2**12, in_size=2**11)
    layer.W.data[...] = 0
    layer.save_weights(path)
    layer.load_weights(path)
    with pytest.raises(ValueError, match="call the layer on a batch first"):
        Linear(2**12).load_weights(path)


def test_a_member_with_more_or_less_than_its_header_says(net, path):
    for shape in (3, 2), (10**6, 2), (3,):
        np.savez(path, **{k: a for k, a in arrays_of(net).items() if k != "l2/W"})
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
            archive.open("l2/W.npy", "w") as file,
        ):
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(file, header)
            file.write(bytes(4 * 5))
        refused(net, path, ValueError, r"w\.npz is not a file.* l2/W claims to be \(")


def member(data, key, place, value):
    """Change two bytes of a member's entry, in both places where a zip has it."""
    data, name = bytearray(data), f"{key}.npy".encode()
    at = data.index(name) - 30  # the local header ends with the name
    assert data[at : at + 4] == b"PK\x03\x04"
    data[at + place : at + place + 2] = value
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(name))
    data[at + place + 2 : at + place + 4] = value
    return bytes(data)


@pytest.mark.parametrize(
    "place, value, message",
    [(8, b"\x63\0", "compression"), (6, b"\x01\0", "encrypted|password")],
)
def test_a_zip_that_python_cannot_read_is_named(net, path, place, value, message):
    net.save_weights(path)
    path.write_bytes(member(path.read_bytes(), "l1/b", place, value))
    refused(
        net,
        path,
        ValueError,
        rf"w\.npz is not a file that save_weights wrote.*({message})",
    )


def test_a_member_that_is_no_array_is_named(net, path):
    np.savez(path, **{k: a for k, a in arrays_of(net).items() if k != "scale"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("scale.npy", "3.0")
    refused(net, path, ValueError, r"w\.npz is not a file that save_weights wrote")


def test_fortran_order_has_the_same_numbers(net, path):
    arrays = arrays_of(net)
    arrays["l1/W"] = np.asfortranarray(arrays["l1/W"])
    np.savez(path, **arrays)
    other = Net()
    other.load_weights(path)
    assert other.l1.W.data.flags.c_contiguous
    assert_same_arrays(arrays_of(other), arrays_of(net))


def test_a_folder_and_what_is_no_path(net, tmp_path):
    refused(
        net,
        tmp_path,
        ValueError,
        "is a folder, expected a file that save_weights wrote",
    )
    for path in None, 3, [1]:
        for method in net.load_weights, net.save_weights:
            with pytest.raises(
                TypeError, match=r"expected the path of a file.*step 53"
            ):
                method(path)
    net.save_weights(str(tmp_path / "b").encode())  # a path in bytes is one
    net.load_weights(str(tmp_path / "b").encode())


# --- the package --------------------------------------------------------------


def test_names_of_the_package():
    assert dezero.Layer is L.Layer
    assert dezero.layers is L
