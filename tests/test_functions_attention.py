"""attention: PyTorch's numbers, masks, gradients, memory, mistakes."""

import gc
import tracemalloc

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, no_grad
from dezero.gradcheck import check_gradients
from dezero.static import compile


def waves(*shape, start):
    """Return sin(start + 1.7 * n): numbers that anybody can make again."""
    return np.sin(start + 1.7 * np.arange(np.prod(shape))).reshape(shape)


Q, K = waves(2, 3, 2, start=0), waves(2, 3, 2, start=1)
V, GY = waves(2, 3, 1, start=2), waves(2, 3, 1, start=3)
MASK = np.array([[1, 0, 1], [0, 1, 1], [1, 1, 1]], bool)
BLIND = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0]], bool)
SEES = [0, 2]  # the rows of BLIND with a True

# PyTorch 2.13, float64, scaled_dot_product_attention (SDPBackend.MATH) of Q, K, V: y;
# gq, gk, gv of sum(y * GY); and the gradients of sum(gq**2) + sum(gk**2) + sum(gv**2).
# A row without a True is nan there, so "blind" was computed without that query.
TORCH = {
    "plain": [
        "0.0086959464 -0.27798164 0.043179647 0.17934274 0.2146743 0.088530833",
        """
        0.023026594 0.020767677 -0.13233069 -0.10453206 0.010889548
        0.017378005 0.077715117 -0.16005397 -0.07488199 0.076656469
        -0.030493697 0.13721424
        """,
        """
        0.06485 0.24023292 -0.025322596 -0.098340089 -0.039527404 -0.14189283
        0.041585063 -0.083627219 -0.04856104 -0.056074818 0.0069759768
        0.13970204
        """,
        """
        -0.11314872 -0.40771026 -0.22139506 -0.072060955 -0.072119593
        -0.12786095
        """,
        """
        0.029450488 0.035617095 -0.12508027 -0.12857842 0.018955198
        0.029238575 0.034570149 -0.10392163 -0.0058681184 0.046859679
        -0.0042200698 0.11081543
        """,
        """
        0.049674723 0.035634143 -0.037245317 -0.075575545 -0.012429407
        0.039941402 0.0748157 -0.088088551 0.0053313872 -0.053673854
        -0.080147088 0.14176241
        """,
        """
        0.16946346 -0.15459848 -0.014864976 -0.028284467 0.16309958
        -0.13481511
        """,
    ],
    "masked": [
        "0.21493369 -0.62601972 0.043179647 0.043720015 0.0767595 0.088530833",
        """
        -0.0063906153 0.020445878 0.080113191 0.0043960944 0.010889548
        0.017378005 -0.061558082 -0.11440757 -0.14152915 0.11262161
        -0.030493697 0.13721424
        """,
        """
        0.01622116 0.066560073 0.0064321594 0.03146299 -0.02265332
        -0.098023062 -0.0095187596 -0.1389668 -0.031212602 -0.027504548
        0.040731362 0.16647135
        """,
        "0.13646848 -0.58371253 -0.29500999 0.14495219 -0.36577916 -0.051214519",
        """
        0.00015967867 0.023001992 -0.18610971 -0.020720103 0.025355716
        0.021099105 -0.038431659 -0.18583252 0.041360563 0.01029575 0.16794653
        0.075963532
        """,
        """
        0.010969717 0.039179716 -0.037602358 -0.098801878 0.026632641
        0.059622162 0.036257448 -0.12918245 -0.02837881 -0.035497971
        -0.0078786378 0.16468042
        """,
        "0.013645102 0.09622016 -0.10986526 0.071879554 0.084718679 -0.15659823",
    ],
    "causal": [
        "0.90929743 -0.059635498 0.043179647 0.72896904 0.62685067 0.088530833",
        """
        0 0 -0.40135205 -0.13643676 0.010889548 0.017378005 0 0 0.014435856
        -0.0068215307 -0.030493697 0.13721424
        """,
        """
        0.073420138 0.23344289 -0.061264606 -0.21379955 -0.012155532
        -0.019643338 0.17266535 0.024729472 0.049289679 0.009669498
        -0.22195503 -0.03439897
        """,
        "-0.1319762 -0.65291634 0.042638502 0.45141778 -0.38624962 -0.33720965",
        """
        0 0 -0.10472666 -0.21532127 0.03189229 0.023012698 0 0 0.1666622
        -0.079884923 0.00044320189 0.0034327456
        """,
        """
        0.18846345 0.087978121 -0.19277722 -0.094959975 0.0043137712
        0.0069818536 0.19740589 -0.045914365 0.016449789 0.013519441
        -0.21385568 0.032394924
        """,
        """
        0.40220561 -0.3973601 -0.0048455079 0.085272933 0.047548297
        -0.13282123
        """,
    ],
    "blind": [
        "0.21493369 0.51389139 0.043720015 0.69512608",
        """
        -0.0063906153 0.020445878 0.042376163 0.014405474 -0.061558082
        -0.11440757 0.030036265 -0.01419336
        """,
        """
        0.01167751 0.059217534 -0.01167751 -0.018870854 0 -0.04034668
        -0.17339312 -0.16436433 -0.015409429 -0.0023881796 0.18880254
        0.16675251
        """,
        "0.16739193 0.032022225 0.058255059 -0.11303479 -0.2056752 0.41314763",
        """
        0.00029432502 0.010200137 0.0047926337 0.0049449216 -0.14843422
        -0.091330639 0.041284114 -0.011922946
        """,
        """
        0.0024994528 0.0081281947 -0.0030194675 -0.0023235502 0.00052001464
        -0.0058046444 0.12850331 0.068876311 -0.017618869 -0.0033348136
        -0.11088444 -0.065541497
        """,
        """
        0.010532876 -0.0052108852 -0.0053219912 0.15080234 0.023847494
        -0.17464983
        """,
    ],
    "later": [
        "-0.059635498 0.043179647 0.62685067 0.088530833",
        """
        -0.40135205 -0.13643676 0.010889548 0.017378005 0.014435856
        -0.0068215307 -0.030493697 0.13721424
        """,
        """
        0.073420138 0.23344289 -0.061264606 -0.21379955 -0.012155532
        -0.019643338 0.17266535 0.024729472 0.049289679 0.009669498
        -0.22195503 -0.03439897
        """,
        """
        -0.27309621 -0.65291634 0.042638502 -0.51847203 -0.38624962
        -0.33720965
        """,
        """
        -0.02601429 -0.18856356 0.029164807 0.019909769 -0.027728778
        0.011972741 -0.20208914 -0.016589236
        """,
        """
        0.17439088 0.042723281 -0.18063847 -0.052830188 0.0062475918
        0.010106907 -0.0010690363 -0.049331962 0.005762258 -0.015479317
        -0.0046932218 0.06481128
        """,
        """
        0.40220561 -0.3973601 -0.0048455079 0.085272933 0.047548297
        -0.13282123
        """,
    ],
}
CALLS = {
    "plain": (slice(None), {}),
    "masked": (slice(None), {"mask": MASK}),
    "causal": (slice(None), {"causal": True}),
    "blind": (slice(None), {"mask": BLIND}),
    "later": (slice(1, None), {"causal": True}),  # T < S
}


