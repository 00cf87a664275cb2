"""compile: each pass by hand, gradients, what is refused, and the generated text."""

import threading

import numpy as np
import pytest
from test_higher_order import CASES

import dezero
import dezero.functions as F
from dezero import Function, Variable, func, static
from dezero.gradcheck import check_gradients
from dezero.layers import GRU, LSTM, RNN, BatchNorm, Conv2d, Dropout, Linear
from dezero.models import MLP
from dezero.optimizers import SGD, Adam
from dezero.static import Graph, compile, placeholder


def names(graph):
    """Return the names of the calls, in order."""
    return [node.name for node in graph.nodes if node.function]


def traced(f, *shapes, dtype=np.float64, gradients=()):
    """Return the graph of f before any pass."""
    xs = [placeholder(shape, dtype, f"x{i}") for i, shape in enumerate(shapes)]
    return compile(f, *xs, gradients=gradients).before


# ------------------------------------------------------------------------- fold


def test_fold_computes_constants():
    def f(x):
        return x * (F.exp(np.zeros(3)) + 1)

    graph = traced(f, 3)
    assert names(graph) == ["exp", "add", "multiply"]
    folded = static.prune(static.fold(graph))
    assert names(folded) == ["multiply"]
    (constant,) = [node for node in folded.nodes if node.is_constant]
    np.testing.assert_array_equal(constant.value, [2, 2, 2])


def test_fold_leaves_out_products_with_one():
    assert names(static.fold(traced(lambda x: x * 1 / 1 * np.ones(3), 3))) == []


def test_fold_keeps_a_product_with_one_that_broadcasts():
    graph = traced(lambda x: x * np.ones((2, 3)), 3)
    assert names(static.fold(graph)) == ["multiply"]


def test_fold_keeps_what_changes_the_dtype():
    def f(x):
        return x * np.ones(3)  # float64

    graph = traced(f, 3, dtype=np.float32)
    assert names(static.fold(graph)) == ["multiply"]


def test_fold_makes_a_repeated_constant_one_number():
    graph = static.fold(
        traced(lambda x: x + F.broadcast_to(np.full(1, 7.0), (4, 5)), (4, 5))
    )
    assert [node.shape for node in graph.nodes if node.is_constant][-1] == ()


def test_fold_touches_neither_placeholders_nor_variables():
    W = Variable(np.full(3, 2.0))
    graph = static.fold(traced(lambda x: F.exp(W) * x + F.exp(x), 3))
    assert names(graph) == ["exp", "multiply", "exp", "add"]


# ------------------------------------------------------------------------ merge


def test_merge_makes_one_call_of_two():
    graph = traced(lambda x: F.exp(x) + F.exp(x), 3)
    assert names(graph) == ["exp", "exp", "add"]
    assert names(static.merge(graph)) == ["exp", "add"]


def test_merge_goes_on_with_what_it_merged():
    def f(x):
        return F.tanh(x * 2 + 1) - F.tanh(x * 2 + 1)

    assert names(static.merge(traced(f, 3))) == ["multiply", "add", "tanh", "subtract"]


@pytest.mark.parametrize(
    "f",
    [
        lambda x: F.sum(x, axis=0) + F.sum(x, axis=1),
        lambda x: F.reshape(x, (1, 9)).sum() + F.reshape(x, (9, 1)).sum(),
        lambda x: x[0] + x[1],
        lambda x: x[:2].sum() + x[:3].sum(),
        lambda x: x * 2.0 + x * 3.0,
        lambda x: (x - 2.0) + (2.0 - x),
        lambda x: F.transpose(x, (0, 1)) + F.transpose(x, (1, 0)),
    ],
)
def test_merge_keeps_different_arguments_apart(rng, f):
    x = rng.normal(size=(3, 3))
    graph = traced(f, (3, 3))
    assert len(static.merge(graph)) >= len(graph) - 1  # a sum of both may be equal
    np.testing.assert_allclose(compile(f, x)(x).data, f(Variable(x)).data)


def test_merge_knows_constants_by_value_and_dtype():
    def f(x):
        return x + np.array([1, 2]) + np.array([1, 2]) + np.array([1.0, 2.0])

    merged = static.merge(traced(f, 2))
    assert len([node for node in merged.nodes if node.is_constant]) == 2


def test_merge_leaves_functions_that_draw_alone():
    program = compile(lambda x: F.dropout(x) - F.dropout(x), np.ones(100))
    assert names(program.after).count("Dropout") == 2
    assert np.any(program(np.ones(100)).data)


# ------------------------------------------------------------------------ prune


def test_prune_leaves_out_what_no_result_needs():
    def f(x):
        F.sin(F.exp(x))
        return F.cos(x)

    graph = traced(f, 3)
    assert names(graph) == ["exp", "sin", "cos"]
    assert names(static.prune(graph)) == ["cos"]


def test_prune_leaves_out_gradients_nobody_wants():
    W = Variable(np.ones((3, 2)))
    program = compile(lambda x: (x @ W).sum(), np.ones((4, 3)), gradients=[W])
    assert names(program.before).count("dot") == 3  # x @ W, gy @ W.T, x.T @ gy
    assert names(program.after).count("dot") == 2


# ------------------------------------------------------------------------- fuse


def test_fuse_multiply_then_add():
    a, b, c = (np.array([1.0, 2.0]) * n for n in (1, 2, 3))
    program = compile(lambda a, b, c: a * b + c, a, b, c)
    assert (len(program.before), len(program.after)) == (2, 1)
    assert names(program.after) == ["multiply add"]
    assert [node.name for node in program.after.nodes[-1].body] == ["multiply", "add"]
    np.testing.assert_array_equal(program(a, b, c).data, [5.0, 14.0])


def test_fuse_goes_through_a_whole_chain():
    graph = static.fuse(traced(lambda x: F.exp(-x * x + 1), 3))
    assert names(graph) == ["negative multiply add exp"]


def test_fuse_takes_a_value_used_twice_in_one_chain():
    def f(x):
        y = F.tanh(x)
        return 1 - y * y

    assert names(static.fuse(traced(f, 3))) == ["tanh multiply subtract"]


