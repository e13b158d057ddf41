"""Golden files for test/engine/weights: written by the reference library (pip install torch safetensors transformers).

    python test/parity/weights/make.py
"""
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

here = Path(__file__).parent
torch.manual_seed(0)

# One file with every kind of tensor that a checkpoint may hold. Values that rounding could get wrong are among them.
hard = torch.tensor([0.0, -0.0, 1.0, -2.5, 65504.0, 6.1e-5, 5.96e-8, 1 / 3, 3.14159265, -1e-7])
tensors = {
    'layer.weight': torch.randn(3, 5),
    'hard.f32': hard,
    'hard.f16': hard.half(),
    'hard.bf16': hard.bfloat16(),
    'hard.f64': hard.double(),
    'scalar': torch.tensor(4.6052),
    'empty': torch.zeros(0, 7),
    'embeddings.position_ids': torch.arange(6).reshape(1, 6),
    'mask': torch.tensor([True, False, True]),
    'bytes': torch.arange(5, dtype=torch.uint8),
    'ünïcode "name"': torch.ones(2),
}
save_file(tensors, here / 'mixed.safetensors', metadata={'format': 'pt'})
(here / 'mixed.json').write_text(json.dumps({
    name: {'dtype': str(t.dtype), 'shape': list(t.shape), 'values': t.double().reshape(-1).tolist()} for name, t in tensors.items()
}, indent=1))

# The same small model in each float type, and sharded as transformers does it.
model = {f'layer.{i}.weight': torch.randn(4, 3) for i in range(4)} | {f'layer.{i}.bias': torch.randn(4) for i in range(4)}
for name, dtype in [('fp32', torch.float32), ('fp16', torch.float16), ('bf16', torch.bfloat16)]:
    (here / name).mkdir(exist_ok=True)
    save_file({k: v.to(dtype) for k, v in model.items()}, here / name / 'model.safetensors', metadata={'format': 'pt'})
    (here / name / 'expected.json').write_text(json.dumps({k: v.to(dtype).double().reshape(-1).tolist() for k, v in model.items()}))

import torch.nn as nn
from huggingface_hub import save_torch_state_dict
(here / 'sharded').mkdir(exist_ok=True)
save_torch_state_dict(model, here / 'sharded', max_shard_size=150)

# float32 to half and to bfloat16, for random bit patterns: the rounding of each case.
bits = np.concatenate([
    np.random.default_rng(0).integers(0, 2**32, 3000, dtype=np.uint32),
    np.array([0x38800000, 0x387fffff, 0x33000000, 0x33000001, 0x32ffffff, 0x477fefff, 0x477ff000, 0x7f800000, 0xff800000, 0x3f801000, 0x3f803000, 0x7f7fffff], dtype=np.uint32),
])
x = bits.view(np.float32)
bits = bits[~np.isnan(x)]
x = bits.view(np.float32)
with np.errstate(over='ignore'):
    half = x.astype(np.float16).view(np.uint16)
bf16 = torch.from_numpy(x.copy()).bfloat16().view(torch.uint16).numpy()
np.concatenate([bits.view(np.uint8), half.view(np.uint8), bf16.view(np.uint8)]).tofile(here / 'rounding.bin')
