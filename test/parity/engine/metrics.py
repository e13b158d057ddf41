"""metrics.json: accuracy, NLL, ECE, intervals, significance, average precision and IoU, by scikit-learn, SciPy and pycocotools where they define them."""
import numpy as np
import scipy, sklearn
from pycocotools import mask as coco
from scipy.special import softmax
from scipy.stats import binomtest, bootstrap
from sklearn.metrics import accuracy_score, average_precision_score, balanced_accuracy_score, log_loss, roc_auc_score, top_k_accuracy_score
from common import save, tensor

rng = np.random.default_rng(11)


def ece(probabilities, labels, bins=15):
    """Guo et al. 2017: equal-width bins of confidence (lo, hi], Σ nb/N · |accuracy − mean confidence|."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == labels
    edges, total = np.linspace(0, 1, bins + 1), 0.0
    for lo, hi in zip(edges[:-1], edges[1:]):
        inside = (confidence > lo) & (confidence <= hi)
        if inside.any():
            total += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    return total


classification = []
for n, k, sharpness in [(200, 5, 2.0), (64, 2, 1.0), (30, 10, 6.0)]:
    labels = rng.integers(0, k, n)
    labels[:k] = range(k)
    logits = (sharpness * rng.normal(size=(n, k)) + 1.5 * np.eye(k)[labels]).astype(np.float32)
    p = softmax(logits.astype(np.float64), 1)
    classification.append({"logits": tensor(logits), "labels": tensor(labels), "accuracy": accuracy_score(labels, p.argmax(1)), "meanPerClass": balanced_accuracy_score(labels, p.argmax(1)),
                           "top2": top_k_accuracy_score(labels, p, k=2, labels=range(k)) if k > 2 else 1.0, "nll": log_loss(labels, p, labels=range(k)), "ece": ece(p, labels)})

wilson = []
for k, n in [(0, 10), (10, 10), (7, 20), (123, 400), (1, 1), (999, 1000)]:
    ci = binomtest(k, n).proportion_ci(0.95, method="wilson")
    wilson.append({"k": k, "n": n, "low": ci.low, "high": ci.high})

right = (rng.random(300) < 0.7).astype(float)
ci = bootstrap((right,), np.mean, n_resamples=200_000, method="percentile", rng=rng, batch=2000).confidence_interval
other = np.where(rng.random(300) < 0.8, right, 1 - right)
diff = bootstrap((right - other,), np.mean, n_resamples=200_000, method="percentile", rng=rng, batch=2000).confidence_interval
boot = {"values": tensor(right.astype(int)), "low": ci.low, "high": ci.high, "paired": tensor(other.astype(int)), "differenceLow": diff.low, "differenceHigh": diff.high,
        "definition": "percentile interval (2.5%, 97.5%) of the mean over resamples with replacement; paired: of the per-example difference, one set of indices for both"}

# Exact McNemar: under the null the discordant pairs fall either way with p = 1/2; two-sided binomial.
mcnemar = [{"b": b, "c": c, "p": binomtest(b, b + c, 0.5).pvalue if b + c else 1.0} for b, c in [(0, 0), (1, 0), (5, 5), (2, 9), (12, 3), (0, 8), (30, 14), (7, 8)]]

ap = []
for n, ties in [(50, False), (200, True), (12, False)]:
    truth = rng.random(n) < 0.3
    truth[0] = True
    scores = (rng.normal(size=n) + truth).round(1 if ties else 6).astype(np.float32)
    ap.append({"scores": tensor(scores), "truth": tensor(truth), "averagePrecision": average_precision_score(truth, scores), "auc": roc_auc_score(truth, scores)})

boxes = lambda n: np.concatenate([rng.uniform(0, 60, (n, 2)), rng.uniform(1, 50, (n, 2))], 1).astype(np.float32)
a, b = boxes(6), boxes(5)
b[0] = a[0]
iou = {"a": tensor(a), "b": tensor(b), "box": tensor(coco.iou(a.astype(float), b.astype(float), [0] * len(b)))}
masks = [np.asfortranarray(rng.random((9, 13)) < q).astype(np.uint8) for q in (0.2, 0.5, 0.8)]
rles = [coco.encode(m) for m in masks]
iou["masks"] = [tensor(m.astype(bool)) for m in masks]
iou["mask"] = tensor(coco.iou(rles, rles, [0] * 3))

save("metrics.json", {"sklearn": sklearn.__version__, "scipy": scipy.__version__, "classification": classification, "wilson": wilson, "bootstrap": boot, "mcnemar": mcnemar, "averagePrecision": ap, "iou": iou})
