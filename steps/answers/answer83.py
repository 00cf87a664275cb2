"""Answer to the exercise of step 83.

The likeliest token has the probability 0.60, so with share 0.2 a token
needs at least 0.12. That leaves e and a, with 0.8 and 0.2.

min_p (Nguyen and others, 2024) compares each token with one number, the
probability of the best token. top_p looks at what the tokens add up to.
Where 20 tokens are equally likely, min_p keeps all of them. top_p with
0.79 keeps 16, though the other four are no worse. If min_p is applied
before the temperature, a high temperature does little harm: the tokens
that make no sense are already gone.

Output:
    e 0.80, a 0.20, i 0.00, o 0.00, r 0.00
    of 20 equal tokens: min_p keeps 20, top_p 16
"""

import numpy as np

from step83 import token_probabilities


def min_p(scores, share):
    """Return the probabilities (V,) of what is likely enough."""
    p = token_probabilities(scores)
    p = np.where(p >= share * p.max(), p, 0)
    return p / p.sum()


left = ["e", "a"]  # of the table, with share 0.2


if __name__ == "__main__":
    p = min_p(np.log([0.6, 0.15, 0.1, 0.1, 0.05]), 0.2)
    print(", ".join(f"{token} {x:.2f}" for token, x in zip("eaior", p)))
    alike = np.zeros(20)
    kept = [
        np.count_nonzero(p)
        for p in (
            min_p(alike, 0.2),
            token_probabilities(alike, top_p=0.79),
        )
    ]
    print(f"of 20 equal tokens: min_p keeps {kept[0]}", end=", ")
    print(f"top_p {kept[1]}")
