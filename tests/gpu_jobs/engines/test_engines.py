"""Every engine makes the vectors that an independent implementation makes of the same weights."""

import dataclasses
import importlib.util
import random
from pathlib import Path

import numpy as np
import pytest

from gpu_jobs.engines.batches import longest_first
from gpu_jobs.engines.encoder import BadHost, open_encoder
from gpu_jobs.engines.onnx_bert import OnnxBert
from gpu_jobs.engines.weights import Architecture, WeightsRefused, checkpoint, packaged, random_checkpoint
from gpu_jobs.models import LOCAL, MODELS, PRODUCTION
from tests.gpu_jobs.engines.numpy_bert import NumpyBert
from tests.gpu_jobs.written_documents import odd_text

MINILM = MODELS[LOCAL]
SMALL = Architecture(hidden=64, layers=2, heads=4, inner=128)
"""Random weights of a small model: an engine is right or wrong of it as of a large one."""
needs_torch = pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed")
needs_reference = pytest.mark.skipif(
    not importlib.util.find_spec("sentence_transformers"), reason="sentence-transformers is not installed"
)


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="session")
def minilm(cache) -> OnnxBert:
    return OnnxBert(MINILM, checkpoint(MINILM), cache, threads=1)


def texts(count: int = 24) -> list[str]:
    """Short ones, an empty one, and one that every model here has to cut."""
    rng = random.Random(3)
    return ["The renewal is at risk.", "", "word " * 300, *(odd_text(rng, rng.randint(1, 12)) for _ in range(count))]


def centred_cosines(vectors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Random weights send all texts nearly one way, so that plain cosines call a wrong engine right: 0.98 without any
    attention at all. What is left after the mean is taken off tells them apart."""
    mean = reference.mean(0)
    ours, theirs = vectors - mean, reference - mean
    return (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)


def small(pooling: str):
    model = dataclasses.replace(MODELS["tiny-768"], dimension=SMALL.hidden, pooling=pooling, max_tokens=96)
    weights = random_checkpoint(SMALL, seed=5)
    return model, weights, NumpyBert(weights, pooling).encode(weights.tokenizer(96), texts())


def test_minilm_on_onnx_is_minilm(minilm):
    reference = NumpyBert(checkpoint(MINILM), "mean").encode(packaged().tokenizer(256), texts(5))
    vectors = minilm.encode(texts(5))
    assert vectors.dtype == np.float32
    assert (vectors * reference).sum(1).min() >= 0.9999
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-5


@needs_reference
def test_minilm_on_onnx_is_what_sentence_transformers_make_of_it(minilm):
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415  seldom installed

    theirs = SentenceTransformer(str(packaged().tokenizer_file.parent), device="cpu")
    theirs.max_seq_length = MINILM.max_tokens
    reference = theirs.encode(texts(5), normalize_embeddings=True)
    assert (minilm.encode(texts(5)) * reference).sum(1).min() >= 0.9999


def test_what_means_the_same_is_near(minilm):
    risk, doubt, cats = minilm.encode(["The renewal is at risk.", "Customer may not renew.", "Cats sleep a lot."])
    assert risk @ doubt > risk @ cats + 0.2


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_random_weights_on_onnx_agree_with_numpy(pooling, cache):
    model, weights, reference = small(pooling)
    assert centred_cosines(OnnxBert(model, weights, cache, threads=1).encode(texts()), reference).min() >= 0.9999


@needs_torch
@pytest.mark.parametrize("is_compiled", [False, True])
@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_random_weights_on_the_packed_engine_agree_with_numpy(pooling, is_compiled):
    from gpu_jobs.engines.packed_torch import PackedTorch  # noqa: PLC0415  imports torch

    model, weights, reference = small(pooling)
    engine = PackedTorch(model, weights, "cpu", is_compiled)
    assert centred_cosines(engine.encode(texts()), reference).min() >= 0.9999
    assert centred_cosines(engine.encode_tokens(engine.tokenized(texts())), reference).min() >= 0.9999
    assert engine.encode([]).shape == (0, SMALL.hidden)


@needs_torch
def test_on_a_gpu_half_precision_costs_a_thousandth_at_most():
    import torch  # noqa: PLC0415  seldom installed

    if not torch.cuda.is_available():
        pytest.skip("this machine has no GPU")
    from gpu_jobs.engines.packed_torch import PackedTorch, tested_gpu  # noqa: PLC0415  imports torch

    model, weights, reference = small("mean")
    vectors = PackedTorch(model, weights, tested_gpu()).encode(texts())
    assert (vectors * reference).sum(1).min() >= 0.999
    assert centred_cosines(vectors, reference).min() >= 0.99


def test_a_vector_does_not_depend_on_what_else_is_encoded(minilm):
    many = texts(5)
    one_by_one = np.concatenate([minilm.encode([text]) for text in many])
    assert np.abs(minilm.encode(many) - one_by_one).max() < 1e-5


def test_no_texts_give_no_vectors(minilm):
    assert minilm.encode([]).shape == (0, MINILM.dimension)


def test_the_tiny_model_has_the_width_of_the_production_model(cache):
    tiny = MODELS["tiny-768"]
    engine = OnnxBert(tiny, checkpoint(tiny), cache)
    assert engine.encode(["a", "b c"]).shape == (2, MODELS[PRODUCTION].dimension)


def test_a_graph_is_built_once(cache, minilm):
    before = {file: file.stat().st_mtime_ns for file in cache.iterdir()}
    OnnxBert(MINILM, checkpoint(MINILM), cache)
    assert {file: file.stat().st_mtime_ns for file in cache.iterdir()} == before


def test_other_weights_than_the_registrys_are_refused():
    with pytest.raises(WeightsRefused, match="hash to 53aa"):
        checkpoint(dataclasses.replace(MINILM, weights_sha256="0" * 64))


def test_weights_that_are_nowhere_or_have_no_hash_are_refused():
    with pytest.raises(WeightsRefused, match="name their folder"):
        checkpoint(MODELS[PRODUCTION])
    with pytest.raises(WeightsRefused, match="have no hash"):
        checkpoint(MODELS[PRODUCTION], packaged().tokenizer_file.parent)


@needs_torch
def test_a_machine_without_a_gpu_is_a_bad_host_and_computes_nothing(cache):
    import torch  # noqa: PLC0415  seldom installed

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(BadHost, match="no CUDA"):
        open_encoder(MINILM, "auto", None, cache)


def test_random_weights_are_the_same_every_time():
    one, again = random_checkpoint(SMALL, seed=5), random_checkpoint(SMALL, seed=5)
    assert one.sha256 == again.sha256 != random_checkpoint(SMALL, seed=6).sha256
    assert all((one.tensors()[name] == tensor).all() for name, tensor in again.tensors().items())


@pytest.mark.parametrize("is_padded", [False, True])
def test_batches_take_every_text_once_within_the_budget(is_padded):
    lengths = [random.Random(seed).randint(1, 90) for seed in range(300)]
    taken = list(longest_first(lengths, budget=256, most=10, is_padded=is_padded))
    assert sorted(index for batch in taken for index in batch) == list(range(300))
    for batch in taken:
        assert len(batch) <= 10
        sizes = [lengths[index] for index in batch]
        assert (max(sizes) * len(sizes) if is_padded else sum(sizes)) <= 256
    assert list(longest_first([500, 3], budget=256, most=10, is_padded=True)) == [[0], [1]]