def test_fuse_leaves_a_value_with_another_use():
    graph = static.fuse(traced(lambda x: (F.exp(x) + 1) * F.exp(x).sum(), 3))
    assert "exp add multiply" in names(graph)
    graph = static.fuse(
        static.merge(traced(lambda x: (F.exp(x) + 1) * F.exp(x).sum(), 3))
    )
    assert names(graph) == ["exp", "sum", "add multiply"]


def test_fuse_leaves_a_result():
    def f(x):
        y = F.exp(x)
        return y, y + 1

    assert names(static.fuse(traced(f, 3))) == ["exp", "add"]


def test_fuse_leaves_other_shapes_and_products_of_matrices():
    graph = static.fuse(traced(lambda x, b: x @ x + F.exp(b), (3, 3), 3))
    assert names(graph) == ["dot", "exp", "add"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(), (5,), (3, 4), (300, 200), (1, 40_000), (70_000,)]
)
def test_fused_is_unfused(rng, dtype, shape):
    """Also in pieces, from 16,384 numbers on."""

    def f(x, y, b):
        return F.tanh(x * y + b) * (x - 2.0) / (1.5 + y * y) + (x > y.data) * b, x * y

    arrays = [np.asarray(rng.normal(size=s), dtype) for s in (shape, shape, shape[1:])]
    before = [a.copy() for a in arrays]
    program = compile(f, *arrays)
    assert len(program.after) < len(program.before)
    for _ in range(2):
        for y, expected in zip(program(*arrays), f(*map(Variable, arrays))):
            assert (y.dtype, y.shape) == (expected.dtype, expected.shape)
            np.testing.assert_allclose(
                y.data, expected.data, rtol=1e-5 if dtype == np.float32 else 1e-12
            )
    for a, b in zip(arrays, before):
        np.testing.assert_array_equal(a, b)


def test_large_chains_go_in_pieces(rng):
    x = rng.normal(size=(1000, 100))
    program = compile(lambda x: F.exp(x * x + x) - x, x)
    assert "for i in range(0, 1000, 163):" in program.source
    np.testing.assert_allclose(program(x).data, np.exp(x * x + x) - x)


def test_passes_return_new_graphs(rng):
    graph = traced(lambda x: x * x * 1 + F.exp(np.ones(3)), 3)
    text = graph.to_dot()
    for change in (static.fold, static.merge, static.prune, static.fuse):
        assert isinstance(change(graph), Graph)
        assert graph.to_dot() == text


# ------------------------------------------------------------- values, gradients


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    "name, call, inputs",
    [
        (name, *case)
        for name, cases in CASES.items()
        for case in cases
        if name != "dropout" and case[0].__name__ != "with_averages"
    ],
)
def test_every_function_and_its_gradients(name, call, inputs, dtype):
    """As dezero computes them, to rounding, in the same dtype; two runs."""
    variables, arguments = [], []
    for x in inputs:
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            x = Variable(x.astype(dtype))
            variables.append(x)
        arguments.append(x)

    def f():
        ys = call(getattr(F, name), *arguments)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        return sum(
            ((y * y * (i + 1)).sum() for i, y in enumerate(ys)), 0 * variables[0].sum()
        )

    y = f()
    y.backward()
    expected = [x.grad for x in variables]
    program = compile(f, gradients=variables)
    for _ in range(2):
        for x in variables:
            x.cleargrad()
        got = program()
        assert got.dtype == y.dtype
        rtol = 1e-9 if dtype == np.float64 else 1e-3
        np.testing.assert_allclose(got.data, y.data, rtol=rtol)
        for x, gx in zip(variables, expected):
            assert x.grad.dtype == gx.dtype
            np.testing.assert_allclose(x.grad.data, gx.data, rtol=rtol, atol=rtol)


def test_gradients_are_right(rng):
    """Against finite differences: the gradient of a compiled network is a function."""
    W = rng.normal(size=(3, 4))
    x = rng.normal(size=(5, 3))

    def loss(W):
        return (F.tanh(F.matmul(x, W)) ** 2).sum()

    check_gradients(loss, W)
    compiled = compile(func.grad(loss), W)
    h = 1e-6
    for i, j in (0, 0), (2, 3):
        step = np.zeros_like(W)
        step[i, j] = h
        slope = (loss(Variable(W + step)).data - loss(Variable(W - step)).data) / (
            2 * h
        )
        np.testing.assert_allclose(compiled(W).data[i, j], slope, rtol=1e-6)


def test_second_derivatives():
    def f(x):
        return (x**4 - 2 * x**2).sum()

    x = np.array([2.0, -1.0])
    np.testing.assert_allclose(
        compile(func.hessian(f), x)(x).data, np.diag([44.0, 8.0])
    )


def test_gradients_add_up_as_backward_does():
    W = Variable(np.array([1.0, 2.0]))
    program = compile(lambda x: (W * x).sum(), np.zeros(2), gradients=[W])
    program(np.array([3.0, 4.0]))
    program(np.array([30.0, 40.0]))
    np.testing.assert_array_equal(W.grad.data, [33.0, 44.0])
    W.grad.data[...] = 0  # memory of its own
    W.cleargrad()
    program(np.array([3.0, 4.0]))
    np.testing.assert_array_equal(W.grad.data, [3.0, 4.0])


def test_a_variable_that_is_not_used_gets_no_gradient():
    W, V = Variable(np.ones(2)), Variable(np.ones(2))
    compile(lambda: W.sum(), gradients=[W, V])()
    assert V.grad is None
    assert W.grad is not None


