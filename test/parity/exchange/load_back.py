"""Loads what Dashi exported with the tools that the formats belong to.

    EXCHANGE_SAMPLES=DIR npx vitest run test/app/exchange/write-samples.test.ts && python load_back.py DIR
"""
import json, sys, warnings
from pathlib import Path
import numpy as np

warnings.filterwarnings("ignore")
at = Path(sys.argv[1])
M = 22 * 15 - 8 * 5  # pixels of the mask
results = {}


def check(name):
    def run(f):
        try:
            f()
            results[name] = "ok"
        except Exception as e:
            results[name] = f"FAILED {type(e).__name__}: {str(e)[:200]}"
    return run


def near(a, b, tol=0.01):
    assert np.allclose(a, b, atol=tol), (a, b)


@check("coco: pycocotools")
def _():
    from pycocotools.coco import COCO
    c = COCO(str(at / "coco/annotations/instances_train.json"))
    a = c.loadAnns(c.getAnnIds())
    near(a[0]["bbox"], [3.5, 4.25, 20, 10.5])
    assert c.annToMask(a[2]).sum() == M == a[2]["area"]
    assert [c.cats[x["category_id"]]["name"] for x in a] == ["cat", "dog", "dog"] and min(c.cats) == 1
    t = COCO(str(at / "coco/annotations/captions_train.json"))
    assert [x["caption"] for x in t.loadAnns(t.getAnnIds())] == ["a dog, ü"]


def datumaro(folder, fmt, kinds):
    def f():
        import datumaro as dm
        d = dm.Dataset.import_from(str(at / folder), fmt)
        names = [c.name for c in d.categories()[dm.AnnotationType.label]]
        item = next(i for i in d if Path(i.id).name == "a.b c")
        got = sorted((a.type.name, names[a.label] if getattr(a, "label", None) is not None else None) for a in item.annotations)
        for k in kinds:
            assert k in got, (k, got)
        box = [a for a in item.annotations if a.type.name == "bbox" and names[a.label] == "cat"]
        if box:
            near(box[0].get_bbox(), [3.5, 4.25, 20, 10.5])
        masks = [a for a in item.annotations if a.type.name == "mask"]
        if masks and ("mask", "dog") in kinds and fmt != "voc_segmentation":
            assert masks[-1].image.sum() == M, masks[-1].image.sum()
    return f


def by_name(items):
    return next(i for i in items if Path(i.id).name == "a.b c")


@check("panoptic: datumaro")
def _():
    import datumaro as dm
    d = dm.Dataset.import_from(str(at / "panoptic"), "coco_panoptic")
    names = [c.name for c in d.categories()[dm.AnnotationType.label]]
    masks = {names[a.label]: int(a.image.sum()) for a in by_name(d).annotations if a.type.name == "mask"}
    # The mask lies above the polygon of its label; what a pixel belongs to is the upper one.
    assert [names[a.label] for a in by_name(d).annotations] == ["cat", "dog", "dog"] and masks["dog"] == M, masks


@check("dota: datumaro")
def _():
    import datumaro as dm
    import shutil, tempfile
    with tempfile.TemporaryDirectory() as t:
        shutil.copytree(at / "dota/train", Path(t) / "train")  # it takes no splits of different classes together
        d = dm.Dataset.import_from(t, "dota")
    names = [c.name for c in d.categories()[dm.AnnotationType.label]]
    first = by_name(d).annotations[0]
    assert names[first.label] == "cat"
    near(sorted([first.w, first.h]), [10.5, 20])
    near([first.cx, first.cy], [13.5, 9.5])


@check("yolo obb: supervision")
def _():
    import supervision as sv
    at_yolo = at / "yolo-obb"
    d = sv.DetectionDataset.from_yolo(str(at_yolo / "images/train"), str(at_yolo / "labels/train"), str(at_yolo / "data.yaml"), is_obb=True)
    detections = next(a for p, a in d.annotations.items() if Path(p).name == "a.b c.png")
    corners = detections.data["xyxyxyxy"][0]
    near(corners, [[3.5, 4.25], [23.5, 4.25], [23.5, 14.75], [3.5, 14.75]])


check("datumaro: datumaro")(datumaro("datumaro", "datumaro", [("bbox", "cat"), ("polygon", "dog"), ("mask", "dog"), ("label", "dog"), ("caption", None)]))
check("cvat: datumaro")(datumaro("cvat", "cvat", [("bbox", "cat"), ("polygon", "dog"), ("mask", "dog"), ("label", "dog")]))
check("coco: datumaro")(datumaro("coco", "coco", [("bbox", "cat"), ("polygon", "dog"), ("caption", None)]))
check("voc from 0: datumaro")(datumaro("voc-0", "voc_detection", [("bbox", "cat")]))
check("masks: datumaro")(datumaro("masks", "voc_segmentation", [("mask", "dog")]))


