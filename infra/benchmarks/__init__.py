"""What is measured, so that a claim of speed has a number, a spread, a machine and a date."""
