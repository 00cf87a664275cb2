"""Tokenizers: files and damaged files, GPT-2's vocabulary, what is refused."""

import base64
import json
import os
import random
import sys
import unicodedata
import zlib
from pathlib import Path

import numpy as np
import pytest

from dezero import tokenizers
from dezero.datasets import Shakespeare
from dezero.tokenizers import BPE, Bytes, Characters, split

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = [SHARED, Path(os.environ.get("DEZERO_CACHE") or SHARED)]


def real(name):
    """Return the path of a real file, or skip."""
    for folder in FOLDERS:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not here")


def trained(kind):
    text = "low lower 你好 lowest 🙂"
    return {"Bytes": Bytes, "BPE": lambda: BPE.train(text, 3)}.get(
        kind, lambda: Characters.train(text)
    )()


KINDS = ["Bytes", "Characters", "BPE"]


# --- characters ---


def test_characters():
    tokenizer = Characters.train("hello")
    assert len(tokenizer) == 4 and tokenizer.tokens == ["e", "h", "l", "o"]
    assert tokenizer.encode("hole") == [1, 3, 2, 0]
    assert tokenizer.decode([1, 3, 2, 0]) == "hole"
    assert Characters("你🙂\n").encode("🙂\n") == [1, 2]


def test_a_character_that_is_none_of_them():
    with pytest.raises(ValueError, match=r"encode: 'x' at index 2 is .* 4 characters"):
        Characters.train("hello").encode("hexx")


@pytest.mark.parametrize(
    "tokens, pattern",
    [
        (["a", "b", "a"], "'a' is both token 0 and token 2"),
        (["a", "bc"], "token 1 must be one character, got 'bc'"),
        ([""], "token 0 must be one character, got ''"),
        ([3], "token 0 must be str, got 3"),
        (3, "tokens must be a list, got 3"),
    ],
)
def test_tokens_that_are_no_characters(tokens, pattern):
    with pytest.raises((TypeError, ValueError), match=f"Characters: {pattern}"):
        Characters(tokens)


# --- files ---


@pytest.mark.parametrize("kind", KINDS)
def test_saved_and_loaded(tmp_path, kind):
    tokenizer, path = trained(kind), tmp_path / "tokens.json"
    tokenizer.save(path)
    again = type(tokenizer).load(str(path))
    assert again.tokens == tokenizer.tokens and type(again) is type(tokenizer)
    text = "low 你🙂 lower"
    assert again.encode(text) == tokenizer.encode(text)
    assert [p.name for p in tmp_path.iterdir()] == ["tokens.json"]
    first = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == first and first.isascii()


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "tokens.json"
    trained("BPE").save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(OSError()))
    with pytest.raises(OSError):
        Bytes().save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize(
    "name, error, text",
    [
        ("", ValueError, "path must be the name of a file, got ''"),
        ("a\0b", ValueError, "path must be the name of a file, got"),
        (None, TypeError, "path must be the name of a file, got None"),
        (".", IsADirectoryError, "'.' is a folder, expected the name of a file in"),
        ("no/tokens.json", FileNotFoundError, "there is no folder"),
    ],
)
def test_where_nothing_can_be_saved(tmp_path, monkeypatch, name, error, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=rf"^Bytes.save: {text}.*\(see step 75\)"):
        Bytes().save(name)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind(tmp_path, kind):
    path = tmp_path / "tokens.json"
    trained(kind).save(path)
    other = getattr(tokenizers, KINDS[KINDS.index(kind) - 1])
    with pytest.raises(ValueError, match=rf"kind '{kind}', not {other.__name__}"):
        other.load(path)


def changed(path, **entries):
    """Change entries of a file, its checksum included."""
    content = json.loads(path.read_text())
    content.update(entries)
    tokens = json.dumps(content["tokens"]).encode()
    content["crc32"] = entries.get("crc32", zlib.crc32(tokens))
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "entries, pattern",
    [
        ({"format": "dezero tokenizer 9"}, 'expected "format": "dezero tokenizer 1"'),
        ({"tokens": None}, "tokens must be a list, got None"),
        ({"tokens": {"a": 1}}, "tokens must be a list, got an object of type dict"),
        ({"tokens": ["a", 5]}, "token 1 cannot be 5"),
        ({"tokens": ["a", ["b"]]}, "token 1 cannot be an object of type list"),
        ({"tokens": ["a", "\ud800"]}, "token 1 cannot be '\\\\ud800'"),
        ({"crc32": 5}, "do not match the checksum"),
        ({"crc32": None}, "do not match the checksum"),
    ],
)
def test_a_file_that_says_something_else(tmp_path, entries, pattern):
    path = tmp_path / "tokens.json"
    Characters("ab").save(path)
    changed(path, **entries)
    with pytest.raises(
        ValueError, match=f"tokens.json: not a complete tokenizer file.*{pattern}"
    ):
        Characters.load(path)


