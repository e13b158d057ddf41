"""Golden values of curation: cleanlab's confident learning, and the stratification of two other implementations.

    pip install cleanlab iterative-stratification scikit-multilearn scikit-learn numpy
    python make.py
"""
import json
from pathlib import Path

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_normalized_margin_for_each_label, get_self_confidence_for_each_label
from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
from skmultilearn.model_selection import IterativeStratification

here = Path(__file__).parent
rng = np.random.default_rng(7)


def doubts():
    n, k = 400, 5
    truth = rng.integers(0, k, n)
    labels = np.where(rng.random(n) < 0.15, rng.integers(0, k, n), truth)
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), truth] += 2
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    # To float32 and back, which is what is written and read.
    p = p.astype(np.float32)
    joint = compute_confident_joint(labels, p, calibrate=True)
    issues = find_label_issues(labels, p, filter_by="confident_learning")
    return {
        "classes": k,
        "labels": labels.tolist(),
        "probabilities": [float(x) for x in p.ravel()],
        "thresholds": get_confident_thresholds(labels, p).tolist(),
        "counts": compute_confident_joint(labels, p, calibrate=False).ravel().tolist(),
        "joint": (joint / joint.sum()).ravel().tolist(),
        "selfConfidence": get_self_confidence_for_each_label(labels, p).tolist(),
        # cleanlab scales the margin to 0 … 1.
        "normalisedMargin": get_normalized_margin_for_each_label(labels, p).tolist(),
        "issues": np.flatnonzero(issues).tolist(),
    }


def deviations(y, folds, shares):
    """Label and example distribution of Sechidis et al. 2011, §3.2."""
    n, q = y.shape
    k = len(shares)
    sizes = np.array([(folds == f).sum() for f in range(k)])
    odds = lambda part: part.sum(0) / np.maximum(1, len(part) - part.sum(0))
    whole = odds(y)
    ld = np.mean([np.mean([abs(odds(y[folds == f])[j] - whole[j]) for f in range(k)]) for j in range(q)])
    ed = np.mean([abs(sizes[f] - shares[f] * n) for f in range(k)])
    return {"labels": float(ld), "examples": float(ed)}


def stratification():
    cases = []
    for n, q, density in [(500, 6, 0.3), (1200, 20, 0.08), (300, 12, 0.15)]:
        frequency = density * (0.3 + 1.4 * rng.random(q))
        y = (rng.random((n, q)) < frequency).astype(int)
        k = 5
        shares = [1 / k] * k
        results = []
        for seed in range(10):
            a = np.zeros(n, int)
            for f, (_, test) in enumerate(MultilabelStratifiedKFold(k, shuffle=True, random_state=seed).split(np.zeros((n, 1)), y)):
                a[test] = f
            results.append(("iterative-stratification", deviations(y, a, shares)))
        b = np.zeros(n, int)
        for f, (_, test) in enumerate(IterativeStratification(n_splits=k, order=1).split(np.zeros((n, 1)), y)):
            b[test] = f
        results.append(("scikit-multilearn", deviations(y, b, shares)))
        mean = {
            name: {m: float(np.mean([r[m] for who, r in results if who == name])) for m in ("labels", "examples")}
            for name in ("iterative-stratification", "scikit-multilearn")
        }
        cases.append({"folds": k, "labels": [np.flatnonzero(row).tolist() for row in y], "classes": q, "reference": mean})
    return cases


for name, made in {"doubts": doubts(), "stratification": stratification()}.items():
    (here / f"{name}.json").write_text(json.dumps(made, separators=(",", ":")) + "\n")
