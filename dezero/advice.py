"""Errors for names from other libraries: they say what to write in this package.

There are three kinds of names that you may be used to from NumPy, PyTorch and Keras:

    F.mse_loss          a name in a module      teach_names(module)
    x.view(2, 3)        a method of Variable    teach_members(Variable, MEMBERS)
    F.sum(x, dim=0)     a name of an argument   @named_arguments

The first two raise AttributeError, so hasattr() returns False. The names that they
suggest are looked up in the package; the sentences are tested in tests/test_habits.py.
"""

import functools
import inspect
import sys
from typing import Any, TypeVar

# {name in another library: its name in this package, with the module}
SYNONYMS = {
    "tensor": "dezero.Variable",
    "Tensor": "dezero.Variable",
    "from_numpy": "dezero.Variable",
    "as_tensor": "dezero.as_variable",
    "Module": "dezero.Model",
    "nn": "dezero.layers",
    "optim": "dezero.optimizers",
    "autograd": "dezero.func",
    "enable_grad": "dezero.using_config",
    "inference_mode": "dezero.no_grad",
    "set_grad_enabled": "dezero.using_config",
    "clamp": "dezero.functions.clip",
    "unsqueeze": "dezero.functions.expand_dims",
    "permute": "dezero.functions.transpose",
    "view": "dezero.functions.reshape",
    "mm": "dezero.functions.matmul",
    "bmm": "dezero.functions.matmul",
    "dot": "dezero.functions.matmul",
    "hstack": "dezero.functions.concatenate",
    "vstack": "dezero.functions.concatenate",
    "subtract": "dezero.functions.sub",
    "multiply": "dezero.functions.mul",
    "divide": "dezero.functions.div",
    "power": "dezero.functions.pow",
    "negative": "dezero.functions.neg",
    "absolute": "dezero.functions.abs",
    "amax": "dezero.functions.max",
    "amin": "dezero.functions.min",
    "mse": "dezero.functions.mean_squared_error",
    "mse_loss": "dezero.functions.mean_squared_error",
    "MSELoss": "dezero.functions.mean_squared_error",
    "L1Loss": "dezero.functions.l1_loss",
    "mae": "dezero.functions.l1_loss",
    "smooth_l1_loss": "dezero.functions.huber_loss",
    "CrossEntropyLoss": "dezero.functions.softmax_cross_entropy",
    "NLLLoss": "dezero.functions.nll_loss",
    "BCELoss": "dezero.functions.binary_cross_entropy",
    "BCEWithLogitsLoss": "dezero.functions.sigmoid_cross_entropy",
    "bce": "dezero.functions.binary_cross_entropy",
    "bce_loss": "dezero.functions.binary_cross_entropy",
    "binary_cross_entropy_with_logits": "dezero.functions.sigmoid_cross_entropy",
    "max_pool2d": "dezero.functions.pooling",
    "avg_pool2d": "dezero.functions.average_pooling",
    "conv_transpose2d": "dezero.functions.deconv2d",
    "swish": "dezero.functions.silu",
    "SiLU": "dezero.functions.silu",
    "LeakyReLU": "dezero.functions.leaky_relu",
    "embedding": "dezero.functions.embed_id",
    "take": "dezero.functions.get_item",
    "Embedding": "dezero.layers.EmbedID",
    "Dense": "dezero.layers.Linear",
    "ConvTranspose2d": "dezero.layers.Deconv2d",
    "BatchNorm1d": "dezero.layers.BatchNorm",
    "BatchNorm2d": "dezero.layers.BatchNorm",
    "MaxPooling2D": "dezero.layers.MaxPool2d",
    "ModuleList": "dezero.models.Sequential",
    "Adagrad": "dezero.optimizers.AdaGrad",
    "Adadelta": "dezero.optimizers.AdaDelta",
    "Momentum": "dezero.optimizers.MomentumSGD",
    "clip_grad_norm_": "dezero.optimizers.ClipGrad",
    "ToTensor": "dezero.transforms.ToArray",
    "ToPILImage": "dezero.transforms.ToPIL",
    "Grayscale": "dezero.transforms.Convert",
}


def teach_names(module):
    """Make a module, given by its name, say what a missing name is called here.

    It suggests a synonym, else the same name in another module of the package, else the
    name in other capitals, else similar names; never a name that does not exist.
    """

    def __getattr__(name):
        text = f"module {module!r} has no attribute {name!r}"
        found = [] if name.startswith("_") else _found(module, name)
        if found:
            text += f"; did you mean {' or '.join(found)}?"
        # Without name=None, Python would append a guess of its own to the text.
        raise AttributeError(text, name=None, obj=None)

    # Why not in the module's code? A type checker would think that it has every name.
    sys.modules[module].__getattr__ = __getattr__


