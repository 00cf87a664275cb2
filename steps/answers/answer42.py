"""Answer to the exercise of step 42.

One length that is wrong by 20 moves the line by up to 1.5 units: its
difference counts 20 * 20 = 400, many times as much as all the others
together. The other loss counts it as about 20, and the line hardly
moves.

Output:
                      W       b    with a wrong length
    squares        1.44   10.18           1.68   10.56
    hardly grows   1.44   10.17           1.46   10.20
"""

import numpy as np

import step42


def hardly_grows(p, y):
    """Return a loss that grows like |p - y| where that is large."""
    return (((p - y) ** 2 + 1) ** 0.5).sum() / len(p)


def line(x, y, loss):
    """Return W and b of the best line for a loss."""
    step42.mean_squared_error = loss
    _, W, b = step42.fit(x, y, steps=3000)[-1]
    return W[0, 0], b[0]


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 5, size=(20, 1))
    y = 10 + 1.5 * x + rng.normal(0, 0.5, size=(20, 1))
    wrong = y.copy()
    wrong[0] += 20
    squares = step42.mean_squared_error
    print("                  W       b    with a wrong length")
    for name, loss in {
        "squares": squares,
        "hardly grows": hardly_grows,
    }.items():
        (W, b), (W1, b1) = line(x, y, loss), line(x, wrong, loss)
        print(f"{name:13}{W:6.2f}  {b:6.2f}{W1:15.2f}  {b1:6.2f}")
