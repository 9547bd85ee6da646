"""Writes sample_ad_model.json: answers of the shipped autoencoder computed a second way.

Written from the documentation (docs/autoencoder.md) with torch 2.13.0, numpy 2.4.6, scipy 1.17.1 and safetensors
0.8.0, all in double precision and without any module of this project: autocorrelation by its definition, the ridge
regression as a least squares problem with appended rows, the rule for rows by max pooling. To be run again when the
weights change: ``python tests/golden/make_sample_ad_model.py``
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from scipy.stats import norm

HERE = Path(__file__).parent
MODEL = HERE.parent.parent / "models" / "anomaly" / "weights" / "sample_ad_model"


def season_of(z):
    n = len(z)
    clipped = np.clip(z, -3, 3)
    clipped = clipped - clipped.mean()
    lags = range(n // 4 + 1)
    r = [sum(clipped[lag:] * clipped[: n - lag]) / (n - lag) / (sum(clipped**2) / n) for lag in lags]
    negative = [lag for lag in lags if r[lag] < 0]
    season = 0
    if negative:
        first = negative[0]
        needed = max(0.2, 3 / n**0.5, 0.8 * max(r[first:]))
        peaks = [k for k in lags if first < k < n // 4 and r[k] >= r[k - 1] and r[k] >= r[k + 1] and r[k] > needed]
        if peaks:
            near = range(peaks[0], min(peaks[0] + peaks[0] // 4, n // 4) + 1)
            season = max(near, key=lambda lag: r[lag])
    return season


def ridge(codes, windows, penalty):
    size = codes.shape[1]
    weight = (penalty * codes.square().sum(0).mean()).sqrt()
    left = torch.cat([codes, weight * torch.eye(size, dtype=torch.float64)])
    right = torch.cat([windows, torch.zeros(size, windows.shape[1], dtype=torch.float64)])
    return torch.linalg.lstsq(left, right).solution


def largest_usual(error, rows, span, least, share):
    """Quantile of the least of so many neighbouring errors, interpolated between powers of two."""
    below = 2 ** int(np.log2(rows))
    above = min(2 * below, span)

    def of(width):
        if width == span:
            return np.percentile(least[span - 1 : len(least) - span + 1], 100 * share)
        return np.percentile(error.unfold(0, width, 1).amin(1).numpy(), 100 * share)

    part = (np.log(rows) - np.log(below)) / (np.log(above) - np.log(below))
    return of(below) ** (1 - part) * of(above) ** part


def score(values):
    config = json.loads((MODEL / "config.json").read_text())
    shape, judge = config["shape"], config["adaptive"]
    weights = {name: tensor.double() for name, tensor in load_file(MODEL / "model.safetensors").items()}
    low, middle, high = np.percentile(values, [25, 50, 75])
    z = np.clip((values - middle) / ((high - low) / 1.3489795003921634), -100, 100)
    window = shape["window"]
    stride = max(1, min(-(-season_of(z) // window), len(z) // (4 * window)))
    span = window * stride
    windows = torch.from_numpy(z).unfold(0, span, 1).reshape(-1, window, stride).mean(-1)
    linear = torch.nn.functional.linear
    hidden = linear(
        windows.clamp(-shape["limit"], shape["limit"]), weights["encoder.0.weight"], weights["encoder.0.bias"]
    )
    codes = linear(hidden.relu(), weights["encoder.1.weight"], weights["encoder.1.bias"])
    codes = torch.cat([torch.ones(len(codes), 1, dtype=torch.float64), codes], 1)
    error = (codes @ ridge(codes, windows, judge["ridge"]) - windows).square().mean(1).sqrt()
    share = min(judge["usual"], max(0.5, 1 - 2 * span / len(windows)))
    usual = error <= torch.quantile(error, share)
    error = (codes @ ridge(codes[usual], windows[usual], judge["ridge"]) - windows).square().mean(1).sqrt()
    padded = torch.nn.functional.pad(-error, (span - 1, span - 1), value=-torch.inf)
    least = -torch.nn.functional.max_pool1d(padded[None], span, 1)[0].numpy()
    share = min(0.9, max(0.5, 1 - 2 * span / len(windows)))
    for rows in range(1, span):  # at both ends, held by so many windows
        level = np.percentile(least[span - 1 : len(z) - span + 1], 100 * share) / largest_usual(
            error, rows, span, least, share
        )
        least[rows - 1] *= level
        least[len(z) - rows] *= level
    stretch = max(1, min(max(16, span), len(z) // 8))
    edges = np.linspace(0, len(z), len(z) // stretch + 1).astype(int)
    logs = np.log([max(least[a:b].max(), 1e-6) for a, b in pairwise(edges)])
    below, middle = np.percentile(logs, [15, 50])
    spread = max((middle - below) / norm.ppf(0.85), 0.05)
    few = len(logs) < 30
    first, last = np.percentile(logs, [25, 75] if few else [50, 90])
    slope = max((last - first) / (np.log(3) if few else np.log(5)), 1e-3)
    rare = last + slope * np.log(max((0.25 if few else 0.1) * len(logs) / 8, 1))  # 2 in 10 000 rows, and 40 000 rows
    if season_of(z):
        rare = min(rare, middle + 5 * spread)
    return stride, (least / max(0.05, np.exp(max(middle + 2.5 * spread, middle + np.log(1.3), rare)))).tolist()


def cases():
    random = np.random.default_rng(2026)
    time = np.arange(1200)
    beats = np.exp(-0.5 * ((time % 60 - 20) / 3.0) ** 2) - 0.4 * np.exp(-0.5 * ((time % 60 - 30) / 5.0) ** 2)
    beats += 0.02 * random.standard_normal(1200)
    beats[360:420] = 0.6 - beats[360:420]  # all its values ordinary
    walk = 5000.0 + 20.0 * random.standard_normal(150).cumsum()
    walk[90] += 300.0
    return {"a beat upside down": np.round(beats, 3), "a spike on a random walk": np.round(walk, 3)}


if __name__ == "__main__":
    answers = {}
    for name, values in cases().items():
        stride, scores = score(values)
        answers[name] = {"values": values.tolist(), "stride": stride, "score": [round(s, 6) for s in scores]}
    (HERE / "sample_ad_model.json").write_text(json.dumps(answers) + "\n")
