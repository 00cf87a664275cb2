"""A deep-learning framework to learn from.

Its engine, the folder dezero/core, can be read in an evening.

>>> import numpy as np
>>> from dezero import Variable
>>> x = Variable(np.array(3.0))
>>> y = x**2 + 4 * x
>>> y.backward()
>>> x.grad
variable(10.0)

The programs `steps/step01.py`, `steps/step02.py`, ... build this package, one
capability at a time.
"""

from typing import TYPE_CHECKING

# If you set this to True, `dezero` is the framework as it stands at step 23. Steps 23
# to 31 import it under its own name, dezero.core_simple.
is_simple_core = False

if is_simple_core and not TYPE_CHECKING:  # an editor always sees the whole package
    from dezero.core_simple import (
        Function,
        Variable,
        as_array,
        as_variable,
        no_grad,
        setup_variable,
        using_config,
    )
else:
    from dezero import (
        advice,
        cuda,
        dataloaders,
        datasets,
        func,
        functions,
        functions_conv,
        gradcheck,
        graph,
        layers,
        models,
        optimizers,
        static,
        tokenizers,
        transforms,
        utils,
    )
    from dezero.core import (
        Config,
        Function,
        Parameter,
        Variable,
        as_array,
        as_variable,
        no_grad,
        setup_variable,
        test_mode,
        using_config,
    )
    from dezero.dataloaders import DataLoader, SeqDataLoader
    from dezero.datasets import Dataset
    from dezero.layers import Layer
    from dezero.models import MLP, Model, Sequential

    __all__ = [
        "Config",
        "DataLoader",
        "Dataset",
        "Function",
        "Layer",
        "MLP",
        "Model",
        "Parameter",
        "SeqDataLoader",
        "Sequential",
        "Variable",
        "as_array",
        "as_variable",
        "cuda",
        "dataloaders",
        "datasets",
        "func",
        "functions",
        "functions_conv",
        "gradcheck",
        "graph",
        "layers",
        "models",
        "no_grad",
        "optimizers",
        "setup_variable",
        "static",
        "test_mode",
        "tokenizers",
        "transforms",
        "using_config",
        "utils",
    ]

    # Programs for the original DeZero get utils by `from dezero.functions import *`.
    functions.utils = utils

    for _module in (
        functions,
        layers,
        models,
        optimizers,
        datasets,
        transforms,
        tokenizers,
    ):
        advice.teach_names(_module.__name__)
    advice.teach_names("dezero")

__version__ = "1.0.0"
