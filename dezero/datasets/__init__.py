"""Data to learn from: everything here is a Dataset, a sequence of pairs (x, t).

    train_set, test_set = datasets.MNIST(train=True), datasets.MNIST(train=False)
    x, t = train_set[0]  # x (784,) float32 from 0 to 1, t a label from 0 to 9

Generated when you ask for them: Spiral, SinCurve, SynthDigits. Part of the package:
Shakespeare, 100 KB of it, and Names; Text takes a text of yours. Fetched once into the
folder utils.cache_dir, or put there by hand: MNIST, CIFAR10, CIFAR100, Shakespear, and
the names of ImageNet's classes. Fetched files are read as numbers and text; they are
never run.

get_digits() returns real handwritten digits if they are in that folder, and generated
ones otherwise.

Letters in these files: n items, C channels, H height, W width.
"""

import os

import numpy as np

from dezero import utils
from dezero.datasets.base import Dataset
from dezero.datasets.cache import load_cache_npz, save_cache_npz
from dezero.datasets.digits import MNIST, SynthDigits, get_digits
from dezero.datasets.photographs import CIFAR10, CIFAR100, ImageNet
from dezero.datasets.small import SinCurve, Spiral, get_spiral
from dezero.datasets.text import Names, Shakespear, Shakespeare, Text
from dezero.transforms import Compose, Flatten, Normalize, ToFloat
from dezero.utils import get_file

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "Compose",  # this, Flatten, Normalize, ToFloat, get_file, np, os and utils: for
    "Dataset",  # programs written for DeZero
    "Flatten",
    "ImageNet",
    "MNIST",
    "Names",
    "Normalize",
    "Shakespear",
    "Shakespeare",
    "SinCurve",
    "Spiral",
    "SynthDigits",
    "Text",
    "ToFloat",
    "get_digits",
    "get_file",
    "get_spiral",
    "load_cache_npz",
    "np",
    "os",
    "save_cache_npz",
    "utils",
]
