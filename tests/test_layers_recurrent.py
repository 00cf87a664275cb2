"""RNN, LSTM and GRU: numbers, first values, the state and its graph, the joined W."""

import copy
import gc
import pickle
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, as_variable, no_grad
from dezero.gradcheck import check_gradients
from dezero.graph import get_dot_graph
from dezero.layers import GRU, LSTM, RNN
from dezero.models import Sequential
from dezero.optimizers import SGD, Adam
from dezero.static import compile

LAYERS = [RNN, LSTM, GRU]
# gates in PyTorch's order
GATES = {RNN: "h", LSTM: "ifuo", GRU: "rzn"}
KEYS = {
    RNN: ["x2h/W", "x2h/b", "h2h/W"],
    LSTM: [
        *("x2f/W", "x2f/b", "x2i/W", "x2i/b", "x2o/W", "x2o/b", "x2u/W", "x2u/b"),
        *("h2f/W", "h2i/W", "h2o/W", "h2u/W"),
    ],
    GRU: [
        *("x2r/W", "x2r/b", "x2z/W", "x2z/b", "x2n/W", "x2n/b"),
        *("h2r/W", "h2z/W", "h2n/W", "h2n/b"),
    ],
}


@pytest.fixture
def xs(rng):
    """Return 3 steps of 2 sequences of 3 numbers."""
    return rng.normal(size=(3, 2, 3)).astype(np.float32)


def run(layer, xs):
    for x in xs:
        h = layer(x)
    return h


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# --- numbers ------------------------------------------------------------------


def waves(*shape, k):
    """Return numbers that can be written down: sin(k), sin(2 * k), ..."""
    return np.sin(k * np.arange(1, np.prod(shape) + 1)).reshape(shape)


def waving(cls):
    """Return a layer 3 -> 2 in float64 and x (3, 2, 3), all of it waves."""
    gates = GATES[cls]
    layer = cls(2)
    Wx, Wh = waves(len(gates), 3, 2, k=1.0), waves(len(gates), 2, 2, k=1.3)
    for gate, W, U, b in zip(gates, Wx, Wh, waves(len(gates), 2, k=0.4)):
        getattr(layer, "x2" + gate).W.data = W
        getattr(layer, "x2" + gate).b.data = b
        getattr(layer, "h2" + gate).W.data = U
    return layer, waves(3, 2, 3, k=0.7)


# From PyTorch 2.13: RNNCell, LSTMCell and GRUCell(3, 2) in float64 with the numbers of
# waving() as weights (transposed), bias_hh zero, three steps. h after these; sums of
# the gradients of sum(h**2 of all steps), by gate: of weight_ih, weight_hh, bias_ih.
PYTORCH = {
    RNN: (
        [[0.7088408536, 0.8183982016], [-0.0985624306, 0.4899798367]],
        [2.1988747956826806],
        [0.07357544129484561],
        [3.4312292699202698],
    ),
    LSTM: (
        [[0.5018923005, 0.5225002177], [0.1886224063, 0.1427688783]],
        [0.26167992705, 0.04457356076, 0.24316420684, 0.26742015661],
        [0.08827021335, 0.11644562450, 0.30956362426, 0.36496340388],
        [0.45405009540, 0.17199087073, 1.03345499929, 0.99164891715],
    ),
    GRU: (
        [[0.2403652974, 0.1509006864], [0.1860163251, 0.1090170292]],
        [0.003242300927, -0.7032164245641, 0.1778926213305],
        [0.002135799602, -0.0124861120367, 0.1692734575557],
        [0.006024893412, -0.4476646441384, 1.2923712404571],
    ),
}
C_OF_PYTORCH = [[0.9380355088, 0.8900742926], [0.5926197692, 0.5702459972]]


