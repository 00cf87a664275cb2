"""Numbers and formulas as text: short in the picture, in full in a sentence.

short(array)               29.5562          [1 2 3]        (5, 3)
full(array)                29.5562243957226
                           (5, 3) float64 [[0.1 0.2 0.3] [0.4 0.5 0.6] ...]
backward_formulas(func, 2) [("gx0", "gy * x1"), ("gx1", "gy * x0")]
with_numbers("gy * x1", {"gy": 2.0, "x1": 3.0})
                           "2.0 * 3.0"
"""

import ast
import inspect
import operator
import re

import numpy as np

# The formulas of gradients, for Functions whose docstring does not give them.
FORMULAS = {
    "Add": ["gy", "gy"],
    "Clip": ["gy where x is inside, else 0"],
    "Cos": ["-gy * sin(x)"],
    "Div": ["gy / x1", "gy * (-x0 / x1**2)"],
    "Dropout": ["gy * mask / (1 - ratio)"],
    "Exp": ["gy * y"],
    "GetItem": ["gy where x was picked, else 0"],
    "Linear": ["gy @ W.T", "x.T @ gy", "sum of gy over rows"],
    "Log": ["gy / x"],
    "MatMul": ["gy @ W.T", "x.T @ gy"],
    "Max": ["gy shared among the largest of x, else 0"],
    "Mean": ["gy / n for each of the n elements"],
    "Min": ["gy shared among the smallest of x, else 0"],
    "MeanSquaredError": ["gy * 2 * (x0 - x1) / N", "-gx0"],
    "Mul": ["gy * x1", "gy * x0"],
    "Neg": ["-gy"],
    "Pow": ["c * x**(c - 1) * gy"],
    "ReLU": ["gy where x > 0, else 0"],
    "Reshape": ["gy in the shape of x"],
    "Sigmoid": ["gy * y * (1 - y)"],
    "Sin": ["gy * cos(x)"],
    "SoftmaxCrossEntropy": ["gy * (softmax(x) - one_hot(t)) / N", "none"],
    "Square": ["2 * x * gy"],
    "Stack": ["the rows of gy, one for each input"],
    "Sub": ["gy", "-gy"],
    "Sum": ["gy for each element"],
    "Tanh": ["gy * (1 - y * y)"],
    "Transpose": ["gy.T"],
}
INPUTS = {"Linear": "x W b", "MatMul": "x W", "SoftmaxCrossEntropy": "x t"}


