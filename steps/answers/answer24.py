"""Answer to the exercise of step 24.

backward says what the exercise promises: (0, 27.75) at (1, 1), and
(0, 0) at the minimum. There the three brackets themselves are 0,
and each gradient is a sum of terms with a bracket as a factor.

Output:
    at (1, 1):   14.20, gradient 0.00 27.75
    measured slopes there:       0.00 27.75
    at (3, 0.5):  0.00, gradient 0.00 0.00
"""

from step24 import gradient, slopes


def beale(x, y):
    """Beale's function: minimum 0 at (3, 0.5)."""
    a = 1.5 - x + x * y
    b = 2.25 - x + x * y**2
    c = 2.625 - x + x * y**3
    return a**2 + b**2 + c**2


if __name__ == "__main__":
    value, (gx, gy) = gradient(beale, 1, 1)
    print(f"at (1, 1):   {value:.2f}, gradient {gx:.2f} {gy:.2f}")
    dx, dy = slopes(beale, 1, 1)
    print(f"measured slopes there:       {dx:.2f} {dy:.2f}")
    value, (gx, gy) = gradient(beale, 3, 0.5)
    print(f"at (3, 0.5):  {value:.2f}, gradient {gx:.2f} {gy:.2f}")
