"""Ourselves: what reconciliation finds is told in events like any vendor's, and the warehouse reads it the same way.

No lane leads here from outside: nobody delivers to this source and nothing is pulled from it.
"""

from ..ingest.source import Source

source = Source(name="sophia", title="Sophia Intel", webhook=None, pull=None)
