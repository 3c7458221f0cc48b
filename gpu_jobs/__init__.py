"""Heavy work over texts: chunk, embed, understand. The same code on Modal, on Lambda Labs and on this machine."""