@check("folders: datasets")
def _():
    import datasets, tempfile
    with tempfile.TemporaryDirectory() as t:
        d = datasets.load_dataset("imagefolder", data_dir=str(at / "folders"), cache_dir=t)
        assert d["train"].features["label"].names == ["cat", "dog"] and len(d["validation"]) == 1



def supervision(load, boxes):
    def f():
        import supervision as sv
        ds = load(sv.DetectionDataset)
        k = next(p for p in ds.image_paths if p.endswith("a.b c.png"))
        d = ds.annotations[k]
        assert len(d) == 3, len(d)
        near(d.xyxy[0], [3.5, 4.25, 23.5, 14.75], boxes)
        assert [ds.classes[i] for i in d.class_id] == ["cat", "dog", "dog"], (ds.classes, d.class_id)
        if d.mask is not None and len(d.mask) == 3:
            # Its hole is filled, as the export said; OpenCV draws the border as well.
            filled = m()
            filled[5:20, 8:30] = True
            assert (d.mask[2] & filled).sum() / (d.mask[2] | filled).sum() > 0.85
    return f


def m():
    x = np.zeros((36, 48), bool)
    x[5:20, 8:30] = 1
    x[9:14, 14:22] = 0
    return x


check("coco: supervision")(supervision(lambda D: D.from_coco(images_directory_path=str(at / "coco/images"), annotations_path=str(at / "coco/annotations/instances_train.json")), 0.01))
check("yolo detect: supervision")(supervision(lambda D: D.from_yolo(images_directory_path=str(at / "yolo-detect/images/train"), annotations_directory_path=str(at / "yolo-detect/labels/train"), data_yaml_path=str(at / "yolo-detect/data.yaml")), 0.01))
check("yolo segment: supervision")(supervision(lambda D: D.from_yolo(images_directory_path=str(at / "yolo/images/train"), annotations_directory_path=str(at / "yolo/labels/train"), data_yaml_path=str(at / "yolo/data.yaml"), force_masks=True), 1.0))
check("voc: supervision")(supervision(lambda D: D.from_pascal_voc(images_directory_path=str(at / "voc/JPEGImages"), annotations_directory_path=str(at / "voc/Annotations")), 0.01))


@check("labelme: labelme")
def _():
    from labelme._label_file import read_label_file
    f = read_label_file(str(at / "labelme/a.b c.json"))
    assert [(s["label"], s["shape_type"]) for s in f.shapes] == [("cat", "rectangle"), ("dog", "polygon"), ("dog", "mask")]
    assert f.shapes[2]["mask"].sum() == M and f.flags == {"dog": True}


@check("labelstudio: label-studio-converter")
def _():
    import tempfile
    from label_studio_converter import Converter, brush
    tasks = json.loads((at / "labelstudio/tasks.json").read_text())
    r = [x for x in tasks[0]["annotations"][0]["result"] if x["type"] == "brushlabels"][0]
    alpha = brush.decode_rle(r["value"]["rle"]).reshape(36, 48, 4)[:, :, 3]
    assert (alpha > 0).sum() == M and ((alpha > 0) == m()).all()
    c = Converter(config=(at / "labelstudio/labeling_config.xml").read_text(), project_dir=None, download_resources=False)
    with tempfile.TemporaryDirectory() as t:
        c.convert_to_coco(str(at / "labelstudio/tasks.json"), t, output_image_dir=t, is_dir=False)
        out = json.loads((Path(t) / "result.json").read_text())
        near(out["annotations"][0]["bbox"], [3.5, 4.25, 20, 10.5])


@check("imagefolder: datasets")
def _():
    import datasets, tempfile
    with tempfile.TemporaryDirectory() as t:
        d = datasets.load_dataset("imagefolder", data_dir=str(at / "imagefolder"), cache_dir=t)
        row = d["train"][0]
        assert row["text"] == "a dog, ü" and row["label"] == "dog" and row["image"].size == (48, 36)
        near(row["objects"]["bbox"][0], [3.5, 4.25, 20, 10.5])
        assert len(d["validation"]) == 1


@check("webdataset: webdataset")
def _():
    import webdataset as wds
    s = next(iter(wds.WebDataset(str(at / "webdataset/train-000000.tar"), shardshuffle=False).decode("rgb")))
    assert s["png"].shape == (36, 48, 3) and s["txt"] == "a dog, ü" and s["json"]["dashi"]["fileName"] == "a.b c.png"


@check("masks: pillow")
def _():
    from PIL import Image
    a = np.array(Image.open(at / "masks/SegmentationClass/a.b c.png"))
    assert a.ndim == 2 and a.max() <= 2 and (np.array(Image.open(at / "masks/SegmentationObject/a.b c.png")) == 3).sum() == M


for k, v in results.items():
    print(f"{v:8s} {k}" if v == "ok" else f"{k}: {v}")
