"""Answer to the exercise of step 29.

f'' = 12 * x**2 - 4 is zero at 1 / sqrt(3) = 0.57735, between the
two starts. At 0.577 it is a little below zero: the parabola opens
downwards, and its highest point is far to the left. At 0.578 it is
a little above zero: the parabola is very flat, and its lowest point
is far to the right. From far away, both walks come back to the
nearest minimum: one to -1, the other to 1.

Output:
    from 0.577: f'' = -0.0049, next -316.7, in the end -1.0000
    from 0.578: f'' =  0.0090, next  171.5, in the end  1.0000
"""

from step29 import newton, quartic, quartic_hessian

from_577, from_578 = "left", "right"
bend_is_zero_at = 0.57735  # 1 / sqrt(3)


def walk(start):
    """Return the points of 30 steps of Newton on quartic."""
    return newton(quartic, quartic_hessian, (start,), steps=30)


if __name__ == "__main__":
    for start in (0.577, 0.578):
        path = walk(start)
        bend = quartic_hessian(start)[0, 0]
        print(f"from {start}: f'' = {bend:7.4f}", end=", ")
        print(f"next {path[1, 0]:6.1f}", end=", ")
        print(f"in the end {path[-1, 0]:7.4f}")
