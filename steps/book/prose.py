"""The text of a docstring as Markdown: code in backticks, formulas typeset."""

import ast
import functools
import itertools
import re
import textwrap

from .reader import find_steps, parse_step
from .typeset import typeset
from .words import ITALICS


def nested(left, right, depth=3):
    """Return the pattern of brackets with brackets inside them."""
    inside = rf"[^\{left}\{right}]"
    if depth:
        inside = rf"(?:{inside}|{nested(left, right, depth - 1)})"
    return rf"\{left}{inside}*\{right}"


PART = (
    r"(?:log [a-z]\b|[A-Za-z_]\w*(?:'+(?=\())?"  # a name, or f' in f'(x)
    r"|\.\.\.|\d+ [A-Z]\b|\d+(?:,\d{3})*(?:\.\d+)?(?:\.\.\.|e-?\d+)?)"  # 2 P, 0.5...
)
TAIL = rf"(?:\.[A-Za-z_]\w*|{nested('(', ')')}|{nested('[', ']')})*"
INSIDE = rf"(?:{nested('(', ')')}|{nested('[', ']')})"
ITEM = rf"(?:{PART}{TAIL}|{nested('(', ')')})"
OPERATOR = (
    r"\s?(?:\*\*|@)\s?|\s\*\s|(?<=\S)\*(?=\S)"  # a * b or a*b; a *b* is a term
    r"|\s(?://|/|\+|-|=|\+=|-=|==|<=|>=)\s|(?<=\w)=(?=\w)"
)
PATH = r"(?:[\w.-]+/)+[\w-]+\.[a-z]+"
WORD = re.compile(r"\w+|.", re.DOTALL)
PIECE = re.compile(
    rf"(?P<said>`[^`]+`)|(?P<path>{PATH})|(?P<term>{ITALICS.pattern})"
    rf"|(?P<ratio>\bd\w*{INSIDE}*/d\w+{INSIDE}*(?<=[\])\w])(?!\w))"
    rf"|(?P<code>(?<![\w.])-?(?P<item>{ITEM})(?:(?:{OPERATOR})-?{ITEM})*(?!\w))"
    rf"|(?P<other>.)",
    re.DOTALL,
)


def prose(text, links=None):
    """Return text as Markdown: code in backticks, all other signs escaped.

    links maps the number of a step to where it is.

    >>> prose("x.grad is 2 * x, a < b, and snake_case (step 3)", {3: "#step03"})
    '`x.grad` is `2 * x`, a \\\\< b, and `snake_case` ([step 3](#step03))'
    """
    found, at = [], 0
    while match := PIECE.match(text, at):
        piece, at = match[0], match.end()
        if match["said"]:
            found.append(" ".join(piece.split()))
        elif match["term"]:
            found.append(f"*{escape(' '.join(match['term'][1:-1].split()))}*")
        elif match["ratio"] and re.search(r"[(\[]", piece):  # dy[i]/dx[j]
            found.append(f"`{piece}`")
        elif match["path"] or match["code"] and is_code(piece):
            found.append(f"`{' '.join(piece.split())}`")
        elif match["code"] and is_code(match["item"]):  # x.grad of: x.grad - mostly
            at = match.end("item")
            found.append(f"`{' '.join(text[match.start() : at].split())}`")
        else:  # a word, a bracket, a sign; then look again at what follows
            at = WORD.match(text, match.start()).end()
            found.append(escape(text[match.start() : at]))
    text = "".join(found)
    text = re.sub(r"^([#>+=-])", r"\\\1", text, flags=re.M)
    text = re.sub(r"^(\d+)\.(?= )", r"\1\\.", text, flags=re.M)

    def link(match):
        where = (links or {}).get(int(match[2]))
        return f"[{match[0]}]({where})" if where else match[0]

    return re.sub(r"\b([Ss]tep\s)(\d+)\b(?!['’]?\w*`)", link, text)


