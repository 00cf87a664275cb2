"""Answer to the exercise of step 5.

With one input, the table at the input end is a single column, and
now forward mode is the cheap one: a table times a column is a
column again. Both counts have changed places. If all three tables
are square, both orders cost the same, 2 * n**3: the difference
comes from the narrow end alone. Start where it is narrow.

Output:
    tables of            from_output  from_input
    one input, n = 20           8400         800
    one output, n = 20           800        8400
    all square, n = 20         16000       16000
"""

import numpy as np

from step05 import from_input, from_output


def tables(inputs, n, outputs):
    """Return tables of ones: inputs -> n -> n -> outputs numbers."""
    shapes = [(n, inputs), (n, n), (outputs, n)]
    return [np.ones(shape) for shape in shapes]


def counts(n):
    """Return both counts for one input and n outputs."""
    ones = tables(1, n, n)
    return from_output(ones)[1], from_input(ones)[1]


def square_counts(n):
    """Return both counts for three tables (n, n)."""
    ones = tables(n, n, n)
    return from_output(ones)[1], from_input(ones)[1]


if __name__ == "__main__":
    n = 20
    print("tables of            from_output  from_input")
    for name, inputs, outputs in (
        ("one input", 1, n),
        ("one output", n, 1),
        ("all square", n, n),
    ):
        _, back = from_output(tables(inputs, n, outputs))
        _, forth = from_input(tables(inputs, n, outputs))
        print(f"{name + ', n = 20':18}{back:14}{forth:12}")
