"""What an installed dezero must do outside the repository: compute, be typed, draw."""

from importlib import metadata, resources
from pathlib import Path

import numpy as np

import dezero
from dezero.graph import plot_dot_graph

package = resources.files(dezero)
assert "site-packages" in str(package), f"not the installed package: {package}"
assert (package / "py.typed").is_file(), "py.typed is not in the wheel"
for text in dezero.datasets.Names(), dezero.datasets.Shakespeare():
    assert len(text.ids) > 30_000, f"{text}: its text is not in the wheel"
assert metadata.version("dezero") == dezero.__version__

x = dezero.Variable(np.array(3.0), name="x")
y = x**2 + 1
y.name = "y"
y.backward()
assert (y.data, x.grad.data) == (10.0, 6.0), (y, x.grad)

plot_dot_graph(y, to_file="graph.png")
assert Path("graph.png").read_bytes().startswith(b"\x89PNG")
print(f"dezero {dezero.__version__} from its wheel: computed, typed, drawn")
