"""Answer to the exercise of step 33.

Both numbers come from differentiating once with respect to x and
once with respect to y. For a smooth f, the order of the two does
not matter (Schwarz's theorem). So H is its own mirror image.

Copying saves no pass. One backward gives a whole row, whether
we use all of it or not. The row of y is still needed for its last
number, d gy/dy. Only the storage is half as large.

Output:
    x first, then y: 480.0
    y first, then x: 480.0
    with one of them copied: the same Hessian: True
    backward passes: 3 for both ways
"""

import numpy as np

from dezero import Variable
from step33 import hessian_of, rosenbrock


def half_hessian(f, *point):
    """Return the Hessian, each pair computed once, and the passes."""
    xs = [Variable(np.array(coordinate)) for coordinate in point]
    f(*xs).backward(create_graph=True)
    passes, n = 1, len(xs)
    hessian = np.zeros((n, n))
    for i, gx in enumerate([x.grad for x in xs]):
        for x in xs:
            x.cleargrad()
        gx.backward()
        passes += 1
        for j in range(i, n):
            hessian[i, j] = hessian[j, i] = xs[j].grad.data
    return hessian, passes


saved = 0  # backward passes

if __name__ == "__main__":
    whole = hessian_of(rosenbrock)(-1.2, 1.0)
    print("x first, then y:", whole[0, 1])
    print("y first, then x:", whole[1, 0])
    half, passes = half_hessian(rosenbrock, -1.2, 1.0)
    same = np.allclose(half, whole)
    print("with one of them copied: the same Hessian:", same)
    print(f"backward passes: {passes} for both ways")
