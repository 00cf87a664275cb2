"""Variable: an array, its gradient, and the Function that computed it.

>>> x = Variable(np.array([1.0, 2.0, 3.0]))
>>> y = (x**2).sum()
>>> y.backward()
>>> x.grad
variable([2. 4. 6.])

The loop of backward is in backward.py. What a Variable shares with an ndarray is in
arraylike.py, a line each; hooks, devices and pickling are in extras.py.
"""

from typing import Any

import numpy as np

from dezero import cuda
from dezero.advice import MEMBERS, named_arguments, teach_members
from dezero.core import changes, checks
from dezero.core.arraylike import ArrayLike
from dezero.core.backward import propagate
from dezero.core.config import Config, switched
from dezero.core.extras import Extras
from dezero.core.unshared import unshared
from dezero.guards import flag


class Variable(ArrayLike, Extras):
    """An array that remembers how it was computed.

    data            the ndarray, or None while the shape is not known yet
    name            shown in drawings of the graph
    grad            None, or a Variable: the gradient that backward stored here
    creator         the Function that computed this Variable, None for a leaf
    generation      0 for a leaf, otherwise one more than its creator's
    requires_grad   False: backward skips it, at no cost

    Raises TypeError unless data is an ndarray or None. `==` compares identity,
    so that Variables can be keys and members; compare values with `x.data == 3`.
    """

    # Most Variables keep these values, so they are stored once, in the class.
    _why_no_graph = None  # a sentence: why there is no graph, if you may expect one
    _changed_at = 0  # the time on changes.clock when data was last set,
    _reshaped_at = 0  # and when it was set to an array of another shape
    _is_parameter = False  # an optimizer may edit its array in place

    def __init__(self, data, name=None, requires_grad=True):
        if type(data) is not np.ndarray or data.dtype.kind not in checks.NUMBERS:
            checks.check_array(data)  # a closer look: most data needs none
        if requires_grad is not True and requires_grad is not False:
            requires_grad = flag("Variable", "requires_grad", requires_grad, 66)
        self._data = data
        self.name = name
        self._grad = None
        self.creator = None
        self.generation = 0
        self.requires_grad = requires_grad

    # Why properties? x.grad = 3 must raise an error in that line, not in a later
    # backward. And backward must know which data was set after a forward had used it
    # (see changes.py). The engine itself reads _data and _grad.

    @property
    def data(self) -> np.ndarray | Any:
        """The ndarray; None if it is not known yet, or was set to None."""
        if Config.handler is not None:
            return Config.handler.read(self, "data")
        data = self._data
        return None if type(data) is changes.Gone else data  # Gone: was set to None

    @data.setter
    def data(self, data: Any) -> None:
        if Config.handler is not None:
            Config.handler.write(self, "data", data)
        if data is self._data:
            if not self._is_parameter:
                return  # x.data *= 2: only a Parameter records edits in place (step 46)
        elif type(data) is not np.ndarray or data.dtype.kind not in checks.NUMBERS:
            data = checks.as_data(self, data)
        self._data = changes.note_change(self, data)

    @property
    def grad(self) -> "Variable | Any":
        """The gradient, a Variable, or None."""
        if Config.handler is not None:
            return Config.handler.read(self, "grad")
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        if Config.handler is not None:
            Config.handler.write(self, "grad", grad)
        if grad is not None and not isinstance(grad, Variable):
            checks.refuse_grad(self, grad)
        self._grad = grad

    def set_creator(self, func) -> None:
        """Record func as the Function that computed this Variable."""
        checks.check_creator(func)
        self.creator = func
        self.generation = func.generation + 1

    @named_arguments
    def backward(self, retain_grad=False, create_graph=False, gradient=None) -> None:
        """Compute the gradient of this Variable with respect to every leaf.

        Each leaf x that this Variable was computed from gets
        x.grad = x.grad + d(self)/dx, a Variable of x's shape and dtype that
        shares memory with nothing else.

        The pass starts from gradient, else from self.grad if it is set, else from
        ones. With ones it differentiates the sum of self's elements, and with
        gradient=w the sum of self * w.

        retain_grad=True   keep the gradients of intermediate results too
        create_graph=True  record the pass itself, so that a gradient can be
                           differentiated again (step 32)
        gradient           a Variable or ndarray of self's shape (step 66)

        Raises RuntimeError for a result that recorded no graph (step 18), for a
        gradient that a pass without create_graph computed (step 32), and if a formula
        needs an array that was changed since it was used; ValueError if gradient, or
        the self.grad that it starts from, does not have self's shape.
        """
        if type(retain_grad) is not bool or type(create_graph) is not bool:
            checks.check_flags(retain_grad, create_graph)
        if self._why_no_graph:
            raise RuntimeError(f"backward: {self._why_no_graph}")
        seed = self._seed(gradient)
        if self.creator is None and gradient is None:  # a leaf: d(self)/d(self) is 1
            self._grad = seed
            return
        if self.creator is not None and not self.requires_grad:  # no leaf wants one
            self._grad = seed if retain_grad or self._retains_grad else None
            return
        with switched(enable_backprop=bool(create_graph), wrap=bool(create_graph)):
            found, outdated = propagate(self, seed, retain_grad)
            # The gradient of self is seed. It is not added to an earlier one.
            retained = self.creator is not None and found.pop(self, None) is not None
            gradients = unshared(found, seed)
            for x, gx in gradients.items():
                if x._grad is not None:
                    gradients[x] = accumulated(x, gx)
        # From here on nothing can fail, so no pass stores only some of its gradients.
        for x in outdated:
            x._grad = None
        for x, gx in gradients.items():
            x._grad = gx
            if not create_graph:
                gx._why_no_graph = checks.WITHOUT_CREATE_GRAPH
        if retained:
            self._grad = seed

    def _seed(self, gradient):
        """Return the Variable that backward starts from, after the hooks of self."""
        start = self._grad if gradient is None else gradient
        if start is None:
            if self._data is None:
                raise checks.has_no_data(self, "backward")
            xp = cuda.get_array_module(self._data)
            ones = xp.ones(self._data.shape, self._data.dtype)
            seed = Variable(ones, requires_grad=False)
        else:
            source = "self.grad" if gradient is None else "gradient"
            checks.check_seed(self, start, source)
            seed = as_variable(as_array(start))
        return self._pass_hooks(seed) if self._watched else seed

    # --- cutting the graph ---

    def unchain(self) -> None:
        """Forget how this Variable was computed; it becomes a leaf."""
        self.creator = None

    def unchain_backward(self) -> None:
        """Cut every Variable upstream of this one off the graph.

        Truncated back-propagation through time is this, every k steps (step 59).
        """
        waiting = [] if self.creator is None else [self.creator]
        for func in waiting:  # grows while it is read
            for x in func.inputs:
                if x.creator is not None:
                    waiting.append(x.creator)
                    x.unchain()

    def cleargrad(self) -> None:
        """Forget the gradient; the next backward starts from nothing."""
        self.grad = None


