"""Golden numbers of agreement: Cohen's kappa by scikit-learn, IoU by pycocotools, the best assignment by SciPy.

    pip install scikit-learn pycocotools scipy
    python test/parity/agreement/make.py
"""
import json
import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
import scipy
import sklearn
from pycocotools import mask as coco
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import cohen_kappa_score, confusion_matrix

rng = np.random.default_rng(7)


def kappas():
    cases = []
    for n, classes, agree in [(1, 2, 1.0), (12, 2, 0.7), (50, 3, 0.9), (200, 5, 0.3), (40, 4, 0.0), (30, 1, 1.0), (500, 10, 0.65)]:
        a = rng.integers(0, classes, n)
        b = np.where(rng.random(n) < agree, a, rng.integers(0, classes, n))
        labels = list(range(classes))
        with np.errstate(all="ignore"):
            k = float(cohen_kappa_score(a, b, labels=labels))
        cases.append({"a": a.tolist(), "b": b.tolist(), "matrix": confusion_matrix(a, b, labels=labels).tolist(), "kappa": None if math.isnan(k) else k})
    return cases


def star(cx, cy, r, points):
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radii = r * rng.uniform(0.5, 1.0, points)
    return np.round(np.stack([cx + radii * np.cos(angles), cy + radii * np.sin(angles)], 1), 2).reshape(-1).tolist()


def ious():
    height, width = 96, 128
    boxes = lambda n: np.round(np.stack([rng.uniform(0, 90, n), rng.uniform(0, 60, n), rng.uniform(4, 60, n), rng.uniform(4, 50, n)], 1), 2).tolist()
    a, b = boxes(8), boxes(7)
    polygons = [star(rng.uniform(30, 90), rng.uniform(30, 60), rng.uniform(10, 40), int(rng.integers(3, 12))) for _ in range(10)]
    rles = [coco.frPyObjects([p], height, width)[0] for p in polygons]
    around = coco.frPyObjects([[x, y, x + w, y, x + w, y + h, x, y + h] for x, y, w, h in a], height, width)
    none = lambda them: [0] * len(them)
    return {
        "size": [height, width],
        "a": a,
        "b": b,
        "polygons": polygons,
        "masks": [r["counts"].decode() for r in rles],
        "boxes": coco.iou(np.array(a), np.array(b), none(b)).tolist(),
        "polygonIou": coco.iou(rles[:5], rles[5:], none(rles[5:])).tolist(),
        "mixed": coco.iou(around, rles[:5], none(rles[:5])).tolist(),
    }


def assignments():
    cases = []
    for rows, columns, density in [(1, 1, 1), (3, 3, 1), (2, 5, 0.8), (6, 4, 0.5), (12, 12, 0.3), (9, 15, 0.9)]:
        weights = np.round(np.where(rng.random((rows, columns)) < density, rng.uniform(0.05, 1, (rows, columns)), 0), 4)
        r, c = linear_sum_assignment(weights, maximize=True)
        cases.append({"weights": weights.tolist(), "best": float(weights[r, c].sum())})
    return cases


out = {
    "made by": {"scikit-learn": sklearn.__version__, "scipy": scipy.__version__, "pycocotools": version("pycocotools")},
    "kappas": kappas(),
    "ious": ious(),
    "assignments": assignments(),
}
Path(__file__).with_name("golden.json").write_text(json.dumps(out) + "\n")
