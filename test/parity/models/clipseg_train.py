"""clipseg-step.json: loss and gradients of one training step of the checkpoint clipseg, by PyTorch in float64."""
import torch
import torch.nn.functional as F
from transformers import CLIPSegForImageSegmentation
from shared import HERE, pixel_tensor, pixels, round32, tensor, write

IMAGES, QUERIES, SIDE, CROSS_ENTROPY = 2, 3, 32, 2

g = torch.Generator().manual_seed(61)
model = CLIPSegForImageSegmentation.from_pretrained(HERE / "clipseg", dtype=torch.float32).double().train()  # its dropout is 0
x = pixels(g, IMAGES, 3, SIDE, SIDE)
asked = round32(torch.randn(IMAGES * QUERIES, model.config.projection_dim, generator=g, dtype=torch.float64))
wanted = (torch.rand(IMAGES * QUERIES, 1, 8, 8, generator=g) < 0.3).double()
wanted = F.interpolate(wanted, (SIDE, SIDE))[:, 0]
wanted[1] = 0  # a word that the image does not show

# As its forward does, but with gradients of the image encoder, which that leaves out.
seen = model.clip.vision_model(x.repeat_interleave(QUERIES, 0), output_hidden_states=True, interpolate_pos_encoding=True).hidden_states
logits = model.decoder([seen[i + 1] for i in model.config.extract_layers], asked).logits.view(wanted.shape)
p, t = logits.sigmoid().flatten(1), wanted.flatten(1)
dice = (1 - (2 * (p * t).sum(1) + 1) / (p.sum(1) + t.sum(1) + 1)).mean()
loss = dice + CROSS_ENTROPY * F.binary_cross_entropy_with_logits(logits, wanted)
named = {n: w for n, w in model.named_parameters() if n.startswith(("decoder.", "clip.vision_model.")) and w.requires_grad}
grads = torch.autograd.grad(loss, list(named.values()), allow_unused=True)
write(HERE / "clipseg-step.json", {
    "pixels": pixel_tensor(x), "asked": tensor(asked), "wanted": tensor(wanted), "loss": loss.item(),
    "gradients": {n: tensor(d) for n, d in zip(named, grads) if d is not None}})
