"""Step 72: each pass on small graphs, what a Node refuses, and learn in four ways."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, static


@pytest.fixture
def step(load_step):
    return load_step(72)


@pytest.fixture
def graph_of(step):
    """Return a function that follows f on placeholders of these shapes."""

    def follow(f, *shapes, dtype=np.float64):
        step.Node.tape.clear()
        xs = [step.placeholder(s, dtype, n) for n, s in zip("abc", shapes)]
        ys = f(*xs)
        return step.Graph(step.Node.tape, ys if isinstance(ys, tuple) else [ys])

    return follow


def calls(graph):
    return [node.name for node in graph.nodes if node.function]


def test_a_node_has_shape_and_dtype(step):
    step.Node.tape.clear()
    a = step.placeholder((2, 3), np.float32, "a")
    b = np.tanh(a * 2.0 + 1.0).sum(axis=0, keepdims=True)
    assert (b.shape, b.dtype, b.ndim) == ((1, 3), np.float32, 2)
    assert repr(a) == "a (2, 3) float32"
    names = [node.name for node in step.Node.tape]
    assert names == ["a", "multiply", "add", "tanh", "sum"]
    assert isinstance(a, np.ndarray) and type(a) is step.Node


def test_shapes_are_checked_when_the_graph_is_built(step):
    a, b = (step.placeholder(s, name=n) for n, s in (("a", (2, 3)), ("b", (2, 4))))
    count = len(step.Node.tape)
    with pytest.raises(ValueError, match="broadcast together with shapes"):
        a + b
    with pytest.raises(ValueError, match="not aligned"):
        a.dot(b)
    assert len(step.Node.tape) == count


def test_dtypes_are_checked_when_the_graph_is_built(step):
    mask = step.placeholder(3, bool, "mask")
    with pytest.raises(TypeError, match="negative"):
        np.negative(mask)


@pytest.mark.parametrize(
    "ask", [bool, float, np.asarray, lambda a: np.zeros(3)[a], lambda a: [1, 2][a > 0]]
)
def test_a_node_has_no_number(step, ask):
    a = step.placeholder((), name="a")
    with pytest.raises(TypeError, match="no number yet|indices must be"):
        ask(a)


def test_nothing_is_written_in_place(step):
    a = step.placeholder(3, name="a")
    with pytest.raises(TypeError, match="out"):
        a += 1


def test_fold(step, graph_of):
    graph = graph_of(lambda a: a * (np.ones_like(a) / 4), 2)
    assert calls(graph) == ["ones_like", "divide", "multiply"]
    folded = step.fold(graph)
    assert calls(folded) == ["multiply"]
    np.testing.assert_array_equal(folded.outputs[0].args[1], [0.25, 0.25])


def test_fold_leaves_placeholders(step, graph_of):
    graph = step.fold(graph_of(lambda a, b: np.tanh(a) + b, 2, 2))
    assert [node.name for node in graph.nodes] == ["a", "b", "tanh", "add"]


def test_merge(step, graph_of):
    graph = graph_of(lambda a: np.tanh(a * 2) + np.tanh(a * 2), 2)
    assert calls(step.merge(graph)) == ["multiply", "tanh", "add"]


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a.sum(axis=0) + a.sum(axis=1),
        lambda a, b: a * 2 + a * 3,
        lambda a, b: (a - 2) + (2 - a),
        lambda a, b: np.tanh(a) + np.tanh(b),
        lambda a, b: a * np.array([1.0, 2.0]) + a * np.array([1.0, 3.0]),
    ],
)
def test_merge_keeps_different_calls_apart(step, graph_of, f):
    graph = graph_of(f, (2, 2), (2, 2))
    assert len(step.merge(graph).nodes) == len(graph.nodes)


def test_prune(step, graph_of):
    def f(a, b):
        np.tanh(a * b)
        return a + 1

    graph = step.prune(graph_of(f, 2, 2))
    assert [node.name for node in graph.nodes] == ["a", "b", "add"]


def test_fuse(step, graph_of):
    graph = step.fuse(graph_of(lambda a, b, c: a * b + c, 3, 3, 3))
    assert calls(graph) == ["add"]
    run, lines = step.compile(graph)
    assert lines == [
        "def run(a, b, c):",
        "v3 = add(multiply(a, b), c)",
        "return v3",
    ]
    a, b, c = np.arange(9.0).reshape(3, 3)
    np.testing.assert_array_equal(run(a, b, c), a * b + c)


def test_fuse_leaves_what_is_used_twice_returned_or_of_another_shape(step, graph_of):
    def f(a, b):
        y = np.tanh(a)
        return y * y, np.exp(b), np.exp(b) + 1, np.exp(b) + a

    graph = step.merge(graph_of(f, (2, 3), 3))
    assert calls(step.fuse(graph)) == ["tanh", "multiply", "exp", "add", "add"]
    graph = graph_of(lambda a, b: np.exp(b) + a, (2, 3), 3)
    assert calls(step.fuse(graph)) == ["exp", "add"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_passes_change_no_value(step, graph_of, rng, dtype):
    def f(a, b):
        a, b = Variable(a), Variable(b)
        y = F.tanh(a * b + 1.0) * F.exp(-b) / 4.0
        (y + y.sum(axis=0)).sum().backward()
        return y.data, a.grad.data, b.grad.data

    arrays = rng.normal(size=(2, 3, 4)).astype(dtype)
    graph = graph_of(f, (3, 4), (3, 4), dtype=dtype)
    for change in (step.fold, step.merge, step.prune, step.fuse):
        graph = change(graph)
        run, _ = step.compile(graph)
        for y, expected in zip(run(*arrays), f(*arrays)):
            assert y.dtype == expected.dtype
            np.testing.assert_allclose(y, expected, rtol=1e-5)


@pytest.fixture
def arrays(rng):
    shapes = (20, 1), (20, 1), (1, 4), (4,), (4, 1), (1,)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.fixture
def compiled(step, arrays):
    """Return learn, compiled: one build."""
    step.Node.tape.clear()
    names = "x t W1 b1 W2 b2".split()
    xs = [step.placeholder(x.shape, name=n) for n, x in zip(names, arrays)]
    graph = step.Graph(step.Node.tape, step.learn(*xs))
    for improve in (step.fold, step.merge, step.prune, step.fuse):
        graph = improve(graph)
    return step.compile(graph)[0]


def test_many_runs_of_one_build(step, arrays, compiled):
    """Step, package and dynamic run walk the same way down."""
    program = static.compile(step.learn, *arrays)
    ways = [step.learn, compiled, lambda *xs: [y.data for y in program(*xs)]]
    found = []
    for f in ways:
        state, losses = list(arrays), []
        for _ in range(50):
            loss, *state[2:] = f(*state)
            losses.append(float(loss))
        found.append(losses)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9)
    np.testing.assert_allclose(found[2], found[0], rtol=1e-9)
    assert found[0][-1] < found[0][0]


def test_new_weights_against_the_slope(step, arrays, compiled):
    """What one run took off W1 is 0.1 times the slope by finite differences."""
    _, W1, *_ = compiled(*arrays)
    h = 1e-6
    for i in range(4):
        losses = []
        for sign in (1, -1):
            moved = [a.copy() for a in arrays]
            moved[2][0, i] += sign * h
            losses.append(compiled(*moved)[0])
        slope = (losses[0] - losses[1]) / (2 * h)
        assert (arrays[2] - W1)[0, i] == pytest.approx(0.1 * slope, rel=1e-6)


def test_a_loss_alone_needs_no_backward(step, arrays):
    """prune leaves out all that only the new weights need."""
    step.Node.tape.clear()
    xs = [step.placeholder(x.shape, name=n) for n, x in zip("xtabcd", arrays)]
    loss, *_ = step.learn(*xs)
    graph = step.prune(step.Graph(step.Node.tape, [loss]))
    found = calls(graph)
    assert len(found) == 10 and "tanh" in found and "transpose" not in found


def test_each_pass_finds_something_in_learn(run_step):
    """And multiply, then add, is one expression."""
    text = run_step(72)
    assert "fold, merge, prune, fuse: [49, 45, 42, 39, 31]" in text
    assert "add(b2, multiply(" in text


def test_the_pictures_are_of_this_graph(step, graph_of):
    graph = graph_of(lambda a, b: np.tanh(a * b), 3, 3)
    dot = static.Graph.to_dot(graph)
    for text in ('label="a', 'label="b', 'label="multiply', 'label="tanh'):
        assert text in dot
    assert dot.count("->") == 3
