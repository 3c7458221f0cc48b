"""Gong's automation rule `fire webhook`: each call once, when it has been processed; and the test of the rule."""

import hashlib
from datetime import datetime

from ..calls import Call
from ..chance import Chance
from ..delivery import Delivery, to_json
from ..render import gong
from ..world import World


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Calls that became visible since the rule was made; an admin pressed `Test now` first."""
    companies = {company.id: company for company in world.market.companies}
    fired = [call for call in world.calls if call.visible_at >= world.hooks_since and not call.is_private]
    made = [_delivery(gong.call_data(call, companies, call.visible_at), call, call.visible_at) for call in fired]
    test = gong.call_data(world.calls[0], companies, world.hooks_since)
    return [_delivery(test, world.calls[0], world.hooks_since, is_test=True), *made]


def _delivery(call_data: dict[str, object], call: Call, at: datetime, is_test: bool = False) -> Delivery:
    body = to_json({"callData": call_data, "isTest": is_test})
    digest = hashlib.sha256(body).hexdigest()
    stream = "call_test" if is_test else "call"
    return Delivery("gong", stream, body, digest, at, ((stream, f"{call.call_id}/{digest}"),))
