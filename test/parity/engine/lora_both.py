"""lora-both/: an adapter of both towers of clip/quick that PEFT saved, by CLIP-LoRA's values; lora-both.json: the loss and gradients of images against the texts of three classes, without dropout and with fixed masks.

Run clip.py first.
"""
import json, shutil
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from transformers.models.clip import CLIPModel
from common import HERE, pixel_tensor, pixels, round32, save, tensor

RATE = 0.25
g = torch.Generator().manual_seed(93)
base = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
vision, text = base.config.vision_config, base.config.text_config
model = get_peft_model(base, LoraConfig(r=2, lora_alpha=1, lora_dropout=RATE, target_modules=["q_proj", "k_proj", "v_proj"]))
own = {n: p for n, p in model.named_parameters() if p.requires_grad}
for p in own.values():  # moved away from the start, where B is 0
    p.data = round32(torch.randn(p.shape, generator=g, dtype=torch.float64) * 0.2)

x, labels = pixels(g, 4, 3, vision.image_size, vision.image_size), torch.tensor([0, 2, 1, 2])
ids = torch.full((3, text.max_position_embeddings), text.vocab_size - 1)
ids[:, 0] = text.vocab_size - 2
for row, words in enumerate([[5, 7, 11], [13, 17], [19]]):
    ids[row, 1 : 1 + len(words)] = torch.tensor(words)


class Fixed(torch.nn.Module):
    """Dropout with a mask that is drawn once."""

    def forward(self, x):
        if not hasattr(self, "mask"):
            self.mask = torch.rand(x.shape, generator=g) >= RATE
        return x * self.mask / (1 - RATE)


def answer():
    image = F.normalize(model.get_image_features(pixel_values=x).pooler_output, dim=-1)
    texts = F.normalize(model.get_text_features(input_ids=ids).pooler_output, dim=-1)
    loss = F.cross_entropy(base.logit_scale.exp() * image @ texts.T, labels)
    grads = torch.autograd.grad(loss, list(own.values()))
    return {"loss": loss.item(), "gradients": {n.replace(".default", ""): tensor(v) for n, v in zip(own, grads)}}


model.eval()
plain = answer()
model.train()
dropouts = {}
for name, module in model.named_modules():
    if hasattr(module, "lora_dropout"):
        dropouts[name.removeprefix("base_model.model.")] = module.lora_dropout["default"] = Fixed()
dropped = answer()

out = HERE / "lora-both"
shutil.rmtree(out, ignore_errors=True)
model.to(torch.float32).save_pretrained(out)
(out / "README.md").unlink(missing_ok=True)
config = json.loads((out / "adapter_config.json").read_text())
config["base_model_name_or_path"], config["target_modules"] = "clip/quick", sorted(config["target_modules"])
(out / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
save("lora-both.json", {
    "pixels": pixel_tensor(x), "labels": tensor(labels), "ids": tensor(ids), "rate": RATE, "plain": plain, "dropped": dropped,
    "parameters": sum(p.numel() for p in own.values()), "masks": {n: tensor(d.mask) for n, d in dropouts.items()},
})
