"""python -m steps site: pages that hold together, and take no text for HTML."""

import ast
import json
import re
from html import escape
from html.parser import HTMLParser

import pytest

pytest.importorskip("pygments", reason="the site needs Pygments")

from book import plays
from book.cells import pictures
from book.chapter import NOTEBOOKS
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

    EMPTY = {"meta", "link", "img", "input", "br", "wbr", "hr"}

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


def test_a_picture_says_what_is_to_be_seen(read):
    """In words that stand in the ledger, on the page of its step."""
    told, drawn = [], Material().pictures
    for n, lesson in course().items():
        said = lesson.step.pictures
        assert set(said) == set(pictures(lesson.step)), (
            f"step {n}: [{lesson.name}.pictures] of the ledger must say of each "
            "picture what is to be seen on it"
        )
        for name, text in said.items():
            assert len(text.split()) > 9 and text.endswith("."), name
            assert name not in text and "picture of" not in text.casefold(), name
        assert read[f"step{n:02d}.html"].pictures == [
            said[name] for name in pictures(lesson.step) if name in drawn
        ]
        told += said.values()
    assert len(set(told)) == len(told)


def test_a_picture_of_the_gallery_says_it_too(read):
    """In the metadata of the cell that draws it: alt, a list of sentences."""
    pages = [name for name in read if name.startswith("gallery-")]
    told = [said for name in pages for said in read[name].pictures]
    assert len(set(told)) == len(told) > 30
    for said in told:
        assert len(said.split()) > 6 and "Picture of the section" not in said


def test_the_notebooks_have_the_same_words():
    told = {
        name: text
        for lesson in course().values()
        for name, text in lesson.step.pictures.items()
    }
    found = {}
    for path in sorted(NOTEBOOKS.glob("chapter*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            name = re.search(r'Picture\("../figures/(.+)"\)', "".join(cell["source"]))
            for output in cell.get("outputs", []) if name else []:
                found[name[1]] = output["metadata"]["image/png"]["alt"]
    assert found == told


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
    text = site["api-optimizers.html"].decode()
    example = text[text.index("optimizer = Adam") :].partition("</pre>")[0]
    assert "for x, t in batches" in example  # below an empty line
    entry = text[text.index('id="AdaDelta"') :]
    assert '<math display="block">' in entry[: entry.index("</section>")]
    for label, names in Material().names.modules.items():
        page = site[f"api-{label}.html"].decode()
        for name in names:
            assert f'id="{name.key}"' in page


def test_members_of_a_class_have_addresses(site, read):
    index = site["search-index.js"].decode()
    for module, name in [
        ("core", "Variable.backward"),  # with an entry of its own in the ledger
        ("core", "Function.forward"),  # within that of its class
        ("layers", "Linear.forward"),
        ("optimizers", "Optimizer.setup"),
        ("dataloaders", "DataLoader.to_gpu"),
    ]:
        assert name in read[f"api-{module}.html"].ids
        assert f'"{module}.{name}","api-{module}.html#{name}"' in index
    text = site["api-layers.html"].decode()
    entry = text[text.index('id="Linear"') :]
    entry = entry[: entry.index("</section>")]
    forward = entry[entry.index('id="Linear.forward"') :]
    assert "Return <code>x @ W + b</code>" in forward
    for label in Material().names.modules:
        explained = {
            f"{name.key}.{node.name}"
            for name in Material().names.modules[label]
            if isinstance(name.node, ast.ClassDef)
            for node in name.node.body
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node)
            if not node.name.startswith("_")
        }
        assert explained <= set(read[f"api-{label}.html"].ids), label


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


def few(monkeypatch):
    """Leave out what is the same for every site, and takes long."""
    monkeypatch.setattr(build, "gallery", lambda *_: None)
    monkeypatch.setattr(build, "course_page", lambda *_: "")
    monkeypatch.setattr("book.site.code.lines_of", without_colours)


def test_a_player_stands_beside_its_page(tmp_path, monkeypatch):
    few(monkeypatch)
    files = build.build(tmp_path, numbers={14}, players=True)
    made = plays.player(14).html.encode("utf-8", "replace")
    assert files["play14.html"] == (tmp_path / "play14.html").read_bytes() == made
    assert b'href="play14.html"' in files["step14.html"]


def test_players_that_cannot_be_made(tmp_path, monkeypatch):
    few(monkeypatch)
    monkeypatch.setitem(plays.PLAYS, 17, ("not written yet", None))
    with pytest.raises(StepError, match="players could not be made: KeyError: 17"):
        build.build(tmp_path, numbers={17}, players=True)
    monkeypatch.setattr("machine.lacking", lambda purpose: ["numpy"])
    files = build.build(tmp_path, numbers={14}, players=True)
    assert "play14.html" not in files
    assert b"python -m steps play 14" in files["step14.html"]


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
