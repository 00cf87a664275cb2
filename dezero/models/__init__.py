"""Models: whole networks, built from layers.

>>> model = MLP((100, 10))
>>> model(np.ones((2, 784), dtype=np.float32)).shape
(2, 10)
>>> sorted(model._named_params())
['l0/W', 'l0/b', 'l1/W', 'l1/b']

A Model is a Layer that can draw itself: `model.plot(x, to_file="model.png")`.

Well-known networks for images are here as well: VGG16, ResNet and SqueezeNet, made of
nothing but the layers and functions of the package. The first call draws their
weights, so making one costs nothing; pretrained=True fetches published weights.

GPT is a language model: it scores what comes after each token of a text.
`model.generate(prompt, n)` continues a text, drawing from token_probabilities.

Letters in these files: x, y in and out; N pictures, H W height and width.
"""

import numpy as np

import dezero.functions as F
import dezero.layers as L
from dezero import utils
from dezero.layers import Layer
from dezero.models.base import Model
from dezero.models.containers import MLP, Sequential
from dezero.models.gpt import GPT
from dezero.models.resnet import (
    BasicBlock,
    BottleneckA,
    BottleneckB,
    BuildingBlock,
    ResNet,
    ResNet18,
    ResNet50,
    ResNet101,
    ResNet152,
)
from dezero.models.sampling import token_probabilities
from dezero.models.squeezenet import Fire, SqueezeNet
from dezero.models.vgg import VGG16

__all__ = [
    "BasicBlock",
    "BottleneckA",
    "BottleneckB",
    "BuildingBlock",
    "F",  # this, L, Layer, np and utils: for programs written for DeZero
    "Fire",
    "GPT",
    "L",
    "Layer",
    "MLP",
    "Model",
    "ResNet",
    "ResNet101",
    "ResNet152",
    "ResNet18",
    "ResNet50",
    "Sequential",
    "SqueezeNet",
    "VGG16",
    "np",
    "token_probabilities",
    "utils",
]
