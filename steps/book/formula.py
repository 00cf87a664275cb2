"""A formula of a docstring as LaTeX."""

import ast
import re


class NotAFormula(Exception):
    """Leave this text as it is."""


RELATIONS = {
    "=": "=",
    "~": r"\approx",
    "<=": r"\le",
    ">=": r"\ge",
    "<-": r"\leftarrow",
    "+=": r"\mathrel{{+}{=}}",
    "-=": r"\mathrel{{-}{=}}",
}
RELATION = re.compile(r" (=|~|<=|>=|<-|\+=|-=) ")
GREEK = {"alpha", "beta", "gamma", "delta", "theta", "mu", "sigma", "pi"}
FUNCTIONS = {"sin", "cos", "tan", "tanh", "exp", "log", "max", "min"}
CALLABLE = re.compile(r"[a-z][a-z0-9_]*'*|d")
SUM, TERM, FACTOR, POWER, ATOM = range(5)  # how tightly a text holds together


def formula(text):
    """Return [(left side, relation and right side)] of a formula, in LaTeX.

    >>> formula("gx = 2 * x * gy")
    [('g_{x}', '= 2 \\\\, x \\\\cdot g_{y}')]
    """
    # words and numbers side by side are not a formula, nor is a shape: x (N, D)
    if re.search(r"--|->|[|;:\"]|[\w\])] \(|,$|\.$(?<!\.\.\.)", text):
        raise NotAFormula(text)
    left, *rest = RELATION.split(f" {text} ".replace("  ", " "))
    sides = [expression(side.strip()) for side in (left, *rest[1::2])]
    if not rest:
        return [("", sides[0])]
    signs = [RELATIONS[sign] for sign in rest[::2]]
    if rest[::2] == ["="] and updates(left.strip(), rest[1].strip()):
        signs = [RELATIONS["<-"]]
    parts = [f"{sign} {side}" for sign, side in zip(signs, sides[1:])]
    return [(sides[0], " ".join(parts))]


def updates(left, right):
    """Say whether a name gets a new value out of its old one: x = x - lr * g."""
    return left.isidentifier() and re.search(rf"\b{left}\b", right) is not None


def expression(text):
    """Return the LaTeX of one side of a formula."""
    text = re.sub(r"\bd(\w+)/d(\w+)", r"D__\1__\2", text)  # one fraction
    text = re.sub(r"\b(\w+)!", r"factorial(\1)", text)
    text = text.replace("...", "DOTS")
    text = re.sub(r"'", "PRIME", text)
    text = re.sub(r"\blog (?=\w)", "LOG ** ", text)  # log p[0]
    text = re.sub(r"\b(\d+) (?=[A-Z]\b)", r"\1 * ", text)  # 2 P
    text = re.sub(r"(?<=\[)([a-z]+ )+[a-z]+(?=\])", joined, text)
    over = re.fullmatch(r"(.*)\bsum over ([a-z](?:, [a-z])*) of (.*)", text)
    if over:
        head, under, body = over.groups()
        head = tex(parse(head + "REST"))[0].removesuffix(r"\mathrm{REST}")
        return rf"{head}\sum_{{{under}}} {tex(parse(body))[0]}"
    return tex(parse(text))[0]


def joined(match):
    """Make one name of several words."""
    return match[0].replace(" ", "_SPACE_")


def parse(text):
    """Return the syntax tree of an expression."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        raise NotAFormula(text) from None


def tex(node):
    """Return (LaTeX, how tightly it holds together) of an expression."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return number(value), ATOM
        case ast.Name(id=name):
            return symbol(name), FACTOR if name.startswith("D__") else ATOM
        case ast.Attribute(value=ast.Name(id=name), attr="T"):
            return rf"{symbol(name)}^{{\top}}", POWER
        case ast.UnaryOp(op=ast.USub(), operand=x):
            return "-" + tight(x, FACTOR), SUM
        case ast.BinOp(left=ast.Name(id="LOG"), op=ast.Pow(), right=x):
            return rf"\log {tight(x, POWER)}", FACTOR
        case ast.BinOp(left=x, op=op, right=y):
            return binary(x, op, y)
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            base = symbol(name)
            base = f"({base})" if "_" in base or "{" in base else base
            items = index.elts if isinstance(index, ast.Tuple) else [index]
            return f"{base}_{{{', '.join(tex(x)[0] for x in items)}}}", ATOM
        case ast.Tuple(elts=items) if len(items) > 1:
            return brackets(", ".join(tex(x)[0] for x in items)), ATOM
        case ast.Call(func=ast.Name(id=name), args=items, keywords=[]) if items:
            return call(name, items)
    raise NotAFormula(ast.unparse(node))


