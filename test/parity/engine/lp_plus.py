"""lp-plus.json: LP++ (Huang et al. 2024; FereshteShakeri/FewShot-CLIP-Strong-Baseline methods/linear_probe_p2.py) on the features of coop.json.

The published mathematics in PyTorch, float64: step sizes from the data, SGD with momentum, alpha every tenth step. Intercepts start at 0, and
alpha's gradient is that of its step alone. Run coop.py and tip.py first (the texts are those of tip.json).
"""
import base64, json
import numpy as np
import torch
import torch.nn.functional as F
from common import HERE, save, tensor

read = lambda t: torch.from_numpy(np.frombuffer(base64.b64decode(t["data"]), "<f4").astype(np.float64).reshape(t["shape"]).copy())
coop, tip = (json.loads((HERE / name).read_text()) for name in ("coop.json", "tip.json"))
x, labels = read(coop["features"]), torch.tensor(coop["labels"])
text = F.normalize(read(tip["weight"]), dim=-1)
n, classes = len(x), 3
one_hot = F.one_hot(labels, classes).double()
similar = x @ text.T
lr_w = 4 * n / torch.linalg.eigvalsh(x.T @ x).max()
lr_alpha = n / (4 * (similar**2).sum(0).max())
w = (one_hot.T @ x).requires_grad_()
b = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
alpha = torch.full((classes,), (250 * ((one_hot * similar).sum(0) / one_hot.sum(0)).mean()).item(), dtype=torch.float64, requires_grad=True)
optimizer = torch.optim.SGD([w, b], lr_w.item(), momentum=0.9)
losses = []
for step in range(25):
    loss = F.cross_entropy(x @ w.T + b + alpha * similar, labels)
    losses.append(loss.item())
    optimizer.zero_grad()
    alpha.grad = None
    loss.backward()
    optimizer.step()
    if (step + 1) % 10 == 0:
        alpha.data -= lr_alpha * alpha.grad
save("lp-plus.json", dict(losses=losses, weight=tensor(w + alpha[:, None] * text), bias=tensor(b), alpha=tensor(alpha)))
print(losses[0], losses[-1])
