"""Derivatives as functions of functions: grad, vjp, jvp, jacobian, hessian, hvp.

>>> def f(x):
...     return (x**3).sum()
>>> x = np.array([1.0, 2.0])
>>> grad(f)(x)
variable([ 3. 12.])
>>> hessian(f)(x)
variable([[ 6.  0.]
          [ 0. 12.]])

f takes Variables and returns a Variable, like a function in mathematics. The functions
of this file neither read nor write the `grad` of any Variable, not even that of the
parameters inside f.

A result can be differentiated again, as in grad(grad(f)), with respect to every
Variable that it depends on: those passed to f, and those that f uses from outside. If
there are none, or under no_grad(), no graph is recorded for it.

Letters: x, y input and output of f, J the Jacobian dy/dx; v has the shape of x, w that
of y. w J is the vector-Jacobian product, J v the Jacobian-vector product (step 71).
"""

import numbers

import numpy as np  # noqa: F401  the examples use it

from dezero import cuda
from dezero.core import (
    Config,
    Copy,
    Variable,
    as_array,
    as_variable,
    gradients_of,
    using_config,
)
from dezero.functions import stack
from dezero.guards import shown

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "vjp"]


def grad(f, argnums=0):
    """Return the function that computes the gradient of f, whose result is a scalar.

    argnums    which argument to differentiate with respect to, counted from 0; a tuple
               of such numbers gives a tuple of gradients

    The other arguments are passed to f unchanged.
    """

    _check_function("grad", f)

    def gradient(*xs):
        """Return the gradient, in the shape of the argument."""
        call = _Call("grad", f, xs, argnums)
        call.expect_scalar()
        return call.pull(_ones(call.y))

    return gradient


def vjp(f, *xs):
    """Return y = f(*xs) and the function that pulls a row back: w -> w J.

    w has the shape of y, and w J the shape of x; for several xs, w J is a tuple. Each
    call of the returned function is one backward pass.

    >>> y, pull = vjp(lambda x: x**2, np.array([1.0, 2.0, 3.0]))
    >>> pull(np.array([1.0, 10.0, 100.0]))
    variable([  2.  40. 600.])
    """
    if not xs:
        raise TypeError("vjp: expected f and at least one x, got no x (see step 71)")
    call = _Call("vjp", f, xs, 0 if len(xs) == 1 else tuple(range(len(xs))))

    def pull(w):
        """Return w J."""
        return call.pull(_like(w, call.y, "vjp: w"))

    return call.result(), pull


def jvp(f, xs, vs):
    """Return y = f(*xs) and J v: the rate at which y changes as xs move along vs.

    xs and vs are tuples, or one argument each. This is reverse mode twice: w J is
    linear in w, so the derivative of (w J) v with respect to w is J v. Forward mode
    would need no graph, but a second rule for each Function (step 71).

    >>> y, Jv = jvp(lambda x: x**2, np.array([1.0, 2.0]), np.array([1.0, 0.5]))
    >>> Jv
    variable([2. 2.])
    """
    xs, vs, _ = _pairs("jvp", xs, vs)
    call = _Call("jvp", f, xs, tuple(range(len(xs))))
    w = Variable(cuda.get_array_module(call.y).zeros_like(call.y.data))
    slope = call.slope(w, vs)
    (Jv,) = gradients_of(slope, [w], _ones(slope), call.recorded)
    return call.result(), _zeros(w) if Jv is None else Jv


def jacobian(f, argnums=0):
    """Return the function that computes the Jacobian of f, of shape y.shape + x.shape.

    It takes one backward pass for each number in y.

    >>> A = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> jacobian(lambda x: A @ x)(np.array([5.0, 6.0]))
    variable([[1. 2.]
              [3. 4.]])
    """

    _check_function("jacobian", f)

    def table(*xs):
        """Return the derivative of each number in y with respect to each in x."""
        return _Call("jacobian", f, xs, argnums).rows()

    return table


