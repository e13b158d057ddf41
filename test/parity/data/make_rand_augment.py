"""What torchvision's RandAugment makes of a small picture, operation by operation: rand-augment.json.

Needs torch, torchvision and Pillow; made with torch 2.15.0, torchvision 0.29.2, Pillow 13.0.0. Run in any folder.
The picture is the part of base.png at CORNER of this SIZE; of each operation, the bytes at these LEVELS of 31, of signed ones both ways.
"""
import base64, json, pathlib
import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, RandAugment
from torchvision.transforms.autoaugment import _apply_op

HERE = pathlib.Path(__file__).parent
(LEFT, TOP), (WIDTH, HEIGHT) = CORNER, SIZE = (0, 0), (30, 22)
LEVELS = (9, 26)

picture = Image.open(HERE / "base.png").convert("RGB").crop((LEFT, TOP, LEFT + WIDTH, TOP + HEIGHT))
image = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
cases = []
for name, (magnitudes, signed) in RandAugment()._augmentation_space(31, (HEIGHT, WIDTH)).items():
    for level in LEVELS if magnitudes.ndim else (0,):
        for sign in (1, -1) if signed else (1,):
            value = sign * float(magnitudes[level] if magnitudes.ndim else 0)
            out = _apply_op(image, name, value, InterpolationMode.NEAREST, None)
            data = base64.b64encode(out.permute(1, 2, 0).contiguous().numpy().tobytes()).decode()
            cases.append({"name": name, "level": level, "value": value, "data": data})
(HERE / "rand-augment.json").write_text(json.dumps({"width": WIDTH, "height": HEIGHT, "cases": cases}, separators=(",", ":")) + "\n")
