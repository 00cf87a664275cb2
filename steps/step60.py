"""Step 60. LSTM: a memory behind doors, and batches of sequences.

In the RNN of step 59 the state goes through a matrix and tanh in
each call, whether there is news or not. An LSTM (long short-term
memory) has a second state c, its memory, to which only this is
done:

    c_before ---> * f ---> + i * u ---> c       h = o * tanh(c)

f, i and o are doors: numbers between 0 and 1, one for each number
in c. f says what stays in memory, i what comes in, o what is shown
outside. u is the news, computed as the RNN computes h. The doors are
sigmoids of x and h, so the network learns when to open and close
them:

    f, i, o = sigmoid(x2f(x) + h2f(h)), and the same with i and o
    u = tanh(x2u(x) + h2u(h))

The way back from c to the c before is a product with f, with no
matrix and no tanh in it. Where f is near 1, a gradient comes back
through any number of calls.

What is there to remember? Fog: a wave of 200 points, each of them
off by up to 0.5. The next point of the clear wave is asked for. From
few points one cannot tell; the more that one remembers, and weighs,
the better one sees. The RNN sees what came in its last few points,
and its forecast shivers.

One point at a time is slow, since most of the time goes into calls.
SeqDataLoader cuts a sequence into streams that are read side by
side. Batch k has point k of each stream, and row i of the state
belongs to stream i:

    points    0    1    2 ...    369      row 0 of each batch
            370  371  372 ...    739      row 1
            740  741  742 ...   1109      row 2      ... 27 rows

So nothing is shuffled, as the state expects the next point.

Both get about as many parameters, the same batches and optimizer.
One more thing matters. A door with bias 0 begins half closed, and
half of c is lost in each call. With 2 as the bias of f, 88 % stay.
Without that the LSTM has to learn first that remembering is worth
while, and after so few epochs it is no better than the RNN, which
has no such door to open (see the exercise). With it, its error is
0.4 to 0.7 times the RNN's: we tried 6 seeds with each of the rates
0.002, 0.003 and 0.005.

What remains is the price: 21 Functions a call in place of 4. The
package computes a step of the LSTM as a single Function, lstm_cell,
with the four matrices side by side in one product. A smaller house
with fewer doors is GRU, with a gru_cell.

Here the framework is complete. Chapter 6 looks at others, and at
what they do in another way.

Exercise: begin with f at 0, and at 4. Then set the RNN's h2h.W to
0.95 on the diagonal and 0 elsewhere, after its first forecast: does
that help? And write a layer GRU: c and h in one, with two doors.
--full trains longer.

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

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
class LSTM(Layer):
    """A memory c beside the state h, and three doors: f, i, o.

    Shapes: x (N, in_size) -> h (N, hidden_size).
    """

    def __init__(self, hidden_size, in_size=None):
        super().__init__()
        H = hidden_size
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
        if self.h is None:
            f = F.sigmoid(self.x2f(x))
            i = F.sigmoid(self.x2i(x))
            o = F.sigmoid(self.x2o(x))
            u = F.tanh(self.x2u(x))
            self.c = i * u
        else:
            f = F.sigmoid(self.x2f(x) + self.h2f(self.h))
            i = F.sigmoid(self.x2i(x) + self.h2i(self.h))
            o = F.sigmoid(self.x2o(x) + self.h2o(self.h))
            u = F.tanh(self.x2u(x) + self.h2u(self.h))
            self.c = f * self.c + i * u
        self.h = o * F.tanh(self.c)
        return self.h


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
    """Waves of 200 points, each half a unit off at most; t is clear."""

    def prepare(self):
        super().prepare()
        n = 9990 if self.train else 999
        wave = self.data[5 * np.arange(n + 1) % 999]
        rng = np.random.default_rng(int(self.train))
        self.data = wave[:-1] + rng.uniform(-0.5, 0.5, size=(n, 1))
        self.label = wave[1:]


# --- carried over ---
class Forecast(Model):
    """An RNN, and a Linear that makes one number of its state."""

    def __init__(self, rnn):
        super().__init__()
        self.rnn = rnn
        self.fc = Linear(1)

    def forward(self, x):
        """Return the forecast (N, 1) of what follows x (N, 1)."""
        return self.fc(self.rnn(x))


# --- new in this step ---
def train(model, optimizer, loader, k):
    """Learn for one epoch, with a step every k batches."""
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


# --- carried over ---
def predict(model, points, alone=0):
    """Return the forecast after each of the points (n, 1): (n,).

    And alone more, each from the forecast before it.
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


# --- new in this step ---
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


if __name__ == "__main__":
    epochs = 30 if "--full" in sys.argv[1:] else 6
    # the little noise and the first weights come from here
    np.random.seed(0)  # noqa: NPY002
    loader, test_set = SeqDataLoader(Fog(), 27), Fog(train=False)
    points, true = test_set.data, test_set.label[:, 0]
    x, _ = next(loader)
    print(f"27 streams of {len(loader)} points, a batch is {x.shape}")

    models = {"RNN": Forecast(RNN(100)), "LSTM": Forecast(LSTM(50))}
    # f = sigmoid(2) = 0.88: the memory begins with its door open
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
