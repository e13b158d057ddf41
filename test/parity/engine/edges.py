"""edges.json: what transformers makes of configurations at the edges: clip/quick under other config.json and preprocessor_config.json.

Each model: its whole config.json, and the embeddings of clip/quick's texts and of two images.
Each preprocessor: its JSON, the size of the cut from ../data/base.png, and what CLIPImageProcessor on Pillow makes of it.
"""
import copy, json, pathlib, shutil, tempfile
import numpy as np
import torch
from PIL import Image
from transformers.models.clip import CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from common import HERE, pixel_tensor, pixels, save, tensor
from clip import TEXTS

BASE = HERE / "clip" / "quick"
CONFIG = json.loads((BASE / "config.json").read_text())
g = torch.Generator().manual_seed(11)
IMAGES = pixels(g, 2, 3, 32, 32)
TOKENS = CLIPTokenizer.from_pretrained(BASE)(TEXTS, padding="max_length", truncation=True, max_length=16, return_tensors="pt").input_ids
END = int(TOKENS.max())


def changed(change):
    config = copy.deepcopy(CONFIG)
    change(config)
    return config


def both(**values):
    return lambda c: (c["text_config"].update(values), c["vision_config"].update(values))


def without(part, *keys):
    return lambda c: [c[part].pop(k) for k in keys]


def older(part, keys=None):
    """A folder that repeats a tower as *_config_dict, and in *_config says something else."""
    def change(c):
        c[part + "_dict"] = {k: v for k, v in c[part].items() if keys is None or k in keys}
        c[part].update(hidden_act="relu", layer_norm_eps=0.5)
    return change


def renamed(c):
    c["torch_dtype"] = c.pop("dtype")
    c["transformers_version"] = "4.16.0"
    c["text_config"].update(dropout=0.0, top_k=50, is_decoder=False, id2label={"0": "LABEL_0"})


ACTIVATIONS = ["gelu", "gelu_10", "gelu_accurate", "gelu_fast", "gelu_new", "gelu_python", "gelu_python_tanh", "gelu_pytorch_tanh", "hardswish",
               "laplace", "leaky_relu", "linear", "mish", "quick_gelu", "relu", "relu2", "relu6", "sigmoid", "silu", "swish", "tanh"]
SIZES = ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings", "image_size", "patch_size"]
MODELS = {
    **{f"activation {a}": both(hidden_act=a) for a in ACTIVATIONS},
    "end token as the tokenizer has it": lambda c: c["text_config"].update(eos_token_id=END),
    "an end token that no text has": lambda c: c["text_config"].update(eos_token_id=49407),
    "no end token": without("text_config", "eos_token_id"),
    "a large epsilon": both(layer_norm_eps=0.3),
    "dropout in attention": both(attention_dropout=0.5),
    "defaults left out": lambda c: [c[p].pop(k) for p in ("text_config", "vision_config") for k in list(c[p]) if k not in SIZES and k != "eos_token_id"],
    "text_config_dict": older("text_config"),
    "text_config_dict in part": older("text_config", SIZES),
    "vision_config_dict in part": older("vision_config", SIZES),
    "no model_type": lambda c: c.pop("model_type"),
    "keys of other releases": renamed,
}


def answers(config):
    with tempfile.TemporaryDirectory() as d:
        folder = pathlib.Path(d)
        shutil.copy(BASE / "model.safetensors", folder)
        (folder / "config.json").write_text(json.dumps(config))
        model, info = CLIPModel.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
        wrong = {k: v for k, v in info.items() if v}
        if wrong:
            print("   ", wrong)
        with torch.no_grad():
            out = model.double().eval()(input_ids=TOKENS, pixel_values=IMAGES)
    return {"textEmbeds": tensor(out.text_embeds), "imageEmbeds": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image)}


S = 12
PREPROCESSORS = [
    {"size": S, "crop_size": S, "image_mean": 0.5, "image_std": 0.25},
    {"size": S, "crop_size": S, "image_mean": 0, "image_std": 1},
    {"size": S, "crop_size": S, "image_mean": 0.5},
    {"size": {"shortest_edge": S}, "crop_size": {"height": S, "width": S + 4}},
    {"size": {"height": S, "width": S + 4}, "do_center_crop": False},
    {"size": {"height": S + 6, "width": S + 2}, "crop_size": S},
    {"size": [S, S + 4], "crop_size": [S, S]},
    {"size": S, "crop_size": S, "do_normalize": False},
    {"size": S, "crop_size": S, "do_rescale": False},
    {"size": S, "crop_size": S, "do_rescale": False, "do_normalize": False},
    {"do_resize": False, "crop_size": S},
    {"size": S, "crop_size": S, "rescale_factor": 1 / 127.5, "image_mean": 1, "image_std": 1},
    {"size": S, "crop_size": S, "do_rescale": None},
    {"size": S, "crop_size": S, "do_normalize": None, "do_convert_rgb": None},
    {"do_resize": None, "crop_size": S},
    *({"size": S, "crop_size": S, "resample": r} for r in (0, 1, 2, 4, 5)),
    {"size": S, "crop_size": S, "feature_extractor_type": "CLIPFeatureExtractor"},
    {"size": S, "crop_size": S, "image_processor_type": "CLIPImageProcessor", "processor_class": "CLIPProcessor", "data_format": "channels_first", "pad_size": None, "return_tensors": None},
]


def prepared(config, width, height):
    image = Image.open(HERE.parent / "data" / "base.png").convert("RGB").crop((0, 0, width, height))
    with tempfile.TemporaryDirectory() as d:
        (pathlib.Path(d) / "preprocessor_config.json").write_text(json.dumps(config))
        processor = CLIPImageProcessorPil.from_pretrained(d)
    return np.asarray(processor(image, return_tensors="np")["pixel_values"][0], dtype=np.float32)


if __name__ == "__main__":
    models = []
    for name, change in MODELS.items():
        print(name)
        config = changed(change)
        models.append({"name": name, "config": config, **answers(config)})
    processors = []
    for config in PREPROCESSORS:
        try:
            processors.append({"config": config, "width": 29, "height": 21, "pixels": tensor(prepared(config, 29, 21))})
        except Exception as e:
            print(config, "is refused:", e)
    save("edges.json", {"inputIds": tensor(TOKENS), "pixels": pixel_tensor(IMAGES), "models": models, "preprocessors": processors})
