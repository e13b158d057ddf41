"""Golden files for engine/data: decoding, resampling and preprocessing of images.

    python test/parity/data/make_images.py        (Pillow, numpy, transformers; made with Pillow 13.0, transformers 5.23)

Writes beside itself:
  images/*            one small file for each kind of image, written by Pillow (and two by hand)
  base.png            the picture that the resampling and preprocessing cases are cut from
  images.json         decode:     file -> [width, height, sha256 of the upright RGB bytes, sha256 over white, sha256 of RGBA]
                      resize:     [width, height of the cut, new width, new height, filter, sha256 of the RGB bytes]
                      preprocess: [width, height of the cut, config, output height, width, offset of the result in preprocess.bin]
                      large:      the same with a sha256 of the float32 bytes in place of an offset
  preprocess.bin      float32, little-endian, CHW
"""
import hashlib, io, json, struct, zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

HERE = Path(__file__).parent
IMAGES = HERE / "images"
IMAGES.mkdir(exist_ok=True)
rng = np.random.default_rng(0)
sha = lambda a: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()


def picture(h, w):
    y, x = np.mgrid[0:h, 0:w]
    waves = np.stack([128 + 127 * np.sin(x / 7 + y / 19), (x * 3 + y) % 256, 128 + 120 * np.cos(x * y / 900)], -1)
    return np.clip(waves + rng.integers(-12, 13, (h, w, 3)), 0, 255).astype(np.uint8)


def png16(path, array):
    """Pillow cannot write 16-bit RGB."""
    h, w, _ = array.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", w, h, 16, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_images():
    rgb = picture(30, 41)
    im = Image.fromarray(rgb)
    alpha = (np.arange(41)[None] * 6 + np.arange(30)[:, None]).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([rgb, alpha]))
    im.save(IMAGES / "rgb.png")
    rgba.save(IMAGES / "rgba.png")
    rgba.convert("LA").save(IMAGES / "grey-alpha.png")
    im.convert("L").save(IMAGES / "grey.png")
    im.convert("1").save(IMAGES / "one-bit.png")
    im.quantize(32).save(IMAGES / "palette.png")
    im.quantize(32).save(IMAGES / "palette-transparent.png", transparency=3)
    png16(IMAGES / "rgb16.png", rgb.astype(np.uint16) * 256 + rng.integers(0, 256, rgb.shape))
    im.save(IMAGES / "rgb.jpg", quality=85)
    im.save(IMAGES / "full-chroma.jpg", quality=90, subsampling=0)
    im.save(IMAGES / "progressive.jpg", progressive=True)
    im.convert("L").save(IMAGES / "grey.jpg")
    im.convert("CMYK").save(IMAGES / "cmyk.jpg")
    for o in range(1, 9):
        exif = Image.Exif()
        exif[0x112] = o
        im.save(IMAGES / f"orientation-{o}.jpg", exif=exif.tobytes())
    im.save(IMAGES / "lossy.webp", quality=80)
    rgba.save(IMAGES / "lossless.webp", lossless=True, exact=True)
    im.save(IMAGES / "animated.webp", save_all=True, append_images=[im.rotate(180)], lossless=True)
    im.save(IMAGES / "animated.gif", save_all=True, append_images=[im.rotate(180)])
    im.save(IMAGES / "plain.tif")


def decoded():
    out = {}
    for f in sorted(IMAGES.iterdir()):
        im = ImageOps.exif_transpose(Image.open(f))
        rgba = im.convert("RGBA")
        white = Image.alpha_composite(Image.new("RGBA", im.size, (255, 255, 255, 255)), rgba).convert("RGB")
        out[f.name] = [*im.size, sha(np.array(im.convert("RGB"))), sha(np.array(white)), sha(np.array(rgba))]
    return out


def main():
    write_images()
    base = Image.fromarray(picture(120, 150))
    base.save(HERE / "base.png", optimize=True)
    cut = lambda w, h: base.crop((0, 0, w, h))

    resized = []
    for w, h, nw, nh in [(150, 120, 32, 32), (150, 120, 149, 119), (150, 120, 60, 120), (150, 120, 150, 31), (37, 53, 96, 96),
                         (1, 1, 5, 7), (2, 90, 40, 3), (128, 120, 96, 90), (99, 101, 33, 34), (150, 1, 7, 9), (64, 64, 1, 1)]:
        for method in range(6):
            resized.append([w, h, nw, nh, method, sha(np.array(cut(w, h).resize((nw, nh), method)))])

    cases, large, floats = [], [], []
    offset = 0
    sizes = [(150, 120), (120, 120), (97, 120), (24, 24), (23, 31), (150, 17), (19, 113), (11, 9), (150, 5), (3, 120), (101, 67)]
    configs = [
        dict(size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24}),
        dict(size={"shortest_edge": 21}, crop_size={"height": 16, "width": 19}, resample=2),
        dict(size={"height": 20, "width": 27}, crop_size={"height": 23, "width": 22}, image_mean=[0.5] * 3, image_std=[0.5] * 3),
        dict(size={"shortest_edge": 12}, crop_size={"height": 17, "width": 26}),
        dict(do_resize=False, crop_size={"height": 25, "width": 16}),
        dict(size={"height": 18, "width": 15}, do_center_crop=False, do_normalize=False),
        dict(size={"shortest_edge": 14}, crop_size={"height": 14, "width": 14}, do_rescale=False, do_normalize=False, resample=1),
    ]
    for config in configs:
        processor = CLIPImageProcessorPil(**config)
        for w, h in sizes:
            values = np.asarray(processor(cut(w, h))["pixel_values"][0]).astype("<f4")
            cases.append([w, h, config, *values.shape[1:], offset])
            floats.append(values.tobytes())
            offset += values.size
    for s in (96, 224):
        config = dict(size={"shortest_edge": s}, crop_size={"height": s, "width": s})
        for w, h in sizes:
            values = np.asarray(CLIPImageProcessorPil(**config)(cut(w, h))["pixel_values"][0]).astype("<f4")
            large.append([w, h, config, s, s, sha(values)])
    (HERE / "preprocess.bin").write_bytes(b"".join(floats))
    (HERE / "images.json").write_text(
        json.dumps({"decode": decoded(), "resize": resized, "preprocess": cases, "large": large}, separators=(",", ":")) + "\n")


main()
