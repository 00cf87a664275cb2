"""The graph behind a result, as PyTorch shows it.

    e = (a + b) * d
    e.grad_fn                       <MulBackward0>
    e.grad_fn.next_functions        ((<AddBackward0>, 0), (<AccumulateGrad>, 0))
    e.grad_fn.next_functions[1][0].variable is d

It is only a view: each Node is made when you ask for it, and shows what
`Variable.creator` and `Function.inputs` hold (step 65). Two views of one Function, or
of one leaf, are equal.
"""

# Functions that have another name in PyTorch; the others only get the ending Backward0.
_NAMES = {
    "AveragePooling": "AvgPool2D",
    "BatchNorm": "NativeBatchNorm",
    "BroadcastTo": "Expand",
    "Clip": "Clamp",
    "Concatenate": "Cat",
    "Conv2d": "Convolution",
    "Copy": "Clone",
    "CumSum": "Cumsum",
    "Deconv2d": "Convolution",
    "ELU": "Elu",
    "GELU": "Gelu",
    "GetItem": "Index",
    "LayerNorm": "NativeLayerNorm",
    "LeakyReLU": "LeakyRelu",
    "Linear": "Addmm",
    "MatMul": "Mm",
    "Max": "Amax",
    "MeanSquaredError": "MseLoss",
    "Min": "Amin",
    "Pooling": "MaxPool2DWithIndices",
    "PowVariable": "Pow",
    "ReLU": "Relu",
    "Reshape": "View",
    "SoftmaxCrossEntropy": "NllLoss",
    "Transpose": "Permute",
}


class Node:
    """What backward does at one Function of the graph.

    function    the Function of dezero that it shows
    """

    def __init__(self, function):
        if function is not None and not hasattr(function, "inputs"):
            raise TypeError(
                "Node: expected a Function that was called, got "
                f"{type(function).__name__}; y.grad_fn makes a Node (see step 65)"
            )
        self.function = function

    def name(self):
        """Return the name that PyTorch prints, such as AddBackward0."""
        name = type(self.function).__name__
        return f"{_NAMES.get(name, name)}Backward0"

    @property
    def next_functions(self):
        """Where the gradients go: a (node, index) for each input.

        index says which output of the next Function the input was. An input that
        needs no gradient has (None, 0).
        """
        if self.function is None:
            return ()
        return tuple(_edge(x) for x in self.function.inputs)

    def __eq__(self, other):
        return isinstance(other, Node) and self._shown() is other._shown()

    def __hash__(self):
        return hash(id(self._shown()))

    def __repr__(self):
        return f"<{self.name()}>"

    def _shown(self):
        return self.function


class AccumulateGrad(Node):
    """The end of a path: adds the gradient that arrives to the grad of a leaf.

    variable    the leaf itself, not a copy
    """

    def __init__(self, variable):
        super().__init__(None)
        self.variable = variable

    def name(self):
        """Return AccumulateGrad."""
        return "AccumulateGrad"

    def _shown(self):
        return self.variable


def _edge(x):
    """Return (node, index): where the gradient of a Variable goes."""
    if not x.requires_grad:
        return None, 0
    if x.creator is None:
        return AccumulateGrad(x), 0
    outputs = [reference() for reference in x.creator.outputs]
    index = next(i for i, y in enumerate(outputs) if y is x)
    return Node(x.creator), index
