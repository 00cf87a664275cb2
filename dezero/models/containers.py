"""Models made of a list of layers: Sequential and MLP."""

from typing import TYPE_CHECKING

import numpy as np

import dezero.functions as F
from dezero.guards import shown, whole
from dezero.layers import Layer, Linear
from dezero.models.base import Model


class _Chain(Model):
    """A Model that keeps its layers in the list `layers`; l0, l1, ... name its items.

    The list is what counts: `model.l2 = layer` sets layers[2], and appending, inserting
    or deleting a layer changes forward and params() at once.
    """

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    @property
    def _params(self):
        return tuple(name for name, _ in self._named())

    def _named(self):
        own, named = vars(self), []
        for i, layer in enumerate(own.get("layers", ())):
            if isinstance(layer, Layer):
                name = f"l{i}"
                named.append((name if name not in own else f"layers/{i}", layer))
        for name in own.get("_params", ()):
            named.append((name, own[name]))
        return named

    @_params.setter
    def _params(self, names):
        layers = [name for name in names if self._place(name) is not None]
        vars(self)["_params"] = tuple(name for name in names if name not in layers)

    def _place(self, name):
        """Return the index in layers that a name such as "l2" stands for, or None."""
        digits = name[1:]
        if name[:1] == "l" and digits.isdecimal() and name not in vars(self):
            place, layers = int(digits), vars(self).get("layers", ())
            if place < len(layers) and digits == str(place):
                return place
        return None

    if not TYPE_CHECKING:  # a type checker would take it to define every name

        def __getattr__(self, name):
            place = self._place(name)
            return super().__getattr__(name) if place is None else self.layers[place]

    def __setattr__(self, name, value):
        who = type(self).__name__
        place = self._place(name)
        if name == "layers":
            if not isinstance(value, (list, tuple)):
                raise TypeError(
                    f"{who}: layers must be a list of layers and functions, got "
                    f"{shown(value)} (see step 45)"
                )
            layers = [_checked(who, layer) for layer in value]
            object.__setattr__(self, name, layers)  # _named looks into this list
        elif place is None:
            super().__setattr__(name, value)
        else:
            self.layers[place] = _checked(who, value)

    def __delattr__(self, name):
        place = self._place(name)
        if place is not None:
            raise AttributeError(
                f"{type(self).__name__}.{name} is another name for layers[{place}]; "
                f"write del model.layers[{place}], and the layers after it move up "
                "(see step 45)"
            )
        super().__delattr__(name)

    def __dir__(self):
        places = [f"l{i}" for i in range(len(vars(self).get("layers", ())))]
        return [*super().__dir__(), *places]

    def __getstate__(self):
        """Return the state for pickle and copy, with a list of its own."""
        return super().__getstate__() | {"layers": list(self.layers)}

    def _check_inside(self):
        who = type(self).__name__
        for layer in self.layers:  # layers[1] = None is noticed only here
            _checked(who, layer)

    def _shown(self):
        lines = []
        for i, layer in enumerate(vars(self).get("layers", ())):
            place = f"l{i}" if self._place(f"l{i}") == i else f"layers/{i}"
            lines.append((place, layer))
        shown = dict(lines)
        return lines + [item for item in self._owned() if item[0] not in shown]


class Sequential(_Chain):
    """One layer after the other: y = layers[-1](...layers[1](layers[0](x))).

    layers    layers, or functions of one Variable; also the attributes l0, l1, ...

    >>> Sequential(Linear(100), F.tanh, Linear(10))
    Sequential(
      l0: Linear(100)
      l1: tanh
      l2: Linear(10)
    )
    """

    def __init__(self, *layers):
        super().__init__(layers)

    def forward(self, x):
        """Return x after all layers."""
        for layer in self.layers:
            x = layer(x)
        return x


class MLP(_Chain):
    """A multi-layer perceptron: Linear layers with an activation between them.

    fc_output_sizes    the output size of each layer, in a tuple or list
    activation         the function after each layer but the last

    The layers are in the list `layers` and the attributes l0, l1, ...
    """

    def __init__(self, fc_output_sizes, activation=F.sigmoid):
        sizes = fc_output_sizes
        if isinstance(sizes, np.ndarray):
            sizes = sizes.tolist()
        if not isinstance(sizes, (tuple, list, range)) or not len(sizes):
            raise ValueError(
                "MLP: expected the output size of each layer, such as (100, 10), "
                f"got {() if isinstance(sizes, tuple) else shown(sizes)} (see step 45)"
            )
        sizes = [whole("MLP", "each size", size, 45) for size in sizes]
        if isinstance(activation, type) or not callable(activation):
            raise TypeError(
                "MLP: activation must be a function, such as F.relu, got "
                f"{shown(activation)}{_meant(activation)} (see step 45)"
            )
        super().__init__([Linear(out_size) for out_size in sizes])
        self.activation = activation

    def forward(self, x):
        """Return the last layer's scores."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)

    def _check_inside(self):
        super()._check_inside()
        if not self.layers:
            raise ValueError(
                "MLP: expected at least one layer, got an empty list layers; append "
                "one: model.layers.append(Linear(10)) (see step 45)"
            )

    def _shown(self):
        layers = super()._shown()
        if not isinstance(self.activation, Layer):
            layers.append(("activation", self.activation))
        return layers


def _checked(who, layer):
    """Return layer if it is a layer or a function; refuse a class and all else."""
    if isinstance(layer, type):
        raise TypeError(
            f"{who}: expected layers or functions, got the class {layer.__name__}; "
            f"write {layer.__name__}(...), which creates a layer (see step 45)"
        )
    if not callable(layer):
        what = repr(layer) if isinstance(layer, (list, tuple)) else shown(layer)
        raise TypeError(
            f"{who}: expected layers or functions, each as its own argument: "
            f"Sequential(Linear(100), F.tanh), got {what}{_meant(layer)} (see step 45)"
        )
    return layer


def _meant(name):
    """Return advice if the name of a function was given instead of the function."""
    known = isinstance(name, str) and callable(getattr(F, name.lower(), None))
    return f"; write F.{name.lower()}, without quotes" if known else ""
