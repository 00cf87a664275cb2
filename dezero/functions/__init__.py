"""Every function of the package: `import dezero.functions as F`.

Each file of this folder lists its functions in __all__. Programs written for DeZero
also find np, cuda, utils, Function, Variable, as_array and as_variable here.
"""

# Everything that the files of this folder offer can be imported from here. `add as add`
# tells a type checker that add is a public name.
# ruff: noqa: F403, I001
import numpy as np

from dezero import cuda
from dezero.core import (
    Add as Add,
    Div as Div,
    Function as Function,
    Mul as Mul,
    Neg as Neg,
    Pow as Pow,
    Sub as Sub,
    Variable as Variable,
    add as add,
    as_array as as_array,
    as_variable as as_variable,
    div as div,
    mul as mul,
    neg as neg,
    pow as pow,
    rsub as rsub,
    sub as sub,
)
from dezero.functions import arraylike
from dezero.functions.activation import *
from dezero.functions.attention import *
from dezero.functions.columns import *
from dezero.functions.conv import *
from dezero.functions.elementwise import *
from dezero.functions.linalg import *
from dezero.functions.loss import *
from dezero.functions.norm import *
from dezero.functions.norm_samples import *
from dezero.functions.pooling import *
from dezero.functions.positions import *
from dezero.functions.recurrent import *
from dezero.functions.reduction import *
from dezero.functions.shape import *
