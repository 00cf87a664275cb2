"""Hooks: functions that an optimizer calls with its parameters before each update."""

import math

import numpy as np

from dezero.core import Parameter, Variable, _number_for, as_array
from dezero.guards import Number, call_text
from dezero.optimizers.states import _check_gradients


class WeightDecay:
    """Pull all parameters towards zero: rate * p is added to each gradient."""

    rate = Number(46, least=0)

    def __init__(self, rate: float):
        self.rate = rate

    def __repr__(self):
        return call_text(self)

    def __call__(self, params):
        _check_gradients(params)
        for param in params:
            g = _number_for(param.data, self.rate) * param.data
            g += param.grad.data
            param.grad = Variable(as_array(g))


class ClipGrad:
    """Scale all gradients down together if their joint norm exceeds max_norm.

    norm = sqrt(sum of the squares of all numbers in all gradients)
    g *= max_norm / (norm + 1e-6)
    """

    max_norm = Number(46, above=0)

    def __init__(self, max_norm: float):
        self.max_norm = max_norm

    def __repr__(self):
        return call_text(self)

    def __call__(self, params):
        _check_gradients(params)
        gradients = [param.grad.data for param in params]
        norm = math.sqrt(sum(_sum_of_squares(g) for g in gradients))
        rate = self.max_norm / (norm + 1e-6)
        if rate < 1:
            for param, g in zip(params, gradients):
                # a new array: something else may hold the old one
                param.grad = Variable(as_array(g * _number_for(g, rate)))


def _sum_of_squares(x):
    """Return the sum of x * x, in float64: in float32, 2e19 squared would overflow."""
    x = x.reshape(-1)
    return float(np.einsum("i,i->", x, x, dtype=np.float64))


class FreezeParam:
    """Keep the parameters of some layers as they are.

    layers    Layers, Models and Parameters
    """

    def __init__(self, *layers):
        self.freeze_params = []
        for layer in layers:
            if isinstance(layer, Parameter):
                self.freeze_params.append(layer)
            elif hasattr(layer, "params") and not isinstance(layer, type):
                self.freeze_params.extend(layer.params())
            else:
                raise TypeError(
                    "FreezeParam: expected Layers, Models and Parameters as separate "
                    f"arguments, got {type(layer).__name__} (see step 46)"
                )

    def __call__(self, params):
        for param in self.freeze_params:
            param.cleargrad()

    def __repr__(self):
        count = len(self.freeze_params)
        return f"FreezeParam({count} parameter{'s' * (count != 1)})"
