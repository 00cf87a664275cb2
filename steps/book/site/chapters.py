"""The pages that are about more than one step."""

from html import escape

from ..cells import capital
from ..chapter import PROMISES
from ..prose import markdown, prose
from ..reader import CHAPTERS, chapter_of
from .code import pre, python
from .frame import TITLE, section
from .markup import html, inline
from .terms import Terms, slug

CHAPTER = "Chapter {}. {}"


def of_chapter(material, chapter):
    """Return the numbers of the steps of a chapter that have a page."""
    return [n for n in material.order if chapter_of(n)[0] == chapter]


def chapters(material):
    """Return the numbers of the chapters."""
    return sorted({chapter_of(n)[0] for n in material.order})


def steps_table(material, numbers):
    """Return a table of steps."""
    rows = []
    for n in numbers:
        step = material.lessons[n].step
        link = f'<a href="{material.link(n)}">{inline(prose(step.title))}</a>'
        idea = inline(prose(step.idea))
        rows.append(f"<tr><td>{n}</td><td>{link}</td><td>{idea}</td></tr>")
    head = "<tr><th>Step</th><th>Title</th><th>Its one idea</th></tr>"
    body = "\n".join(rows)
    return f'<table class="steps"><thead>{head}</thead><tbody>{body}</tbody></table>'


def chapter_page(material, chapter, short=False):
    """Return what a chapter is for, its steps, and its milestone."""
    numbers = of_chapter(material, chapter)
    promises = [f"<li>{inline(text)}</li>" for text in PROMISES[chapter]]
    parts = [
        f"<h1>{CHAPTER.format(chapter, CHAPTERS[chapter - 1][1])}</h1>",
        f"<p>At the end you can</p>\n<ul>{''.join(promises)}</ul>",
        section("steps", "The steps", steps_table(material, numbers)),
    ]
    if not short and (found := material.milestones.get(chapter)):
        parts.append(milestone(material, found, numbers))
    return "\n".join(parts)


def milestone(material, found, numbers):
    """Return the milestone of a chapter."""
    text = html(
        markdown(found.text, material.links),
        Terms(material.words, max(numbers)),
        material.target,
    )
    inside = [
        text,
        python(found.code),
        pre(escape(found.output, quote=False), "output"),
    ]
    return section("milestone", inline(prose(found.title)), "\n".join(inside))


def first_page(material):
    """Return the first page."""
    count = len(material.lessons)
    first = min(material.order)
    parts = [
        f"<h1>{TITLE}</h1>",
        f"<p>In {count} small programs you build a deep-learning framework yourself, "
        "from a box around a number to networks that recognise pictures and write "
        "text. Each step is one file that runs; here you read it, with its text "
        "beside its code.</p>",
        f'<p><a class="button" href="{material.link(first)}">Begin with step {first}'
        '</a> <a href="course.html">All of it in one file</a>, for an e-reader</p>',
        "<p>Keys: the left and right arrows lead to the steps before and after, / to "
        "the search.</p>",
    ]
    for chapter in chapters(material):
        name = CHAPTER.format(chapter, CHAPTERS[chapter - 1][1])
        link = f'<a href="chapter{chapter}.html">{name}</a>'
        table = steps_table(material, of_chapter(material, chapter))
        parts.append(section(f"chapter{chapter}", link, table))
    return "\n".join(parts)


def glossary_page(material):
    """Return all terms, each with an address of its own."""
    rows = []
    for word in material.words:
        also = f" ({', '.join(word.also)})" if word.also else ""
        paper = f" {word.paper.rstrip('.')}." if word.paper else ""
        link = material.links.get(word.step)
        step = f"Step {word.step}"
        step = f'<a href="{link}">{step}</a>' if link else step
        name = f"<dfn>{escape(word.term)}</dfn>{escape(also)}"
        meaning = inline(prose(capital(word.meaning.rstrip("."))))
        rows.append(f'<dt id="{slug(word.term)}">{name}</dt>')
        rows.append(f"<dd>{meaning}.{escape(paper)} {step}.</dd>")
    count = len(material.words)
    return (
        f"<h1>Glossary</h1>\n<p>{count} terms, and the step that introduces each.</p>\n"
        f'<dl class="glossary">{"".join(rows)}</dl>'
    )


def search_page():
    """Return the page of the search; the script fills it."""
    return (
        '<h1>Search</h1>\n<p id="found" aria-live="polite">Type a word above. The '
        "search needs JavaScript, but no network.</p>\n"
        '<ol id="results" class="results"></ol>\n'
        '<script src="search-index.js" defer></script>'
    )


def gallery_page(found):
    """Return the list of the notebooks, [(file, title as HTML, first text)]."""
    parts = [
        "<h1>Gallery</h1>",
        "<p>What you can do with the framework: the notebooks in notebooks/gallery, "
        "with what they print and draw.</p>",
    ]
    for file, name, about in found:
        parts.append(f'<h2><a href="{file}">{name}</a></h2>\n{about}')
    return "\n".join(parts)


def neighbours_of(material):
    """Return {file: (before, after)} of the pages that are read one after another."""
    order = []
    for chapter in chapters(material):
        name = CHAPTER.format(chapter, CHAPTERS[chapter - 1][1])
        order.append((f"chapter{chapter}.html", name))
        for n in of_chapter(material, chapter):
            step = material.lessons[n].step
            order.append((material.link(n), f"Step {n}. {step.title}"))
    pairs = zip([None, *order], order, [*order[1:], None])
    return {file: (before, after) for before, (file, _), after in pairs}
