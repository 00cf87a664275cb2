"""Who may import whom: the table of STYLE.md, and what `import dezero` loads.

A module may import those that its arrows lead to, directly or over others. So a
new dependency is one visible line in ARROWS, or a mistake that this file reports.
"""

import ast
import subprocess
import sys

import pytest
from curriculum.package import Package, imports
from curriculum.places import PACKAGE

#     advice, cuda, nodes, guards <- core <- functions <- layers <- models
#     within core: config, changes <- checks <- arraylike <- extras, unshared,
#                  backward <- variable <- outside <- function <- shape <- indexing
#                  <- arithmetic, reduction      shape <- matmul      function <- fast
#     core <- graph, gradcheck <- utils <- models, datasets
#     core <- optimizers      transforms <- datasets      cuda <- dataloaders
#     guards <- files, transforms, dataloaders      advice <- dataloaders
#     cuda, files <- tokenizers <- datasets
#     files <- render <- player <- graph      files <- layers, optimizers
#     functions <- utils, functions_conv
ARROWS = {
    "advice": [],
    "cuda": [],
    "nodes": [],
    "guards": [],
    "core.config": ["guards"],
    "core.changes": [],
    "core.checks": ["cuda", "guards", "core.changes"],
    "core.arraylike": ["advice", "core.checks"],
    "core.extras": ["nodes", "core.arraylike", "core.config"],
    "core.backward": ["cuda", "core.config", "core.changes"],
    "core.unshared": ["core.arraylike", "core.config"],
    "core.variable": ["core.extras", "core.backward", "core.unshared"],
    "core.outside": ["core.variable"],
    "core.function": ["core.outside"],
    "core.fast": ["core.function"],
    "core.heap": [],
    "core.shape": ["core.function"],
    "core.indexing": ["core.shape"],
    "core.arithmetic": ["core.indexing"],
    "core.reduction": ["core.indexing"],
    "core.matmul": ["core.shape"],
    "core": [
        "core.fast",
        "core.heap",
        "core.arithmetic",
        "core.reduction",
        "core.matmul",
    ],
    "core_simple": [],
    "functions": ["core"],
    "functions_conv": ["functions"],
    "files": ["guards"],
    "layers": ["functions", "files"],
    "models": ["layers", "utils"],
    "render": ["files", "guards"],
    "player": ["files", "guards", "render"],
    "graph": ["core", "render", "player"],
    "gradcheck": ["core"],
    "func": ["core", "functions"],
    "static.graph": ["graph"],
    "static.passes": ["static.graph"],
    "static.symbol": ["static.graph"],
    "static.whole": ["static.symbol"],
    "static.same": ["static.whole"],
    "static.trace": ["static.passes", "static.same"],
    "static.codegen": ["static.graph"],
    "static.program": ["static.trace", "static.codegen"],
    "static": ["static.program"],
    "utils": ["graph", "gradcheck", "functions"],
    "optimizers": ["core", "files"],
    "transforms": ["guards"],
    "tokenizers": ["cuda", "files"],
    "datasets": ["tokenizers", "transforms", "utils"],
    "dataloaders": ["advice", "cuda", "guards"],
}

# The package itself shows the names of its modules; no module imports it.
FRONT = "dezero"

LOADED = {"numpy"}  # the only package that `import dezero` may load


def arrows(folder):
    """Yield (module, imported module, line) of every import inside the package.

    Imports inside functions count: an arrow is an arrow. What stands under `if
    TYPE_CHECKING` does not: it is for editors, and is never run.
    """
    modules = Package(folder).modules
    for name, module in modules.items():
        for node in run_some_time(module.tree):
            targets = [path for _, path in imports(node, name, module.path)]
            if isinstance(node, ast.Import) and targets:  # import dezero.core
                targets = [alias.name for alias in node.names]
            for target in targets:
                while target not in modules and "." in target:
                    target = target.rpartition(".")[0]  # a name of that module
                if target in modules and target != name:
                    yield name, target, node.lineno


def run_some_time(node):
    """Yield the nodes of a module without those that are only for type checkers."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            yield from run_some_time(child)


def part(name, table):
    """Return the name in a table: all files of functions/ are functions.

    The files of core/ and static/ have arrows of their own.
    """
    path = name.removeprefix(f"{FRONT}.")
    return path if path in table else path.split(".")[0]


def check_arrows(folder, table):
    """Every import inside the package follows the table."""
    problems = []
    parts = {part(name, table) for name in Package(folder).modules}
    for name in sorted(parts - {FRONT} - table.keys()):
        problems.append(f"{name} is not in the import table: give it a line in ARROWS")
    for name, target, line in arrows(folder):
        a, b = part(name, table), part(target, table)
        if a in (b, FRONT):
            continue
        if b not in reachable(a, table):
            may = ", ".join(sorted(reachable(a, table))) or "nothing of dezero"
            problems.append(f"{name}, line {line}: imports {target}; {a} may use {may}")
    return problems


def reachable(name, table):
    """Return the names that arrows lead to from a name."""
    found, waiting = set(), list(table.get(name, []))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += table.get(name, [])
    return found


def check_cycles(folder):
    """No module imports itself over others; the front, which imports all, aside."""
    graph = {}
    for name, target, _ in arrows(folder):
        if FRONT not in (name, target):
            graph.setdefault(name, []).append(target)
    return [
        f"{name} imports itself over others, in the end"
        for name in sorted(graph)
        if name in reachable(name, graph)
    ]


def check_top_level(folder, loaded):
    """Only the standard library and NumPy are imported when a module is."""
    problems = []
    for name, module in Package(folder).modules.items():
        for node in run_on_import(module.tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            for package in {n.split(".")[0] for n in names}:
                if package not in loaded | {FRONT} | sys.stdlib_module_names:
                    problems.append(
                        f"{name}, line {node.lineno}: {package} is imported with the "
                        "module; import it inside the function that uses it"
                    )
    return problems


def run_on_import(node):
    """Yield the nodes that run when a module is imported: all but functions."""
    yield node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return
    for child in ast.iter_child_nodes(node):
        yield from run_on_import(child)


def modules_after(statement):
    """Return the names in sys.modules after a statement, in a fresh Python."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
    )


