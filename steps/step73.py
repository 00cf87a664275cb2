"""Step 73. Normalisation: numbers that keep their size.

On their way through 20 layers, numbers are multiplied by 20 matrices.
If each halves them, they end up a million times smaller. If each
doubles them, a million times larger. The first weights can be chosen so
that neither happens (steps 44 and 51), but training then changes them.
*Normalisation* measures the numbers after each matrix and brings them
back to mean 0 and variance 1:

    xhat = (x - mean) / sqrt(var + eps)
    y    = gamma * xhat + beta

gamma and beta are parameters that start at 1 and 0. They let the
network learn another size and mean. eps, 0.00001 or so, keeps us from
dividing by 0. But the mean of which numbers? x has a row for each
sample and a column for each of its numbers.

*Batch normalisation* (Ioffe and Szegedy, 2015) takes a column: one
number from each sample. So a sample's result depends on the others in
its batch, and in use there may be no others. Training therefore also
keeps *running statistics*, means over the batches so far, and test mode
(step 54) uses these. If they are mean 3 and variance 4, a single 7
gives (7 - 3) / 2 = 2. In training its own mean, 7, is subtracted, which
gives 0. *Layer normalisation* (Ba, Kiros and Hinton, 2016) takes a row:
all numbers of one sample. It works the same in training and in use.
*RMS normalisation* (Zhang and Sennrich, 2019) divides a row by the root
of the mean of x**2, and subtracts no mean.

If one x changes, so do mean and var, and with them every y in its
column or row. With g = gy * gamma, the gradient of x is

    gx = (g - mean(g) - xhat * mean(g * xhat)) / sqrt(var + eps)

Adding a number to all x does not change xhat, nor does stretching them
around their mean. The subtracted terms remove both directions from gx.

Exercise: write layer_norm with rms_norm in one line. Which of the two
results changes if 1 is added to all x? If all x are doubled?

In the package: dezero/functions/norm.py, BatchNorm and batch_norm;
dezero/functions/norm_samples.py, LayerNorm and RMSNorm

Output (rtol 0.05):
    size after layer        1        5       10       20
      weights / 2       0.406   0.0275 0.000728 1.04e-06
      weights * 2        1.62     28.2      763 1.14e+06
        batch norm      0.582    0.585    0.584    0.608
        layer norm      0.581    0.576    0.565    0.618
        RMS norm        0.583    0.567    0.602    0.651
    figures/step73_layers.png
    running mean 3.0, var 4.0
    a single 7: 2.0 in test mode, 0.0 in training
    one Function: equal True, ~1.5 times as fast
"""

from functools import partial
from pathlib import Path
from timeit import repeat

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import Config, Function, Variable, as_variable, test_mode
from dezero.gradcheck import array_allclose


# forward calls measure with arrays. backward calls it with Variables,
# but only if the gradient itself will be differentiated (step 32).
def measure(x, eps, axis):
    """Return x - mean, mean and 1 / sqrt(var + eps) along an axis."""
    mean = x.mean(axis=axis, keepdims=True)
    d = x - mean
    var = (d * d).mean(axis=axis, keepdims=True)
    return d, mean, (var + eps) ** -0.5


# The formula for gx in the text above.
def norm_gx(g, xhat, scale, axis):
    """Return gx where xhat = (x - mean) * scale."""
    along = (g * xhat).mean(axis=axis, keepdims=True)
    return scale * (g - g.mean(axis=axis, keepdims=True) - xhat * along)


# Most gradients are never differentiated. For those, backward uses what
# forward has measured. For the others it measures again, so that mean
# and scale are part of the graph.
class LayerNorm(Function):
    """y = gamma * xhat + beta; mean and var are those of a row."""

    def __init__(self, eps):
        self.eps = eps

    def forward(self, x, gamma, beta):
        d, self.mean, self.scale = measure(x, self.eps, -1)
        return d * self.scale * gamma + beta

    def backward(self, gy):
        x, gamma, _ = self.inputs
        d, scale = x - self.mean, self.scale
        if Config.enable_backprop:
            d, _, scale = measure(x, self.eps, -1)
        xhat = d * scale
        gx = norm_gx(gy * gamma, xhat, scale, -1)
        return gx, (gy * xhat).sum(axis=0), gy.sum(axis=0)


# mean and var are the running statistics. In training, each call moves
# these two arrays in place, a tenth of the way to the mean and variance
# of the batch. Measured around its own mean, the variance of a batch of
# N is too small by a factor of (N - 1) / N, so we divide by it. In test
# mode mean and var are constants, so gx is g * scale.
class BatchNorm(Function):
    """y = gamma * xhat + beta; mean and var are those of a column."""

    def __init__(self, mean, var, decay, eps):
        self.mean, self.var = mean, var
        self.decay, self.eps = decay, eps

    def forward(self, x, gamma, beta):
        self.train = Config.train
        if self.train:
            _, self.center, self.scale = measure(x, self.eps, 0)
            var = x.var(axis=0) * len(x) / max(len(x) - 1, 1)
            self.mean += (1 - self.decay) * (self.center[0] - self.mean)
            self.var += (1 - self.decay) * (var - self.var)
        else:
            self.center = self.mean.copy()  # training may move it
            self.scale = (self.var + self.eps) ** -0.5
        return (x - self.center) * self.scale * gamma + beta

    def backward(self, gy):
        x, gamma, _ = self.inputs
        d, scale = x - self.center, self.scale
        if Config.enable_backprop and self.train:
            d, _, scale = measure(x, self.eps, 0)
        xhat, g = d * scale, gy * gamma
        gx = norm_gx(g, xhat, scale, 0) if self.train else g * scale
        return gx, (gy * xhat).sum(axis=0), gy.sum(axis=0)


