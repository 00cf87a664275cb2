"""Check of the exercise of step 57: conv2d by Variables."""

import numpy as np

from dezero import Variable
from step57 import Conv2d, conv2d

START = '''
import numpy as np

from dezero import Variable
from step57 import col2im, conv2d, im2col, out_size


def conv2d_simple(x, W, b=None, stride=1, pad=0):
    """Return what conv2d(x, W, b) returns, from im2col, reshape and @.
    x, W and b are Variables."""
    raise NotImplementedError("your turn")


# Whose graph keeps more numbers, "conv2d" or "conv2d_simple"?
keeps_more = None


def times(H, W, size):
    """Return an array (H, W): in how many windows of size x size, with
    stride 1, is each pixel? That is what col2im(im2col(x)) makes of
    ones."""
    raise NotImplementedError("your turn")


if __name__ == "__main__":
    print(times(4, 4, 3))
'''


def functions(y):
    """Return the classes of the Functions behind y."""
    found = [y.creator]
    for func in found:
        for x in func.inputs:
            if x.creator is not None and x.creator not in found:
                found.append(x.creator)
    return {type(func) for func in found}


def check(mine):
    """Yield (what, expected, got)."""
    rng = np.random.default_rng(0)
    for stride, pad in (1, 0), (2, 1), ((1, 2), (0, 1)):
        arrays = [
            rng.normal(size=s) for s in ((2, 3, 6, 5), (4, 3, 3, 2), 4)
        ]
        found = []
        for f in conv2d, mine.conv2d_simple:
            inputs = [Variable(array) for array in arrays]
            y = f(*inputs, stride, pad)
            (y * y).sum().backward()
            found.append([y, *(x.grad for x in inputs)])
        text = f"stride {stride}, pad {pad}"
        for name, a, b in zip(("y", "gx", "gW", "gb"), *found):
            yield f"{text}: {name}", a.data, b
    x, W = (Variable(array) for array in arrays[:2])
    y = mine.conv2d_simple(x, W)
    yield "without b", conv2d(x, W).data, y
    yield "made without Conv2d", False, Conv2d in functions(y)
    yield "keeps more numbers", "conv2d_simple", mine.keeps_more
    row = [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    yield "4 x 4 pixels, windows of 3 x 3", row, mine.times(4, 4, 3)
    yield (
        "2 x 3, windows of 2 x 2",
        [[1, 2, 1]] * 2,
        mine.times(2, 3, 2),
    )