def foreign(names, loaded):
    """Return the packages among module names that are neither loaded nor standard."""
    tops = {name.split(".")[0] for name in names}
    return sorted(tops - loaded - {FRONT} - sys.stdlib_module_names)


# ----------------------------------------------------------------- this package


def test_imports_follow_the_table():
    assert not check_arrows(PACKAGE, ARROWS)


def test_no_cycles():
    assert not check_cycles(PACKAGE)


def test_only_numpy_at_top_level():
    assert not check_top_level(PACKAGE, LOADED)


def test_the_table_has_no_cycle():
    assert all(name not in reachable(name, ARROWS) for name in ARROWS)


def test_import_loads_only_numpy():
    numpy = modules_after("import numpy")
    dezero = modules_after("import dezero")
    assert "dezero.core" in dezero
    assert not foreign(dezero - numpy, LOADED)


# ------------------------------------------------------------ planted violations

CLEAN = {
    "__init__": "from dezero.core import add\nfrom dezero import utils",
    "cuda": "import os",
    "core": "import numpy as np\nfrom dezero import cuda",
    "functions/__init__": "from dezero.functions.sum import *",
    "functions/sum": "from ..core import add\ndef f():\n    import matplotlib",
    "utils": "import dezero.core as core\nfrom . import cuda",
}
TABLE = {"cuda": [], "core": ["cuda"], "functions": ["core"], "utils": ["core"]}


@pytest.fixture
def plant(tmp_path):
    """Return a function that writes a small package, some files replaced."""

    def write(**files):
        for name, text in {**CLEAN, **files}.items():
            path = tmp_path / "dezero" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / "dezero"

    return write


def test_clean_package_passes(plant):
    folder = plant()
    assert check_arrows(folder, TABLE) == []
    assert check_cycles(folder) == []
    assert check_top_level(folder, LOADED) == []


@pytest.mark.parametrize(
    "text",
    [
        "from dezero.core import add",
        "from dezero import core",
        "import dezero.core",
        "from .core import add",
        "from . import core",
        "def f():\n    from dezero.core import add",
        "class A:\n    import dezero.core",
    ],
)
def test_forbidden_arrow_is_caught(plant, text):
    (problem,) = check_arrows(plant(cuda=text), TABLE)
    assert "imports dezero.core; cuda may use nothing of dezero" in problem


def test_arrow_to_the_front_is_caught(plant):
    (problem,) = check_arrows(plant(core="from dezero import add"), TABLE)
    assert problem == "dezero.core, line 1: imports dezero; core may use cuda"


def test_unlisted_module_is_caught(plant):
    (problem,) = check_arrows(plant(new="import os"), TABLE)
    assert "new is not in the import table" in problem


def test_cycle_is_caught(plant):
    folder = plant(cuda="def f():\n    from dezero import utils")
    problems = check_cycles(folder)
    assert [p.split()[0] for p in problems] == [
        "dezero.core",
        "dezero.cuda",
        "dezero.utils",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "import matplotlib.pyplot as plt",
        "from PIL import Image",
        "try:\n    import cupy\nexcept ImportError:\n    cupy = None",
        "if True:\n    import graphviz",
        "class A:\n    import tqdm",
        "with open('x'):\n    import pygraphviz",
    ],
)
def test_heavy_import_is_caught(plant, text):
    (problem,) = check_top_level(plant(core=text), LOADED)
    assert "import it inside the function that uses it" in problem


def test_loaded_package_is_caught():
    names = {"os.path", "numpy.linalg", "dezero.core", "matplotlib.pyplot", "yaml"}
    assert foreign(names, LOADED) == ["matplotlib", "yaml"]


def test_what_only_a_type_checker_reads_is_no_arrow(plant):
    text = "import typing as t\nif t.TYPE_CHECKING:\n    from dezero import utils"
    folder = plant(cuda=text)
    assert check_arrows(folder, TABLE) == check_cycles(folder) == []


def test_a_folder_may_have_arrows_of_its_own(plant):
    rooms = {"functions/one": "", "functions/two": "from dezero.functions import one"}
    folder = plant(**rooms)
    assert check_arrows(folder, TABLE) == []
    table = {**TABLE, "functions.one": [], "functions.two": []}
    (problem,) = check_arrows(folder, table)
    assert "imports dezero.functions.one; functions.two may use nothing" in problem
