"""golden.json: temperature by SciPy, confusion by scikit-learn, McNemar's chi-squared and Holm by statsmodels, COCO AP by pycocotools."""
import contextlib, io, json, pathlib
import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.metrics import confusion_matrix
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(23)

temperature = []
for n, k, sharpness in [(60, 4, 3.0), (80, 3, 0.3), (40, 7, 8.0)]:
    labels = rng.integers(0, k, n)
    logits = (sharpness * (rng.normal(size=(n, k)) + 1.2 * np.eye(k)[labels])).round(2)
    loss = lambda beta: -log_softmax(beta * logits.astype(np.float32).astype(float), 1)[np.arange(n), labels].mean()
    fit = minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-12})
    temperature.append({"classes": k, "labels": labels.tolist(), "logits": logits.ravel().tolist(), "temperature": 1 / fit.x, "nll": fit.fun,
                        "confusion": confusion_matrix(labels, logits.argmax(1), labels=range(k)).ravel().tolist()})

chi2 = [{"b": b, "c": c, "p": mcnemar([[0, b], [c, 0]], exact=False, correction=True).pvalue} for b, c in [(25, 0), (13, 12), (30, 14), (60, 61), (140, 100), (400, 210)]]
holm = [{"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()} for p in [[0.01, 0.04, 0.03, 0.005], [0.5], [0.2, 0.9, 0.0001, 0.2, 0.013, 0.04]]]


def detections(images, classes, crowds, step):
    """Noisy copies of the true boxes, misses, and false alarms; rounded scores give ties."""
    truth, found = [], []
    for image in range(1, images + 1):
        for _ in range(rng.integers(0, 6)):
            box = np.concatenate([rng.uniform(0, 60, 2), rng.uniform(8, 40, 2)]).round(1)
            label = int(rng.integers(1, classes + 1))
            crowd = int(rng.random() < crowds)
            truth.append({"id": len(truth) + 1, "image_id": image, "category_id": label, "bbox": box.tolist(), "area": float(box[2] * box[3]), "iscrowd": crowd})
            for _ in range(rng.integers(0, 3)):
                noisy = np.maximum(box + rng.normal(0, 2.5, 4), 0.5).round(1)
                found.append({"image_id": image, "category_id": label if rng.random() < 0.9 else 1, "bbox": noisy.tolist(), "score": round(step * np.floor(rng.uniform(0.3, 1) / step), 6)})
        for _ in range(rng.integers(0, 3)):
            box = np.concatenate([rng.uniform(0, 60, 2), rng.uniform(8, 40, 2)]).round(1)
            found.append({"image_id": image, "category_id": int(rng.integers(1, classes + 1)), "bbox": box.tolist(), "score": round(step * np.floor(rng.uniform(0, 0.8) / step), 6)})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"info": {}, "images": [{"id": i} for i in range(1, images + 1)], "categories": [{"id": c} for c in range(1, classes + 1)], "annotations": truth}
        coco.createIndex()
        run = COCOeval(coco, coco.loadRes(found), "bbox")
        run.evaluate(), run.accumulate(), run.summarize()
    precision = run.eval["precision"][:, :, :, 0, 2]  # [threshold, recall, class], area all, 100 detections
    per_class = [None if (precision[:, :, c] < 0).all() else float(precision[:, :, c].mean()) for c in range(classes)]
    keep = lambda rows, *names: [{n: r[n] for n in names} for r in rows]
    return {"images": images, "classes": classes, "truth": keep(truth, "image_id", "category_id", "bbox", "iscrowd"), "detections": keep(found, "image_id", "category_id", "bbox", "score"),
            "ap": run.stats[0], "ap50": run.stats[1], "ap75": run.stats[2], "perClass": per_class}


coco = [detections(12, 3, 0, 1e-6), detections(15, 2, 0.25, 0.05), detections(3, 6, 0.1, 0.1)]

out = pathlib.Path(__file__).parent / "golden.json"
out.write_text(json.dumps({"temperature": temperature, "chi2": chi2, "holm": holm, "coco": coco}, separators=(",", ":"), default=float) + "\n")
print(out.stat().st_size)
