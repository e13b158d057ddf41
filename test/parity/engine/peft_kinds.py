"""peft/: adapters of further kinds that PEFT saved for clip/quick (rsLoRA, DoRA, (IA)³), both towers; peft.json: what the model answers with each, its loss and gradients, on the batch of lora/.

Run clip.py and lora.py first.
"""
import json, shutil
import torch
import torch.nn.functional as F
from peft import IA3Config, LoraConfig, get_peft_model
from transformers.models.clip import CLIPModel
from common import HERE, read, round32, save, tensor

torch.manual_seed(92)  # PEFT draws A
g = torch.Generator().manual_seed(92)
batch = json.loads((HERE / "lora" / "expected.json").read_text())

x, labels, ids, head = (read(batch[name]) for name in ("pixels", "labels", "ids", "head"))
kinds = {
    "rslora": LoraConfig(r=4, lora_alpha=6, use_rslora=True, target_modules=["k_proj", "out_proj"]),
    "dora": LoraConfig(r=3, lora_alpha=6, use_dora=True, target_modules=["q_proj", "fc1"]),
    "ia3": IA3Config(target_modules=["k_proj", "v_proj", "fc2"], feedforward_modules=["fc2"]),
}
shutil.rmtree(HERE / "peft", ignore_errors=True)
results = {}
for kind, config in kinds.items():
    base = CLIPModel.from_pretrained(HERE / "clip" / "quick", dtype=torch.float32).double()
    model = get_peft_model(base, config)
    own = {n: p for n, p in model.named_parameters() if p.requires_grad}
    for p in own.values():  # moved away from the start, where B is 0 and the vectors are 1
        p.data = round32(p.data + torch.randn(p.shape, generator=g, dtype=torch.float64) * 0.1)
    image = model.get_image_features(pixel_values=x).pooler_output
    texts = model.get_text_features(input_ids=ids).pooler_output
    loss = F.cross_entropy(batch["scale"] * F.normalize(image, dim=-1) @ head.T, labels)
    seen = {n: p for n, p in own.items() if "vision_model" in n}
    grads = torch.autograd.grad(loss, list(seen.values()))
    saved = lambda n: n.replace(".default", "").replace("magnitude_vector.weight", "magnitude_vector")
    results[kind] = {
        "imageEmbeds": tensor(image), "textEmbeds": tensor(texts), "loss": loss.item(),
        "parameters": sum(p.numel() for p in seen.values()),
        "gradients": {saved(n): tensor(v) for n, v in zip(seen, grads)},
    }
    out = HERE / "peft" / kind
    model.to(torch.float32).save_pretrained(out)
    (out / "README.md").unlink(missing_ok=True)
    written = json.loads((out / "adapter_config.json").read_text())
    written["base_model_name_or_path"] = "clip/quick"
    for field in ("target_modules", "feedforward_modules"):
        if field in written:
            written[field] = sorted(written[field])
    (out / "adapter_config.json").write_text(json.dumps(written, indent=2, sort_keys=True) + "\n")
save("peft.json", results)
