"""Code as text, without what makes no difference: two definitions made comparable."""

import ast

from book.code import dotted_path

from .tables import CHECKS


def only_refuses(body):
    """Say whether statements do nothing but raise."""
    return all(isinstance(node, ast.Raise) for node in body)


class Canonical(ast.NodeTransformer):
    """Take away what does not change what code does on NumPy, with good input.

    What refuses goes: `if ...: raise`, calls of check_... and of CHECKS, handlers that
    only raise. A step may leave it out, or say it shorter.

    Docstrings and annotations go, and the decorator @named_arguments, which computes
    nothing but an error's text. A name of the package is the same by whichever way
    it came: dezero.add and F.add are add. The module that computes is np, also where
    the package asks for it: xp.exp(x) and cuda.get_array_module(x).exp(x) are
    np.exp(x), and the line xp = cuda.get_array_module(x) goes.
    """

    def __init__(self, aliases, modules):
        self.aliases, self.modules = aliases, modules

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.returns = None
        node.decorator_list = [
            d for d in node.decorator_list if ast.unparse(d) != "named_arguments"
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
        self.generic_visit(node)
        called = (dotted_path(node.func) or "").split(".")[-1]
        if called == "get_array_module":
            return ast.Name("np", ast.Load())
        if called in CHECKS and len(node.args) > CHECKS[called]:
            return node.args[CHECKS[called]]
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if only_refuses(node.body):
            return node.orelse or None
        return node

    def visit_Try(self, node):
        self.generic_visit(node)
        if all(only_refuses(handler.body) for handler in node.handlers):
            if not node.finalbody:
                return node.body + node.orelse
        return node

    def visit_Expr(self, node):
        called = node.value.func if isinstance(node.value, ast.Call) else None
        name = (dotted_path(called) or "").split(".")[-1] if called else ""
        if name.lstrip("_").startswith("check"):
            return None
        self.generic_visit(node)
        return node

    def visit_Assign(self, node):
        self.generic_visit(node)
        target, _, value = ast.unparse(node).partition(" = ")
        return None if target == value else node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else ast.Pass()

    def visit_Name(self, node):
        head, *rest = (dotted_path(node) or "").split(".")
        if isinstance(node, ast.Name) and node.id == "xp":
            return ast.Name("np", node.ctx)
        if head not in self.aliases:
            return self.generic_visit(node)
        parts = self.aliases[head].split(".") + rest
        while len(parts) > 1 and ".".join(parts[:-1]) not in self.modules:
            parts[-2:] = [".".join(parts[-2:])]
        plain = ast.parse(parts[-1], mode="eval").body
        plain.ctx = node.ctx
        return plain

    visit_Attribute = visit_Name
