"""core_simple: step 22 to the letter, and what the contract says of it."""

import ast
import gc
import weakref

import numpy as np
import pytest
from book.code import names_of, source_of, without_comments
from conftest import ROOT

from dezero import core_simple
from dezero.core_simple import Variable

STEP = ROOT / "steps" / "step22.py"
PACKAGE = ROOT / "dezero" / "core_simple.py"
COMPATIBILITY = ["rsub", "rdiv", "setup_variable"]


def definitions(text):
    """Return {key: source} without comments; of a class each member apart."""
    lines = without_comments(text)
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = source_of(lines, node)
        elif isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            found[node.name] = [*bases, ast.get_docstring(node)]
            for member in node.body:
                for name in names_of(member):
                    found[f"{node.name}.{name}"] = source_of(lines, member)
    return found


def imports(text):
    kinds = (ast.Import, ast.ImportFrom)
    return [ast.unparse(n) for n in ast.parse(text).body if isinstance(n, kinds)]


# --- the letter ---


def test_every_definition_is_that_of_step_22():
    step, package = (
        definitions(p.read_text(encoding="utf-8")) for p in (STEP, PACKAGE)
    )
    assert package.keys() - step.keys() == set(COMPATIBILITY)
    for name, source in step.items():
        assert package[name] == source


def test_nothing_else_stands_in_either():
    step, package = (p.read_text(encoding="utf-8") for p in (STEP, PACKAGE))
    assert imports(step) == imports(package)
    kinds = (ast.Import, ast.ClassDef, ast.FunctionDef)
    rest = [n for n in ast.parse(package).body if not isinstance(n, kinds)]
    assert [type(n) for n in rest] == [ast.Expr]  # the docstring
    rest = [n for n in ast.parse(step).body if not isinstance(n, kinds)]
    assert [type(n) for n in rest] == [ast.Expr, ast.If]  # and the demo


@pytest.mark.parametrize(
    "old, new",
    [
        ("x.grad + gx", "gx + x.grad"),
        ("@property\n    def size", "def size"),
        ('"""Return -x as a Variable."""', '"""Minus x."""'),
    ],
)
def test_a_planted_difference_is_seen(old, new):
    text = PACKAGE.read_text(encoding="utf-8")
    assert text.count(old) == 1
    assert definitions(text) != definitions(text.replace(old, new))


def test_comments_do_not_count():
    text = "class A:\n    # --- carried over ---\n    x = 1\n"
    assert definitions(text) == {"A": [None], "A.x": "x = 1"}


# --- the names ---


def test_names():
    names = (
        "Config, using_config, no_grad, Variable, as_variable, as_array, Function, "
        "Add, add, Mul, mul, Neg, neg, Sub, sub, rsub, Div, div, rdiv, Pow, pow, "
        "setup_variable"
    )
    public = {
        name
        for name, value in vars(core_simple).items()
        if getattr(value, "__module__", None) == core_simple.__name__
    }
    assert public == set(names.split(", "))


def test_members_of_variable():
    members = "shape ndim size dtype __len__ __repr__ set_creator cleargrad backward"
    for name in members.split():
        assert name in vars(Variable)
    assert Variable.__array_priority__ == 200
    for name in ("unchain", "reshape", "T", "__getitem__"):
        assert not hasattr(Variable, name)


def test_config_has_one_switch():
    switches = [name for name in vars(core_simple.Config) if name[0] != "_"]
    assert switches == ["enable_backprop"]
    assert core_simple.Config.enable_backprop is True


def test_compatibility_names():
    x = Variable(np.array(4.0))
    y = core_simple.rsub(x, 1.0)
    assert y.data == -3.0
    y.backward()
    assert x.grad == -1.0
    x.cleargrad()
    y = core_simple.rdiv(x, 8.0)
    assert y.data == 2.0
    y.backward()
    assert x.grad == -0.5


def test_setup_variable_is_harmless():
    before = dict(vars(Variable))
    assert core_simple.setup_variable() is None
    core_simple.setup_variable()
    assert dict(vars(Variable)) == before
    assert (2 * Variable(np.array(3.0)) - 1).data == 5.0


# --- Variable ---


@pytest.mark.parametrize("value", [1.0, 3, [1.0], (1.0,), "a", np.float64(1.0)])
def test_only_arrays(value):
    with pytest.raises(TypeError, match=f"{type(value).__name__} is not supported"):
        Variable(value)


def test_a_new_variable():
    x = Variable(np.array([1.0, 2.0]), name="x")
    assert (x.name, x.grad, x.creator, x.generation) == ("x", None, None, 0)
    assert (x.shape, x.ndim, x.size, x.dtype, len(x)) == ((2,), 1, 2, np.float64, 2)
    assert Variable(None).data is None


def test_repr():
    assert repr(Variable(np.array(2.0))) == "variable(2.0)"
    assert repr(Variable(None)) == "variable(None)"
    matrix = Variable(np.array([[1, 2], [3, 4]]), name="not printed")
    assert repr(matrix) == "variable([[1 2]\n          [3 4]])"


def test_equality_is_identity():
    x = Variable(np.array(1.0))
    assert x == x
    assert x != Variable(np.array(1.0))
    assert len({x, x, Variable(np.array(1.0))}) == 2


