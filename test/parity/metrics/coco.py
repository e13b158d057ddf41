"""coco.json: all of COCOeval's numbers for boxes and for masks, and the IoU of classes' pixels, by pycocotools.

Few objects of very different sizes, noisy copies of them, misses, false alarms and crowds; rounded scores give ties.
"""
import contextlib, io, json, pathlib
import numpy as np
from pycocotools import mask as rle
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

NAMES = ["ap", "ap50", "ap75", "ap-small", "ap-medium", "ap-large", "ar-1", "ar-10", "ar-100", "ar-small", "ar-medium", "ar-large"]
rng = np.random.default_rng(71)
H, W = 150, 170


def ellipse(x, y, w, h):
    ys, xs = np.mgrid[:H, :W]
    inside = ((xs + 0.5 - x - w / 2) / (w / 2)) ** 2 + ((ys + 0.5 - y - h / 2) / (h / 2)) ** 2 <= 1
    return np.asfortranarray(inside.astype(np.uint8))


def thing(box):
    m = rle.encode(ellipse(*box))
    return {"bbox": [float(v) for v in box], "segmentation": {"size": m["size"], "counts": m["counts"].decode()}, "mask_area": int(rle.area(m))}


def evaluate(kind, images, classes, truth, found):
    area = (lambda t: t["bbox"][2] * t["bbox"][3]) if kind == "bbox" else (lambda t: t["mask_area"])
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"info": {}, "images": [{"id": i, "height": H, "width": W} for i in range(1, images + 1)], "categories": [{"id": c} for c in range(1, classes + 1)],
                        "annotations": [{**t, "id": i + 1, "area": area(t)} for i, t in enumerate(truth)]}
        coco.createIndex()
        # loadRes would take the boxes' areas for masks if there were both.
        own = [{k: v for k, v in f.items() if k in ("image_id", "category_id", "score", kind if kind == "bbox" else "segmentation")} for f in found]
        run = COCOeval(coco, coco.loadRes(own), kind)
        run.evaluate(), run.accumulate(), run.summarize()
    precision = run.eval["precision"][:, :, :, 0, 2]
    return {**{n: None if v < 0 else float(v) for n, v in zip(NAMES, run.stats)},
            "perClass": [None if (precision[:, :, c] < 0).all() else float(precision[:, :, c].mean()) for c in range(classes)]}


def pixels(images, classes, truth, found):
    """Sum of intersections over sum of unions for each class, crowds left out."""
    def joined(rows, image, label):
        out = np.zeros((H, W), bool)
        for r in rows:
            if (r["image_id"], r["category_id"]) == (image, label):
                out |= rle.decode(r["segmentation"]).astype(bool)
        return out
    out = []
    for c in range(1, classes + 1):
        both = either = 0
        for i in range(1, images + 1):
            clear = ~joined([t for t in truth if t["iscrowd"]], i, c)
            a, b = joined(found, i, c) & clear, joined([t for t in truth if not t["iscrowd"]], i, c) & clear
            both, either = both + (a & b).sum(), either + (a | b).sum()
        out.append(None if either == 0 else float(both / either))
    return out


cases = []
for images, classes, crowds, step, sizes in [(6, 3, 0, 1e-6, (8, 140)), (5, 2, 0.3, 0.1, (6, 120)), (3, 4, 0.1, 0.05, (5, 40))]:
    truth, found = [], []
    box = lambda: np.concatenate([rng.uniform(0, 60, 2), np.exp(rng.uniform(*np.log(sizes), 2))]).round(1)
    for image in range(1, images + 1):
        for _ in range(rng.integers(1, 5)):
            b, label = box(), int(rng.integers(1, max(2, classes)))
            truth.append({"image_id": image, "category_id": label, "iscrowd": int(rng.random() < crowds), **thing(b)})
            for _ in range(rng.integers(0, 4)):
                noisy = np.maximum(b + rng.normal(0, 0.06, 4) * np.tile(b[2:], 2), 2).round(1)
                found.append({"image_id": image, "category_id": label if rng.random() < 0.9 else 1, "score": round(step * np.floor(rng.uniform(0.3, 1) / step), 6), **thing(noisy)})
        for _ in range(rng.integers(0, 3)):
            found.append({"image_id": image, "category_id": int(rng.integers(1, classes + 1)), "score": round(step * np.floor(rng.uniform(0, 0.8) / step), 6), **thing(box())})
    iou = pixels(images, classes, truth, found)
    there = [v for v in iou if v is not None]
    slim = lambda rows: [{"image": r["image_id"], "label": r["category_id"] - 1, "box": r["bbox"], "mask": r["segmentation"]["counts"],
                          **({"crowd": bool(r["iscrowd"])} if "iscrowd" in r else {"score": r["score"]})} for r in rows]
    cases.append({"images": images, "classes": classes, "size": [H, W], "truth": slim(truth), "found": slim(found),
                  "boxes": evaluate("bbox", images, classes, truth, found), "masks": evaluate("segm", images, classes, truth, found), "iou": iou, "miou": float(np.mean(there))})

out = pathlib.Path(__file__).parent / "coco.json"
out.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
for c in cases:
    print({k: v and round(v, 3) for k, v in c["boxes"].items() if k != "perClass"}, c["miou"])
print(out.stat().st_size)
