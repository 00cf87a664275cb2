"""Step 59. RNN: a state that goes from call to call.

A wave passes the height 0.5. Is it on its way up, or down? One
point alone does not tell us; with the point before it we would know.
All layers so far forget x as soon as they have answered. A *recurrent
network* (RNN; Elman, 1990) does not: its output is also its state h,
and the next call uses that state.

    x0         x1         x2
     | x2h      | x2h      | x2h
     v   h2h    v   h2h    v
    h0 ------> h1 ------> h2 -----> ...
     |          |          |
     v          v          v
    y0         y1         y2

    h = tanh(x2h(x) + h2h(h before))

Every call uses the same two Linears, and they learn what h has to
remember. y should forecast the next x. SinCurve is one wave of 1,000
points, so close together that the last point is an excellent
forecast of the next. So we go round and round the wave and take every
25th point. We train on a noisy sine, and test on a cosine without
noise. The last point is still the forecast to beat.

For backward this is nothing new. h is a Variable like any other, and
its creator leads back to the previous call: *backpropagation through
time* (Werbos, 1990). But 999 points make 7,000 Functions, and all of
them keep their arrays. So after every k points we update the weights
and cut the graph. What do we lose by this *truncation*? The program
measures how much of the gradient is missing if 40 calls are cut to k.

The part from far back is small, so the network hardly learns to
remember anything for long. Step 60 gives h a memory.

Exercise: train with k = 1, and with k = 100. Which is worse, and
why? Then call reset_state() before each point, which makes the
network forget. What is the best it can do now?

In the package: dezero/layers/recurrent.py, RNN;
dezero/datasets/small.py, SinCurve

Output (rtol 0.05):
    steps back  Functions  missing of the gradient
            40        162        0.0%
            20         82        0.7%
            10         42        3.2%
             5         22        9.6%
             2         10       39.6%
             1          6       53.3%
    error of the last point: 0.111
    epoch 1: error of the forecast: 0.0140
    epoch 2: error of the forecast: 0.0090
    epoch 3: error of the forecast: 0.0076
    figures/step59_waves.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero
import dezero.functions as F
from dezero import no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import Dataset
from dezero.layers import Layer, Linear
from dezero.models import Model
from dezero.optimizers import Adam


class RNN(Layer):
    """h = tanh(x2h(x) + h2h(h)): the output is kept for the next call.

    Shapes: x (N, in_size) -> h (N, hidden_size).
    """

    def __init__(self, hidden_size, in_size=None):
        super().__init__()
        self.x2h = Linear(hidden_size, in_size=in_size)
        self.h2h = Linear(hidden_size, nobias=True)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins a new sequence."""
        self.h = None

    def forward(self, x):
        """Return the state after x."""
        a = self.x2h(x)
        if self.h is not None:
            a = a + self.h2h(self.h)
        self.h = F.tanh(a)
        return self.h


# unchain() makes a Variable a leaf: it forgets its creator.
# unchain_backward() does this to everything that the loss was computed
# from. Each Variable is cut when the loop first meets it, so no path
# is walked twice. The array of h stays, and the next call continues
# with it; only backward ends there. (The package's functions return
# dezero.Variables, which have both methods, too. Variable.unchain(h)
# runs the method shown here.)
class Variable(dezero.Variable):
    """The package's Variable, with the methods of this step."""

    def unchain(self):
        """Forget how this Variable was computed; it becomes a leaf."""
        self.creator = None

    def unchain_backward(self):
        """Cut every Variable upstream of this one off the graph."""
        waiting = [] if self.creator is None else [self.creator]
        for func in waiting:  # grows while it is read
            for x in func.inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()


