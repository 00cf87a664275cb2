"""What an editor knows about a user's program: a type checker is asked.

The program stands in a folder of its own, and nothing but dezero beside it. Names of
NumPy count as Any here, which leaves 3 of 15 seconds.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import dezero

PROGRAM = """
import numpy as np
import dezero
import dezero.functions as F
import dezero.layers as L
import dezero.models as M
from dezero import Function, Layer, Model, Parameter, Variable, optimizers
from dezero.models import MLP, Sequential

class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy

class Scale(Layer):
    def __init__(self):
        super().__init__()
        self.a = Parameter(np.array(1.0))

    def forward(self, x):
        return self.a * x

class Net(Model):
    def __init__(self, size: int) -> None:
        super().__init__()
        self.l1 = L.Linear(size)

    def forward(self, x: Variable) -> Variable:
        return F.relu(self.l1(x))

class TwoInputs(Layer):
    def forward(self, x: Variable, h: Variable, scale: float = 1.0) -> Variable:
        return x + h * scale

x = Variable(np.ones((2, 3)))
w = Parameter(np.ones((3, 4)))
model = Net(3)
reveal_type(x * 2)  # Variable
reveal_type(2 * x)  # Variable
reveal_type(x - 1.0)  # Variable
reveal_type(1 / x)  # Variable
reveal_type(x**2)  # Variable
reveal_type(2**x)  # Variable
reveal_type(-x)  # Variable
reveal_type(abs(x))  # Variable
reveal_type(x @ w)  # Variable
reveal_type(x[0])  # Variable
reveal_type(x.T)  # Variable
reveal_type(x.sum(axis=0))  # Variable
reveal_type(x.reshape(3, 2))  # Variable
reveal_type(x.mean().exp())  # Variable
reveal_type([row for row in x])  # list[Variable]
reveal_type(x.shape)  # tuple[int, ...]
reveal_type(len(x))  # int
reveal_type(float(x.sum()))  # float
reveal_type(w)  # Parameter
reveal_type(F.sin(x))  # Variable
reveal_type(F.sum(x, axis=0))  # Variable
reveal_type(F.reshape(x, (3, 2)))  # Variable
reveal_type(F.conv2d(x, w))  # Variable
reveal_type(F.max(x))  # Variable
reveal_type(F.add(x, 1))  # Variable
reveal_type(F.split(x, 2))  # list[Variable]
reveal_type(F.mean_squared_error(x, x))  # Variable
reveal_type(F.softmax_cross_entropy(x, [0, 1]))  # Variable
reveal_type(Square()(x))  # Variable
reveal_type(Scale()(x))  # Variable
reveal_type(TwoInputs()(x, x, scale=2.0))  # Variable
reveal_type(L.Linear(3)(x))  # Variable
reveal_type(model(x))  # Variable
reveal_type(model.l1)  # Linear
reveal_type(MLP((10, 1), activation=F.relu)(x))  # Variable
reveal_type(Sequential(L.Linear(3), F.relu)(x))  # Variable
reveal_type(dezero.as_variable(x))  # Variable
reveal_type(optimizers.Adam().setup(model))  # Adam
reveal_type(dezero.Variable)  # def (data: Any, name: Any =, requires_grad: Any =) ->

loss = F.mean_squared_error(model(x), np.ones((2, 3)))
model.cleargrads()
loss.backward()
w.data -= 0.1 * w.grad.data
w.data = w.data - 0.1 * w.grad.data
x.grad.backward()
x.grad = None
with dezero.no_grad():
    print(f"{model(x).sum():.3f}")

x.nope  # error
x.view(2, 3)  # error
F.mse_loss  # error
dezero.Tensor  # error
L.Dense  # error
F.sum(x, dim=0)  # error
"""

SKIPPED = "numpy cupy PIL matplotlib tqdm graphviz pygraphviz IPython"


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    """Return {line number: [what mypy said there]} about PROGRAM."""
    pytest.importorskip("mypy", reason="pip install mypy")
    folder = tmp_path_factory.mktemp("user")
    (folder / "program.py").write_text(PROGRAM)
    (folder / "mypy.ini").write_text(
        "[mypy]\n"
        f"mypy_path = {Path(dezero.__file__).parents[1]}\n"
        "follow_imports = silent\n"  # as for what is installed: no errors in there
        + "".join(
            f"[mypy-{name}.*]\nfollow_imports = skip\nignore_missing_imports = True\n"
            for name in SKIPPED.split()
        )
    )
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "program.py", "--no-color-output"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "Found" in run.stdout, run.stdout + run.stderr
    said = {}
    for line in run.stdout.splitlines():
        if match := re.match(r"program\.py:(\d+): (.*)", line):
            said.setdefault(int(match[1]), []).append(match[2])
    return said


LINES = list(enumerate(PROGRAM.splitlines(), start=1))


@pytest.mark.parametrize(
    "at, code, expected",
    [
        (at, *re.match(r"reveal_type\((.*)\)  # (.*)", line).groups())
        for at, line in LINES
        if line.startswith("reveal_type")
    ],
)
def test_an_editor_knows(messages, at, code, expected):
    (said,) = messages[at]
    assert said.startswith('note: Revealed type is "')
    plain = said.split('"')[1].replace("builtins.", "")
    plain = re.sub(r"\bdezero\.(\w+\.)+", "", plain)
    assert plain.startswith(expected), f"{code}: {said}"
    assert "core_simple" not in said


def test_a_name_that_is_missing_is_an_error_and_nothing_else_is(messages):
    expected = [at for at, line in LINES if line.endswith("# error")]
    found = [at for at, said in messages.items() if any("error:" in s for s in said)]
    assert found == expected, {at: messages[at] for at in {*found} ^ {*expected}}


@pytest.mark.parametrize("package", ["dezero", "dezero.functions"])
def test_what_is_imported_for_others_is_said_to_be_public(package):
    """By __all__, by `import a as a` or by `import *`: pyright offers nothing else."""
    module = sys.modules[package]
    source = Path(module.__file__).read_text()
    offered = set(getattr(module, "__all__", ()))
    offered |= set(re.findall(r"\b(\w+) as \1\b", source))
    for star in re.findall(r"^ *from ([\w.]+) import \*", source, re.MULTILINE):
        offered |= set(sys.modules[star].__all__)
    needed = {
        name
        for name, thing in vars(module).items()
        if not name.startswith("_")
        and callable(thing)
        and getattr(thing, "__module__", "").startswith("dezero")
    }
    assert needed - offered == set()