@pytest.mark.parametrize("cls", LAYERS)
def test_numbers_of_pytorch(cls):
    layer, xs = waving(cls)
    loss = 0
    for x in xs:
        h = layer(x)
        loss = loss + (h**2).sum()
    expected, gWx, gWh, gb = PYTORCH[cls]
    np.testing.assert_allclose(h.data, expected, rtol=1e-8)
    if cls is LSTM:
        np.testing.assert_allclose(layer.c.data, C_OF_PYTORCH, rtol=1e-8)
    loss.backward()
    for gate, *sums in zip(GATES[cls], gWx, gWh, gb):
        x2, h2 = getattr(layer, "x2" + gate), getattr(layer, "h2" + gate)
        found = [p.grad.data.sum() for p in (x2.W, h2.W, x2.b)]
        np.testing.assert_allclose(found, sums, rtol=1e-8)


def step_of_rnn(layer, x, h, c):
    return np.tanh(x @ layer.x2h.W.data + layer.x2h.b.data + h @ layer.h2h.W.data), c


def sums(layer, gate, x, h):
    x2, h2 = getattr(layer, "x2" + gate), getattr(layer, "h2" + gate)
    return x @ x2.W.data + x2.b.data, h @ h2.W.data


def step_of_lstm(layer, x, h, c):
    f, i, o = (sigmoid(np.add(*sums(layer, gate, x, h))) for gate in "fio")
    c = f * c + i * np.tanh(np.add(*sums(layer, "u", x, h)))
    return o * np.tanh(c), c


def step_of_gru(layer, x, h, c):
    r, z = (sigmoid(np.add(*sums(layer, gate, x, h))) for gate in "rz")
    a, d = sums(layer, "n", x, h)
    return (1 - z) * np.tanh(a + r * d) + z * h, c


@pytest.mark.parametrize(
    "cls, step", [(RNN, step_of_rnn), (LSTM, step_of_lstm), (GRU, step_of_gru)]
)
def test_formulas(cls, step):
    layer, xs = waving(cls)
    h = c = np.zeros((2, 2))
    for x in xs:
        h, c = step(layer, x, h, c)
        y = layer(x)
        np.testing.assert_allclose(y.data, h)
        assert layer.h is y
        if cls is LSTM:
            np.testing.assert_allclose(layer.c.data, c)