def test_one_build_many_runs(rng):
    f = compile(lambda x: F.exp(x).sum(axis=0), placeholder((3, 2)))
    for _ in range(3):
        x = rng.normal(size=(3, 2))
        np.testing.assert_allclose(f(x).data, np.exp(x).sum(axis=0))


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adam(0.01)])
def test_training_sees_what_the_optimizer_changes(rng, optimizer):
    x = rng.normal(size=(20, 3)).astype(np.float32)
    t = rng.integers(0, 4, size=20)
    losses = []
    for compiled in (False, True):
        np.random.seed(0)  # noqa: NPY002
        model = MLP((8, 4), activation=F.relu)

        def f(x, t, model=model):
            return F.softmax_cross_entropy(model(x), t)

        f(Variable(x), t)
        program = compile(f, x, t, gradients=model.params()) if compiled else None
        optimizer = type(optimizer)().setup(model)
        found = []
        for _ in range(20):
            model.cleargrads()
            if compiled:
                loss = program(x, t)
            else:
                loss = f(Variable(x), t)
                loss.backward()
            optimizer.update()
            found.append(float(loss.data))
        losses.append(found)
    np.testing.assert_allclose(*losses, rtol=1e-4)
    assert losses[1][-1] < losses[1][0]


def test_a_variable_may_get_another_array():
    W = Variable(np.ones(2))
    program = compile(lambda: W * 2)
    W.data = np.array([5.0, 6.0])
    np.testing.assert_array_equal(program().data, [10.0, 12.0])


@pytest.mark.parametrize("n", [3, 200])
def test_a_view_still_shows_what_it_showed(rng, n):
    """No result is put where a view of it is still to be read."""

    def f(x):
        y = F.exp(x)
        z = F.exp(x - 1)
        return (y + 1) * y.T - y.T, z * z.T

    x = rng.normal(size=(n, n))
    for y, expected in zip(compile(f, x)(x), f(Variable(x))):
        np.testing.assert_allclose(y.data, expected.data)


def test_results_are_memory_of_their_own():
    W = Variable(np.ones((2, 2)))
    program = compile(
        lambda x: [x, W, W.T, x.reshape(4), F.exp(x), x * 0], np.ones((2, 2))
    )
    x = np.ones((2, 2))
    for y in program(x):
        y.data[...] = 9
    assert np.all(x == 1) and np.all(W.data == 1)
    assert [y.shape for y in program(x)] == [(2, 2)] * 3 + [(4,)] + [(2, 2)] * 2


def test_results_of_what_stays_whole_are_memory_of_their_own():
    class Given(Function):
        def forward(self, x, W):
            return (x, x, W) if float(x.sum()) > 0 else (W, W, x)

    W = Variable(np.ones(3))
    program = compile(lambda x: Given()(x, W), np.ones(3))
    x = np.full(3, 2.0)
    for y in program(x):
        y.data[...] = 9
    assert np.all(x == 2) and np.all(W.data == 1)
    assert [y.data[0] for y in program(x)] == [2, 2, 1]


def test_structure_of_the_result():
    x = np.ones(2)
    assert isinstance(compile(lambda x: x + 1, x)(x), Variable)
    assert isinstance(compile(lambda x: (x, x + 1), x)(x), tuple)
    assert isinstance(compile(lambda x: [x + 1], x)(x), list)


def test_layers_that_are_not_yet_sized():
    layer = Linear(3)
    program = compile(lambda x: layer(x), np.ones((2, 5), np.float32))
    assert layer.W.shape == (5, 3)
    x = np.ones((2, 5), np.float32)
    np.testing.assert_allclose(program(x).data, layer(Variable(x)).data, rtol=1e-5)


# -------------------------------------------------------- Functions that stay whole


def test_dropout_draws_in_every_run():
    x = np.ones(1000)
    program = compile(Dropout(0.5), x)
    first, second = program(x).data, program(x).data
    assert np.any(first != second)
    assert set(first) == {0.0, 2.0}


def test_gradient_of_dropout_is_that_of_the_same_run():
    W = Variable(np.ones(1000))
    program = compile(lambda: (F.dropout(W) * 3, F.dropout(W))[0], gradients=[W])
    for _ in range(2):
        W.cleargrad()
        y = program()
        np.testing.assert_array_equal(W.grad.data, y.data)


def test_compiling_draws_nothing():
    np.random.seed(0)  # noqa: NPY002
    compile(F.dropout, np.ones(10))
    drawn = np.random.rand()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    assert drawn == np.random.rand()  # noqa: NPY002


def test_batch_norm_moves_its_averages_in_every_run(rng):
    x = rng.normal(3, 2, size=(50, 4))
    layers = [BatchNorm(), BatchNorm()]
    for layer in layers:
        layer(Variable(x))
    program = compile(layers[0], x)
    for _ in range(2):
        y = program(x)
        expected = layers[1](Variable(x))
    np.testing.assert_allclose(y.data, expected.data)
    np.testing.assert_allclose(layers[0].avg_mean.data, layers[1].avg_mean.data)
    np.testing.assert_allclose(layers[0].avg_var.data, layers[1].avg_var.data)


