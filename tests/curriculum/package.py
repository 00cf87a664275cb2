"""The public names of dezero, where each is defined, and the code of each."""

import ast
import copy
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from book.code import first_line, names_of
from book.where import PARTS

from .canonical import Canonical
from .tables import LATE


@dataclass
class Module:
    """One file of the package: what it defines, and what it imports from where."""

    path: Path
    dotted: str  # dezero.functions.conv
    tree: ast.Module
    defined: dict = field(default_factory=dict)  # name -> node
    imported: dict = field(default_factory=lambda: defaultdict(list))  # name -> paths

    @property
    def label(self):
        """The word before the dot in the ledger: all of functions/ is functions."""
        return (self.dotted.split(".") + [self.dotted])[1]


class Package:
    """The modules of dezero, and where each of its names is defined."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.modules = {}
        for path in sorted(self.folder.rglob("*.py")):
            parts = path.relative_to(self.folder.parent).with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            module = Module(path, dotted, ast.parse(text))
            self._read(module)
            self.modules[dotted] = module

    def _read(self, module):
        for node in flat(module.tree.body):
            for name in names_of(node):
                module.defined[name] = node
            for name, path in imports(node, module.dotted, module.path):
                module.imported[name].append(path)
        for part, whole in PARTS.items():
            if part in module.defined:
                node = module.defined[whole] = module.defined.pop(part)
                node.name = whole

    def resolve(self, dotted):
        """Return the ledger's name for dezero.x.y: where it is defined, or None.

        A module itself gives ''. Re-exports are followed to the defining module.
        """
        return self._resolve(dotted.split("."), set())

    def _resolve(self, parts, seen):
        if tuple(parts) in seen:
            return None
        seen.add(tuple(parts))
        at = max(
            (
                i
                for i in range(1, len(parts) + 1)
                if ".".join(parts[:i]) in self.modules
            ),
            default=0,
        )
        if at == len(parts):
            return ""
        module, rest = self.modules.get(".".join(parts[:at])), parts[at:]
        if module is None:
            return None
        if rest[0] in module.defined:
            return ".".join([module.label, *rest])
        paths = [p.split(".") + rest[1:] for p in module.imported[rest[0]]]
        paths += [p.split(".") + rest for p in module.imported["*"]]
        paths.sort(key=lambda path: "core_simple" in path)  # only if nothing else
        found = (self._resolve(path, seen) for path in paths)
        return next((name for name in found if name is not None), None)

    def defined_in(self, file):
        """Return the names that a file of the package defines, members as Class.name.

        'dezero/core/shape.py' is a file, and 'dezero/static' stands for all files in
        it. Without such a file it returns None.
        """
        path = self.folder.parent / file
        modules = [
            module
            for module in self.modules.values()
            if path in (module.path, *module.path.parents)
        ]
        if not file.startswith(self.folder.name) or not modules:
            return None
        names = set()
        for module in modules:
            for name, node in module.defined.items():
                names.add(name)
                if isinstance(node, ast.ClassDef):
                    members = flat(node.body)
                    names |= {f"{name}.{x}" for m in members for x in names_of(m)}
        return names

    def public(self):
        """Return the names that must stand in the ledger, in order of definition.

        Everything public that a module defines, if its folder's __init__ shows it,
        and the methods, properties and operators of core.Variable. core_simple is step
        22, so it is exempt.
        """
        names = {}
        for module in self.modules.values():
            if module.label == "core_simple":
                continue
            for name, node in module.defined.items():
                if name.startswith("_"):
                    continue
                folder = module.dotted.split(".")[:2]  # dezero.core.config: dezero.core
                if self.resolve(".".join([*folder, name])) is None:
                    continue
                names[f"{module.label}.{name}"] = None
                if (module.label, name) == ("core", "Variable"):
                    for key in filter(is_taught, methods(node)):
                        names[f"core.Variable.{key}"] = None
        return list(names)

    def knows(self, name):
        """Say whether 'module.Name' or 'module.Class.member' is in the package."""
        label, _, rest = name.partition(".")
        top, _, member = rest.partition(".")
        nodes = [m.defined.get(top) for m in self.modules.values() if m.label == label]
        return any(
            node and (not member or member in attributes(node)) for node in nodes
        )

    def at_line(self):
        """Return {(path, first line): 'core.Variable.backward'} of all functions."""
        found = {}
        for module in self.modules.values():
            nodes = list(module.defined.items())
            for name, node in module.defined.items():
                if isinstance(node, ast.ClassDef):
                    nodes += [
                        (f"{name}.{x}", m) for m in node.body for x in names_of(m)
                    ]
            for name, node in nodes:
                if isinstance(node, ast.FunctionDef):
                    name = name.removesuffix(".setter")
                    key = (str(module.path.resolve()), first_line(node))
                    found[key] = f"{module.label}.{name}"
        return found

    def code(self, key, labels):
        """Return [(label, canonical code or None)] of the modules that define key.

        For a method: of the modules that define its class; None where that class
        has no such method.
        """
        top, _, member = key.partition(".")
        found = []
        for module in self.modules.values():
            node = module.defined.get(top)
            if node is None or module.label not in labels:
                continue
            if member:
                members = getattr(node, "body", [])
                nodes = [m for m in members if member in names_of(m)]
                node = nodes[-1] if nodes else None
            code = node and self.canonical(node, self.aliases(module))
            found.append((module.label, code))
        return [pair for pair in found if pair[1]] or found

    def aliases(self, module):
        names = package_aliases(module.tree, module.dotted, module.path)
        late = {
            name: path
            for name, path in LATE.items()
            if name in names or name in module.defined
        }
        return names | late

    def canonical(self, node, aliases):
        """Return the code of a node as text: no docstrings, annotations, positions.

        Of a class only the head: name, bases and decorators; its members are
        compared one by one. `class Variable(dezero.Variable)`, which adds to the
        class of the package, has the head of that class.
        """
        node = copy.deepcopy(node)
        if isinstance(node, ast.ClassDef):
            node.body = [ast.Pass()]
        node = Canonical(aliases, self.modules).visit(node)
        if isinstance(node, ast.ClassDef):
            if node.name in map(ast.unparse, node.bases):
                return self.head(node.name)
        return ast.dump(node)

    def head(self, name):
        """Return the canonical head of a class of the package."""
        for module in self.modules.values():
            if name in module.defined and module.label != "core_simple":
                return self.canonical(module.defined[name], self.aliases(module))
        return None


def methods(node):
    """Return the names of functions in a class, of aliases like __radd__ = __add__."""
    return [
        name.removesuffix(".setter")
        for member in node.body
        if isinstance(member, ast.FunctionDef)
        or (isinstance(member, ast.Assign) and isinstance(member.value, ast.Name))
        for name in names_of(member)
    ]


def is_taught(name):
    """Say whether a method needs a place of its own in the ledger."""
    dunder = name.startswith("__") and name.endswith("__")
    return name != "__init__" and (dunder or not name.startswith("_"))


def attributes(node):
    """Return the names that a class gives its objects: members, slots, self.x."""
    if not isinstance(node, ast.ClassDef):
        return set()
    names = {name for member in node.body for name in names_of(member)}
    for x in ast.walk(node):
        if isinstance(x, ast.Attribute) and isinstance(x.value, ast.Name):
            if x.value.id == "self" and isinstance(x.ctx, ast.Store):
                names.add(x.attr)
    return names


def flat(body):
    """Yield statements, going into if and try."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try)):
            handlers = [x for h in getattr(node, "handlers", []) for x in h.body]
            yield from flat(node.body + node.orelse + handlers)


def imports(node, dotted="", path=None):
    """Yield (bound name, dotted path in dezero) of an import statement.

    dotted and path say in which module of the package it stands, if in one.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.name.split(".")[0] == "dezero":
                yield alias.asname or "dezero", alias.name if alias.asname else "dezero"
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            parts = dotted.split(".") + ["x"] * (path.name == "__init__.py")
            base = ".".join(parts[: -node.level] + base.split(".") * bool(base))
        if base.split(".")[0] == "dezero":
            for alias in node.names:
                target = base if alias.name == "*" else f"{base}.{alias.name}"
                yield alias.asname or alias.name, target


def package_aliases(tree, dotted="", path=None):
    """Return {name: dotted path} of everything that a file imports from dezero."""
    return {
        name: target
        for node in ast.walk(tree)
        for name, target in imports(node, dotted, path)
    }