@pytest.mark.parametrize(
    "kind, change, pattern",
    [
        (BPE, lambda t: [*t, "你"], "token 259 cannot be '你'"),
        (BPE, lambda t: [*t, t[5]], r"b'\\x05' is both token 5 and token 259"),
        (BPE, lambda t: t[:7] + t[8:], "the byte 7 is not a token"),
        (BPE, lambda t: [*t, ""], "token 259 must be at least one byte"),
        (Bytes, lambda t: t[::-1], "expected the 256 bytes, in order"),
        (Characters, lambda t: [*t, t[0]], "is both token 0 and token"),
        (Characters, lambda t: [*t, "xy"], "must be one character, got 'xy'"),
    ],
)
def test_tokens_that_cannot_be(tmp_path, kind, change, pattern):
    path = tmp_path / "tokens.json"
    trained(kind.__name__).save(path)
    changed(path, tokens=change(json.loads(path.read_text())["tokens"]))
    with pytest.raises(
        ValueError, match=f"tokens.json: not a complete tokenizer file.*{pattern}"
    ):
        kind.load(path)


def test_any_damage_is_seen(tmp_path, rng):
    """Cut anywhere, or with one byte changed, it is refused or still the same."""
    path = tmp_path / "tokens.json"
    tokenizer = trained("BPE")
    tokenizer.save(path)
    whole = path.read_bytes()
    for cut in rng.integers(len(whole) - 1, size=50):
        path.write_bytes(whole[:cut])
        with pytest.raises(
            ValueError, match=r"tokens\.json: not a complete tokenizer file"
        ):
            BPE.load(path)
    for place in rng.integers(len(whole), size=200):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            assert BPE.load(path).tokens == tokenizer.tokens
        except ValueError as error:
            assert "tokens.json" in str(error)


@pytest.mark.parametrize("content", [b"", b"[]", b"5", b"\xff\xfe", b"[" * 100_000])
def test_files_that_are_none(tmp_path, content):
    path = tmp_path / "tokens.json"
    path.write_bytes(content)
    for kind in Bytes, Characters, BPE:
        with pytest.raises(
            ValueError, match=r"tokens\.json: not a complete tokenizer file"
        ):
            kind.load(path)


def test_no_file(tmp_path):
    path = tmp_path / "tokens.json"
    for read in BPE.load, BPE.from_tiktoken:
        expected = rf"BPE.{read.__name__}: there is no file .*tokens.json.*see step 75"
        with pytest.raises(FileNotFoundError, match=expected):
            read(path)
        with pytest.raises(IsADirectoryError, match="is a folder, expected.*step 75"):
            read(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder .*none.* 'tokens.json'"):
        Bytes().save(tmp_path / "none" / "tokens.json")


@pytest.mark.parametrize("path", [0, 1, None, b"tokens.json", True])
def test_paths(path):
    for read in BPE.load, Bytes.load, BPE.from_tiktoken, Bytes().save:
        with pytest.raises(TypeError, match="path must be the name of a file, got"):
            read(path)


# --- what is refused ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "ids, pattern",
    [
        ([0, -1], "got -1 at index 1"),
        ([10**9], "got 1000000000 at index 0"),
        (np.array([1, 2, 300_000]), "got 300000 at index 2"),
        ([10**30], "expected a list of ints"),
        ([0.0], "expected a list of ints"),
        ([True], "expected a list of ints"),
        ([[1, 2]], "expected a list of ints"),
        (["a"], "expected a list of ints"),
        ([None], "expected a list of ints"),
        (3, "expected a list of ints"),
        ("abc", "expected a list of ints"),
        (None, "expected a list of ints"),
    ],
)
def test_ids_that_are_none(kind, ids, pattern):
    with pytest.raises((TypeError, ValueError), match=rf"{kind}\.decode: .*{pattern}"):
        trained(kind).decode(ids)


@pytest.mark.parametrize("kind", KINDS)
def test_ids_as_arrays(kind):
    tokenizer = trained(kind)
    ids = tokenizer.encode("low")
    for form in np.array(ids), np.array(ids, np.uint8 if max(ids) < 256 else "i2"), ids:
        assert tokenizer.decode(form) == "low"
    assert tokenizer.decode([]) == tokenizer.decode(np.zeros(0, int)) == ""
    assert tokenizer.encode("") == []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", [None, 3, b"low", ["low"], "lo\ud800w", "\udfff"])
def test_texts_that_are_none(kind, text):
    pattern = r"half a character, .*, at index" if type(text) is str else "a str"
    with pytest.raises((TypeError, ValueError), match=rf"{kind}\.encode: .*{pattern}"):
        trained(kind).encode(text)


@pytest.mark.parametrize("merges", [-1, 2.0, None, True, "3"])
def test_merges(merges):
    with pytest.raises((TypeError, ValueError), match=r"BPE\.train: merges must be"):
        BPE.train("low low", merges)


def test_texts_to_train_on():
    for kind in BPE, Characters:
        args = (3,) if kind is BPE else ()
        with pytest.raises(TypeError, match=rf"{kind.__name__}\.train: expected a str"):
            kind.train(b"low", *args)


def test_tokens_of_bpe():
    singles = Bytes().tokens
    with pytest.raises(ValueError, match="the byte 255 is not a token"):
        BPE(singles[:-1])
    with pytest.raises(TypeError, match="token 256 must be bytes, got 'ab'"):
        BPE([*singles, "ab"])
    assert BPE([*singles[::-1], b"lo"]).encode("lo") == [256]


