"""odd-texts.json: what CLIPTokenizerFast makes of texts that people did not mean, with the tokenizer of make_tokenizer.py.

    python test/parity/data/make_odd_texts.py     (made with transformers 5.24, tokenizers 0.23)

[[text, ids padded or cut to 77, count of ids before that], ...]; and under "refused" the texts that transformers raises on:
lone halves of surrogate pairs, which are no Unicode text. Under transformers 4, `fast` and `slow` as arguments print where its
tokenizers, made from vocab.json and merges.txt, differ from these ids: the fast one reads <|ENDOFTEXT|> as the token; the slow one
drops control characters, and with ftfy installed mends what it takes for mistakes (ligatures, curly quotes, full-width letters, final Σ).
"""
import json, sys
from pathlib import Path

HERE = Path(__file__).parent

ODD = [
    "", " ", "   ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2003\u2002", "\u200b", "\ufeff", "\u2028", "\u0085", "\x1c\x1d\x1e\x1f", "\x0b\x0c",
    " leading", "trailing ", "  both  ", "two  spaces", "tab\tbetween", "line\nbreak", "cr\rreturn", "\n\nparagraphs\n\n",
    "\x00", "nul\x00inside", "\x01\x02\x07\x1b[31m", "\x7f\x80\x9f", "bell\x07", "soft\u00adhyphen", "zero\u200bwidth", "join\u200der", "left\u200e\u200fright \u202eoverride\u202c",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1ef\U0001f1f5\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "1\ufe0f\u20e3", "\u2764\ufe0f a heart", "\U0001fae8\U0001fabf", "a\U0001f600b",
    "猫", "日本語の文章です。", "东京塔上的猫", "漢字かな交じり文、ＡＢＣ１２３", "한국어", "ᄒ\u1161ᆫ", "\U00020bb7野家", "ﾊﾝｶｸ ｶﾅ", "が が", "㍿ ㌔",
    "العربية", "שלום עולם", "مرحبا hello مرحبا", "हिन्दी में", "ไทยไม่มีช่องว่าง", "ქართული", "Ελληνικά ΣΊΣΥΦΟΣ Σ ς", "Ñandú ÀÉÎÕÜ", "Ünïcödé",
    "e\u0301", "\u00e9", "e\u0301\u0302\u0303\u0304", "\u0301", "\u0301\u0302 a", "a\u0330\u0331\u0332b", "Z\u0351\u036b\u0343\u036a\u0302a\u036b\u033d\u034f\u0334\u0319l\u0328g\u0321o\u0310", "ﬁﬂ", "Å Å", "Ω Ω", "\u1e9b\u0323",
    "ß", "ẞ", "STRASSE straße", "İ", "ı", "İSTANBUL ıstanbul", "ŉ", "Ǆ ǅ ǆ", "Σ ΣΣ ΑΣ", "ΌΣΟΣ.", "K Å", "ſ", "ὈΔΥΣΣΕΎΣ", "Ꭰ ꭰ", "\u1c80 \u10d0",
    "<|endoftext|>", "<|startoftext|>", "a <|endoftext|> b", "<|startoftext|>a cat<|endoftext|>", "<|ENDOFTEXT|>", "<|endoftext|", "< |endoftext| >", "<|endoftext|><|endoftext|>", "x<|endoftext|>y", "  <|endoftext|>  ", "<|endoftext|>'s",
    "</w>", "a</w>", "Ġ", "Ċ", "[CLS] [PAD] [MASK]", "<pad> <unk> <s>", "{}", "a photo of a {}.",
    "it's", "IT'S", "it\u2019s", "'s's's", "''''", "rock 'n' roll", "'tis don't can't I'll we've they're I'd I'm", "l'été", "'S 'T 'RE",
    "0", "007", "3.14159", "1,000,000", "10\u2070", "½¾", "ⅣⅧ", "①②", "٠١٢٣", "०१२", "１２３", "x2y3", "1st 2nd", "²³", "𝟘𝟙",
    "!", "?!?!", "...", "…", "----------", "a-b_c/d\\e", "@#$%^&*()", "()[]{}<>", "«»„“”‘’", "°C €5 £6 ¥7", "\\n \\t \\0", "\"quoted\"", "`code`", "~|~", "a.b.c.d", "C++ C# .NET", "http://example.com/a?b=c&d=e#f", "user@example.com", "#hashtag @name",
    "a" * 76, "a" * 500, "ab" * 250, "\U0001f600" * 100, "猫" * 500, "a " * 250, "! " * 100, "x" * 5000, " " * 500 + "cat", "cat" + " " * 500, "\u0301" * 200, "a photo of a cat " * 40, "pneumonoultramicroscopicsilicovolcanoconiosis " * 3,
    "The quick brown fox jumps over the lazy dog; " * 11,
    "\ue000\uf8ff", "\ufffd", "\ufffe\uffff", "\U0010ffff", "\u0378", "\U000e0001\U000e0061", "\u180e", "\u2060", "\u034f", "\u115f\u3164", "\ufff9\ufffa\ufffb",
    "mixed ЦЕЛЫЙ мир 世界 🌍 ١٢ e\u0301 <|endoftext|> ẞ\t\n end",
]
LONE = ["\ud83d", "\ude00", "a\ud83db", "\ude00\ud83d", "cat \udcff"]


def ids_of(tokenizer):
    return [[text, tokenizer(text, padding="max_length", truncation=True, max_length=77)["input_ids"], len(tokenizer(text, truncation=False)["input_ids"])] for text in ODD]


def main():
    from transformers import CLIPTokenizerFast
    tokenizer = CLIPTokenizerFast.from_pretrained(HERE / "tokenizer")
    refused = []
    for text in LONE:
        try:
            tokenizer(text)
        except (TypeError, UnicodeEncodeError):
            refused.append(text)
    (HERE / "odd-texts.json").write_text(json.dumps({"texts": ids_of(tokenizer), "refused": refused}, separators=(",", ":")) + "\n")
    print(len(ODD), "texts,", len(refused), "refused of", len(LONE))


def compare(kind):
    import transformers
    known = json.loads((HERE / "odd-texts.json").read_text())["texts"]
    file = json.loads((HERE / "tokenizer" / "tokenizer.json").read_text())
    import tempfile
    with tempfile.TemporaryDirectory() as d:
        (Path(d) / "vocab.json").write_text(json.dumps(file["model"]["vocab"]))
        (Path(d) / "merges.txt").write_text("#version: 0.2\n" + "\n".join(m if isinstance(m, str) else " ".join(m) for m in file["model"]["merges"]) + "\n")
        tokenizer = getattr(transformers, kind)(str(Path(d) / "vocab.json"), str(Path(d) / "merges.txt"), model_max_length=77)
        for (text, ids, count), (_, other, n) in zip(known, ids_of(tokenizer)):
            if ids != other:
                print(kind, json.dumps(text[:60]), [i for i in ids if i != 825][:12], [i for i in other if i != 825][:12])


if __name__ == "__main__":
    compare("CLIPTokenizer") if sys.argv[1:] == ["slow"] else compare("CLIPTokenizerFast") if sys.argv[1:] == ["fast"] else main()
