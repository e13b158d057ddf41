"""PyTorch's side of the bench `step`: python run.py KIND BATCH CONFIG (cases.ts; CONFIG in JSON). As run.ts: a step at each line of its
input, answered by its seconds, elapsed and of the processors, and the most that the process has held over what it held before.

Eager, float32, sdpa attention as by default, AdamW, clipped gradients.

    pip install torch transformers
"""

import json
import resource
import sys
import time

import torch
from transformers import CLIPConfig, CLIPModel, CLIPVisionModelWithProjection

CLASSES = 10


def main() -> None:
    kind, batch, config = sys.argv[1], int(sys.argv[2]), CLIPConfig(**json.loads(sys.argv[3]))
    torch.manual_seed(0)
    with open("/proc/self/statm") as f:
        before = int(f.read().split()[1]) * resource.getpagesize()
    config.vision_config.projection_dim = config.projection_dim
    model = CLIPModel(config) if kind == "captions" else CLIPVisionModelWithProjection._from_config(config.vision_config)
    head = torch.nn.Linear(config.projection_dim, CLASSES)
    side = config.vision_config.image_size
    pixels = torch.randn(batch, 3, side, side)
    ids = torch.randint(0, config.text_config.vocab_size - 2, (batch, config.text_config.max_position_embeddings))
    ids[:, -1] = config.text_config.vocab_size - 1
    labels = torch.arange(batch) % CLASSES
    trained = [*model.parameters(), *(head.parameters() if kind == "ft" else [])]
    optimiser = torch.optim.AdamW(trained, lr=1e-5, weight_decay=0.1)

    def step() -> None:
        if kind == "features":
            with torch.inference_mode():
                model(pixel_values=pixels).image_embeds.sum()
            return
        if kind == "captions":
            loss = model(input_ids=ids, pixel_values=pixels, return_loss=True).loss
        else:
            loss = torch.nn.functional.cross_entropy(head(model(pixel_values=pixels).image_embeds), labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        optimiser.zero_grad()

    model.train(kind != "features")
    for _ in sys.stdin:
        began, spent = time.perf_counter(), time.process_time()
        step()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        times = {"seconds": time.perf_counter() - began, "processor": time.process_time() - spent}
        print(json.dumps({**times, "peak": peak - before}), flush=True)


if __name__ == "__main__":
    main()