@pytest.mark.parametrize("cls", LAYERS)
def test_gradients_with_respect_to_inputs_and_weights(cls):
    """Over three steps, to the second order, for x and one weight of each kind."""
    layer, xs = waving(cls)
    gate = GATES[cls][-1]
    x2, h2 = getattr(layer, "x2" + gate), getattr(layer, "h2" + gate)

    def f(x0, x1, W, U, b):
        del x2.W, h2.W, x2.b  # no Parameters, but what the check varies
        x2.W, h2.W, x2.b = W, U, b
        layer.reset_state()
        return run(layer, [x0, x1, x0])

    inputs = [*xs[:2], x2.W.data, h2.W.data, x2.b.data]
    check_gradients(f, *inputs, order=2, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cls", LAYERS)
def test_float32_stays(cls, xs):
    layer = cls(4)
    y = run(layer, xs)
    (y**2).sum().backward()
    assert y.dtype == layer.h.dtype == np.float32
    for key, p in layer._named_params().items():
        assert p.dtype == p.grad.dtype == np.float32, key
        assert p.grad.shape == p.shape, key
    if cls is LSTM:
        assert layer.c.dtype == np.float32


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_gates_far_out_are_0_and_1_without_a_warning(cls):
    layer = cls(2, in_size=1)
    for sign in 1, -1:
        layer.reset_state()
        y = layer(np.full((1, 1), sign * 1e4, np.float32))
        y.sum().backward()
        assert np.isfinite(y.data).all()


# --- first values -------------------------------------------------------------


def check_draws(layer, shapes):
    """The weights are the draws of seed 3 in this order, divided by sqrt(rows)."""
    draws = np.random.RandomState(3)
    params = layer._named_params()
    for key, shape in shapes:
        expected = (draws.randn(*shape) * np.sqrt(1 / shape[0])).astype(np.float32)
        np.testing.assert_array_equal(params[key].data, expected, err_msg=key)
        assert params[key].dtype == np.float32
    for key in params:
        if key.endswith("b"):
            np.testing.assert_array_equal(params[key].data, np.zeros(4, np.float32))


@pytest.mark.parametrize("in_size", [None, 3])
def test_rnn_draws_h2h_with_the_second_call(in_size, xs):
    np.random.seed(3)  # noqa: NPY002
    layer = RNN(4, in_size=in_size)
    assert (layer.x2h.W.data is None) == (in_size is None)
    layer(xs[0])
    assert layer.h2h.W.data is None
    layer(xs[1])
    check_draws(layer, [("x2h/W", (3, 4)), ("h2h/W", (4, 4))])


@pytest.mark.parametrize("cls, gates", [(LSTM, "fiou"), (GRU, "rzn")])
@pytest.mark.parametrize("in_size", [None, 3])
def test_lstm_and_gru_draw_late_only_what_they_must(cls, gates, in_size, xs):
    np.random.seed(3)  # noqa: NPY002
    layer = cls(4, in_size=in_size)
    layer(xs[0])
    x2 = [(f"x2{gate}/W", (3, 4)) for gate in gates]
    h2 = [(f"h2{gate}/W", (4, 4)) for gate in gates]
    check_draws(layer, h2 + x2 if in_size is None else x2 + h2)


@pytest.mark.parametrize("cls", LAYERS)
def test_names_of_weights_and_sizes(cls, xs):
    layer = cls(4)
    run(layer, xs)
    assert list(layer._named_params()) == KEYS[cls]
    assert layer.hidden_size == 4
    for key, p in layer._named_params().items():
        expected = (4,) if key[-1] == "b" else (3, 4) if key[0] == "x" else (4, 4)
        assert p.shape == expected, key


# --- the state ----------------------------------------------------------------


@pytest.mark.parametrize("cls", LAYERS)
def test_reset_state_begins_anew(cls, xs):
    layer = cls(4)
    first = layer(xs[0]).data
    second = layer(xs[0]).data
    assert not np.allclose(first, second)
    layer.reset_state()
    assert layer.h is None
    if cls is LSTM:
        assert layer.c is None
    np.testing.assert_array_equal(layer(xs[0]).data, first)


@pytest.mark.parametrize("cls", LAYERS)
def test_another_batch_size_needs_a_reset(cls, xs):
    layer = cls(4)
    layer(xs[0])
    message = rf"{cls.__name__}: the state h .* belongs to 2 sequences.*reset_state\(\)"
    with pytest.raises(ValueError, match=message):
        layer(xs[0][:1])
    layer.reset_state()
    assert layer(xs[0][:1]).shape == (1, 4)


@pytest.mark.parametrize("cls", LAYERS)
def test_x_must_be_rows(cls):
    message = (
        rf"{cls.__name__}: x must be one time step of N sequences \(N, D\), got \(2, 3"
    )
    with pytest.raises(ValueError, match=message):
        cls(4)(np.zeros((2, 3, 5), np.float32))
    layer = cls(4, in_size=3)
    with pytest.raises(ValueError, match=r"got \(2, 5\)"):
        layer(np.zeros((2, 5), np.float32))
    assert layer.h is None  # as before


@pytest.mark.parametrize("cls", LAYERS)
def test_gradients_reach_back_to_the_first_x(cls, xs):
    layer = cls(4)
    first = Variable(xs[0])
    layer(first)
    run(layer, xs[1:]).sum().backward()
    assert np.abs(first.grad.data).min() > 0


@pytest.mark.parametrize("cls", LAYERS)
def test_unchain_backward_frees_the_steps_before(cls, xs):
    layer = cls(4)
    gc.disable()
    try:
        functions = []
        loss = 0
        for x in xs:
            h = layer(x)
            functions.append(weakref.ref(h.creator))
            loss = loss + h.sum()
        del h
        assert all(reference() is not None for reference in functions)
        loss.backward()
        loss.unchain_backward()
        assert layer.h.creator is None
        assert all(reference() is None for reference in functions[:-1])
        fresh = copy.deepcopy(layer)
        y = layer(xs[0])  # goes on from the same state
        assert functions[-1]() is None
    finally:
        gc.enable()
    layer.cleargrads()
    y.sum().backward()
    fresh.cleargrads()
    fresh(xs[0]).sum().backward()
    for key, p in layer._named_params().items():
        twin = fresh._named_params()[key]
        np.testing.assert_array_equal(p.grad.data, twin.grad.data, err_msg=key)


@pytest.mark.parametrize(
    "cls, unchain",
    [(RNN, True), (LSTM, True), (LSTM, False), (GRU, True), (GRU, False)],
)
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_an_update_between_two_steps_is_seen(cls, unchain, optimizer, xs):
    """Weights change in place while the sequence goes on."""
    layer = cls(4)
    run(layer, xs[:2])
    optimizer = optimizer().setup(layer)
    for x in xs:
        layer.cleargrads()
        loss = (layer(x) ** 2).sum()
        loss.backward()
        if unchain:
            loss.unchain_backward()
        optimizer.update()
        fresh = copy.deepcopy(layer)  # takes along nothing but weights and state
        np.testing.assert_array_equal(layer(x).data, fresh(x).data)


def test_an_rnn_does_not_go_back_through_steps_before_an_update(xs):
    """Its weights are others now. An LSTM has a copy of its own, of all its gates."""
    layer = RNN(4)
    optimizer = SGD().setup(layer)
    run(layer, xs[:2]).sum().backward()
    optimizer.update()
    y = layer(xs[2])
    with pytest.raises(RuntimeError, match=r"Parameter \(W\) .* changed after forward"):
        y.sum().backward()
    y.unchain_backward()
    layer.cleargrads()
    layer(xs[0]).sum().backward()


@pytest.mark.parametrize("cls", LAYERS)
def test_new_arrays_are_seen(cls, xs):
    layer = cls(4)
    layer(xs[0])
    for p in layer.params():
        if p.data is not None:
            p.data = p.data * 2
    fresh = copy.deepcopy(layer)
    if cls is RNN:
        layer.h2h.W.data = fresh.h2h.W.data = np.ones((4, 4), np.float32)
    np.testing.assert_array_equal(layer(xs[1]).data, fresh(xs[1]).data)


@pytest.mark.parametrize("cls", LAYERS)
def test_without_a_graph(cls, xs):
    layer = cls(4)
    expected = run(layer, xs).data
    layer.reset_state()
    with no_grad():
        layer(xs[0])
        for p in layer.params():
            p.data *= 1  # in place
        np.testing.assert_array_equal(run(layer, xs[1:]).data, expected)
    assert layer.h.creator is None
    y = layer(xs[0])  # from here on with a graph
    y.sum().backward()
    assert all(p.grad is not None for p in layer.params())


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_under_no_grad_weights_may_change_at_any_time(cls, xs):
    layer = cls(4)
    with no_grad():
        layer(xs[0])
        for p in layer.params():
            p.data *= 2
        fresh = copy.deepcopy(layer)
        np.testing.assert_array_equal(layer(xs[1]).data, fresh(xs[1]).data)


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_without_a_graph_the_weights_are_joined_as_often_as_with_one(
    cls, xs, monkeypatch
):
    layer, calls, join = cls(4), [], F.join_gates
    monkeypatch.setattr(F, "join_gates", lambda *parts: calls.append(1) or join(*parts))
    run(layer, xs)
    assert len(calls) == 1
    layer.reset_state()
    with no_grad():
        run(layer, xs)
        assert len(calls) == 2
        for p in layer.params():
            p.data *= 2
        run(layer, xs)
        assert len(calls) == 3


@pytest.mark.parametrize("cls", LAYERS)
def test_an_update_in_place_after_backward_is_seen(cls, xs):
    """By hand, and so that data is not even set."""
    layer = cls(4)
    run(layer, xs[:2]).sum().backward()
    layer.h.unchain_backward()
    for p in layer.params():
        p.data[...] -= 0.1 * p.grad.data
    fresh = copy.deepcopy(layer)
    np.testing.assert_array_equal(layer(xs[2]).data, fresh(xs[2]).data)


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_the_weights_are_joined_once_for_a_sequence(cls, xs):
    layer = cls(4)
    y = run(layer, xs)
    assert get_dot_graph(y).count("JoinGates") == 1


def grads(layer):
    """Return {key: gradient}, an array or None, of all Parameters."""
    params = layer._named_params()
    return {k: None if p.grad is None else p.grad.data for k, p in params.items()}


def assert_same_grads(layer, twin):
    expected = grads(twin)
    assert any(grad is not None for grad in expected.values())
    for key, grad in grads(layer).items():
        assert (grad is None) == (expected[key] is None), key
        if grad is not None:
            np.testing.assert_allclose(grad, expected[key], rtol=1e-5, err_msg=key)


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_steps_after_a_cut_keep_their_gradients(cls, xs):
    """A window that slides: what is before one h is cut off, not what comes after."""
    layer = cls(4)
    layer(xs[0])
    twin = copy.deepcopy(layer)  # its state has no past
    hs = [layer(x) for x in xs]
    hs[0].unchain_backward()
    hs[-1].sum().backward()
    run(twin, xs).sum().backward()
    assert_same_grads(layer, twin)


@pytest.mark.parametrize("cls", LAYERS)
def test_an_update_by_a_loss_that_passes_the_layer_by_is_seen(cls, xs):
    layer = cls(4)
    optimizer = SGD(10.0).setup(layer)
    run(layer, xs[:2])
    layer.cleargrads()
    sum((p * p).sum() for p in layer.params()).backward()
    optimizer.update()
    fresh = copy.deepcopy(layer)
    np.testing.assert_array_equal(layer(xs[2]).data, fresh(xs[2]).data)


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize("made", [np.array, Variable, lambda a: Variable(a) * 1])
def test_a_state_set_by_hand(cls, made, xs):
    """An array, a leaf or a result; and weights that were edited before."""
    layer = cls(4)
    run(layer, xs)
    for p in layer.params():
        p.data *= 0.5
    fresh = copy.deepcopy(layer)
    state = np.ones((2, 4), np.float32)
    layer.h, fresh.h = made(state), Variable(state)
    if cls is LSTM:
        layer.c, fresh.c = made(state), Variable(state)
    np.testing.assert_array_equal(layer(xs[0]).data, fresh(xs[0]).data)


@pytest.mark.parametrize("cls", LAYERS)
def test_weights_frozen_and_thawed_within_a_sequence(cls, xs):
    layer = cls(4)
    run(layer, xs[:2])
    layer.reset_state()
    for p in layer.params():
        p.requires_grad = False
    layer(xs[0])
    for p in layer.params():
        p.requires_grad = True
    layer(xs[1]).sum().backward()
    assert all(p.grad is not None for p in layer.params())


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_another_parameter_on_the_same_array_is_seen(cls, xs):
    layer = cls(4)
    layer(xs[0])
    gate = getattr(layer, "x2" + GATES[cls][0])
    old, gate.W = gate.W, Parameter(gate.W.data)
    layer(xs[1]).sum().backward()
    assert gate.W.grad is not None
    assert old.grad is not None  # from the first step


def test_a_memory_of_another_layer_keeps_its_graph(xs):
    encoder, decoder = LSTM(4), LSTM(4)
    encoder(xs[0])
    decoder.h, decoder.c = encoder.h.detach(), encoder.c
    loss = encoder.c.sum()
    decoder(xs[1]).sum().backward()
    assert encoder.x2f.W.grad is not None
    encoder.cleargrads()
    loss.backward()  # built before
    assert encoder.x2f.W.grad is not None


def test_half_a_state_is_completed_by_zeros(xs):
    layer = LSTM(4)
    layer(xs[0])
    twin = copy.deepcopy(layer)
    ones, zeros = np.ones((2, 4), np.float32), np.zeros((2, 4), np.float32)
    for h, c in (ones, None), (None, ones):
        layer.h, layer.c = h, c
        twin.h, twin.c = (zeros if state is None else state for state in (h, c))
        np.testing.assert_array_equal(layer(xs[1]).data, twin(xs[1]).data)


@pytest.mark.parametrize("cls", LAYERS)
def test_weights_that_no_state_met_get_no_gradient(cls, xs):
    layer = cls(4)
    run(layer, xs[:2])
    for steps, met in (1, False), (2, True):
        layer.reset_state()
        layer.cleargrads()
        run(layer, xs[:steps]).sum().backward()
        for key, grad in grads(layer).items():
            expected = met or key.startswith("x2") or key == "h2n/b"  # b meets no state
            assert (grad is not None) == expected, key


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_a_gate_without_bias(cls, xs):
    layer = cls(4)
    run(layer, xs)
    twin = copy.deepcopy(layer)
    name = "x2" + GATES[cls][0]
    getattr(layer, name).b = None
    for each in layer, twin:
        each.reset_state()
        each.cleargrads()
    y = run(layer, xs)
    np.testing.assert_array_equal(y.data, run(twin, xs).data)  # it was 0 there
    y.sum().backward()
    assert getattr(layer, name).W.grad is not None


@pytest.mark.parametrize("cls", LAYERS)
def test_a_compiled_step_reads_the_weights_in_every_run(cls, xs):
    layer = cls(4)
    run(layer, xs[:2])
    names = ("h", "c") if cls is LSTM else ("h",)

    def step(x, *state):
        for name, value in zip(names, state):
            setattr(layer, name, as_variable(value))
        return layer(x)

    state = [np.ones((2, 4), np.float32) for _ in names]
    compiled = compile(step, xs[2], *state)
    for p in layer.params():
        p.data *= 0.5
    expected = step(xs[2], *state).data
    np.testing.assert_allclose(compiled(xs[2], *state).data, expected, rtol=1e-6)


@pytest.mark.parametrize("cls", LAYERS)
def test_the_graph_can_be_drawn(cls, xs):
    layer = cls(4)
    dot = get_dot_graph(run(layer, xs), verbose=True)
    cell = {RNN: "Tanh", LSTM: "LSTMCell", GRU: "GRUCell"}[cls]
    assert dot.count(cell) == 3
    assert "W: (3, 4)" in dot


# --- copies and files ---------------------------------------------------------


@pytest.mark.parametrize("cls", LAYERS)
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))]
)
def test_a_copy_goes_on_by_itself(cls, duplicate, xs):
    layer = cls(4)
    run(layer, xs[:2])
    twin = duplicate(layer)
    assert twin.h.creator is None and layer.h.creator is not None
    expected = layer(xs[2]).data
    np.testing.assert_array_equal(twin(xs[2]).data, expected)
    for p in twin.params():
        p.data += 1
    twin.reset_state()
    layer.reset_state()
    np.testing.assert_array_equal(run(layer, xs).data, expected)
    assert not np.allclose(run(twin, xs).data, expected)


