"""What deploys the rest and what stands in for the cloud on a laptop. Imports all; nobody imports it."""
