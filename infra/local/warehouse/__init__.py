"""A stand-in for Snowflake on this machine: fakesnow on DuckDB files, with our compatibility layer.

Start it with `python -m infra.local.warehouse`; in tests use `infra.local.warehouse.running.running_warehouse`.
"""