# No mean is subtracted, so the term mean(g) drops out. sum_to (step 40)
# sums over all rows, even if x has more than two axes.
class RMSNorm(Function):
    """y = gamma * x / sqrt(mean(x**2) + eps), the mean of each row."""

    def __init__(self, eps):
        self.eps = eps

    def forward(self, x, gamma):
        y = x * rms_scale(x, self.eps)
        y *= gamma
        return y

    def backward(self, gy):
        x, gamma = self.inputs
        scale = rms_scale(x, self.eps)
        xhat, g = x * scale, gy * gamma
        along = (g * xhat).sum(axis=-1, keepdims=True) / x.shape[-1]
        return scale * (g - xhat * along), F.sum_to(
            gy * xhat, gamma.shape
        )


def rms_scale(x, eps):
    """Return 1 / sqrt(mean(x**2) + eps) of each row."""
    square = (x * x).sum(axis=-1, keepdims=True)
    return (square / x.shape[-1] + eps) ** -0.5


def batch_norm(x, gamma, beta, mean, var, decay=0.9, eps=2e-5):
    """Return x normalised over the batch; x is (N, D)."""
    return BatchNorm(mean, var, decay, eps)(x, gamma, beta)


def layer_norm(x, gamma, beta, eps=1e-5):
    """Return x normalised along its rows; x is (N, D)."""
    return LayerNorm(eps)(x, gamma, beta)


def rms_norm(x, gamma, eps=1e-5):
    """Return x divided by the root mean square of its rows."""
    return RMSNorm(eps)(x, gamma)


# layer_norm once more, composed of operators: eleven Functions, and
# each keeps its arrays. Is it worth writing a single Function? The last
# line of the output compares the gradients and the time.
def composed(x, gamma, beta, eps=1e-5):
    """Return layer_norm(x, gamma, beta, eps)."""
    d, _, scale = measure(x, eps, -1)
    return d * scale * gamma + beta


# With size 1 the weights are those of step 51, which keep the size of
# the numbers. 1/2 and 2 stand for what training may turn them into.
def spreads(size, norm, *arrays):
    """Return the standard deviation after each of 20 layers."""
    rng, found = np.random.default_rng(0), []
    x = rng.normal(size=(100, 100))
    for _ in range(20):
        W = size * np.sqrt(2 / 100) * rng.normal(size=(100, 100))
        x = F.relu(norm(x @ W, *arrays)).data
        found.append(x.std())
    return found


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def gradient(f, x):
    """Return the gradient of f at x, an array; gy is all ones."""
    x.cleargrad()
    f(x).backward()
    return x.grad.data


if __name__ == "__main__":
    print("size after layer        1        5       10       20")
    one, zero = np.ones(100), np.zeros(100)
    axes = Figure(figsize=(6, 4), layout="constrained").subplots()
    for title, *kind in (
        ("weights / 2", 1 / 2, as_variable),  # no norm
        ("weights * 2", 2, as_variable),
        ("  batch norm", 2, batch_norm, one, zero, zero + 0, one + 0),
        ("  layer norm", 2, layer_norm, one, zero),
        ("  RMS norm", 2, rms_norm, one),
    ):
        found = spreads(*kind)
        row = [f"{found[i]:8.3g}" for i in (0, 4, 9, 19)]
        print(f"  {title:14}", *row)
        axes.semilogy(range(1, 21), found, label=title.strip())
    ticks = [1, 5, 10, 15, 20]
    axes.set(xlabel="layer", ylabel="standard deviation", xticks=ticks)
    axes.legend()
    FIGURES.mkdir(exist_ok=True)
    axes.figure.savefig(FIGURES / "step73_layers.png", dpi=144)
    print("figures/step73_layers.png")

    rng, (mean, var) = np.random.default_rng(0), np.ones((2, 100))
    for _ in range(100):
        batch_norm(rng.normal(3, 2, (50, 100)), one, zero, mean, var)
    print(f"running mean {mean.mean():.1f}, var {var.mean():.1f}")
    x = np.full((1, 100), 7.0)  # one sample by itself
    with test_mode():
        use = batch_norm(x, one, zero, mean, var).data[0, 0]
    y = batch_norm(x, one, zero, mean, var).data[0, 0]
    print(f"a single 7: {use:.1f} in test mode, {y:.1f} in training")

    x = Variable(rng.normal(size=(1000, 100)))
    gamma = rng.normal(size=100)
    fused = partial(gradient, lambda x: layer_norm(x, gamma, zero), x)
    plain = partial(gradient, lambda x: composed(x, gamma, zero), x)
    same = array_allclose(fused(), plain())
    times = min(repeat(plain, number=5)) / min(repeat(fused, number=5))
    print(f"one Function: equal {same}, ~{times:.1f} times as fast")
