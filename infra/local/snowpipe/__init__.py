"""Snowpipe's stand-in: loads each object of the lake when S3 says it is there, by the pipe's own COPY.

Start it with `python -m infra.local.snowpipe`.
"""