def test_convolution_with_gradients(rng):
    layer = Conv2d(3, 3, pad=1)
    x = rng.normal(size=(2, 4, 6, 6)).astype(np.float32)
    y = F.relu(layer(Variable(x))).sum()
    y.backward()
    expected = [p.grad.data for p in layer.params()]
    layer.cleargrads()
    program = compile(lambda x: F.relu(layer(x)).sum(), x, gradients=layer.params())
    np.testing.assert_allclose(program(x).data, y.data, rtol=1e-4)
    for p, g in zip(layer.params(), expected):
        np.testing.assert_allclose(p.grad.data, g, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("Layer", [RNN, LSTM, GRU])
def test_recurrent_layers(rng, Layer):
    """Unrolled: a graph of as many steps as f takes; the state starts within f."""
    layer, last = Layer(4), Linear(1)

    def f(x):
        layer.reset_state()
        for i in range(len(x)):
            h = layer(x[i])
        layer.reset_state()
        return (last(h) ** 2).sum()

    x = rng.normal(size=(5, 3, 2)).astype(np.float32)
    y = f(Variable(x))
    y.backward()
    params = [*layer.params(), *last.params()]
    expected = [p.grad.data for p in params]
    program = compile(f, x, gradients=params)
    for _ in range(2):
        for p in params:
            p.cleargrad()
        np.testing.assert_allclose(program(x).data, y.data, rtol=1e-4)
        for p, g in zip(params, expected):
            np.testing.assert_allclose(p.grad.data, g, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(f(Variable(x)).data, y.data, rtol=1e-4)


def test_a_layer_that_remembers_is_told_to_forget(rng):
    layer = RNN(4)
    x = np.ones((3, 2), np.float32)
    with pytest.raises(RuntimeError, match="used after f returned.*reset_state"):
        compile(lambda x: layer(x), x)  # in a run it would begin anew
    with pytest.raises(RuntimeError, match="used after f returned.*reset_state"):
        layer(Variable(x))
    layer.reset_state()
    assert layer(Variable(x)).shape == (3, 4)


def test_labels_are_checked_in_every_run():
    program = compile(F.softmax_cross_entropy, np.zeros((2, 3)), np.zeros(2, int))
    with pytest.raises(ValueError, match="expected class numbers from 0 to 2"):
        program(np.zeros((2, 3)), np.array([0, 3]))


@pytest.mark.parametrize(
    "f", [F.embed_id, lambda t, W: W[t], lambda t, W: F.get_item(W, t)]
)
def test_an_index_is_read_in_every_run(rng, f):
    W = Variable(rng.normal(size=(5, 2)))
    program = compile(lambda t: f(t, W).sum(), np.zeros(3, int), gradients=[W])
    for t in ([0, 1, 1], [4, 4, 4]):
        W.cleargrad()
        y = program(np.array(t))
        np.testing.assert_allclose(y.data, W.data[t].sum())
        np.testing.assert_array_equal(W.grad.data[:, 0], np.bincount(t, minlength=5))


def test_class_numbers_of_nll_loss(rng):
    x, t = rng.normal(size=(4, 3)), np.array([0, 2, 1, 1])
    program = compile(lambda x, t: F.nll_loss(F.log_softmax(x), t), x, np.zeros(4, int))
    np.testing.assert_allclose(program(x, t).data, F.softmax_cross_entropy(x, t).data)
    with pytest.raises(ValueError, match="nll_loss: expected class numbers from"):
        program(x, t + 2)


class Peek(Function):
    """From outside the package, and decides by a number."""

    def forward(self, x):
        return x * 2 if x.sum() > 0 else x * 3

    def backward(self, gy):
        return gy * (2 if self.inputs[0].data.sum() > 0 else 3)


def test_a_function_from_outside_that_looks_at_numbers():
    W = Variable(np.ones(2))
    program = compile(lambda: Peek()(W), gradients=[W])
    for sign, slope in (1, 2), (-1, 3):
        W.data[...] = sign
        W.cleargrad()
        np.testing.assert_array_equal(program().data, [sign * slope] * 2)
        np.testing.assert_array_equal(W.grad.data, [slope] * 2)


def test_a_function_that_writes_through_a_view(rng):
    class Tricky(Function):
        def forward(self, x):
            y = x + 0
            y.reshape(-1)[:] *= 2
            rows = y.T
            y += 1
            return rows.T

        def backward(self, gy):
            return gy * 2

    x = rng.normal(size=(2, 3))
    np.testing.assert_allclose(compile(lambda x: Tricky()(x), x)(x).data, 2 * x + 1)


# ------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x if (x > 0).all() else -x,
        lambda x: x * float(x.sum()),
        lambda x: x[: int(x.sum())],
        lambda x: x * np.asarray(x.data),
        lambda x: x * x.data.tolist()[0],
        lambda x: [x for _ in range(3) if x[0] < 2],
        lambda x: x[np.flatnonzero(x.data)],
    ],
)
def test_deciding_by_a_value_is_refused(f):
    with pytest.raises(TypeError, match=r"compile: f .* no numbers.*F.where.*step 72"):
        compile(f, np.ones(3))


def test_masks_are_refused():
    with pytest.raises(TypeError, match=r"placeholder x.*\[mask\]: only a run knows"):
        compile(lambda x: x[x > 0], np.ones(3))
    W = Variable(np.ones(3))
    with pytest.raises(TypeError, match="only a run knows"):
        compile(lambda mask: W[mask], np.ones(3, bool))


def test_a_shape_that_depends_on_numbers_is_refused():
    class Positive(Function):
        def forward(self, x):
            return x[np.flatnonzero(x > 0)]

    program = compile(lambda x: Positive()(x), np.ones(3))
    np.testing.assert_array_equal(program(np.ones(3)).data, np.ones(3))
    with pytest.raises(ValueError, match=r"Positive returned \(3,\) .* now \(1,\)"):
        program(np.array([1.0, -1.0, 0.0]))


def test_the_message_names_the_call():
    with pytest.raises(
        TypeError, match=r"an if or a while by a value, at <greater: \(\)"
    ):
        compile(lambda x: x if x.sum() > 0 else -x, np.ones(3))


def test_where_decides_in_every_run():
    program = compile(lambda x: F.where(x > 0, x, -2 * x), np.zeros(2))
    np.testing.assert_array_equal(program(np.array([3.0, -3.0])).data, [3.0, 6.0])


def test_shapes_are_checked_when_the_graph_is_built():
    x, y = placeholder((2, 3), name="x"), placeholder((2, 4), name="y")
    with pytest.raises(ValueError, match=r"add\(placeholder x: \(2, 3\).*y: \(2, 4\)"):
        compile(lambda x, y: x + y, x, y)
    with pytest.raises(
        ValueError, match=r"MatMul\(placeholder x.*matmul: the last axis"
    ):
        compile(lambda x, y: x @ y, x, y)


def test_dtypes_are_checked_when_the_graph_is_built():
    with pytest.raises(
        TypeError, match=r"SoftmaxCrossEntropy.*t: \(2,\) float32.*ints"
    ):
        compile(
            F.softmax_cross_entropy,
            placeholder((2, 3), name="x"),
            placeholder(2, np.float32, "t"),
        )


def test_arrays_of_a_run_are_checked():
    program = compile(lambda x, t: x + t, np.ones(3), np.ones(3))
    with pytest.raises(
        ValueError, match=r"t must be \(3,\) float64.*got \(4,\) float64"
    ):
        program(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match=r"x must be .*got \(3,\) float32"):
        program(np.ones(3, np.float32), np.ones(3))
    with pytest.raises(TypeError, match="expected 2 arguments, x, t; got 1"):
        program(np.ones(3))


