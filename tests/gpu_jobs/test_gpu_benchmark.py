"""The GPU benchmark's own arithmetic, and what it says where there is no GPU."""

import importlib.util

import numpy as np
import pytest

from gpu_jobs.engines.weights import BERT_BASE
from infra.benchmarks import gpu


@pytest.mark.skipif(importlib.util.find_spec("torch") is not None, reason="torch is installed")
def test_without_torch_it_says_so_and_ends_well(capsys):
    gpu.main([])
    assert "torch is not installed" in capsys.readouterr().out


def test_agreement_tells_an_engine_that_is_wrong_from_vectors_that_all_point_one_way():
    rng = np.random.default_rng(1)
    reference = 10 + rng.standard_normal((50, 64))
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)
    wrong = np.roll(reference, 1, axis=0)
    assert (reference * wrong).sum(1).min() > 0.95
    assert gpu.agreement(wrong, reference) < gpu.AGREEMENT
    assert gpu.agreement(reference + 1e-6, reference) > gpu.AGREEMENT


def test_the_work_of_a_token_is_what_the_production_model_takes():
    assert gpu.flops(BERT_BASE, [256]) / 256 / 1e6 == pytest.approx(179, abs=1)


def test_the_verdict_is_of_chunks_and_of_the_mix():
    rates = {"mix": 1.2e6, "message": 1e6, "chunk": 2.5e6, "full": 2e6}
    rows = [{"kind": kind, "engine": "ours", "tokens_s": rate, "agreement": 1.0} for kind, rate in rates.items()]
    alone = gpu.verdict(rows)
    assert (alone["is_fast_enough"], alone["is_ahead_enough"], alone["is_right"]) == (True, None, None)
    theirs = {"kind": "mix", "engine": "sentence-transformers", "tokens_s": 5e5, "agreement": 0.98}
    told = gpu.verdict([*rows, theirs])
    assert (told["is_ahead_enough"], told["is_right"]) == (False, False)
