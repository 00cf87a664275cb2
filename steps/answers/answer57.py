"""Answer to the exercise of step 57.

conv2d_simple is the drawing of the step, in Variables: im2col, two
reshapes, a product, a reshape. It needs no backward of its own. But
its graph keeps the columns, nine times as many numbers as x has,
and y more than once. The graph of conv2d keeps only x, W, b and y.

im2col copies a pixel once for each window that it is in, and col2im
adds all the copies up. So each pixel is multiplied by the number of
its windows: 1 in the corners, 4 in the middle of this picture.

Output:
    the same result: True, the same gradients: True
    conv2d_simple keeps 278,584 numbers, conv2d 41,016
    col2im(im2col(ones)), kernel 3 x 3:
      [1, 2, 2, 1]
      [2, 4, 4, 2]
      [2, 4, 4, 2]
      [1, 2, 2, 1]
"""

import numpy as np

from dezero import Variable
from step57 import col2im, conv2d, im2col, out_size

keeps_more = "conv2d_simple"


def conv2d_simple(x, W, b=None, stride=1, pad=0):
    """Return conv2d(x, W, b), from im2col and a matrix product."""
    N, OC, size = len(x), len(W), W[0].size
    OH, OW = out_size(x.shape, W.shape[2:], stride, pad)
    col = im2col(x, W.shape[2:], stride, pad, to_matrix=False)
    y = W.reshape(OC, size) @ col.reshape(N, size, OH * OW)
    y = y.reshape(N, OC, OH, OW)
    return y if b is None else y + b.reshape(OC, 1, 1)


def numbers_kept(y):
    """Return how many numbers the Variables of y's graph hold."""
    arrays, waiting, seen = {}, [y], set()
    while waiting:
        x = waiting.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        array = x.data
        while array.base is not None:  # a reshape shows the same memory
            array = array.base
        arrays[id(array)] = array.size
        if x.creator is not None:
            waiting += x.creator.inputs
    return sum(arrays.values())


def times(H, W, size):
    """Return in how many windows each pixel is."""
    x = np.ones((1, 1, H, W))
    again = col2im(im2col(x, size), x.shape, size)
    return again.data[0, 0]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    values = [
        rng.normal(size=shape)
        for shape in ((8, 3, 32, 32), (2, 3, 3, 3), (2,))
    ]
    results = []
    for f in conv2d_simple, conv2d:
        inputs = [Variable(value) for value in values]
        y = f(*inputs, pad=1)
        (y * y).backward()
        gradients = [x.grad.data for x in inputs]
        results.append((y, [y.data, *gradients]))
    same = [np.allclose(a, b) for a, b in zip(*(r[1] for r in results))]
    print(f"the same result: {same[0]},", end=" ")
    print(f"the same gradients: {all(same[1:])}")
    simple, own = (numbers_kept(y) for y, _ in results)
    print(f"conv2d_simple keeps {simple:,} numbers, conv2d {own:,}")
    print("col2im(im2col(ones)), kernel 3 x 3:")
    for row in times(4, 4, 3).astype(int).tolist():
        print(f"  {row}")
