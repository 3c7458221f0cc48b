"""Pay Ready's language models: what LiteLLM's proxy alerts about budgets, and what every gateway has to tell of spend.

docs.litellm.ai, "Alerting / Webhooks": alerts are not signed and bear neither an id nor a time. The proxy was given an
address with a secret in it.
"""

import hashlib
import random
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from ..chance import Chance
from ..crm import iso_ms
from ..delivery import Delivery, to_json
from ..history import History, Version, once_per_world
from ..llm import DAYS, TASKS
from ..render.llm_usage import activity, portkey, spend_logs
from ..signing import hexadecimal
from ..vendor import Outgoing
from ..world import World


@once_per_world
def history(world: World) -> History:
    """OpenRouter's days and keys, LiteLLM's calls. Portkey's calls, of which only totals are told, are in `call`."""
    chance = Chance(world.seed, "llm_usage")
    return History([*activity(world, chance), *_keys(world, chance), *spend_logs(world), *portkey(world)])


def _keys(world: World, chance: Chance) -> Iterator[Version]:
    """A key per team; one is disabled, one removed."""
    for number, team in enumerate((*TASKS, "trial")):
        made_at = world.now - timedelta(days=DAYS - number, milliseconds=chance.randint(0, 9_000_000))
        key: dict[str, Any] = {
            "hash": hexadecimal(chance, 64),
            "name": team,
            "label": f"sk-or-v1-{hexadecimal(chance, 3)}...{hexadecimal(chance, 3)}",
            "disabled": False,
            "limit": 200,
            "limit_remaining": 200,
            "limit_reset": "monthly",
            "usage": 0,
            "usage_daily": 0,
            "usage_weekly": 0,
            "usage_monthly": 0,
            "created_at": iso_ms(made_at),
            "updated_at": iso_ms(made_at),
        }
        yield Version("openrouter_key", key["hash"], made_at, key)
        if number == 1:
            off_at = world.now - timedelta(days=3)
            yield Version(
                "openrouter_key", key["hash"], off_at, {**key, "disabled": True, "updated_at": iso_ms(off_at)}
            )
        if team == "trial":
            yield Version("openrouter_key", key["hash"], world.now - timedelta(days=20), None)


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """What the proxy alerted: thresholds, then crossed budgets."""
    made = []
    for number in range(24):
        at = world.hooks_since + (world.now - world.hooks_since) * number / 24 + timedelta(seconds=number)
        crossed = number % 3 == 2
        spend = round(40 + number * 2.5 + chance.random(), 4)
        alert = {
            "spend": spend,
            "max_budget": 50.0 if crossed else 120.0,
            "token": hashlib.sha256(f"{world.seed}/{number % 3}".encode()).hexdigest(),
            "customer_id": None,
            "user_id": "default_user",
            "team_id": TASKS[number % 3],
            "user_email": world.staff[number % len(world.staff)].email,
            "key_alias": f"{TASKS[number % 3]}-prod",
            "projected_exceeded_date": None if crossed else (at + timedelta(days=9)).date().isoformat(),
            "projected_spend": None if crossed else round(spend * 3, 2),
            "event": "budget_crossed" if crossed else ("threshold_crossed", "projected_limit_exceeded")[number % 2],
            "event_group": "team",
            "event_message": "Team Budget: Budget Crossed" if crossed else "Team Budget: Threshold Crossed",
        }
        body = to_json(alert)
        digest = hashlib.sha256(body).hexdigest()
        event = ("litellm_budget_alert", digest)
        made.append(Delivery("llm_usage", "litellm_budget_alert", body, digest, at, (event,), is_repairable=False))
    return made


def address(url: str, keys: Mapping[str, Any]) -> str:
    return f"{url}?key={keys['signing_secret']}"


def sign(outgoing: Outgoing) -> dict[str, str]:
    """Nothing: the address is the proof."""
    return {}


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A secret for the address, and a key for every gateway."""
    secret = hexadecimal(rng, 40)
    asked = {
        "openrouter_key": f"sk-or-v1-{hexadecimal(rng, 64)}",
        "portkey_key": hexadecimal(rng, 28),
        "litellm_key": f"sk-{hexadecimal(rng, 22)}",
    }
    return {"signing_secrets": [secret], **asked}, {"signing_secret": secret}