def test_a_variable_that_changed_its_shape_is_refused():
    W = Variable(np.ones(2), "W")
    program = compile(lambda: W * 2)
    W.data = np.ones(3)
    with pytest.raises(ValueError, match=r"W was \(2,\) float64 .* is \(3,\)"):
        program()
    W.data = None
    with pytest.raises(ValueError, match=r"W was \(2,\) float64 .* is None now"):
        program()


def test_the_other_mode_is_refused():
    program = compile(lambda x: F.dropout(x), np.ones(3))
    with (
        dezero.test_mode(),
        pytest.raises(RuntimeError, match="compiled in training mode"),
    ):
        program(np.ones(3))


def test_what_f_returns_is_checked():
    with pytest.raises(TypeError, match="f must return a Variable.* got NoneType"):
        compile(lambda x: None, np.ones(3))


def test_gradients_that_f_does_not_use():
    with pytest.raises(ValueError, match="f uses none of the Variables in gradients"):
        compile(lambda x: x * 2, np.ones(3), gradients=[Variable(np.ones(3))])


def test_second_derivative_of_what_stays_whole():
    def f(x):
        return F.softmax_cross_entropy(x, np.array([0, 1]))

    x = np.zeros((2, 3))
    np.testing.assert_allclose(compile(func.grad(f), x)(x).data, func.grad(f)(x).data)
    with pytest.raises(
        TypeError, match="SoftmaxCrossEntropy looks at numbers, draws .* stays whole"
    ):
        compile(func.hessian(f), x)


def test_a_value_to_fill_with_is_read_in_every_run():
    class Filled(Function):
        def forward(self, x):
            return np.full_like(x, x.sum()) + np.zeros_like(x)

    program = compile(lambda x: Filled()(x), np.ones(2))
    np.testing.assert_array_equal(program(np.array([3.0, 4.0])).data, [7.0, 7.0])


def test_a_value_that_was_kept_is_refused():
    kept = []
    compile(lambda x: kept.append(x * 2) or x, np.ones(3))
    with pytest.raises(RuntimeError, match="used after f returned.*reset_state"):
        kept[0] + 1


def test_a_failed_compile_leaves_everything_as_it_was():
    kept = []
    with pytest.raises(TypeError, match="compile"):
        compile(lambda x: kept.append(x) or (x if x > 0 else x), np.ones(()))
    with pytest.raises(RuntimeError, match="used after f returned"):
        kept[0] * 2
    assert (Variable(np.ones(2)) * 2).sum().data == 4


def test_other_threads_compute_meanwhile():
    found = []

    def f(x):
        thread = threading.Thread(
            target=lambda: found.append(F.exp(Variable(np.zeros(2))))
        )
        thread.start()
        thread.join()
        return x * 2

    compile(f, np.ones(2))
    np.testing.assert_array_equal(found[0].data, [1, 1])


# --------------------------------------------------------------------- text, drawing


def test_source_is_python_that_can_be_read():
    W = Variable(np.ones((2, 2)), "W")
    program = compile(lambda x: F.tanh(x @ W + 1.0), np.ones((3, 2)))
    lines = [line.strip() for line in program.source.splitlines()]
    assert lines[0] == "def run(x):"
    assert lines[-4] == "v1 = x.dot(W)"
    assert lines[-2:] == [
        "v1 = tanh(v1)",
        "return asarray(v1),",
    ]  # v1 is free again


@pytest.mark.parametrize(
    "name", ["lambda", "np", "v1", "empty", "a b", "", "tanh", "_"]
)
def test_any_label_will_do(name):
    program = compile(lambda x: F.tanh(x) + 1, placeholder(2, name=name))
    np.testing.assert_allclose(program(np.ones(2)).data, np.tanh(1) + 1)


def test_dot():
    program = compile(lambda a, b: a * b + 2, np.ones(3), np.ones(3))
    assert program.before.to_dot().count("shape=box") == 2
    after = program.after.to_dot()
    assert after.count("shape=box") == 1
    assert 'label="multiply add\\n(3,) float64"' in after
    assert after.count("->") == 3
    assert 'label="a\\n(3,) float64"' in after and 'label="2\\n() float64"' in after


def test_counts_in_the_repr():
    program = compile(lambda x: x * x + 1, placeholder(3, name="x"))
    assert repr(program) == "<Program(x (3,) float64): 2 calls, now 1>"


# --- names, threads, the generator --------------------------------------------


class Doubled(Function):
    """Looks at numbers, so it stays whole."""

    def forward(self, x):
        return x * 2 if x.sum() > 0 else x + x

    def backward(self, gy):
        return gy * 2


def with_names(id, set, slice, own, seen, chain0, array, run, range, v1, _c1):
    parts = id[1:] * set[1:] + slice[1:] + own[1:] * seen[1:] + chain0[1:]
    return Doubled()(array * run), parts, Doubled()(range + v1 * _c1)


def test_arguments_may_be_called_as_what_the_source_uses():
    xs = [np.array([float(i), i + 1.0]) for i in range(1, 12)]
    program = compile(with_names, *xs)
    for y, plain in zip(program(*xs), with_names(*map(Variable, xs))):
        np.testing.assert_allclose(y.data, plain.data)


def test_names_that_are_given_and_names_that_are_made_do_not_meet():
    def f(x_1, array, x_0, empty):
        return x_1 + 10 * array + 100 * x_0 + 1000 * empty

    program = compile(f, *[placeholder(())] * 4)
    assert program(*map(np.array, (1.0, 2.0, 3.0, 4.0))).data == 4321.0


@pytest.mark.parametrize(
    "name", ["add", "sin", "empty", "asarray", "min", "id", "class"]
)
def test_variables_may_be_called_as_what_the_source_uses(name):
    x, W = np.linspace(0, 1, 5), Variable(np.arange(5.0), name=name)

    def f(x):
        return F.sin(x * W + 1) + F.min(W) + W, W

    ys = compile(f, x, gradients=[W])(x)
    np.testing.assert_allclose(ys[0].data, np.sin(x * W.data + 1) + W.data)
    np.testing.assert_array_equal(ys[1].data, W.data)
    assert ys[1].data is not W.data


