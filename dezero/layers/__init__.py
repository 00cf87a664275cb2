"""Layers: functions that own the Parameters they compute with.

>>> layer = Linear(10)  # 10 numbers out; the first call shows how many go in
>>> y = layer(np.ones((3, 4), dtype=np.float32))
>>> y.shape, layer.W.shape, layer.b.shape
((3, 10), (4, 10), (10,))

In a Layer of your own, assign the parameters, and the layers that it is built from,
to attributes. `params()` then finds them all, `save_weights` writes them to a file
and `load_weights` reads them back:

    class TwoLayers(Layer):
        def __init__(self, hidden_size, out_size):
            super().__init__()  # first: it starts the list of names
            self.l1 = Linear(hidden_size)
            self.l2 = Linear(out_size)

        def forward(self, x):
            return self.l2(F.tanh(self.l1(x)))

base holds what all layers share; basic, images, norm, recurrent, attention and
transformer hold one kind of layer each. The other files are parts of base: calls,
checks, habits, inside, summary and weights.
"""

import os
import weakref

import numpy as np

import dezero.functions as F
from dezero import cuda
from dezero.core import (
    Config,
    Parameter,
    Variable,
    as_array,
    as_variable,
    no_grad,
    test_mode,
)
from dezero.functions.columns import pair
from dezero.layers.attention import KVCache, MultiHeadAttention
from dezero.layers.base import Layer
from dezero.layers.basic import EmbedID, Linear
from dezero.layers.images import AvgPool2d, Conv2d, Deconv2d, MaxPool2d
from dezero.layers.norm import BatchNorm, Dropout, GroupNorm, LayerNorm, RMSNorm
from dezero.layers.recurrent import GRU, LSTM, RNN
from dezero.layers.transformer import Embedding, TransformerBlock

__all__ = [
    "AvgPool2d",
    "BatchNorm",
    "Conv2d",
    "Deconv2d",
    "Dropout",
    "EmbedID",
    "Embedding",
    "F",  # this and the next four: for programs written for DeZero
    "GRU",
    "GroupNorm",
    "KVCache",
    "LSTM",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "MultiHeadAttention",
    "Parameter",
    "RMSNorm",
    "RNN",
    "TransformerBlock",
    "cuda",
    "np",
    "pair",
]
