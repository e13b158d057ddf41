"""Boxes of KITTI as Datumaro writes them, and what Datumaro reads from a folder.

    python kitti.py          makes datumaro-kitti and datumaro-kitti.expected.json (datumaro 1.13)
    python kitti.py FOLDER   prints what Datumaro reads there: one line a box
"""
import json, shutil, sys
from pathlib import Path
import numpy as np
import datumaro as dm
from datumaro.components.annotation import Bbox
from datumaro.components.media import Image

here = Path(__file__).parent


def boxes(folder):
    """Subset by subset: Datumaro takes no two whose classes differ."""
    found = {}
    for subset in sorted(p.parent for p in Path(folder).rglob("label_2")):
        data = dm.Dataset.import_from(str(subset), "kitti")
        names = [c.name for c in data.categories()[dm.AnnotationType.label].items]
        for item in data:
            found[f"{item.subset}/{item.id}"] = [
                [names[a.label], *map(float, a.get_bbox()), bool(a.attributes["truncated"]), bool(a.attributes["occluded"]), a.attributes.get("score", -1.0)]
                for a in item.annotations
            ]
    return found


if len(sys.argv) > 1:
    print(json.dumps(boxes(sys.argv[1])))
else:
    some = [
        Bbox(5, 4, 20, 12, label=0, attributes={"truncated": 0.25, "occluded": 2}),
        Bbox(30.5, 8.25, 10, 20.5, label=1, attributes={"score": 0.75}),
    ]
    items = [
        dm.DatasetItem(name, subset=subset, media=Image.from_numpy(np.full((36, 48, 3), grey, np.uint8)), annotations=found)
        for name, subset, grey, found in (("000000", "train", 90, some), ("000001", "train", 120, []), ("000000", "val", 30, some[1:]))
    ]
    out = here / "datumaro-kitti"
    shutil.rmtree(out, ignore_errors=True)
    dm.Dataset.from_iterable(items, categories=["Car", "Pedestrian"], media_type=Image).export(str(out), "kitti_detection", save_media=True)
    (here / "datumaro-kitti.expected.json").write_text(json.dumps(boxes(out), indent=1) + "\n")
