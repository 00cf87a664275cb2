"""linear and einsum: by hand, against NumPy, and against finite differences."""

import gc
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Parameter, Variable, core, no_grad
from dezero.gradcheck import check_gradients
from dezero.graph import get_dot_graph

RNG = np.random.default_rng(0)
both_dtypes = pytest.mark.parametrize("dtype", [np.float64, np.float32])
both_passes = pytest.mark.parametrize("create_graph", [False, True])
both_linears = pytest.mark.parametrize("linear", [F.linear, F.linear_simple])


def normal(*shape):
    return np.asarray(RNG.normal(size=shape))


def test_matmul_is_the_one_of_core():
    assert F.matmul is core.matmul
    assert F.MatMul is core.MatMul


# --- linear ---


@both_linears
@both_passes
def test_linear_by_hand(linear, create_graph):
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    W = Variable(np.array([[1.0, -1.0], [10.0, 0.5]]))
    b = Variable(np.array([100.0, 200.0]))
    y = linear(x, W, b)
    assert y.data.tolist() == [[121.0, 200.0], [143.0, 199.0], [165.0, 198.0]]
    y.grad = Variable(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 2.0]]))
    y.backward(create_graph=create_graph)
    assert x.grad.data.tolist() == [[1.0, 10.0], [-1.0, 0.5], [-1.0, 11.0]]
    assert W.grad.data.tolist() == [[6.0, 13.0], [8.0, 16.0]]
    assert b.grad.data.tolist() == [2.0, 3.0]


SHAPES = [  # of x and W
    ((2, 3), (3, 4)),
    ((1, 1), (1, 1)),
    ((3,), (3, 2)),
    ((2, 2, 3), (3, 2)),
    ((2, 1, 2, 2), (2, 3)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 3), (3, 0)),
    ((2, 0, 3), (3, 2)),
]


@both_linears
@both_dtypes
@pytest.mark.parametrize("x, W", SHAPES)
def test_gradients_of_linear(x, W, linear, dtype):
    x, W = normal(*x), normal(*W)
    b = normal(W.shape[1])
    np.testing.assert_allclose(linear(x, W, b).data, x @ W + b)
    np.testing.assert_allclose(linear(x, W).data, x @ W)
    check_gradients(linear, x, W, b, dtype=dtype)
    check_gradients(lambda x, W: linear(x, W) ** 2, x, W, dtype=dtype)


@both_dtypes
@pytest.mark.parametrize("b", [(), (1,), (1, 4), (2, 1), (2, 4)])
def test_gradients_of_a_bias_that_broadcasts(b, dtype):
    check_gradients(F.linear, normal(2, 3), normal(3, 4), normal(*b), dtype=dtype)


@both_dtypes
def test_gradients_of_linear_in_other_layouts(dtype):
    for x in normal(3, 2).T, normal(4, 9)[::2, ::3], normal(2, 3)[::-1, ::-1]:
        check_gradients(F.linear, x, normal(2, 3).T, normal(4)[::2], dtype=dtype)
    stack = normal(3, 2, 2).transpose(1, 2, 0)
    check_gradients(F.linear, stack, normal(3, 2), normal(2), dtype=dtype)


def test_gradients_of_linear_to_third_order():
    check_gradients(
        lambda x, W, b: F.linear(F.linear(x, W, b) ** 2, W, b),
        normal(1, 2),
        normal(2, 2),
        normal(2),
        order=3,
    )


@both_linears
def test_integers_are_promoted(linear):
    x, W = np.array([[1, 2]]), np.array([[1], [10]])
    b = Variable(np.array([0.5]))
    y = linear(x, W, b)
    assert y.data.tolist() == [[21.5]]
    y.backward()
    assert b.grad.data.tolist() == [1.0]
    assert linear(x, W).data.tolist() == [[21]]


@both_linears
@both_passes
def test_float32_stays(linear, create_graph):
    arrays = [normal(*shape).astype(np.float32) for shape in ((2, 3), (3, 4), (4,))]
    variables = [Variable(a) for a in arrays]
    y = linear(*variables)
    y.backward(create_graph=create_graph)
    assert y.dtype == np.float32
    assert [v.grad.dtype for v in variables] == [np.float32] * 3


