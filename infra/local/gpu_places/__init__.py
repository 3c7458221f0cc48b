"""Stand-ins for the providers of GPUs, on loopback: the real clients talk to them, and nothing is billed."""