@pytest.mark.parametrize("cls", LAYERS)
def test_saved_and_loaded(cls, xs, tmp_path):
    layer = cls(4)
    expected = run(layer, xs).data
    layer.save_weights(tmp_path / "w")
    other = cls(4)
    other.load_weights(tmp_path / "w")
    np.testing.assert_array_equal(run(other, xs).data, expected)
    layer.load_weights(tmp_path / "w")  # in the middle of a sequence
    layer.reset_state()
    np.testing.assert_array_equal(run(layer, xs).data, expected)


@pytest.mark.parametrize("cls", LAYERS)
def test_weights_of_another_size_are_refused(cls, xs, tmp_path):
    layer = cls(4)
    run(layer, xs)
    layer.save_weights(tmp_path / "w")
    other = cls(5)
    with pytest.raises(ValueError, match=r"x2\w/W has the shape \(\?, 5\) here and"):
        other.load_weights(tmp_path / "w")
    assert getattr(other, KEYS[cls][0][:3]).W.data is None


def test_rnn_knows_the_size_of_h2h_before_it_is_drawn(tmp_path):
    wrong = {"x2h/W": (3, 4), "x2h/b": (4,), "h2h/W": (3, 4)}
    np.savez(tmp_path / "w.npz", **{key: np.zeros(s) for key, s in wrong.items()})
    message = r"h2h/W has the shape \(4, 4\) here and \(3, 4\)"
    with pytest.raises(ValueError, match=message):
        RNN(4).load_weights(tmp_path / "w")