@pytest.mark.parametrize("other", [3, 2.5, np.array(2.0), np.array([5.0, 6.0])])
def test_operators_on_either_side(other):
    data = np.array([1.0, 2.0])
    x = Variable(data)
    for y, expected in (
        (x + other, data + other),
        (other + x, other + data),
        (x - other, data - other),
        (other - x, other - data),
        (x * other, data * other),
        (other * x, other * data),
        (x / other, data / other),
        (other / x, other / data),
        (-x, -data),
        (x**2, data**2),
    ):
        assert type(y) is Variable
        np.testing.assert_allclose(y.data, expected)


def test_0d_results_stay_arrays():
    x = Variable(np.array(2.0))
    y = x**2
    assert type(y.data) is np.ndarray
    y.backward()
    assert type(x.grad) is np.ndarray


# --- backward ---


def test_a_formula_by_hand():
    x, y = Variable(np.array(1.0)), Variable(np.array(2.0))
    z = (x - y) ** 2 / (x * y) + -x
    z.backward()
    # x/y + y/x - 2 - x
    np.testing.assert_allclose(z.data, -0.5)
    np.testing.assert_allclose(x.grad, 1 / 2 - 2 / 1 - 1)
    np.testing.assert_allclose(y.grad, -1 / 4 + 1 / 1)


def test_agrees_with_core(rng):
    from dezero import core

    data = rng.uniform(0.5, 2.0, size=(2, 3))
    grads = []
    for module in (core_simple, core):
        x = module.Variable(data)
        y = 3 / x - (x**3 - 1.5) * x / (2 - x**2) + x
        y.backward()
        grads.append(x.grad)
    np.testing.assert_allclose(grads[0], grads[1].data)


def test_a_leaf_gets_ones():
    x = Variable(np.array([[1, 2], [3, 4]], dtype=np.float32))
    x.backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_array_equal(x.grad, np.ones((2, 2)))


def test_a_grad_set_before_is_used():
    x = Variable(np.array([1.0, 2.0]))
    y = x * x
    y.grad = np.array([1.0, 10.0])
    y.backward()
    np.testing.assert_allclose(x.grad, [2.0, 40.0])


def test_gradients_accumulate_until_cleargrad():
    x = Variable(np.array(3.0))
    for expected in (6.0, 12.0):
        (x * x).backward()
        assert x.grad == expected
    x.cleargrad()
    assert x.grad is None
    (x * x).backward()
    assert x.grad == 6.0


@pytest.mark.parametrize("retain_grad", [False, True])
def test_retain_grad(retain_grad):
    x = Variable(np.array(3.0))
    a = x**2
    y = a * 2
    y.backward(retain_grad=retain_grad)
    assert x.grad == 12.0
    grads = (a.grad, y.grad)
    assert grads == ((2.0, 1.0) if retain_grad else (None, None))


def test_the_order_of_a_diamond():
    x = Variable(np.array(2.0))
    a = x**2
    y = a**2 + a**2
    y.backward()
    assert x.grad == 64.0


def test_a_long_chain():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(10_000):
        y = y + 0.0
    y.backward()
    assert x.grad == 1.0


def test_a_function_of_ones_own():
    class Swap(core_simple.Function):
        def forward(self, x0, x1):
            return x1, x0

        def backward(self, gy0, gy1):
            assert type(gy0) is np.ndarray
            return gy1, gy0

    a, b = Variable(np.array(2.0)), Variable(np.array(5.0))
    outputs = Swap()(a, b)
    assert type(outputs) is list
    p, q = outputs
    (p * q * q).backward()
    assert (p.data, q.data) == (5.0, 2.0)
    assert (a.grad, b.grad) == (20.0, 4.0)


def test_a_function_must_be_filled_in():
    class Empty(core_simple.Function):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty needs a forward\(\*xs\)"):
        Empty()(np.array(1.0))

    class Half(core_simple.Function):
        def forward(self, x):
            return x / 2

    with pytest.raises(NotImplementedError, match=r"Half needs a backward\(\*gys\)"):
        Half()(np.array(1.0)).backward()


# --- no_grad and memory ---


def test_no_grad():
    x = Variable(np.array(3.0))
    with core_simple.no_grad():
        y = x**2
    assert (y.data, y.creator, y.generation) == (9.0, None, 0)
    assert (x**2).creator is not None


def test_a_result_of_no_grad_is_a_leaf():
    x = Variable(np.array(3.0))
    with core_simple.no_grad():
        y = x**2
    y.backward()
    assert y.grad == 1.0
    assert x.grad is None


def test_the_switch_returns_after_an_error():
    with pytest.raises(ValueError, match="on purpose"):
        with core_simple.using_config("enable_backprop", False):
            raise ValueError("on purpose")
    assert core_simple.Config.enable_backprop is True


def test_an_unknown_switch():
    with pytest.raises(AttributeError, match="no attribute 'train'"):
        with core_simple.using_config("train", False):
            pass


def test_a_graph_is_freed_by_counting_alone():
    gc.collect()
    gc.disable()
    try:
        x = Variable(np.array(2.0))
        a = x**2
        y = a * a - 1
        y.backward()
        refs = [weakref.ref(node) for node in (a, y, a.creator, y.creator)]
        del a, y
        assert [ref() for ref in refs] == [None] * 4
    finally:
        gc.enable()


def test_errors_say_what_to_do():
    x = Variable(np.array([1.0, 2.0]))
    with pytest.raises(TypeError, match=r"list is not supported.*np\.array.*step 9"):
        x + [1.0, 2.0]
    with pytest.raises(TypeError, match="unsupported operand"):
        2**x
    with pytest.raises(AttributeError, match="set"):
        x.shape = (2, 1)
