"""lora_load_back.py CHECKPOINT: loads the adapter that Dashi kept in a checkpoint of the recipe lora, dora or ia3 with PEFT, on its base, and compares what PEFT merges with the checkpoint's weights.

The modules of ViT and DINOv2 are called as in the checkpoint, which is as in transformers 4: 5 renamed them, so use transformers<5 for those."""
import json, pathlib, sys, tempfile
import transformers
from peft import PeftConfig, PeftModel
from safetensors.torch import load_file

folder = pathlib.Path(sys.argv[1])
base = pathlib.Path(PeftConfig.from_pretrained(folder / "adapter").base_model_name_or_path)
architecture = json.loads((base / "config.json").read_text())["architectures"][0]
model = PeftModel.from_pretrained(getattr(transformers, architecture).from_pretrained(base).double(), folder / "adapter")
with tempfile.TemporaryDirectory() as out:
    model.merge_and_unload().save_pretrained(out)
    merged, ours = load_file(pathlib.Path(out) / "model.safetensors"), load_file(folder / "model.safetensors")
before = load_file(base / "model.safetensors")
errors = {name: float((merged[name].double() - ours[name].double()).abs().max()) for name in ours}
changed = [name for name in ours if not (before[name] == ours[name]).all()]
print(f"{architecture}: {len(ours)} tensors, {len(changed)} changed, largest difference {max(errors.values()):.1e} ({max(errors, key=errors.get)})")
assert max(errors.values()) < 1e-6
