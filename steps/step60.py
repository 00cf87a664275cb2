"""Step 60. LSTM: a memory behind gates, and batches of sequences.

In the RNN of step 59 every call sends the state through a matrix and
tanh, whether there is news or not. *Long short-term memory* (LSTM;
Hochreiter and Schmidhuber, 1997) decides what to keep. Beside the
state h it has a *cell state* c, which changes only like this:

    c before ---> * f ---> + i * u ---> c

    h = o * tanh(c)

f, i and o are gates: numbers between 0 and 1, one for each number
in c. The *forget gate* f (added by Gers and others, 2000) says what
stays, the *input gate* i what comes in, and the *output gate* o what
is shown outside. u is the news, computed as the RNN computes h. The
gates are sigmoids of x and h, so the network learns when to open
and close them. i and o are computed in the same way as f:

    f = sigmoid(x2f(x) + h2f(h))
    u = tanh(x2u(x) + h2u(h))

On the way back from c to the previous c, a gradient is multiplied
by f alone: by no matrix, and no slope of tanh. Where f is close to 1,
the gradient comes back through many calls almost unchanged.

A *GRU* (gated recurrent unit; Cho and others, 2014) has one state
and two gates, r and z. z is computed in the same way as r:

    r = sigmoid(x2r(x) + h2r(h))
    h = (1 - z) * tanh(x2n(x) + r * h2n(h)) + z * h

What is there to remember? Our data is a wave in fog: 200 points,
each of them off by up to 0.5. We ask for the next point of the clear
wave. A few points do not tell us; the more we remember, the better.
Here chapter 5 ends. Chapter 6 looks into other frameworks.

Exercise: let the bias of the forget gate begin at 0, and at 4. Then
write the GRU, and put it in place of the LSTM. Is it better?

In the package: dezero/layers/recurrent.py, LSTM;
dezero/dataloaders.py, SeqDataLoader

Output (rtol 0.05):
    27 streams of 370 points, a batch is (27, 1)
    RNN: 10,301 parameters
    LSTM: 10,451 parameters
    error of the last point: 0.286
    of the forecast:    RNN   LSTM
      epoch  1        0.247  0.185
      epoch  2        0.170  0.138
      epoch  4        0.152  0.095
      epoch  6        0.130  0.076
    figures/step60_fog.png
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import dezero.functions as F
from dezero import no_grad
from dezero.dataloaders import DataLoader
from dezero.datasets import SinCurve
from dezero.layers import RNN, Layer, Linear
from dezero.models import Model
from dezero.optimizers import Adam


# Before the first call h and c count as zeros. One call takes 21
# Functions, where the RNN takes 4. So the package computes the lines
# from f to self.h as a single Function, LSTMCell, and joins all the
# weights into one matrix, so that one product replaces the eight.
class LSTM(Layer):
    """A cell state c beside the state h, and three gates: f, i, o.

    Shapes: x (N, in_size) -> h (N, hidden_size).
    """

    def __init__(self, hidden_size, in_size=None):
        super().__init__()
        H = hidden_size
        self.hidden_size = H
        self.x2f = Linear(H, in_size=in_size)
        self.x2i = Linear(H, in_size=in_size)
        self.x2o = Linear(H, in_size=in_size)
        self.x2u = Linear(H, in_size=in_size)
        self.h2f = Linear(H, in_size=H, nobias=True)
        self.h2i = Linear(H, in_size=H, nobias=True)
        self.h2o = Linear(H, in_size=H, nobias=True)
        self.h2u = Linear(H, in_size=H, nobias=True)
        self.reset_state()

    def reset_state(self):
        """Forget the state: the next x begins new sequences."""
        self.h = None
        self.c = None

    def forward(self, x):
        """Return the state h after x."""
        h, c = self.h, self.c
        if h is None:
            h = c = np.zeros((len(x), self.hidden_size), x.dtype)
        f = F.sigmoid(self.x2f(x) + self.h2f(h))
        i = F.sigmoid(self.x2i(x) + self.h2i(h))
        o = F.sigmoid(self.x2o(x) + self.h2o(h))
        u = F.tanh(self.x2u(x) + self.h2u(h))
        self.c = f * c + i * u
        self.h = o * F.tanh(self.c)
        return self.h


# Reading one point at a time is slow, since the calls take most of the
# time. So we cut the sequence into streams and read them side by side.
# Batch k has point k of each stream, and row i of the state belongs to
# stream i:
#
#     points    0    1    2 ...   369    row 0 of each batch
#             370  371  372 ...   739    row 1
#             740  741  742 ...  1109    row 2,   ... 27 rows
#
# Nothing is shuffled, since the state expects the next point.
class SeqDataLoader(DataLoader):
    """Deliver one long sequence as batch_size streams, side by side.

    Batch k has item i * jump + k of every stream i.
    """

    def __init__(self, dataset, batch_size, gpu=False):
        super().__init__(dataset, batch_size, shuffle=False, gpu=gpu)

    def _next_index(self):
        jump = self.data_size // self.batch_size
        start = np.arange(self.batch_size) * jump
        return (start + self.iteration) % self.data_size


class Fog(SinCurve):
    """Waves of 200 points, each off by at most 0.5; t is clear."""

    def prepare(self):
        super().prepare()
        n = 9990 if self.train else 999
        wave = self.data[5 * np.arange(n + 1) % 999]
        rng = np.random.default_rng(int(self.train))
        self.data = wave[:-1] + rng.uniform(-0.5, 0.5, size=(n, 1))
        self.label = wave[1:]


# Both networks have about the same number of parameters, and get the
# same batches and the same optimizer. (The error of the LSTM was 0.4
# to 0.7 times the RNN's with each of six seeds and the rates 0.002,
# 0.003, 0.005.) --full trains for 30 epochs instead of 6.
def train(model, optimizer, loader, k):
    """Train for one epoch, with an update every k batches."""
    model.rnn.reset_state()
    loss = 0
    for n, (x, t) in enumerate(loader, start=1):
        loss = loss + F.mean_squared_error(model(x), t)
        if n % k == 0 or n == len(loader):
            model.cleargrads()
            loss.backward()
            loss.unchain_backward()
            optimizer.update()
            loss = 0


def draw(points, true, forecasts, file):
    """Draw {name: forecasts} over the cosine and its points in fog."""
    figure = Figure(figsize=(9, 5.5), layout="constrained")
    every = figure.subplots(len(forecasts), 1, sharex=True)
    part = slice(200, 700)
    n = np.arange(999)[part]
    for axes, (name, y) in zip(every, forecasts.items()):
        axes.plot(n, points[part, 0], ".", color="0.8", label="points")
        axes.plot(n, true[part], color="black", label="the cosine")
        axes.plot(
            n, y[part], color="tab:red", label=f"forecast: {name}"
        )
        axes.set(ylabel="height", ylim=(-1.7, 2.4))
        axes.legend(loc="upper right", ncols=3)
    every[-1].set_xlabel("points")
    figure.savefig(file, dpi=144)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


class Forecast(Model):
    """An RNN, and a Linear that turns its state into one number."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.fc = Linear(1)

    def forward(self, x):
        """Return the forecast (N, 1) of what follows x (N, 1)."""
        return self.fc(self.rnn(x))


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


