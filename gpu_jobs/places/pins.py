"""What a worker's image holds, pinned: the same versions that run on the CPU, and torch or vllm beside them."""

WORKER = (
    "boto3==1.44.5",
    "msgspec==0.22.0",
    "numpy==2.4.6",
    "pyarrow==26.0.1",
    "safetensors==0.8.0",
    "tokenizers==0.23.3",
    "tree-sitter==0.26.1",
    "tree-sitter-javascript==0.25.0",
    "tree-sitter-python==0.25.0",
    "tree-sitter-sql==0.3.13",
    "tree-sitter-typescript==0.23.2",
)
TORCH = "torch==2.11.0"
"""With torch.nn.attention.varlen, which the packed engine needs."""
VLLM = "vllm==0.13.0"
"""Structured outputs since 0.12; the version of Modal's own example vllm_throughput.py. It brings its own torch."""
