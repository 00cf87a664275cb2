"""Step 24. Hard test functions: formulas nobody wants to differentiate.

To look for the lowest point of a function is called *optimization*.
Training a network is optimization, too. New methods are tried on a
set of well-known hard functions, and their formulas are a good test
for our engine:

    sphere     x**2 + y**2
               a round bowl
    matyas     0.26 * (x**2 + y**2)
               - 0.48 * x * y
               a long, flat valley
    goldstein  (1 + (x + y + 1)**2 * (...))
               * (30 + (2*x - 3*y)**2 * (...))
               four hollows, up to 10**6

The last one is by Goldstein and Price (1971). Differentiating it by
hand takes half a page. Here it takes one call of backward: we write
the formula as in mathematics, and Python records the graph while it
computes.

Are these gradients right? As in step 10, we compute each of them in
two ways that share no code: with backward, and with the differences
of step 4. We compare them at (1, 1) and not at (0, 0): there sphere
and matyas are flat, and many wrong gradients would be 0 as well.

Here chapter 2 ends. (At the end of its notebook, a formula made of
these operators learns what AND means.) What does a graph look like?
Step 25 draws one by hand.

Exercise: Beale's function is (1.5 - x + x*y)**2
+ (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2. Add it. Its
gradient at (1, 1) is (0, 27.75), and (0, 0) at its minimum
(3, 0.5): what does backward say?

In the package: dezero/gradcheck.py, numerical_grad

Output:
    at (1, 1)     value       df/dx       df/dy
    sphere         2.00        2.00        2.00
    matyas         0.04        0.04        0.04
    goldstein   1876.00    -5376.00     8064.00
    measured slopes agree to six digits: True
"""

import numpy as np

from dezero.core_simple import Variable


def sphere(x, y):
    """A round bowl: minimum 0 at (0, 0)."""
    return x**2 + y**2


def matyas(x, y):
    """A long flat valley: minimum 0 at (0, 0)."""
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def goldstein(x, y):
    """Goldstein and Price's function: minimum 3 at (0, -1)."""
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    first = 1 + (x + y + 1) ** 2 * a
    second = 30 + (2 * x - 3 * y) ** 2 * b
    return first * second


# The first way: Variables and backward.
def gradient(f, *point):
    """Return f and its derivatives at point, by backward."""
    variables = [Variable(np.array(float(p))) for p in point]
    z = f(*variables)
    z.backward()
    return z.data, [v.grad for v in variables]


# The second way: plain numbers. Each argument moves by h to either
# side while the others stay.
def slopes(f, *point, h=1e-4):
    """Return the derivatives of f at point, measured (step 4)."""
    measured = []
    for i in range(len(point)):
        ahead, behind = list(point), list(point)
        ahead[i] += h
        behind[i] -= h
        measured.append((f(*ahead) - f(*behind)) / (2 * h))
    return measured


def worst(got, expected):
    """Return the largest relative difference between two lists."""
    pairs = zip(got, expected)
    return max(abs(g - e) / abs(e) for g, e in pairs)


if __name__ == "__main__":
    print("at (1, 1)     value       df/dx       df/dy")
    differences = []
    for f in (sphere, matyas, goldstein):
        value, (gx, gy) = gradient(f, 1, 1)
        print(f"{f.__name__:9} {value:9.2f} {gx:11.2f} {gy:11.2f}")
        differences.append(worst([gx, gy], slopes(f, 1, 1)))
    agree = max(differences) < 1e-6
    print("measured slopes agree to six digits:", agree)