def test_two_threads_compile_at_the_same_time():
    inside, asked = threading.Event(), threading.Event()
    results = []

    def slow(x):
        inside.set()
        asked.wait(60)
        return x * 2

    def run(f):
        results.append(float(compile(f, placeholder(()))(np.array(3.0)).data))

    first = threading.Thread(target=run, args=(slow,))
    first.start()
    assert inside.wait(60)
    run(lambda x: x * 5)  # the first is still following, and notes nothing of it
    assert results == [15.0]
    asked.set()
    first.join()
    assert results == [15.0, 6.0]


@pytest.mark.skipif(
    np.lib.NumpyVersion(np.__version__) < "2.4.0",
    reason="older NumPys have no lock that can be held while drawing",
)
def test_other_threads_draw_on_while_f_is_followed():
    """compile sets NumPy's generator back; what others draw must not come again."""
    started, drawn = threading.Event(), []

    class Waits(Function):
        def forward(self, x):
            started.set()
            other.join(0.2)  # as long as compile is here, the other one has to wait
            if type(x) is np.ndarray:
                return x * np.random.rand()  # noqa: NPY002
            return x * np.random.rand(*x.shape)  # noqa: NPY002

        def backward(self, gy):
            return gy

    def draw():
        started.wait(60)
        drawn.extend(np.random.rand(3))  # noqa: NPY002

    other = threading.Thread(target=draw)
    other.start()
    compile(lambda x: Waits()(x), placeholder((2,)))
    other.join()
    drawn.extend(np.random.rand(3))  # noqa: NPY002
    assert len(set(drawn)) == 6


# --- what is handed in by mistake ---


@pytest.mark.parametrize(
    "change", [static.fold, static.merge, static.prune, static.fuse]
)
def test_passes_take_graphs(change):
    with pytest.raises(
        TypeError, match=f"{change.__name__}: graph must be a Graph, .*72"
    ):
        change("digraph g {}")


def test_nodes_and_graphs_say_what_they_take():
    with pytest.raises(TypeError, match="Node: function must be a function, or None"):
        static.Node(None)
    with pytest.raises(TypeError, match="unexpected keyword argument 'shpae'"):
        static.Node(np.exp, shpae=(2,))
    with pytest.raises(TypeError, match="Graph: nodes must be Nodes, got 3"):
        static.Graph([3], [])


def test_compile_says_what_it_takes():
    x = np.ones(2)
    with pytest.raises(TypeError, match="compile: .* can be called, got 3"):
        static.compile(3, x)
    with pytest.raises(
        TypeError, match="compile: gradients must be Variables, got 'W'"
    ):
        static.compile(F.sin, x, gradients=["W"])
    with pytest.raises(TypeError, match="placeholder: dtype must be a dtype, such as"):
        static.placeholder((2,), "flaot32")
    with pytest.raises(TypeError, match="Program: x must be .* got None"):
        static.compile(F.sin, x)(None)


def test_one_variable_is_a_list_of_gradients():
    """A Variable can be iterated over, but its slices are not what is meant."""
    w = Variable(np.array([1.0, 2.0]))
    static.compile(lambda x: (x * w).sum(), np.ones(2), gradients=w)(
        np.array([3.0, 4.0])
    )
    np.testing.assert_array_equal(w.grad.data, [3.0, 4.0])


# --- what is not the same in every run is refused ---

X = np.array([1.0, 2.0, 3.0])


def variable(*numbers, name=None):
    return Variable(np.array(numbers), name)


@pytest.mark.parametrize(
    "call, f",
    [
        ("where", lambda x: x[np.where(x.data > 0)]),
        ("nonzero", lambda x: x[np.nonzero(x.data)]),
        ("unique", lambda x: Variable(np.unique(x.data))),
        ("repeat", lambda x: Variable(np.repeat(x.data, x.data > 0))),
        ("repeat", lambda x: Variable(x.data.repeat(x.data > 0))),
        ("tile", lambda x: Variable(np.tile(x.data, x.data > 0))),
        ("compress", lambda x: Variable(np.compress(x.data > 0, x.data))),
    ],
)
def test_shapes_that_only_a_run_knows_are_refused(call, f):
    with pytest.raises(TypeError, match=f"compile: f calls {call}, .* shape .*F.where"):
        compile(f, X)


def test_counts_and_masks_that_f_makes_are_fixed():
    program = compile(lambda x: Variable(np.repeat(x.data, [1, 2, 0])), X)
    np.testing.assert_array_equal(program(2 * X).data, [2.0, 4.0, 4.0])
    program = compile(lambda x: x[np.array([True, False, True])], X)
    np.testing.assert_array_equal(program(2 * X).data, [2.0, 6.0])


def test_a_variable_that_was_computed_outside_is_refused():
    W = variable(1.0, 2.0, 3.0)
    h = W * 2
    with pytest.raises(TypeError, match="f uses a Variable .*, computed outside of f"):
        compile(lambda x: (x * h).sum(), X, gradients=[W])
    h = h.detach()
    assert compile(lambda x: (x * h).sum(), X)(X).data == 28.0


def test_training_steps_within_f_are_refused():
    model = Linear(1)
    x = np.ones((2, 3), np.float32)
    optimizer = SGD(0.1).setup(model)
    model(Variable(x)).sum().backward()
    optimizer.update()
    before = model.W.data.copy()

    def loss(x, *after):
        y = model(x).sum()
        for call in after:
            call(y)
        return y

    def backward(y):
        y.backward()

    for message, after in [
        ("calls backward, which leaves a gradient in", [backward]),
        ("sets the grad of", [lambda y: model.cleargrads(), backward]),
        ("reads the grad of", [lambda y: optimizer.update()]),
        ("reads the grad of", [lambda y: model.W.grad * 2]),
        ("changes the data of", [lambda y: setattr(model.W, "data", before * 2)]),
    ]:
        with pytest.raises(TypeError, match=f"compile: f {message} .*optimizer.update"):
            compile(lambda x, after=after: loss(x, *after), x)
    np.testing.assert_array_equal(model.W.data, before)