class Forecast(Model):
    """An RNN, and a Linear that turns its state into one number."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.fc = Linear(1)

    def forward(self, x):
        """Return the forecast (N, 1) of what follows x (N, 1)."""
        return self.fc(self.rnn(x))


class SinCurve(Dataset):
    """A wave: x is one point (1,), t is the next point (1,)."""

    def prepare(self):
        x = np.linspace(0, 2 * np.pi, 1000)
        # drawn for the cosine, too, which does not use it
        noise = np.random.uniform(  # noqa: NPY002
            -0.05, 0.05, size=x.shape
        )
        y = (np.sin(x) + noise if self.train else np.cos(x))[
            :, np.newaxis
        ]
        self.data, self.label = y[:-1], y[1:]


class Waves(SinCurve):
    """Every 25th point, round and round: 25 waves of 40 points."""

    def prepare(self):
        super().prepare()
        wave = self.data[25 * np.arange(1000) % 999]
        self.data, self.label = wave[:-1], wave[1:]


def functions_behind(y):
    """Return all the Functions that y was computed with."""
    found = [y.creator]
    for func in found:  # grows while it is read
        for x in func.inputs:
            if x.creator is not None and x.creator not in found:
                found.append(x.creator)
    return found


# The gradient with respect to h2h is a sum over all the calls that
# used it. On its way back to the previous call, a gradient is
# multiplied by h2h.W.T and by the slope of tanh, which is at most 1.
# So less and less arrives from far back: the *vanishing gradient*
# (Hochreiter, 1991; Bengio and others, 1994). If W is large enough to
# outweigh the slopes, more and more arrives: the *exploding gradient*.
# Gradient clipping (ClipGrad, step 46) was proposed for that (Pascanu
# and others, 2013). If we keep 10 calls, we miss 3 % of the gradient,
# and store a quarter of the graph.
def gradient(model, points, t, k):
    """Return dloss/dW of h2h, looking k steps back from the end.

    Also return how many Functions the graph keeps for that.
    """
    model.rnn.reset_state()
    for n, x in enumerate(points, start=1):
        y = model(x)
        if n == len(points) - k:
            Variable.unchain(model.rnn.h)
    loss = F.mean_squared_error(y, t)
    model.cleargrads()
    loss.backward()
    return model.rnn.h2h.W.grad.data, len(functions_behind(loss))


def train(model, optimizer, loader, k):
    """Train for one epoch, with an update every k points."""
    model.rnn.reset_state()
    loss = 0
    for n, (x, t) in enumerate(loader, start=1):
        loss = loss + F.mean_squared_error(model(x), t)
        if n % k == 0 or n == len(loader):
            model.cleargrads()
            loss.backward()
            Variable.unchain_backward(loss)
            optimizer.update()
            loss = 0


# Left alone, the network reads its own forecasts as points, and makes
# waves by itself. (How well they fit is partly luck: with other
# initial weights they are a little early or late.)
def predict(model, points, alone=0):
    """Return a forecast after each of the points (n, 1): (n,).

    With alone, add that many, each made from the forecast before it.
    """
    model.rnn.reset_state()
    y = []
    with no_grad():
        for n in range(len(points) + alone):
            x = points[n] if n < len(points) else y[-1:]
            y.append(model(np.reshape(x, (1, 1))).data[0, 0])
    return np.array(y)


def rms(errors):
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(errors**2)))


def draw(points, true, forecasts, alone, file):
    """Draw 80 forecasts, and 120 made alone, over the cosine."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    top, low = figure.subplots(2, 1)
    top.plot(true[:80], color="black", label="the next point")
    top.plot(points[:80, 0], ".", color="0.6", label="the last")
    top.plot(forecasts[:80], "tab:red", ls="--", label="forecast")
    low.plot(true[:200], color="black", label="the cosine")
    n, label = range(80, 200), "left alone from 80 on"
    low.plot(n, alone[80:], "tab:red", ls="--", label=label)
    for axes in top, low:
        axes.set(xlabel="points", ylabel="height", ylim=(-1.2, 1.9))
        axes.legend(loc="upper right", ncols=3)
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


if __name__ == "__main__":
    # the noise and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    train_set, test_set = Waves(), Waves(train=False)
    loader = DataLoader(train_set, 1, shuffle=False)
    points, true = test_set.data, test_set.label[:, 0]
    model = Forecast(RNN(30))

    start = points[:41, np.newaxis]  # 41 batches (1, 1)
    full, _ = gradient(model, start, true[40:41, np.newaxis], 40)
    print("steps back  Functions  missing of the gradient")
    for k in (40, 20, 10, 5, 2, 1):
        g, n = gradient(model, start, true[40:41, np.newaxis], k)
        lost = np.linalg.norm(g - full) / np.linalg.norm(full)
        print(f"{k:10}{n:11}{lost:12.1%}")

    print(f"error of the last point: {rms(points[:, 0] - true):.3f}")
    optimizer = Adam(alpha=0.001).setup(model)
    for epoch in range(1, 4):
        train(model, optimizer, loader, k=10)
        forecasts = predict(model, points)
        # the first wave is for warming up
        error = rms((forecasts - true)[40:])
        print(f"epoch {epoch}: error of the forecast: {error:.4f}")
    FIGURES.mkdir(exist_ok=True)
    alone = predict(model, points[:81], 119)
    draw(points, true, forecasts, alone, FIGURES / "step59_waves.png")
    print("figures/step59_waves.png")