def clip(name, most=32):
    """Return a name as one short line, whatever it holds."""
    text = "".join(c if c.isprintable() else " " for c in str(name)[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


def is_variable(v):
    """Tell whether v is a Variable, of any engine, and no array or number."""
    return hasattr(v, "data") and hasattr(v, "grad") and not isinstance(v, type)


def array_of(v):
    """Return the ndarray in a Variable or in an array of any kind, or None."""
    if is_variable(v):
        v = v.data
    if v is None:
        return None
    return np.asarray(v.get() if hasattr(v, "get") else v)


def short(v):
    """Return a value as the picture shows it."""
    a = array_of(v)
    if a is None:
        return "None"
    if a.ndim == 0:
        text = str(a[()])
        return text if len(text) < 9 or a.dtype.kind not in "fc" else f"{a[()]:.6g}"
    return corner(a) if a.ndim == 1 and a.size <= 3 else str(a.shape)


def full(v):
    """Return a value as a sentence gives it."""
    a = array_of(v)
    if a is None:
        return "None"
    return str(a[()]) if a.ndim == 0 else f"{a.shape} {a.dtype} {corner(a)}"


def corner(a):
    """Return the first elements of an array with axes."""
    rows, columns = 2, 8 if a.ndim == 1 else 3
    if a.size == 0:
        return "[]"
    lines = []
    table = a.reshape(-1, a.shape[-1])
    for row in table[:rows]:
        numbers = [_digits(x) for x in row[:columns]]
        more = [] if a.shape[-1] <= columns else ["…"]
        lines.append(f"[{' '.join(numbers + more)}]")
    if a.ndim == 1:
        return lines[0]
    return f"[{' '.join(lines)}{'' if len(table) <= rows else ' …'}]"


def _digits(x):
    return f"{x:.4g}" if np.asarray(x).dtype.kind == "f" else clip(x, 12)


def same(a, b):
    """Tell whether two values are equal, up to rounding."""
    a, b = array_of(a), array_of(b)
    if a is None or b is None:
        return a is b
    if a.shape != b.shape:
        return False
    if a.dtype.kind not in "fciub" or b.dtype.kind not in "fciub":
        return bool(np.all(a == b))
    with np.errstate(all="ignore"):
        return bool(np.allclose(a, b, rtol=1e-5, atol=1e-12, equal_nan=True))


# --- formulas -----------------------------------------------------------------


def backward_formulas(func, count):
    """Return [(gradient, formula)], one for each of count inputs, or nothing."""
    said = _gradients_said(func)
    if len(said) == count:
        return said
    table = _looked_up(FORMULAS, func) or []
    if len(table) < count:
        return []
    places = [f"g{place}" for place in input_names(func, count)]
    return list(zip(places, table))


def input_names(func, count):
    """Return the names that a Function's formulas give to its inputs."""
    said = _gradients_said(func)
    if len(said) == count:
        return [target[1:] for target, _ in said]
    known = (_looked_up(INPUTS, func) or "").split()
    if len(known) >= count:
        return known[:count]
    return ["x"] if count == 1 else [f"x{i}" for i in range(count)]


def forward_formula(func):
    """Return the formula of y in the docstring of a Function's class, or None."""
    for cls in type(func).__mro__[:-1]:
        said = _said(cls, "y")
        if said:
            return said[0][1]
    return None


def _looked_up(table, func):
    """Return a table's entry for the class of a Function, or for a base class."""
    names = [cls.__name__ for cls in type(func).__mro__]
    return next((table[name] for name in names if name in table), None)


def _gradients_said(func):
    """Return [("gx0", formula), ...] from the docstring of a Function's class."""
    for cls in type(func).__mro__[:-1]:
        said = [(name, text) for name, text in _said(cls, r"g\w+") if name != "gy"]
        if said:
            return said
    return []


def _said(cls, target):
    """Return [(target, formula)] from the docstring of a class."""
    text = inspect.cleandoc(cls.__doc__ or "")
    found = []
    ends = r"[,;:]? (?:so |and )?g\w+ = | with |[,;] (?!\w+\))|\.?$"
    for name, formula in re.findall(rf"\b({target}) = (.+?)(?={ends})", text, re.M):
        try:
            ast.parse(formula, mode="eval")
        except (SyntaxError, ValueError):
            continue
        found.append((name, formula))
    return found


def with_numbers(formula, known):
    """Return a formula with numbers in place of names, or None."""
    arrays = {name: array_of(v) for name, v in known.items()}

    def number(found):
        name = found[0]
        if name in KNOWN or arrays[name].ndim:
            return name
        text = str(arrays[name][()])
        return f"({text})" if text.startswith("-") else text

    try:
        names = {n.id for n in ast.walk(ast.parse(formula, mode="eval")) if is_name(n)}
        if any(name not in KNOWN and arrays[name].ndim for name in names):
            return None
        return re.sub(r"(?<![\w.])[A-Za-z_]\w*", number, formula)
    except (KeyError, SyntaxError, ValueError, AttributeError):
        return None


def is_name(node):
    """Tell whether a node in the tree of a formula is a name."""
    return isinstance(node, ast.Name)


KNOWN = {name: getattr(np, name) for name in "sin cos exp log tanh sqrt abs e".split()}
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: operator.matmul,
}


def computed(formula, known):
    """Return the value of a formula; None if it is more than arithmetic."""

    def value(node):
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.Name):
            return KNOWN.get(node.id) if node.id in KNOWN else array_of(known[node.id])
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        if isinstance(node, ast.Call) and node.func.id in KNOWN:
            return KNOWN[node.func.id](*map(value, node.args))
        if isinstance(node, ast.Attribute) and node.attr == "T":
            return value(node.value).T
        raise KeyError(node)

    try:
        with np.errstate(all="ignore"):
            return value(ast.parse(formula, mode="eval").body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    except (SyntaxError, ZeroDivisionError):
        return None


def worked(target, formula, known, result):
    """Return "gx = gy * x1 = 2.0 * 3.0 = 6.0", as far as it is true."""
    if formula is not None:
        expected = computed(formula, known)
        if expected is not None and not same(expected, result):
            formula = None  # summed to a shape, or the docstring is wrong
    parts = [target]
    if formula is not None:
        parts.append(formula)
        numbers = with_numbers(formula, known)
        if numbers is not None and numbers != formula:
            parts.append(numbers)
    if parts[-1] != full(result):
        parts.append(full(result))
    return " = ".join(parts)
