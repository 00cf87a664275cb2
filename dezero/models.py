"""Models: whole networks, layers built from layers.

>>> model = MLP((100, 10))
>>> model(np.ones((2, 784), dtype=np.float32)).shape
(2, 10)
>>> sorted(model._named_params())
['l0/W', 'l0/b', 'l1/W', 'l1/b']

A Model is a Layer that can draw itself: `model.plot(x, to_file="model.png")`.
"""

import numpy as np

import dezero.functions as F
from dezero import utils
from dezero.layers import Layer, Linear


class Model(Layer):
    """A Layer that is a network of its own and can draw its graph."""

    def plot(self, *inputs, to_file="model.png"):
        """Compute forward(*inputs) and draw how, with shapes, into to_file.

        The suffix decides: .png, .svg or .pdf. Returns a picture that a notebook
        shows (see utils.plot_dot_graph).
        """
        y = self.forward(*inputs)
        if isinstance(y, (tuple, list)):
            raise TypeError(
                f"{type(self).__name__}.plot: draws one output and forward returned "
                f"{len(y)}; call the model and draw one of them with "
                "dezero.utils.plot_dot_graph (see step 45)"
            )
        return utils.plot_dot_graph(y, verbose=True, to_file=to_file)


class Sequential(Model):
    """One layer after the other: y = layers[-1](...layers[1](layers[0](x))).

    >>> model = Sequential(Linear(100), F.tanh, Linear(10))

    layers    layers, or functions of one Variable; also the attributes l0, l1, ...
    """

    def __init__(self, *layers):
        super().__init__()
        for layer in layers:
            if not callable(layer):
                raise TypeError(
                    "Sequential: expected layers or functions, each an argument: "
                    f"Sequential(Linear(100), F.tanh), got {layer!r} (see step 45)"
                )
        self.layers = list(layers)
        for i, layer in enumerate(layers):
            setattr(self, f"l{i}", layer)

    def forward(self, x):
        """Return x after all layers."""
        for layer in self.layers:
            x = layer(x)
        return x


class MLP(Model):
    """A multi-layer perceptron: Linear layers with an activation between them.

    fc_output_sizes    the output size of each layer, in a tuple or list
    activation         the function after each layer but the last

    The layers are in the list `layers` and the attributes l0, l1, ...
    """

    def __init__(self, fc_output_sizes, activation=F.sigmoid):
        super().__init__()
        if not np.ndim(fc_output_sizes) or not len(fc_output_sizes):
            raise ValueError(
                "MLP: expected the output size of each layer, such as (100, 10), "
                f"got {fc_output_sizes!r} (see step 45)"
            )
        self.activation = activation
        self.layers = [Linear(out_size) for out_size in fc_output_sizes]
        for i, layer in enumerate(self.layers):
            setattr(self, f"l{i}", layer)

    def forward(self, x):
        """Return the last layer's scores."""
        for layer in self.layers[:-1]:
            x = self.activation(layer(x))
        return self.layers[-1](x)
