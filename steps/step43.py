"""Step 43. A neural network: two layers, by hand.

A straight line fits a spring, but not a wave. Two lines one after
the other are one line again: (x @ W1) @ W2 is x @ (W1 @ W2). So
something that is not linear has to come between them, called an
*activation function*, or nonlinearity. This is a neural network:

    x (N, 1)
      |   linear      x @ W1 + b1
    (N, H)
      |   sigmoid     1 / (1 + exp(-x))
    (N, H)            the hidden layer
      |   linear      ... @ W2 + b2
    p (N, 1)

The two linear parts are *fully connected layers*: each result
depends on all inputs. The H numbers between them are the *hidden
layer*, and each of them is called a *hidden unit*, or *neuron*.

What can this network compute? The sigmoid goes from 0 to 1 in one
soft step. W1 and b1 decide where the step of each neuron is, and
how steep it is. W2 and b2 add the steps up, with any height,
upwards or downwards. With enough steps, any continuous curve can be
built: *universal approximation* (Cybenko, 1989).

No formula finds the weights. They start as random numbers, because
equal ones would get equal gradients, and the neurons would stay
equal forever. Then we train as in step 42, a thousand steps. The
loss will not become 0: the samples are noisy, and even the wave
that they were taken from misses them.

Here we make four weights, pass them around and unpack them by hand.
In step 44 each layer keeps its own.

Exercise: start with ones in W1 and in W2 instead of the random
numbers. What do the columns of W1 look like after 100 steps? And
how small does the loss get without the sigmoid, with rate=0.05?

In the package: dezero/functions/linalg.py, Linear;
dezero/functions/activation.py, Sigmoid

Output:
    loss of the best line:   0.5058
    loss of the wave itself: 0.0379
    step     1  loss 3.0168
    step    10  loss 0.5399
    step   100  loss 0.5023
    step   200  loss 0.4886
    step   400  loss 0.3095
    step   600  loss 0.0655
    step 1,000  loss 0.0415
    figures/step43_wave.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Function, Variable
from dezero.functions import mean_squared_error, sum_to


# x @ W + b is one Function with three inputs. b is (K,) and is used by
# all N rows, so its gradient is a sum over the rows (step 40). If b is
# None, it arrives as a Variable that holds None, and its gradient is
# None. Why not matmul and add? Then the graph would also keep x @ W,
# which backward does not need.
class Linear(Function):
    """y = x @ W + b, gx = gy @ W.T, gW = x.T @ gy, gb = sum of gy.

    Shapes: x (N, D), W (D, K), b (K,) or None -> y (N, K).
    """

    def forward(self, x, W, b):
        y = x @ W
        return y if b is None else y + b

    def backward(self, gy):
        x, W, b = self.inputs
        gb = None if b.data is None else sum_to(gy, b.shape)
        return gy @ W.T, x.T @ gy, gb


def linear(x, W, b=None):
    """Return x @ W + b, or x @ W if there is no b."""
    return Linear()(x, W, b)


# exp(1000) is too large for a float, so 1 / (1 + exp(-x)) overflows at
# x = -1000. With e = exp(-|x|), which is never above 1, the same number
# is 1 / (1 + e) on the right and e / (1 + e) on the left. The slope
# comes from the result, as with tanh in step 35: y * (1 - y).
class Sigmoid(Function):
    """y = 1 / (1 + exp(-x)), gx = gy * y * (1 - y)."""

    def forward(self, x):
        e = np.exp(-np.abs(x))  # from 0 to 1, so nothing overflows
        return np.where(x >= 0, 1, e) / (1 + e)

    def backward(self, gy):
        y = self.output()  # held weakly, see step 17
        return gy * y * (1 - y)


def sigmoid(x):
    """Return the sigmoid of x: 0 far left, 1 far right."""
    return Sigmoid()(x)


def start(sizes, rng):
    """Return [W1, b1, W2, b2, ...] for layers of these sizes."""
    weights = []
    for d, k in zip(sizes, sizes[1:]):
        weights += [rng.normal(size=(d, k)), np.zeros(k)]
    return [Variable(data) for data in weights]


def predict(x, weights):
    """Return p (N, 1) for x (N, 1)."""
    W1, b1, W2, b2 = weights
    hidden = sigmoid(linear(x, W1, b1))  # (N, H)
    return linear(hidden, W2, b2)


def train(x, t, weights, steps, rate=0.3):
    """Change the weights step by step; return the losses."""
    losses = []
    for _ in range(steps):
        loss = mean_squared_error(predict(x, weights), t)
        for w in weights:
            w.cleargrad()
        loss.backward()
        for w in weights:
            w.data -= rate * w.grad.data
        losses.append(float(loss.data))
    return losses


def wave(x):
    """Return the curve that the samples are taken from."""
    return np.sin(1.5 * np.pi * x)


# In the first 200 steps of training the network is hardly better than
# the best line: its sigmoids are so soft that they are nearly straight.
# Then one of them gets steep. In the picture on the right it makes the
# rise in the middle, and the other nine share the slopes down.
def draw(x, t, curves, weights, file):
    """Draw the curves {step: p}, and what each neuron adds."""
    grid = np.linspace(-1, 1, 201).reshape(-1, 1)
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(x, t, ".", color="black", label="samples")
    left.plot(grid, wave(grid), ":", color="black", label="the wave")
    for (n, p), color in zip(
        curves.items(), ["0.7", "0.45", "tab:red"]
    ):
        left.plot(grid, p, color=color, label=f"after {n:,} steps")
    left.legend(loc="upper right")
    W1, b1, W2, b2 = weights
    units = sigmoid(linear(grid, W1, b1)).data * W2.data.T  # (N, H)
    right.plot(grid, units, color="tab:blue", linewidth=1)
    right.plot(grid, units.sum(axis=1) + b2.data, color="tab:red")
    right.set_title(f"{len(W2)} neurons, and their sum")
    left.set(xlabel="x", ylabel="y", ylim=(-1.6, 3))
    right.set(xlabel="x")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(100, 1))
    noise = rng.normal(0, 0.2, size=x.shape)
    t = wave(x) + noise
    columns = np.hstack([x, np.ones_like(x)])
    miss = t - columns @ np.linalg.lstsq(columns, t, rcond=None)[0]
    print(f"loss of the best line:   {np.mean(miss**2):.4f}")
    print(f"loss of the wave itself: {np.mean(noise**2):.4f}")

    weights = start([1, 10, 1], rng)
    grid = np.linspace(-1, 1, 201).reshape(-1, 1)
    losses, curves = [], {}
    for n in (100, 400, 1000):
        losses += train(x, t, weights, n - len(losses))
        curves[n] = predict(grid, weights).data
    for n in (1, 10, 100, 200, 400, 600, 1000):
        print(f"step {n:5,}  loss {losses[n - 1]:.4f}")
    FIGURES.mkdir(exist_ok=True)
    draw(x, t, curves, weights, FIGURES / "step43_wave.png")
    print("figures/step43_wave.png")
