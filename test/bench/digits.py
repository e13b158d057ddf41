"""Writes digits.json.gz: the 1,797 handwritten digits of scikit-learn, 8 x 8 pixels of 0 to 16 (Alpaydin & Kaynak 1998, Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository, CC BY 4.0).

    pip install scikit-learn
    python digits.py
"""
import base64
import gzip
import json
from pathlib import Path

from sklearn.datasets import load_digits

digits = load_digits()
pixels = base64.b64encode(digits.images.astype("uint8").tobytes()).decode()
text = json.dumps({"labels": "".join(map(str, digits.target)), "pixels": pixels})
(Path(__file__).parent / "digits.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