def test_nothing_is_computed_for_an_input_without_gradient():
    W, b = Parameter(normal(3, 2)), Parameter(normal(2))
    x = normal(4, 3)
    y = F.linear(x, W, b)
    with no_grad():
        gx, gW, gb = y.creator.backward(Variable(np.ones((4, 2))))
    assert gx is None
    np.testing.assert_allclose(gW.data, x.T @ np.ones((4, 2)))
    np.testing.assert_allclose(gb.data, [4, 4])


def test_the_graph_is_one_node_with_three_inputs():
    """The contract: an absent bias is a Variable(None) that the picture shows."""
    x, W = Variable(normal(2, 3), "x"), Variable(normal(3, 4), "W")
    y = F.linear(x, W)
    func = y.creator
    assert type(func) is F.Linear
    assert func.inputs[:2] == [x, W]
    assert func.inputs[2].data is None
    assert get_dot_graph(y).count("->") == 4
    y.backward()
    assert func.inputs[2].grad is None


@both_passes
def test_a_bias_may_be_a_variable_without_data(create_graph):
    x, W, b = Variable(normal(2, 3)), Variable(normal(3, 4)), Variable(None)
    y = F.linear(x, W, b)
    y.backward(create_graph=create_graph)
    assert b.grad is None
    np.testing.assert_allclose(x.grad.data, np.ones((2, 4)) @ W.data.T)


@both_passes
def test_linear_simple_lets_go_of_the_product(create_graph):
    x, W, b = Variable(normal(4, 3)), Variable(normal(3, 2)), Variable(normal(2))
    y = F.linear_simple(x, W, b)
    t = y.creator.inputs[0]
    assert type(t.creator) is F.MatMul
    assert t.shape == (4, 2)
    assert t.data is None  # its numbers are let go, its shape is not
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(W.grad.data, x.data.T @ np.ones((4, 2)))


def test_linear_simple_frees_the_memory():
    product = []

    class Watched(core.MatMul):
        def forward(self, x, W):
            y = super().forward(x, W)
            product.append(weakref.ref(y))
            return y

    y = Watched()(Variable(normal(4, 3)), Variable(normal(3, 2))) + 1.0
    assert product.pop()() is not None  # kept, as anywhere else

    original, F.linalg.matmul = F.linalg.matmul, lambda x, W: Watched()(x, W)
    try:
        y = F.linear_simple(Variable(normal(4, 3)), normal(3, 2), normal(2))
    finally:
        F.linalg.matmul = original
    gc.collect()
    assert y.shape == (4, 2)
    assert product.pop()() is None


def test_shapes_that_do_not_fit():
    for x, W in ((2, 3), (4, 2)), ((2, 3), (3,)), ((), (3, 2)), ((2, 3), (1, 3, 2)):
        with pytest.raises(
            ValueError, match=r"linear: x and W must be .*\(see step 43\)"
        ):
            F.linear(normal(*x), normal(*W))
    for b in (3,), (2, 2, 4), (5, 4):
        with pytest.raises(ValueError, match=r"linear: b must be \(K,\) = \(4,\), got"):
            F.linear(normal(2, 3), normal(3, 4), normal(*b))
    with pytest.raises(ValueError, match=r"got \(2, 3\) @ \(4, 2\) \(see step 41\)"):
        F.linear_simple(normal(2, 3), normal(4, 2))


# --- einsum ---

