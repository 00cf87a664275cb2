"""Step 23. A package: write it once, import it everywhere.

From now on the classes live in one place, and each program takes
them from there. Copying 22 files' worth of code along had its
use: every step could be read alone. But a copy has to be mended
wherever it stands; a package is mended once.

A package is a folder with a file __init__.py. Importing it runs
that file, once, and the names it leaves behind are the package's:

    dezero/
      __init__.py      from dezero.core import Variable, ...
      core_simple.py   step 22, to the letter
      core/            what step 22 has grown into by step 36
      graph.py ...     the modules of later steps

    from dezero import Variable
         |
         +-- __init__.py --- core/variable.py --- class Variable

`pip install -e .` in this repository tells Python once where the
folder is; a program finds the package then from any directory.
The e stands for editable: Python reads the folder itself, so a
change in it counts at the next start of a program.

Which core you get is decided in dezero/__init__.py, in a line
that you may change: is_simple_core. With False, as it stands, it
is the full one; set to True it is core_simple.py, and nothing
more than you have read. Steps 23 to 29 print the same with both.

The program below asks Python where an imported name was defined,
and checks that however it was imported, it is one object.

Exercise: write a folder tiny with a file __init__.py of your own
that defines a function, and import it from a program beside that
folder. Then move the function into tiny/core.py and import it
into __init__.py: does the program need a change?

Output:
    y = 16.0, dy/dx = 8.0
    Variable: one class for two imports
    no_grad: one function for two imports
    both defined in one core: True
    names in this file that step 22 had to define: 0
"""

import ast
import importlib
from pathlib import Path

import numpy as np

import dezero
from dezero import Variable, no_grad


def origin(thing):
    """Return the module that defined a class or a function."""
    return importlib.import_module(thing.__module__)


def same_object(name):
    """Return whether dezero and the defining module agree on name."""
    exported = getattr(dezero, name)
    return exported is getattr(origin(exported), name)


def defined_names(path):
    """Return the names of the classes and functions in a file."""
    kinds = (ast.ClassDef, ast.FunctionDef)
    tree = ast.parse(Path(path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, kinds)}


if __name__ == "__main__":
    x = Variable(np.array(1.0))
    y = (x + 3) ** 2
    y.backward()
    print(f"y = {y.data}, dy/dx = {float(x.grad)}")

    for name in ("Variable", "no_grad"):
        kind = type(getattr(dezero, name)).__name__
        kind = {"type": "class"}.get(kind, kind)
        count = "one" if same_object(name) else "more than one"
        print(f"{name}: {count} {kind} for two imports")
    # dezero.core.variable and dezero.core.config are both in core
    homes = [origin(thing).__name__ for thing in (Variable, no_grad)]
    cores = {home.split(".")[1] for home in homes}
    print("both defined in one core:", len(cores) == 1)

    before = Path(__file__).with_name("step22.py")
    again = defined_names(before) & defined_names(__file__)
    print("names in this file that step 22 had to define:", len(again))
