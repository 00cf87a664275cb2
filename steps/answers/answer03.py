"""Answer to the exercise of step 3.

Log undoes Exp, as long as e**x is a number that the computer can
hold. Above 709.78 it is not: e**x becomes infinite, and so does its
logarithm. Far below, at -746, e**x is rounded to 0, whose logarithm
is minus infinity. Near 0 digits are lost: e**x is then close to 1,
and only the digits of x that fit behind 1.000... are left. Of 1e-17
none is left at all.

Output:
    exp(exp(1)) = 15.1543
    log(exp(1)) = 1.0
    log(exp(700)) = 700.0
    log(exp(710)) = inf
    log(exp(-746)) = -inf
    log(exp(1e-17)) = 0.0
"""

import numpy as np

from step03 import Exp, Function, Variable


class Log(Function):
    """y = log(x), the logarithm to the base e"""

    def forward(self, x):
        return np.log(x)


def exp_exp(x):
    """Return exp(exp(x))."""
    return Exp()(Exp()(x))


def comes_back(number):
    """Return whether Log()(Exp()(x)) gives x back."""
    y = Log()(Exp()(Variable(np.array(float(number)))))
    return bool(np.isclose(y.data, number))


if __name__ == "__main__":
    y = exp_exp(Variable(np.array(1.0)))
    print(f"exp(exp(1)) = {y.data:.4f}")
    with np.errstate(over="ignore", divide="ignore"):
        for x in (1, 700, 710, -746, 1e-17):
            y = Log()(Exp()(Variable(np.array(float(x)))))
            print(f"log(exp({x})) = {y.data}")
