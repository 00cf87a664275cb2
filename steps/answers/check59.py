"""Check of the exercise of step 59: without a memory."""

import numpy as np

START = '''
import numpy as np

from step59 import RNN


class Forgetful(RNN):
    """An RNN that resets its state before each point."""

    def forward(self, x):
        raise NotImplementedError("your turn")


# Which k loses more of the gradient, 1 or 100?
loses_gradient = None

# Which k makes fewer updates in an epoch, 1 or 100?
fewer_updates = None

# The wave has 40 points (nearly), so from point to point its angle
# grows by 2 * pi * 25 / 999. Without a memory the best forecast is
# cos(angle) * x. What is its error, the root of the mean square?
best = None
'''


def check(mine):
    """Yield (what, expected, got)."""
    np.random.seed(0)  # noqa: NPY002
    rnn = mine.Forgetful(4)
    a, b = np.array([[0.5]], np.float32), np.array([[-1.0]], np.float32)
    first = rnn(a).data
    rnn(b)
    yield "the same point after another one: the same", first, rnn(a)
    x2h = rnn.x2h
    right = np.tanh(a @ x2h.W.data + x2h.b.data)
    yield "h is tanh(x2h(x))", right, rnn(a)
    yield "loses more of the gradient", 1, mine.loses_gradient
    yield "makes fewer updates", 100, mine.fewer_updates
    error = float(np.sin(2 * np.pi * 25 / 999) / np.sqrt(2))
    if mine.best is None:
        raise NotImplementedError("your turn: write best")
    got = round(float(mine.best), 3)
    yield "the error of the best forecast", round(error, 3), got
