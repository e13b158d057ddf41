"""Golden datasets, each written by the tool that the format belongs to, and what the tool itself says is in them.

    python make.py [STEP…]   (pycocotools, datumaro 1.13, supervision 0.31, labelme 6, label-studio-converter 0.0.59, webdataset, pillow)
"""
import json, shutil, sys, warnings
from pathlib import Path
import numpy as np
from PIL import Image

warnings.filterwarnings("ignore")
here = Path(__file__).parent
W, H = 48, 36
rng = np.random.default_rng(0)


def folder(name):
    f = here / name
    shutil.rmtree(f, ignore_errors=True)
    f.mkdir(parents=True)
    return f


def picture(path, size=(W, H), colour=(200, 120, 40)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def blob():
    """A mask with a hole and two parts."""
    m = np.zeros((H, W), np.uint8)
    m[5:20, 8:30] = 1
    m[9:14, 14:22] = 0
    m[25:32, 33:45] = 1
    return m


def write(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def coco():
    """Annotations as pycocotools sees them: areas and masks are the tool's own."""
    from pycocotools import mask as mu
    from pycocotools.coco import COCO

    out = folder("coco")
    picture(out / "images" / "café 1.v2.png")
    picture(out / "images" / "two.png", (30, 40))
    m = blob()
    rle = mu.encode(np.asfortranarray(m))
    flat = m.flatten(order="F")
    counts, last, run = [], 0, 0
    for v in flat:
        if v != last:
            counts.append(run)
            last, run = v, 0
        run += 1
    counts.append(run)
    data = {
        "info": {"description": "golden"},
        "annotations": [  # before the images, as any order is legal
            {"id": 1, "image_id": 7, "category_id": 0, "bbox": [1.5, 2.25, 20.5, 10.125], "area": 207.5625, "iscrowd": 0, "segmentation": []},
            {"id": 2, "image_id": 7, "category_id": 3, "bbox": [5, 5, 30, 20], "area": 500, "iscrowd": 0,
             "segmentation": [[5.0, 5.0, 20.5, 5.0, 20.5, 20.0], [25.0, 10.0, 35.0, 10.0, 35.0, 25.0, 25.0, 25.0, 25.0, 10.0]]},
            {"id": 3, "image_id": 7, "category_id": 90, "bbox": [8, 5, 37, 27], "area": int(m.sum()), "iscrowd": 0,
             "segmentation": {"size": [H, W], "counts": rle["counts"].decode()}},
            {"id": 4, "image_id": 7, "category_id": 90, "bbox": [8, 5, 37, 27], "area": int(m.sum()), "iscrowd": 1,
             "segmentation": {"size": [H, W], "counts": counts}},
            {"id": 5, "image_id": 9, "category_id": 1, "bbox": [2, 3, 20, 30], "area": 600, "iscrowd": 0, "segmentation": [],
             "keypoints": [4, 5, 2, 0, 0, 0, 10, 30, 1], "num_keypoints": 2},
        ],
        "images": [{"id": 9, "file_name": "two.png", "width": 30, "height": 40}, {"id": 7, "file_name": "café 1.v2.png", "width": W, "height": H}],
        "categories": [{"id": 0, "name": "zero"}, {"id": 3, "name": "three"}, {"id": 90, "name": "ninety"},
                       {"id": 1, "name": "person", "keypoints": ["nose", "hip", "foot"], "skeleton": [[1, 2], [2, 3]]}],
    }
    (out / "annotations").mkdir()
    write(out / "annotations" / "instances_val2017.json", data)
    write(out / "annotations" / "captions_val2017.json",
          {"images": data["images"], "annotations": [{"id": 50, "image_id": 9, "caption": "two of them"}, {"id": 51, "image_id": 9, "caption": "a second caption"}]})
    tool = COCO(str(out / "annotations" / "instances_val2017.json"))
    expected = {}
    for a in tool.loadAnns(tool.getAnnIds()):
        r = tool.annToRLE(a) if a["segmentation"] else None
        expected[a["id"]] = {"label": tool.cats[a["category_id"]]["name"], "bbox": a["bbox"], "rle": r and {"size": r["size"], "counts": r["counts"] if isinstance(r["counts"], str) else r["counts"].decode()}}
    write(here / "coco.expected.json", expected)


def with_datumaro():
    import datumaro as dm
    from datumaro.components.annotation import Bbox, Caption, Label, Mask, Points, Polygon, PolyLine
    from datumaro.components.media import Image as DmImage

    labels = dm.LabelCategories.from_iterable(["background", "cat", "dog"])
    points = dm.PointsCategories.from_iterable([(2, ["head", "tail"], {(1, 2)})])

    def dataset(annotations, name="a.b c"):
        return dm.Dataset.from_iterable(
            [dm.DatasetItem(name, subset="train", media=DmImage.from_numpy(np.full((H, W, 3), 90, np.uint8)), annotations=annotations),
             dm.DatasetItem("é", subset="val", media=DmImage.from_numpy(np.full((30, 20, 3), 30, np.uint8)), annotations=[Bbox(0, 0, 20, 30, label=1)])],
            categories={dm.AnnotationType.label: labels, dm.AnnotationType.points: points}, media_type=DmImage)

    box = Bbox(3.5, 4.25, 20, 10.5, label=1, attributes={"occluded": True, "breed": "tabby"})
    polygon = Polygon([5, 5, 30, 5, 30.5, 25, 5, 25], label=2)
    mask = Mask(blob(), label=2)
    everything = [box, polygon, mask, Polygon([1, 1, 9, 1, 9, 9], label=1, group=4), Polygon([11, 1, 19, 1, 19, 9], label=1, group=4),
                  PolyLine([1, 1, 20, 20, 30, 5], label=1), Points([3, 4, 20, 21], [2, 1], label=2), Label(2), Caption("a caption")]
    tries = {
        "datumaro": ("datumaro", everything), "datumaro-cvat": ("cvat", [box, polygon, mask, everything[5], Label(2)]), "datumaro-coco": ("coco_instances", [box, polygon, mask]),
        "datumaro-voc": ("voc_detection", [box]), "datumaro-yolo": ("yolo", [box]), "datumaro-masks": ("voc_segmentation", [mask]),
        "datumaro-ultralytics": ("yolo_ultralytics", [box]), "datumaro-folders": ("imagenet", [Label(2)]),
    }
    for name, (fmt, annotations) in tries.items():
        out = folder(name)
        shutil.rmtree(out)
        try:
            dataset(annotations).export(str(out), fmt, save_media=True)
        except Exception as e:
            print("left out", name, type(e).__name__, e)
            shutil.rmtree(out, ignore_errors=True)
            continue
        # What the tool reads back of its own file is what we must read.
        try:
            back = dm.Dataset.import_from(str(out), {"coco_instances": "coco_instances"}.get(fmt, fmt))
            names = [c.name for c in back.categories()[dm.AnnotationType.label]]
            found = {}
            for item in back:
                found[item.id] = [
                    {"type": a.type.name, "label": names[a.label] if getattr(a, "label", None) is not None else None,
                     **({"bbox": [float(v) for v in a.get_bbox()]} if a.type.name in ("bbox", "polygon", "mask") else {}),
                     **({"area": float(a.image.sum())} if a.type.name == "mask" else {})}
                    for a in item.annotations]
            write(here / f"{name}.expected.json", found)
        except Exception as e:
            print("not read back", name, type(e).__name__, e)


def with_supervision():
    import supervision as sv

    picture(here / "tmp" / "x.png")
    picture(here / "tmp" / "y z.png", (20, 30))
    xy = np.array([[3.0, 4.0, 23.0, 14.0], [10.0, 10.0, 40.0, 30.0]])
    detections = sv.Detections(xyxy=xy, class_id=np.array([0, 1]))
    second = sv.Detections(xyxy=np.array([[1.0, 2.0, 20.0, 30.0]]), class_id=np.array([1]))
    files = [str(here / "tmp" / "x.png"), str(here / "tmp" / "y z.png")]
    ds = sv.DetectionDataset(classes=["cat", "dog"], images=files, annotations={files[0]: detections, files[1]: second})
    for name, save in {
        "supervision-coco": lambda o: ds.as_coco(images_directory_path=str(o / "images"), annotations_path=str(o / "annotations.json")),
        "supervision-yolo": lambda o: ds.as_yolo(images_directory_path=str(o / "images"), annotations_directory_path=str(o / "labels"), data_yaml_path=str(o / "data.yaml")),
        "supervision-voc": lambda o: ds.as_pascal_voc(images_directory_path=str(o / "images"), annotations_directory_path=str(o / "annotations")),
    }.items():
        out = folder(name)
        save(out)
    write(here / "supervision.expected.json", {"x.png": [["cat", xy[0].tolist()], ["dog", xy[1].tolist()]], "y z.png": [["dog", [1, 2, 20, 30]]]})
    shutil.rmtree(here / "tmp")


def with_labelme():
    from labelme._label_file import read_label_file
    import base64, io

    out = folder("labelme")
    picture(out / "pic.1.png")
    m = blob()[5:20, 8:30].astype(bool)
    buffer = io.BytesIO()
    Image.fromarray(m).save(buffer, format="PNG")
    def shape(label, kind, points, group=None, **kw):
        return dict(label=label, points=points, group_id=group, shape_type=kind, flags={}, description="", mask=None, **kw)
    shapes = [
        shape("cat", "rectangle", [[30.5, 20.0], [3.5, 4.25]]),
        shape("dog", "polygon", [[5, 5], [30, 5], [30.5, 25]], 1), shape("dog", "polygon", [[35, 5], [40, 5], [40, 25]], 1),
        {**shape("dog", "mask", [[8, 5], [29, 19]]), "mask": base64.b64encode(buffer.getvalue()).decode()},
        shape("dot", "point", [[9, 9]]), shape("way", "linestrip", [[1, 1], [20, 20], [30, 5]]), shape("disc", "circle", [[20, 18], [28, 18]]),
    ]
    document = {"version": "6.3.1", "flags": {"night": True, "rain": False}, "shapes": shapes, "imagePath": "pic.1.png", "imageData": None, "imageHeight": H, "imageWidth": W}
    write(out / "pic.1.json", document)
    # The tool must be able to read it.
    assert read_label_file(str(out / "pic.1.json")).shapes[3]["mask"].sum() == m.sum()
    write(here / "labelme.expected.json", {"maskArea": int(m.sum()), "maskBox": [8, 5, 22, 15]})


def with_label_studio():
    from label_studio_converter import brush

    out = folder("labelstudio")
    picture(out / "upload" / "pic.png")
    m = blob()
    rle = brush.mask2rle(m * 255)
    common = {"original_width": W, "original_height": H, "image_rotation": 0, "to_name": "image", "from_name": "label"}
    tasks = [{
        "id": 1, "data": {"image": "/data/upload/3/0a1b2c3d-pic.png"},
        "annotations": [{"id": 1, "completed_by": {"id": 1, "email": "ann@example.org"}, "was_cancelled": False, "result": [
            {"id": "r1", "type": "rectanglelabels", **common, "value": {"x": 25, "y": 25, "width": 50, "height": 25, "rotation": 0, "rectanglelabels": ["cat"]}},
            {"id": "r2", "type": "rectanglelabels", **common, "value": {"x": 50, "y": 25, "width": 25, "height": 25, "rotation": 90, "rectanglelabels": ["cat"]}},
            {"id": "r3", "type": "polygonlabels", **common, "value": {"points": [[10, 10], [50, 10], [50, 50]], "closed": True, "polygonlabels": ["dog"]}},
            {"id": "r4", "type": "brushlabels", **common, "value": {"format": "rle", "rle": [int(v) for v in rle], "brushlabels": ["dog"]}},
            {"id": "r5", "type": "keypointlabels", **common, "value": {"x": 50, "y": 50, "width": 1, "keypointlabels": ["dot"]}},
            {"id": "r1", "type": "textarea", **common, "value": {"text": ["a tabby"]}},
            {"id": "c1", "type": "choices", **common, "value": {"choices": ["indoor"]}},
            {"id": "t1", "type": "textarea", **common, "value": {"text": ["two animals"]}},
        ]}],
        "predictions": [{"model_version": "m1", "score": 0.7, "result": [
            {"id": "p1", "type": "rectanglelabels", **common, "score": 0.6, "value": {"x": 0, "y": 0, "width": 10, "height": 10, "rotation": 0, "rectanglelabels": ["cat"]}}]}],
    }]
    write(out / "export.json", tasks)
    decoded = brush.decode_rle([int(v) for v in rle]).reshape(H, W, 4)[:, :, 3]
    assert (decoded > 0).sum() == m.sum()
    from pycocotools import mask as mu
    write(here / "labelstudio.expected.json", {"rle": {"size": [H, W], "counts": mu.encode(np.asfortranarray(m))["counts"].decode()}})


def with_webdataset():
    import io, webdataset as wds

    out = folder("webdataset")
    with wds.TarWriter(str(out / "shard-train-000.tar")) as sink:
        for i in range(3):
            b = io.BytesIO()
            Image.new("RGB", (16, 12), (i * 60, 10, 20)).save(b, format="PNG")
            sink.write({"__key__": f"dir/sample{i}", "png": b.getvalue(), "txt": f"caption {i}", "cls": i % 2, "json": {"width": 16, "height": 12, "caption": f"caption {i}"}})
    (out / "classes.txt").write_text("odd\neven\n")


def masks():
    """Bits, palette indices and colours of the same mask, as pillow writes them."""
    out = folder("masks")
    m = blob()
    m[0:2, 0:10] = 3
    m[33:36, 0:4] = 255
    for name, depth in (("eight", 8), ("four", 4), ("grey", 0), ("rgb", 24)):
        picture(out / "JPEGImages" / f"{name}.png")
        v = np.where(m == 255, 255 if depth != 4 else 0, m).astype(np.uint8)
        if depth in (8, 4):
            im = Image.fromarray(v, mode="P")
            im.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0] + [0] * (768 - 12))
            (out / "SegmentationClass").mkdir(exist_ok=True)
            im.save(out / "SegmentationClass" / f"{name}.png", bits=depth)
        elif depth == 0:
            Image.fromarray(v, mode="L").save(out / "SegmentationClass" / f"{name}.png")
        else:
            colours = np.zeros((H, W, 3), np.uint8)
            colours[m == 1] = (128, 0, 0)
            colours[m == 3] = (128, 128, 0)
            colours[m == 255] = (224, 224, 192)
            Image.fromarray(colours).save(out / "SegmentationClass" / f"{name}.png")
    (out / "labelmap.txt").write_text("# label:color_rgb:parts:actions\nbackground:0,0,0::\ncat:128,0,0::\nunused:0,128,0::\nco:lon:128,128,0::\n")
    write(here / "masks.expected.json", {"cat": int((m == 1).sum()), "co:lon": int((m == 3).sum())})


