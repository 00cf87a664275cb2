"""Answer to the exercise of step 62.

For x.T, S has the rows of the identity in another order. S.T @ S is
the identity: every element was picked once, so S.T undoes S. It is
the same for reshape, where S is the identity itself.

For other slices S.T @ S is still diagonal, but the diagonal counts
how often each element was picked. With x[[2, 0, 2]] it is 1, 0, 2.
An element that was never picked is lost, so S.T cannot bring it
back. One that was picked twice comes back doubled.

Output:
    S for x.T:
    [[1 0 0 0 0 0]
     [0 0 0 1 0 0]
     [0 1 0 0 0 0]
     [0 0 0 0 1 0]
     [0 0 1 0 0 0]
     [0 0 0 0 0 1]]
    S @ [1 2 3 4 5 6] = [1 4 2 5 3 6]
    S.T @ S is the identity: True
    x[[2, 0, 2]]: the diagonal of S.T @ S is [1 0 2]
    x[1:]: the diagonal of S.T @ S is [0 1 1]
"""

import numpy as np

product = "the identity"  # that is S.T @ S for x.T


def selection(shape, slices):
    """Return S, so that S @ x.ravel() is x[slices].ravel()."""
    size = int(np.prod(shape))
    picked = np.arange(size).reshape(shape)[slices]
    return np.eye(size)[picked.ravel()]


def transposing():
    """Return S for x.T, x (2, 3)."""
    return np.eye(6)[np.arange(6).reshape(2, 3).T.ravel()]


def diagonal(n, slices):
    """Return the diagonal of S.T @ S for x[slices], x (n,)."""
    S = selection((n,), slices)
    return np.diag(S.T @ S)


if __name__ == "__main__":
    x = np.array([[1, 2, 3], [4, 5, 6]])
    S = transposing().astype(int)
    print(f"S for x.T:\n{S}")
    print(f"S @ {x.ravel()} = {S @ x.ravel()}")
    print("S.T @ S is the identity:", (S.T @ S == np.eye(6)).all())
    for text, slices in (
        ("[[2, 0, 2]]", [2, 0, 2]),
        ("[1:]", slice(1, 3)),
    ):
        times = diagonal(3, slices).astype(int)
        print(f"x{text}: the diagonal of S.T @ S is {times}")
