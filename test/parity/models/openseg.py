"""openseg-step.json: loss and gradients of one step of grounding captions' words in regions, of a small CLIP and a small SigLIP, by PyTorch in float64.

Written from the paper (Ghiasi et al. 2022, "Scaling open-vocabulary image segmentation with image-level labels", arXiv:2112.12143, §3.2), one image
and one caption at a time, on the dense features of dense_clip.py: masks are given, patches of several windows of an image are pooled together.
"""
import torch
import torch.nn.functional as F
from transformers import CLIPModel, SiglipModel
from dense_clip import clip_dense, siglip_dense
from shared import ENGINE, HERE, pixel_tensor, pixels, round32, tensor, write

IMAGES, WINDOWS, REGIONS, WORDS = 3, 2, 4, 3
COUNTS = [2, 4, 3]  # regions of each image
LENGTHS = [3, 1, 2]  # words of each caption
SAME = [(0, 1)]  # the second caption is true of the first image, too


def score(z, words, scale):
    total = 0
    for w in words:
        cosines = torch.stack([F.cosine_similarity(r, w, dim=0) for r in z])
        total = total + ((cosines * scale).softmax(0) * cosines).sum()
    return total / len(words)


def case(folder, cls, dense, prefix, g):
    model = cls.from_pretrained(ENGINE / folder, dtype=torch.float32, attn_implementation="eager").double().train()
    v = model.config.vision_config
    h = w = v.image_size // v.patch_size
    patches = WINDOWS * h * w
    x = pixels(g, IMAGES * WINDOWS, 3, h * v.patch_size, w * v.patch_size)
    y = dense(model, x, h, w).view(IMAGES, patches, -1)
    shares = torch.rand(IMAGES, REGIONS, patches, generator=g, dtype=torch.float64)
    shares = round32(shares / shares.sum(-1, keepdim=True))
    words = round32(torch.randn(IMAGES * WORDS, y.shape[-1], generator=g, dtype=torch.float64))
    scale = model.logit_scale.exp().detach()
    regions = [shares[i, :n] @ y[i] for i, n in enumerate(COUNTS)]
    captions = [words[j * WORDS : j * WORDS + n] for j, n in enumerate(LENGTHS)]
    logits = scale * torch.stack([torch.stack([score(z, c, scale) for c in captions]) for z in regions])
    loss = 0
    for i in range(IMAGES):
        others = [j for j in range(IMAGES) if (i, j) not in SAME]
        loss = loss + (logits[i, others].logsumexp(0) - logits[i, i]) / (2 * IMAGES)
        others = [k for k in range(IMAGES) if (k, i) not in SAME]
        loss = loss + (logits[others, i].logsumexp(0) - logits[i, i]) / (2 * IMAGES)
    named = {n: p for n, p in model.named_parameters() if n.startswith(prefix)}
    grads = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
    return {
        "folder": folder, "pixels": pixel_tensor(x), "regions": tensor(shares), "words": tensor(words), "counts": COUNTS, "lengths": LENGTHS,
        "windows": WINDOWS, "same": SAME, "loss": loss.item(), "gradients": {n: tensor(d) for n, d in zip(named, grads) if d is not None}}


g = torch.Generator().manual_seed(83)
write(HERE / "openseg-step.json", [
    case("clip/quick", CLIPModel, clip_dense, ("vision_model.", "visual_projection."), g),
    case("families/siglip", SiglipModel, siglip_dense, ("vision_model.",), g),
])
