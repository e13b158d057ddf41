"""clip/NAME/: small random-weight CLIP checkpoints as `transformers` saves them, each with expected.json: what transformers answers."""
import json, shutil
from collections import Counter
import torch
from safetensors.torch import load_file, save_file
from tokenizers import pre_tokenizers
from transformers.models.clip import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizer
from common import HERE, pixel_tensor, pixels, tensor

WORDS = "a photo of the cat dog house red apple drawing painting flower in hand with and small big green emoji picture smiling face person car tree"
TEXTS = ["a photo of a cat", "a drawing of the red apple, in a small house", "dog", "Smiling FACE  with 2 flowers!"]


def bytes_to_unicode():
    return sorted(pre_tokenizers.ByteLevel.alphabet())


def vocabulary(alphabet, merges_wanted, specials_last):
    """CLIP's layout: characters, characters ending a word, merges, then <|startoftext|> and <|endoftext|> (or these two first)."""
    words, merges = [[*w[:-1], w[-1] + "</w>"] for w in WORDS.split()], []
    while len(merges) < merges_wanted:
        pairs = Counter(p for w in words for p in zip(w, w[1:]))
        best = min(pairs, key=lambda p: (-pairs[p], p))  # `tokenizers`' own trainer breaks ties differently each time
        merges.append(best)
        for w in words:
            i = 0
            while i < len(w) - 1:
                if (w[i], w[i + 1]) == best:
                    w[i : i + 2] = ["".join(best)]
                i += 1
    tokens = alphabet + [c + "</w>" for c in alphabet] + ["".join(m) for m in merges]
    special = ["<|startoftext|>", "<|endoftext|>"]
    tokens = tokens + special if specials_last else special + tokens
    return {token: i for i, token in enumerate(tokens)}, merges


ASCII = [chr(c) for c in range(33, 127) if not chr(c).isupper()]


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs (transformers' own initialisation is nearly linear)."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "layer_norm" in name or "layrnorm" in name or "layernorm" in name:
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif name.endswith("logit_scale"):
                p.fill_(2.3)
            elif p.ndim < 2:
                p.copy_(0.3 * z if "class_embedding" in name else 0.1 * z)
            elif "embedding.weight" in name and p.ndim == 2:
                p.copy_(0.4 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def build(name, seed, vision, text, projection, alphabet=ASCII, merges=40, legacy_eos=True, pad="<|endoftext|>", dtype=torch.float32, sizes=(), save={}, preprocessor={}, images=3):
    """Save one checkpoint folder and the expected outputs: `images` images at the model's own size, then at each of `sizes` (interpolated)."""
    g = torch.Generator().manual_seed(seed)
    vocab, bpe = vocabulary(alphabet, merges, specials_last=legacy_eos)
    eos = 2 if legacy_eos else vocab["<|endoftext|>"]
    text = dict(vocab_size=len(vocab), bos_token_id=vocab["<|startoftext|>"], eos_token_id=eos, pad_token_id=vocab[pad], projection_dim=projection, **text)
    config = CLIPConfig(text_config=text, vision_config=dict(projection_dim=projection, **vision), projection_dim=projection)
    model = CLIPModel(config)
    randomise(model, g)
    model = model.to(dtype).eval()

    folder = HERE / "clip" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **save)
    context = text["max_position_embeddings"]
    tokenizer = CLIPTokenizer(vocab=vocab, merges=bpe, pad_token=pad, model_max_length=context)
    tokenizer.save_pretrained(folder)
    side = vision["image_size"]
    CLIPImageProcessor(**{"size": {"shortest_edge": side}, "crop_size": {"height": side, "width": side}, **preprocessor}).save_pretrained(folder)

    # The answers come from the folder just written, so that rounding to fp16/bf16 and sharding are part of what is compared.
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).double().eval()
    ids = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=context, return_tensors="pt").input_ids
    cases = []
    for height, width in [(side, side), *sizes]:
        x = pixels(g, images, vision.get("num_channels", 3), height, width)
        with torch.no_grad():
            out = model(input_ids=ids, pixel_values=x, interpolate_pos_encoding=(height, width) != (side, side))
        cases.append({"pixels": pixel_tensor(x), "imageEmbeds": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image)})
    expected = {"texts": TEXTS, "inputIds": tensor(ids), "textEmbeds": tensor(out.text_embeds), "cases": cases}
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    likeness = (out.text_embeds @ out.text_embeds.T)[0, 1]
    print(f"{name:10} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB, vocabulary {len(vocab)}, cosine of two texts {likeness:.2f}")
    return folder


