"""families/siglip2*: small random-weight checkpoints of SigLIP 2, for one image size with Gemma's kind of tokenizer, and of NaFlex."""
import json
import numpy as np, torch
from tokenizers import Tokenizer, models, normalizers, trainers
from transformers import Siglip2Config, Siglip2Model, Siglip2Tokenizer, SiglipConfig, SiglipModel
from transformers.models.siglip2.image_processing_pil_siglip2 import convert_image_to_patches, pad_along_first_dim
from common import pixel_tensor, pixels, tensor
from families import TEXTS, WORDS, answer, preprocessor, randomise, save


def gemma(context):
    """A byte-fallback BPE with Gemma's special tokens and steps; SigLIP 2 adds no <bos>, an <eos>, and pads to the right."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    plain = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    plain.normalizer = normalizers.Replace(" ", "▁")
    trainer = trainers.BpeTrainer(vocab_size=380, special_tokens=special + [f"<0x{b:02X}>" for b in range(256)], show_progress=False)
    plain.train_from_iterator([f" {w}" for w in WORDS.split()] * 3 + [WORDS], trainer)
    model = json.loads(plain.to_str())["model"]
    return Siglip2Tokenizer(vocab=model["vocab"], merges=[tuple(m) for m in model["merges"]], add_bos_token=False, add_eos_token=True, padding_side="right", model_max_length=context)


def save_all(name, model, tokenizer, seed, kind, sizes, context, images=2, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    randomise(model, g)
    folder, model = save(name, model, dtype)
    flexible = isinstance(model, Siglip2Model)
    if kind is None:  # NaFlex
        v = model.config.vision_config
        said = {"image_processor_type": "Siglip2ImageProcessor", "patch_size": v.patch_size, "max_num_patches": v.num_patches}
        (folder / "preprocessor_config.json").write_text(json.dumps(said, indent=2) + "\n")
    else:
        preprocessor(folder, kind, model.config.vision_config.image_size)
    if tokenizer is not None:
        tokenizer.save_pretrained(folder)
        ids = tokenizer(TEXTS, padding="max_length", truncation=True, max_length=context, return_tensors="pt").input_ids
    else:
        ids = torch.randint(0, model.config.text_config.vocab_size, (len(TEXTS), context), generator=g)
    cases = []
    for height, width in sizes:
        x = pixels(g, images, 3, height, width)
        other = dict(pixel_values=x)
        if flexible:
            p = model.config.vision_config.patch_size
            padded = [pad_along_first_dim(convert_image_to_patches(np.asarray(i), p), (height // p) * (width // p) + 3) for i in x]
            other = dict(pixel_values=torch.tensor(np.stack([a for a, _ in padded])), pixel_attention_mask=torch.tensor(np.stack([m for _, m in padded])),
                         spatial_shapes=torch.tensor([[height // p, width // p]] * images))
        with torch.no_grad():
            out = model(input_ids=ids, **other)
        cases.append({"pixels": pixel_tensor(x), "features": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image)})
    answer(folder, {"texts": TEXTS, "inputIds": tensor(ids), "textEmbeds": tensor(out.text_embeds), "cases": cases})


if __name__ == "__main__":
    tower = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=1, num_attention_heads=3)
    tokenizer = gemma(16)
    n = len(tokenizer)
    save_all("siglip2-fixed", SiglipModel(SiglipConfig(text_config=dict(**tower, vocab_size=n, max_position_embeddings=16), vision_config=dict(**tower, image_size=24, patch_size=8))), tokenizer, 21, "Siglip", [(24, 24)], 16)
    naflex = lambda text, vision: Siglip2Model(Siglip2Config(text_config=text, vision_config=vision))
    save_all("siglip2", naflex(dict(**tower, vocab_size=n, max_position_embeddings=12, projection_size=24), dict(**tower, patch_size=8, num_patches=16)), gemma(12), 22, None,
             [(32, 32), (16, 48), (8, 64)], 12)
    save_all("siglip2-wide", naflex(dict(**{**tower, "hidden_size": 16, "num_attention_heads": 4}, vocab_size=40, max_position_embeddings=7, projection_size=36, layer_norm_eps=1e-5),
                                    dict(hidden_size=36, intermediate_size=48, num_hidden_layers=2, num_attention_heads=6, patch_size=5, num_patches=9, hidden_act="gelu")), None, 23, None, [(15, 15), (5, 10)], 7, dtype=torch.float16)
    save_all("siglip2-odd", naflex(dict(**tower, vocab_size=30, max_position_embeddings=9, projection_size=20), dict(hidden_size=20, intermediate_size=24, num_hidden_layers=2, num_attention_heads=1, patch_size=6, num_patches=25)), None, 24, None,
             [(30, 30), (18, 42)], 9, images=1, dtype=torch.bfloat16)
