"""The small helpers, by hand; and the names that programs for DeZero import here."""

import doctest
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dezero
from dezero import Variable, core, gradcheck, graph, utils

# --- names ---


def test_graph_and_gradcheck_are_offered_here_too():
    for name in "get_dot_graph", "plot_dot_graph", "_dot_var", "_dot_func":
        assert getattr(utils, name) is getattr(graph, name)
    for name in (
        "array_allclose",
        "array_equal",
        "check_gradients",
        "gradient_check",
        "numerical_grad",
    ):
        assert getattr(utils, name) is getattr(gradcheck, name)


def test_the_array_helpers_of_core_have_their_other_names_here():
    assert utils.sum_to.__wrapped__ is core.sum_array_to
    assert utils.reshape_sum_backward.__wrapped__ is core.restore_axes


def test_every_name_in_all_exists():
    assert sorted(set(utils.__all__)) == utils.__all__
    for name in utils.__all__:
        assert hasattr(utils, name), name


def test_utils_imports_when_the_package_is_the_simple_one(tmp_path):
    package = Path(dezero.__file__).parent
    shutil.copytree(package, tmp_path / "dezero")
    init = tmp_path / "dezero" / "__init__.py"
    text = init.read_text(encoding="utf-8")
    assert "\nis_simple_core = False\n" in text
    text = text.replace("\nis_simple_core = False\n", "\nis_simple_core = True\n")
    init.write_text(text, encoding="utf-8")
    program = (
        "import sys, dezero\n"
        "assert dezero.is_simple_core and 'dezero.utils' not in sys.modules\n"
        "import numpy as np, dezero.utils\n"
        "x = dezero.Variable(np.array(3.0))\n"
        "print(dezero.utils.numerical_grad(lambda x: x**2, x).round(6))\n"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert result.stderr == ""
    assert result.stdout.split() == ["6.0"]


# --- sum_to ---


@pytest.mark.parametrize(
    "shape, expected",
    [
        ((2, 3), [[0, 1, 2], [3, 4, 5]]),
        ((1, 3), [[3, 5, 7]]),
        ((3,), [3, 5, 7]),
        ((2, 1), [[3], [12]]),
        ((1, 1), [[15]]),
        ((1,), [15]),
        ((), 15),
    ],
)
def test_sum_to_by_hand(shape, expected):
    y = utils.sum_to(np.arange(6.0).reshape(2, 3), shape)
    assert y.shape == shape
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("shape", [(1,), (3, 1), (2, 1, 4), (3, 4), (1, 1, 1), ()])
def test_sum_to_is_the_adjoint_of_broadcasting(rng, shape):
    x, y = rng.normal(size=shape), rng.normal(size=(2, 3, 4))
    there = np.sum(np.broadcast_to(x, y.shape) * y)
    back = np.sum(x * utils.sum_to(y, shape))
    np.testing.assert_allclose(there, back)


def test_sum_to_of_an_empty_array():
    np.testing.assert_array_equal(utils.sum_to(np.zeros((0, 3)), (3,)), np.zeros(3))
    assert utils.sum_to(np.zeros((0, 3)), (0, 1)).shape == (0, 1)


@pytest.mark.parametrize("shape", [(2,), (4, 3), (1, 2, 3)])
def test_sum_to_a_shape_that_cannot_be_reached(shape):
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        utils.sum_to(np.zeros((2, 3)), shape)


# --- reshape_sum_backward, max_backward_shape ---


@pytest.mark.parametrize("kind", [np.asarray, Variable])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    "axis, kept",
    [
        (None, (1, 1, 1)),
        (0, (1, 3, 4)),
        (-1, (2, 3, 1)),
        ((0, 2), (1, 3, 1)),
        ((-1, -3), (1, 3, 1)),
        ((0, 1, 2), (1, 1, 1)),
    ],
)
def test_reshape_sum_backward(axis, kept, keepdims, kind):
    x = np.arange(24.0).reshape(2, 3, 4)
    y = np.asarray(x.sum(axis=axis, keepdims=keepdims))
    gy = utils.reshape_sum_backward(kind(y), x.shape, axis, keepdims)
    assert type(gy) is type(kind(y))
    values = gy.data if kind is Variable else gy
    np.testing.assert_array_equal(  # restored: subtracting broadcasts the right way
        x - values, x - x.sum(axis=axis, keepdims=True)
    )
    assert utils.max_backward_shape(x, axis) == list(kept)
    assert utils.max_backward_shape(Variable(x), axis) == list(kept)