def as_on_the_hub(folder):
    """Rewrite a folder the way the hub's older ones are: defaults left out, *_config_dict null, bare sizes, position_ids among the tensors."""
    config = json.loads((folder / "config.json").read_text())
    keep = {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size", "max_position_embeddings", "eos_token_id", "bos_token_id", "image_size", "patch_size", "projection_dim"}
    for part in ["text_config", "vision_config"]:
        config[part] = {k: v for k, v in config[part].items() if k in keep}
        config[part + "_dict"] = None
    config["torch_dtype"] = config.pop("dtype")
    config["transformers_version"] = "4.16.0.dev0"
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    processor = json.loads((folder / "preprocessor_config.json").read_text())
    side = processor["size"]["shortest_edge"]
    slim = {k: processor[k] for k in ["do_center_crop", "do_normalize", "do_resize", "image_mean", "image_std", "resample"]}
    slim.update(size=side, crop_size=side, feature_extractor_type="CLIPFeatureExtractor")
    (folder / "preprocessor_config.json").write_text(json.dumps(slim, indent=2) + "\n")
    file = folder / "model.safetensors"
    weights = load_file(file)
    weights["text_model.embeddings.position_ids"] = torch.arange(config["text_config"]["max_position_embeddings"])[None]
    weights["vision_model.embeddings.position_ids"] = torch.arange(len(weights["vision_model.embeddings.position_embedding.weight"]))[None]
    save_file(weights, file, metadata={"format": "pt"})
    # Nothing that transformers answers may have changed.
    expected = json.loads((folder / "expected.json").read_text())
    ids = CLIPTokenizer.from_pretrained(folder)(TEXTS, padding="max_length", truncation=True, return_tensors="pt").input_ids
    assert tensor(ids) == expected["inputIds"]
    with torch.no_grad():
        text = CLIPModel.from_pretrained(folder, dtype=torch.float32).double().eval()(input_ids=ids, pixel_values=torch.zeros(1, 3, side, side, dtype=torch.float64)).text_embeds
    assert tensor(text) == expected["textEmbeds"]


if __name__ == "__main__":
    # OpenAI's flavour: quick_gelu, eos_token_id 2 in the config (the old bug), the end token the highest id and also the padding.
    build("quick", 1, dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8, hidden_act="quick_gelu"),
          dict(hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=16, hidden_act="quick_gelu"), 24)
    # LAION's flavour: gelu, towers of different width and depth, an odd number of heads, end token not the highest id, padding by "!".
    build("gelu", 2, dict(hidden_size=36, intermediate_size=48, num_hidden_layers=3, num_attention_heads=3, image_size=36, patch_size=12, hidden_act="gelu", layer_norm_eps=1e-6),
          dict(hidden_size=40, intermediate_size=72, num_hidden_layers=1, num_attention_heads=5, max_position_embeddings=20, hidden_act="gelu"), 32, legacy_eos=False, pad="!",
          images=2, preprocessor=dict(image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5]))
    build("fp16", 3, dict(hidden_size=40, intermediate_size=160, num_hidden_layers=1, num_attention_heads=1, image_size=28, patch_size=14, hidden_act="quick_gelu"),
          dict(hidden_size=24, intermediate_size=96, num_hidden_layers=3, num_attention_heads=3, max_position_embeddings=24, hidden_act="gelu"), 40, dtype=torch.float16)
    # All 256 bytes in the vocabulary, so that any text has tokens.
    build("bf16", 4, dict(hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=24, patch_size=4, hidden_act="gelu"),
          dict(hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=8, max_position_embeddings=13, hidden_act="quick_gelu"), 16,
          alphabet=bytes_to_unicode(), legacy_eos=False, dtype=torch.bfloat16)
    # In four files; an image side that is no multiple of the patch (4 × 4 patches of 5, two pixels unseen).
    build("sharded", 5, dict(hidden_size=32, intermediate_size=48, num_hidden_layers=1, num_attention_heads=2, image_size=22, patch_size=5, hidden_act="gelu"),
          dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, max_position_embeddings=77, hidden_act="gelu"), 48, save=dict(max_shard_size="40KB"))
    # Other image sizes than the model's: larger, smaller, not square, not a multiple of the patch.
    build("resized", 6, dict(hidden_size=36, intermediate_size=40, num_hidden_layers=1, num_attention_heads=3, image_size=32, patch_size=8, hidden_act="quick_gelu"),
          dict(hidden_size=24, intermediate_size=40, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=16, hidden_act="quick_gelu"), 24, legacy_eos=False,
          sizes=[(48, 48), (24, 24), (48, 32), (45, 60)], images=1)
    folder = build("hub", 7, dict(hidden_size=24, intermediate_size=40, num_hidden_layers=1, num_attention_heads=2, image_size=24, patch_size=8),
          dict(hidden_size=24, intermediate_size=40, num_hidden_layers=1, num_attention_heads=2, max_position_embeddings=12), 16, images=2)
    as_on_the_hub(folder)
