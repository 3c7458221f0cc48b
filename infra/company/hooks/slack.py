"""Slack's Events API: messages, their edits and deletions, reactions, channels, members, users."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..chance import Chance
from ..chat import Message
from ..delivery import Delivery, to_json
from ..render import slack
from ..signing import decimal, hexadecimal, keyed_digest, shared
from ..vendor import Outgoing
from ..world import World


def deliveries(world: World, chance: Chance) -> list[Delivery]:
    """Of channels the app is a member of, since the hooks were set up."""
    return [
        _delivery(event, stream, at, world, chance)
        for event, stream, at in (*_of_messages(world), *_of_channels(world), *_of_users(world))
        if at >= world.hooks_since
    ]


def _delivery(event: dict[str, Any], stream: str, at: datetime, world: World, chance: Chance) -> Delivery:
    event_id = f"Ev{chance.code(9)}"
    body = to_json(slack.callback(event, event_id, at, world.workspace), is_ascii=True)
    is_repairable = stream in ("message", "user") and event.get("subtype") != "message_deleted"
    return Delivery("slack", event["type"], body, event_id, at, ((stream, event_id),), is_repairable)


def _of_messages(world: World) -> Iterator[tuple[dict[str, Any], str, datetime]]:
    heard = {channel.channel_id for channel in world.workspace.channels if channel.is_member}
    for message in world.workspace.messages:
        if message.channel_id in heard:
            yield slack.posted(message, world.workspace), "message", message.at
            yield from _after(message, world)


def _after(message: Message, world: World) -> Iterator[tuple[dict[str, Any], str, datetime]]:
    before = message.at
    for at, _ in message.edits:
        yield slack.edited(message, world.workspace, at, before), "message", at
        before = at
    if message.deleted_at:
        yield slack.deleted(message, world.workspace, message.deleted_at), "message", message.deleted_at
    item = {"type": "message", "channel": message.channel_id, "ts": message.ts}
    for reaction in message.reactions:
        event = {
            "type": "reaction_added",
            "user": reaction.user_id,
            "reaction": reaction.name,
            "item_user": message.user_id,
            "item": item,
        }
        yield event, "reaction", reaction.at


def _of_channels(world: World) -> Iterator[tuple[dict[str, Any], str, datetime]]:
    for channel in world.workspace.channels:
        if channel.created_at < world.hooks_since or not channel.is_member:
            continue
        brief = {"id": channel.channel_id, "is_channel": True, "created": int(channel.created_at.timestamp())}
        for number, (at, name) in enumerate(channel.names):
            named = {"name": name, "name_normalized": name}
            if number == 0:
                created = {"type": "channel_created", "channel": {**brief, **named, "creator": channel.creator_id}}
                yield created, "channel", at
            else:
                yield {"type": "channel_rename", "channel": {**brief, **named}}, "channel", at
        if channel.archived_at:
            event = {"type": "channel_archive", "channel": channel.channel_id, "user": channel.creator_id}
            yield event, "channel", channel.archived_at
        for minutes, member in enumerate(world.staff[:3], start=1):
            event = {
                "type": "member_joined_channel",
                "user": member.slack_id,
                "channel": channel.channel_id,
                "channel_type": "C",
                "team": world.workspace.team_id,
            }
            yield event, "member", channel.created_at + timedelta(minutes=minutes)


def _of_users(world: World) -> Iterator[tuple[dict[str, Any], str, datetime]]:
    for employee in world.staff:
        if employee.left_at:
            user = slack.user(employee, world.workspace, employee.left_at)
            event = {"type": "user_change", "user": user, "cache_ts": int(employee.left_at.timestamp())}
            yield event, "user", employee.left_at
    # One of the many kinds nobody here has asked for.
    emoji = {
        "type": "emoji_changed",
        "subtype": "add",
        "name": "rent_day",
        "value": "https://emoji.example/rent_day.png",
    }
    yield emoji, "emoji_changed", world.hooks_since + timedelta(days=1)


def sign(outgoing: Outgoing) -> dict[str, str]:
    """docs.slack.dev, "Verifying requests from Slack"."""
    timestamp = str(int(outgoing.now.timestamp()))
    signature = keyed_digest(outgoing.keys["signing_secret"], f"v0:{timestamp}:".encode() + outgoing.body).hex()
    return {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


def new_credentials(rng: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    token = f"xoxb-{decimal(rng, 12)}-{decimal(rng, 12)}-{hexadecimal(rng, 24)}"
    return shared(rng, bot_token=token)


def retold(delivery: Delivery, chance: Chance) -> Delivery:
    event_id = f"Ev{chance.code(9)}"
    payload = json.loads(delivery.body) | {"event_id": event_id, "event_context": f"4-{event_id}"}
    body = to_json(payload, is_ascii=True)
    return replace(delivery, body=body, delivery_id=event_id, events=((delivery.events[0][0], event_id),))
