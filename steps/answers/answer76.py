"""Answer to the exercise of step 76.

The larger c is, the more of the weight the best key gets, and the
closer soft_lookup comes to nearest. For c = 0 all scores are 0, all
weights are the same, and the result is the mean of all values,
whatever the query was.

So the length of a query says how sure it is of its choice. But
nearest itself cannot be learned: a small change of q does not change
the result, except where another key becomes the best. The gradient
of nearest is 0, and that of soft_lookup is nearly 0 for a large c.

Output:
    values 1, 2 and 6, nearest: 6.0
    c =   0: 3.00, gradient of c * q 0.47
    c =   1: 3.51, gradient of c * q 0.52
    c =  10: 5.92, gradient of c * q 0.05
    c = 100: 6.00, gradient of c * q 0.00
"""

import numpy as np

from dezero import Variable
from step76 import soft_lookup


def nearest(q, k, v):
    """Return for each query (T, D) the value (M,) of the best key."""
    return v[(q @ k.T).argmax(axis=1)]


for_nearest = "large"
for_zero = "mean"

if __name__ == "__main__":
    k = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    v = np.array([[1.0], [2.0], [6.0]])
    q = Variable(np.array([[0.8, 0.6]]))
    print(f"values 1, 2 and 6, nearest: {nearest(q.data, k, v)[0, 0]}")
    for c in 0, 1, 10, 100:
        at = Variable(c * q.data)
        y = soft_lookup(at, Variable(k), Variable(v))
        y.backward()
        slope = np.abs(at.grad.data).max()
        print(f"c = {c:3}: {y.data[0, 0]:.2f}", end=", ")
        print(f"gradient of c * q {slope:.2f}")
