"""The optimizers: SGD, MomentumSGD, AdaGrad, RMSprop, AdaDelta, Adam and AdamW.

Letters: p the array of a parameter, g its gradient; the state that an optimizer keeps
from update to update (v, h, m, ...) starts at zero.
"""

import math

import numpy as np

from dezero.guards import Number, Rule, call_text, flag
from dezero.optimizers.base import Optimizer, all_or_nothing
from dezero.optimizers.states import _pieces, _States


class SGD(Optimizer):
    """Stochastic gradient descent: a step straight down the slope.

    p -= lr * g
    """

    lr = Number(46, least=0)

    def __init__(self, lr: float = 0.01):
        super().__init__()
        self.lr = lr

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        for p, g in _pieces(param):
            p -= self.lr * g


class MomentumSGD(Optimizer):
    """SGD with momentum: p is a ball that rolls downhill with velocity v and friction.

    v = momentum * v - lr * g
    p += v
    """

    lr = Number(46, least=0)
    momentum = Number(46, least=0, below=1)

    def __init__(self, lr: float = 0.01, momentum: float = 0.9):
        super().__init__()
        self.lr = lr
        self.momentum = momentum
        self.vs = _States()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        for p, g, v in _pieces(param, self.vs):
            v *= self.momentum
            v -= self.lr * g
            p += v


class AdaGrad(Optimizer):
    """Each number has its own step, shorter the larger its gradients have been.

    h += g * g
    p -= lr * g / (sqrt(h) + eps)
    """

    lr = Number(46, least=0)
    eps = Number(46, least=0)

    def __init__(self, lr: float = 0.001, eps: float = 1e-8):
        super().__init__()
        self.lr = lr
        self.eps = eps
        self.hs = _States()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        for p, g, h in _pieces(param, self.hs):
            h += g * g
            p -= self.lr * g / _root(h, self.eps)


class RMSprop(Optimizer):
    """AdaGrad that forgets: h is a running mean, so the steps do not shrink to nothing.

    h = rho * h + (1 - rho) * g * g
    p -= lr * g / (sqrt(h) + eps)
    """

    lr = Number(46, least=0)
    rho = Number(46, least=0, below=1)
    eps = Number(46, least=0)

    def __init__(self, lr: float = 0.01, rho: float = 0.99, eps: float = 1e-8):
        super().__init__()
        self.lr = lr
        self.rho = rho
        self.eps = eps
        self.hs = _States()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        for p, g, h in _pieces(param, self.hs):
            h *= self.rho
            h += (1 - self.rho) * (g * g)
            p -= self.lr * g / _root(h, self.eps)


RMSProp = RMSprop  # another spelling; RMSprop is PyTorch's


class AdaDelta(Optimizer):
    """RMSprop without a learning rate: a step is about as long as the last ones were.

    msg = rho * msg + (1 - rho) * g * g
    dx = sqrt((msdx + eps) / (msg + eps)) * g
    msdx = rho * msdx + (1 - rho) * dx * dx
    p -= dx
    """

    rho = Number(46, least=0, below=1)
    eps = Number(46, above=0)  # with 0 it would never move

    def __init__(self, rho: float = 0.95, eps: float = 1e-6):
        super().__init__()
        self.rho = rho
        self.eps = eps
        self.msg = _States()
        self.msdx = _States()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        rho, eps = self.rho, self.eps
        for p, g, msg, msdx in _pieces(param, self.msg, self.msdx):
            msg *= rho
            msg += (1 - rho) * (g * g)
            dx = msdx + eps
            dx /= msg + eps
            dx = np.sqrt(dx) * g
            msdx *= rho
            msdx += (1 - rho) * (dx * dx)
            p -= dx


class Adam(Optimizer):
    """Momentum, and a step of its own for each number.

    m += (1 - beta1) * (g - m)          mean of the gradients
    v += (1 - beta2) * (g * g - v)      mean of their squares
    p -= lr * m / (sqrt(v) + eps)

    Both means start at zero and are too small at first; lr corrects for that. t counts
    the updates. Adam(lr=0.01) is the same as Adam(alpha=0.01).
    """

    alpha = Number(46, least=0)
    beta1 = Number(46, least=0, below=1)
    beta2 = Number(46, least=0, below=1)
    eps = Number(46, least=0)

    def __init__(
        self,
        alpha: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        *,
        lr: float | None = None,
    ):
        super().__init__()
        self.t = 0
        self.alpha = alpha if lr is None else lr
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        self.ms = _States()
        self.vs = _States()

    @property
    def lr(self):
        """Length of the step, alpha * sqrt(1 - beta2**t) / (1 - beta1**t)."""
        if self.t == 0:
            raise RuntimeError(
                f"{type(self).__name__}.lr: it has no value before the first update; "
                "the constructor's setting is alpha (see step 46)"
            )
        fix1 = 1 - self.beta1**self.t
        fix2 = 1 - self.beta2**self.t
        return self.alpha * math.sqrt(fix2) / fix1

    @lr.setter
    def lr(self, value):
        raise AttributeError(
            f"{type(self).__name__}.lr: it follows from alpha and t; set alpha "
            "instead (see step 46)"
        )

    @all_or_nothing
    def update(self):
        """Update every parameter that has a gradient, in place."""
        self.t += 1
        super().update()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        for p, g, m, v in _pieces(param, self.ms, self.vs):
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g * g - v)
            p -= self.lr * m / _root(v, self.eps)

    def __repr__(self):
        return call_text(self, t=self.t)


class AdamW(Adam):
    """Adam with its own weight decay, as in PyTorch.

    p -= alpha * weight_decay * p, and then as Adam

    The hook WeightDecay adds to the gradient, and Adam divides the sum by the size of
    the gradients: where these are large, weights hardly decay. Here all decay alike.

    decays    a function that says whether a Parameter decays; None: all do. Often
              matrices decay, but biases and the gamma of a norm do not (see step 82).
              It must return True or False for each, or update raises TypeError and
              changes nothing:
              AdamW(0.003, decays=lambda param: param.ndim >= 2)
    """

    weight_decay = Number(46, least=0)
    decays = Rule(82)

    def __init__(
        self,
        alpha=0.001,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.01,
        *,
        lr=None,
        decays=None,
    ):
        super().__init__(alpha, beta1, beta2, eps, lr=lr)
        self.weight_decay = weight_decay
        self.decays = decays

    def update(self):
        """Update every parameter that has a gradient, in place."""
        if self.decays is not None and self.target is not None:
            for param in self.target.params():
                if param.grad is not None:
                    _check_answer(type(self).__name__, self.decays(param))
        super().update()

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        if self.decays is None or self.decays(param):
            param.data *= 1 - self.alpha * self.weight_decay
        super().update_one(param)


def _check_answer(who, answer):
    """Raise TypeError unless answer is True or False: None would count as False."""
    if answer is None:
        raise TypeError(
            f"{who}: decays must return True or False for each parameter, got None; "
            "is a return missing? (see step 82)"
        )
    flag(who, "the result of decays", answer, 82)


def _root(h, eps):
    """Return sqrt(h) + eps, and 1 where that is 0: no step instead of 0 / 0."""
    root = np.sqrt(h) + eps
    return root + (root == 0) if h.dtype.type(eps) == 0 else root  # 1e-8 as a float16
