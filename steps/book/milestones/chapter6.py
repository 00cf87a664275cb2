"""Milestone: a question of your own.

How should a stone be thrown from a wall, so that it flies as far as
possible? Schoolbooks say 45 degrees, which is right on flat ground.
From a wall the formula is no pleasure to differentiate. But now you
can ask any formula: where is its slope 0, which way does it bend
there, and how much does the answer change with the height?

Write your own question in place of distance: a price, a recipe, a
tank that has to hold a lot and cost little.

Output:
    wall 0 m: 45.0 degrees, 10.2 m far
    wall 2 m: 40.3 degrees, 12.0 m far
    wall 5 m: 35.4 degrees, 14.3 m far
    one degree off costs 0.005 m
"""

import numpy as np

from dezero.func import grad, hessian
from dezero.functions import cos, sin, sqrt

SPEED, GRAVITY = 10.0, 9.81  # meters, seconds


def distance(angle, wall):
    """Return how far a stone flies from a wall."""
    up, along = SPEED * sin(angle), SPEED * cos(angle)
    seconds = (up + sqrt(up**2 + 2 * GRAVITY * wall)) / GRAVITY
    return along * seconds


for wall in (0.0, 2.0, 5.0):
    angle = np.array(0.6)  # radians
    for _ in range(6):
        slope = grad(distance)(angle, wall)
        bend = hessian(distance)(angle, wall)
        angle = angle - slope.data / bend.data
    far = distance(angle, wall)
    print(f"wall {wall:.0f} m: {np.degrees(angle):.1f} degrees, {far.data:.1f} m far")
off = -bend.data / 2 * np.radians(1.0) ** 2
print(f"one degree off costs {off:.3f} m")
