"""Optimizers: each has its own rule for updating parameters with their gradients.

    optimizer = Adam().setup(model)
    optimizer.add_hook(ClipGrad(1.0))

    for x, t in batches:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()

methods.py has the optimizers, hooks.py functions that change gradients before an
update, schedules.py learning rates that change during training, and checkpoint.py the
files from which training continues after a restart. To write an optimizer of your own,
subclass Optimizer and define `update_one(param)`.
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
