"""Function: a computation that knows its derivative; each call is a node of the graph.

The same call, written out for speed, is in fast.py. The checks of inputs, and of the
Functions that you write yourself, are in outside.py.
"""

import copy
import weakref
from typing import Any

from dezero import cuda
from dezero.core import changes, outside
from dezero.core.checks import UNDER_NO_GRAD
from dezero.core.config import Config
from dezero.core.variable import Variable
from dezero.guards import call_text


class Function:
    """A computation that knows its derivative; each call is a node of the graph.

    A subclass writes two methods:

        forward(self, *xs)     ndarrays in, one ndarray or a tuple out
        backward(self, *gys)   gradients of the outputs in, gradients of the
                               inputs out, one each; None for "no gradient"

    A call records, unless Config.enable_backprop is off:

        inputs       list of the input Variables
        outputs      list of weak references to the output Variables
        generation   the largest generation among the inputs

    takes_arrays   True: without create_graph, backward gets ndarrays, as gys and in
                   self.inputs, which saves half of its time. There F.cos of an ndarray
                   is an ndarray, so gy * F.cos(x) works for both. forward may get
                   NumPy's scalars for 0-d arrays. True in the package; a class
                   written elsewhere gets Variables, unless it says takes_arrays = True
    """

    takes_arrays = False
    _inputs = None  # None: not called yet
    _outputs = ()
    _called_at = 0  # the time on changes.clock at the call

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        from_outside = not cls.__module__.startswith("dezero.")
        if "takes_arrays" not in vars(cls):
            cls.takes_arrays = not from_outside
        if from_outside and cls.__init__ is object.__init__:
            cls.__init__ = outside.refuse_arguments  # Square(x), not Square()(x)

    def __call__(self, *inputs) -> Variable:
        """Return forward(*inputs) as a Variable, or as a list of several."""
        if Config.handler is not None:  # dezero.static is tracing in this thread
            return Config.handler.call(self, inputs)
        if not Config.wrap:  # in a backward on ndarrays
            return self.forward(*inputs)
        inputs = outside.as_variables(inputs, type(self).__name__)
        if self._inputs is not None:  # called before: each call is a separate node
            self = copy.copy(self)
        arrays = []
        for x in inputs:
            array = x._data
            if self.takes_arrays and array is not None and array.ndim == 0:
                array = array[()]  # NumPy's scalars compute in a seventh of the time
            arrays.append(array)
        try:
            ys = self.forward(*arrays)
        except Exception as error:
            outside.explain_forward(self, inputs, error)
            raise
        return self._record(inputs, outside.results(self, ys))

    def _record(self, inputs, ys):
        """Return the arrays ys as Variables, and record this call as their creator."""
        requires_grad = True in [x.requires_grad for x in inputs]
        outputs = [Variable(y, None, requires_grad) for y in ys]
        if not Config.enable_backprop:
            for y in outputs:  # each is a leaf, and its backward says why
                y.requires_grad, y._why_no_graph = True, UNDER_NO_GRAD
            return outputs if len(outputs) > 1 else outputs[0]
        self.generation = max([x.generation for x in inputs] or [0])
        self._inputs = inputs
        self._outputs = [weakref.ref(y) for y in outputs]
        self._called_at = changes.clock
        for y in outputs:
            y.set_creator(self)
        if len(ys) > 1:  # for _fill_with_zeros: an output may be dropped by then
            self._output_kinds = [(y.shape, y.dtype) for y in ys]
        return outputs if len(outputs) > 1 else outputs[0]

    # Any, so that an editor accepts every forward(self, x) of a subclass.
    def forward(self, *xs: Any, **options: Any) -> Any:
        """Compute the outputs from ndarrays."""
        raise NotImplementedError(
            f"{type(self).__name__}: write forward(self, *xs) (see step 2)"
        )

    def backward(self, *gys: Any, **options: Any) -> Any:
        """Compute the gradients of the inputs from those of the outputs."""
        raise NotImplementedError(
            f"{type(self).__name__}: write backward(self, *gys) (see step 6)"
        )

    def __repr__(self):
        return call_text(self)

    # --- what a backward pass uses ---

    @property
    def inputs(self):
        """The inputs of the recorded call; their arrays while Config.wrap is off."""
        if Config.wrap:
            return list(self._inputs or ())
        arrays = []
        for x in self._inputs:  # a loop: half the time of a comprehension
            x = x._data
            arrays.append(x[()] if x is not None and x.ndim == 0 else x)
        return arrays

    @property
    def outputs(self):
        """Weak references to the outputs of the recorded call."""
        return list(self._outputs)

    def output(self):
        """The only output of the recorded call; its array while Config.wrap is off."""
        y = self._outputs[0]()
        return y if Config.wrap else y._data

    def needs_grad(self, i):
        """Return whether the gradient of input i is needed."""
        x = self._inputs[i]
        return x.requires_grad and x._data is not None

    # backward on Variables, with its gradients checked, for takes_arrays = False. It is
    # a method because backward.py, which calls it, cannot import outside.py.
    _checked_backward = outside.checked_backward

    def _fill_with_zeros(self, gys):
        """Return gys with zeros for outputs that the result does not depend on."""
        xp = cuda.get_array_module(self._inputs[0])
        zeros = [xp.zeros(shape, dtype) for shape, dtype in self._output_kinds]
        if Config.wrap:
            zeros = [Variable(zero, requires_grad=False) for zero in zeros]
        return [zero if gy is None else gy for gy, zero in zip(gys, zeros)]
