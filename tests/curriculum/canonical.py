"""Code as text, without what makes no difference: two definitions made comparable."""

import ast

from book.code import dotted_path

from .tables import CHECKS, DECORATORS, LOOPS, PLAIN


def only_refuses(body):
    """Say whether statements do nothing but raise."""
    return all(isinstance(node, ast.Raise) for node in body)


def last_name(node):
    """Return add for a.b._add and for a call of it."""
    node = node.func if isinstance(node, ast.Call) else node
    return public((dotted_path(node) or "").split(".")[-1])


def public(name):
    """Return a name without the _ that says whose it is."""
    return name if name.startswith("__") else name.lstrip("_") or name


def is_checker(node):
    """Say whether an expression is a call of one of the package's _as_..."""
    if not (isinstance(node, ast.Call) and node.args):
        return False
    asks = ast.unparse(node.args[0])
    name = (dotted_path(node.func) or "").split(".")[-1]
    return name.startswith("_as_") and (asks == "who" or asks[0] in "\"'")


def stored(node):
    return {x.id for t in node.targets for x in ast.walk(t) if isinstance(x, ast.Name)}


def loaded(call):
    return {x.id for x in call.args if isinstance(x, ast.Name)}


def in_plain_form(call, source):
    """Return the body of a lambda, its parameters replaced by a call's arguments."""
    plain = ast.parse(source, mode="eval").body
    values = dict(zip([a.arg for a in plain.args.args], call.args))
    values |= {keyword.arg: keyword.value for keyword in call.keywords}

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node):
            return values.get(node.id, node)

    return Replace().visit(plain.body)


class Canonical(ast.NodeTransformer):
    """Take away what does not change what code does on NumPy, with good input.

    What refuses goes: `if ...: raise`, calls of check_... and of CHECKS, handlers that
    only raise. So does `x, axis = _as_scores("softmax", x, axis)`: a call of _as_...
    that gives back, checked, what was there; within an expression it is its first
    value. A step may leave all this out, or say it shorter.

    Docstrings, annotations and DECORATORS go. A name of the package is the same by
    whichever way it came: dezero.add and F.add are add; and a name that begins with _,
    because it is the package's own, is that name without it. The module that computes
    is np, also where the package asks for it: xp.exp(x) and
    cuda.get_array_module(x).exp(x) are np.exp(x), and the line
    xp = cuda.get_array_module(x) goes. Helpers of PLAIN stand for their plain form, and
    loops of LOOPS for their body. A gradient counts as needed: what stands for
    `gx if self.needs_grad(0) else None` is gx.
    """

    def __init__(self, aliases, modules):
        self.aliases, self.modules = aliases, modules

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [
            d for d in node.decorator_list if last_name(d) not in DECORATORS
        ]
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return node

    def visit_arguments(self, node):
        # **options: Any stands in a base class for type checkers: they then take the
        # forward of a subclass, whatever its arguments.
        if node.kwarg and node.kwarg.annotation:
            node.kwarg = None
        return self.generic_visit(node)

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_Call(self, node):
        place = 1 if is_checker(node) else CHECKS.get(last_name(node))
        self.generic_visit(node)
        if last_name(node) == "get_array_module":
            return ast.Name("np", ast.Load())
        if place is not None and len(node.args) > place:
            return node.args[place]
        if last_name(node) in PLAIN:
            return in_plain_form(node, PLAIN[last_name(node)])
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if only_refuses(node.body):  # also: if nothing is left of it
            return node.orelse or None
        return node

    def visit_IfExp(self, node):
        self.generic_visit(node)
        needed = dotted_path(getattr(node.test, "func", None)) == "self.needs_grad"
        return node.body if needed else node

    def visit_For(self, node):
        self.generic_visit(node)
        if last_name(node.iter) in LOOPS:
            node.iter.func.id = LOOPS[last_name(node.iter)]
            return [ast.Assign([node.target], node.iter), *node.body]
        return node if node.body or node.orelse else None

    def visit_Try(self, node):
        self.generic_visit(node)
        if all(only_refuses(handler.body) for handler in node.handlers):
            if not node.finalbody:
                return node.body + node.orelse
        return node

    def visit_Expr(self, node):
        if isinstance(node.value, ast.Call):
            if last_name(node.value).startswith("check"):
                return None
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Name) else node

    def visit_Assign(self, node):
        if is_checker(node.value) and stored(node) <= loaded(node.value):
            return None
        self.generic_visit(node)
        target, _, value = ast.unparse(node).partition(" = ")
        return None if value in (target, f"({target})") or target == "who" else node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_Name(self, node):
        head, *rest = (dotted_path(node) or "").split(".")
        if isinstance(node, ast.Name) and node.id == "xp":
            return ast.Name("np", node.ctx)
        if head not in self.aliases:
            if isinstance(node, ast.Name):
                node.id = public(node.id)
            return self.generic_visit(node)
        parts = self.aliases[head].split(".") + rest
        while len(parts) > 1 and ".".join(parts[:-1]) not in self.modules:
            parts[-2:] = [".".join(parts[-2:])]
        plain = ast.parse(public(parts[-1]), mode="eval").body
        plain.ctx = node.ctx
        return plain

    visit_Attribute = visit_Name
