"""What PyTorch takes for what the bench `memory` measures: python memory.py RECIPE SIZE BATCH STEPS [checkpointing].

RECIPE `captions`: a contrastive step of both towers of a CLIP; `ft`: the image tower and a classifier of 10 classes; `lora`: rank 8 of
q_proj and v_proj of its image tower and the classifier (peft). SIZE `b32` or `l14`. Random weights, AdamW, clipped gradients, sdpa
attention as by default. Prints the most that the process held over what it held before the model was made, in bytes, and the least
processor seconds of a step after the first.

    pip install torch transformers peft
"""

import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import CLIPConfig, CLIPModel, CLIPVisionModelWithProjection

SIZES = {
    "b32": {"projection_dim": 512},
    "l14": {
        "projection_dim": 768,
        "text_config": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
        "vision_config": {
            "hidden_size": 1024,
            "intermediate_size": 4096,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "patch_size": 14,
        },
    },
}


def held() -> int:
    """Bytes that the process holds now."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def main() -> None:
    recipe, size, batch, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    torch.manual_seed(0)
    before = held()
    config = CLIPConfig(**SIZES[size])
    model = CLIPModel(config) if recipe == "captions" else CLIPVisionModelWithProjection._from_config(config.vision_config)
    model.train()
    if "checkpointing" in sys.argv:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    if recipe == "lora":
        model = get_peft_model(model, LoraConfig(r=8, lora_alpha=8, target_modules=["q_proj", "v_proj"]))
    head = torch.nn.Linear(config.vision_config.projection_dim, 10)
    trained = [p for p in [*model.parameters(), *(head.parameters() if recipe != "captions" else [])] if p.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.1)
    ids = torch.randint(0, 49000, (batch, 77))
    ids[:, -1] = 49407
    pixels = torch.randn(batch, 3, 224, 224)
    labels = torch.arange(batch) % 10
    spent = []
    for _ in range(steps):
        began = time.process_time()
        if recipe == "captions":
            loss = model(input_ids=ids, pixel_values=pixels, return_loss=True).loss
        else:
            loss = torch.nn.functional.cross_entropy(head(model(pixel_values=pixels).image_embeds), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        spent.append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"peak": peak - before, "step": min(spent[1:])}))


if __name__ == "__main__":
    main()
