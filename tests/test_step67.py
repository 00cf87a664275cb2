"""Step 67: a second engine, that counts children."""

import numpy as np
import pytest

import dezero
from dezero.gradcheck import check_gradients

# Grokking Deep Learning, chapter 13: ten losses, by hand, without the factor 2
LOSSES = [
    5.066439994622395,
    0.4959907791902342,
    0.4180671892167177,
    0.35298133007809646,
    0.2972549636567377,
    0.2492326038163328,
    0.20785392075862477,
    0.17231260916265176,
    0.14193744536652986,
    0.11613979792168384,
]


@pytest.fixture
def step(load_step):
    return load_step(67)


def leaves(step, *arrays):
    return [step.Tensor(array, autograd=True) for array in arrays]


def five(step):
    """Return a, b, c and f = (a + b) + (b + c)."""
    a, b, c = leaves(step, *np.ones((3, 5)))
    d = a + b
    e = b + c
    return a, b, c, d + e


def test_overwritten(step):
    a, b, c, f = five(step)
    step.overwrite(f, step.Tensor(np.ones(5)))
    assert [x.grad.data.tolist() for x in (a, b, c)] == [[1] * 5] * 3


def test_added_up(step):
    a, b, c, f = five(step)
    f.backward(step.Tensor(np.ones(5)))
    assert b.grad.data.tolist() == [2, 2, 2, 2, 2]
    assert a.grad.data.tolist() == c.grad.data.tolist() == [1, 1, 1, 1, 1]


def test_the_published_numbers_are_printed(step, run_step):
    lines = run_step(67).splitlines()
    assert lines[0] == "overwrite b.grad = [1. 1. 1. 1. 1.]"
    assert lines[1] == "backward  b.grad = [2. 2. 2. 2. 2.]"
    assert lines[2].split(":")[1] == lines[3].split(":")[1]
    titles = "by hand, with the rate 0.1:", "by tensors, with the rate 0.05:"
    for title, first in zip(titles, (4, 8)):
        assert lines[first] == f"losses {title}"
        printed = " ".join(lines[first + 1 : first + 4]).split()
        assert [float(x) for x in printed] == pytest.approx(LOSSES, rel=1e-8)


def test_the_losses_and_the_missing_factor(step):
    by_hand = list(step.train(step.by_hand, 0.1))
    assert by_hand == pytest.approx(LOSSES, rel=1e-8)
    assert list(step.train(step.by_tensors, 0.05)) == pytest.approx(LOSSES, rel=1e-8)
    # the same rate is another way
    assert list(step.train(step.by_tensors, 0.1))[1] == pytest.approx(1.7252, rel=1e-4)


def test_the_engine_finds_twice_what_was_written_by_hand(step, rng):
    x, t, W0, W1 = (rng.normal(size=s) for s in [(4, 2), (4, 1), (2, 3), (3, 1)])
    hand = step.by_hand(x, t, W0, W1)
    engine = step.by_tensors(x, t, W0, W1)
    assert hand[0] == pytest.approx(engine[0])
    for g, g2 in zip(hand[1:], engine[1:]):
        np.testing.assert_allclose(2 * g, g2)

    def loss(W0, W1):
        return dezero.functions.sum((dezero.as_variable(x) @ W0 @ W1 - t) ** 2)

    W0, W1 = dezero.Variable(W0), dezero.Variable(W1)
    loss(W0, W1).backward()
    np.testing.assert_allclose(engine[1], W0.grad.data)
    np.testing.assert_allclose(engine[2], W1.grad.data)


# --- each operation beside dezero's ---

