"""The contracts: what crosses a border between rooms. Imports nothing of ours."""
