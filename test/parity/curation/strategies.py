"""Golden values of the strategies for labelling: SciPy's entropy, Jensen-Shannon distance and ranks, and greedy k-centre in NumPy.

    pip install numpy scipy scikit-learn
    python strategies.py
"""
import json
from pathlib import Path

import numpy as np
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, percentileofscore
from sklearn.metrics import pairwise_distances

here = Path(__file__).parent
rng = np.random.default_rng(12)
n, k, d, count = 60, 4, 5, 12


def probabilities():
    logits = 2 * rng.normal(size=(n, k))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.round(p, 6) / np.round(p, 6).sum(1, keepdims=True)


p, q = probabilities(), probabilities()
x = rng.normal(size=(n, d)).astype(np.float32)
labels = np.full(n, -1)
labels[[3, 17, 40]] = [0, 2, 1]
candidates = np.flatnonzero(labels < 0)
ordered = np.sort(p, axis=1)
far = pairwise_distances(x.astype(np.float64))


def greedy(score):
    """Rows and scores; `score` is given the distance of every candidate to the nearest of those labelled or chosen."""
    covered, order, scores = list(np.flatnonzero(labels >= 0)), [], []
    start = far[np.ix_(candidates, covered)].min(1)
    for _ in range(count):
        s = score(far[np.ix_(candidates, covered)].min(1), start)
        s[np.isin(candidates, order)] = -np.inf
        best = int(np.argmax(s))
        order.append(int(candidates[best]))
        scores.append(float(s[best]))
        covered.append(candidates[best])
    return {"order": order, "scores": scores}


def rank(values, among):
    return np.array([percentileofscore(among, v, kind="mean") / 100 for v in values])


narrow = (1 - (ordered[:, -1] - ordered[:, -2]))[candidates]
json.dump(
    {
        "classes": k,
        "dim": d,
        "count": count,
        "probabilities": p.ravel().tolist(),
        "other": q.ravel().tolist(),
        "features": [float(v) for v in x.ravel()],
        "labels": labels.tolist(),
        "scores": {
            "entropy": (entropy(p, axis=1) / np.log(k)).tolist(),
            "margin": (1 - (ordered[:, -1] - ordered[:, -2])).tolist(),
            "least-confidence": (1 - ordered[:, -1]).tolist(),
            "checkpoints": (jensenshannon(p, q, base=2, axis=1) ** 2).tolist(),
        },
        "k-centre": greedy(lambda now, start: now.copy()),
        "mix": greedy(lambda now, start: 0.6318 * rank(narrow, narrow) + 0.3682 * rank(now, start)),
    },
    open(here / "strategies.json", "w"),
)
