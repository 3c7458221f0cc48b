"""What stands in locally for the cloud: every process here listens on loopback only."""
