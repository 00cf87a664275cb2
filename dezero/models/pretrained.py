"""Fetch, check and load published weights."""

import numpy as np

from dezero import utils
from dezero.guards import flag


def _load_pretrained(model, url, shapes):
    """Fetch a file of weights and load it; refuse the weights of another network.

    shapes: {key: shape} for weights that would adapt to other images, but are fixed in
    the file.
    """
    path = utils.get_file(url)
    try:
        model.load_weights(path)
        for key, param in model._named_params().items():
            if param.shape != shapes.get(key, param.shape):
                raise ValueError(
                    f"{key} has the shape {shapes[key]} here and {param.shape} in the "
                    "file"
                )
            param.data = param.data.astype(np.float32, copy=False)
    except (KeyError, ValueError) as error:
        # No half-loaded model gets out: its constructor ends here.
        raise ValueError(
            f"{type(model).__name__}: {path} does not hold its published weights; "
            f"delete the file, and the next call fetches it again (see step 58). "
            f"{error.args[0]}"
        ) from error


def _check_unpublished(model, pretrained):
    if flag(type(model).__name__, "pretrained", pretrained, 58):
        raise ValueError(
            f"{type(model).__name__}: there are no published weights to load, expected "
            "pretrained=False; VGG16, ResNet50, ResNet101 and ResNet152 have some "
            "(see step 58)"
        )