@functools.cache
def is_code(piece):
    """Say whether a piece of prose is surely code."""
    if re.fullmatch(r"e\.g|i\.e|[-(]?\d[\d,.]*[%)]?", piece):
        return False
    if re.fullmatch(r"[a-z]\w*=[\w.]+", piece):  # style=filled
        return True
    try:
        text = " ".join(piece.replace("'", "").split())
        text = re.sub(r"(\d) (?=[A-Z])", r"\1 * ", text)
        text = re.sub(r"\blog (\w)", r"log(\1)", text)
        tree = ast.parse(text).body[0]
    except SyntaxError:
        sides = text.split(" = ")  # 8 * 2**3 = 64
        return len(sides) > 1 and "*" in text and all(map(is_side, sides))
    if isinstance(tree, (ast.Assign, ast.AugAssign)):
        return is_known(tree)
    if not isinstance(tree, ast.Expr):  # pass, break
        return False
    if piece.startswith("("):
        return bool(re.search(r"\*|@| [-+/] ", piece)) and is_known(tree)
    match tree.value:
        case ast.Name(id=name):
            return "_" in name and name != "_"
        case ast.Attribute() | ast.Call() | ast.Subscript():
            return True
        case ast.BinOp() | ast.Compare() | ast.UnaryOp():
            return not re.fullmatch(r"-?[\w.,]+", piece) and is_known(tree)
    return False


def is_side(text):
    """Say whether a text is one side of an equation between known names."""
    try:
        return is_known(ast.parse(text, mode="eval"))
    except SyntaxError:
        return False


def is_known(tree):
    """Say whether the names in it are x0, gy1, or names in the code of a step."""
    names = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
    words = {x for x in names if not re.fullmatch(r"g?[A-Za-z]\d*", x)}
    return words <= identifiers()


@functools.cache
def identifiers():
    """Return all names in the code of the steps."""
    return {
        getattr(x, "id", None) or getattr(x, "attr", None) or getattr(x, "arg", None)
        for path in find_steps().values()
        for x in ast.walk(parse_step(path))
    }


def escape(text):
    """Return text with a backslash before each sign that Markdown would use."""
    return re.sub(r"([\\`*_<$|~]|\](?=\())", r"\\\1", text)


def markdown(text, links):
    """Return the prose of a docstring as Markdown, its blocks with it."""
    result, block = [], []
    for paragraph, indented in paragraphs(text):
        if indented:
            block.append(paragraph)
            continue
        result += blocks(block)
        block = []
        if all(re.match(r"\d\. |   ", line) for line in paragraph):
            result.append(items(paragraph, links))
        else:
            margin = "   " if paragraph[0].startswith("   ") else ""
            words = prose("\n".join(line.strip() for line in paragraph), links)
            result.append(textwrap.indent(words, margin))
    result += blocks(block)
    return "\n\n".join(result)


def paragraphs(text):
    """Yield (lines, indented?) of the paragraphs of a text."""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = paragraph.split("\n")
        for indented, run in itertools.groupby(lines, lambda x: x.startswith("    ")):
            yield list(run), indented


def items(lines, links):
    """Return a numbered list: its numbers keep their meaning."""
    result = []
    for line in lines:
        head = re.match(r"\d\. |   ", line)[0]
        result.append(head + prose(line[len(head) :], links))
    return "\n".join(result)


def blocks(indented):
    """Return the indented paragraphs: formulas typeset, the rest as they are."""
    result, text = [], []
    for lines in indented:
        tex_code = typeset(lines)
        if tex_code is None:
            text.append("\n".join(lines))
            continue
        result += [fenced(text)] * bool(text) + [f"$$\n{tex_code}\n$$"]
        text = []
    return result + [fenced(text)] * bool(text)


def fenced(paragraphs):
    """Return a block of code or of text: a drawing, a table."""
    text = textwrap.dedent("\n\n".join(paragraphs))
    try:
        ast.parse(text)
        language = "python"
    except SyntaxError:
        language = "text"
    return f"```{language}\n{text}\n```"
