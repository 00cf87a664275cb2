"""Check of the exercise of step 40: Maximum."""

import numpy as np

from dezero import Variable

START = '''
import numpy as np

from dezero import Function, Variable
from step40 import sum_to


class Maximum(Function):
    """y = the larger of x0 and x1, element by element."""

    def forward(self, x0, x1):
        raise NotImplementedError("your turn")

    def backward(self, gy):
        raise NotImplementedError("your turn")


if __name__ == "__main__":
    x0 = Variable(np.array([[1.0, 5.0, 2.0], [8.0, 3.0, 4.0]]))
    x1 = Variable(np.array([3.5]))
    y = Maximum()(x0, x1)
    y.backward()
    print(y.data, x0.grad.data, x1.grad.data)
'''


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    for s0, s1 in [
        ((3,), (3,)),
        ((2, 3), (1,)),
        ((3,), (2, 3)),
        ((), (2, 2)),
        ((4, 1, 3), (2, 1)),
    ]:
        a, b = rng.normal(size=s0), rng.normal(size=s1)
        x0, x1 = Variable(a), Variable(b)
        y = mine.Maximum()(x0, x1)
        yield f"the larger of {s0} and {s1}", np.maximum(a, b), y
        gy = rng.normal(size=y.shape)
        y.grad = Variable(gy)
        y.backward()
        # by hand: at which places of y does each element stand?
        for name, x, won in (
            ("x0", x0, a >= b),
            ("x1", x1, b > a),
        ):
            numbers = np.arange(x.size).reshape(x.shape)
            places = np.broadcast_to(numbers, y.shape)
            parts = [
                (gy * won)[places == i].sum() for i in range(x.size)
            ]
            right = np.reshape(parts, x.shape)
            yield f"{s0} and {s1}: gradient of {name}", right, x.grad
    x0, x1 = Variable(np.ones(2)), Variable(np.ones(2))
    mine.Maximum()(x0, x1).backward()
    both = x0.grad.data + x1.grad.data
    yield "equal numbers: both gradients together", np.ones(2), both