EINSUMS = [  # subscripts and the shapes of the inputs
    ("ij,jk->ik", (2, 3), (3, 2)),
    ("ij,jk", (2, 3), (3, 2)),
    ("ji,jk->ki", (2, 3), (2, 2)),
    ("ij->ji", (2, 3)),
    ("ba", (2, 3)),  # implicit: in alphabetical order, so transposed
    ("ij->i", (2, 3)),
    ("ij->", (2, 3)),
    ("->", ()),
    ("ij,ij->", (2, 3), (2, 3)),
    ("i,j->ij", (2,), (3,)),
    ("i,j->", (2,), (3,)),
    (",i->i", (), (2,)),
    ("i,i,i->i", (3,), (3,), (3,)),
    ("ij,jk,kl->il", (2, 2), (2, 3), (3, 1)),
    ("ii", (3, 3)),
    ("ii->i", (2, 2)),
    ("ii,i->", (2, 2), (2,)),
    ("iij->j", (2, 2, 3)),
    ("iii->i", (2, 2, 2)),
    ("iijj->ij", (2, 2, 2, 2)),
    ("ii,jj->ij", (2, 2), (2, 2)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 1)),
    ("bhtd,bhsd->bhts", (1, 2, 2, 2), (1, 2, 3, 2)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("...i,...i", (2, 3), (2, 2, 3)),
    ("...ij->...ji", (2, 3)),
    ("...,...->...", (2, 1), (3,)),
    ("i...->...", (2, 3, 2)),
    ("i...,i->...", (2, 3), (2,)),
    ("i j , j -> i", (2, 3), (3,)),
    ("ij,ij->ij", (2, 3), (1, 3)),
    ("ij,ij", (2, 1), (1, 3)),
    ("i,i->", (3,), (1,)),
    ("i,i", (1,), (1,)),
    ("ij,jk->ik", (0, 3), (3, 2)),
    ("ij,jk->ik", (2, 0), (0, 2)),
    ("ij->j", (0, 3)),
    ("Zz->zZ", (2, 3)),
]


@pytest.mark.parametrize("subscripts, shapes", [(e[0], e[1:]) for e in EINSUMS])
def test_einsum(subscripts, shapes):
    xs = [normal(*shape) for shape in shapes]
    y = F.einsum(subscripts, *xs)
    np.testing.assert_allclose(y.data, np.einsum(subscripts, *xs), rtol=1e-12)
    for dtype in np.float64, np.float32:
        check_gradients(lambda *xs: F.einsum(subscripts, *xs) ** 2, *xs, dtype=dtype)


def test_einsum_to_fourth_order():
    check_gradients(
        lambda x: F.einsum("ij,jk,ki->", x, x, x) ** 2, normal(2, 2), order=4, rtol=1e-3
    )
    check_gradients(
        lambda x: F.einsum("ii->i", x) ** 4, normal(2, 2), order=4, rtol=1e-3
    )


def test_einsum_of_one_input_twice():
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    F.einsum("ij,ij->", x, x).backward()
    assert x.grad.data.tolist() == [[2.0, 4.0], [6.0, 8.0]]


def test_einsum_of_other_layouts():
    check_gradients(
        lambda x, y: F.einsum("ij,jk->ki", x, y) ** 2,
        normal(3, 4).T[::2],
        normal(3, 2)[::-1],
    )


def test_einsum_computes_no_gradient_for_an_array():
    x, W = normal(2, 3), Variable(normal(3, 2))
    y = F.einsum("ij,jk->ik", x, W)
    with no_grad():
        gx, gW = y.creator.backward(Variable(np.ones((2, 2))))
    assert gx is None
    np.testing.assert_allclose(gW.data, x.T @ np.ones((2, 2)))


@pytest.mark.parametrize(
    "subscripts, shapes, message",
    [
        ("ij,jk->ik", [(2, 3)], "expected 2 arrays, one for each term, got 1"),
        ("ij", [(2, 3), (3,)], "expected 1 arrays, one for each term, got 2"),
        ("ij->i", [(2, 3, 4)], r"'ij' names 2 axes, got an array of shape \(2, 3, 4\)"),
        ("ijk->i", [(2, 3)], r"'ijk' names 3 axes, got an array of shape \(2, 3\)"),
        ("ij...", [(2,)], "names 2 axes, got an array of shape"),
        ("ij,jk", [(2, 3), (2, 3)], r"axes 'j' must be equally long, got \[2, 3\]"),
        ("ij->ik", [(2, 3)], "the result may name 'k' only once, and only if a term"),
        ("ij->ii", [(2, 3)], "the result may name 'i' only once"),
        ("i1", [(2, 3)], "expected letters, commas, '->' and '...', got '1'"),
        ("i.j", [(2, 3)], "expected letters, .* got '.'"),
    ],
)
def test_einsum_refuses(subscripts, shapes, message):
    with pytest.raises(ValueError, match=f"einsum: .*{message}.*see step 41"):
        F.einsum(subscripts, *[normal(*shape) for shape in shapes])
