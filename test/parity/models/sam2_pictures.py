"""sam2-pictures.json: odd pictures as files, with what SAM 2's processor (by torchvision, and as Pillow would resize) and post-processing make of them for a model of 32 pixels. Needs Pillow and torchvision too."""
import base64, io
import numpy as np
import torch
from PIL import Image, ImageOps
from transformers import Sam2ImageProcessor, Sam2Processor
from shared import HERE, tensor, write

SIDE, LOW = 32, 8
IMAGE_MEAN, IMAGE_STD = (torch.tensor(v, dtype=torch.float64)[None, :, None, None] for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
processor = Sam2Processor(Sam2ImageProcessor(size={"height": SIDE, "width": SIDE}), target_size=SIDE)


def picture(name, shape, rng, orientation=None):
    image = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
    exif = image.getexif()
    if orientation:
        exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, "WEBP" if orientation else "PNG", lossless=True, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(file.getvalue()))).convert("RGB")
    w, h = upright.size
    seen = processor(upright, input_points=[[[[w / 3, h / 2]]]], input_labels=[[[1]]], return_tensors="pt")
    boxed = processor(upright, input_boxes=[[[0, 0, w * 0.75, h]]], return_tensors="pt")
    levels = np.asarray(upright.resize((SIDE, SIDE), Image.BILINEAR), np.float64).transpose(2, 0, 1)[None]
    pillow = (torch.tensor(levels) / 255 - IMAGE_MEAN) / IMAGE_STD
    apart = ((pillow - seen["pixel_values"]).abs() * IMAGE_STD * 255).round()
    print(f"{name}: torchvision's levels differ by up to {int(apart.max())}, {float((apart > 0).double().mean()):.1%} of them")
    logits = torch.tensor(rng.normal(size=(1, 1, 1, LOW, LOW)) * 4, dtype=torch.float32)
    full = processor.post_process_masks(logits, seen["original_sizes"], binarize=False)[0]
    return {"name": name, "file": base64.b64encode(file.getvalue()).decode(), "width": w, "height": h, "pixels": tensor(seen["pixel_values"]), "pillow": tensor(pillow),
            "point": seen["input_points"].flatten().tolist(), "box": boxed["input_boxes"].flatten().tolist(), "logits": tensor(logits[0, 0, 0]), "full": tensor(full[0, 0])}


if __name__ == "__main__":
    rng = np.random.default_rng(97)
    write(HERE / "sam2-pictures.json", [
        picture("one pixel", (1, 1, 3), rng), picture("10:1", (5, 50, 3), rng), picture("1:10", (60, 6, 3), rng),
        picture("grey", (17, 23), rng), picture("turned by EXIF", (12, 20, 3), rng, orientation=6)])