def test_a_file_of_a_gru_whose_candidate_had_no_bias(xs, tmp_path):
    layer = GRU(4)
    layer(xs[0])
    arrays = {k: p.data for k, p in layer._named_params().items() if k != "h2n/b"}
    np.savez(tmp_path / "old.npz", **arrays)
    expected = layer(xs[1]).data
    layer.h2n.b.data = np.ones(4, np.float32)
    other = Sequential(GRU(4))
    np.savez(tmp_path / "in.npz", **{f"l0/{k}": a for k, a in arrays.items()})
    for each, name in (layer, "old"), (other, "in"):
        each.load_weights(tmp_path / name)
        *_, gru = each.layers if each is other else [each]
        gru.reset_state()
        gru(xs[0])
        np.testing.assert_array_equal(gru(xs[1]).data, expected)
        np.testing.assert_array_equal(gru.h2n.b.data, np.zeros(4))
    del arrays["h2n/W"]
    np.savez(tmp_path / "old.npz", **arrays)
    with pytest.raises(KeyError, match=r"has no h2n/W;"):
        layer.load_weights(tmp_path / "old.npz")


def test_a_gru_pickled_before_its_candidate_had_a_bias(xs):
    layer = GRU(4)
    expected = run(layer, xs).data  # the bias is 0 at first
    layer.h2n.b = None  # as it comes out of an old pickle
    layer.reset_state()
    np.testing.assert_array_equal(run(layer, xs).data, expected)