def _found(module, name):
    """Return the dotted names that a missing name may stand for: at most three."""
    synonym = SYNONYMS.get(name)
    if synonym:
        return [synonym]
    modules = {
        path: loaded
        for path, loaded in list(sys.modules.items())
        if path.startswith("dezero") and path.count(".") < 2 and path != module
    }
    for path, loaded in modules.items():  # dezero.Adam, L.relu
        thing = vars(loaded).get(name)
        if callable(thing) and getattr(thing, "__module__", "").startswith("dezero"):
            return [f"{path}.{name}"]
    own = [n for n in vars(sys.modules[module]) if not n.startswith("_")]
    near = [n for n in own if n.lower() == name.lower()]
    if not near:
        import difflib  # here, because it is rarely needed

        near = difflib.get_close_matches(name, own)
    return [f"{module}.{n}" for n in near]


# {method or attribute of other libraries' arrays: what to write here}
MEMBERS = {
    "numpy": "x.data is the ndarray (see step 1)",
    "cpu": "x.to_cpu() moves it, in place, and x.data is the ndarray (see step 52)",
    "cuda": "x.to_gpu() moves it, in place (see step 52)",
    "to": "x.to_gpu() and x.to_cpu() move it, x.astype(dtype) converts (see step 52)",
    "device": "dezero.cuda.get_array_module(x) says where it is (see step 52)",
    "is_cuda": "dezero.cuda.get_array_module(x) says where it is (see step 52)",
    "type": "x.dtype is the type of its elements, x.astype(dtype) converts",
    "float": "x.astype(np.float32) converts, float(x) is a Python number",
    "double": "x.astype(np.float64) converts",
    "half": "x.astype(np.float16) converts",
    "int": "x.data.astype(int) converts, int(x) is a Python number",
    "long": "x.data.astype(int) converts",
    "bool": "x.data.astype(bool) converts",
    "view": "x.reshape(...) (see step 38)",
    "unsqueeze": "F.expand_dims(x, axis), or x[:, None] (see step 38)",
    "expand_dims": "F.expand_dims(x, axis), or x[:, None] (see step 38)",
    "permute": "x.transpose(...) (see step 38)",
    "swapaxes": "x.transpose(...), with all axes in their new order (see step 38)",
    "t": "x.T (see step 38)",
    "contiguous": "leave it out: any order in memory will do",
    "expand": "F.broadcast_to(x, shape) (see step 40)",
    "expand_as": "F.broadcast_to(x, shape) (see step 40)",
    "broadcast_to": "F.broadcast_to(x, shape) (see step 40)",
    "repeat": "F.concatenate([x, x], axis), or F.broadcast_to(x, shape) (see step 40)",
    "dim": "x.ndim is the number of axes (see step 19)",
    "numel": "x.size is the number of elements (see step 19)",
    "clone": "x.copy()",
    "detach_": "x.detach() returns x outside the graph, x.unchain() cuts off x itself",
    "zero_grad": "x.cleargrad() (see step 14)",
    "zero_": "x.cleargrad() forgets a gradient; x.data[...] = 0 sets a leaf to 0",
    "fill_": "x.data[...] = value sets a leaf (see step 28)",
    "add_": "x = x + y; for a leaf x.data += y.data (see step 28)",
    "sub_": "x = x - y; for a leaf x.data -= y.data (see step 28)",
    "mul_": "x = x * y; for a leaf x.data *= y.data (see step 28)",
    "add": "x + y (see step 20)",
    "sub": "x - y (see step 22)",
    "mul": "x * y (see step 20)",
    "div": "x / y (see step 22)",
    "pow": "x ** c (see step 22)",
    "mm": "x @ y (see step 41)",
    "bmm": "x @ y (see step 41)",
    "clamp": "x.clip(low, high)",
    "eq": "x.data == y.data",
    "gt": "x > y",
    "lt": "x < y",
    "sign": "np.sign(x.data)",
    "masked_fill": "F.where(mask, value, x) (see step 47)",
    "gather": "F.gather(x, index, axis) (see step 47)",
    "index_select": "x[index], or F.embed_id(index, x) (see step 47)",
    "take": "x[index] (see step 47)",
    "split": "F.split(x, parts, axis) (see step 38)",
    "chunk": "F.split(x, parts, axis) (see step 38)",
    "maximum": "F.maximum(x, y)",
    "minimum": "F.minimum(x, y)",
    "topk": "np.argsort(x.data) returns indices for x[indices] (see step 47)",
    "sort": "x[np.argsort(x.data)] sorts a vector (see step 47)",
    "argsort": "np.argsort(x.data)",
    "all": "x.data.all()",
    "any": "x.data.any()",
    "nonzero": "x.data.nonzero()",
    "params": "a Variable is not a layer; layers have params() (see step 44)",
}


