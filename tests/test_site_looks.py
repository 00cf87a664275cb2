"""The pages of python -m steps site in a real browser, where this machine has one.

apt-get install chromium nodejs npm
npm install --prefix FOLDER axe-core puppeteer-core
NODE_PATH=FOLDER/node_modules python -m pytest tests/test_site_looks.py
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pygments", reason="the site needs Pygments")

from book import plays
from book.site import build

LOOK = Path(__file__).with_name("look_at_site.js")
BROWSERS = ["google-chrome", "chromium", "chromium-browser"]


def missing():
    """Return what to install for these tests, or None."""
    if not os.environ.get("BROWSER") and not any(map(shutil.which, BROWSERS)):
        return "no Chromium here: apt-get install chromium"
    if not shutil.which("node"):
        return "no Node here: apt-get install nodejs"
    modules = "require.resolve('axe-core'), require.resolve('puppeteer-core')"
    asked = ["node", "-e", modules]
    if subprocess.run(asked, cwd=LOOK.parent, capture_output=True).returncode:
        return (
            "no axe-core and puppeteer-core here: npm install --prefix FOLDER axe-core "
            "puppeteer-core, and NODE_PATH=FOLDER/node_modules"
        )
    return None


@pytest.fixture(scope="module")
def look():
    """Return a function: what the browser says about a folder of pages."""
    if said := missing():
        pytest.skip(said)

    def run(folder):
        return subprocess.run(
            ["node", LOOK, folder], capture_output=True, text=True, encoding="utf-8"
        )

    return run


BAD = """<!DOCTYPE html><html lang="en"><head><title>Bad</title>
<meta name="viewport" content="width=device-width"><style>
@media (prefers-color-scheme: dark) { p { color: #222; background: #111 } }
body { background: #fff }
</style></head><body><main><h1>Bad</h1>%s</main></body></html>"""


@pytest.mark.parametrize(
    "inside, said",
    [
        ('<img src="data:,">', "390, light: image-alt"),
        ("<p>A text</p>", "dark: color-contrast, 1 times: <p>A text</p>"),
        ("<pre>" + "wide " * 200 + "</pre>", "390, light: .* pixels wide"),
        ("<script>undefined.x</script>", "Cannot read properties of undefined"),
        ('<script src="https://localhost:1/x"></script>', "asks for https://local"),
        ("<details><summary>A</summary><p>B</p></details>", "printed: folded .*>B<"),
        ("<pre>" + "wide " * 200 + "</pre>", "printed: cut: wide wide"),
        ("<header>Links</header>", "printed: what one can only click"),
        ("<style>body { background: #eee }</style>", "printed: the paper is rgb"),
    ],
    ids="alt contrast wide error request folded cut header paper".split(),
)
def test_what_is_wrong_is_found(look, tmp_path, inside, said):
    (tmp_path / "bad.html").write_text(BAD % inside, encoding="utf-8")
    done = look(tmp_path)
    assert done.returncode == 1, done.stderr
    assert re.search(said, done.stdout), done.stdout


def played(look, number, folder, *actions):
    """Return (frame, sentence, question or verdict) behind each action."""
    plays.player(number, folder / "player.html")
    call = ["node", LOOK.with_name("look_at_player.js"), folder / "player.html"]
    done = subprocess.run([*call, *actions], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_keys_and_address_lead_through_the_frames(look, tmp_path):
    (right, _) = plays.traces(14)
    keys = ["ArrowRight", " ", "ArrowLeft", "End", "Home", "#7", "!start", "!start"]
    seen = played(look, 14, tmp_path, *keys)
    last = len(right.frames) - 1
    frames = [1, 2, 1, last, 0, 7, 0, 2]
    assert [frame for frame, *_ in seen] == [f"{n} / {last}" for n in frames]
    for n, (_, said, _) in zip(frames, seen):
        words = re.findall(r"\w+", right.sentences[n])
        assert re.findall(r"\w+", said) == words


def test_x_grad_after_the_second_visit_of_step_14(look, tmp_path):
    """To be answered first, and then told."""
    seen = played(look, 14, tmp_path, "!quiz", "#8", "=2.5", "#7", "=2.0")
    asked, wrong, again, right = (seen[i] for i in (1, 2, 3, 4))
    assert "x.grad is 2.0, and Add 1 sends 1.0" in asked[1] and "3.0" not in asked[1]
    assert wrong[2] == "No: it is 3.0."
    assert "x.grad was 2.0 and is now 2.0 + 1.0 = 3.0" in wrong[1]
    assert "x.grad is 1.0, and Add 1 sends 1.0" in again[1]
    assert right[2] == "Right: 2.0."


@pytest.mark.slow
def test_nothing_is_wrong_on_any_page(look, tmp_path):
    files = build.build(tmp_path / "site")
    done = look(tmp_path / "site")
    count = sum(name.endswith(".html") for name in files)
    assert f"0 found in {count} pages" in done.stdout, done.stdout + done.stderr
