"""What is promised of chunks of every kind of document."""

import random

import pytest

from gpu_jobs.chunking.documents import chunks, model_text
from gpu_jobs.models import MODELS
from tests.gpu_jobs.written_documents import document, odd_documents, odd_text

MODEL = MODELS["all-minilm-l6-v2"]
KINDS = ("call", "thread", "note", "ticket", "issue", "page", "file", "code")


def uncovered(text: str, found: list[dict]) -> str:
    """The characters that are in no chunk; fails where one is in two."""
    at, left = 0, []
    for chunk in found:
        assert chunk["start_offset"] >= at
        left.append(text[at : chunk["start_offset"]])
        at = chunk["end_offset"]
    return "".join([*left, text[at:]])


@pytest.mark.parametrize("seed", range(16))
def test_chunks_of_any_text_cover_it_once_within_the_limit(seed, tokenizer):
    for one in odd_documents(seed):
        found = chunks(one, tokenizer, MODEL)
        assert [chunk["ordinal"] for chunk in found] == list(range(len(found)))
        for chunk in found:
            assert chunk["chunk_text"] == one["text"][chunk["start_offset"] : chunk["end_offset"]]
            assert chunk["chunk_text"].strip()
        assert not uncovered(one["text"], found).strip()
        counted = [len(encoding.ids) for encoding in tokenizer.encode_batch([model_text(c, MODEL) for c in found])]
        assert counted == [chunk["tokens"] for chunk in found]
        assert max(counted, default=0) <= MODEL.max_tokens


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "   \n\t\n ", None])
def test_a_blank_document_gives_no_chunk(kind, text, tokenizer):
    assert chunks({**document(""), "document_type": kind, "text": text, "title": "A title"}, tokenizer, MODEL) == []


@pytest.mark.parametrize("kind", KINDS)
def test_chunks_and_their_ids_are_the_same_every_time(kind, tokenizer):
    one = document(odd_text(random.Random(7), 400), kind, "Title")
    first, again = chunks(one, tokenizer, MODEL), chunks(one, tokenizer, MODEL)
    assert first == again
    assert len({chunk["chunk_id"] for chunk in first}) == len(first) > 1


def test_ids_differ_between_contents_and_between_models(tokenizer):
    one, other = document("The renewal is at risk."), document("The renewal is safe.")
    ids = {chunks(text, tokenizer, model)[0]["chunk_id"] for text in (one, other) for model in MODELS.values()}
    assert len(ids) == 2 * len(MODELS)


def test_a_text_without_white_space_is_cut_by_tokens_and_by_characters(tokenizer):
    for text in ("x" * 20_000, "é" * 9_000, "字" * 3_000, "a.b" * 5_000, "x" * 70_000 + " end"):
        found = chunks(document(text), tokenizer, MODEL)
        assert "".join(chunk["chunk_text"] for chunk in found) == text
        assert max(len(chunk["chunk_text"]) for chunk in found) <= 16 * MODEL.max_tokens


def test_a_prefix_of_the_model_is_counted(tokenizer):
    production = MODELS["snowflake-arctic-embed-m-v1.5"]
    prefixed = type(production)(**{**vars(production), "document_prefix": "passage: ", "max_tokens": 64})
    for chunk in chunks(document("word " * 500, title="Title"), tokenizer, prefixed):
        assert model_text(chunk, prefixed).startswith("passage: Title\n")
        assert len(tokenizer.encode(model_text(chunk, prefixed)).ids) == chunk["tokens"] <= 64


def test_a_tokenizer_that_truncates_is_refused(tokenizer):
    cutting = type(tokenizer).from_str(tokenizer.to_str())
    cutting.enable_truncation(128)
    with pytest.raises(ValueError, match="truncates or pads"):
        chunks(document("text"), cutting, MODEL)