class _Missing:
    """A class attribute for a missing member: reading it raises an error with advice.

    Why a descriptor? A __getattr__ would slow down all the other attributes.
    """

    def __init__(self, advice):
        self.advice = advice

    def __set_name__(self, owner, name):
        self.text = f"{owner.__name__} has no {name!r} here: {self.advice}"

    def __get__(self, x, owner=None):
        raise AttributeError(self.text, name=None, obj=None)


def teach_members(cls, advice):
    """Give a class a descriptor for each name in advice, {name: sentence}."""
    for name, sentence in advice.items():
        if name in vars(cls):
            raise TypeError(f"teach_members: {cls.__name__} has {name!r}")
        missing = _Missing(sentence)
        missing.__set_name__(cls, name)
        setattr(cls, name, missing)


# {name of an argument in another library: its name here}
ARGUMENTS = {
    "dim": "axis",
    "axes": "axis",
    "keepdim": "keepdims",
    "min": "x_min",
    "max": "x_max",
    "padding": "pad",
    "p": "dropout_ratio",
    "negative_slope": "slope",
    "correction": "ddof",
    "other": "x1",
    "in_features": "in_size",
    "out_features": "out_size",
    "units": "out_size",
    "input_size": "in_size",
    "output_size": "out_size",
    "num_embeddings": "in_size",
    "embedding_dim": "out_size",
    "filters": "out_channels",
    "rate": "dropout_ratio",
    "num_groups": "groups",
    "epsilon": "eps",
    "retain_grads": "retain_grad",
    "grad": "gradient",
    "enable_double_backprop": "create_graph",
}

# {name of an argument here: the step that explains it}
_STEPS = {
    "axis": 39,
    "keepdims": 39,
    "ddof": 39,
    "x_min": 37,
    "x_max": 37,
    "x1": 40,
    "pad": 55,
    "dropout_ratio": 54,
    "slope": 51,
    "in_size": 44,
    "out_size": 44,
    "out_channels": 57,
    "groups": 73,
    "eps": 73,
    "retain_grad": 17,
    "gradient": 66,
    "create_graph": 32,
}

# Arguments that do not exist here:
# {name: (an argument of the functions that get this advice, advice, its step)}.
ABSENT = {
    "bias": ("nobias", "bias=False is nobias=True here", 44),
    "use_bias": ("nobias", "use_bias=False is nobias=True here", 44),
    "retain_graph": (
        "retain_grad",
        "the graph lives as long as its result, so you can simply call backward again",
        14,
    ),
    "inputs": (
        "retain_grad",
        "every leaf gets its gradient; x.requires_grad_(False) leaves x out, and "
        "dezero.func.grad computes only the gradients that you choose",
        66,
    ),
    "num_workers": ("batch_size", "leave it out: batches are made in this process", 50),
    "pin_memory": ("batch_size", "leave it out; gpu=True delivers CuPy arrays", 52),
    "drop_last": ("batch_size", "leave it out: the last batch may be shorter", 50),
    "collate_fn": ("batch_size", "leave it out: items are stacked into arrays", 50),
}

_Call = TypeVar("_Call", bound=Any)


def named_arguments(function: _Call) -> _Call:
    """Return function with an error that says what an argument is called here.

    >>> @named_arguments
    ... def total(x, axis=None):
    ...     return x
    >>> total([1, 2], dim=0)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: total: there is no dim=; here it is axis=; its arguments are ...
    """

    @functools.wraps(function)
    def call(*args, **kwargs):
        try:
            return function(*args, **kwargs)
        except TypeError:
            signature = inspect.signature(function)
            try:
                signature.bind(*args, **kwargs)
            except TypeError as error:
                problem = str(error)
            else:
                raise
        name, parameters = function.__name__, signature.parameters
        if name == "__init__":
            name = type(args[0]).__name__
        wrong = next((key for key in kwargs if key not in parameters), None)
        ours = ARGUMENTS.get(wrong)
        needed, advice, step = ABSENT.get(wrong, ("", "", None))
        if ours in parameters:
            problem, step = f"there is no {wrong}=; here it is {ours}=", _STEPS[ours]
        elif needed in parameters:
            problem = f"there is no {wrong}=; {advice}"
        own = ", ".join(str(p) for p in parameters.values() if p.name != "self")
        where = f" (see step {step})" if step else ""
        raise TypeError(f"{name}: {problem}; its arguments are ({own}){where}")

    return call
