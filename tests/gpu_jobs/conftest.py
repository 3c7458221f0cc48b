"""The packaged tokenizer, and documents made of seeded random text."""

import pytest
from tokenizers import Tokenizer

from gpu_jobs.engines.weights import packaged


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return packaged().tokenizer()