def expected(name):
    """Return PyTorch's numbers as arrays; zeros for the query that is blind."""
    rows, _ = CALLS[name]
    q, k, v, y = Q[:, rows], K, V, GY[:, rows]
    found = []
    for text, like in zip(TORCH[name], (y, q, k, v, q, k, v)):
        numbers = np.array(text.split(), float)
        array = np.zeros(like.shape)
        if numbers.size == like.size:
            array[...] = numbers.reshape(like.shape)
        else:
            array[:, SEES] = numbers.reshape(2, 2, -1)
        found.append(array)
    return found


def derivatives(f, inputs, gy):
    """Return y, its gradients, and those of the sum of their squares, as arrays."""
    inputs = [Variable(x.copy()) for x in inputs]
    y = f(*inputs)
    (y * gy).sum().backward(create_graph=True)
    first = [x.grad for x in inputs]
    for x in inputs:
        x.cleargrad()
    sum((g**2).sum() for g in first).backward()
    return [y.data, *(g.data for g in first), *(x.grad.data for x in inputs)]


@pytest.mark.parametrize("name", CALLS)
def test_like_torch(name):
    rows, options = CALLS[name]
    f = lambda q, k, v: F.attention(q, k, v, **options)  # noqa: E731
    found = derivatives(f, [Q[:, rows], K, V], GY[:, rows])
    for ours, theirs in zip(found, expected(name)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", CALLS)
def test_a_gradient_on_bare_arrays_is_the_same(name):
    rows, options = CALLS[name]
    inputs = [Variable(x) for x in (Q[:, rows], K, V)]
    F.attention(*inputs, **options).backward(gradient=GY[:, rows])
    for x, theirs in zip(inputs, expected(name)[1:4]):
        np.testing.assert_allclose(x.grad.data, theirs, rtol=1e-6, atol=1e-8)


# --- masks ---


def test_by_hand():
    """Scores 0 and 2 * ln 3 / sqrt(4), so weights 1 / 4 and 3 / 4."""
    q = np.array([[2.0, 0.0, 0.0, 0.0]])
    k = np.array([[0.0, 5.0, 5.0, 5.0], [np.log(3), 9.0, 9.0, 9.0]])
    y = F.attention(q, k, np.array([[4.0, 0.0], [8.0, 4.0]]))
    np.testing.assert_allclose(y.data, [[7.0, 3.0]])
    np.testing.assert_allclose(F.attention_weights(q, k).data, [[0.25, 0.75]])


@pytest.mark.parametrize("name", CALLS)
def test_the_weights_are_those_of_the_mixture(name):
    rows, options = CALLS[name]
    p = F.attention_weights(Q[:, rows], K, **options)
    y = F.attention(Q[:, rows], K, V, **options)
    np.testing.assert_allclose((p @ V).data, y.data)
    sums = p.data.sum(axis=-1)
    np.testing.assert_allclose(sums[sums != 0], 1)
    assert (sums == 0).sum() == (2 if name == "blind" else 0)


@pytest.mark.parametrize(
    "mask",
    [
        MASK[:1],  # one row for all queries
        MASK[:, :1] | True,  # one column for all keys
        MASK[0],  # keys only
        MASK[None].repeat(2, axis=0),
        np.array([[[True, False, True]], [[True, True, False]]]),  # one for each n
        MASK.tolist(),
        Variable(MASK),
    ],
)
def test_a_mask_broadcasts(mask):
    full = np.array(getattr(mask, "data", mask))
    full = np.broadcast_to(full, (2, 3, 3))
    for n in range(2):
        for t in range(3):
            seen = full[n, t]
            alone = F.attention(Q[n, t : t + 1], K[n, seen], V[n, seen])
            y = F.attention(Q, K, V, mask)
            np.testing.assert_allclose(y.data[n, t], alone.data[0])


@pytest.mark.parametrize("T, S", [(4, 4), (2, 5), (1, 5), (5, 2), (3, 1)])
def test_causal_sees_what_was_there_before(rng, T, S):
    """Query t of T sees the keys 0 to S - T + t; with T > S the first see nothing."""
    q, k, v = (rng.normal(size=(n, 3)) for n in (T, S, S))
    y = F.attention(q, k, v, causal=True)
    p = F.attention_weights(q, k, causal=True).data
    for t in range(T):
        n = S - T + t + 1
        if n <= 0:
            assert not y.data[t].any() and not p[t].any()
            continue
        np.testing.assert_allclose(
            y.data[t], F.attention(q[t : t + 1], k[:n], v[:n]).data[0]
        )
        assert (p[t, :n] > 0).all() and not p[t, n:].any()


def test_a_later_place_changes_nothing_before_it(rng):
    """Bit for bit, in the results and in the gradients of what is before."""
    for dtype in np.float32, np.float64:
        q, k, v = rng.normal(size=(3, 2, 2, 16, 8)).astype(dtype)
        gy = rng.normal(size=(2, 2, 16, 8)).astype(dtype)
        gy[:, :, 9:] = 0
        found = []
        for change in 0, 1000:
            moved = [x.copy() for x in (q, k, v)]
            for x in moved:
                x[:, :, 9:] += change
            inputs = [Variable(x) for x in moved]
            y = F.attention(*inputs, causal=True)
            y.backward(gradient=gy)
            found.append(
                [x[:, :, :9] for x in (y.data, *(x.grad.data for x in inputs))]
            )
            assert not any(x.grad.data[:, :, 9:].any() for x in inputs)
        for before, after in zip(*found):
            assert (before == after).all()


def test_mask_and_causal_together(rng):
    q, k, v = rng.normal(size=(3, 4, 2))
    mask = rng.random((4, 4)) > 0.4
    both = F.attention(q, k, v, mask, causal=True)
    one = F.attention(q, k, v, mask & np.tri(4, dtype=bool))
    assert (both.data == one.data).all()


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_query_that_sees_nothing_gives_zeros(create_graph):
    """Value, first and second gradient are 0, and nothing warns."""
    inputs = [Variable(x) for x in (Q, K, V)]
    with np.errstate(all="raise"):
        y = F.attention(*inputs, mask=np.zeros((3, 3), bool))
        (y * y).sum().backward(create_graph=create_graph)
    assert not y.data.any()
    for x in inputs:
        assert x.grad.shape == x.shape and not x.grad.data.any()


def test_gradients_to_third_order(rng):
    q, k, v = (
        rng.normal(size=(2, 2, 3)),
        rng.normal(size=(2, 4, 3)),
        rng.normal(size=(2, 4, 2)),
    )
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0]], bool)
    for options in {}, {"mask": mask}, {"causal": True}:
        f = lambda *x: F.attention(*x, **options)  # noqa: B023, E731
        check_gradients(f, q, k, v, order=3, rtol=1e-4, atol=1e-5)
        f = lambda *x: F.attention_weights(*x, **options)  # noqa: B023, E731
        check_gradients(f, q, k, rtol=1e-4, atol=1e-5)


