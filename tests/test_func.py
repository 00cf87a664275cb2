"""grad, vjp, jvp, jacobian, hessian and hvp, against closed forms."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Variable, func, no_grad
from dezero.func import grad, hessian, hvp, jacobian, jvp, vjp
from dezero.gradcheck import numerical_grad


def wave(x):
    """Its gradient is sin x + x cos x, its Hessian diag(2 cos x - x sin x)."""
    return (F.sin(x) * x).sum()


def mixed(x):
    """A function R^3 -> R^2 without symmetry: (x0 x1, x1**2 sin x2)."""
    return F.stack([x[0] * x[1], x[1] ** 2 * F.sin(x[2])])


def mixed_table(x):
    a, b, c = x
    return np.array([[b, a, 0], [0, 2 * b * np.sin(c), b**2 * np.cos(c)]])


@pytest.fixture
def x(rng):
    return rng.normal(size=3)


# --- values -------------------------------------------------------------------


def test_grad(x):
    gx = grad(wave)(x)
    assert type(gx) is Variable
    np.testing.assert_allclose(gx.data, np.sin(x) + x * np.cos(x))


def test_grad_of_grad_of_grad(x):
    def total(f):
        return lambda x: f(x).sum()

    third = grad(total(grad(total(grad(wave)))))
    np.testing.assert_allclose(third(x).data, -3 * np.sin(x) - x * np.cos(x))


def test_argnums(rng):
    a, b = rng.normal(size=(2, 3))

    def f(a, b):
        return (a * a * b).sum()

    np.testing.assert_allclose(grad(f)(a, b).data, 2 * a * b)
    np.testing.assert_allclose(grad(f, 1)(a, b).data, a * a)
    np.testing.assert_allclose(grad(f, -1)(a, b).data, a * a)
    both = grad(f, (1, 0))(a, b)
    assert type(both) is tuple
    np.testing.assert_allclose(both[0].data, a * a)
    np.testing.assert_allclose(both[1].data, 2 * a * b)
    tables = jacobian(lambda a, b: a * b, (0, 1))(a, b)
    np.testing.assert_allclose(tables[0].data, np.diag(b))
    np.testing.assert_allclose(tables[1].data, np.diag(a))


def test_arguments_that_are_not_chosen_may_be_anything(x):
    def f(x, power, *, scale=1.0):
        return (x**power).sum() * scale

    np.testing.assert_allclose(grad(f)(x, 3).data, 3 * x**2)


def test_vjp_and_jvp_multiply_the_jacobian(x, rng):
    J = mixed_table(x)
    w, v = rng.normal(size=2), rng.normal(size=3)
    y, pull = vjp(mixed, x)
    np.testing.assert_allclose(pull(w).data, w @ J)
    np.testing.assert_allclose(pull(2 * w).data, 2 * w @ J)  # again
    y2, Jv = jvp(mixed, x, v)
    np.testing.assert_allclose(Jv.data, J @ v)
    np.testing.assert_array_equal(y.data, y2.data)
    np.testing.assert_allclose(y.data, [x[0] * x[1], x[1] ** 2 * np.sin(x[2])])


def test_vjp_and_jvp_of_several_arguments(rng):
    A, b = rng.normal(size=(2, 3)), rng.normal(size=3)
    dA, db, w = rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=2)
    _, pull = vjp(F.matmul, A, b)
    wA, wb = pull(w)
    np.testing.assert_allclose(wA.data, np.outer(w, b))
    np.testing.assert_allclose(wb.data, w @ A)
    _, Jv = jvp(F.matmul, (A, b), (dA, db))
    np.testing.assert_allclose(Jv.data, dA @ b + A @ db)


def test_jacobian(x):
    np.testing.assert_allclose(jacobian(mixed)(x).data, mixed_table(x), atol=1e-15)


def test_jacobian_has_the_axes_of_y_and_then_of_x(rng):
    x, W = rng.normal(size=(2, 3)), rng.normal(size=(3, 4))
    J = jacobian(lambda x: x @ W)(x).data
    assert J.shape == (2, 4, 2, 3)
    np.testing.assert_allclose(J, np.einsum("nm,dk->nkmd", np.eye(2), W))


def test_the_jacobian_of_an_elementwise_function_is_diagonal(x):
    np.testing.assert_allclose(jacobian(F.exp)(x).data, np.diag(np.exp(x)))


def test_hessian_and_hvp(rng):
    A, x, v = rng.normal(size=(3, 3)), rng.normal(size=3), rng.normal(size=3)

    def form(x):
        return x @ A @ x

    H = A + A.T
    np.testing.assert_allclose(hessian(form)(x).data, H)
    np.testing.assert_allclose(hvp(form, x, v).data, H @ v)
    expected = np.diag(2 * np.cos(x) - x * np.sin(x))
    np.testing.assert_allclose(hessian(wave)(x).data, expected, atol=1e-15)


def test_hessian_of_a_matrix_has_four_axes(rng):
    x = rng.normal(size=(2, 2))
    H = hessian(lambda x: (x**3).sum())(x).data
    assert H.shape == (2, 2, 2, 2)
    np.testing.assert_allclose(H.reshape(4, 4), np.diag(6 * x.ravel()), atol=1e-15)


def test_hvp_of_several_arguments(rng):
    a, b, va, vb = rng.normal(size=(4, 3))
    Ha, Hb = hvp(lambda a, b: (a * a * b).sum(), (a, b), (va, vb))
    np.testing.assert_allclose(Ha.data, 2 * b * va + 2 * a * vb)
    np.testing.assert_allclose(Hb.data, 2 * a * va)


def test_what_does_not_depend_on_x_has_zeros():
    x, y = np.ones(3), np.ones(2)
    constant = Variable(np.ones(2))
    np.testing.assert_array_equal(
        jacobian(lambda x: constant)(x).data, np.zeros((2, 3))
    )
    np.testing.assert_array_equal(grad(lambda x: constant[0])(x).data, np.zeros(3))
    np.testing.assert_array_equal(jvp(lambda x: constant, x, x)[1].data, np.zeros(2))
    np.testing.assert_array_equal(hvp(lambda x: x.sum(), x, x).data, np.zeros(3))
    np.testing.assert_array_equal(hessian(lambda x: x.sum())(x).data, np.zeros((3, 3)))
    ga, gb = grad(lambda a, b: a.sum(), (0, 1))(x, y)
    np.testing.assert_array_equal(gb.data, np.zeros(2))


def test_the_identity():
    x = np.array([1.0, 2.0])
    for given in x, Variable(x):
        np.testing.assert_array_equal(jacobian(lambda x: x)(given).data, np.eye(2))
        np.testing.assert_array_equal(jvp(lambda x: x, given, x)[1].data, x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_stays(dtype):
    x = np.ones(3, dtype)
    results = [
        grad(wave)(x),
        *(vjp(F.sin, x)[1](x), jvp(F.sin, x, x)[1]),
        *(jacobian(F.sin)(x), hessian(wave)(x), hvp(wave, x, x)),
    ]
    assert {result.dtype for result in results} == {np.dtype(dtype)}


# --- graphs -------------------------------------------------------------------


def test_no_gradient_of_a_variable_is_touched(x):
    v, scale = Variable(x), Variable(np.array(2.0))
    v.grad = before = Variable(x)
    layer = L.Linear(2, in_size=3)

    def f(x):
        return (F.sin(x) * scale).sum() + layer(x.reshape(1, 3).astype_like).sum()

    def g(x):
        return (F.sin(x) * scale).sum()

    grad(g)(v)
    hessian(g)(v)
    hvp(g, v, x)
    jvp(F.sin, v, x)
    assert v.grad is before and scale.grad is None
    with pytest.raises(AttributeError):
        grad(f)(v)  # an error inside f passes, and changes nothing
    assert v.grad is before and v.creator is None


def test_a_variable_that_was_computed_keeps_its_graph(x):
    v = Variable(x)
    y = v * 3
    gx = grad(wave)(y)
    assert y.creator is not None
    gx.sum().backward()  # through gx, and through y
    expected = 3 * (2 * np.cos(3 * x) - 3 * x * np.sin(3 * x))
    np.testing.assert_allclose(v.grad.data, expected)


def test_a_result_can_be_differentiated_by_what_f_uses_from_outside():
    scale = Variable(np.array(3.0))
    x = np.array([1.0, 2.0])
    gx = grad(lambda x: (x * x * scale).sum())(x)
    gx.sum().backward()
    assert float(scale.grad) == 6  # sum of 2 x


def test_nested_by_different_variables():
    """d/dx of x * (d/dy of x y**2) = d/dx of 2 x**2 y."""

    def outer(x):
        inner = grad(lambda y: (x * y * y).sum())(np.array([5.0]))
        return (x * inner).sum()

    np.testing.assert_allclose(grad(outer)(np.array([3.0])).data, [2 * 2 * 3 * 5])


def test_no_graph_where_nobody_could_use_it(x):
    for result in (
        grad(wave)(x),
        jacobian(mixed)(x),
        hvp(wave, x, x),
        jvp(F.sin, x, x)[0],
        jvp(F.sin, x, x)[1],
        vjp(F.sin, x)[0],
    ):
        assert result.creator is None
    v = Variable(x)
    for result in grad(wave)(v), jvp(mixed, v, x)[1], hvp(wave, v, x):
        assert result.creator is not None
    with no_grad():
        result = grad(wave)(v)
    assert result.creator is None
    np.testing.assert_allclose(result.data, np.sin(x) + x * np.cos(x))
    fixed = Variable(x, requires_grad=False)
    assert grad(wave)(fixed).creator is None


def test_a_gradient_penalty(x):
    """The use for it: a slope inside a loss."""

    def penalty(x):
        return (grad(wave)(x) ** 2).sum()

    def by_hand(x):
        return ((F.sin(x) + x * F.cos(x)) ** 2).sum()

    v = Variable(x)
    penalty(v).backward()
    np.testing.assert_allclose(v.grad.data, numerical_grad(by_hand, x), rtol=1e-6)


# --- errors -------------------------------------------------------------------


def test_errors():
    x = np.ones(3)
    with pytest.raises(ValueError, match=r"grad: f must return one number.*\(3,\)"):
        grad(F.sin)(x)
    with pytest.raises(ValueError, match=r"hvp: f must return one number"):
        hvp(F.sin, x, x)
    with pytest.raises(TypeError, match="grad: f must return a Variable, got float"):
        grad(lambda x: 3.0)(x)
    with pytest.raises(TypeError, match="jacobian: expected floats, got int"):
        jacobian(F.sin)(np.arange(3))
    with pytest.raises(
        ValueError, match="argnums is 2, but the number of arguments is 1"
    ):
        grad(wave, 2)(x)
    with pytest.raises(ValueError, match=r"vjp: w must have .*\(3,\), got \(2,\)"):
        vjp(F.sin, x)[1](np.ones(2))
    with pytest.raises(ValueError, match=r"jvp: v must have .*\(3,\), got \(1,\)"):
        jvp(F.sin, x, np.ones(1))
    with pytest.raises(ValueError, match="jvp: expected a v for each x, got 2 xs"):
        jvp(F.matmul, (x, x), (x,))
    with pytest.raises(TypeError, match="hessian: expected argnums as one int"):
        hessian(wave, (0, 1))


# --- one number, none, and what is no number ---


def cube(x):
    return x**3


def test_everything_by_one_number():
    x = np.array(2.0)
    y, Jv = func.jvp(cube, x, np.array(10.0))
    assert (y.data, Jv.data) == (8, 120) and Jv.shape == ()
    y, pull = func.vjp(cube, x)
    assert pull(10.0).data == 120
    assert func.jacobian(cube)(x).data == func.grad(cube)(x).data == 12
    assert func.hessian(cube)(x).data == 12
    assert func.hvp(cube, x, np.array(10.0)).data == 120
    assert func.grad(lambda x: func.jvp(cube, x, 1.0)[1])(2.0).data == 12


def test_jacobian_without_numbers():
    assert func.jacobian(cube)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert func.jacobian(lambda x: x[:0])(np.ones(3)).shape == (0, 3)
    by_both = func.jacobian(lambda x, y: (x * y.sum())[:0], (0, 1))
    assert [J.shape for J in by_both(np.ones(2), np.ones(3))] == [(0, 2), (0, 3)]
    assert func.hessian(lambda x: cube(x).sum())(np.zeros(0)).shape == (0, 0)
    assert func.grad(lambda x: cube(x).sum())(np.zeros((0, 3))).shape == (0, 3)


TOOLS = {
    "grad": lambda f, x: func.grad(f)(x),
    "jacobian": lambda f, x: func.jacobian(f)(x),
    "vjp": func.vjp,
    "jvp": lambda f, x: func.jvp(f, x, np.ones(2)),
    "hvp": lambda f, x: func.hvp(f, x, np.ones(2)),
}


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("result", [None, 3.0, [1.0], np.ones(2), Variable(None)])
def test_what_f_must_not_return(name, result):
    with pytest.raises(TypeError, match=rf"{name}: f must return a Variable, got .*71"):
        TOOLS[name](lambda x: result, np.ones(2))


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("x", [None, "text", Variable(None), np.array(["a", "b"]), {}])
def test_what_there_is_no_slope_by(name, x):
    with pytest.raises(
        TypeError, match=rf"{name}: expected (numbers|floats), got .*71"
    ):
        TOOLS[name](lambda x: x.sum(), x)


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("f", [None, 5, np.ones(2)])
def test_what_is_no_function(name, f):
    with pytest.raises(TypeError, match=rf"{name}: expected a function .*got .*71"):
        TOOLS[name](f, np.ones(2))


@pytest.mark.parametrize("argnums", [1.5, "0", None, (), (0, "1")])
def test_argnums_are_ints(argnums):
    with pytest.raises(TypeError, match=r"argnums must be an int or a tuple .*step 71"):
        func.grad(cube, argnums)(2.0)


@pytest.mark.parametrize("v", [None, "text", [[1.0], [1.0, 2.0]]])
def test_directions_are_numbers(v):
    with pytest.raises(TypeError, match=r"vjp: w: expected numbers, got .*step 71"):
        func.vjp(cube, np.ones(2))[1](v)


def test_vjp_without_an_argument():
    with pytest.raises(TypeError, match="vjp: expected f and at least one x"):
        func.vjp(lambda: Variable(np.array(1.0)))
