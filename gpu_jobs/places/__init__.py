"""Where jobs run: this machine, Modal, Lambda Labs. Each place keeps the promises of place.Place."""