def hessian(f, argnums=0):
    """Return the function that computes the second derivatives of f: the Hessian.

    f must return a scalar. The Hessian is the Jacobian of its gradient, of shape
    x.shape + x.shape.
    """
    if isinstance(argnums, tuple):
        raise TypeError(
            f"hessian: expected argnums as one int, got {argnums}; for several, join "
            "them into one Variable and split it in f (see step 71)"
        )
    return jacobian(grad(f, argnums), argnums)


def hvp(f, xs, vs):
    """Return H v, the Hessian of f at xs times vs; f must return a scalar.

    H itself is never computed: two backward passes are enough, whatever the size of x.
    xs, vs and the result are tuples, or one argument each. H v has the shape of xs.

    >>> hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 10.0]))
    variable([  6. 120.])
    """
    xs, vs, single = _pairs("hvp", xs, vs)
    call = _Call("hvp", f, xs, 0 if single else tuple(range(len(xs))))
    call.expect_scalar()
    # H is symmetric, so H v is the gradient of (gradient . v).
    slope = call.slope(_ones(call.y), vs)
    return call.pull(_ones(slope), slope)


class _Call:
    """One call of f, with the Variables to differentiate with respect to.

    xs         our own Variables for the arguments that argnums names; if one is a
               Variable that requires a gradient, ours is a Copy of it
    y          the result of f
    recorded   whether the derivative must itself be differentiable
    """

    def __init__(self, name, f, arguments, argnums):
        self.name = name
        _check_function(name, f)
        self.single = not isinstance(argnums, tuple)
        chosen = (argnums,) if self.single else argnums
        if not all(isinstance(i, numbers.Integral) for i in chosen) or not chosen:
            raise TypeError(
                f"{name}: argnums must be an int or a tuple of ints, got {argnums!r} "
                "(see step 71)"
            )
        arguments = list(arguments)
        if not all(-len(arguments) <= i < len(arguments) for i in chosen):
            raise ValueError(
                f"{name}: argnums is {argnums}, but the number of arguments is "
                f"{len(arguments)}; they are counted from 0 (see step 71)"
            )
        given = [arguments[i] for i in chosen]
        with using_config("enable_backprop", True):
            self.xs = [self._own(x) for x in given]
            for i, x in zip(chosen, self.xs):
                arguments[i] = x
            self.y = f(*arguments)
        if not isinstance(self.y, Variable) or self.y.data is None:
            got = type(self.y).__name__
            got = "Variable(None)" if got == "Variable" else got
            raise TypeError(
                f"{name}: f must return a Variable, got {got}; "
                "compute with operators and dezero.functions (see step 71)"
            )
        self.recorded = Config.enable_backprop and self._reaches_further()

    def _own(self, x):
        """Return a Variable that only this call knows."""
        own = _as_numbers(self.name, x)
        if own.dtype.kind != "f":
            raise TypeError(
                f"{self.name}: expected floats, got {own.dtype}: there is no slope "
                "between integers (see step 71)"
            )
        return Copy()(own) if own is x and own.requires_grad else Variable(own.data)

    def _reaches_further(self):
        """Return whether y depends on Variables other than xs that need a gradient."""
        waiting = [self.y]
        seen = set(waiting)
        for y in waiting:  # grows while it is read
            if not y.requires_grad:
                continue
            if y.creator is None:
                if y not in self.xs:
                    return True
                continue
            new = [x for x in y.creator.inputs if x not in seen]
            seen.update(new)
            waiting += new
        return False

    def expect_scalar(self):
        """Raise ValueError unless y is one number."""
        if self.y.size != 1:
            raise ValueError(
                f"{self.name}: f must return one number, got shape {self.y.shape}; "
                "sum it, or use jacobian (see step 71)"
            )

    def result(self):
        """Return y, without its graph unless self.recorded."""
        return self.y if self.recorded else Variable(self.y.data, requires_grad=False)

    def pull(self, w, y=None):
        """Return w J for each x, with J the Jacobian of self.y or of another y."""
        y = self.y if y is None else y
        found = gradients_of(y, self.xs, w, self.recorded)
        found = [_zeros(x) if g is None else g for x, g in zip(self.xs, found)]
        return found[0] if self.single else tuple(found)

    def slope(self, w, vs):
        """Return the sum of (w J) * v over all xs, with its graph back to xs and w."""
        vs = [_like(v, x, f"{self.name}: v") for v, x in zip(vs, self.xs)]
        found = gradients_of(self.y, self.xs, w, create_graph=True)
        total = _zeros(w).sum()  # where y depends on no x
        with using_config("enable_backprop", True):
            for gx, v in zip(found, vs):
                if gx is not None:
                    total = total + (gx * v).sum()
        return total

    def rows(self):
        """Return the Jacobian for each x, a row for each number in y."""
        xp = cuda.get_array_module(self.y)
        rows = []
        for i in range(self.y.size):
            w = xp.zeros(self.y.size, self.y.dtype)
            w[i] = 1
            w = Variable(w.reshape(self.y.shape), requires_grad=False)
            row = self.pull(w)
            rows.append((row,) if self.single else row)
        if not rows:  # y has no numbers
            empty = [xp.zeros(self.y.shape + x.shape, x.dtype) for x in self.xs]
            tables = [Variable(table, requires_grad=False) for table in empty]
            return tables[0] if self.single else tuple(tables)
        tables = [
            _stacked(column, self.y.shape + x.shape, self.recorded)
            for x, column in zip(self.xs, zip(*rows))
        ]
        return tables[0] if self.single else tuple(tables)


