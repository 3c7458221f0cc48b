"""A document is understood: by rules and prototypes on a CPU, or by a language model whose every claim is checked."""
