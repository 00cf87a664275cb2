"""Step 1. A box for data: a Variable holds an ndarray.

A number forgets where it came from; a box can remember. We want
a program that computes and afterwards tells how its result
depends on every number that went in. For that each number needs
a place for notes, so each number goes into a box:

                 +---------------+
        x  --->  | data: 1.0     |
                 +---------------+
       name        the box (a Variable)

The box is one object for as long as it lives; what it holds can
be replaced. The data is always a NumPy ndarray, because an
ndarray of 0 dimensions is a number, one of 1 dimension a vector,
one of 2 dimensions a matrix: one kind of box serves them all.

So far the box holds data and no notes, and nothing computes with
it. Step 2 brings the Functions that take a box and give a box.

Exercise: b = a gives the box a second name, and b.data = ... is
then seen through a as well. Make a second box with the same data
instead. Does a notice when you replace b.data? And when you
write b.data[0] = 100.0 into a vector?

Output:
    x.data: 1.0
    replaced: 2.0
    through a second name of the same box: 2.0
    number, vector, matrix: 0, 1, 2 dimensions
"""

import numpy as np


class Variable:
    """A box that holds an ndarray."""

    def __init__(self, data):
        self.data = data


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    print("x.data:", x.data)

    same = x
    x.data = np.array(2.0)
    print("replaced:", x.data)
    print("through a second name of the same box:", same.data)

    vector = Variable(np.array([1.0, 2.0, 3.0]))
    matrix = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    dims = [v.data.ndim for v in (x, vector, matrix)]
    print("number, vector, matrix: {}, {}, {} dimensions".format(*dims))
