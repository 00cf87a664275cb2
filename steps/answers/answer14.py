"""Answer to the exercise of step 14.

The Variable between x and y is a = square(x). After the first
backward a.grad is 8, and it stays. The second backward adds 8 to
it and passes the sum, 16, on to x: twice the slope. Together with
the first 32 that makes 32 + 64 = 96, three times the slope. (y.grad
is 1 both times, because backward sets it only when it is empty.)

Output:
    once:  a.grad = 8, x.grad = 32
    twice: a.grad = 16, x.grad = 96
"""

import numpy as np

from step14 import Variable, square

if __name__ == "__main__":
    x = Variable(np.array(2.0))
    a = square(x)
    y = square(a)
    y.backward()
    print(f"once:  a.grad = {a.grad:.0f}, x.grad = {x.grad:.0f}")
    y.backward()
    print(f"twice: a.grad = {a.grad:.0f}, x.grad = {x.grad:.0f}")
