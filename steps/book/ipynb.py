"""The file of a notebook: its cells, and what they printed."""

import copy
import json


def cell(kind, name, source, **metadata):
    """Return a cell as a notebook has it in its file."""
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


# What Jupyter writes, so that it changes nothing when it saves a notebook.
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


def source_of(found):
    """Return the source of a cell, which is a list of lines in the file."""
    return "".join(found["source"])


def text_of(output):
    """Return the text of an output, which may be a list of lines in the file."""
    return "".join(output.get("text", output.get("data", {}).get("text/plain", "")))


def whole(outputs):
    """Return outputs with each stream in one piece: timing cuts them into several."""
    merged = []
    for output in outputs:
        if merged and merged[-1].get("name") == output.get("name", 0):
            merged[-1]["text"] = text_of(merged[-1]) + text_of(output)
        else:
            merged.append(copy.copy(output))
    return merged


def smaller(png):
    """Return a picture, in base64, with at most 256 colours: a third of the size."""
    import base64
    import io

    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(png)))
    if image.mode == "P":
        return png
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    text = base64.b64encode(file.getvalue()).decode()
    return text if len(text) < len(png) else png


def size_of(path):
    """Return how many bytes a notebook has once its pictures are made smaller.

    Jupyter writes them as they were drawn.
    """
    size = path.stat().st_size
    book = json.loads(path.read_text(encoding="utf-8"))
    for found in book["cells"]:
        for output in found.get("outputs", []):
            png = "".join(output.get("data", {}).get("image/png", ""))
            size -= len(png) - len(smaller(png)) if png else 0
    return size


def save(book, path):
    """Write a notebook as Jupyter would."""
    import nbformat

    nbformat.validate(book)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(nbformat.writes(book).rstrip("\n") + "\n")
