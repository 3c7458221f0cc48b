"""Understanding by a language model on a GPU, its answers held to the JSON schema of events.enrichment.

The only module that imports vllm. The grammar makes an answer parse; lengths and bounds it does not hold are checked
behind it. An answer that does not fit is asked for once more, and never mended: what is unfit twice is refused.

Names of vllm 0.13 (docs.vllm.ai, "Structured Outputs": StructuredOutputsParams since 0.12 in the place of guided_json).
Unverified, for vllm runs on no CPU here: all of `_opened`. Nothing else touches vllm.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import pydantic

from events.enrichment import Understanding
from events.gpu_job import Vocabulary

from ..engines.encoder import BadHost
from ..engines.weights import WeightsRefused
from ..enrichers import Enricher
from .prompt import messages, prompt_version
from .reading import Reading
from .understander import Answer

SEED = 1
_CONTEXT = 32_768
_FIXED_TOKENS, _TOKENS_A_PIECE, _MOST_TOKENS = 2_000, 20, 16_000
"""Of an answer: its claims, and for each piece its number and sentiment in JSON. The context ends it at the latest."""

Sampling = Callable[[int, int], Any]
"""Sampling parameters, of the most tokens of an answer and a seed."""


class ChatModel(Protocol):
    """As much of vllm.LLM as is needed here."""

    def chat(self, messages: list[Any], sampling_params: Any, use_tqdm: bool, chat_template_kwargs: Any) -> list[Any]:
        """For each conversation a RequestOutput: prompt_token_ids, and outputs[0] with text, token_ids and
        finish_reason (`length` where the answer was cut off)."""
        ...


class Vllm:
    """The model has no tools, and answers each document by itself."""

    def __init__(self, llm: ChatModel, sampling: Sampling, vocabulary: Vocabulary, name: str) -> None:
        self._llm, self._sampling, self._vocabulary = llm, sampling, vocabulary
        self.name = name
        self.prompt_version = prompt_version(vocabulary)

    def understand(self, readings: Sequence[Reading]) -> list[Answer]:
        answers = self._asked(readings, [None] * len(readings))
        again = [number for number, answer in enumerate(answers) if answer.understanding is None]
        if again:
            second = self._asked([readings[one] for one in again], [answers[one].reason for one in again])
            for number, answer in zip(again, second, strict=True):
                tokens = answers[number].tokens + answer.tokens
                answers[number] = Answer(answer.understanding, tokens, answer.reason)
        return answers

    def _asked(self, readings: Sequence[Reading], refused: Sequence[str | None]) -> list[Answer]:
        told = self._llm.chat(
            [messages(one, self._vocabulary, why) for one, why in zip(readings, refused, strict=True)],
            # The second time with another seed: at temperature 0 the same question has the same answer.
            [
                self._sampling(_room(one, is_again=bool(why)), SEED + bool(why))
                for one, why in zip(readings, refused, strict=True)
            ],
            use_tqdm=False,
            # Qwen3's template: without it the model thinks aloud first, outside the schema.
            chat_template_kwargs={"enable_thinking": False},
        )
        return [_answer(one) for one in told]


def open_vllm(entry: Enricher, vocabulary: Vocabulary, weights: Path | None) -> Vllm:
    """The engine for the weights in a folder, as the model's publisher lays them out.

    Raises WeightsRefused, and BadHost where vllm does not come up.
    """
    if weights is None:
        raise WeightsRefused(f"weights of {entry.version!r} are not packaged; name their folder with --weights")
    if entry.weights_sha256 is None:
        found = folder_hash(weights)
        raise WeightsRefused(f"weights of {entry.version!r} have no hash; put {found} into gpu_jobs/enrichers.py")
    if (found := folder_hash(weights)) != entry.weights_sha256:
        raise WeightsRefused(f"weights of {entry.version!r} hash to {found}, not to {entry.weights_sha256}")
    llm, sampling, version = _opened(weights)
    return Vllm(llm, sampling, vocabulary, f"vllm/{version}")


def folder_hash(folder: Path) -> str:
    """Of all files in a folder, their names included."""
    told = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        with open(path, "rb") as file:
            told.append(f"{path.relative_to(folder)} {hashlib.file_digest(file, 'sha256').hexdigest()}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _opened(weights: Path) -> tuple[ChatModel, Sampling, str]:
    """The model, its sampling parameters and the version of vllm. Raises BadHost: with weights that are the right ones
    it is the machine that does not do, mostly for want of CUDA or memory."""
    try:
        import vllm  # noqa: PLC0415  of the GPU images alone
        from vllm.sampling_params import StructuredOutputsParams  # noqa: PLC0415

        llm = vllm.LLM(
            model=str(weights),
            max_model_len=_CONTEXT,
            seed=SEED,
            # Named, so that a schema it cannot hold is an error and not quietly another backend's; without white space
            # between fields, with which a model may fill its answer to the end.
            structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
        )
    except Exception as error:
        raise BadHost(f"vllm does not come up: {type(error).__name__}") from error
    schema = Understanding.model_json_schema()

    def sampling(max_tokens: int, seed: int) -> Any:
        return vllm.SamplingParams(
            temperature=0.0,
            max_tokens=max_tokens,
            seed=seed,
            structured_outputs=StructuredOutputsParams(json=schema),
        )

    return llm, sampling, vllm.__version__


def _room(reading: Reading, *, is_again: bool) -> int:
    """The most tokens of an answer."""
    return _MOST_TOKENS if is_again else min(_FIXED_TOKENS + _TOKENS_A_PIECE * len(reading.pieces), _MOST_TOKENS)


def _answer(told: Any) -> Answer:
    """prompt_token_ids may be None for a prompt of embeddings alone, and outputs are one each."""
    [output] = told.outputs
    tokens = len(told.prompt_token_ids or ()) + len(output.token_ids)
    try:
        return Answer(Understanding.model_validate_json(output.text), tokens)
    except pydantic.ValidationError:
        return Answer(None, tokens, "answer_cut_off" if output.finish_reason == "length" else "answer_unfit")
