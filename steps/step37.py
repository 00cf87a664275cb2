"""Step 37. Tensors: element-wise functions already work.

Since step 1 a Variable has held an ndarray, and so far that was
mostly a single number. An array with any number of axes is called
a *tensor*. Do our Functions work on tensors? Forward they do: +,
*, exp and sin treat each element by itself, because NumPy does.
But is backward right, too?

With n numbers in and n numbers out there are n * n derivatives.
Written as a matrix they are the *Jacobian* J: row i, column j says
how fast y[i] changes with x[j]. By the chain rule, backward has to
compute this sum for each j:

    gx[j] = gy[0] * J[0, j] + ...
            + gy[n-1] * J[n-1, j]

In an element-wise function, y[i] depends on x[i] alone. All other
entries of row i are 0, and one term of the sum is left:

        | f'(x0)   0      0    |
    J = |   0    f'(x1)   0    |
        |   0      0    f'(x2) |

    gx[j] = gy[j] * f'(x[j])

In NumPy this is gy * f'(x), and that is what each backward so far
computes. So each of them is right, and none has to build the
matrix. Below we build it once, to see the zeros.

Descent (step 28) makes one number small, so a computation on
tensors usually ends in a sum: here t = x + c and y = total(t).
Total is our first Function that changes the shape. Others follow:
they move elements (step 38), sum over some axes (39), stretch (40)
and multiply matrices (41).

Exercise: write the running sums y = (x0, x0 + x1, x0 + x1 + x2) as
a Function. Which entries of its Jacobian are 0? In which order
does its backward have to add up gy?

In the package: dezero/functions/elementwise.py, Sqrt, Abs and Clip;
more Functions of the element-wise kind

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


# Every element counts once in the sum, so its local derivative is 1,
# and each element gets the gradient of the sum. gy is one number, and
# gx must have the shape of x: multiplying by ones repeats it.
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


# If gy is 0 except for a 1 in place i, then gy times the Jacobian is
# row i. So n backward passes, one for each row, give the whole matrix.
# We look at two functions: x**2 is element-wise, and in x / total(x)
# each element depends on all of x, so no entry is 0.
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
