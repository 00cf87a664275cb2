"""The public names of the package, each with its docstring and the step that has it."""

import ast
import itertools
import re
import textwrap
from dataclasses import dataclass, field
from html import escape

from ..code import first_line, names_of
from ..prose import markdown
from ..where import PARTS
from .code import pre, python
from .markup import html, inline
from .terms import NoTerms

TAUGHT = {"teaches": "Step", "family": "A variant of what is taught in step"}


@dataclass
class Name:
    """A public name: core.Variable.backward, and where it is."""

    full: str
    step: int
    how: str
    file: str = ""
    line: int = 0
    node: object = None
    members: list = field(default_factory=list)  # Names that are not in the ledger

    @property
    def label(self):
        return self.full.partition(".")[0]

    @property
    def key(self):
        return self.full.partition(".")[2]

    @property
    def kind(self):
        """What it is, as one word or as an empty text."""
        if isinstance(self.node, ast.ClassDef):
            return "class"
        is_function = isinstance(self.node, ast.FunctionDef)
        return "def" if is_function and not is_property(self.node) else ""


class Names:
    """All names of the ledger, by module."""

    def __init__(self, package, ledger):
        self.package = package
        self.modules, found = {}, places(package)
        for step, entry in ledger.items():
            for how in TAUGHT:
                for full in entry.get(how, []):
                    name = Name(full, int(step[4:]), how)
                    place = found.get(full) or found.get(f"core.{name.key}")
                    if place:
                        name.file, name.line, name.node = place
                    self.modules.setdefault(name.label, []).append(name)
        known = {name.full for names in self.modules.values() for name in names}
        for names in self.modules.values():
            names.sort(key=lambda name: [x.casefold() for x in name.key.split(".")])
            for name in names:
                name.members = list(members(name, known))
        self.addresses = {
            found.key: f"api-{name.label}.html#{found.key}"
            for names in self.modules.values()
            for name in names
            for found in (name, *name.members)
        }

    def file(self, label):
        """Return the page of a module, or None."""
        return f"api-{label}.html" if label in self.modules else None

    def linked(self, match):
        """Return <code>NAME</code>, with a link if the name has an address."""
        address = self.addresses.get(match[1])
        return f'<a href="{address}">{match[0]}</a>' if address else match[0]


