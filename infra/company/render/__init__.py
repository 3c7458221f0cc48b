"""Truth in the vendors' words: one file per vendor, used by its webhooks and by its API stand-in alike.

Shapes follow what the vendors publish. Renderers know nothing of who reads them. `at` is the instant as of which.
"""
