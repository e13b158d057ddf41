"""families/NAME/: small random-weight SigLIP, ViT, DeiT and DINOv2 checkpoints as `transformers` saves them, each with expected.json."""
import io, json, shutil
import sentencepiece, torch
from safetensors.torch import load_file
from sentencepiece import sentencepiece_model_pb2 as pb
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (DeiTConfig, DeiTForImageClassification, DeiTForImageClassificationWithTeacher, Dinov2Config, Dinov2Model,
                          SiglipConfig, SiglipModel, SiglipTokenizer, ViTConfig, ViTForImageClassification, ViTModel)
from transformers import AutoConfig
from common import HERE, pixel_tensor, pixels, tensor

TEXTS = ["a photo of a cat", "A Drawing, of the RED apple; in a small house!", "dog", "  smiling   face with 2 flowers... ", "naïve café 猫"]
WORDS = "a photo of the cat dog house red apple drawing painting flower in hand with and small big green picture smiling face person car tree"


def randomise(model, g):
    """Weights large enough that every part of the model matters to the outputs."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            z = torch.randn(p.shape, generator=g)
            if "norm" in name:
                p.copy_(1 + 0.2 * z if name.endswith("weight") else 0.1 * z)
            elif "logit_scale" in name:
                p.fill_(1.7)
            elif "logit_bias" in name:
                p.fill_(-3.5)
            elif "lambda" in name:
                p.copy_(0.5 + 0.2 * z)
            elif "token" in name or "position" in name or "probe" in name:
                p.copy_(0.4 * z)
            elif p.ndim < 2:
                p.copy_(0.1 * z)
            else:
                p.copy_(z * 1.2 / p[0].numel() ** 0.5)


def preprocessor(folder, kind, side):
    size = {"shortest_edge": side + 4} if kind == "Bit" else {"height": side, "width": side}
    said = {"image_processor_type": f"{kind}ImageProcessor", "size": size}
    if kind in ("Bit", "DeiT"):
        said["crop_size"] = {"height": side, "width": side}
    (folder / "preprocessor_config.json").write_text(json.dumps(said, indent=2) + "\n")


def save(name, model, dtype=torch.float32):
    folder = HERE / "families" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).eval().save_pretrained(folder)
    return folder, type(model).from_pretrained(folder, dtype=torch.float32).double().eval()


def answer(folder, expected):
    (folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(f"{folder.name:16} {sum(f.stat().st_size for f in folder.iterdir()) / 1024:4.0f} KiB")


def vision(name, cls, config, seed, kind, sizes=(), dtype=torch.float32, images=2):
    """A ViT, DeiT or DINOv2: features of the class token (and of the distillation token), and logits where there is a classifier."""
    g = torch.Generator().manual_seed(seed)
    model = cls(config)
    randomise(model, g)
    folder, model = save(name, model, dtype)
    side = config.image_size
    preprocessor(folder, kind, side if kind != "Bit" else config.patch_size * 3)
    cases = []
    for height, width in [(side, side), *sizes]:
        x = pixels(g, images, 3, height, width)
        other = {} if isinstance(model, Dinov2Model) else {"interpolate_pos_encoding": (height, width) != (side, side)}
        trunk = getattr(model, "vit", getattr(model, "deit", model))
        with torch.no_grad():
            tokens = trunk(pixel_values=x, **other).last_hidden_state
            out = model(pixel_values=x, **other)
        tokens = tokens[:, :2] if "WithTeacher" in cls.__name__ else tokens[:, :1]
        case = {"pixels": pixel_tensor(x), "features": tensor(tokens.flatten(1))}
        if hasattr(out, "logits"):
            case["logits"] = tensor(out.logits)
        cases.append(case)
    answer(folder, {"cases": cases})


def piece_model():
    """A small sentencepiece model, trained on a few words, with the normalisation (a table of 240 kB) that SigLIP's has."""
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter([WORDS] * 20 + WORDS.split() * 5), model_writer=out, vocab_size=44, model_type="unigram",
        pad_id=0, bos_id=-1, eos_id=1, unk_id=2, unk_piece="<unk>", eos_piece="</s>", character_coverage=1.0, normalization_rule_name="nmt_nfkc", minloglevel=2)
    return out.getvalue()