def places(package):
    """Return {full name: (file, line, node)} of all that the package defines."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        inside = path.relative_to(package)
        label = inside.with_suffix("").parts[0]
        file = f"{package.name}/{inside.as_posix()}"
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for name in names_of(node):
                owner = PARTS.get(name, name)
                found.setdefault(f"{label}.{owner}", (file, first_line(node), node))
                if owner == name and owner in PARTS.values():
                    found[f"{label}.{owner}"] = (file, first_line(node), node)
                for member in node.body if isinstance(node, ast.ClassDef) else []:
                    for key in names_of(member):
                        place = (file, first_line(member), member)
                        found.setdefault(f"{label}.{owner}.{key}", place)
    return found


def members(name, known):
    """Yield what a class defines and explains, except what has its own entry."""
    is_class = isinstance(name.node, ast.ClassDef)
    for node in name.node.body if is_class else []:
        full = f"{name.full}.{getattr(node, 'name', '_')}"
        is_public = not full.rpartition(".")[2].startswith("_")
        if is_public and full not in known and is_text(node):
            known = {*known, full}  # a setter has the name of its property
            yield Name(full, name.step, name.how, name.file, first_line(node), node)


def is_text(node):
    """Say whether something is a definition with a docstring."""
    is_definition = isinstance(node, (ast.FunctionDef, ast.ClassDef))
    return is_definition and ast.get_docstring(node) is not None


def is_property(node):
    """Say whether a function is read without a call."""
    return any("property" in ast.unparse(d) for d in node.decorator_list)


def signature(name):
    """Return how a name is called, or None."""
    node = name.node
    if isinstance(node, ast.ClassDef):
        inits = [x for x in node.body if getattr(x, "name", "") == "__init__"]
        if not inits:
            return None
        node = inits[0]
    elif name.kind != "def":
        return None
    text = re.sub(r"^(?:self|cls)(?:, |$)", "", ast.unparse(node.args))
    returns = f" -> {ast.unparse(node.returns)}" if getattr(node, "returns", 0) else ""
    returns = "" if returns == " -> None" else returns
    return f"{name.key}({text}){returns}"


def docstring(text, links, target):
    """Return a docstring as HTML, its examples as they are typed."""
    result = []
    parts = re.split(r"\n[^\S\n]*\n", text)
    for kind, found in itertools.groupby(parts, kind_of):
        if kind == "text":  # code of two parts is one block
            made = markdown("\n\n".join(map(with_formula, found)), links)
            result.append(html(made, NoTerms(), target))
        else:
            result += [pre(escape(part, quote=False), kind) for part in found]
    return "\n".join(result)


def kind_of(part):
    """Return what a part of a docstring is: an example, a table or text."""
    if part.lstrip().startswith(">>>"):
        return "code"
    is_table = re.search(r"^\w[\w, .*=]* {3,}\S", part, re.MULTILINE)
    return "drawing" if is_table else "text"


def with_formula(part):
    """Return a part of a docstring, indented if it has formulas and no text."""
    is_all = all(map(is_formula, part.split("\n")))
    return textwrap.indent(part, "    ") if is_all else part


def is_formula(line):
    """Say whether a line of a docstring is one, as dx = gy * y."""
    try:
        (node,) = ast.parse(line.strip()).body
    except (SyntaxError, ValueError):
        return False
    return isinstance(node, (ast.Assign, ast.AugAssign))


def module_page(material, label):
    """Return the names of a module as HTML."""
    names = material.names.modules[label]
    parts = [f"<h1><code>{'dezero.' * (label != 'dezero')}{label}</code></h1>"]
    about = module_docstring(material.names.package, label)
    if about:
        parts.append(docstring(about, material.links, material.target))
    top = [f'<a href="#{n.key}">{n.key}</a>' for n in names if "." not in n.key]
    parts.append(f'<p class="names">{", ".join(top)}</p>')
    for name in names:
        parts.append(entry(name, material))
    return "\n".join(parts)


def module_docstring(package, label):
    """Return the docstring of a module or of a folder of them."""
    for path in (package / f"{label}.py", package / label / "__init__.py"):
        if path.exists():
            return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return ""


def entry(name, material):
    """Return a name with its docstring."""
    key = escape(name.key, quote=False)
    parts = [f'<section class="name"><h2 id="{name.key}"><code>{key}</code></h2>']
    if call := signature(name):
        parts.append(python(call))
    link = material.links.get(name.step)
    step = f'<a href="{link}">{name.step}</a>' if link else str(name.step)
    step = f"{TAUGHT[name.how]} {step}"
    where = f" &middot; {name.file}, line {name.line}" if name.file else ""
    parts.append(f'<p class="meta">{step}{where}</p>')
    parts += explained(name, material)
    for member in name.members:
        parts.append(f'<h3 id="{member.key}"><code>{member.key}</code></h3>')
        if call := signature(member):
            parts.append(python(call))
        parts += explained(member, material)
    return "\n".join([*parts, "</section>"])


def explained(name, material):
    """Return the docstring of a name as HTML, in a list that may be empty."""
    if not is_text(name.node):
        return []
    text = ast.get_docstring(name.node)
    return [docstring(text, material.links, material.target)]


def index_page(material):
    """Return the list of modules as HTML."""
    parts = ["<h1>The names of the package</h1>"]
    parts.append(
        "<p>Each public name of <code>dezero</code>, with its docstring and the step "
        "that teaches it.</p>"
    )
    for label, names in sorted(material.names.modules.items()):
        top = [
            f'<a href="api-{label}.html#{n.key}">{escape(n.key)}</a>'
            for n in names
            if "." not in n.key
        ]
        prefix = "dezero." * (label != "dezero")
        head = f'<a href="api-{label}.html"><code>{prefix}{label}</code></a>'
        parts.append(f'<h2 id="{label}">{head}</h2>')
        about = module_docstring(material.names.package, label).split("\n\n")[0]
        if about:
            words = " ".join(about.split())
            parts.append(f"<p>{inline(markdown(words, {}))}</p>")
        parts.append(f'<p class="names">{", ".join(top)}</p>')
    return "\n".join(parts)
