"""Milestone: one number, fitted.

A savings account pays interest continuously: after t years one coin
has become exp(w * t). You were told that it doubles in ten years.
Which w is that?

We do not have to solve an equation for this. Measure how wrong a w is,
by the square of the difference, and ask backward in which direction
that error grows. Then go a little in the other direction, again and
again. This is all there is to training a network. A network only has
more numbers.

Try it: three coins in ten years? The answer should be log(3) / 10.

Output:
    w = 0.1000: one coin becomes 2.718
    w = 0.0700: one coin becomes 2.013
    w = 0.0693: one coin becomes 2.001
    by the formula, log(2) / 10 = 0.0693
"""

import numpy as np
from step10 import Function, Variable, exp, square


class Line(Function):
    """y = a * x + b, gx = a * gy"""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def forward(self, x):
        return self.a * x + self.b

    def backward(self, gy):
        return self.a * gy


w = 0.1
for i in range(13):
    x = Variable(np.array(w))
    y = exp(Line(10, 0)(x))
    loss = square(Line(1, -2)(y))
    loss.backward()
    if i % 6 == 0:
        print(f"w = {w:.4f}: one coin becomes {y.data:.3f}")
    w = w - 0.0005 * x.grad
print(f"by the formula, log(2) / 10 = {np.log(2) / 10:.4f}")
