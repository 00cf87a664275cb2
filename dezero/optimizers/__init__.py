"""Optimizers: each has its own way to let parameters follow their gradients.

    optimizer = Adam().setup(model)
    optimizer.add_hook(ClipGrad(1.0))

    for x, t in batches:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()

methods.py has the optimizers, hooks.py what may change gradients before an update,
schedules.py how the length of a step changes in a training, checkpoint.py how one goes
on after a restart. An optimizer of one's own writes `update_one(param)`.
"""

import math

import numpy as np

from dezero import cuda
from dezero.core import Parameter, Variable
from dezero.optimizers.base import Optimizer
from dezero.optimizers.hooks import ClipGrad, FreezeParam, WeightDecay
from dezero.optimizers.methods import (
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    MomentumSGD,
    RMSProp,
    RMSprop,
)
from dezero.optimizers.schedules import WarmupCosine

# _States: for old pickles
from dezero.optimizers.states import (
    _PIECE,
    _pieces,
    _States,
)

__all__ = [
    "AdaDelta",
    "AdaGrad",
    "Adam",
    "AdamW",
    "ClipGrad",
    "FreezeParam",
    "MomentumSGD",
    "Optimizer",
    "Parameter",  # this, Variable, cuda, math and np: for programs written for DeZero
    "RMSProp",
    "RMSprop",
    "SGD",
    "Variable",
    "WarmupCosine",
    "WeightDecay",
    "cuda",
    "math",
    "np",
]
