"""lora/: a LoRA adapter that PEFT saved for clip/quick, both towers, what the model answers with it, its gradients, and the merged weights."""
import json, shutil
import torch
import torch.nn.functional as F
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers.models.clip import CLIPModel
from common import HERE, pixel_tensor, pixels, round32, save, tensor

g = torch.Generator().manual_seed(91)
OUT = HERE / "lora"
shutil.rmtree(OUT, ignore_errors=True)
base = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
vision, text = base.config.vision_config, base.config.text_config
model = get_peft_model(base, LoraConfig(r=4, lora_alpha=6, target_modules=["q_proj", "v_proj"]))
for name, p in model.named_parameters():
    if "lora_" in name:  # B is 0 when a training begins: one that was trained is wanted
        p.data = round32(torch.randn(p.shape, generator=g, dtype=torch.float64) * 0.05)

x, labels = pixels(g, 4, 3, vision.image_size, vision.image_size), torch.randint(0, 3, (4,), generator=g)
ids = torch.full((2, text.max_position_embeddings), text.vocab_size - 1)
ids[:, 0] = text.vocab_size - 2
ids[0, 1:4], ids[1, 1:3] = torch.tensor([5, 7, 11]), torch.tensor([13, 17])
head = round32(torch.randn(3, base.config.projection_dim, generator=g, dtype=torch.float64))
image = model.get_image_features(pixel_values=x).pooler_output
texts = model.get_text_features(input_ids=ids).pooler_output
loss = F.cross_entropy(10 * F.normalize(image, dim=-1) @ head.T, labels)
named = {n: p for n, p in model.named_parameters() if "lora_" in n and "vision_model" in n}
grads = torch.autograd.grad(loss, list(named.values()))
save_file({n.replace(".default", ""): v.to(torch.float32).contiguous() for n, v in zip(named, grads)}, OUT.parent / "lora-grads.tmp")

model.to(torch.float32).save_pretrained(OUT)
(OUT / "README.md").unlink(missing_ok=True)
config = json.loads((OUT / "adapter_config.json").read_text())
config["base_model_name_or_path"], config["target_modules"] = "clip/quick", sorted(config["target_modules"])
(OUT / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
(OUT.parent / "lora-grads.tmp").rename(OUT / "grads.safetensors")
before = load_file(HERE / "clip" / "quick" / "model.safetensors")
merged = {n: v.to(torch.float32) for n, v in model.double().merge_and_unload().state_dict().items()}
save_file({n: v.contiguous() for n, v in merged.items() if n in before and not torch.equal(v, before[n])}, OUT / "merged.safetensors")
save("lora/expected.json", {"pixels": pixel_tensor(x), "labels": tensor(labels), "ids": tensor(ids), "head": tensor(head), "scale": 10,
                            "imageEmbeds": tensor(image), "textEmbeds": tensor(texts), "loss": loss.item()})
