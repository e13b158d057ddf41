"""records.json: for every metric of a task, its value by scikit-learn (or, where that has none, by its definition) on the same examples."""
import json, pathlib
import numpy as np
import sklearn
from sklearn import metrics

rng = np.random.default_rng(31)


def softmax(logits):
    e = np.exp(logits - logits.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def ece(labels, p, bins=15):
    """Guo et al. 2017: equal-width bins of confidence (lo, hi], Σ nb/N · |accuracy − mean confidence|."""
    confidence, right, edges = p.max(1), p.argmax(1) == labels, np.linspace(0, 1, bins + 1)
    inside = [(confidence > lo) & (confidence <= hi) for lo, hi in zip(edges[:-1], edges[1:])]
    return sum(i.mean() * abs(right[i].mean() - confidence[i].mean()) for i in inside if i.any())


classify = {
    "accuracy": lambda labels, p: metrics.accuracy_score(labels, p.argmax(1)),
    "meanPerClass": lambda labels, p: metrics.balanced_accuracy_score(labels, p.argmax(1)),
    "macroF1": lambda labels, p: metrics.f1_score(labels, p.argmax(1), average="macro"),
    "nll": lambda labels, p: metrics.log_loss(labels, p, labels=range(p.shape[1])),
    "ece": ece,
}
contrast = {f"recallAt{k}": lambda truth, s, k=k: metrics.top_k_accuracy_score(truth, s, k=k, labels=range(s.shape[1])) for k in (1, 5, 10)}

cases = []
# The last case: a class without examples, and one that is never predicted.
for n, k, sharpness, most in [(120, 5, 2.0, 5), (40, 2, 1.0, 2), (60, 9, 4.0, 9), (30, 4, 1.5, 3)]:
    labels = rng.integers(0, most, n)
    labels[:most] = range(most)
    logits = (sharpness * rng.normal(size=(n, k)) + 1.5 * np.eye(k)[labels]).round(3)
    logits[:, -1] -= 20 if most < k else 0
    p = softmax(logits.astype(np.float32).astype(float))
    values = {name: float(of(labels, p)) for name, of in classify.items()}
    cases.append({"task": "classify", "classes": k, "labels": labels.tolist(), "logits": logits.ravel().tolist(), "values": values})

for queries, candidates in [(40, 12), (9, 30)]:
    truth = rng.integers(0, candidates, queries)
    similarity = (rng.normal(size=(queries, candidates)) + 1.2 * np.eye(candidates)[truth]).round(4)
    values = {name: float(of(truth, similarity)) for name, of in contrast.items()}
    cases.append({"task": "contrast", "similarity": similarity.ravel().tolist(), "relevant": [[int(t)] for t in truth], "values": values})

out = pathlib.Path(__file__).parent / "records.json"
out.write_text(json.dumps({"sklearn": sklearn.__version__, "cases": cases}, separators=(",", ":")) + "\n")
print(out.stat().st_size)
