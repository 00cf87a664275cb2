"""Answer to the exercise of step 59.

With k = 1 the gradient sees a single call: nothing tells h2h what h
should have kept for later. More than half of the gradient is missing,
and the forecast is several times worse. With k = 100 nearly nothing
is missing, but there are ten times fewer updates in an epoch, and
after the same two epochs that is worse, too. k = 10 is a compromise.

Without a memory the network sees one height, and does not know
whether the wave is on its way up or down. Its best answer is the
mean of the two possible next points, cos(angle) * x, with an error of
sin(angle) / sqrt(2). After two epochs the network is not far from
that, and it cannot do better.

Output (rtol 0.1):
    two epochs, k =   1: error 0.0764
    two epochs, k =  10: error 0.0099
    two epochs, k = 100: error 0.0798
    without a memory:    error 0.1427
    best without memory: error 0.1107
"""

import numpy as np

from dezero.dataloaders import DataLoader
from dezero.optimizers import Adam
from step59 import RNN, Forecast, Waves, predict, rms, train

loses_gradient = 1  # this k loses more of the gradient
fewer_updates = 100  # this k makes fewer updates in an epoch
angle = 2 * np.pi * 25 / 999  # from one point to the next
best = np.sin(angle) / np.sqrt(2)  # error without a memory


class Forgetful(RNN):
    """An RNN that resets its state before each point."""

    def forward(self, x):
        """Return the state after x alone."""
        self.reset_state()
        return super().forward(x)


def error_of(rnn, k):
    """Train for two epochs; return the error of the forecast."""
    np.random.seed(0)  # noqa: NPY002
    model, test = Forecast(rnn), Waves(train=False)
    loader = DataLoader(Waves(), 1, shuffle=False)
    optimizer = Adam().setup(model)
    for _ in range(2):
        train(model, optimizer, loader, k)
    forecasts = predict(model, test.data)
    return rms((forecasts - test.label[:, 0])[40:])


if __name__ == "__main__":
    for k in 1, 10, 100:
        error = error_of(RNN(30), k)
        print(f"two epochs, k = {k:3}: error {error:.4f}")
    print(
        f"without a memory:    error {error_of(Forgetful(30), 10):.4f}"
    )
    print(f"best without memory: error {best:.4f}")