def test_a_backward_within_f_runs_in_every_run():
    def f(x):
        (x * x).sum().backward()
        return x.grad * 1

    program = compile(f, X)
    np.testing.assert_array_equal(program(X).data, 2 * X)
    np.testing.assert_array_equal(program(3 * X).data, 6 * X)
    with pytest.raises(TypeError, match="would leave a gradient in x.*pass an"):
        program(Variable(X))


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.data.__setitem__(..., 0),
        lambda x: x.data.__imul__(2),
        lambda x: x.data.reshape(-1).__iadd__(1),
        lambda x: np.exp(x.data, out=x.data),
        lambda x: np.clip(x.data, 0, 1, x.data),
        lambda x: np.nan_to_num(x.data, copy=False),
        lambda x: setattr(x, "data", x.data * 2),
    ],
)
def test_changes_of_an_argument_are_refused(change):
    with pytest.raises(TypeError, match="compile: f .*(array|data)"):
        compile(lambda x: [change(x), x * 2][1], X)
    W = variable(1.0, 2.0, 3.0)
    with pytest.raises(TypeError, match="compile: f .*(array|data)"):
        compile(lambda x: [change(W), x * W][1], X)
    np.testing.assert_array_equal(W.data, X)


def test_a_function_that_writes_into_what_it_is_given_is_refused():
    class Writes(Function):
        def forward(self, x):
            x[...] = 0
            return x + 1

    with pytest.raises(ValueError, match=r"compile: Writes\(placeholder x.*read-only"):
        compile(lambda x: Writes()(x), X)


def test_a_function_that_writes_only_now_and_then_is_refused_in_that_run():
    class Sometimes(Function):
        def forward(self, x):
            if x.sum() < 0:
                x[...] = 0
            return x + 1

    program = compile(lambda x: Sometimes()(x), X)
    np.testing.assert_array_equal(program(X).data, X + 1)
    with pytest.raises(ValueError, match="read-only"):
        program(-X)


@pytest.mark.parametrize(
    "read", [float, int, bool, Variable.item, Variable.tolist, lambda s: s.data.item()]
)
def test_numbers_of_variables_from_outside_are_refused(read):
    s = variable(2.0)
    with pytest.raises(TypeError, match="compile: f .*no numbers"):
        compile(lambda x: x * (read(s) if read is not bool else (1 if s else 2)), X)


def test_what_changes_from_call_to_call_is_refused():
    rng, calls = np.random.default_rng(0), []
    for f in [
        lambda x: x + rng.normal(size=3),
        lambda x: x + np.random.randn(3),  # noqa: NPY002
        lambda x: calls.append(1) or x * len(calls),
        lambda x: calls.append(1) or (x + 1 if len(calls) % 2 else x),
    ]:
        with pytest.raises(
            TypeError, match="f does not do the same each time.*F.dropout"
        ):
            compile(f, X)


def test_hooks_run_in_every_run_or_are_refused():
    W, V = variable(1.0, 2.0, 3.0), variable(1.0, 1.0, 1.0)
    program = compile(lambda x: (x * W * V).sum(), X, gradients=[W])
    W.register_hook(lambda gradient: gradient * 10)
    program(X)
    np.testing.assert_array_equal(W.grad.data, 10 * X)
    V.register_hook(lambda gradient: gradient)
    with pytest.raises(TypeError, match="whose hooks no run would call"):
        compile(lambda x: (x * W * V).sum(), X, gradients=[W])


def test_a_hook_within_f_is_part_of_it():
    W = variable(1.0, 2.0, 3.0)

    def f(x):
        y = x * W
        y.register_hook(lambda gradient: gradient * 10)
        return y.sum()

    compile(f, X, gradients=[W])(X)
    np.testing.assert_array_equal(W.grad.data, 10 * X)


def test_a_result_leads_nowhere():
    W = variable(1.0, 2.0, 3.0)
    y = compile(lambda x: (x * W).sum(), X, gradients=[W])(X)
    for x in y, W.grad:
        with pytest.raises(RuntimeError, match="comes from a compiled Program"):
            x.backward()


def test_what_was_frozen_later_is_refused():
    W = variable(1.0, 2.0, 3.0)
    program = compile(lambda x: (x * W).sum(), X, gradients=[W])
    W.requires_grad_(False)
    with pytest.raises(RuntimeError, match="requires_grad of a Variable in gradients"):
        program(X)


def test_compile_within_compile_is_refused():
    program = compile(F.sin, X)
    with pytest.raises(
        TypeError, match="Program: called in a function that is being compiled"
    ):
        compile(lambda x: program(x), X)
    with pytest.raises(
        TypeError, match="compile: called in a function that is being compiled"
    ):
        compile(lambda x: compile(F.sin, X)(x), X)


# --- what is read in every run ---


def test_the_data_of_a_variable_is_read_in_every_run_whoever_reads_it():
    class Scale(Function):
        def forward(self, x):
            return x * W.data

        def backward(self, gy):
            return gy * W.data

    W = variable(1.0, 2.0, 3.0)
    programs = [compile(lambda x: x * W.data, X), compile(lambda x: Scale()(x), X)]
    W.data = np.array([5.0, 5.0, 5.0])
    for program in programs:
        np.testing.assert_array_equal(program(X).data, 5 * X)


def test_an_array_from_outside_is_read_in_every_run():
    scale = np.ones(3)
    program = compile(lambda x: x * scale + np.zeros(3), X)
    scale[...] = 4
    np.testing.assert_array_equal(program(X).data, 4 * X)