# --- published weights --------------------------------------------------------

G2P = Path(__file__).resolve().parents[2] / "shared" / "data" / "g2p_en.npz"
SYMBOLS = """
    <pad> <unk> <s> </s> AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2
    AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0
    IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 UW UW0 UW1
    UW2 V W Y Z ZH""".split()


def gru_of_pytorch(w_ih, w_hh, b_ih, b_hh):
    """Return a GRU with PyTorch's weights: rows for reset, update and new."""
    layer = GRU(w_hh.shape[1])
    rows = [np.split(a, 3) for a in (w_ih, w_hh, b_ih, b_hh)]
    for gate, Wx, Wh, bx, bh in zip("rzn", *rows):
        x2, h2 = getattr(layer, "x2" + gate), getattr(layer, "h2" + gate)
        x2.W.data, h2.W.data = Wx.T, Wh.T
        x2.b.data = bx if gate == "n" else bx + bh  # of n, r weighs bh alone
        if gate == "n":
            h2.b.data = bh
    return layer


@pytest.mark.skipif(not G2P.exists(), reason="the file is not there")
@pytest.mark.parametrize(
    "word, expected",
    [("gradient", "G R EY1 D IY0 AH0 N T"), ("dezero", "D IH0 Z EH1 R OW0")],
)
def test_a_published_network_says_how_words_sound(word, expected):
    """g2p_en 2.1.0: one GRU reads letters, the other writes phonemes."""
    net = dict(np.load(G2P))
    parts = "w_ih", "w_hh", "b_ih", "b_hh"
    encoder = gru_of_pytorch(*(net["enc_" + part] for part in parts))
    decoder = gru_of_pytorch(*(net["dec_" + part] for part in parts))
    letters = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
    with no_grad():
        for letter in [*word, "</s>"]:
            encoder(net["enc_emb"][None, letters.index(letter)])
        decoder.h, said = encoder.h, ["<s>"]
        while said[-1] != "</s>" and len(said) < 20:
            h = decoder(net["dec_emb"][None, SYMBOLS.index(said[-1])])
            scores = h.data @ net["fc_w"].T + net["fc_b"]
            said.append(SYMBOLS[scores.argmax()])
    assert said == ["<s>", *expected.split(), "</s>"]