OPERATIONS = {
    "add": (lambda x, y: x + y, [(2, 3), (2, 3)]),
    "neg": (lambda x: -x, [(2, 3)]),
    "sub": (lambda x, y: x - y, [(2, 3), (2, 3)]),
    "mul": (lambda x, y: x * y, [(2, 3), (2, 3)]),
    "sum(0)": (lambda x: x.sum(0), [(2, 3)]),
    "sum(1)": (lambda x: x.sum(1), [(2, 3)]),
    "sum(-1)": (lambda x: x.sum(-1), [(2, 3, 4)]),
    "transpose": (lambda x: x.transpose(), [(2, 3)]),
    "mm": (lambda x, y: mm(x, y), [(2, 3), (3, 4)]),
    "expand(0)": (lambda x: expand(x, 0, 4), [(3,)]),
    "expand(1)": (lambda x: expand(x, 1, 4), [(2, 3)]),
    "expand(-1)": (lambda x: expand(x, -1, 4), [(2, 3)]),
    "expand of a number": (lambda x: expand(x, 0, 4), [()]),
}


def mm(x, y):
    return x.mm(y) if hasattr(x, "mm") else x @ y


def expand(x, dim, copies):
    if hasattr(x, "expand"):
        return x.expand(dim, copies)
    shape = list(x.shape)
    shape.insert(dim if dim >= 0 else x.ndim + 1 + dim, 1)
    ones = [n if i != (dim % (x.ndim + 1)) else copies for i, n in enumerate(shape)]
    return dezero.functions.broadcast_to(x.reshape(shape), ones)


def both(step, function, *arrays):
    """Return value, gradients, and gradients of these, of both engines."""
    start = np.cos(function(*(dezero.Variable(a) for a in arrays)).data)
    x = leaves(step, *arrays)
    y = function(*x)
    y.backward(step.Tensor(start), create_graph=True)
    firsts, ours = numbers(x), [x.grad for x in x]
    for a in x:
        a.grad = None
    for g in ours:
        if g is not None and g.creators:
            g.backward(step.Tensor(np.sin(g.data + 1)))
    ours = [y.data, *firsts, *numbers(x)]

    x = [dezero.Variable(array) for array in arrays]
    y = function(*x)
    y.grad = dezero.Variable(np.asarray(start), requires_grad=False)
    y.backward(create_graph=True)
    firsts, theirs = numbers(x), [x.grad for x in x]
    for a in x:
        a.cleargrad()
    for g in theirs:
        if g is not None and g.creator:
            g.grad = dezero.Variable(np.asarray(np.sin(g.data + 1)))
            g.backward()
    return ours, [y.data, *firsts, *numbers(x)]


def numbers(x):
    """Return the gradients as arrays, zeros where there is none."""
    return [0 * a.data if a.grad is None else a.grad.data + 0 for a in x]


@pytest.mark.parametrize("function, shapes", OPERATIONS.values(), ids=OPERATIONS)
def test_operations(step, rng, function, shapes):
    ours, theirs = both(step, function, *(rng.normal(size=s) for s in shapes))
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)
    arrays = [rng.normal(size=s) for s in shapes]
    check_gradients(function, *arrays)  # dezero's half is right, too


def random_graph(rng, x):
    """Return the last of 20 results, each of two of the six before it."""
    x = list(x)
    for _ in range(20):
        i, j = rng.integers(max(0, len(x) - 6), len(x), size=2)
        y = (x[i] + x[j], x[i] - x[j], -x[i] * x[j], mm(x[i], x[j]).transpose())
        x.append(y[rng.integers(4)])
        if rng.integers(4) == 0:
            x[-1] = expand(x[-1].sum(0), 0, 2)
    return x[-1]


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(step, rng, seed):
    """Values, gradients and second derivatives are those of dezero."""
    arrays = rng.uniform(-0.7, 0.7, size=(3, 2, 2))
    function = lambda *x: random_graph(np.random.default_rng(seed), x)  # noqa: E731
    ours, theirs = both(step, function, *arrays)
    assert len(ours) == len(theirs) == 7
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * abs(b).max())


# --- the way back ---


def test_a_diamond(step):
    (x,) = leaves(step, np.array([2.0]))
    a = x * x
    y = a * a + a * a
    order = y.backward()
    assert x.grad.data.tolist() == [8 * 2.0**3]
    assert order[0] is y and order[-2:] == [a, x] and len(order) == 5