# --- what it costs, where it runs ---


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_dtype_stays(dtype):
    for create_graph in False, True:
        inputs = [Variable(x.astype(dtype)) for x in (Q, K, V)]
        y = F.attention(*inputs, mask=BLIND, causal=True)
        y.sum().backward(create_graph=create_graph)
        assert {y.dtype, *(x.grad.dtype for x in inputs)} == {np.dtype(dtype)}
        p = F.attention_weights(*inputs[:2], mask=BLIND)
        assert p.dtype == dtype


def test_scores_in_the_thousands_are_no_trouble():
    with np.errstate(over="raise", invalid="raise"):
        y = F.attention(1e4 * np.eye(2), np.eye(2), np.eye(2))
    np.testing.assert_allclose(y.data, np.eye(2))


def test_integers_and_lists_are_floats():
    y = F.attention([[1, 0]], [[1, 0], [0, 1]], [[1], [2]])
    assert y.dtype == np.float64
    p = 1 / (1 + np.exp(-1 / np.sqrt(2)))
    np.testing.assert_allclose(y.data, [[p + 2 * (1 - p)]])


def held(f):
    """Return the bytes that are still held when f has returned its graph."""
    gc.collect()
    tracemalloc.start()
    y = f()
    gc.collect()
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert y is not None
    return size