def test_reshape_sum_backward_of_a_0d_array():
    gy = utils.reshape_sum_backward(np.array(2.0), (), None, False)
    assert gy.shape == ()
    assert utils.max_backward_shape(np.array(2.0), None) == []


# --- logsumexp ---


def test_logsumexp_by_hand():
    y = utils.logsumexp(np.log([[1.0, 2.0, 3.0], [4.0, 0.5, 0.5]]))
    np.testing.assert_allclose(y, np.log([[6.0], [5.0]]))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, (0, 2), None])
def test_logsumexp_keeps_the_axis(rng, axis):
    x = rng.normal(size=(2, 3, 4))
    np.testing.assert_allclose(
        utils.logsumexp(x, axis), np.log(np.exp(x).sum(axis=axis, keepdims=True))
    )


def test_logsumexp_of_huge_and_tiny_numbers():
    x = np.array([[1000.0, 1000.0], [-1000.0, -1000.0], [0.0, -np.inf]])
    expected = np.array([[1000.0], [-1000.0], [0.0]]) + np.log([[2.0], [2.0], [1.0]])
    np.testing.assert_allclose(utils.logsumexp(x), expected)


def test_logsumexp_of_infinities():
    x = np.array([[-np.inf, -np.inf], [np.inf, 0.0]])
    np.testing.assert_array_equal(utils.logsumexp(x), [[-np.inf], [np.inf]])


def test_logsumexp_dtype():
    assert utils.logsumexp(np.ones((2, 3), np.float32)).dtype == np.float32
    np.testing.assert_allclose(utils.logsumexp(np.zeros((1, 4), int)), [[np.log(4)]])


# --- show_progress ---


@pytest.mark.parametrize(
    "block_num, cells, percent",
    [(0, 0, "0.00%"), (1, 3, "10.00%"), (5, 15, "50.00%"), (10, 30, "100.00%")],
)
def test_show_progress(block_num, cells, percent, capsys):
    utils.show_progress(block_num, 100, 1000)
    bar = "#" * cells + "." * (30 - cells)
    assert capsys.readouterr().out.split() == [f"[{bar}]", percent]


def test_show_progress_writes_over_the_last_bar_and_stops_at_the_end(capsys):
    utils.show_progress(11, 100, 1000)  # the last block is rarely full
    out = capsys.readouterr().out
    assert out.startswith("\r[" + "#" * 30 + "]") and out.endswith("100.00%")


@pytest.mark.parametrize("unknown", [0, -1])
def test_show_progress_of_an_unknown_size(unknown, capsys):
    utils.show_progress(1, 10, unknown)
    assert capsys.readouterr().out == "\r[" + "." * 30 + "] 10 bytes"


# --- sizes ---


@pytest.mark.parametrize("pad", [0, 1, 2])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3])
def test_get_conv_outsize_counts_the_places(kernel, stride, pad):
    for size in range(4, 9):
        places = range(-pad, size + pad - kernel + 1, stride)
        assert utils.get_conv_outsize(size, kernel, stride, pad) == len(places)