def test_shown():
    assert repr(trained("BPE")) == "<BPE, 259 tokens>"
    assert repr(Characters("ab")) == "<Characters, 2 tokens>"


# --- the rule for words ---


def test_letters_and_digits_are_those_of_unicode():
    r"""\p{L} and \p{N} by methods of str, for every character."""
    for i in range(sys.maxunicode + 1):
        char = chr(i)
        letter = char.isalpha()
        digit = not letter and char.isnumeric()
        kind = unicodedata.category(char)[0]
        assert (letter, digit) == (kind == "L", kind == "N"), hex(i)


def test_words_are_the_text():
    rng = random.Random(0)
    some = [*map(chr, range(128)), *"  \n''stmdvel 2²é你，🙂\u3000\xa0\u200d\u0301"]
    for _ in range(300):
        text = "".join(rng.choices(some, k=40))
        assert "".join(split(text)) == text


# --- GPT-2 ---


@pytest.fixture(scope="module")
def gpt2():
    return BPE.from_tiktoken(real("gpt2.tiktoken"))


# ids by tiktoken 0.14.0, with the same file
@pytest.mark.parametrize(
    "text, ids",
    [
        ("Hello world", [15496, 995]),
        (
            "We'll see  42 cats!\n\n\n  DON'T don't",
            [1135, 1183, 766, 220, 5433, 11875, 0, 628, 198, 220, 23917, 6, 51, 836]
            + [470],
        ),
        (
            "naïve café ²½Ⅷ x٣",
            [2616, 38776, 40304, 1587, 110, 23141, 158, 227, 100, 2124, 149, 96],
        ),
        ("你好，世界", [19526, 254, 25001, 121, 171, 120, 234, 10310, 244, 45911, 234]),
        (
            "🙂👩‍👩‍👧",
            [8582, 25081, 41840, 102, 447, 235, 41840, 102, 447, 235, 41840, 100],
        ),
        (
            "a\u3000b\xa0c\x85\x1cd",
            [64, 5099, 222, 65, 1849, 66, 126, 227, 216, 67],
        ),
    ],
)
def test_gpt2(gpt2, text, ids):
    assert gpt2.encode(text) == ids
    assert gpt2.decode(ids) == text


def test_gpt2_takes_any_text(gpt2, tmp_path):
    rng = random.Random(1)
    assert len(gpt2) == 50256
    for _ in range(100):
        codes = [rng.randrange(0x110000 - 0x800) for _ in range(12)]
        text = "".join(chr(c if c < 0xD800 else c + 0x800) for c in codes)
        assert gpt2.decode(gpt2.encode(text)) == text
    text = Shakespeare().text[:10_000]
    assert gpt2.decode(gpt2.encode(text)) == text
    gpt2.save(tmp_path / "gpt2.json")
    assert BPE.load(tmp_path / "gpt2.json").tokens == gpt2.tokens


def lines(tokens):
    return [base64.b64encode(t) + b" %d\n" % i for i, t in enumerate(tokens)]


def test_a_file_of_tiktoken(tmp_path):
    path = tmp_path / "some.tiktoken"
    tokens = [*Bytes().tokens[::-1], b"lo", b"low"]
    path.write_bytes(b"".join(lines(tokens)))
    assert BPE.from_tiktoken(path).tokens == tokens
    assert BPE.from_tiktoken(str(path)).encode("low") == [257]


@pytest.mark.parametrize(
    "line, pattern",
    [
        (b"bG8= 9\n", r"line 257: expected rank 256, got 9"),
        (b"bG8=\n", r"line 257: expected a token in base64 and its rank"),
        (b"b*8= 256\n", r"line 257: expected a token in base64 and its rank"),
        (b"bG8= x\n", r"line 257: expected a token in base64 and its rank"),
        (b"\n", r"line 257: expected a token in base64 and its rank"),
        (b"bA== 256\n", r"b'l' is both token 108 and token 256"),
    ],
)
def test_a_damaged_file_of_tiktoken(tmp_path, line, pattern):
    path = tmp_path / "some.tiktoken"
    path.write_bytes(b"".join(lines(Bytes().tokens)) + line)
    with pytest.raises(ValueError, match=rf"some\.tiktoken.*{pattern}"):
        BPE.from_tiktoken(path)


def test_a_file_of_tiktoken_that_is_cut(tmp_path):
    path = tmp_path / "some.tiktoken"
    path.write_bytes(b"".join(lines(Bytes().tokens)[:100]))
    with pytest.raises(
        ValueError, match=r"some\.tiktoken: .*the byte 100 is not a token"
    ):
        BPE.from_tiktoken(path)


# --- all of tiny Shakespeare ---


@pytest.mark.long
def test_all_of_tiny_shakespeare():
    text = real("tinyshakespeare.txt").read_text(encoding="utf-8")
    tokenizer = BPE.train(text, 256)
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert len(text) / len(ids) == pytest.approx(1.94, abs=0.005)
    assert tokenizer.tokens[256:260] == [b" t", b"he", b" a", b"ou"]
