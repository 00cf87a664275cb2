"""Optimizers: each has its own way to let parameters follow their gradients.

    optimizer = Adam().setup(model)
    optimizer.add_hook(ClipGrad(1.0))

    for x, t in batches:
        loss = F.softmax_cross_entropy(model(x), t)
        model.cleargrads()
        loss.backward()
        optimizer.update()

An optimizer of one's own writes `update_one(param)`.

Letters: p the array of a parameter, g its gradient, s scratch; those that an
optimizer keeps from update to update (v, h, m, ...) start at zero. The formulas in
the docstrings are what is computed; the code spells them in place, without a new
array for every operation, and piece by piece (see _pieces).
"""

import inspect
import math
import weakref
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dezero import cuda
from dezero.core import Parameter, Variable
from dezero.guards import Number, call_text, shown

_ADVICE = {  # names that an optimizer does not have, and what to write
    "target": "its __init__ is to call super().__init__() first",
    "hooks": "its __init__ is to call super().__init__() first",
    "step": "optimizer.update() is the name here",
    "param_groups": "there is one group: set optimizer.lr (Adam: optimizer.alpha), or "
    "let an optimizer of its own update another model",
    "state_dict": "pickle.dumps(optimizer) keeps the optimizer, its state and model",
    "load_state_dict": "pickle.loads(...) brings back what pickle.dumps kept",
    "add_param_group": "an optimizer of its own can update another model",
    "cleargrads": "the model has it: model.cleargrads(), or optimizer.zero_grad()",
}

_KEYWORDS = {  # of other libraries' constructors, and what to write
    "learning_rate": "the length of the step is lr (Adam: also alpha)",
    "momentum": "MomentumSGD(lr=0.01, momentum=0.9) has it",
    "betas": "they are two here: beta1=0.9, beta2=0.999",
    "weight_decay": "optimizer.add_hook(WeightDecay(1e-4)) adds it; AdamW has its own",
    "params": "the model comes afterwards: optimizer.setup(model)",
}

_Own = TypeVar("_Own", bound="Optimizer")


class _Target:
    """An attribute that is a Layer or Model, or None; judged whenever it is set."""

    def __get__(self, optimizer, owner=None):
        if optimizer is None:
            return self
        try:
            return vars(optimizer)["target"]
        except KeyError:
            raise AttributeError("target") from None

    def __set__(self, optimizer, target):
        if target is not None:
            _check_target(f"{type(optimizer).__name__}.target", target)
        vars(optimizer)["target"] = target


def _check_target(who, target):
    if isinstance(target, type) or not hasattr(target, "params"):
        raise TypeError(
            f"{who}: expected a Layer or Model, got {type(target).__name__} "
            "(see step 46)"
        )


