"""Run the four stand-ins: python -m infra.company.vendors --port 9200 --seed 42 --now 2026-11-20T17:00:00Z."""

import argparse
from datetime import datetime
from pathlib import Path

import uvicorn

from .. import credentials as keys
from ..world import DEFAULT_NOW, build
from . import names
from .app import make_app, make_site


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.company.vendors", description=__doc__)
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument(
        "--now", type=datetime.fromisoformat, default=DEFAULT_NOW, help="the world's present, with zone"
    )
    parser.add_argument("--scale", type=float, default=1.0, help="size of the company")
    parser.add_argument("--sources", nargs="+", choices=names(), default=names(), help="only these; all by default")
    parser.add_argument("--rate-factor", type=float, default=1.0, help="multiplies every rate limit")
    parser.add_argument("--search-cap", type=int, default=10_000, help="HubSpot's cap on search results")
    parser.add_argument("--page-cap", type=int, default=50, help="the most Slack and Gong list at once")
    parser.add_argument("--receiver", default="", help="base URL to which GitHub redelivers")
    parser.add_argument("--public-base-url", default="https://hooks.payready.example", help="what vendors sign for")
    parser.add_argument("--credentials", type=Path, help="where to write connections and keys as JSON")
    asked = parser.parse_args()
    if asked.now.tzinfo is None:
        parser.error("--now needs a time zone, such as 2026-11-20T17:00:00Z")

    world = build(asked.seed, asked.now, asked.scale)
    made = keys.make(asked.seed, asked.sources)
    if asked.credentials:
        url = f"http://127.0.0.1:{asked.port}"
        keys.write(asked.credentials, keys.connections(world, made, url, asked.rate_factor))
    site = make_site(
        world,
        {source: held["stored"] for source, held in made.items()},
        receiver=asked.receiver,
        public_base_url=asked.public_base_url,
        github_keeps=made["github"]["kept"] if "github" in made else None,
        rate_factor=asked.rate_factor,
    )
    site.search_cap, site.page_cap = asked.search_cap, asked.page_cap
    app = make_app(site, asked.sources)
    # Not the machine's date: vendors that date their answers do so by the site's clock.
    uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", date_header=False)


if __name__ == "__main__":
    main()
