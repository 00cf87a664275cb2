"""Milestone: a forecast.

How high will the tide be tomorrow? The moon raises one every 12.42
hours and the sun a smaller one every 12. Today they add up, and a
week later they work against each other. An LSTM reads eleven days of
a tide gauge, hour by hour, and each time it has to say what the next
hour brings. Nobody tells it about the moon and the sun. Then it reads
its own forecasts, and continues alone for a whole day.

The forecast to beat is the plainest of all: tomorrow will be like
today.

Try it: put numbers of your own in place of tide, the temperatures of
your town, say. How far ahead is the forecast of any use?

Output:
    mean error over 24 hours, in meters:
    LSTM                  ~0.07
    like the day before    0.27
"""

import numpy as np

import dezero.functions as F
from dezero import Model, no_grad
from dezero.layers import LSTM, Linear
from dezero.optimizers import Adam

rng, hour = np.random.default_rng(0), np.arange(300)
moon = np.sin(2 * np.pi * hour / 12.42)
sun = 0.4 * np.sin(2 * np.pi * hour / 12)
tide = (moon + sun + rng.normal(0, 0.02, size=300)).astype(np.float32)
past, future = tide[:276], tide[276:]
runs = np.stack([past[i : i + 26] for i in range(0, 251, 2)])
runs = runs.T[..., np.newaxis]  # (26, N, 1): hour by hour, all at once


class Forecast(Model):
    """An LSTM, and a Linear that reads its state."""

    def __init__(self):
        super().__init__()
        self.rnn, self.out = LSTM(20), Linear(1)

    def forward(self, x):
        return self.out(self.rnn(x))


np.random.seed(0)  # noqa: NPY002
model = Forecast()
optimizer = Adam(0.02).setup(model)
for _ in range(100):
    model.rnn.reset_state()
    loss = sum(
        F.mean_squared_error(model(now), then) for now, then in zip(runs[:-1], runs[1:])
    )
    model.cleargrads()
    loss.backward()
    optimizer.update()

with no_grad():
    model.rnn.reset_state()
    for height in past[-25:]:
        y = model(np.array([[height]]))
    ahead = []
    for _ in future:
        ahead.append(float(y.data[0, 0]))
        y = model(y)
print("mean error over 24 hours, in meters:")
print(f"LSTM                  ~{np.abs(ahead - future).mean():.2f}")
print(f"like the day before    {np.abs(past[-24:] - future).mean():.2f}")
