"""transformers' side of `npm run bench -- owlv2`: OWLv2 in PyTorch on the CPU, and its export to ONNX.

Run by owlv2.ts as `owlv2.py forward DIR` or `owlv2.py export DIR FILE`. DIR holds the checkpoint and `pixels`, the float32 numbers of
one picture. `forward` reads a line for each forward pass and answers it by one JSON line.
"""

import json
import resource
import sys
import time

import numpy as np
import torch
from transformers import Owlv2ForObjectDetection

TEXTS = 3


def inputs_of(model, folder):
    text, side = model.config.text_config, model.config.vision_config.image_size
    pixels = torch.from_numpy(np.fromfile(f"{folder}/pixels", np.float32)).view(1, 3, side, side)
    ids = torch.from_numpy(np.fromfile(f"{folder}/ids", np.int32)).long().view(TEXTS, text.max_position_embeddings)
    return ids, pixels


class Forward(torch.nn.Module):
    """Boxes and logits; each text ends at its largest token."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, pixels):
        found = self.model(input_ids=ids, pixel_values=pixels)
        return found.pred_boxes, found.logits


def answer(**fields):
    print(json.dumps(fields), flush=True)


def main():
    what, folder = sys.argv[1:3]
    model = Owlv2ForObjectDetection.from_pretrained(folder, attn_implementation="sdpa").eval()
    inputs = inputs_of(model, folder)
    run = Forward(model).eval()
    if what == "export":
        with torch.inference_mode():
            torch.onnx.export(run, inputs, sys.argv[3], dynamo=True, input_names=["ids", "pixels"], output_names=["boxes", "logits"])
        return
    answer(threads=torch.get_num_threads())
    for _ in sys.stdin:
        start, spent = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            boxes, logits = run(*inputs)
        answer(
            seconds=time.perf_counter() - start,
            processor=time.process_time() - spent,
            megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            boxes=boxes[0, :4].flatten().tolist(),
            logits=logits[0, :4].flatten().tolist(),
        )


main()
