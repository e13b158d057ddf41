"""The other side of logistic.ts: scikit-learn's LogisticRegression with its own settings (L-BFGS, tol 1e-4; max_iter 1000) on the sets in a
folder, and on wine (178 x 13, 3 classes), which it writes there. Prints a JSON line for each set and C: the least processor
seconds of three solutions and the objective divided by C n.

    pip install scikit-learn
    python logistic.py FOLDER C,C,...
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from scipy.special import log_softmax
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression

folder = Path(sys.argv[1])
x, y = load_wine(return_X_y=True)
((x - x.mean()) / x.std()).astype("float32").tofile(folder / "wine.x")
y.astype("int32").tofile(folder / "wine.y")
for file in sorted(folder.glob("*.x")):
    y = np.fromfile(file.with_suffix(".y"), "int32")
    x = np.fromfile(file, "float32").reshape(len(y), -1)
    for c in map(float, sys.argv[2].split(",")):
        times = []
        for _ in range(3):
            start = time.process_time()
            fit = LogisticRegression(C=c, max_iter=1000).fit(x, y)
            times.append(time.process_time() - start)
        w = fit.coef_.astype("float64")
        loss = -log_softmax(x.astype("float64") @ w.T + fit.intercept_, axis=1)[np.arange(len(y)), y].mean()
        objective = loss + (w**2).sum() / (2 * c * len(y))
        print(json.dumps({"set": file.stem, "c": c, "seconds": min(times), "objective": objective}), flush=True)
