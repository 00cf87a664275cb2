"""Step 42. Linear regression: a line that comes closer by itself.

A spring hangs from a hook. Twenty times we put a weight on it and
measure its length, not very precisely. Which line describes the
measurements best?

    length = weight * W + b

W is how much longer the spring gets for each unit of weight, and b
is its length without a weight. To fit such a line to data is called
*linear regression*.

"Best" has to become a number. A *loss function* says how wrong the
predictions are. Let p be the lengths that the line predicts, and y
the measured ones. We square the differences p - y and take the
mean of the squares, the *mean squared error*:

    loss = ((p[0] - y[0])**2 + ...
            + (p[N-1] - y[N-1])**2) / N

Which W and b make it smallest? Gradient descent (step 28) finds
them. All N measurements make up one column, and one matrix product
is enough:

    x (N, 1) @ W (1, 1) + b (1,)
        -> p (N, 1) -> loss ()

b is stretched over the N rows, and gets its gradient back as one
number (step 40). With several columns in x, and as many rows in
W, the program would be the same.

For a line there is also a formula, least squares, which NumPy
knows. Gradient descent finds the same line. In step 43 the points
lie on a curve, and there is no formula.

Exercise: make one of the twenty lengths wrong, by 20. How far does
the line move? Then take sum(((p - y)**2 + 1)**0.5) / N, a
loss that hardly grows faster than the difference itself.

In the package: dezero/functions/loss.py, MeanSquaredError;
that other loss is a relative of huber_loss

Output:
    step      loss         W         b
       0  197.9622    0.0000    0.0000
       1   21.9610    3.9265    1.3874
      20    8.0902    2.9720    4.8727
      60    1.0712    1.9720    8.3409
     400    0.1124    1.4415   10.1810
    by formula        1.4414   10.1812
    from p to the loss, N = 20   Functions   numbers kept
    mean_squared_error_simple            4             41
    mean_squared_error                   1              0
    figures/step42_line.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Function, Variable
from dezero.functions import sum_to


# The loss as it is written above takes four Functions. The graph keeps
# the results in between: N differences, N squares and their sum.
def mean_squared_error_simple(x0, x1):
    """Return sum((x0 - x1)**2) / N, by four Functions."""
    difference = x0 - x1
    return (difference**2).sum() / len(difference)


# One Function for all of it keeps nothing. Backward needs the
# differences, and computes them once more. sum_to (step 40) is there
# in case p or y was stretched.
class MeanSquaredError(Function):
    """y = sum((x0 - x1)**2) / N, gx0 = gy * 2 / N * (x0 - x1)."""

    def forward(self, x0, x1):
        difference = x0 - x1
        return (difference * difference).sum() / len(difference)

    def backward(self, gy):
        x0, x1 = self.inputs
        difference = x0 - x1
        gx0 = gy * (2 / len(difference)) * difference
        return sum_to(gx0, x0.shape), sum_to(-gx0, x1.shape)


# One trap: if y has the shape (N,), then p - y combines (N, 1) with
# (N,) and is stretched to (N, N): each p minus every y. The program
# would run and fit nonsense. The package refuses these shapes.
def mean_squared_error(x0, x1):
    """Return sum((x0 - x1)**2) / N, N rows, in one Function."""
    return MeanSquaredError()(x0, x1)


def predict(x, W, b):
    """Return a point on the line for each row of x."""
    return x @ W + b


def fit(x, y, rate=0.05, steps=400):
    """Return the path to the best line: loss, W, b at each step."""
    W, b = Variable(np.zeros((1, 1))), Variable(np.zeros(1))
    path = []
    for _ in range(steps + 1):
        loss = mean_squared_error(predict(x, W, b), y)
        path.append((float(loss.data), W.data.copy(), b.data.copy()))
        W.cleargrad()
        b.cleargrad()
        loss.backward()
        W.data -= rate * W.grad.data
        b.data -= rate * b.grad.data
    return path


def kept_between(loss, p):
    """Count the Functions from p to loss, and the numbers kept.

    The numbers kept are the elements of all results but the last.
    """
    functions, numbers, waiting = 0, 0, [loss]
    while waiting:
        v = waiting.pop()
        if v is p or v.creator is None:
            continue
        functions += 1
        numbers += v.size if v is not loss else 0
        waiting += v.creator.inputs
    return functions, numbers


# In the picture the line first climbs up to the points, which takes
# one step, and then turns into place, which takes 400.
def draw(x, y, path, file):
    """Draw the points and the line after some steps."""
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(x, y, "o", color="black", label="measured")
    ends = np.array([[0.0], [5.0]])
    looks = {1: "0.8", 20: "0.6", 60: "0.4", len(path) - 1: "tab:red"}
    for n, color in looks.items():
        _, W, b = path[n]
        axes.plot(ends, ends @ W + b, color=color, label=f"step {n}")
    axes.set(xlabel="weight", ylabel="length")
    axes.legend()
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 5, size=(20, 1))
    y = 10 + 1.5 * x + rng.normal(0, 0.5, size=(20, 1))
    path = fit(x, y)
    print("step      loss         W         b")
    for n in (0, 1, 20, 60, 400):
        loss, W, b = path[n]
        print(f"{n:4}{loss:10.4f}{W[0, 0]:10.4f}{b[0]:10.4f}")
    columns = np.hstack([x, np.ones_like(x)])
    best, *_ = np.linalg.lstsq(columns, y, rcond=None)
    print(f"by formula    {best[0, 0]:10.4f}{best[1, 0]:10.4f}")

    print("from p to the loss, N = 20   Functions   numbers kept")
    p = predict(x, Variable(W), Variable(b))
    for loss_function in mean_squared_error_simple, mean_squared_error:
        functions, numbers = kept_between(loss_function(p, y), p)
        print(f"{loss_function.__name__:29}{functions:9}{numbers:15}")
    FIGURES.mkdir(exist_ok=True)
    draw(x, y, path, FIGURES / "step42_line.png")
    print("figures/step42_line.png")