@pytest.mark.parametrize("train", [True, False])
def test_running_averages_are_those_of_the_layer(rng, train):
    layers = BatchNorm(), BatchNorm()
    for layer in layers:
        layer(np.ones((4, 3)))
    with dezero.using_config("train", train):
        program = compile(layers[0], np.ones((4, 3)))
        for run in range(3):
            for layer in layers:
                if run == 1:
                    layer.avg_mean.data = np.arange(3.0)  # another array
                    layer.avg_var.data[...] = 7
            x = rng.normal(size=(4, 3))
            np.testing.assert_allclose(program(x).data, layers[1](x).data)
            for a, b in zip(layers[0].params(), layers[1].params()):
                np.testing.assert_allclose(a.data, b.data)


def test_test_mode_within_f_stays():
    layer = BatchNorm()
    layer(np.ones((4, 3)))

    def f(x):
        with dezero.test_mode():
            return layer(x) * 1

    before, x = layer.avg_mean.data.copy(), np.arange(12.0).reshape(4, 3)
    np.testing.assert_allclose(compile(f, x)(x).data, f(Variable(x)).data)
    np.testing.assert_array_equal(layer.avg_mean.data, before)


def test_a_function_that_sets_its_state_anew_is_refused():
    class Average(Function):
        def __init__(self):
            self.mean = np.zeros(3)

        def forward(self, x):
            self.mean = (self.mean + x) / 2
            return self.mean

    average = Average()
    with pytest.raises(TypeError, match=r"Average.forward sets self.mean.*in place"):
        compile(lambda x: average(x) * 1, X)
    np.testing.assert_array_equal(average.mean, np.zeros(3))


class Average(Function):
    """Changes an array that it has, in place."""

    def __init__(self, mean):
        self.mean = mean

    def forward(self, x):
        self.mean[...] = (self.mean + x) / 2
        return self.mean.copy()


def test_a_function_that_changes_an_array_keeps_it():
    average = Average(np.zeros(3))
    program = compile(lambda x: average(x) * 1, X)
    np.testing.assert_array_equal(program(X).data, X / 2)
    np.testing.assert_array_equal(program(X).data, 3 * X / 4)
    np.testing.assert_array_equal(average.mean, 3 * X / 4)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: Average(np.zeros(3))(x) * 1,
        lambda x: F.batch_norm(x.reshape(1, 3), X, X, np.zeros(3), np.ones(3)),
        lambda x: Average((x * 1).data)(x),
        lambda x: Average(x.data)(x),
    ],
)
def test_a_function_that_changes_what_f_makes_is_refused(f):
    """A run would find there what the last one left."""
    with pytest.raises(TypeError, match="compile: f .*(that f makes|write into an)"):
        compile(f, X)


@pytest.mark.parametrize("where", ["before", "after", "both", "a view", "kept"])
def test_averages_are_read_where_f_reads_them(rng, where):
    def f(layer, x):
        mean = layer.avg_mean.data
        before, kept, view = mean * 2.0, mean.copy(), mean.reshape(1, 3)
        y = layer(x)
        parts = {"before": before, "after": mean * 2.0, "kept": kept, "a view": view[0]}
        return y + parts.get(where, before + mean * 2.0)

    layers = BatchNorm(), BatchNorm()
    for layer in layers:
        layer(np.ones((4, 3)))
    program = compile(lambda x: f(layers[0], x), np.ones((4, 3)))
    for _ in range(3):
        x = rng.normal(size=(4, 3))
        np.testing.assert_allclose(program(x).data, f(layers[1], Variable(x)).data)


def test_a_number_that_is_changed_in_place_is_no_array():
    class Twice(Function):
        def forward(self, x):
            y = z = x * 2  # of a 0-d array NumPy makes a number, which is not changed
            y += 1
            return y * z

    x = Variable(np.array(3.0))
    assert compile(lambda x: Twice()(x), x)(x).data == Twice()(x).data == 42


def test_what_f_itself_changes_outside_is_refused():
    calls = np.zeros(3)

    def f(x):
        calls[...] += 1  # a run would not do it
        return x * calls

    with pytest.raises(TypeError, match="f does not do the same each time"):
        compile(f, X)


def test_threads_run_one_program_at_the_same_time(rng):
    """A run keeps what dropout drew for itself."""
    W = Variable(np.ones(1000))
    program = compile(lambda x: func.grad(lambda W: F.dropout(W * x).sum())(W), X[:1])
    found = []

    def run(n):
        for _ in range(50):
            found.append((n, set(program(np.array([n])).data)))

    threads = [threading.Thread(target=run, args=(n,)) for n in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(values == {0, 2 * n} for n, values in found)


@pytest.mark.parametrize(
    "f, wrong",
    [
        (lambda x, t: F.embed_id(t, x), [0, 4]),
        (lambda x, t: F.gather(x, t.reshape((2, 1))), [0, -5]),
        (F.nll_loss, [0, -1]),
        (F.cross_entropy, [0, 3]),
        (lambda x, t: F.cross_entropy(x, t, 0.1), [-1, 0]),
        (lambda x, t: F.cross_entropy(x, t, ignore_index=-1), [-2, 0]),
        (F.softmax_cross_entropy_simple, [0, -1]),
        (F.accuracy, [0, -1]),
    ],
)
def test_values_are_checked_in_every_run_as_without_compile(f, wrong):
    x, t = np.arange(6.0).reshape(2, 3), np.array([0, 1])
    program = compile(f, x, t)
    np.testing.assert_allclose(program(x, t).data, f(x, t).data)
    with pytest.raises((ValueError, IndexError)) as plain:
        f(x, np.array(wrong))
    with pytest.raises(type(plain.value)) as compiled:
        program(x, np.array(wrong))
    assert str(compiled.value) == str(plain.value)


def test_rows_to_ignore_are_those_of_the_run(rng):
    W = Variable(rng.normal(size=(4, 3)))

    def f(t):
        return F.cross_entropy(W, t, ignore_index=-1)

    program = compile(f, np.zeros(4, int), gradients=[W])
    for t in ([0, 1, 2, 0], [0, -1, -1, 2], [-1, -1, -1, -1]):
        W.cleargrad()
        value = program(np.array(t))
        found, _ = W.grad.data, W.cleargrad()
        y = f(np.array(t))
        y.backward()
        np.testing.assert_allclose(value.data, y.data)
        np.testing.assert_allclose(found, W.grad.data)
