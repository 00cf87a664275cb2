"""Answer to the exercise of step 79.

The first half of a row holds the numbers a, the second half the
numbers b. A product of two complex numbers multiplies lengths and
adds angles. Here the second number has length 1, so only the angle
changes.

The distance of a word to itself is 0: as a query and as a key, it is
turned by the same angle. So the score of a word with itself, on the
diagonal, is left as it was. All other scores change: two equal words
get a smaller score when they stand apart.

Output:
    the same as rope: True
    equal words before RoPE: [16. 16. 16. 16.]
    and after it:            [16.   14.97 12.74 11.09]
"""

import numpy as np

from step79 import rope


def by_numbers(x, start=0, base=10000.0):
    """Return rope(x, start, base) of an array, by complex numbers."""
    T, D = x.shape[-2:]
    speed = base ** (-np.arange(0, D, 2) / D)
    angle = np.arange(start, start + T)[:, None] * speed
    z = x[..., : D // 2] + 1j * x[..., D // 2 :]
    z = z * np.exp(1j * angle)
    return np.concatenate((z.real, z.imag), axis=-1)


scores_left_as_they_were = "diagonal"

if __name__ == "__main__":
    x = np.random.default_rng(0).normal(size=(2, 5, 6))
    same = np.allclose(by_numbers(x, 7), rope(x, 7).data)
    print("the same as rope:", same)
    x = np.ones((4, 16))
    y = by_numbers(x)
    print("equal words before RoPE:", (x @ x.T)[0])
    print("and after it:           ", (y @ y.T)[0].round(2))
