"""The engine: Variable, Function, and the operations that Variable's methods use.

You can read it in an evening, best in this order:

    config, variable, function, backward   the engine of step 32: call and backward pass
    changes, unshared                      arrays that were edited, or are shared
    checks, outside                        errors, and numbers and lists as inputs
    arraylike, extras                      the rest of Variable, mostly a line each
    fast, heap                             speed alone: a faster call, reused memory
    shape, indexing, arithmetic, reduction, matmul    the ops

This file collects their names, and tells Variable where to find its functions.
"""

import operator
import os
import sys

from dezero.core import arithmetic, arraylike, outside, reduction, shape
from dezero.core.arithmetic import (
    Add,
    Div,
    Log,
    Mul,
    Neg,
    Pow,
    PowVariable,
    Sub,
    _number_for,
    add,
    div,
    log,
    mul,
    neg,
    pow,
    rdiv,
    rsub,
    sub,
)
from dezero.core.arraylike import unwrap as _unwrap
from dezero.core.config import Config, no_grad, test_mode, using_config
from dezero.core.extras import setup_variable
from dezero.core.function import Function
from dezero.core.indexing import (
    GetItem,
    GetItemGrad,
    Where,
    _select,
    get_item,
    scatter_add,
    where,
)
from dezero.core.matmul import MatMul, matmul
from dezero.core.outside import _as_constant, _as_input, _check_numbers, _explained
from dezero.core.reduction import (
    Max,
    Min,
    Sum,
    _one_axis,
    _reduced_axes,
    _reduced_lengths,
    reduced_shape,
    restore_axes,
)
from dezero.core.shape import (
    AsType,
    BroadcastTo,
    Copy,
    Reshape,
    SumTo,
    Transpose,
    _as_shape,
    _sum_to,
    broadcast_to,
    reshape,
    sum_array_to,
    sum_to,
    transpose,
)
from dezero.core.variable import (
    Parameter,
    Variable,
    as_array,
    as_variable,
    gradients_of,
)

array_types: tuple  # the array types that a Variable may hold; see __getattr__

# Where Variable's methods and operators find their functions: see arraylike.py.
vars(arraylike.ops).update(
    Variable=Variable,
    add=add,
    as_array=as_array,
    as_input=outside._as_input,
    as_variable=as_variable,
    compare=arithmetic.compare,
    copy=shape.copy,
    div=div,
    get_item=get_item,
    log=log,
    matmul=matmul,
    mul=mul,
    neg=neg,
    place_of=reduction.place_of,
    pow=pow,
    reshape=reshape,
    sub=sub,
    transpose=transpose,
)

# {NumPy's name: our function}. `array + x` calls add: see ArrayLike.__array_ufunc__.
# dezero/functions/arraylike.py adds np.exp and the other functions.
arraylike.of_numpy.update(
    {
        "add": add,
        "subtract": sub,
        "multiply": mul,
        "divide": div,
        "power": pow,
        "matmul": matmul,
        "negative": neg,
        # `array < x` is `x > array`
        "less": lambda left, right: right > left,
        "less_equal": lambda left, right: right >= left,
        "greater": lambda left, right: right < left,
        "greater_equal": lambda left, right: right <= left,
        # identity: `array == x` and, after object's own ==, `x == array`
        "equal": operator.is_,
        "not_equal": operator.is_not,
    }
)

if not os.environ.get("DEZERO_PLAIN"):
    from dezero.core import fast, heap

    Function.__call__ = fast.call


def __getattr__(name):
    # Python calls this for a name that the module does not have. array_types is looked
    # up on request, because CuPy may be imported later than this module.
    if name == "array_types":
        import numpy

        cupy = sys.modules.get("cupy")
        return (numpy.ndarray,) if cupy is None else (numpy.ndarray, cupy.ndarray)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
