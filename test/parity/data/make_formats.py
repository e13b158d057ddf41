"""Golden files for the formats that need more than libvips: BMP, JPEG 2000, and samples deeper than 8 bits.

    python test/parity/data/make_formats.py        (Pillow with OpenJPEG, numpy, imagecodecs; made with Pillow 13.0, OpenJPEG 2.5.4)

Writes beside itself:
  formats/*           one small file a kind; what Pillow cannot write is written by hand or by imagecodecs
  formats.json        file -> [width, height, sha256 of the upright RGB bytes, sha256 over white, sha256 of RGBA], or null where Pillow refuses it;
                      where another decoder rounds otherwise: [width, height, the RGB bytes in base64, by how many levels they may differ]
"""
import base64, hashlib, json, struct, zlib
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image, ImageOps

HERE = Path(__file__).parent
OUT = HERE / "formats"
OUT.mkdir(exist_ok=True)
rng = np.random.default_rng(7)
sha = lambda a: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
H, W = 13, 17
y, x = np.mgrid[0:H, 0:W]
rgb = np.clip(np.stack([128 + 127 * np.sin(x / 3 + y / 5), (x * 13 + y * 7) % 256, 128 + 120 * np.cos(x * y / 50)], -1), 0, 255).astype(np.uint8)
im = Image.fromarray(rgb)
alpha = (np.arange(W)[None] * 15 + np.arange(H)[:, None]).astype(np.uint8)
rgba = np.dstack([rgb, alpha])