def save_tokenizer(folder, context):
    """spiece.model, as the slow tokenizer has it, and tokenizer.json, as it is converted for the hub. @returns the slow one"""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(piece_model())
    slow = SiglipTokenizer(str(folder / "spiece.model"), model_max_length=context)
    proto = pb.ModelProto.FromString((folder / "spiece.model").read_bytes())
    pieces = [(p.piece, p.score) for p in proto.pieces]
    fast = Tokenizer(models.Unigram(pieces, unk_id=proto.trainer_spec.unk_id, byte_fallback=False))
    charsmap = proto.normalizer_spec.precompiled_charsmap
    fast.normalizer = normalizers.Sequence(([normalizers.Precompiled(charsmap)] if charsmap else []) + [normalizers.Replace(Regex(" {2,}"), " ")])
    fast.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    end = dict(proto_end=[i for i, p in enumerate(proto.pieces) if p.piece == "</s>"][0])["proto_end"]
    fast.add_special_tokens(["</s>", "<unk>"])
    fast.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", end)])
    fast.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "SiglipTokenizer", "model_max_length": context, "pad_token": "</s>", "eos_token": "</s>", "unk_token": "<unk>"}, indent=2) + "\n")
    return slow, len(pieces)


def siglip(name, seed, image, text, sizes=(), dtype=torch.float32, images=2, keeps_tokenizer=False):
    g = torch.Generator().manual_seed(seed)
    scratch = HERE / "families" / f"{name}-tokenizer"
    slow, n = save_tokenizer(scratch, text["max_position_embeddings"])
    config = SiglipConfig(text_config=dict(vocab_size=n, bos_token_id=0, eos_token_id=1, pad_token_id=1, projection_size=image["hidden_size"], **text), vision_config=image)
    model = SiglipModel(config)
    randomise(model, g)
    folder, model = save(name, model, dtype)
    for file in ["tokenizer.json", "tokenizer_config.json"] if keeps_tokenizer else []:
        shutil.copy(scratch / file, folder)
    shutil.rmtree(scratch)
    side = image["image_size"]
    preprocessor(folder, "Siglip", side)
    ids = slow(TEXTS, padding="max_length", truncation=True, max_length=text["max_position_embeddings"], return_tensors="pt").input_ids
    cases = []
    for height, width in [(side, side), *sizes]:
        x = pixels(g, images, 3, height, width)
        with torch.no_grad():
            out = model(input_ids=ids, pixel_values=x, interpolate_pos_encoding=(height, width) != (side, side))
        cases.append({"pixels": pixel_tensor(x), "features": tensor(out.image_embeds), "logitsPerImage": tensor(out.logits_per_image)})
    answer(folder, {"texts": TEXTS, "inputIds": tensor(ids), "textEmbeds": tensor(out.text_embeds), "cases": cases})


if __name__ == "__main__":
    tower = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3)
    siglip("siglip", 1, dict(**tower, image_size=24, patch_size=8), dict(**tower, max_position_embeddings=16), sizes=[(32, 16)], keeps_tokenizer=True)
    siglip("siglip-wide", 2, dict(hidden_size=36, intermediate_size=48, num_hidden_layers=1, num_attention_heads=6, image_size=28, patch_size=14, hidden_act="gelu"),
           dict(hidden_size=24, intermediate_size=32, num_hidden_layers=3, num_attention_heads=2, max_position_embeddings=9, layer_norm_eps=1e-5), dtype=torch.float16)
    siglip("siglip-odd", 3, dict(hidden_size=20, intermediate_size=24, num_hidden_layers=2, num_attention_heads=1, image_size=22, patch_size=5),
           dict(hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=4, max_position_embeddings=24), dtype=torch.bfloat16)
    sizes = dict(hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=24, patch_size=8)
    names = dict(id2label={0: "cat", 1: "dog", 2: "a tree"})
    vision("vit", ViTForImageClassification, ViTConfig(**sizes, **names), 4, "ViT", sizes=[(32, 16)])
    vision("vit-encoder", ViTModel, ViTConfig(**{**sizes, "num_hidden_layers": 1, "hidden_act": "gelu_new"}, qkv_bias=False), 5, "ViT", dtype=torch.float16)
    vision("deit", DeiTForImageClassification, DeiTConfig(**sizes, **names), 6, "DeiT")
    vision("deit-teacher", DeiTForImageClassificationWithTeacher, DeiTConfig(**{**sizes, "num_attention_heads": 1, "image_size": 22, "patch_size": 5}, **names), 7, "DeiT", sizes=[(30, 30)])
    dino = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, image_size=42, patch_size=7)
    vision("dinov2", Dinov2Model, Dinov2Config(**dino, mlp_ratio=2), 8, "Bit", sizes=[(28, 28), (49, 35)], images=1)
    vision("dinov2-swiglu", Dinov2Model, Dinov2Config(**dino, mlp_ratio=4, use_swiglu_ffn=True), 9, "Bit", sizes=[(21, 21)], dtype=torch.bfloat16, images=1)
    vision("dinov2-plain", Dinov2Model, Dinov2Config(**{**dino, "num_attention_heads": 1, "num_hidden_layers": 1}, mlp_ratio=3, qkv_bias=False, use_mask_token=False), 10, "Bit", images=1)