# --- the functions ------------------------------------------------------------


@pytest.mark.parametrize("cls", [LSTM, GRU])
def test_a_file_with_gates_for_inputs_of_two_sizes_is_refused(cls, xs, tmp_path):
    layer = cls(4)
    layer(xs[0])
    key = KEYS[cls][2]
    layer._named_params()[key].data = np.zeros((5, 4), np.float32)
    layer.save_weights(tmp_path / "w.npz")
    fresh = cls(4)
    with pytest.raises(ValueError, match=rf"{key} has the shape \(3, 4\) .*\(5, 4\)"):
        fresh.load_weights(tmp_path / "w.npz")
    assert fresh._named_params()[KEYS[cls][0]].data is None


def test_join_gates_by_hand():
    Wxs, Whs = [np.full((1, 2), 1.0), np.full((1, 2), 2.0)], [np.eye(2), 3 * np.eye(2)]
    W = F.join_gates(Wxs, Whs, [np.array([5.0, 6.0]), np.array([7.0, 8.0])])
    expected = [[1, 1, 2, 2], [1, 0, 3, 0], [0, 1, 0, 3], [5, 6, 7, 8]]
    np.testing.assert_array_equal(W.data, expected)


def test_functions_refuse_other_shapes():
    x, h, W = np.zeros((2, 3)), np.zeros((2, 4)), np.zeros((8, 16))
    F.lstm_cell(x, h, h, W)
    with pytest.raises(ValueError, match=r"lstm_cell: x, h, c and W .*\(8, 12\)"):
        F.lstm_cell(x, h, h, W[:, :12])
    with pytest.raises(ValueError, match=r"gru_cell: x, h and W .*\(8, 16\)"):
        F.gru_cell(x, h, W)
    with pytest.raises(ValueError, match=r"\(2, 4\), \(2, 3\), \(8, 16\) \(see step"):
        F.lstm_cell(x, h, x, W)
    with pytest.raises(ValueError, match=r"join_gates: .* got \(3, 4\), \(4, 4\)"):
        F.join_gates([np.zeros((3, 4))], [np.zeros((4, 4))], [np.zeros(3)])


