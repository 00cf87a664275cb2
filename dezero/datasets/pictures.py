"""The base class of datasets of pictures, and how pictures become arrays."""

import copy

import numpy as np

from dezero.datasets.base import Dataset
from dezero.guards import whole
from dezero.transforms import Compose, Flatten, Normalize, ToFloat

# Defaults; every dataset gets a copy, which can be changed for it alone.
_TO_UNIT = Compose([Flatten(), ToFloat(), Normalize(0.0, 255.0)])  # (784,) in 0..1
_TO_BOTH_SIDES = Compose([ToFloat(), Normalize(mean=0.5, std=0.5)])


class _Pictures(Dataset):
    """The base class of datasets of pictures; data is (n, C, H, W) uint8."""

    def __init__(self, train, transform, target_transform):
        if transform is _TO_UNIT or transform is _TO_BOTH_SIDES:
            transform = copy.deepcopy(transform)
        super().__init__(train, transform, target_transform)

    def show(self, row=10, col=10, to_file=None):
        """Draw row x col random pictures, and return the matplotlib figure.

        to_file names a file to write. Without it a window opens, if there is a screen;
        a notebook shows the figure that is returned.
        """
        import matplotlib.pyplot as plt

        who = f"{type(self).__name__}.show"
        row, col = whole(who, "row", row, 51), whole(who, "col", col, 51)
        n, C, H, W = self.data.shape
        # from the global generator, like the order of a DataLoader
        picks = np.random.randint(0, n, size=row * col)  # noqa: NPY002
        tiles = self.data[picks].reshape(row, col, C, H, W)
        grid = tiles.transpose(0, 3, 1, 4, 2).reshape(row * H, col * W, C)
        fig = plt.figure(figsize=(col * W / 50, row * H / 50))
        ax = fig.add_axes((0, 0, 1, 1))
        ax.imshow(grid if C == 3 else grid[:, :, 0], cmap="gray")
        ax.axis("off")
        if to_file is not None:
            fig.savefig(to_file)
        elif fig.canvas.required_interactive_framework:  # None: there is no screen
            plt.show()
        plt.close(fig)
        return fig