if __name__ == "__main__":
    epochs = 30 if "--full" in sys.argv[1:] else 6
    # the little noise and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    loader, test_set = SeqDataLoader(Fog(), 27), Fog(train=False)
    points, true = test_set.data, test_set.label[:, 0]
    x, _ = next(loader)
    print(f"27 streams of {len(loader)} points, a batch is {x.shape}")

    models = {"RNN": Forecast(RNN(100)), "LSTM": Forecast(LSTM(50))}
    # With bias 0 a forget gate begins at 0.5, and half of c is lost
    # in each call. With 2 it begins at sigmoid(2) = 0.88. Without
    # that the LSTM first has to learn that remembering is worthwhile.
    models["LSTM"].rnn.x2f.b.data[:] = 2
    forecasts, runners = {}, []
    for name, model in models.items():
        forecasts[name] = predict(model, points)
        size = sum(p.size for p in model.params())
        print(f"{name}: {size:,} parameters")
        runners.append((name, model, Adam(alpha=0.005).setup(model)))

    print(f"error of the last point: {rms(points[:, 0] - true):.3f}")
    print("of the forecast:    RNN   LSTM")
    for epoch in range(1, epochs + 1):
        for _, model, optimizer in runners:
            train(model, optimizer, loader, k=37)
        if epoch not in (1, 2, 4) and epoch % 6:
            continue
        print(f"  epoch {epoch:2}", end="      ")
        for name, model, _ in runners:
            forecasts[name] = predict(model, points)
            # the first wave is for warming up
            error = rms((forecasts[name] - true)[200:])
            print(f"{error:7.3f}", end="")
        print(flush=True)
    FIGURES.mkdir(exist_ok=True)
    draw(points, true, forecasts, FIGURES / "step60_fog.png")
    print("figures/step60_fog.png")
