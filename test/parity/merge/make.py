"""Golden values for test/engine/merge, computed by mergekit 0.1.5. Its source and what it imports are enough:

    python -m venv v && v/bin/pip install torch numpy pydantic tqdm
    v/bin/pip install --no-deps --target mk mergekit==0.1.5
    PYTHONPATH=mk v/bin/python test/parity/merge/make.py
"""
import json
from pathlib import Path
from types import SimpleNamespace

import torch
from mergekit.merge_methods.generalized_task_arithmetic import get_mask
from mergekit.merge_methods.model_stock import model_stock_merge_method
from mergekit.merge_methods.slerp import slerp
from mergekit.sparsify import magnitude, magnitude_outliers

here = Path(__file__).parent
torch.manual_seed(0)
flat = lambda t: t.double().reshape(-1).tolist()

base = torch.randn(6, 8)
thetas = [base + 0.1 * torch.randn(6, 8) for _ in range(3)]
deltas = [t - base for t in thetas]

cases = {'base': flat(base), 'thetas': [flat(t) for t in thetas]}

# slerp: mergekit takes a leading batch axis, one vector a row; a whole tensor is one row.
one = lambda t, a, b: slerp(torch.tensor([t]), a.reshape(1, -1), b.reshape(1, -1))
far = torch.randn(48)
near = base.reshape(-1) + 1e-4 * torch.randn(48)
cases['slerp'] = [
    {'a': flat(a), 'b': flat(b), 't': t, 'expected': flat(one(t, a, b))}
    for a, b in [(base.reshape(-1), far), (base.reshape(-1), near), (base.reshape(-1), -base.reshape(-1)), (torch.zeros(48), far)]
    for t in [0.0, 0.3, 0.5, 1.0]
]


def merge(deltas, weights, lam, consensus):
    """GeneralizedTaskArithmeticMerge.merge_group after sparsification, with the options that its methods set."""
    w = torch.tensor(weights).reshape(-1, *[1] * base.dim())
    d = torch.stack(deltas) * w
    if not consensus:
        return base + lam * d.sum(0)  # task_arithmetic and dare_linear: normalize = False
    mask = get_mask(d, method='sum', mask_dtype=d.dtype)  # ties: normalize = True
    divisor = (w * mask).sum(0)
    divisor[divisor == 0] = 1
    return base + lam * (d * mask).sum(0) / divisor


cases['taskArithmetic'] = [{'lambda': lam, 'expected': flat(merge(deltas, [1.0] * 3, lam, False))} for lam in [0.3, 1.0]]
cases['ties'] = [
    {'density': density, 'lambda': lam, 'expected': flat(merge([magnitude(d, density) for d in deltas], [1.0] * 3, lam, True))}
    for density in [0.01, 0.2, 0.5, 1.0]
    for lam in [0.7, 1.0]
]
# DARE with given masks; the rescaling by 1/density is the paper's, MergeLM's and PEFT's.
masks = [(torch.rand(6, 8) < 0.4).float() for _ in thetas]
cases['dare'] = {
    'density': 0.4, 'lambda': 0.9, 'masks': [flat(m) for m in masks],
    'expected': flat(merge([d * m for d, m in zip(deltas, masks)], [1 / 0.4] * 3, 0.9, False)),
}
# Model Stock: of two and three ingredients, of ones that oppose each other, of one that was not trained.
tensor = lambda t: SimpleNamespace(tensor=t)
stock = lambda ts: model_stock_merge_method.implementation(SimpleNamespace(base=tensor(base), non_base=[tensor(t) for t in ts]))
cases['modelStock'] = [
    {'thetas': [flat(t) for t in ts], 'expected': flat(stock(ts))}
    for ts in [thetas[:2], thetas, [thetas[0], 2 * base - thetas[0]], [base, thetas[0]], [thetas[0], base + 0.5 * deltas[0] + 0.2 * deltas[1]]]
]
# Breadcrumbs: the reference's default, no outliers, everything, and a gamma that density leaves no room for.
cases['breadcrumbs'] = [
    {'density': density, 'gamma': gamma, 'lambda': lam,
     'expected': flat(merge([magnitude_outliers(d, density, gamma=gamma) for d in deltas], [1.0] * 3, lam, False))}
    for density, gamma in [(0.5, 0.05), (0.1, 0.1), (0.3, 0.0), (0.9, 0.4), (0.01, 0.1), (1.0, 0.01)]
    for lam in [0.3, 1.0]
]
(here / 'mergekit.json').write_text(json.dumps(cases))
