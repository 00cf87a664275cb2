import numpy as np
import pytest

import dezero


@pytest.mark.parametrize("rows, inner, columns", [(1, 1, 1), (1, 3, 4), (2, 5, 3)])
def test_multiply_is_a_product_and_counts(load_step, rng, rows, inner, columns):
    A, B = rng.normal(size=(rows, inner)), rng.normal(size=(inner, columns))
    C, count = load_step(5).multiply(A, B)
    np.testing.assert_allclose(C, A @ B, rtol=1e-12)
    assert count == rows * inner * columns


@pytest.mark.parametrize(
    "sizes, from_output, from_input",
    [
        # inputs, a, b, outputs; counts by hand
        ((1, 1, 1, 1), 2, 2),
        ((20, 20, 20, 1), 400 + 400, 8000 + 400),  # many inputs, one output
        ((1, 20, 20, 20), 8000 + 400, 400 + 400),  # the mirror image
        ((5, 5, 5, 5), 250, 250),
        ((4, 3, 2, 1), 2 * 3 + 3 * 4, 4 * 3 * 2 + 4 * 2),
    ],
)
def test_both_orders(load_step, rng, sizes, from_output, from_input):
    step = load_step(5)
    tables = [rng.normal(size=(n, m)) for m, n in zip(sizes, sizes[1:])]
    back, back_count = step.from_output(tables)
    forth, forth_count = step.from_input(tables)
    np.testing.assert_allclose(back, tables[2] @ tables[1] @ tables[0], rtol=1e-10)
    np.testing.assert_allclose(forth, back, rtol=1e-10)
    assert (back_count, forth_count) == (from_output, from_input)


def test_same_as_the_package(load_step, rng):
    step = load_step(5)
    x = dezero.Variable(rng.normal(size=4))
    b = np.e ** (x**2)
    (b**2).backward()  # from ones: the gradient of the sum

    tables = [np.diag(2 * x.data), np.diag(b.data), 2 * b.data.reshape(1, 4)]
    gradient, _ = step.from_output(tables)
    np.testing.assert_allclose(gradient[0], x.grad.data, rtol=1e-12)


def test_printed(run_step):
    out = run_step(5)
    rows = [line.split() for line in out.splitlines() if line.startswith("   ")]
    for n, back, forth in np.array(rows, dtype=int):
        assert (back, forth) == (2 * n * n, n**3 + n**2)
    assert len(rows) == 4
    assert out.count("3.2974, 2 multiplications") == 2
    assert out.endswith("True\n")
