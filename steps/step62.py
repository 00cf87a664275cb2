"""Step 62. Slices: picking is a product with zeros and ones.

Step 47 wrote get_item, which sends gradients back to the elements
that were picked. Why is this right? A picked element is a sum over
all elements of x, with the factor 1 for itself and 0 for the others.
So picking is a product with a matrix. This *selection matrix* S
has a row for each picked element, with a 1 at the element's place.

    y = x[[2, 0, 2]]

        0 0 1
    S = 1 0 0      y  = S @ x
        0 0 1      gx = S.T @ gy

S.T @ gy is step 41's gradient of a product. It puts each number of
gy back where its element came from. An element that was not picked
gets 0. An element that was picked twice has two rows in S, so its
two gradients are added. In practice nobody builds S, because
nearly all of it is 0. Here it only explains the gradient.

Reshape and transpose pick every element exactly once. Their S only
changes the order, so S.T is also the way back.

Both can turn an image of shape (157, 210, 3) into one of shape
(210, 157, 3), and it is a common mistake to take one for the other.
What is the difference? Transpose exchanges the two axes: neighbouring
pixels stay neighbours, and the image is mirrored diagonally.
Reshape writes out all pixels row by row and starts a new line after
157 pixels instead of 210. Each line then starts somewhere else, and
the image falls into slanted stripes. The picture shows all three,
and the output measures how much neighbouring pixels differ.

So far Python has read our formulas. In step 63 we write the reader.

Exercise: write S for x.T of an x with the shape (2, 3), acting on
the six numbers of x in a row. What is S.T @ S? For which slices is
S.T @ S something else, and what does its diagonal count?

In the package: dezero/core/indexing.py, GetItem

Output:
    x[2, :] of 4 rows: the gradient is 1 in row 2, 0 elsewhere
      picked by S: [6 8 8 1 8]
    x[[2, 0, 2]]: the gradient is [1 0 2], by S.T also [1 0 2]
    reshape (4, 6) to (3, 8): the gradient has the shape (4, 6)
    transpose (2, 3, 4) by (2, 0, 1): the shape is (4, 2, 3)
      back by argsort (1, 2, 0): the same numbers, True
      gradient of y * w: w transposed back, True
    mean difference of neighbouring pixels
      image 0.9, transpose 0.9, reshape 10.1
    figures/step62_image.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable


# A trick: number the elements of x from 0, and slice these numbers in
# place of x. The result says which elements were picked. Row i of
# np.eye has its 1 in column i.
def selection(shape, slices):
    """Return S, so that S @ x.ravel() is x[slices].ravel()."""
    size = int(np.prod(shape))
    picked = np.arange(size).reshape(shape)[slices]
    return np.eye(size)[picked.ravel()]


def paint(height=157, width=210):
    """Return an image, (height, width, 3) bytes: hills and a sun."""
    y, x = np.mgrid[:height, :width]
    image = np.empty((height, width, 3))
    image[:] = [120, 180, 235]
    image[..., 0] += y / 2  # the sky is lighter further down
    sun = (x - 155) ** 2 + (y - 40) ** 2 < 22**2
    image[sun] = [255, 225, 90]
    for top, color in (95, [70, 130, 90]), (115, [40, 95, 60]):
        hill = y > top + 14 * np.sin(x / 27 + top)
        image[hill] = color
    return image.clip(0, 255).astype(np.uint8)


def roughness(image):
    """Return the mean difference of neighbouring pixels."""
    image = image.astype(float)
    across, down = np.diff(image, axis=1), np.diff(image, axis=0)
    return (abs(across).mean() + abs(down).mean()) / 2


def draw(images, file):
    """Draw {title: image} side by side."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    ratios = [image.shape[1] for image in images.values()]
    panels = figure.subplots(1, len(images), width_ratios=ratios)
    for axes, (title, image) in zip(panels, images.items()):
        axes.imshow(image)
        axes.set_title(f"{title}\n{image.shape}", fontsize=10)
        axes.set(xticks=[], yticks=[])
    figure.savefig(file, dpi=120)


# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


def gradient(f, x):
    """Return the gradient of f at x, an array; gy is all ones."""
    x.cleargrad()
    f(x).backward()
    return x.grad.data


if __name__ == "__main__":
    rows = [3, 8, 8, 4, 0], [0, 5, 6, 9, 6], [6, 8, 8, 1, 8]
    x = Variable(np.array([*rows, [2, 5, 1, 8, 7]], dtype=float))
    gx = gradient(lambda x: x[2, :], x)
    (row,) = set(gx.nonzero()[0])
    print(f"x[2, :] of 4 rows: the gradient is 1 in row {row}", end="")
    print(f", {gx.sum() - gx[row].sum():.0f} elsewhere")
    S = selection(x.shape, np.s_[2, :])
    print(f"  picked by S: {(S @ x.data.ravel()).astype(int)}")

    x = Variable(np.array([5.0, 6, 7]))
    gx = gradient(lambda x: x[np.array([2, 0, 2])], x).astype(int)
    S = selection(x.shape, [2, 0, 2]).astype(int)
    print(f"x[[2, 0, 2]]: the gradient is {gx}, ", end="")
    print(f"by S.T also {S.T @ np.ones(3, int)}")

    x = Variable(np.zeros((4, 6)))
    gx = gradient(lambda x: x.reshape(3, 8), x)
    print("reshape (4, 6) to (3, 8): ", end="")
    print(f"the gradient has the shape {gx.shape}")

    axes = 2, 0, 1
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = x.transpose(axes)
    back = tuple(int(axis) for axis in np.argsort(axes))
    print(f"transpose {x.shape} by {axes}: the shape is {y.shape}")
    same = (y.transpose(back).data == x.data).all()
    print(f"  back by argsort {back}: the same numbers, {same}")
    w = np.random.default_rng(0).normal(size=y.shape)
    gx = gradient(lambda x: x.transpose(axes) * w, x)
    same = (gx == w.transpose(back)).all()
    print(f"  gradient of y * w: w transposed back, {same}")

    image = paint()
    turned = image.transpose(1, 0, 2)
    sheared = image.reshape(turned.shape)
    a, b, c = (roughness(each) for each in (image, turned, sheared))
    print("mean difference of neighbouring pixels")
    print(f"  image {a:.1f}, transpose {b:.1f}, reshape {c:.1f}")
    FIGURES.mkdir(exist_ok=True)
    titles = "image", "transpose(1, 0, 2)", "reshape(210, 157, 3)"
    images = dict(zip(titles, (image, turned, sheared)))
    draw(images, FIGURES / "step62_image.png")
    print("figures/step62_image.png")