class Optimizer:
    """What all optimizers share: whose parameters they update, and the hooks.

    target    the Layer or Model
    hooks     functions of the list of parameters, called before each update
    """

    __signature__ = inspect.Signature()
    target = _Target()

    def __init_subclass__(cls, **named):
        # __new__ takes anything: editors and help() are to show what __init__ takes.
        super().__init_subclass__(**named)
        own = inspect.signature(cls.__init__)
        cls.__signature__ = own.replace(parameters=[*own.parameters.values()][1:])

    def __new__(cls, *settings, **named):
        """Refuse a model in front of the settings: setup takes it."""
        ours = cls.__init__.__module__ == __name__  # others may well take a model
        if ours and settings and _holds_parameters(settings[0]):
            call = f"{cls.__name__}({'lr=0.1' if hasattr(cls, 'lr') else ''})"
            raise TypeError(
                f"{cls.__name__}: expected settings, all of them numbers, got "
                f"{type(settings[0]).__name__} first; the model comes afterwards: "
                f"{call}.setup(model) (see step 46)"
            )
        for name in named if ours else ():
            if name not in cls.__signature__.parameters:
                advice = _KEYWORDS.get(name)
                raise TypeError(
                    f"{cls.__name__}: there is no {name}=; "
                    f"{advice + '; ' if advice else ''}its settings are "
                    f"{', '.join(cls.__signature__.parameters) or 'none'} (see step 46)"
                )
        return super().__new__(cls)

    def __init__(self):
        self.target = None
        self.hooks = []

    def setup(self: _Own, target) -> _Own:
        """Note whose parameters to update, a Layer or Model; return self."""
        _check_target(f"{type(self).__name__}.setup", target)
        self.target = target
        return self

    def update(self):
        """Update every parameter that has a gradient, in place.

        Each hook gets the list of those parameters and may change their gradients,
        or clear them: what has none any more is not updated. If a hook or a gradient
        is wrong, no parameter has changed, and the gradients are those from before.
        """
        if self.target is None:
            raise RuntimeError(
                f"{type(self).__name__}.update: nothing to update yet; write "
                "optimizer.setup(model) before (see step 46)"
            )
        params = [p for p in self.target.params() if p.grad is not None]
        _check_gradients(params)
        if self.hooks:
            params = self._after_hooks(params)
        for param in params:
            self.update_one(param)

    def _after_hooks(self, params):
        """Return those of params that the hooks have left a gradient."""
        before = [(param, param.grad) for param in params]
        try:
            for hook in self.hooks:
                hook(params)
                params = [p for p in params if p.grad is not None]
            _check_gradients(params)
        except BaseException:
            for param, grad in before:
                param.grad = grad
            raise
        return params

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        raise NotImplementedError(
            f"{type(self).__name__}: write update_one(self, param) (see step 46)"
        )

    def zero_grad(self):
        """Forget the gradients of all parameters: target.cleargrads() (step 66)."""
        if self.target is None:
            raise RuntimeError(
                f"{type(self).__name__}.zero_grad: no parameters yet; say whose with "
                "optimizer.setup(model) (see step 46)"
            )
        self.target.cleargrads()

    def add_hook(self, f):
        """Have f called with the list of parameters, before each update."""
        if isinstance(f, type) or not callable(f):
            raise TypeError(
                f"{type(self).__name__}.add_hook: expected a function, such as "
                f"WeightDecay(1e-4), got {f!r} (see step 46)"
            )
        self.hooks.append(f)

    if not TYPE_CHECKING:  # a type checker would take it for all names there are

        def __getattr__(self, name):  # called for names that are not there
            advice = f"; {_ADVICE[name]}" if name in _ADVICE else ""
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}{advice} (see step 46)"
            )

    def __repr__(self):
        return call_text(self)


# --- helpers ------------------------------------------------------------------


def _holds_parameters(x):
    """Tell a model, parameters and lists of them from a setting."""
    if isinstance(x, str):
        return False
    return hasattr(x, "params") or isinstance(x, Variable) or np.iterable(x)


def _check_gradients(params):
    """Raise TypeError or ValueError unless each can be updated with its gradient."""
    if not isinstance(params, (list, tuple)):
        raise TypeError(
            f"update: expected a list of Parameters, got {shown(params)} (see step 46)"
        )
    for param in params:
        if not isinstance(param, Variable):
            raise TypeError(
                f"update: expected a Parameter, got {shown(param)} (see step 46)"
            )
        data, grad = param.data, param.grad
        g = grad.data if isinstance(grad, Variable) else None
        if (
            type(data) is type(g) is np.ndarray
            and data.shape == g.shape
            and data.dtype.kind == g.dtype.kind == "f"
            and data.flags.writeable
        ):
            continue  # the usual case: no more than this in every update
        name = param.name or "a parameter"
        _check_floats(f"the data of {name}", data)
        if not isinstance(grad, Variable):
            raise TypeError(
                f"update: the gradient of {name} must be a Variable, got "
                f"{shown(grad)}; write param.grad = Variable(array) (see step 46)"
            )
        _check_floats(f"the gradient of {name}", grad.data)
        if grad.shape != data.shape:
            raise ValueError(
                f"update: the gradient of {name} must have its shape {data.shape}, "
                f"got {grad.shape} (see step 46)"
            )
        if cuda.get_array_module(data) is not cuda.get_array_module(grad):
            raise TypeError(
                f"update: {name} and its gradient must be on one device, got a "
                f"{type(data).__module__} and a {type(grad.data).__module__} array "
                "(see step 52)"
            )
        if not getattr(data.flags, "writeable", True):  # CuPy has no such flag
            raise ValueError(
                f"update: the data of {name} is read-only, and an update changes it "
                "in place; write param.data = param.data.copy() (see step 46)"
            )


def _check_floats(what, array):
    if not cuda.is_array(array) or array.dtype.kind != "f":
        got = array.dtype if cuda.is_array(array) else shown(array)
        raise TypeError(
            f"update: {what} must be an array of floats, got {got} (see step 46)"
        )


# An update makes up to 17 passes over its arrays. In pieces of this many numbers all
# passes but the first find them in the processor's cache, and there are no large
# temporaries: Adam on 1.8 million numbers takes half to three quarters of the time
# of its formulas on whole arrays, the less the smaller the cache (tests/benchmarks).
_PIECE = 2**15


