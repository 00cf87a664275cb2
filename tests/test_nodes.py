"""The graph as PyTorch shows it, and what stops or watches a gradient on its way."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import dezero.functions as F
from dezero import Function, Parameter, Variable, as_array, no_grad
from dezero.nodes import AccumulateGrad, Node


def scalar(value):
    return Variable(np.array(value))


@pytest.fixture
def published():
    """Section C of the published results: a = 2, b = 3, c = a + b, d = 4, e = c * d."""
    a, b, d = scalar(2.0), scalar(3.0), scalar(4.0)
    c = a + b
    return a, b, c, d, c * d


# --- grad_fn ------------------------------------------------------------------


def test_the_published_graph(published):
    a, b, c, d, e = published
    assert e.grad_fn.name() == "MulBackward0"
    (add, i), (end, j) = e.grad_fn.next_functions
    assert (add.name(), i, end.name(), j) == ("AddBackward0", 0, "AccumulateGrad", 0)
    assert end.variable is d
    assert [node.variable for node, _ in add.next_functions] == [a, b]
    assert end.next_functions == ()
    assert repr(e.grad_fn.next_functions) == (
        "((<AddBackward0>, 0), (<AccumulateGrad>, 0))"
    )


def test_it_is_a_view_of_the_graph(published):
    a, _, c, d, e = published
    assert e.grad_fn.function is e.creator
    assert e.grad_fn == e.grad_fn
    assert e.grad_fn.next_functions[0][0] == c.grad_fn
    assert c.grad_fn != e.grad_fn
    assert {c.grad_fn, e.grad_fn, c.grad_fn} == {e.grad_fn, c.grad_fn}
    assert AccumulateGrad(a) == AccumulateGrad(a) != AccumulateGrad(d)
    assert Node(e.creator) != "MulBackward0"


def test_leaves(published):
    a, _, c, _, e = published
    assert [x.is_leaf for x in (a, c, e)] == [True, False, False]
    assert a.grad_fn is None
    with no_grad():
        y = a * 2
    assert y.is_leaf and y.grad_fn is None
    # A result that needs no gradient is one, too: backward goes no further.
    y = Variable(np.ones(2), requires_grad=False) * 2
    assert y.is_leaf and y.grad_fn is None


def test_what_needs_no_gradient_has_no_node():
    x = scalar(2.0)
    assert (1 + x).grad_fn.next_functions == ((None, 0), (AccumulateGrad(x), 0))
    assert (x**2).grad_fn.next_functions == ((AccumulateGrad(x), 0),)
    fixed = Variable(np.array(1.0), requires_grad=False)
    assert (x * fixed).grad_fn.next_functions[1] == (None, 0)


def test_the_index_tells_which_output_it_was():
    first, second = F.split(Variable(np.arange(4.0)), 2)
    node = (second * first).grad_fn
    assert node.next_functions == ((second.grad_fn, 1), (first.grad_fn, 0))
    assert second.grad_fn == first.grad_fn


def test_names_are_those_that_pytorch_2_13_prints():
    x, W = Variable(np.ones((2, 2))), Variable(np.ones((2, 2)))
    b, t = Variable(np.ones(2)), np.array([0, 1])
    names = {
        "Add": x + W,
        "Sub": x - W,
        "Mul": x * W,
        "Div": x / W,
        "Neg": -x,
        "Pow": x**2,
        "Exp": F.exp(x),
        "Log": F.log(x),
        "Sin": F.sin(x),
        "Cos": F.cos(x),
        "Tanh": F.tanh(x),
        "Sqrt": F.sqrt(x),
        "Abs": F.abs(x),
        "Sigmoid": F.sigmoid(x),
        "Relu": F.relu(x),
        "LeakyRelu": F.leaky_relu(x),
        "Elu": F.elu(x),
        "Gelu": F.gelu(x),
        "Softplus": F.softplus(x),
        "Softmax": F.softmax(x),
        "LogSoftmax": F.log_softmax(x),
        "View": x.reshape(4),
        "Permute": x.transpose(1, 0),
        "Expand": F.broadcast_to(x, (2, 2, 2)),
        "Index": x[np.array([0, 0])],
        "Sum": x.sum(),
        "Amax": x.max(1),
        "Amin": x.min(1),
        "Mm": x @ W,
        "Addmm": F.linear(x, W, b),
        "MseLoss": F.mean_squared_error(x, W),
        "NllLoss": F.softmax_cross_entropy(x, t),
        "Cat": F.concatenate([x, W]),
        "Where": F.where(x > 0, x, W),
        "Var": F.var(x),
        "Std": F.std(x),
        "Cumsum": F.cumsum(x),
    }
    for name, y in names.items():
        assert y.grad_fn.name() == f"{name}Backward0"


def test_a_function_of_ones_own_is_named_after_its_class():
    class Twice(Function):
        def forward(self, x):
            return 2 * x

        def backward(self, gy):
            return 2 * gy

    assert Twice()(scalar(1.0)).grad_fn.name() == "TwiceBackward0"


# --- retain_grad --------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_one_variable_keeps_its_gradient(published, create_graph):
    a, b, c, d, e = published
    c.retain_grad()
    e.backward(create_graph=create_graph)
    assert [float(x.grad) for x in (a, b, c, d)] == [4, 4, 4, 5]
    assert e.grad is None
    e.backward()  # what was kept adds up, and is not passed on again
    assert [float(x.grad) for x in (a, b, c, d)] == [8, 8, 8, 10]


def test_kept_gradients_share_no_memory():
    x = Variable(np.ones(3))
    y = x + 0.0
    y.retain_grad()
    (y + 0.0).backward()
    y.grad.data[:] = 7
    np.testing.assert_array_equal(x.grad.data, 1)


def test_the_result_itself_can_keep_its_gradient():
    x = scalar(3.0)
    y = x * x
    y.retain_grad()
    y.backward()
    assert float(y.grad) == 1


# --- hooks --------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_hook_sees_the_whole_gradient_once(create_graph):
    x = Variable(np.array([1.0, 2.0]))
    y = x * x
    seen = []
    y.register_hook(seen.append)
    x.register_hook(seen.append)
    (y * 3 + y).sum().backward(create_graph=create_graph)
    assert [type(g) for g in seen] == [Variable, Variable]
    np.testing.assert_array_equal(seen[0].data, [4, 4])
    np.testing.assert_array_equal(seen[1].data, [8, 16])


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("as_variable", [False, True])
def test_what_a_hook_returns_takes_the_gradients_place(create_graph, as_variable):
    x = Variable(np.array([1.0, 2.0]))
    y = x * x
    y.retain_grad()
    y.register_hook(lambda g: g * 10 if as_variable else g.data * 10)
    x.register_hook(lambda g: g + 1)
    y.sum().backward(create_graph=create_graph)
    np.testing.assert_array_equal(y.grad.data, [10, 10])
    np.testing.assert_array_equal(x.grad.data, [21, 41])


def test_hooks_run_in_order_and_one_after_the_other():
    x = scalar(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 5)
    (2 * x).backward()
    assert float(x.grad) == 15


def test_hooks_of_the_result_and_of_a_lone_leaf():
    x = scalar(3.0)
    y = x * x
    y.register_hook(lambda g: g * 2)
    y.backward()
    assert float(x.grad) == 12
    leaf = scalar(3.0)
    leaf.register_hook(lambda g: g * 2)
    leaf.backward()
    assert float(leaf.grad) == 2


def test_a_hook_can_be_removed():
    x = scalar(1.0)
    handle = x.register_hook(lambda g: g * 100)
    x.register_hook(lambda g: g + 1)
    handle.remove()
    handle.remove()
    (2 * x).backward()
    assert float(x.grad) == 3


def test_an_added_hook_counts_before_the_sum_with_an_older_gradient():
    x = scalar(1.0)
    (2 * x).backward()
    x.register_hook(lambda g: g * 10)
    (2 * x).backward()
    assert float(x.grad) == 22


def test_a_hook_can_be_differentiated():
    x = scalar(2.0)
    y = x**2
    y.register_hook(lambda g: g * x)
    y.backward(create_graph=True)  # x.grad = x * 2x
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert float(x.grad) == 8


def test_a_wrong_hook_changes_nothing():
    x, w = Variable(np.ones(3)), Variable(np.ones(3))
    y = x * w
    y.register_hook(lambda g: g.sum())
    w.grad = before = Variable(np.zeros(3))
    with pytest.raises(ValueError, match=r"hook.*shape \(3,\), or|\(3,\), got \(\)"):
        y.sum().backward()
    assert x.grad is None and w.grad is before


def test_hooks_make_no_cycle():
    gc.collect()
    gc.disable()
    try:
        x = scalar(1.0)
        handle = x.register_hook(lambda g: None)
        (2 * x).backward()
        gone = weakref.ref(x)
        del x
        assert gone() is None
        handle.remove()
    finally:
        gc.enable()


def test_copies_have_no_hooks():
    p = Parameter(np.array(1.0))
    p.register_hook(lambda g: g * 100)
    for q in copy.deepcopy(p), pickle.loads(pickle.dumps(p)):
        (2 * q).backward()
        assert float(q.grad) == 2
        q.register_hook(lambda g: g * 3)
    (2 * p).backward()
    assert float(p.grad) == 200


# --- backward(gradient=w) -----------------------------------------------------


@pytest.mark.parametrize("wrap", [Variable, lambda w: w])
def test_it_differentiates_the_weighted_sum(wrap):
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    w = np.array([[1.0, 10.0], [100.0, 0.0]])
    y = x * x
    y.backward(gradient=wrap(w))
    np.testing.assert_array_equal(x.grad.data, 2 * x.data * w)
    assert y.grad is None
    np.testing.assert_array_equal(w, [[1.0, 10.0], [100.0, 0.0]])


def test_it_comes_before_a_gradient_that_was_set():
    x = scalar(3.0)
    y = x * x
    y.grad = scalar(100.0)
    y.backward(gradient=np.array(2.0))
    assert float(x.grad) == 12


def test_a_number_will_do_for_a_scalar():
    x = scalar(3.0)
    (x * x).backward(gradient=2.0)
    assert float(x.grad) == 12


def test_it_adds_up_on_a_leaf():
    x = Variable(np.zeros(2))
    w = np.array([1.0, 2.0])
    x.backward(gradient=w)
    x.grad.data[0] = 5  # not w's memory
    x.backward(gradient=w)
    np.testing.assert_array_equal(x.grad.data, [6, 4])
    np.testing.assert_array_equal(w, [1, 2])


def test_its_gradient_can_be_differentiated():
    x, w = Variable(np.array([1.0, 2.0])), Variable(np.array([3.0, 4.0]))
    (x**3).backward(gradient=w, create_graph=True)
    gx = x.grad  # 3 x**2 w
    x.cleargrad()
    gx.sum().backward()
    np.testing.assert_array_equal(x.grad.data, 6 * x.data * w.data)
    np.testing.assert_array_equal(w.grad.data, 3 * x.data**2)


def test_a_gradient_of_another_shape_is_refused():
    y = Variable(np.ones(3)) * 2
    with pytest.raises(ValueError, match=r"gradient, must .*\(3,\), got \(2,\)"):
        y.backward(gradient=np.ones(2))


# --- detach, requires_grad_ ---------------------------------------------------


def test_detached_shares_the_data_and_nothing_else():
    x = Variable(np.array([1.0, 2.0]), name="x")
    y = x * 3
    z = y.detach()
    assert z.data is y.data and z.is_leaf and not z.requires_grad
    (y * z).sum().backward()  # z counts as a constant
    np.testing.assert_array_equal(x.grad.data, 3 * z.data)
    assert z.grad is None


def test_requires_grad_in_place():
    x, w = scalar(2.0), scalar(3.0)
    assert w.requires_grad_(False) is w
    y = x * w
    y.backward()
    assert w.grad is None and float(x.grad) == 3
    w.requires_grad_()
    (x * w).backward()
    assert float(w.grad) == 2
    y.requires_grad_(True)  # it does already
    with pytest.raises(RuntimeError, match=r"requires_grad_: .*detach.*step 66"):
        y.requires_grad_(False)


def test_the_data_changed_after_the_graph_was_made():
    """Section C: x.data times 100 leaves the gradient of y = 2 * x at 2."""
    x = Variable(np.ones(1))
    y = 2 * x
    x.data *= 100
    y.backward()
    assert (x.data.item(), x.grad.data.item()) == (100, 2)


def test_as_array_is_not_needed_for_the_gradient_of_a_list():
    x = Variable(np.array([1.0, 2.0]))
    (x * x).backward(gradient=[1.0, 0.0])
    np.testing.assert_array_equal(x.grad.data, as_array([2.0, 0.0]))