def bmp(name, bits, rows, palette=b"", compression=0, masks=b"", height=H, header=40, gap=0, colours=0):
    """rows: the pixel data as it is stored."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, W, H, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, W, height, 1, bits, compression, len(rows), 2835, 2835, colours, 0)
        info += masks.ljust(header - 40, b"\0") if header > 40 else masks
    offset = 14 + len(info) + len(palette) + gap
    body = info + palette + b"\xaa" * gap + rows
    (OUT / name).write_bytes(b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, offset) + body)


pad = lambda row: row + b"\0" * (-len(row) % 4)
up = lambda rows: b"".join(pad(r) for r in reversed(rows))
down = lambda rows: b"".join(pad(r) for r in rows)


def write_bmp():
    p = im.quantize(256)
    p16, p2 = im.quantize(16), im.quantize(2)
    quads = lambda q, n: b"".join(bytes([q.getpalette()[3 * i + 2], q.getpalette()[3 * i + 1], q.getpalette()[3 * i], 0]) if 3 * i + 2 < len(q.getpalette()) else b"\0" * 4 for i in range(n))
    triples = lambda q, n: b"".join(quads(q, n)[4 * i:4 * i + 3] for i in range(n))
    a8, a4, a1 = np.array(p), np.array(p16), np.array(p2)
    bgr = [r[:, ::-1].tobytes() for r in rgb]
    im.save(OUT / "rgb24.bmp")
    im.convert("L").save(OUT / "grey8.bmp")
    im.convert("1").save(OUT / "one-bit.bmp")
    bmp("rgb24-top-down.bmp", 24, down(bgr), height=-H)
    bmp("rgb24-gap.bmp", 24, up(bgr), gap=10)
    bmp("rgb24-os2.bmp", 24, up(bgr), header=12)
    bmp("palette8.bmp", 8, up([r.tobytes() for r in a8]), quads(p, 256))
    bmp("palette8-os2.bmp", 8, up([r.tobytes() for r in a8]), triples(p, 256), header=12)
    bmp("palette4.bmp", 4, up([bytes(int(r[i]) << 4 | (int(r[i + 1]) if i + 1 < W else 0) for i in range(0, W, 2)) for r in a4]), quads(p16, 16))
    bmp("palette4-few.bmp", 4, up([bytes((int(r[i]) % 5) << 4 | ((int(r[i + 1]) % 5) if i + 1 < W else 0) for i in range(0, W, 2)) for r in a4]), quads(p16, 5), colours=5)
    bmp("palette1.bmp", 1, up([np.packbits(r).tobytes() for r in a1]), quads(p2, 2))
    px555 = [(((r[:, 0].astype(int) >> 3) << 10) | ((r[:, 1].astype(int) >> 3) << 5) | (r[:, 2] >> 3)).astype("<u2").tobytes() for r in rgb]
    px565 = [(((r[:, 0].astype(int) >> 3) << 11) | ((r[:, 1].astype(int) >> 2) << 5) | (r[:, 2] >> 3)).astype("<u2").tobytes() for r in rgb]
    bmp("rgb555.bmp", 16, up(px555))
    bmp("rgb565.bmp", 16, up(px565), compression=3, masks=struct.pack("<III", 0xF800, 0x07E0, 0x001F))
    bmp("rgbx32.bmp", 32, up([np.dstack([r[None, :, ::-1], alpha[i][None]]).tobytes() for i, r in enumerate(rgb)]))
    bmp("rgbx32-fields.bmp", 32, up([np.dstack([r[None, :, ::-1], alpha[i][None]]).tobytes() for i, r in enumerate(rgb)]), compression=3, masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF))
    bmp("xbgr32-fields.bmp", 32, up([np.dstack([alpha[i][None], r[None]]).tobytes() for i, r in enumerate(rgb)]), compression=3, masks=struct.pack("<III", 0xFF00, 0xFF0000, 0xFF000000))
    Image.fromarray(rgba).save(OUT / "rgba32.bmp")
    bmp("rgba32-v5.bmp", 32, up([np.dstack([r[None, :, ::-1], alpha[i][None]]).tobytes() for i, r in enumerate(rgb)]), compression=3, masks=struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), header=124)

    def rle(rows, nibbles):
        out = b""
        for k, row in enumerate(reversed(rows)):
            i = 0
            while i < W:
                n = 1
                while i + n < W and row[i + n] == row[i] and n < 255:
                    n += 1
                v = int(row[i])
                if n >= 3 or W - i < 3:
                    out += bytes([n, v << 4 | v if nibbles else v])
                    i += n
                else:  # absolute
                    m = min(W - i, 5)
                    lit = [int(c) for c in row[i:i + m]]
                    data = bytes((lit[j] << 4) | (lit[j + 1] if j + 1 < m else 0) for j in range(0, m, 2)) if nibbles else bytes(lit)
                    out += (bytes([0, m]) + data + b"\0" * (len(data) % 2)) if m >= 3 else b"".join(bytes([1, c << 4 | c if nibbles else c]) for c in lit)
                    i += m
            out += b"\0\0"
        return out + b"\0\1"

    bmp("rle8.bmp", 8, rle(a8 // 40 * 40, False), quads(p, 256), compression=1)
    bmp("rle4.bmp", 4, rle(a4, True), quads(p16, 16), compression=2)
    # Two runs, a jump of 3 to the right and 2 up, a run, the end: what is jumped over is colour 0.
    bmp("rle8-delta.bmp", 8, bytes([9, 5, 4, 7, 0, 2, 3, 2, 1, 9, 0, 0, 17, 11, 0, 1]), quads(p, 256), compression=1)


def write_jp2():
    grey = im.convert("L")
    im.save(OUT / "rgb.jp2")
    im.save(OUT / "rgb.j2k")
    im.save(OUT / "lossy.jp2", quality_mode="rates", quality_layers=[8], irreversible=True)
    im.save(OUT / "tiled.jp2", tile_size=(8, 8))
    grey.save(OUT / "grey.jp2")
    Image.fromarray(rgba).save(OUT / "rgba.jp2")
    Image.fromarray(rgba).convert("LA").save(OUT / "grey-alpha.jp2")
    im.convert("YCbCr").save(OUT / "ycc.jp2")
    deep = rng.integers(0, 65000, (H, W, 3)).astype(np.uint16)
    (OUT / "rgb16.jp2").write_bytes(imagecodecs.jpeg2k_encode(deep, level=0, codecformat="jp2"))
    (OUT / "grey16.jp2").write_bytes(imagecodecs.jpeg2k_encode((x * 40 + y).astype(np.uint16), level=0, codecformat="jp2"))
    (OUT / "grey12.j2k").write_bytes(imagecodecs.jpeg2k_encode((x * 40 + y).astype(np.uint16), level=0, codecformat="j2k", bitspersample=12))


def png16(name, array, colour):
    h, w = array.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    (OUT / name).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, 16, colour, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_deep():
    ramp = (x * 40 + y).astype(np.uint16)  # to 652: most of it above 255
    Image.fromarray(ramp).save(OUT / "grey16.png")
    Image.fromarray(ramp).save(OUT / "grey16.tif")
    Image.fromarray(ramp.astype(np.int32) - 100).save(OUT / "grey32.tif")
    Image.fromarray(ramp.astype(np.float32) / 2 - 20.3).save(OUT / "float32.tif")
    png16("grey-alpha16.png", np.dstack([ramp * 100, 65535 - ramp * 50]), 4)
    png16("rgba16.png", np.dstack([ramp * 100, ramp * 7, 65535 - ramp, ramp * 90]), 6)


def write_others():
    im.convert("CMYK").save(OUT / "cmyk.tif")
    im.convert("LAB").save(OUT / "lab.tif")
    im.save(OUT / "pages.tif", save_all=True, append_images=[im.rotate(180)])
    im.convert("1").save(OUT / "one-bit.tif")
    im.quantize(32).save(OUT / "palette.tif")
    im.convert("L").save(OUT / "grey.webp", lossless=True)
    im.convert("1").save(OUT / "one-bit.gif")
    im.quantize(8).save(OUT / "palette-alpha.png", transparency=bytes(range(0, 256, 32)))
    im.convert("YCbCr").save(OUT / "ycc.tif", compression="jpeg")
    soft = Image.fromarray(np.clip(np.stack([128 + 90 * np.sin(x / 20 + y / 30), x * 6 + y * 5, 128 + 100 * np.cos(x * y / 200)], -1), 0, 255).astype(np.uint8))
    soft.save(OUT / "rgb-444.avif", quality=80, subsampling="4:4:4")
    soft.save(OUT / "rgb-420.avif", quality=80, subsampling="4:2:0")


# YCC is turned to RGB in fixed point by each decoder its own way; libheif repeats halved colour, where Pillow's libavif interpolates it.
CLOSE = {"ycc.jp2": 1, "rgb-444.avif": 1, "rgb-420.avif": 8}


def decoded():
    out = {}
    for f in sorted(OUT.iterdir()):
        try:
            picture = ImageOps.exif_transpose(Image.open(f))
            colour = picture.convert("RGB")
            full = colour.convert("RGBA") if picture.mode in ("I;16", "I", "F", "LAB") else picture.convert("RGBA")
        except Exception as e:
            print(f.name, "refused:", e)
            out[f.name] = None
            continue
        white = Image.alpha_composite(Image.new("RGBA", picture.size, (255, 255, 255, 255)), full).convert("RGB")
        print(f.name, picture.mode)
        if f.name in CLOSE:
            out[f.name] = [*picture.size, base64.b64encode(np.array(colour).tobytes()).decode(), CLOSE[f.name]]
            continue
        out[f.name] = [*picture.size, sha(np.array(colour)), sha(np.array(white)), sha(np.array(full))]
    return out


write_bmp()
write_jp2()
write_deep()
write_others()
(HERE / "formats.json").write_text(json.dumps(decoded(), indent=1) + "\n")
