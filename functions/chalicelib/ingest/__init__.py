"""From a vendor's request or answer to an object in the lake."""
