"""Pay Ready, a company that does not exist: its truth, what its tools would send, and stand-ins for those tools.

`world` is the truth; `truth` holds the numbers that follow from it, `entities` what staging must hold. `deliveries` is
what the vendors would send, `faults` what goes wrong on the way, `send` sends it. `vendors` is a loopback server that
answers as Slack, GitHub, HubSpot and Gong do. All is seeded; time is an argument.
"""