class Parameter(Variable):
    """A Variable that a Layer trains (step 44)."""

    _is_parameter = True


teach_members(Variable, MEMBERS)  # x.view: an error that says x.reshape


def as_array(x, array_module=np):
    """Return a number as a 0-d array, a list as an array, an array as it is."""
    if isinstance(x, np.ndarray):  # most are; np.isscalar takes ten times as long
        return x
    if array_module is not np:
        checks.check_array_module(array_module)
    if isinstance(x, np.generic):  # NumPy's scalar for a 0-d result
        return array_module.asarray(x)
    if np.isscalar(x) or isinstance(x, (list, tuple)):
        try:
            return array_module.array(x)
        except ValueError as error:
            raise ValueError(f"as_array: {error} (see step 9)") from None
    return x


def as_variable(obj) -> Variable:
    """Return a Variable as it is, an array in a new one (unless Config.wrap is off)."""
    if isinstance(obj, Variable) or not Config.wrap:
        return obj
    return Variable(obj)


def accumulated(x, gx):
    """Return x.grad + gx, two Variables."""
    checks.check_can_add_to_grad(x)
    if Config.wrap:
        return x._grad + gx
    return Variable(as_array(x._grad._data + gx._data))


def gradients_of(y, xs, seed, create_graph):
    """Return seed times dy/dx for each x in xs; None for an x that y does not use.

    It is for dezero.func: no Variable's grad is read or changed, and the pass stops at
    xs, even if they were computed themselves.
    """
    if y.creator is None or not y.requires_grad or y in xs:  # no Function to go through
        return [seed if x is y else None for x in xs]
    with switched(enable_backprop=create_graph, wrap=create_graph):
        found, _ = propagate(y, seed, until=set(xs))
        gradients = unshared({x: found[x] for x in xs if x in found}, seed)
    return [gradients.get(x) for x in xs]
