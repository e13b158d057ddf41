"""Ids that transformers' CLIP tokenizer gives, for test/app/sample/tokenizer.test.ts.

    DASHI_TOKENIZER_OUT=/tmp/tok npx vitest run test/app/sample/tokenizer.test.ts   # leaves the tokenizer there
    python test/parity/sample/tokenizer.py /tmp/tok                                 # transformers 5.23.0
"""
import json, pathlib, sys
from transformers import CLIPTokenizerFast

texts = [
    "a drawing of a red apple", "A Photo of  the  Eiffel tower!!", "café naïve", "日本語 test 123", "it's we'll they're",
    "hello…world", "", "piñata", "tractor-trailer (old), 3.5kg", "İstanbul", "😀 smile", "a\u00a0b", "don’t", "fish\ttank\nrow",
    "person: blond hair", "sad or scared face", "weather, moon or sky", "<|startoftext|>x", "ÅNGSTRÖM e\u0301", "snow-capped mountain",
]
tokenizer = CLIPTokenizerFast.from_pretrained(sys.argv[1])
golden = [{"text": t, "ids": tokenizer(t)["input_ids"]} for t in texts]
out = pathlib.Path(__file__).with_name("tokenizer.json")
out.write_text("[\n" + ",\n".join(json.dumps(g, ensure_ascii=False) for g in golden) + "\n]\n")
