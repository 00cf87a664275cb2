"""Blocks of formulas, side by side and one below the other, as LaTeX."""

import re

from .formula import NotAFormula, formula

TEXT = re.compile(r"\(?[A-Za-z][A-Za-z0-9 ,.:;'-]*\)?")


def typeset(lines):
    """Return the LaTeX of a block of lines, or None if one is not a formula.

    Formulas may be side by side, two blanks or more apart, with words beside them;
    those that begin in the same column are aligned.
    """
    rows = []  # of {column: text}
    for line in lines:
        row = {m.start(): m[0] for m in re.finditer(r"\S+(?: \S+)*", line)}
        first = min(row)
        for at in sorted(row)[1:]:  # '= 2' after two blanks goes on
            if re.match(r"(=|~|<=|[+-]=) ", row[at]):
                row[first] += " " + row.pop(at)
            first = at if at in row else first
        on = rows and rows[-1][min(rows[-1])].endswith(" of")
        if on or rows and re.match(r"[-+*/@] ", row[min(row)]):  # goes on from above
            for at, text in zip(sorted(rows[-1]), row.values()):
                rows[-1][at] += " " + text
        else:
            rows.append(row)
    try:
        cells = [{at: segment(text) for at, text in row.items()} for row in rows]
    except NotAFormula:
        return None
    if not any(left and right for row in cells for left, right in row.values()):
        return None
    columns = sorted({at for row in cells for at in row})
    ends = [at + len(text) for row in rows for at, text in row.items()]
    starts = [at for row in rows for at in row]
    texts = []
    for row, source in zip(cells, rows):
        if any(a < c < b for a, b in zip(starts, ends) for c in columns):
            parts = [" ".join(pair).strip() for _, pair in sorted(row.items())]
            wide = sum(map(len, source.values())) > 90
            gap = " \\\\\n& \\quad " if wide else r" \quad "
            texts.append("& " + gap.join(parts))  # no columns to align
            continue
        pairs = [row.get(at, ("", "")) for at in columns]
        while pairs[-1] == ("", ""):
            pairs.pop()
        texts.append(r" &\quad ".join(f"{a} & {b}".strip() for a, b in pairs))
    if len(texts) == 1 and len(columns) == 1:
        return texts[0].replace("& ", "")
    body = " \\\\\n".join(texts)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def segment(text):
    """Return (left, right) of one formula, or of words between formulas."""
    words = TEXT.fullmatch(text)
    if words and not re.search(r"\w\(", text):
        return "", rf"\text{{{text}}}"
    return formula(text)[0]
