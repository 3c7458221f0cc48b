"""Stand-ins for the vendors' APIs on one loopback port: /slack/api/, /github/, /hubspot/, /gong/, and /_control/.

They answer from the simulated company's truth as of their clock, which stands still until told to advance. Written from
the vendors' documents, not from our client. Run: python -m infra.company.vendors --help
"""
