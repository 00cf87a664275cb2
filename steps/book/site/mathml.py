"""LaTeX as formula.py and the gallery write it, as MathML, which browsers draw."""

import re
from html import escape

TOKEN = re.compile(r"\\(?:[a-zA-Z]+|.)|\d+(?:[.,]\d+)*|\S", re.DOTALL)
SIGNS = {
    "cdot": "·",
    "dots": "…",
    "cdots": "⋯",
    "approx": "≈",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
    "in": "∈",
    "sim": "∼",
    "leftarrow": "←",
    "rightarrow": "→",
    "to": "→",
    "top": "⊤",
    "times": "×",
    "odot": "⊙",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lVert": "‖",
    "rVert": "‖",
    "mid": "∣",
    "partial": "∂",
    "nabla": "∇",
    "infty": "∞",
    "sum": "∑",
    "prod": "∏",
    "{": "{",
    "}": "}",
    "|": "‖",
    "-": "−",
    "*": "∗",
    "'": "′",
}
LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "theta": "θ",
    "lambda": "λ",
    "mu": "μ",
    "sigma": "σ",
    "pi": "π",
    "phi": "φ",
    "varepsilon": "ε",
    "epsilon": "ϵ",
    "ell": "ℓ",
}
NAMES = {"sin", "cos", "tan", "tanh", "exp", "log", "max", "min"}
SPACES = {"quad": 1, "qquad": 2, ",": 0.17, ";": 0.28, " ": 0.3, "!": 0}
RELATIONS = {f"<mo>{sign}</mo>" for sign in "=≈≤≥→←"}
LONG = 12  # pieces: so many fit into a line on a phone
SIZES = {"left", "right", "bigl", "bigr", "Bigl", "Bigr", "big", "displaystyle"}


class UnknownTex(ValueError):
    """A command that this does not know."""


def mathml(tex, block=True):
    """Return the MathML of a formula; raise UnknownTex for an unknown command.

    >>> mathml("x^{2}", block=False)
    '<math><msup><mi>x</mi><mrow><mn>2</mn></mrow></msup></math>'
    """
    if not block:
        return "<wbr>".join(f"<math>{part}</math>" for part in lines(tex))
    aligned = re.fullmatch(r"\\begin\{aligned\}(.*)\\end\{aligned\}", tex.strip(), re.S)
    body = table(aligned[1]) if aligned else Parser(tex).row()
    return f'<math display="block">{body}</math>'


def lines(tex):
    """Return a formula within a text in parts; a line may end between them."""
    found = Parser(tex).pieces()
    starts = [i for i, piece in enumerate(found) if piece in RELATIONS]
    if len(found) <= LONG:
        starts = []
    cuts = [0, *starts, len(found)]
    return ["".join(found[a:b]) for a, b in zip(cuts, cuts[1:]) if a < b]


def table(tex):
    """Return rows of formulas, aligned as the & say."""
    rows = []
    for row in tex.strip().split("\\\\\n"):
        cells = [Parser(cell).row() for cell in row.split("&")]
        rows.append("".join(f"<mtd>{cell}</mtd>" for cell in cells))
    inside = "".join(f"<mtr>{row}</mtr>" for row in rows)
    return f'<mtable displaystyle="true">{inside}</mtable>'


class Parser:
    """Reads a formula from left to right."""

    def __init__(self, tex):
        self.tex, self.at = tex, 0

    def peek(self):
        """Return the next token, or None."""
        match = TOKEN.search(self.tex, self.at)
        return match[0] if match else None

    def take(self):
        """Return the next token, and move past it."""
        match = TOKEN.search(self.tex, self.at)
        if not match:
            raise UnknownTex(self.tex)
        self.at = match.end()
        return match[0]

    def row(self, end=None):
        """Return what comes before a token, or before the end."""
        return "".join(self.pieces(end))

    def pieces(self, end=None):
        """Return that as a list."""
        found = []
        while (token := self.peek()) is not None and token != end:
            found.append(self.scripted())
        if end:
            self.take()
        return found

    def scripted(self):
        """Return one piece with what is above and below it."""
        base, scripts = self.atom(), {}
        primes = ""
        while self.peek() == "'":
            primes += SIGNS[self.take()]
        while self.peek() in ("^", "_"):
            sign = self.take()
            scripts[sign] = self.atom()
        if primes:
            upper = f"<mo>{primes}</mo>{scripts.get('^', '')}"
            scripts["^"] = f"<mrow>{upper}</mrow>"
        gap = base[4:-5] in NAMES and self.peek() not in (None, "(", "}", "\\left")
        gap = '<mspace width="0.17em"></mspace>' * gap  # log p, but log(p)
        if not scripts:
            return base + gap
        kind = "m" + "sub" * ("_" in scripts) + "sup" * ("^" in scripts)
        if base in ("<mo>∑</mo>", "<mo>∏</mo>") or base.startswith("<munder>"):
            kind = kind.replace("sub", "under").replace("sup", "over")
        inside = base + scripts.get("_", "") + scripts.get("^", "")
        return f"<{kind}>{inside}</{kind}>{gap}"

    def raw(self):
        """Return the text of the next group as it is."""
        match = re.compile(r"\s*\{((?:[^{}]|\{[^{}]*\})*)\}").match(self.tex, self.at)
        if not match:
            raise UnknownTex(self.tex[self.at :])
        self.at = match.end()
        return re.sub(r"\\(?=[_ ])|[{}]", "", match[1])

    def atom(self):
        """Return the next piece."""
        token = self.take()
        if token == "{":
            return f"<mrow>{self.row('}')}</mrow>"
        if token.startswith("\\"):
            return self.command(token[1:])
        if token[0].isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        if token in "}^_&~$#":
            raise UnknownTex(token)
        stretchy = ' stretchy="false"' if token in "()[]|" else ""
        return f"<mo{stretchy}>{escape(SIGNS.get(token, token))}</mo>"

    def command(self, name):
        """Return what a command makes."""
        if name in ("frac", "binom"):
            return f"<mfrac>{self.atom()}{self.atom()}</mfrac>"
        if name == "sqrt":
            return f"<msqrt>{self.atom()}</msqrt>"
        if name in ("hat", "bar", "tilde"):
            mark = {"hat": "^", "bar": "¯", "tilde": "~"}[name]
            return f'<mover accent="true">{self.atom()}<mo>{mark}</mo></mover>'
        if name == "underbrace":
            return f"<munder>{self.atom()}<mo>⏟</mo></munder>"
        if name in ("mathrm", "operatorname", "mathbf"):
            return f'<mi mathvariant="normal">{escape(self.raw())}</mi>'
        if name == "text":
            return f"<mtext>{escape(self.raw())}</mtext>"
        if name in ("mathrel", "mathbin"):
            return f"<mo>{escape(self.raw())}</mo>"
        if name in SIZES:  # brackets are as tall as what they hold
            if name == "displaystyle" or self.peek() is None:
                return ""
            token = self.take()
            sign = SIGNS.get(token.lstrip("\\"), token)
            return "" if sign == "." else f"<mo>{escape(sign)}</mo>"
        if name in SPACES:
            return f'<mspace width="{SPACES[name]}em"></mspace>'
        if name in NAMES:
            return f"<mi>{name}</mi>"
        if name in LETTERS:
            return f"<mi>{LETTERS[name]}</mi>"
        if name in SIGNS:
            return f"<mo>{escape(SIGNS[name])}</mo>"
        raise UnknownTex(f"\\{name}")