def _pieces(param, *states, scratch=1):
    """Yield the arrays of an update in pieces: p, g, each state, each scratch.

    All are of one shape, and p and the states are views: what is written into
    them stays. Scratch arrays hold anything.
    """
    if not isinstance(param, Variable) or not isinstance(param.grad, Variable):
        _check_gradients([param])  # update_one was called by hand
    data, grad = param.data, param.grad.data
    xp = cuda.get_array_module(data)
    if data.size <= _PIECE or xp is not np:
        yield data, grad, *states, *[xp.empty_like(data) for _ in range(scratch)]
    else:
        arrays = [array.reshape(-1) for array in (data, grad, *states)]
        buffers = [np.empty(_PIECE, data.dtype) for _ in range(scratch)]
        for start in range(0, data.size, _PIECE):
            piece = [array[start : start + _PIECE] for array in arrays]
            yield *piece, *[buffer[: len(piece[0])] for buffer in buffers]
        if not data.flags.c_contiguous:  # then reshape has copied it
            data[...] = arrays[0].reshape(data.shape)
    param.data = data  # the same array, but backward is to know that it was changed


class _States(dict):
    """What an optimizer keeps for each parameter: {id(param): array}.

    An id is given again when its parameter is gone, so a weak reference to it is
    kept beside the array. Copied or unpickled, the arrays belong to the copies of the
    parameters.
    """

    def __init__(self, pairs=()):
        super().__init__()
        self._owners = {}
        for param, array in pairs:
            self[id(param)] = array
            self._owners[id(param)] = weakref.ref(param)

    def note_owner(self, param):
        """Note whose array the one at id(param) is."""
        key = id(param)
        if key not in self._owners or self._owners[key]() is not param:
            self._forget_the_dead()
            self._owners[key] = weakref.ref(param)

    def _forget_the_dead(self):
        """Drop the arrays of parameters that are gone."""
        for key in [key for key, owner in self._owners.items() if owner() is None]:
            del self._owners[key]
            self.pop(key, None)

    def __reduce__(self):
        """Return how pickle and copy make this anew: from (param, array) pairs."""
        owners = {key: owner() for key, owner in self._owners.items()}
        pairs = [(p, self[k]) for k, p in owners.items() if p is not None and k in self]
        return type(self), (pairs,)


def _state(states, param):
    """Return the array of param in states: zeros of its shape and dtype at first.

    states may also be a plain dict that a program has put there.
    """
    if isinstance(states, _States):
        states.note_owner(param)
    key = id(param)
    array, data = states.get(key), param.data
    if (
        type(array) is type(data)
        and array.shape == data.shape
        and array.dtype is data.dtype
    ):
        return array  # the usual case
    xp = cuda.get_array_module(param)
    if array is None or (array.shape, array.dtype) != (param.shape, param.dtype):
        array = states[key] = xp.zeros(param.shape, param.dtype)
    elif cuda.get_array_module(array) is not xp:  # param was moved, now this is
        array = states[key] = cuda.as_numpy(array) if xp is np else xp.asarray(array)
    return array


# --- optimizers ---------------------------------------------------------------


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
        lr = float(self.lr)
        for p, g, s in _pieces(param):
            np.multiply(g, lr, out=s)
            p -= s


class MomentumSGD(Optimizer):
    """A ball that rolls downhill: v is its velocity, momentum what friction leaves.

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
        lr, momentum = float(self.lr), float(self.momentum)
        for p, g, v, s in _pieces(param, _state(self.vs, param)):
            v *= momentum
            np.multiply(g, lr, out=s)
            v -= s
            p += v


class AdaGrad(Optimizer):
    """Each number has its own step, shorter the more it has moved already.

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
        lr, eps = float(self.lr), float(self.eps)
        for p, g, h, s in _pieces(param, _state(self.hs, param)):
            np.multiply(g, g, out=s)
            h += s
            _scaled_step(p, g, h, s, lr, eps)


class RMSprop(Optimizer):
    """AdaGrad that forgets: h is a running mean, so steps do not die out.

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
        lr, rho, eps = float(self.lr), float(self.rho), float(self.eps)
        for p, g, h, s in _pieces(param, _state(self.hs, param)):
            h *= rho
            np.multiply(g, g, out=s)
            s *= 1 - rho
            h += s
            _scaled_step(p, g, h, s, lr, eps)


RMSProp = RMSprop  # the paper's spelling, and PyTorch's


class AdaDelta(Optimizer):
    """RMSprop without a learning rate: steps are as long as the last ones were.

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
        rho, eps = float(self.rho), float(self.eps)
        states = _state(self.msg, param), _state(self.msdx, param)
        for p, g, msg, msdx, dx, s in _pieces(param, *states, scratch=2):
            msg *= rho
            np.multiply(g, g, out=s)
            s *= 1 - rho
            msg += s
            np.add(msdx, eps, out=dx)
            np.add(msg, eps, out=s)
            dx /= s
            np.sqrt(dx, out=dx)
            dx *= g
            msdx *= rho
            np.multiply(dx, dx, out=s)
            s *= 1 - rho
            msdx += s
            p -= dx