def test_one_array_of_weights_is_kept():
    """Of (T, S). The operations one by one keep four; without a graph none is kept."""
    q, k, v = (Variable(np.ones((200, 4), np.float32)) for _ in range(3))
    mask, table = np.tri(200, dtype=bool), 200 * 200 * 4

    def composed():
        s = F.where(mask, q @ k.T / 2, -np.inf)
        return F.softmax(s) @ v

    assert table < held(lambda: F.attention(q, k, v, mask)) < 1.6 * table
    assert held(composed) > 3.9 * table
    with no_grad():
        assert held(lambda: F.attention(q, k, v, mask)) < 0.5 * table


@pytest.mark.parametrize("name", CALLS)
def test_compiled(name):
    rows, options = CALLS[name]
    params = [Variable(x.copy()) for x in (Q[:, rows], K, V)]

    def f(scale):
        q, k, v = params
        return (F.attention(scale * q, k, v, **options) * GY[:, rows]).sum()

    program = compile(f, np.array(1.0), gradients=params)
    loss = program(np.array(2.0))
    found = [x.grad.data for x in params]
    for x in params:
        x.cleargrad()
    expected = f(Variable(np.array(2.0)))
    expected.backward()
    np.testing.assert_allclose(loss.data, expected.data)
    for x, gradient in zip(params, found):
        np.testing.assert_allclose(x.grad.data, gradient, atol=1e-12)


def test_compiled_with_a_mask_that_comes_with_each_run():
    program = compile(F.attention, Q, K, V, MASK)
    for mask in MASK, BLIND:
        y = F.attention(Q, K, V, mask)
        np.testing.assert_allclose(program(Q, K, V, mask).data, y.data)


# --- mistakes ---


@pytest.mark.parametrize(
    "q, k, v",
    [
        (np.ones((2, 3)), np.ones((2, 4)), np.ones((2, 3))),  # D
        (np.ones((2, 3)), np.ones((2, 3)), np.ones((3, 3))),  # S
        (np.ones(3), np.ones((2, 3)), np.ones((2, 3))),
        (np.ones((2, 2, 3)), np.ones((2, 3)), np.ones((2, 3))),  # axes before
        (np.ones((2, 3)), np.ones((0, 3)), np.ones((0, 3))),  # nothing to look at
        (np.ones((2, 0)), np.ones((2, 0)), np.ones((2, 3))),
    ],
)
def test_shapes_that_do_not_fit(q, k, v):
    with pytest.raises(ValueError, match=r"attention: q, k and v must be .*step 76"):
        F.attention(q, k, v)


def test_what_is_no_mask():
    with pytest.raises(TypeError, match=r"attention: mask must hold bools.*step 77"):
        F.attention(Q, K, V, MASK.astype(float))
    for mask in MASK[:2], np.array(True), np.ones((3, 2, 3, 3), bool):
        with pytest.raises(ValueError, match=r"mask must broadcast .*\(2, 3, 3\), got"):
            F.attention(Q, K, V, mask)
    for mask, got in ("causal", "'causal'"), ({}, "an object of type dict"):
        for attend in F.attention, lambda q, k, v, m: F.attention_weights(q, k, m):
            match = rf"attention\w*: mask .* bools .* got {got}; causal=True makes.*77"
            with pytest.raises(TypeError, match=match):
                attend(Q, K, V, mask)
    with pytest.raises(TypeError, match="causal must be True or False"):
        F.attention(Q, K, V, causal=MASK)
    with pytest.raises(ValueError, match=r"attention_weights: q, k and v must be"):
        F.attention_weights(Q, K[0])
