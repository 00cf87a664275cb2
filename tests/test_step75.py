"""Step 75: bytes, and byte-pair encoding: train, encode, decode."""

import re

import pytest

from dezero import tokenizers
from dezero.datasets import Shakespeare

TEXTS = [
    "",
    "low lower lowest",
    "We'll see  42 cats!\n\n\n  DON'T don't \t",
    "naïve café ²½Ⅷ٣",
    "你好，世界",
    "🙂👩‍👩‍👧 🇩🇪",
    "a\u3000b\xa0c\x85\x1cd",
]


@pytest.fixture
def step(load_step):
    return load_step(75)


@pytest.fixture(params=["step", "package"])
def either(request, load_step):
    """The step, and the package: both have the same tokenizers."""
    return load_step(75) if request.param == "step" else tokenizers


def test_bytes_by_hand(either):
    tokenizer = either.Bytes()
    assert len(tokenizer) == 256
    assert tokenizer.encode("hé") == [104, 195, 169]
    assert tokenizer.encode("你🙂") == [228, 189, 160, 240, 159, 153, 130]
    assert tokenizer.decode([228, 189, 160]) == "你"
    assert tokenizer.decode([104, 228, 189]) == "h\ufffd"


def test_join_by_hand(either):
    word = [b"a", b"a", b"a", b"b", b"a", b"b"]
    assert either.join(word, (b"a", b"b")) == [b"a", b"a", b"ab", b"ab"]
    assert either.join(word, (b"a", b"a")) == [b"aa", b"a", b"b", b"a", b"b"]
    assert either.join([b"aa", b"b"], (b"a", b"ab")) == [b"aa", b"b"]
    assert either.join([], (b"a", b"b")) == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("", []),
        ("Hello world", ["Hello", " world"]),
        ("We'll see", ["We", "'ll", " see"]),
        ("it's I'd 've", ["it", "'s", " I", "'d", " '", "ve"]),
        ("DON'T 'tis", ["DON", "'", "T", " '", "tis"]),
        ("a1b22 333", ["a", "1", "b", "22", " 333"]),
        ("a   b", ["a", "  ", " b"]),
        ("a \n b\n", ["a", " \n", " b", "\n"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("end  ", ["end", "  "]),
        ("x_y --no!", ["x", "_", "y", " --", "no", "!"]),
        ("naïve 你好吗", ["naïve", " 你好吗"]),
        ("2² Ⅷ x٣", ["2²", " Ⅷ", " x", "٣"]),
        ("好，a🙂🙂", ["好", "，", "a", "🙂🙂"]),
        ("a\u3000\u3000b", ["a", "\u3000", "\u3000", "b"]),
        ("a\xa0b \x1c", ["a", "\xa0", "b", " \x1c"]),
    ],
)
def test_words(either, text, words):
    assert either.split(text) == words


def test_training_by_hand(either):
    """The drawing of the text: l o, then lo w, each three times; then _ low, twice."""
    tokenizer = either.BPE.train("low lower lowest", 3)
    assert tokenizer.tokens[256:] == [b"lo", b"low", b" low"]
    assert tokenizer.encode("low lower lows") == [257, 258, 101, 114, 258, 115]


def test_no_pair_twice_is_the_end(either):
    assert len(either.BPE.train("abc", 5)) == 256
    assert len(either.BPE.train("", 5)) == 256
    # ab and bc are there twice, and then abc; after that nothing is
    assert either.BPE.train("abc-abc", 9).tokens[256:] == [b"ab", b"abc"]


def test_of_equals_the_first_in_the_order_of_bytes(either):
    assert either.BPE.train("zq-zq-ab-ab", 2).tokens[256:] == [b"ab", b"zq"]


def test_a_word_counts_as_often_as_it_occurs(either):
    text = " ".join(["it"] * 5 + ["at", "an", "as", "am"])
    assert either.BPE.train(text, 1).tokens[256] == b"it"


def test_a_run_of_one_letter(either):
    """aaaaa has four pairs of a, and two of them can be joined, from the left."""
    tokenizer = either.BPE.train("aaaaa-aaaaa", 9)
    assert tokenizer.tokens[256:] == [b"aa", b"aaa", b"aaaaa"]
    assert tokenizer.encode("aaaaaaa") == [256, 258]


def slow_training(text, merges, split):
    """Byte-pair encoding as it is told: count everything anew each time."""
    tokens = [bytes([i]) for i in range(256)]
    words = [[bytes([b]) for b in word.encode()] for word in split(text)]
    for _ in range(merges):
        counts = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        pair = min(counts, key=lambda p: (-counts[p], p), default=None)
        if pair is None or counts[pair] < 2:
            break
        tokens.append(b"".join(pair))
        for word in words:
            for i in range(len(word) - 1):
                if tuple(word[i : i + 2]) == pair:
                    word[i : i + 2] = [b"".join(pair)]
    return tokens, words


def test_training_is_that_of_the_plain_way(either, rng):
    texts = [Shakespeare().text[:3000]]
    texts += ["".join(rng.choice(list("aab b'é你"), size=300)) for _ in range(5)]
    for text in texts:
        tokens, words = slow_training(text, 60, either.split)
        tokenizer = either.BPE.train(text, 60)
        assert tokenizer.tokens == tokens
        # encode joins as training did
        ids = [tokens.index(token) for word in words for token in word]
        assert tokenizer.encode(text) == ids


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_comes_back(either, text):
    for tokenizer in either.Bytes(), either.BPE.train("".join(TEXTS) * 2, 100):
        ids = tokenizer.encode(text)
        assert all(0 <= i < len(tokenizer) for i in ids)
        assert tokenizer.decode(ids) == text


def test_a_shorter_training_is_the_beginning_of_a_longer_one(step):
    text = Shakespeare().text[:2000]
    assert step.BPE.train(text, 20).tokens == step.BPE.train(text, 50).tokens[:276]


def test_what_is_printed(run_step):
    printed = run_step(75)
    rows = re.findall(r"^ *(\d+) +(\d+) +([\d.]+)$", printed, re.MULTILINE)
    assert [(int(a), int(b)) for a, b, _ in rows] == [
        (joins, joins + 256) for joins in (0, 64, 256, 1024)
    ]
    shares = [float(c) for _, _, c in rows]
    assert shares[0] == 1 and shares == sorted(shares) and shares[-1] > 2.5
    assert printed.count("comes back: True") == 3
    assert "False" not in printed and "U+FFFD" in printed
