"""Step 1. Variable: a box that holds a number.

A *neural network* is a long formula with very many numbers in it.
To train it, we must know for each of these numbers whether the
result would get better if that number were a little larger, or a
little smaller. In this course you write a program that finds this
out by itself, for any formula: first for a single number, in the
end for networks that recognise pictures and write text.

A plain number is not enough for that. Next to each number we will
note how the result depends on it, so each number gets a box with
room for notes. The box is called a *variable*:

             +-------------+
    x  --->  | data: 1.0   |
             +-------------+
    a name     the box

The box stays the same object for as long as it lives. What it
holds can be replaced.

Exercise: `same = x` made a second name for one box. Now make two
boxes around one array, data = np.array([1.0, 2.0]): a is
Variable(data), and b is Variable(data). Put a new array into
b.data. Does a.data change? Start again, and write
b.data[0] = 100.0 instead. Does a.data change now? Why?

In the package: dezero/core/variable.py, Variable

Output:
    x.data: 1.0
    replaced: 2.0
    through a second name of the same box: 2.0
    number, vector, matrix: 0, 1, 2 dimensions
"""

import numpy as np


# The box always holds a NumPy array. An array of 0 dimensions is
# a number, an array of 1 dimension a vector, and an array of 2
# dimensions a matrix, so one kind of box is enough for all three.
# For now it holds nothing but this array. Step 2 computes with it.
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
    a, b, c = [v.data.ndim for v in (x, vector, matrix)]
    print(f"number, vector, matrix: {a}, {b}, {c} dimensions")
