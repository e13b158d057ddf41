"""lp.json: multinomial logistic regression by scikit-learn (lbfgs), tolerance so small that the optimum is reached.

scikit-learn's objective, over the N training rows: C · Σᵢ −log softmax(W xᵢ + b)[yᵢ] + ½‖W‖², the intercept b not penalised.
"""
import numpy as np
import sklearn
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from common import save, tensor

rng = np.random.default_rng(5)
N, TEST, D, K = 300, 500, 32, 7


def features(labels):
    """Unit-length features about overlapping class means, as image embeddings are."""
    x = means[labels] + 0.9 * rng.normal(size=(len(labels), D))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32).astype(np.float64)


means = 0.35 * rng.normal(size=(K, D)) + 0.2
y, y_test = rng.integers(0, K, N), rng.integers(0, K, TEST)
y[:K] = range(K)
x, x_test = features(y), features(y_test)

solutions = []
for C in [1e-2, 0.316, 1.0, 31.6, 1e4]:
    m = LogisticRegression(C=C, tol=1e-12, max_iter=100_000).fit(x, y)
    # A second start from the first's end: the objective must not move, or the optimum was not reached.
    objective = lambda m: -C * log_softmax(m.decision_function(x), axis=1)[np.arange(N), y].sum() + 0.5 * (m.coef_**2).sum()
    again = LogisticRegression(C=C, tol=1e-14, max_iter=100_000, warm_start=True)
    again.coef_, again.intercept_, again.classes_ = m.coef_.copy(), m.intercept_.copy(), m.classes_
    again.fit(x, y)
    value = objective(again)
    assert abs(value - objective(m)) < 1e-6 * value
    solutions.append({"C": C, "objective": value, "coef": tensor(again.coef_), "intercept": tensor(again.intercept_), "predictions": tensor(again.predict(x_test)),
                      "accuracy": float((again.predict(x_test) == y_test).mean())})
    print(f"C {C}: objective {value:.6f}, test accuracy {solutions[-1]['accuracy']:.3f}, iterations {m.n_iter_} + {again.n_iter_}")

save("lp.json", {"sklearn": sklearn.__version__, "classes": K, "x": tensor(x), "y": tensor(y), "xTest": tensor(x_test), "yTest": tensor(y_test), "solutions": solutions})
