"""Step 37. Tensors: element-wise functions already work.

A Variable held an ndarray from step 1 on. An array of several
axes is called a tensor in this trade, and nearly all that we have
runs on tensors as it stands: +, *, **, exp, sin take an array
apart, do the same to each element, and put it together again. So
much for forward. Why is backward right, too?

n numbers in and n out have n * n derivatives. They are written
as a matrix, the Jacobian: dy[i]/dx[j] in row i and column j. The
chain rule multiplies gy, a row of n numbers, by that matrix:

    gx[j] = gy[0] * J[0, j] + ... + gy[n-1] * J[n-1, j]

When a function is element-wise, y[i] depends on x[i] alone. The
rest of J is 0, only the diagonal is left, and so is only one
term of the sum:

        | f'(x0)   0      0    |
    J = |   0    f'(x1)   0    |      gx[j] = gy[j] * f'(x[j])
        |   0      0    f'(x2) |

This is NumPy's gy * f'(x), and every backward so far says just
that. Nobody has to make the matrix. (The package has more of the
kind: sqrt, abs, and clip, which cuts off at two limits.)

jacobian() makes it all the same, to look at it. A backward that
starts from gy = (0, 1, 0) returns row 1, and so on: n rows take n
passes. Beside x**2 it is shown x / total(x), whose elements look
at each other: there is something off the diagonal.

A loss has to be one number, so at the end we need a sum. Total
is our first Function whose result has another shape than its
input. Each element counts once, so each one gets the gradient of
the sum, and gx has to be blown up to the shape of x again.

Shapes that change are what is left to do: moved about in step
38, summed over single axes in 39, stretched in 40, multiplied as
matrices in 41.

Exercise: which zeros has the Jacobian of the running sums
y = (x0, x0 + x1, x0 + x1 + x2)? Write the Function, and see. In
what order does its backward have to add up gy?

Output:
    y = variable(231), y.grad = variable(1)
    t.grad = variable([[1 1 1]
                       [1 1 1]])
    x.grad = variable([[1 1 1]
                       [1 1 1]])
    c.grad = variable([[1 1 1]
                       [1 1 1]])
    Jacobians: x**2 at (1, 2, 3)   x / total(x)
                   2.0  0.0  0.0    0.139 -0.028 -0.028
                   0.0  4.0  0.0   -0.056  0.111 -0.056
                   0.0  0.0  6.0   -0.083 -0.083  0.083
    backward gives gy @ Jacobian: True
"""

import numpy as np

from dezero import Function, Variable


class Total(Function):
    """y = the sum of all elements of x; each gx is gy."""

    def forward(self, x):
        return x.sum()

    def backward(self, gy):
        (x,) = self.inputs
        return gy * np.ones_like(x.data)


def total(x):
    """Return the sum of all elements of x."""
    return Total()(x)


def jacobian(f, x):
    """Return the matrix of dy[i]/dx[j] for y = f(x), x an array."""
    x = Variable(x)
    y = f(x)
    rows = []
    for unit in np.eye(y.size):
        x.cleargrad()
        y.grad = Variable(unit)  # what backward starts from
        y.backward()
        rows.append(x.grad.data)
    return np.array(rows)


if __name__ == "__main__":
    x = Variable(np.array([[1, 2, 3], [4, 5, 6]]))
    c = Variable(np.array([[10, 20, 30], [40, 50, 60]]))
    t = x + c
    y = total(t)
    y.backward(retain_grad=True)
    print(f"y = {y}, y.grad = {y.grad}")
    for name, v in {"t": t, "x": x, "c": c}.items():
        rows = str(v.grad).replace("\n", "\n" + " " * 9)
        print(f"{name}.grad = {rows}")

    print("Jacobians: x**2 at (1, 2, 3)   x / total(x)")
    data = np.array([1.0, 2.0, 3.0])
    squares = jacobian(lambda x: x**2, data)
    shares = jacobian(lambda x: x / total(x), data)
    for left, right in zip(squares, shares):
        left = "".join(f"{number:5.1f}" for number in left)
        right = "".join(f"{number:7.3f}" for number in right)
        print(f"{left:>28}  {right}")

    x = Variable(data)
    y = x / total(x)
    gy = np.array([5.0, -1.0, 2.0])
    y.grad = Variable(gy)
    y.backward()
    same = np.allclose(x.grad.data, gy @ shares)
    print(f"backward gives gy @ Jacobian: {same}")