def test_one_tensor_used_twice_by_one_operation(step):
    (x,) = leaves(step, np.array([3.0]))
    y = x + x
    assert y.children() == {x: 2}
    y.backward()
    assert x.grad.data.tolist() == [2]


def test_twenty_doublings(step):
    """1,048,576 ways, and each tensor is visited once."""
    t = x = leaves(step, np.ones(1))[0]
    for _ in range(20):
        t = t + t
    assert len(t.backward()) == 21
    assert x.grad.data.tolist() == [1048576]


def test_a_long_chain(step):
    t = x = leaves(step, np.ones(1))[0]
    for _ in range(5000):
        t = -t
    t.backward()
    assert x.grad.data.tolist() == [1]


def test_a_result_on_the_side_is_not_waited_for(step):
    a, b, c, f = five(step)
    on_the_side = b * b
    assert f.children()[b] == 2
    f.backward()
    assert b.grad.data.tolist() == [2] * 5 and on_the_side.grad is None


def test_repeated_backward_adds_up_as_in_dezero(step):
    found = []
    for make in lambda x: step.Tensor(x, autograd=True), dezero.Variable:
        x = make(np.array([3.0]))
        y = x * x * x
        y.backward()
        y.backward()
        (x * x).backward()
        found.append(x.grad.data.tolist())
    assert found == [[27 + 27 + 6]] * 2


def test_constants_get_no_gradient(step):
    (x,) = leaves(step, np.ones(2))
    c = step.Tensor(np.full(2, 3.0))
    y = c * c * x
    y.backward()
    assert c.grad is None and x.grad.data.tolist() == [9, 9]
    alone = c * c
    assert alone.creators == () and not alone.autograd


def test_gradients_have_no_graph_unless_one_is_asked_for(step):
    for create_graph in False, True:
        (x,) = leaves(step, np.array([2.0]))
        (x * x * x).backward(create_graph=create_graph)
        assert bool(x.grad.creators) == create_graph


def test_third_derivative(step):
    (x,) = leaves(step, np.array([2.0]))
    y = x * x * x * x
    for expected in 32, 48, 48:
        y.backward(create_graph=True)
        y, x.grad = x.grad, None
        assert y.data.tolist() == [expected]


# --- errors ---


@pytest.mark.parametrize(
    "wrong, message",
    [
        (lambda x, T: x + T(np.ones(3)), r"\+: .* shape \(2,\), got \(3,\)"),
        (lambda x, T: x - T(np.ones((2, 2))), r"-: .* shape \(2,\), got \(2, 2\)"),
        (lambda x, T: x * T(np.ones(())), r"\*: .* shape \(2,\), got \(\).*step 67"),
        (lambda x, T: x * 2.0, r"\*: expected a Tensor .* got <class 'float'>"),
        (lambda x, T: x.backward(T(np.ones(3))), r"backward: .*\(2,\), got \(3,\)"),
    ],
)
def test_nothing_broadcasts(step, wrong, message):
    (x,) = leaves(step, np.ones(2))
    with pytest.raises(ValueError, match=message):
        wrong(x, step.Tensor)


def test_an_operation_without_a_case(step):
    (x,) = leaves(step, np.ones(2))
    y = step.made("cube", x.data**3, x)
    with pytest.raises(NotImplementedError, match="gradients: no case cube"):
        y.backward()


def test_a_gradient_of_the_wrong_shape_is_caught(step):
    """A vector in mm has no gradient here; it must not get a wrong one."""
    x, y = leaves(step, np.ones((3, 3)), np.ones(3))
    with pytest.raises(ValueError, match="backward: expected .* shape"):
        x.mm(y).backward()


def test_mm_of_shapes_that_do_not_fit(step):
    x, y = leaves(step, np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="size 2 is different from 3"):
        x.mm(y)