def shapes():
    """Folders of colours, panoptic segments and four corners, as datumaro writes them; what is in them is what was given to it."""
    import datumaro as dm
    from datumaro.components.annotation import Mask, RotatedBbox
    from datumaro.components.media import Image as DmImage

    left, right = np.zeros((H, W), np.uint8), np.zeros((H, W), np.uint8)
    left[5:20, 8:20] = 1
    left[9:14, 12:16] = 0
    left[30, 1] = 1
    right[2:12, 25:45] = 1
    two = [Mask(left, label=1, id=1, group=1), Mask(right, label=2, id=2, group=2)]
    tries = {"camvid": two, "cityscapes": two, "coco_panoptic": two, "kitti_segmentation": two, "dota": [RotatedBbox(20, 20, 16, 10, 30, label=1)]}
    for fmt, annotations in tries.items():
        items = [dm.DatasetItem(name, subset=subset, media=DmImage.from_numpy(np.full((H, W, 3), grey, np.uint8)), annotations=some)
                 for name, subset, grey, some in (("a b", "train", 90, annotations), ("c", "val", 30, annotations[:1]))]
        out = folder(f"datumaro-{fmt.replace('_', '-')}")
        shutil.rmtree(out)
        dm.Dataset.from_iterable(items, categories=["background", "cat", "dog"], media_type=DmImage).export(str(out), fmt, save_media=True)
    write(here / "datumaro-shapes.expected.json", {"cat": int(left.sum()), "dog": int(right.sum())})


steps = (coco, masks, with_labelme, with_label_studio, with_webdataset, with_supervision, with_datumaro, shapes)
for step in steps:
    if len(sys.argv) == 1 or step.__name__ in sys.argv[1:]:
        print(step.__name__)
        step()
