"""Step 62. Slices and shapes: what is picked takes gradients along.

A slice picks elements, as max does. Written as algebra it is a
product with a matrix S of 0 and 1, a row for each element picked:

    y = x[[2, 0, 2]]      S = 0 0 1      y = S @ x
                              1 0 0
                              0 0 1     gx = S.T @ gy

So the gradient needs no new idea. S.T puts each number of gy back
where its element came from, everything else is 0, and an element
that was picked twice is in two rows: its gradients add up. (Step 47
wrote get_item. It builds no S, but S explains it.)

Reshape and transpose pick everything once; their S only changes
the order. Then S.T is the way back, the gradient takes the shape of
x, and for transpose the way back is the inverse permutation:

    axes = (2, 0, 1): new axis 0 is the old 2, 1 the old 0, ...
    argsort(axes) = (1, 2, 0) undoes it

Both can turn (157, 210, 3) into (210, 157, 3), and it is a common
mistake to take one for the other. The picture shows an image and
what they make of it. Transpose keeps pixels beside their neighbours
and turns the image over. Reshape reads all numbers row by row and
breaks the lines elsewhere, after 157 pixels instead of 210: the
image is sheared into stripes.

In an expression of numbers there is nothing to slice, but to read
it takes some thought: step 63.

Exercise: write S for x.T of a 2 x 3 matrix, as it acts on the six
numbers of x in a row. Is S.T its inverse? Is it for reshape?

Output:
    A5 x[2, :] of 4 rows: gradient 1 in row 2, its sum 5
       x[2, 4] is 8, and S @ x says the same: True
    A6 (4, 6) as (3, 8): gradient of shape (4, 6), all ones: True
    A7 (2, 3, 4) by (2, 0, 1): shape (4, 2, 3), back by (1, 2, 0)
       there and back: True, gradient of y * w is w taken back: True
    x[[2, 0, 2]]: gradient [1 0 2], S.T @ 1 is [1 0 2]
    A8 neighbours, mean difference: image 0.9,
       transpose 0.9, reshape 10.1
    figures/step62_image.png
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from dezero import Variable

# --- carried over ---
FIGURES = Path(__file__).resolve().parents[1] / "figures"


# --- new in this step ---
def selection(shape, slices):
    """Return S: x[slices], in a row, is S @ (x in a row)."""
    size = int(np.prod(shape))
    picked = np.arange(size).reshape(shape)[slices]
    return np.eye(size)[picked.ravel()]


# --- carried over ---
def gradient(f, x):
    """Return the gradient of f at x, upstream all ones."""
    x.cleargrad()
    f(x).backward()
    return x.grad.data


# --- new in this step ---
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
    """Return how much neighbours differ, the mean."""
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


if __name__ == "__main__":
    rows = [3, 8, 8, 4, 0], [0, 5, 6, 9, 6], [6, 8, 8, 1, 8]
    x = Variable(np.array([*rows, [2, 5, 1, 8, 7]], dtype=float))
    gx = gradient(lambda x: x[2, :], x)
    (row,) = set(gx.nonzero()[0])
    print(f"A5 x[2, :] of 4 rows: gradient 1 in row {row}, ", end="")
    print(f"its sum {gx.sum():.0f}")
    S = selection(x.shape, np.s_[2, :])
    same = (S @ x.data.ravel() == x.data[2]).all()
    print(
        f"   x[2, 4] is {x.data[2, 4]:.0f}, and S @ x says the ", end=""
    )
    print(f"same: {same}")

    x = Variable(np.zeros((4, 6)))
    gx = gradient(lambda x: x.reshape(3, 8), x)
    print(
        f"A6 (4, 6) as (3, 8): gradient of shape {gx.shape}, ", end=""
    )
    print(f"all ones: {(gx == 1).all()}")

    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = x.transpose(2, 0, 1)
    back = tuple(int(axis) for axis in np.argsort((2, 0, 1)))
    print(f"A7 (2, 3, 4) by (2, 0, 1): shape {y.shape}, back by {back}")
    there = (y.transpose(back).data == x.data).all()
    w = np.random.default_rng(0).normal(size=y.shape)
    gx = gradient(lambda x: x.transpose(2, 0, 1) * w, x)
    same = (gx == w.transpose(back)).all()
    print(
        f"   there and back: {there}, gradient of y * w is w ", end=""
    )
    print(f"taken back: {same}")

    x = Variable(np.array([5.0, 6, 7]))
    gx = gradient(lambda x: x[np.array([2, 0, 2])], x).astype(int)
    S = selection(x.shape, [2, 0, 2]).astype(int)
    by_S = S.T @ np.ones(3, int)
    print(f"x[[2, 0, 2]]: gradient {gx}, S.T @ 1 is {by_S}")

    image = paint()
    turned = image.transpose(1, 0, 2)
    sheared = image.reshape(turned.shape)
    a, b, c = (roughness(each) for each in (image, turned, sheared))
    print(f"A8 neighbours, mean difference: image {a:.1f},")
    print(f"   transpose {b:.1f}, reshape {c:.1f}")
    FIGURES.mkdir(exist_ok=True)
    titles = "image", "transpose(1, 0, 2)", "reshape(210, 157, 3)"
    images = dict(zip(titles, (image, turned, sheared)))
    draw(images, FIGURES / "step62_image.png")
    print("figures/step62_image.png")
