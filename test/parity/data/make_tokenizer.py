"""Golden files for engine/data/tokenizer.ts.

    python test/parity/data/make_tokenizer.py     (tokenizers, transformers; made with tokenizers 0.23, transformers 5.23)

Trains a byte-level BPE of a few hundred merges with CLIP's pipeline, saves it as CLIPTokenizer does, and writes
  tokenizer/tokenizer.json, tokenizer/tokenizer_config.json
  tokenizer.json    [[context length, text, ids padded and truncated, count of ids before either], ...]
"""
import json
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizerFast

HERE = Path(__file__).parent
SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CORPUS = """a photo of a cat. a picture of a dog, sleeping on the sofa. an emoji of a smiling face with open mouth
a drawing of the red apple; two slices of pizza and a glass of wine. it's raining, they've gone, we'll see, I'd say
cat face with tears of joy. dog face. monkey covering its eyes. rocket launching into space! school bus & fire engine
il était une fois une forêt enchantée. der große Käse schläft süß. Ελληνικά γράμματα. русский текст о погоде
笑顔の絵文字 猫の写真 りんご ラーメン 東京タワー 犬が走る. 한국어 문장. 2026 100% 3.14 e-mail@example.com #tag""".splitlines() * 4

TEXTS = [
    "", " ", "a photo of a cat", "A PHOTO of a Cat.", "  many   spaces\tand\nnew\r\nlines \u00a0 here \u3000 wide ",
    "it's they've we'll I'd IT'S THEY'RE don't 'quoted'", "3.14 100% 2026 v2.0", "e-mail@example.com, #tag & more!!! ...",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1ef\U0001f1f5 ❤️", "笑顔の絵文字", "猫とりんご、東京タワー。ラーメン 100杯", "한국어 문장",
    "cafe\u0301 caf\u00e9 \u212b \ufb01ne", "ΟΔΥΣΣΕΥΣ Σ ὈΔΥΣΣΕΎΣ", "İstanbul ISPARTA ß ẞ DŽ", "Привет, МИР", "العربية עברית हिन्दी ไทย",
    "a <|endoftext|> b", "<|startoftext|>cat<|endoftext|>", "null\u0000byte \u200b zero \ufeff bom", "x" * 40,
    "a picture of a dog sleeping on the sofa with two slices of pizza and a glass of wine and a rocket launching into space " * 3,
    "½ ² Ⅷ ① ٣ 五", "_under_score_ __init__ a_b", "\U00020000\U0001d538 𝒳", "‘curly’ “quotes” – — …", "\u0301 leading mark", "ſ K",
    "\x85 \x1c nel", "dog's-eye 'S 'LL l'été",
]


def train():
    t = Tokenizer(models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>"))
    t.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()])
    t.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(SPLIT), behavior="removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=10**6, min_frequency=4, initial_alphabet=alphabet,
                                                      end_of_word_suffix="</w>", show_progress=False))
    merges = json.loads(t.to_str())["model"]["merges"][:400]
    # As OpenAI lays it out: the bytes, the bytes that end a word, the merges in order, then the two special tokens.
    order = sorted(alphabet)
    tokens = order + [b + "</w>" for b in order] + ["".join(m) for m in merges] + ["<|startoftext|>", "<|endoftext|>"]
    return {token: i for i, token in enumerate(dict.fromkeys(tokens))}, [tuple(m) for m in merges]


def main():
    vocab, merges = train()
    CLIPTokenizerFast(vocab=vocab, merges=merges, model_max_length=77).save_pretrained(HERE / "tokenizer")
    loaded = CLIPTokenizerFast.from_pretrained(HERE / "tokenizer")
    cases = []
    for text in TEXTS:
        for length in (8, 32, 77):
            ids = loaded(text, padding="max_length", truncation=True, max_length=length)["input_ids"]
            cases.append([length, text, ids, len(loaded(text, truncation=False)["input_ids"])])
    (HERE / "tokenizer.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(len(vocab), "tokens,", len(merges), "merges")


main()
