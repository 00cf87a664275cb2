"""Optimizer, the base class: setup, update, hooks, and saving the state."""

import functools
import inspect
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from dezero.core import Variable
from dezero.guards import call_text
from dezero.optimizers.checkpoint import _load, _save
from dezero.optimizers.states import _check_gradients

_ADVICE = {  # names that an optimizer does not have, and what to write instead
    "target": "its __init__ must call super().__init__() first",
    "hooks": "its __init__ must call super().__init__() first",
    "step": "here it is optimizer.update()",
    "param_groups": "there is only one group: set optimizer.lr (Adam: "
    "optimizer.alpha); AdamW(decays=...) says which parameters decay",
    "state_dict": "optimizer.save_state('adam.npz') writes what it remembers to a file",
    "load_state_dict": "optimizer.load_state('adam.npz') reads what save_state wrote",
    "add_param_group": "for another model make another optimizer",
    "cleargrads": "the model has it: model.cleargrads(), or optimizer.zero_grad()",
}

_KEYWORDS = {  # of other libraries' constructors, and what to write instead
    "learning_rate": "here it is lr (Adam: also alpha)",
    "momentum": "MomentumSGD(lr=0.01, momentum=0.9) has it",
    "betas": "here they are two settings: beta1=0.9, beta2=0.999",
    "weight_decay": "optimizer.add_hook(WeightDecay(1e-4)) adds it; AdamW has its own",
    "params": "pass the model afterwards: optimizer.setup(model)",
}

_Own = TypeVar("_Own", bound="Optimizer")


class _Target:
    """An attribute that is a Layer or Model, or None; checked whenever it is set."""

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


def all_or_nothing(update):
    """Wrap update so that after an error the gradients, and Adam's t, are restored."""

    @functools.wraps(update)
    def whole(self):
        own = vars(self)
        t, before = own.get("t"), []
        if own.get("hooks") and own.get("target") is not None:
            before = [(param, param.grad) for param in self.target.params()]
        try:
            update(self)
        except BaseException:
            for param, grad in before:
                param.grad = grad
            if t is not None:
                self.t = t
            raise

    return whole


class Optimizer:
    """The base class of all optimizers: whose parameters to update, and the hooks.

    target    the Layer or Model
    hooks     functions that are called with the list of parameters before each update
    """

    __signature__ = inspect.Signature()
    target = _Target()

    def __init_subclass__(cls, **named):
        # __new__ takes anything, but editors and help() must show what __init__ takes.
        super().__init_subclass__(**named)
        own = inspect.signature(cls.__init__)
        cls.__signature__ = own.replace(parameters=[*own.parameters.values()][1:])

    def __new__(cls, *settings, **named):
        """Raise TypeError for unknown settings, and for a model, which setup takes."""
        # an optimizer outside of the package may take a model
        ours = cls.__init__.__module__.startswith(__name__.rpartition(".")[0])
        if ours and settings and _holds_parameters(settings[0]):
            call = f"{cls.__name__}({'lr=0.1' if hasattr(cls, 'lr') else ''})"
            raise TypeError(
                f"{cls.__name__}: expected settings, which are numbers, got "
                f"{type(settings[0]).__name__} first; pass the model afterwards: "
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
        if ours and named.get("lr") is not None and (settings or "alpha" in named):
            if "alpha" in cls.__signature__.parameters:
                raise TypeError(
                    f"{cls.__name__}: lr is another name for alpha here, got both; "
                    "pass only one of them (see step 46)"
                )
        return super().__new__(cls)

    def __init__(self):
        self.target = None
        self.hooks = []

    def setup(self: _Own, target) -> _Own:
        """Set the Layer or Model whose parameters to update; return self."""
        _check_target(f"{type(self).__name__}.setup", target)
        self.target = target
        return self

    @all_or_nothing
    def update(self):
        """Update every parameter that has a gradient, in place.

        Each hook gets the list of these parameters and may change their gradients, or
        clear them: a parameter without a gradient is not updated. If a hook fails or a
        gradient is wrong, no parameter changes, and the gradients are restored.
        """
        if self.target is None:
            raise RuntimeError(
                f"{type(self).__name__}.update: nothing to update yet; write "
                "optimizer.setup(model) first (see step 46)"
            )
        params = [p for p in self.target.params() if p.grad is not None]
        for hook in self.hooks:
            _check_gradients(params)
            hook(params)
            params = [p for p in params if p.grad is not None]
        _check_gradients(params)
        for param in params:
            self.update_one(param)

    def update_one(self, param):
        """Update one parameter that has a gradient."""
        raise NotImplementedError(
            f"{type(self).__name__}: write update_one(self, param) (see step 46)"
        )

    def zero_grad(self):
        """Clear the gradients of all parameters: target.cleargrads() (step 66)."""
        if self.target is None:
            raise RuntimeError(
                f"{type(self).__name__}.zero_grad: no parameters yet; write "
                "optimizer.setup(model) first (see step 46)"
            )
        self.target.cleargrads()

    def add_hook(self, f):
        """Call f with the list of parameters before each update, from now on."""
        if isinstance(f, type) or not callable(f):
            raise TypeError(
                f"{type(self).__name__}.add_hook: expected a function, such as "
                f"WeightDecay(1e-4), got {f!r} (see step 46)"
            )
        self.hooks.append(f)

    def save_state(self, path):
        """Save the state of the optimizer to path, an .npz file (see step 82).

        With model.save_weights this is a checkpoint: a program that loads both goes on
        as if it had never stopped, to the last bit. Settings such as lr are not saved:
        the program has them. Nothing is pickled.
        """
        _save(self, path)

    def load_state(self, path):
        """Restore the state that save_state wrote, for the same model.

        Raises ValueError for a file that is damaged, or from another optimizer or
        another model; the optimizer then stays as it was.
        """
        _load(self, path)

    if not TYPE_CHECKING:  # or a type checker would believe that every name exists

        def __getattr__(self, name):  # called for names that do not exist
            advice = f"; {_ADVICE[name]}" if name in _ADVICE else ""
            raise AttributeError(
                f"{type(self).__name__} has no attribute {name!r}{advice} (see step 46)"
            )

    def __repr__(self):
        return call_text(self)


def _holds_parameters(x):
    """Return whether x is a model, a parameter or a list of them: not a setting."""
    if isinstance(x, str):
        return False
    return hasattr(x, "params") or isinstance(x, Variable) or np.iterable(x)
