"""transclip.json: TransCLIP (Zanella et al. 2024, §3) on random features, from the paper's equations, float64; NumPy alone. Nothing is taken from the authors' code.

z is updated five times a round before the means and variances; affinities are cosines of the three nearest others, at least 0.
"""
import numpy as np
from common import save, tensor

rng = np.random.default_rng(5)
CLASSES, DIM, QUERIES, SHOTS, ROUNDS, INNER = 4, 10, 60, 2, 6, 5
unit = lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True)
round32 = lambda x: x.astype(np.float32).astype(np.float64)

centres = rng.normal(size=(CLASSES, DIM))
truth = rng.integers(0, CLASSES, QUERIES)
support = np.repeat(np.arange(CLASSES), SHOTS)
features = round32(unit(centres[np.concatenate([truth, support])] + 0.9 * rng.normal(size=(QUERIES + len(support), DIM))))
weight, bias = round32(6 * unit(centres + 0.7 * rng.normal(size=centres.shape))), round32(0.1 * rng.normal(size=CLASSES))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gaussian(x, mu, var):
    return -0.5 * np.log(var).sum() - 0.5 * (((x[:, None] - mu[None]) ** 2) / var).sum(-1)


def solve(x, labels, texts, gamma):
    m = QUERIES if len(labels) else len(x)
    prior = np.log(softmax(round32(x @ weight.T + bias)))
    given = np.eye(CLASSES)[labels] if len(labels) else np.zeros((0, CLASSES))
    z = np.concatenate([np.exp(prior[:m]), given])
    share = np.concatenate([np.full(m, 1 / m), np.full(len(given), gamma / max(1, len(given)))])
    cosines = x @ x.T
    np.fill_diagonal(cosines, -np.inf)
    w = np.zeros_like(cosines)
    for i in range(m):
        near = np.argsort(-cosines[i])[:3]
        w[i, near] = np.maximum(0, cosines[i, near])
    if len(labels):
        mu = np.stack([x[m:][labels == k].mean(0) for k in range(CLASSES)])
    else:
        mu = np.stack([x[np.argsort(-z[:m, k], kind="stable")[:8]].mean(0) for k in range(CLASSES)])
    var = np.full(DIM, 1 / DIM)
    objective = []
    for _ in range(ROUNDS):
        logp = gaussian(x, mu, var)
        for _ in range(INNER):
            z[:m] = softmax(texts * prior[:m] + logp[:m] + (w @ z)[:m])
        r = share[:, None] * z
        mu = (r.T @ x) / r.sum(0)[:, None]
        var = (r[:, :, None] * (x[:, None] - mu[None]) ** 2).sum((0, 1)) / r.sum()
        logp = gaussian(x, mu, var)
        entropy = np.where(z > 0, z * np.log(np.maximum(z, 1e-300)), 0)
        value = -(m * r * logp).sum() - 0.5 * (z[:m] * (w @ z)[:m]).sum() + (entropy[:m] - texts * z[:m] * prior[:m]).sum()
        objective.append(value / m)
    head = texts * weight + mu / var, texts * bias - 0.5 * (mu**2 / var).sum(-1)
    # It is the mixture and the texts, without neighbours.
    assert np.allclose(softmax(x @ head[0].T + head[1]), softmax(texts * np.log(softmax(x @ weight.T + bias)) + gaussian(x, mu, var)))
    right = [float((p.argmax(-1)[:QUERIES] == truth).mean()) for p in (np.exp(prior), z)]
    print(f"texts {right[0]:.3f}, TransCLIP {right[1]:.3f}, objective {objective[0]:.4f} to {objective[-1]:.4f}")
    return dict(texts=texts, labels=gamma, shots=[int(k) for k in labels], assigned=tensor(z[:m]), means=tensor(mu), variances=tensor(var), objective=objective, weight=tensor(head[0]), bias=tensor(head[1]))


none = np.zeros(0, int)
save("transclip.json", dict(features=tensor(features), weight=tensor(weight), bias=tensor(bias), classes=CLASSES, dim=DIM, queries=QUERIES, rounds=ROUNDS,
     cases=[solve(features, none, 1.0, 0.0), solve(features, none, 0.3, 0.0), solve(features, support, 1.0, 0.2), solve(features, support, 0.5, 2.0)]))
