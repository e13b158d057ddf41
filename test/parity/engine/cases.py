"""Cases of ops: inputs, outputs, an upstream gradient and the gradient of every float input, by PyTorch in float64."""
import torch
from common import round32, tensor


class Cases:
    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(seed)
        self.cases = []

    def randn(self, *shape, scale=1.0):
        return round32(torch.randn(shape, generator=self.g, dtype=torch.float64) * scale)

    def uniform(self, lo, hi, *shape):
        return round32(torch.rand(shape, generator=self.g, dtype=torch.float64) * (hi - lo) + lo)

    def away(self, *shape, kinks=(0.0,)):
        """Normal values at least 0.1 from every kink, where a one-sided derivative would make the check meaningless."""
        x = self.randn(*shape)
        for k in kinks:
            x = torch.where((x - k).abs() < 0.1, k + torch.where(x < k, -0.3, 0.3).to(x.dtype), x)
        return round32(x)

    def ints(self, lo, hi, *shape):
        return torch.randint(lo, hi, shape, generator=self.g)

    def case(self, op, fn, inputs, differentiable=True, **attrs):
        xs = [x.clone().requires_grad_(x.is_floating_point() and differentiable) for x in inputs]
        ys = fn(*xs)
        ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
        record = {"op": op, "attrs": attrs, "inputs": [tensor(x) for x in xs], "outputs": [tensor(y) for y in ys]}
        if differentiable:
            dys = [self.randn(*y.shape) for y in ys]
            wrt = [x for x in xs if x.requires_grad]
            grads = iter(torch.autograd.grad(ys, wrt, dys))
            record["dy"] = [tensor(d) for d in dys]
            record["grads"] = [tensor(next(grads)) if x.requires_grad else None for x in xs]
        self.cases.append(record)
