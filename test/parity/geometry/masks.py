"""Golden masks by pycocotools: polygons rasterised, areas, boxes, IoUs, merges. Run: python masks.py (pycocotools 2.0.x, numpy)."""
import json, math, os, random
import numpy as np
from pycocotools import mask as M

random.seed(7)
rng = np.random.default_rng(7)

def enc(r):
    return {"size": r["size"], "counts": r["counts"].decode()}

def star(cx, cy, r, n, jitter):
    pts = []
    for i in range(n):
        a = 2 * math.pi * i / n
        d = r * (1 - jitter * random.random())
        pts += [round(cx + d * math.cos(a), 3), round(cy + d * math.sin(a), 3)]
    return pts

polygons = []
for i in range(120):
    h, w = random.randint(1, 60), random.randint(1, 60)
    kind = i % 6
    if kind == 0:  # any vertices, self-crossing, partly outside
        pts = [round(random.uniform(-8, max(h, w) + 8), 3) for _ in range(2 * random.randint(3, 9))]
    elif kind == 1:
        pts = star(w / 2, h / 2, max(w, h) * 0.6, random.randint(5, 24), 0.6)
    elif kind == 2:  # whole and half pixels
        pts = [random.randint(-4, 2 * max(h, w) + 4) / 2 for _ in range(2 * random.randint(3, 8))]
    elif kind == 3:  # thin and tiny
        x, y = random.uniform(0, w), random.uniform(0, h)
        pts = [x, y, x + random.uniform(0, 1.2), y, x, y + random.uniform(0, 1.2)]
    elif kind == 4:  # repeated vertices
        a, b, c = [[random.uniform(0, w), random.uniform(0, h)] for _ in range(3)]
        pts = a + a + b + b + c + a
    else:
        x0, y0 = random.uniform(-3, w), random.uniform(-3, h)
        x1, y1 = x0 + random.uniform(0, w), y0 + random.uniform(0, h)
        pts = [x0, y0, x1, y0, x1, y1, x0, y1]
    r = M.frPyObjects([pts], h, w)[0]
    polygons.append({"points": pts, "rle": enc(r), "area": int(M.area(r)), "bbox": [float(v) for v in M.toBbox(r)]})

pairs = []
for i in range(30):
    h, w = random.randint(1, 40), random.randint(1, 40)
    p = rng.choice([0.02, 0.3, 0.7, 1.0, 0.0])
    a = np.asfortranarray(rng.random((h, w)) < p, dtype=np.uint8)
    b = np.asfortranarray(rng.random((h, w)) < 0.4, dtype=np.uint8)
    ra, rb = M.encode(a), M.encode(b)
    pairs.append({
        "a": enc(ra), "b": enc(rb), "bitmapA": "".join(str(int(v)) for v in a.flatten()),
        "iou": float(M.iou([ra], [rb], [0])[0][0]), "crowdIou": float(M.iou([ra], [rb], [1])[0][0]),
        "union": enc(M.merge([ra, rb])), "intersection": enc(M.merge([ra, rb], intersect=True)),
        "areaA": int(M.area(ra)), "bboxA": [float(v) for v in M.toBbox(ra)],
    })
big = star(1500.3, 900.7, 880, 400, 0.3)
r = M.frPyObjects([big], 2000, 3000)[0]
out = {"polygons": polygons, "pairs": pairs, "large": {"points": big, "rle": enc(r), "area": int(M.area(r))}}
here = os.path.dirname(os.path.abspath(__file__))
json.dump(out, open(os.path.join(here, "masks.json"), "w"), separators=(",", ":"))
