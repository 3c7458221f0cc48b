"""Slack's objects (channel, message, user) and its Events API callbacks."""

from datetime import datetime
from typing import Any

from ..chance import COMPANY_TZ
from ..chat import Channel, Message, Workspace
from ..staff import Employee


def epoch_ts(at: datetime) -> str:
    """An event's ts: seconds and microseconds."""
    return f"{int(at.timestamp())}.{at.microsecond:06d}"


def message(one: Message, workspace: Workspace, at: datetime) -> dict[str, Any]:
    """A message as conversations.history lists it: with its thread's counts, if it has one, and its reactions."""
    text = one.text_at(at)
    told: dict[str, Any] = {"type": "message", "text": text, "ts": one.ts, "team": workspace.team_id}
    if one.user_id:
        told["user"] = one.user_id
        told["client_msg_id"] = f"{one.channel_id.lower()}-{one.ts}"
    else:
        told |= {"subtype": "bot_message", "bot_id": workspace.bot_id, "username": "deployer"}
    told["blocks"] = [{"type": "rich_text", "elements": [{"type": "text", "text": text}]}]
    edits = [when for when, _ in one.edits if when <= at]
    if edits:
        told["edited"] = {"user": one.user_id, "ts": f"{int(edits[-1].timestamp())}.000000"}
    if one.thread_ts:
        told["thread_ts"] = one.thread_ts
    elif replies := [reply for reply in workspace.replies(one) if reply.is_live(at)]:
        told |= {
            "thread_ts": one.ts,
            "reply_count": len(replies),
            "reply_users": list(dict.fromkeys(reply.user_id for reply in replies)),
            "reply_users_count": len({reply.user_id for reply in replies}),
            "latest_reply": replies[-1].ts,
        }
    if reactions := [reaction for reaction in one.reactions if reaction.at <= at]:
        told["reactions"] = [{"name": each.name, "users": [each.user_id], "count": 1} for each in reactions]
    return told


def channel(one: Channel, at: datetime, members: int) -> dict[str, Any]:
    name = one.name(at)
    touched = [one.created_at, *(when for when, _ in one.names), *([one.archived_at] if one.archived_at else [])]
    updated_at = max(when for when in touched if when <= max(at, one.created_at))
    return {
        "id": one.channel_id,
        "name": name,
        "name_normalized": name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_mpim": False,
        "is_private": False,
        "created": int(one.created_at.timestamp()),
        "creator": one.creator_id,
        "is_archived": bool(one.archived_at and one.archived_at <= at),
        "is_general": name == "general",
        "is_member": one.is_member,
        "is_shared": False,
        "is_ext_shared": False,
        "is_org_shared": False,
        "unlinked": 0,
        "updated": int(updated_at.timestamp() * 1000),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {
            "value": f"All about {name}",
            "creator": one.creator_id,
            "last_set": int(one.created_at.timestamp()),
        },
        "previous_names": [old for when, old in one.names if when <= at and old != name],
        "num_members": members,
    }


def user(one: Employee, workspace: Workspace, at: datetime) -> dict[str, Any]:
    has_left = bool(one.left_at and one.left_at <= at)
    changed_at = one.left_at if has_left and one.left_at else one.joined_at
    return {
        "id": one.slack_id,
        "team_id": workspace.team_id,
        "name": one.email.split("@")[0],
        "deleted": has_left,
        "real_name": one.name,
        "tz": str(COMPANY_TZ),
        "is_bot": False,
        "is_app_user": False,
        "updated": int(changed_at.timestamp()),
        "profile": {
            "real_name": one.name,
            "display_name": one.first_name,
            "first_name": one.first_name,
            "last_name": one.last_name,
            "title": one.title,
            "email": one.email,
            "team": workspace.team_id,
        },
    }


def bot(workspace: Workspace, installed_at: datetime) -> dict[str, Any]:
    return {
        "id": workspace.bot_user_id,
        "team_id": workspace.team_id,
        "name": "sophia",
        "deleted": False,
        "real_name": "Sophia",
        "is_bot": True,
        "is_app_user": False,
        "updated": int(installed_at.timestamp()),
        "profile": {"real_name": "Sophia", "display_name": "sophia", "bot_id": workspace.bot_id},
    }


def callback(event: dict[str, Any], event_id: str, at: datetime, workspace: Workspace) -> dict[str, Any]:
    """The outer envelope in which every event travels."""
    return {
        "token": "deprecated",
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": {**event, "event_ts": epoch_ts(at)},
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(at.timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{event_id}",
    }


def posted(one: Message, workspace: Workspace) -> dict[str, Any]:
    """The event of a new message."""
    return message(one, workspace, one.at) | {"channel": one.channel_id, "channel_type": "channel"}


def edited(one: Message, workspace: Workspace, at: datetime, before: datetime) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "channel": one.channel_id,
        "channel_type": "channel",
        "ts": epoch_ts(at),
        "message": message(one, workspace, at),
        "previous_message": message(one, workspace, before),
    }


def deleted(one: Message, workspace: Workspace, at: datetime) -> dict[str, Any]:
    return {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "channel": one.channel_id,
        "channel_type": "channel",
        "ts": epoch_ts(at),
        "deleted_ts": one.ts,
        "previous_message": message(one, workspace, one.at),
    }
