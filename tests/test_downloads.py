"""get_file and its table: mirrors, sizes, checksums, and what failures leave behind.

The addresses are those of a server on this machine; nothing goes over the network.
"""

import hashlib
import http.server
import io
import os
import re
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from dezero import utils
from dezero.utils import Download, DownloadError, find_file, get_file, replacing

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
CONTENT = bytes(range(256)) * 600  # more than one block


def md5(content):
    return hashlib.md5(content).hexdigest()


class Server:
    """A web server whose pages are a dict: {path: content or status}."""

    def __init__(self):
        self.pages, self.asked, self.missing_bytes = {}, [], 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                server.asked.append(self.path)
                page = server.pages.get(self.path, 404)
                if isinstance(page, int):
                    self.send_error(page)
                    return
                self.send_response(200)
                self.send_header("Content-Length", len(page) + server.missing_bytes)
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, path):
        return f"http://127.0.0.1:{self.http.server_port}{path}"

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder for downloads, which is not there yet."""
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def table(monkeypatch):
    monkeypatch.setattr(utils, "DOWNLOADS", {})
    return utils.DOWNLOADS


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


# --- where ---


def test_cache_dir_is_looked_up_when_asked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("DEZERO_CACHE", raising=False)
    assert utils.cache_dir == os.path.join(os.path.expanduser("~"), ".dezero")
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path))
    assert utils.cache_dir == str(tmp_path)
    monkeypatch.setenv("DEZERO_CACHE", os.path.join("~", "elsewhere"))
    assert utils.cache_dir == os.path.join(os.path.expanduser("~"), "elsewhere")
    monkeypatch.setenv("DEZERO_CACHE", "")
    assert utils.cache_dir.endswith(".dezero")


def test_cache_dir_set_by_a_program(monkeypatch, cache, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    assert find_file("mine.txt") is None
    monkeypatch.setitem(utils.__dict__, "cache_dir", str(tmp_path))
    assert find_file("mine.txt") == str(tmp_path / "mine.txt")


def test_no_other_name_is_made_up():
    with pytest.raises(AttributeError, match="no attribute 'cache_file'"):
        utils.cache_file  # noqa: B018


# --- a download ---


def test_download_then_cache(server, cache, table, capsys):
    server.pages["/a/data.bin"] = CONTENT
    path = get_file(server.url("/a/data.bin"))
    assert path == str(cache / "data.bin")
    assert (cache / "data.bin").read_bytes() == CONTENT
    captured = capsys.readouterr()
    assert captured.out == "Downloading: data.bin\n Done\n"
    assert captured.err == ""  # no bar where no terminal is
    assert names(cache) == ["data.bin"]

    assert get_file(server.url("/a/data.bin")) == path
    assert capsys.readouterr().out == ""
    assert server.asked == ["/a/data.bin"]


def test_bar_on_a_terminal(server, cache, table, monkeypatch, capsys):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    server.pages["/data.bin"] = CONTENT
    get_file(server.url("/data.bin"))
    bars = re.findall(r"(\d+)%", sys.stderr.getvalue())
    assert bars[0] == "0" and bars[-1] == "100"


def test_file_name(server, cache, table):
    server.pages["/input.txt"] = b"text"
    path = get_file(server.url("/input.txt"), "speech.txt")
    assert path == str(cache / "speech.txt")
    assert names(cache) == ["speech.txt"]


def test_file_has_the_rights_of_any_new_file(server, cache, table):
    server.pages["/data.bin"] = CONTENT
    path = Path(get_file(server.url("/data.bin")))
    (cache / "other").write_bytes(b"")
    assert path.stat().st_mode == (cache / "other").stat().st_mode


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "..", "http://127.0.0.1/."])
def test_address_without_a_name(url, cache, table):
    with pytest.raises(ValueError, match=r"does not end with the name of a file"):
        get_file(url)


# --- the table ---


def test_mirrors_in_order_until_one_gives_the_file(server, cache, table):
    paths = ["/1/data.bin", "/2/data.bin", "/3/data.bin", "/4/data.bin"]
    server.pages.update(zip(paths, [503, CONTENT[:-1], CONTENT, CONTENT]))
    urls = tuple(map(server.url, paths))
    table["data.bin"] = Download(urls, len(CONTENT), md5(CONTENT))
    assert Path(get_file("data.bin")).read_bytes() == CONTENT
    assert server.asked == paths[:3]


def test_address_of_a_mirror_stands_for_all(server, cache, table):
    server.pages["/2/data.bin"] = CONTENT
    urls = server.url("/1/data.bin"), server.url("/2/data.bin")
    table["data.bin"] = Download(urls)
    assert Path(get_file(urls[0])).read_bytes() == CONTENT


def test_another_address_is_the_only_one_asked_but_checked(server, cache, table):
    server.pages.update({"/1/data.bin": CONTENT, "/other/data.bin": b"another"})
    table["data.bin"] = Download((server.url("/1/data.bin"),), len(CONTENT))
    with pytest.raises(DownloadError, match="7 bytes instead of 153,600"):
        get_file(server.url("/other/data.bin"))
    assert server.asked == ["/other/data.bin"]
    assert names(cache) == []


def test_table_can_be_overridden(server, cache, monkeypatch):
    server.pages["/mine.gz"] = b"mine"
    name = "t10k-labels-idx1-ubyte.gz"
    monkeypatch.setitem(
        utils.DOWNLOADS, name, Download((server.url("/mine.gz"),), 4, md5(b"mine"))
    )
    assert Path(get_file(name)).read_bytes() == b"mine"


def test_table_asks_over_https_and_knows_what_it_is_to_get():
    for name, entry in utils.DOWNLOADS.items():
        assert entry.urls
        assert all(url.startswith("https://") for url in entry.urls)
        if not name.endswith(".npz") and "imagenet" not in name:
            assert entry.size > 1000 and re.fullmatch("[0-9a-f]{32}", entry.md5)
        if name != "shakespear.txt":
            assert all(url.endswith("/" + name) for url in entry.urls)


@pytest.mark.parametrize("name", sorted(utils.DOWNLOADS))
def test_table_says_what_was_published(name):
    path = SHARED.parent / "reference" / "downloads.md"
    if not path.exists() or "imagenet" in name:
        pytest.skip("the published list is not here, or has no such file")
    text = path.read_text(encoding="utf-8")
    entry = utils.DOWNLOADS[name]
    if entry.md5 is not None:
        row = "input.txt" if name == "shakespear.txt" else name
        (line,) = [x for x in text.splitlines() if x.startswith(f"| {row} ")]
        assert line.endswith(f"| {entry.size:,} | {entry.md5} |")
    for url in entry.urls:
        assert f"`{url[: url.rfind('/') + 1]}`" in text


@pytest.mark.skipif(not SHARED.exists(), reason="no real files here")
def test_real_files_are_those_of_the_table(monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(SHARED))
    for name in "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz":
        assert get_file(name) == str(SHARED / name)
    assert get_file("shakespear.txt") == str(SHARED / "tinyshakespeare.txt")


# --- a cache filled by hand ---


def test_file_put_there_by_hand(cache, table):
    cache.mkdir()
    (cache / "data.bin").write_bytes(CONTENT)
    table["data.bin"] = Download(("http://127.0.0.1:9/x",), len(CONTENT), md5(CONTENT))
    assert find_file("data.bin") == get_file("data.bin") == str(cache / "data.bin")


def test_other_names_a_file_is_known_by(cache, table):
    cache.mkdir()
    (cache / "input.txt").write_bytes(b"something else")
    (cache / "tiny.txt").write_bytes(b"the text")
    table["text.txt"] = Download((), 8, md5(b"the text"), ("input.txt", "tiny.txt"))
    assert find_file("text.txt") == str(cache / "tiny.txt")
    assert find_file("unknown.txt") is None


def test_folder_of_that_name_is_no_file(cache, table):
    (cache / "data.bin").mkdir(parents=True)
    assert find_file("data.bin") is None


@pytest.mark.parametrize("damaged", [CONTENT[:-1], CONTENT[:-1] + b"x", b""])
def test_damaged_file_is_fetched_again(damaged, server, cache, table, capsys):
    cache.mkdir()
    (cache / "data.bin").write_bytes(damaged)
    server.pages["/data.bin"] = CONTENT
    urls = (server.url("/data.bin"),)
    table["data.bin"] = Download(urls, len(CONTENT), md5(CONTENT))
    assert find_file("data.bin") is None
    assert Path(get_file("data.bin")).read_bytes() == CONTENT
    assert capsys.readouterr().out.startswith("Downloading: data.bin")
    assert names(cache) == ["data.bin"]


def test_damaged_file_that_cannot_be_fetched_again(server, cache, table):
    cache.mkdir()
    (cache / "data.bin").write_bytes(CONTENT[:-1] + b"x")
    urls = (server.url("/data.bin"),)
    table["data.bin"] = Download(urls, len(CONTENT), md5(CONTENT))
    path = re.escape(str(cache / "data.bin"))
    with pytest.raises(DownloadError, match=f"{path} is damaged: MD5 .* instead of"):
        get_file("data.bin")
    assert names(cache) == ["data.bin"]  # it may be all its owner has


# --- failures ---


def test_message_says_what_to_do(server, cache, table):
    server.pages["/2/data.bin"] = b"some page instead"
    urls = server.url("/1/data.bin"), server.url("/2/data.bin")
    table["data.bin"] = Download(urls, len(CONTENT), md5(CONTENT))
    with pytest.raises(DownloadError) as info:
        get_file("data.bin")
    message = str(info.value)
    assert message.startswith("get_file: could not fetch data.bin (153,600 bytes, MD5 ")
    assert f"{urls[0]}: HTTP Error 404" in message
    assert f"{urls[1]}: got a different file: 17 bytes instead of" in message
    assert f"put the file data.bin into the folder {cache} by hand" in message
    assert "DEZERO_CACHE" in message and "step 51" in message
    assert isinstance(info.value.__cause__, OSError)
    assert names(cache) == []


def test_failure_is_raised_from_that_of_urllib(server, cache, table):
    with pytest.raises(OSError, match="404") as info:
        get_file(server.url("/nothing.bin"))
    assert isinstance(info.value.__cause__, urllib.error.HTTPError)
    assert info.value.__cause__.code == 404
    assert names(cache) == []


def test_connection_that_ends_early(server, cache, table):
    server.pages["/data.bin"] = CONTENT
    server.missing_bytes = 1000
    with pytest.raises(DownloadError, match="ended after 153,600 of 154,600 bytes"):
        get_file(server.url("/data.bin"))
    assert names(cache) == []


def test_right_size_wrong_content(server, cache, table):
    server.pages["/data.bin"] = b"bad"
    table["data.bin"] = Download((server.url("/data.bin"),), 3, md5(b"yes"))
    with pytest.raises(DownloadError, match=f"MD5 {md5(b'bad')} instead of"):
        get_file("data.bin")
    assert names(cache) == []


@pytest.mark.parametrize("url", ["nothing.bin", "gopher://127.0.0.1/nothing.bin"])
def test_what_is_no_address(url, cache, table):
    with pytest.raises(DownloadError, match="unknown url type"):
        get_file(url)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_interruption_leaves_nothing_behind(error, cache, table, monkeypatch):
    class Response(io.BytesIO):
        headers = {}

        def read(self, size):
            block = super().read(size)
            if not block:
                assert names(cache)  # something was written, under another name
                assert "data.bin" not in names(cache)
                raise error
            return block

    monkeypatch.setattr(urllib.request, "urlopen", lambda *a, **k: Response(CONTENT))
    with pytest.raises(error):
        get_file("http://127.0.0.1/data.bin")
    assert names(cache) == []


def test_folder_that_cannot_be_made(server, tmp_path, table, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "file"))
    server.pages["/data.bin"] = CONTENT
    with pytest.raises(DownloadError, match="could not fetch data.bin from"):
        get_file(server.url("/data.bin"))


# --- replacing ---


def test_replacing(tmp_path):
    path = tmp_path / "file.txt"
    with replacing(str(path)) as temporary:
        assert not path.exists()
        Path(temporary).write_text("first")
    assert path.read_text() == "first"
    with replacing(str(path)) as temporary:
        Path(temporary).write_text("second")
        assert path.read_text() == "first"
    assert path.read_text() == "second"
    assert names(path.parent) == ["file.txt"]


def test_replacing_broken_off(tmp_path):
    path = tmp_path / "file.txt"
    path.write_text("as it was")
    with pytest.raises(KeyError):
        with replacing(str(path)) as temporary:
            Path(temporary).write_text("half of it")
            raise KeyError
    assert path.read_text() == "as it was"
    assert names(tmp_path) == ["file.txt"]


LEADING_OUT = [
    "../../x",
    "/etc/x",
    "a/../../x",
    "C:x",
    "C:\\x",
    "..\\x",
    "a\0b",
    "a//b",
]


@pytest.mark.parametrize("name", [*LEADING_OUT, "", ".", "..", "a/"])
def test_a_name_that_leads_out_of_the_cache(name, tmp_path, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "source"
    source.write_text("text")
    for call in find_file, lambda name: get_file(source.as_uri(), name):
        with pytest.raises(
            ValueError, match=r"expected the name of a file in the .*51"
        ):
            call(name)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize("name", ["a\\..\\..\\x", "C:x", "a\0b"])
def test_an_address_whose_end_leads_out_of_the_cache(name):
    with pytest.raises(ValueError, match="get_file: expected the name of a file"):
        get_file(f"file:///tmp/{name}")


@pytest.mark.parametrize("name", [5, b"x", ["x"]])
def test_names_and_addresses_are_text(name):
    with pytest.raises(TypeError, match="the name of a file must be a str, got"):
        get_file("file:///tmp/x", name)
    with pytest.raises(TypeError, match="find_file: the name of a file must be a str"):
        find_file(name)
    with pytest.raises(TypeError, match="get_file: url must be an address"):
        get_file(name)


def test_a_folder_in_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DEZERO_CACHE", str(tmp_path / "cache"))
    (tmp_path / "source").write_text("text")
    path = get_file((tmp_path / "source").as_uri(), "sub/x.txt")
    assert Path(path) == tmp_path / "cache" / "sub" / "x.txt"
    assert Path(path).read_text() == "text"