def test_one_of_the_two_results_is_enough():
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in [(2, 1), (2, 2), (2, 2), (4, 8)]]
    for k in 0, 1:
        check_gradients(lambda *xs, k=k: F.lstm_cell(*xs)[k], *arrays, order=2)


@pytest.mark.parametrize("options", [{}, {"retain_grad": True}])
@pytest.mark.parametrize("decay", [False, True])
def test_joined_weights_get_the_gradient_of_the_same_numbers_as_a_leaf(options, decay):
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in [(2, 3), (3, 3), (3,)] for _ in range(4)]
    xs = rng.normal(size=(4, 1, 2))

    def gradient(W):
        h = c = np.zeros((1, 3))
        loss = F.sum(W * W) if decay else 0
        for x in xs:
            h, c = F.lstm_cell(x, h, c, W)
            loss = loss + F.sum(h * h)
        W.retain_grad()
        loss.backward(**options)
        return W.grad.data

    parts = [Parameter(a) for a in arrays]
    joined = F.join_gates(parts[:4], parts[4:8], parts[8:])
    expected = gradient(Variable(joined.data.copy()))
    np.testing.assert_allclose(gradient(joined), expected, rtol=1e-12)
    np.testing.assert_allclose(parts[1].grad.data, expected[:2, 3:6], rtol=1e-12)


def test_backward_of_a_batch_keeps_no_rows_of_all_steps():
    layer, x = LSTM(64), np.ones((16, 32), np.float32)
    for _ in range(50):
        h = layer(x)
    tracemalloc.start()
    h.sum().backward()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # A gradient of all weights is 0.1 MB; [x, h, 1] and ga of 50 steps are 1.1 MB.
    assert peak < 0.7e6