@pytest.mark.parametrize("pad", [0, 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [2, 3])
def test_get_deconv_outsize_is_the_smallest_image(kernel, stride, pad):
    for size in range(2, 6):
        image = utils.get_deconv_outsize(size, kernel, stride, pad)
        assert utils.get_conv_outsize(image, kernel, stride, pad) == size
        assert utils.get_conv_outsize(image - 1, kernel, stride, pad) == size - 1


def test_sizes_by_name():
    assert utils.get_conv_outsize(input_size=28, kernel_size=5, stride=2, pad=1) == 13
    assert utils.get_deconv_outsize(size=13, k=5, s=2, p=1) == 27


def test_pair():
    assert utils.pair(3) == (3, 3)
    assert utils.pair((1, 2)) == (1, 2)
    assert utils.pair([3, 4]) == (3, 4)
    assert utils.pair(np.int64(3)) == (3, 3)


@pytest.mark.parametrize("x", [(1,), (1, 2, 3), [], [1, 2, 3]])
def test_pair_of_another_length(x):
    with pytest.raises(AssertionError, match=f"got {len(x)} values"):
        utils.pair(x)


@pytest.mark.parametrize("x", [1.5, "ab", None, np.float64(2.0)])
def test_pair_of_something_else(x):
    with pytest.raises(ValueError, match=f"got {type(x).__name__}"):
        utils.pair(x)


def test_docstring_examples():
    result = doctest.testmod(utils, extraglobs={"np": np})
    assert result.attempted > 0 and result.failed == 0


def test_the_helpers_for_sums_say_what_they_take():
    with pytest.raises(
        TypeError, match="sum_to: expected an array of numbers, got None"
    ):
        utils.sum_to(None, (1, 3))
    with pytest.raises(TypeError, match="sum_to: shape must be .* got 'x'"):
        utils.sum_to(np.ones((2, 3)), "x")
    with pytest.raises(
        ValueError, match=r"shape \(4, 7\) does not fit an x .*\(2, 3\)"
    ):
        utils.reshape_sum_backward(np.ones((4, 7)), (2, 3), 0, False)


# --- odd input ---


def test_logsumexp_of_lists_and_integers():
    expected = np.log(np.exp(1) + np.exp(2))
    for x in (
        [[1, 2]],
        [[1.0, 2.0]],
        np.array([[1, 2]]),
        Variable(np.array([[1.0, 2.0]])),
    ):
        np.testing.assert_allclose(utils.logsumexp(x), [[expected]])


@pytest.mark.parametrize("x", [None, "text", [[1], [1, 2]], np.array([True]), [1j]])
def test_logsumexp_of_no_numbers(x):
    with pytest.raises(
        TypeError, match=r"logsumexp: expected an array of numbers, .*47"
    ):
        utils.logsumexp(x)


@pytest.mark.parametrize("axis", [2, -3, (0, 0), (0, 2), 1.5, "1", True])
@pytest.mark.parametrize("f", [utils.logsumexp, utils.max_backward_shape])
def test_an_axis_that_is_not_there(f, axis):
    with pytest.raises((TypeError, ValueError), match=rf"{f.__name__}: axis .*step 39"):
        f(np.ones((2, 3)), axis)


def test_logsumexp_of_nothing():
    with pytest.raises(ValueError, match=r"logsumexp: expected numbers .* \(0, 2\)"):
        utils.logsumexp(np.zeros((0, 2)), axis=0)


def test_comparing_what_does_not_compare():
    assert not utils.array_equal([1, 2], [1, 2, 3])
    assert utils.array_equal("a", "a") and not utils.array_equal(None, [1])
    with pytest.raises(ValueError, match=r"array_allclose: .* got \(2,\) and \(3,\)"):
        utils.array_allclose([1, 2], Variable(np.ones(3)))
    with pytest.raises(TypeError, match="array_allclose: expected an array .* got 'a'"):
        utils.array_allclose("a", [1])
    with pytest.raises(ValueError, match="array_allclose: rtol must be at least 0"):
        utils.array_allclose([1], [1], rtol=-1)


@pytest.mark.parametrize("sizes", [("1", 1, 1), (1, None, 1), (1, 1, float("nan"))])
def test_progress_of_no_numbers(sizes):
    with pytest.raises(
        (TypeError, ValueError), match="show_progress: .* a (finite )?number, got"
    ):
        utils.show_progress(*sizes)


@pytest.mark.parametrize("path", [None, 5, ["x"], b"x"])
def test_a_file_to_replace_has_a_name(path):
    with pytest.raises(TypeError, match=r"replacing: path must be the name .*step 53"):
        with utils.replacing(path):
            pass
