"""python -m steps site: pages that hold together, and take no text for HTML."""

import re
from html import escape
from html.parser import HTMLParser

import pytest

pytest.importorskip("pygments", reason="the site needs Pygments")

from book.prose import markdown
from book.reader import StepError
from book.site import build
from book.site.code import python
from book.site.markup import html, inline
from book.site.material import Material
from book.site.mathml import mathml
from book.site.terms import Terms, slug
from book.words import Word
from curriculum.course import course

HOSTILE = "</script><script>alert(1)</script> \" ' & < > <img src=x onerror=y>"


class Reader(HTMLParser):
    """What a test wants to know of a page."""

    EMPTY = {"meta", "link", "img", "input", "br", "hr"}

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.pictures = [], [], [], []
        self.headings, self.open, self.wrong, self.title = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in ("link", "script", "img", "iframe"):
            self.loads += [found[x] for x in ("href", "src") if x in found]
        if tag == "img":
            self.pictures.append(found.get("alt", ""))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if any(name.startswith("on") for name in found):
            self.wrong.append(tag)
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"/{tag}")

    def handle_data(self, text):
        if self.open[-1:] == ["title"]:
            self.title += text


def without_colours(source):
    return escape(source, quote=False).split("\n")


def built(*arguments, **settings):
    """Return what build makes, code in one colour: colours take the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("book.site.code.lines_of", without_colours)
        patch.setattr("book.site.material.read_lessons", lambda _: course())
        return build.build(*arguments, **settings)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """{file: bytes} of the whole site, without the players."""
    return built(tmp_path_factory.mktemp("site") / "site", players=False)


@pytest.fixture(scope="module")
def read(site):
    """{file: Reader} of all pages."""
    return {
        name: Reader(data.decode())
        for name, data in site.items()
        if name.endswith(".html")
    }


def test_a_page_for_each_step_and_chapter(read):
    for n in course():
        assert f"step{n:02d}.html" in read
    for name in ("index", "chapter1", "glossary", "api", "search", "course", "gallery"):
        assert f"{name}.html" in read


def test_links_lead_somewhere(site, read):
    for name, page in read.items():
        for link in page.links + page.loads:
            if link.startswith(("https://", "data:")):
                continue
            file, _, at = link.partition("#")
            assert not file or file in site, f"{name}: {link}"
            if at:
                assert at in read[file or name].ids, f"{name}: {link}"


def test_pages_load_nothing_from_elsewhere(site, read):
    for name, page in read.items():
        loads = [x for x in page.loads if re.match(r"(\w+:)?//", x)]
        assert not loads, name
    assert not re.search(rb"url\(|@import", site["site.css"])
    assert not re.search(rb"fetch\(|XMLHttp|https?:", site["site.js"])


def test_pages_are_sound(site, read):
    titles = [page.title for page in read.values()]
    assert len(set(titles)) == len(titles) and all(titles)
    for name, page in read.items():
        assert not page.wrong and not page.open, f"{name}: {page.wrong} {page.open}"
        assert len(set(page.ids)) == len(page.ids), name
        assert all(alt.strip() for alt in page.pictures), name
        assert b'<html lang="en">' in site[name]
        assert page.headings[0] == 1 and page.headings.count(1) == 1, name
        steps = zip(page.headings, page.headings[1:])
        assert all(b <= a + 1 for a, b in steps), f"{name}: {page.headings}"


def test_formulas_are_drawn(site):
    for name, data in site.items():
        if re.match(r"step\d\d\.html", name):
            assert b"<code>\\" not in data, name
    assert site["step05.html"].count(b"<math") >= 1


def test_definitions_stand_in_the_order_of_the_step(site):
    text = site["step14.html"].decode()
    names = re.findall(r'id="def-(\w+)"', text)
    assert names == ["Variable", "backward_with", "overwrite", "add_in_place"]
    order = ["changes", "idea", "code", "def-Variable", "program", "output"]
    order += ["exercise", "answer", "package", "tests"]
    places = [text.index(f'id="{name}"') for name in order]
    assert places == sorted(places)
    assert "Carried over from steps 9, 12 and 13, 66 lines" in text
    assert "Carried over from steps 7 and 9, 13 lines" in text  # within Variable


def test_a_comment_stands_before_its_definition(site):
    text = site["step14.html"].decode()
    said = text.index("Why is the line not simply", text.index('id="code"'))
    code = text.index("def backward_with(store, y)", text.index('id="code"'))
    assert text.index('id="def-backward_with"') < said < code
    assert "# Why is the line" not in text[text.index('id="code"') :]


def test_neighbours(site):
    page = site["step14.html"].decode()
    assert '<link rel="prev" href="step13.html">' in page
    assert '<link rel="next" href="step15.html">' in page
    assert '<link rel="next" href="chapter2.html">' in site["step10.html"].decode()


def test_a_new_word_is_in_the_glossary(read):
    ids = read["glossary.html"].ids
    for word in Material().words:
        assert slug(word.term) in ids
    assert "glossary.html#topological-order" in read["step16.html"].links


def test_public_names(site):
    text = site["api-functions.html"].decode()
    at = text.index('id="conv2d"')
    entry = text[at : text.index("</section>", at)]
    assert 'Step <a href="step57.html">57</a>' in entry
    assert "dezero/functions/conv.py, line" in entry
    for label, names in Material().names.modules.items():
        page = site[f"api-{label}.html"].decode()
        for name in names:
            assert f'id="{name.key}"' in page


def test_nothing_in_a_text_is_html():
    for made in (
        html(markdown(HOSTILE, {})),
        inline(HOSTILE),
        python(f"# {HOSTILE}"),
        html(f"```text\n{HOSTILE}\n```"),
        html(f"# {HOSTILE}"),
        html(f"![{HOSTILE}](x.png)"),
        Terms([Word("script", 1, HOSTILE)]).link(HOSTILE),
    ):
        page = Reader(made)
        assert "<script" not in made and "<img" not in made
        assert not page.wrong and not page.loads
    assert "<a" not in inline("[a](javascript:alert)")
    assert mathml(r"a < b").count("<mo>&lt;</mo>") == 1


def test_a_term_is_linked_once_and_not_before_its_step():
    words = [Word("leaf", 11, "a start"), Word("heap", 16, "a list")]
    terms = Terms(words, 12)
    made = terms.link("Two leaves? No: a leaf, a leaf and a heap.")
    assert made.count("<a") == 1 and "heap.</a>" not in made


def test_search_index_has_steps_words_and_names(site):
    text = site["search-index.js"].decode()
    for part in ('"Step 14. One', '"topological order', '"functions.conv2d"'):
        assert part in text


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(StepError, match="has files that site did not write"):
        build.build(tmp_path, numbers={1}, players=False)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_some_steps_with_a_player(tmp_path):
    files = built(tmp_path / "some", numbers={1, 14})
    assert b'<a class="play" href="play14.html">' in files["step14.html"]
    assert b"<svg" in files["play14.html"]
    assert b"step13.html" not in files["step14.html"]
    again = built(tmp_path / "some", numbers={14}, players=False)
    assert "play14.html" not in again  # and what is not written any more is gone
    assert not (tmp_path / "some" / "play14.html").exists()