def _stacked(rows, shape, recorded):
    """Return rows, Variables of the same shape, stacked and reshaped to shape."""
    if not recorded:
        xp = cuda.get_array_module(rows[0])
        arrays = xp.stack([row.data for row in rows])
        return Variable(arrays.reshape(shape), requires_grad=False)
    return stack(list(rows)).reshape(shape)


def _pairs(name, xs, vs):
    """Return xs and vs as lists of the same length, and whether they were single."""
    single = not isinstance(xs, (tuple, list))
    xs, vs = ([z] if not isinstance(z, (tuple, list)) else list(z) for z in (xs, vs))
    if len(xs) != len(vs) or not xs:
        raise ValueError(
            f"{name}: expected a v for each x, got {len(xs)} xs and {len(vs)} vs "
            "(see step 71)"
        )
    return xs, vs, single


def _like(v, x, who):
    """Return v as a Variable; raise ValueError unless it has the shape of x."""
    v = _as_numbers(who, v)
    if v.shape != x.shape:
        raise ValueError(
            f"{who} must have the shape {x.shape}, got {v.shape} (see step 71)"
        )
    return v


def _as_numbers(who, x):
    """Return x, a Variable, array, list or number, as a Variable that holds numbers."""
    try:
        x = as_variable(as_array(x))
    except (TypeError, ValueError):  # raised by NumPy: lists of different lengths
        raise TypeError(
            f"{who}: expected numbers, got {shown(x)} (see step 71)"
        ) from None
    if x.data is None or x.dtype.kind not in "biuf":
        got = shown(x.data) if x.data is None else f"an array of {x.dtype}"
        raise TypeError(f"{who}: expected numbers, got {got} (see step 71)")
    return x


def _check_function(who, f):
    """Raise TypeError unless f can be called."""
    if not callable(f):
        raise TypeError(
            f"{who}: expected a function of Variables, got {shown(f)} (see step 71)"
        )


def _ones(x):
    ones = cuda.get_array_module(x).ones_like(x.data)
    return Variable(ones, requires_grad=False)


def _zeros(x):
    zeros = cuda.get_array_module(x).zeros_like(x.data)
    return Variable(zeros, requires_grad=False)