def binary(x, op, y):
    """Return the LaTeX of x op y, with the brackets that it needs."""
    match op:
        case ast.Add():
            return f"{tight(x, SUM)} + {tight(y, TERM)}", SUM
        case ast.Sub():
            return f"{tight(x, SUM)} - {tight(y, TERM)}", SUM
        case ast.Mult():
            numbers = isinstance(x, ast.Constant), starts_with_number(y)
            dot = r"\," if numbers == (True, False) else r"\cdot"
            total = isinstance(y, ast.Call) and y.func.id == "sum"
            return f"{tight(x, TERM)} {dot} {tight(y, TERM + (not total))}", TERM
        case ast.MatMult():
            return rf"{tight(x, TERM)} \mathbin{{@}} {tight(y, FACTOR)}", TERM
        case ast.Div():
            return rf"\frac{{{tex(x)[0]}}}{{{tex(y)[0]}}}", FACTOR
        case ast.FloorDiv():
            fraction = rf"\frac{{{tex(x)[0]}}}{{{tex(y)[0]}}}"
            return rf"\left\lfloor {fraction} \right\rfloor", ATOM
        case ast.Pow():
            return f"{tight(x, ATOM)}^{{{tex(y)[0]}}}", POWER
    raise NotAFormula(type(op).__name__)


def starts_with_number(node):
    """Say whether a product begins with a number: 2 * x."""
    while isinstance(node, ast.BinOp) and not isinstance(node.op, ast.Div):
        node = node.left
    return isinstance(node, ast.Constant)


def tight(node, wanted):
    """Return the LaTeX of a node, in brackets if it holds together less."""
    text, bond = tex(node)
    return text if bond >= wanted else brackets(text)


def brackets(text):
    """Return LaTeX in brackets that are as tall as it is."""
    tall = r"\frac" in text or r"\sum" in text
    return rf"\left({text}\right)" if tall else f"({text})"


def call(name, items):
    """Return the LaTeX of a call such as sin(x) or f(x, y)."""
    inside = ", ".join(tex(x)[0] for x in items)
    plain = name.replace("PRIME", "'")
    if plain == "sqrt":
        return rf"\sqrt{{{inside}}}", ATOM
    if plain == "factorial":
        return tight(items[0], ATOM) + "!", ATOM
    if plain == "sum":
        return rf"\sum {tight(items[0], TERM)}", TERM
    if not CALLABLE.fullmatch(plain):  # a class: that is code
        raise NotAFormula(plain)
    if plain in FUNCTIONS:
        head = rf"\{plain}"
    elif len(plain.rstrip("'")) == 1:
        head = plain
    else:
        head = rf"\operatorname{{{escaped(plain)}}}"
    return head + brackets(inside), ATOM


def symbol(name):
    """Return the LaTeX of a name: x0, gx, gamma, rate."""
    if match := re.fullmatch(r"D__(\w+)__(\w+)", name):
        return rf"\frac{{d{symbol(match[1])}}}{{d{symbol(match[2])}}}"
    if name == "DOTS":
        return r"\dots"
    if "_SPACE_" in name:
        return rf"\text{{{name.replace('_SPACE_', ' ')}}}"
    base, primes = name.replace("PRIME", ""), "'" * name.count("PRIME")
    if match := re.fullmatch(r"([A-Za-z])(\d+)", base):
        return f"{match[1]}{primes}_{{{match[2]}}}"
    if match := re.fullmatch(r"([gv])(angle|[xyWbcphtr]\d*)", base):
        return f"{match[1]}{primes}_{{{symbol(match[2])}}}"
    if base in GREEK:
        return rf"\{base}{primes}"
    if base == "eps":
        return rf"\varepsilon{primes}"
    return (base if len(base) == 1 else rf"\mathrm{{{escaped(base)}}}") + primes


def number(value):
    """Return the LaTeX of a number."""
    text = repr(value)
    if match := re.fullmatch(r"1e([-+]?\d+)", text):
        return f"10^{{{int(match[1])}}}"
    if "e" in text:
        raise NotAFormula(text)
    return text


def escaped(name):
    """Return a name with its underscores escaped for LaTeX."""
    return name.replace("_", r"\_")
