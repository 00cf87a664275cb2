"""The names of ImageNet's classes."""

from dezero.datasets.base import Dataset
from dezero.utils import get_file


class ImageNet(Dataset):
    """Only the names of its 1,000 classes: ImageNet.labels()."""

    def __init__(self, *args, **kwargs):
        raise NotImplementedError(
            "ImageNet: its pictures are 150 GB and need a registration, so there is "
            "no data here; ImageNet.labels() gives the names of its classes, and "
            "a Dataset of your own can read the pictures (see steps 49 and 58)"
        )

    @staticmethod
    def labels():
        """Return {label: name} of the 1,000 classes, from a file that is fetched.

        Raises utils.DownloadError where that fails.
        """
        import ast

        path = get_file("imagenet1000_clsidx_to_labels.txt")
        text = "?"
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            return dict(ast.literal_eval(text))  # reads values and runs nothing
        except (ValueError, SyntaxError, TypeError, RecursionError) as error:
            raise ValueError(
                f"{path}: expected a dict {{0: 'name', ...}} as Python writes it, "
                f"got {text[:40]!r}...; delete it"
            ) from error