_ALPHA = float("0.001")  # the default itself: another 0.001 was given by somebody


class Adam(Optimizer):
    """Momentum, and for each number a step of its own.

    m += (1 - beta1) * (g - m)          mean of the gradients
    v += (1 - beta2) * (g * g - v)      mean of their squares
    p -= lr * m / (sqrt(v) + eps)

    Both means start at zero and are too small at first; lr makes up for it. t counts
    the updates. Adam(lr=0.01) is Adam(alpha=0.01).
    """

    alpha = Number(46, least=0)
    beta1 = Number(46, least=0, below=1)
    beta2 = Number(46, least=0, below=1)
    eps = Number(46, least=0)

    def __init__(
        self,
        alpha: float = _ALPHA,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        *,
        lr: float | None = None,
    ):
        super().__init__()
        if lr is not None and alpha is not _ALPHA:
            raise TypeError(
                f"{type(self).__name__}: lr is another name for alpha here, got both; "
                "give one of them (see step 46)"
            )
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
                f"{type(self).__name__}.lr: there is none before the first update; "
                "what the constructor was given is alpha (see step 46)"
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

    def update(self):
        """Update every parameter that has a gradient, in place."""
        self.t += 1
        try:
            super().update()
        except BaseException:
            self.t -= 1
            raise

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        beta1, beta2 = float(self.beta1), float(self.beta2)
        lr, eps = float(self.lr), float(self.eps)
        states = _state(self.ms, param), _state(self.vs, param)
        for p, g, m, v, s in _pieces(param, *states):
            self._decay(p)
            np.subtract(g, m, out=s)
            s *= 1 - beta1
            m += s
            np.multiply(g, g, out=s)
            s -= v
            s *= 1 - beta2
            v += s
            _scaled_step(p, m, v, s, lr, eps)

    def __repr__(self):
        return call_text(self, t=self.t)

    def _decay(self, p):
        """Make the numbers of p smaller: not in Adam."""


class AdamW(Adam):
    """Adam with weight decay of its own, as in PyTorch.

    p -= alpha * weight_decay * p, and then as Adam

    The hook WeightDecay adds to the gradient, and Adam divides that by the size of
    the gradients, so that large ones hardly decay; here all decay alike.
    """

    weight_decay = Number(46, least=0)

    def __init__(
        self,
        alpha=_ALPHA,
        beta1=0.9,
        beta2=0.999,
        eps=1e-8,
        weight_decay=0.01,
        *,
        lr=None,
    ):
        super().__init__(alpha, beta1, beta2, eps, lr=lr)
        self.weight_decay = weight_decay

    def _decay(self, p):
        """Make the numbers of p smaller."""
        p *= float(1 - self.alpha * self.weight_decay)


def _scaled_step(p, g, h, s, lr, eps):
    """p -= lr * g / (sqrt(h) + eps); no step where that is 0 / 0."""
    np.sqrt(h, out=s)
    s += eps
    if eps < 1e-37:  # float32 may have no such number, and then it has added 0
        s[s == 0] = 1
    np.divide(g, s, out=s)
    s *= lr
    p -= s


# --- hooks: functions of the list of parameters, called before each update ----


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
            g = np.multiply(param.data, self.rate, out=np.empty_like(param.data))
            g += param.grad.data
            param.grad = Variable(g)


class ClipGrad:
    """Shorten all gradients together where their joint norm exceeds max_norm.

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
                # a new array: the gradient may be somebody else's as well
                param.grad = Variable(np.multiply(g, rate, out=np.empty_like(g)))


def _sum_of_squares(x):
    """Return the sum of x * x, a float; float32 would overflow at 1e19."""
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
                    "FreezeParam: expected Layers, Models and Parameters, each an "
                    f"argument, got {type(layer).__name__} (see step 46)"
                )

    def __call__(self, params):
        for param in self.freeze_params:
            param.cleargrad()

    def __repr__(self):
        count = len(self.freeze_params)
        return f"FreezeParam({count} parameter{'s' * (count != 1)})"
