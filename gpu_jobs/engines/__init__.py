"""What makes vectors of texts: ONNX Runtime on a CPU, a packed torch engine on a GPU. Both run the same weights."""
