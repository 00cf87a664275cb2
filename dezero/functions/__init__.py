"""Every function of the package: `import dezero.functions as F`."""

from dezero.core import add, div, mul, neg, pow, rsub, sub
from dezero.functions.elementwise import (
    Cos,
    Exp,
    Log,
    Sin,
    Tanh,
    cos,
    exp,
    log,
    sin,
    tanh,
)
