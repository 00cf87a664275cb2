"""The page of a step."""

import ast
import re
from html import escape

from ..cells import capital, definitions, demos, names_used, pictures, place
from ..diff import diff_lessons, imports
from ..prose import prose
from ..reader import chapter_of
from .code import coloured_diff, listed_steps, pieces, pre, python, trimmed
from .frame import folded, section
from .markup import html, inline
from .terms import Terms


def title(step):
    """Return the title of a step as HTML."""
    return f"Step {step.number}. {inline(prose(step.title))}"


class Page:
    """A step as HTML. A short page has what an e-reader can show, and no more."""

    def __init__(self, material, number, short=False):
        self.material, self.short = material, short
        self.lesson = material.lessons[number]
        self.step = self.lesson.step
        self.terms = Terms(material.words, number)
        self.links = {**material.links, number: None}
        self.ids = set()

    def text(self, text):
        """Return prose of a step as HTML."""
        made = self.material.draft(text, self.step.number)
        return html(made, self.terms, self.material.target)

    def line(self, text):
        """Return a sentence of a step as HTML."""
        return inline(prose(text, self.links), self.terms, self.material.target)

    def body(self):
        """Return all of the page."""
        parts = [self.head()]
        if not self.short:
            parts.append(self.changes())
        parts.append(section("idea", "The idea", self.text(self.step.prose), "prose"))
        parts += [self.code(), self.output(), self.exercise()]
        parts.append(section("package", "Where it lives", self.package()))
        return "\n".join(part for part in parts if part)

    def head(self):
        """Return the title, the idea, and what to type."""
        number, step = self.step.number, self.step
        chapter, name = chapter_of(number)
        idea = step.idea
        first = re.match(r"[a-z]+(?=[ ,])", idea)
        if first and first[0] not in names_used(self.lesson):
            idea = idea[0].upper() + idea[1:]
        idea = inline(prose(idea))
        run = f"<code>python -m steps run {number}</code>"
        where = f'<a href="chapter{chapter}.html">Chapter {chapter}. {name}</a>'
        file = f"steps/{step.path.name}"
        lines = [
            f"<h1>{title(step)}</h1>",
            f'<p class="idea">{idea}</p>',
            f'<p class="meta">{where} &middot; {file} &middot; {run}</p>',
        ]
        if number in self.material.players:
            file, about = self.material.players[number]
            about = escape(about, quote=False)
            play = f"<code>python -m steps play {number}</code>"
            link = f'<a class="play" href="{file}">Watch backward run</a>: {about}'
            link = link if file else f"Watch backward run, {about}: {play}"
            if not self.short:
                lines.append(f'<p class="player">{link}</p>')
        return "\n".join(lines)

    def changes(self):
        """Return the diff to the step before."""
        before = self.material.lessons.get(self.step.number - 1)
        if before is None:
            return ""
        lines = diff_lessons(before, self.lesson)
        count = [sum(x[:1] == sign for x in lines[2:]) for sign in "+-"]
        summary = (
            f"What changes since step {before.number}: {count[0]} "
            f"line{'s' * (count[0] != 1)} added, {count[1]} removed"
        )
        return folded(summary, coloured_diff(lines), "changes", "changes")

    def code(self):
        """Return the imports and the definitions, each beside its text."""
        rows = []
        if found := imports(self.lesson):
            rows.append(self.pair("", python("\n".join(found))))
        for carried, origins, text, source in definitions(self.lesson):
            if carried:
                rows.append(self.carried(origins, source))
            else:
                rows.append(self.pair(text, self.definition(source), self.name(source)))
        for text, source in demos(self.lesson):
            rows.append(self.pair(text, python(source), first=not self.seen("program")))
        return section("code", "The code", "\n".join(rows), "code")

    def seen(self, name):
        """Say whether an id was given before; it is, from now on."""
        known = name in self.ids
        self.ids.add(name)
        return known

    def name(self, source):
        """Return the id of a definition: its name."""
        match = re.search(r"^(?:class|def) (\w+)|^(\w+)", source, re.MULTILINE)
        name = match and (match[1] or match[2])
        return "" if not name or self.seen(name) else f"def-{name}"

    def pair(self, text, code, name="", first=False):
        """Return code, and the text that explains it."""
        text = self.text(text) if text else ""
        if first:
            text = f'<p id="program"><strong>The program</strong></p>{text}'
        name = f' id="{name}"' if name else ""
        kind = "pair" if text else "pair alone"
        left = f'<div class="said">{text}</div>' if text else ""
        return f'<div class="{kind}"{name}>{left}<div class="shown">{code}</div></div>'

    def definition(self, source):
        """Return new code; what a class carries over is folded away."""
        result = []
        for carried, rows in pieces(source):
            rows = trimmed(source, rows)
            if not rows:
                continue
            code = python(source, rows)
            if carried:
                lines = [source.split("\n")[i] for i in rows]
                code = self.fold(self.origins(source, lines), len(rows), code)
            result.append(code)
        return "\n".join(result)

    def origins(self, source, lines):
        """Return the steps from which the members in some lines of a class come."""
        owner = re.search(r"^class (\w+)", source, re.MULTILINE)
        text = "\n".join(lines)
        names = re.findall(r"^    (?:def )?(\w+)(?=\(| = )", text, re.MULTILINE)
        keys = [f"{owner[1]}.{name}" for name in names] if owner else []
        found = [self.lesson.definitions.get(key) for key in keys]
        return sorted({d.origin for d in found if d and d.origin})

    def carried(self, origins, source):
        """Return code from earlier steps, folded away."""
        count = source.count("\n") + 1
        return f'<div class="wide">{self.fold(origins, count, python(source))}</div>'

    def fold(self, origins, count, code):
        """Return what is carried over, folded away under one line."""
        known = [n for n in origins if n in self.material.links]
        named = known and len(known) == len(origins)
        steps = listed_steps(origins, self.material.link) if named else ""
        steps = steps or f"steps {', '.join(map(str, origins))}"
        lines = "1 line" if count == 1 else f"{count} lines"
        summary = f"Carried over from {steps}, {lines}"
        if self.short:
            return f'<p class="carried">{summary}</p>'
        return folded(re.sub(r"</?a\b[^>]*>", "", summary), code, kind="carried")

    def output(self):
        """Return what the step prints, and what it draws."""
        step, parts = self.step, []
        if step.output is None:
            return ""
        parts.append(pre(escape(step.output, quote=False), "output"))
        for name in pictures(step):
            if name not in self.material.pictures:
                command = f"<code>python -m steps run {step.number}</code>"
                parts.append(f'<p class="meta">{name} is drawn by {command}.</p>')
                continue
            alt = escape(step.pictures.get(name, name), quote=True)
            png = self.material.pictures[name]
            size = [int.from_bytes(png[i : i + 4], "big") for i in (16, 20)]
            size = 'width="{}" height="{}"'.format(*size)
            parts.append(
                f'<figure><img src="figures/{name}" alt="{alt}" {size} loading="lazy">'
                f"<figcaption>figures/{name}</figcaption></figure>"
            )
        return section("output", "What it prints", "\n".join(parts))

    def exercise(self):
        """Return the exercise, the command that judges it, and the answer."""
        step = self.step
        if not step.exercise:
            return ""
        words = self.line(capital(step.exercise, names_used(self.lesson)))
        parts = [
            f"<p>{words}</p>",
            f"<p><code>python -m steps try {step.number}</code> makes a file for your "
            "answer, and judges it if a program can.</p>",
        ]
        if answer := self.material.answers.get(step.number):
            inside = [self.text(answer.text), python(answer.code)]
            inside.append(pre(escape(answer.output, quote=False), "output"))
            made = "\n".join(inside)
            parts.append(made if self.short else folded("Our answer", made, "answer"))
            if self.short:
                parts[-1] = f'<p id="answer"><strong>Our answer</strong></p>\n{made}'
        return section("exercise", "Exercise", "\n".join(parts))

    def package(self):
        """Return where the code is in the package, its tests, and what to do next."""
        step, names, parts = self.step, self.material.names, []
        if step.in_package:
            made = inline(place(step.in_package), self.terms, self.material.target)
            made = re.sub(r"(?<!\">)<code>([\w.]+)</code>", names.linked, made)
            parts.append(f"<p>In the package: {made}.</p>")
        if step.words:
            mine = [w for w in self.material.words if w.step == step.number]
            words = [self.terms.anchor(w, escape(w.term, quote=False)) for w in mine]
            parts.append(f"<p>New words: {', '.join(words)}.</p>")
        tests = self.material.folder.parent / "tests" / f"test_step{step.number:02d}.py"
        if not self.short and tests.exists():
            source = tests.read_text(encoding="utf-8").rstrip("\n")
            count = len(
                [
                    node
                    for node in ast.parse(source).body
                    if getattr(node, "name", "").startswith("test_")
                ]
            )
            summary = f"Its tests: tests/{tests.name}, {count} of them"
            code = pre(escape(source, quote=False), "code")
            parts.append(folded(summary, code, "tests"))
        parts.append(
            f"<p><code>python -m steps start {step.number}</code> gives you this step "
            f"with gaps to fill, and <code>python -m steps check {step.number}</code> "
            "judges your file.</p>"
        )
        return "\n".join(parts)
