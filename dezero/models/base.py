"""Model: the base class of all models."""

from dezero import utils
from dezero.layers import Layer


class Model(Layer):
    """A Layer that is a network of its own and can draw its graph."""

    def plot(self, *inputs, to_file="model.png"):
        """Compute forward(*inputs) and draw its graph, with shapes, into to_file.

        The suffix sets the format: .png, .svg, .pdf or .dot. Returns a picture that a
        notebook shows (see utils.plot_dot_graph).
        """
        y = self(*inputs)
        if isinstance(y, (tuple, list)):
            raise TypeError(
                f"{type(self).__name__}.plot: expected forward to return one output, "
                f"got {len(y)}; call the model and draw one of its outputs with "
                "dezero.utils.plot_dot_graph (see step 45)"
            )
        return utils.plot_dot_graph(y, verbose=True, to_file=to_file)
