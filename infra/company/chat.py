"""The company's chat: channels, messages with threads, edits and deletions, reactions, and the app that listens."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .chance import Chance
from .grammar import COMPETITORS, REPLIES, chatter
from .staff import Employee

_CHANNELS = ("general", "sales-floor", "deals-won", "engineering", "deploys", "support-desk", "competitors", "random")
_REACTIONS = ("eyes", "tada", "white_check_mark", "+1", "rocket")


@dataclass(frozen=True, slots=True)
class Reaction:
    at: datetime
    name: str
    user_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message under its ts, which is its id within the channel. user_id is None for the deployment bot's.

    edits are (instant, new text). thread_ts is the parent's ts in a reply.
    """

    channel_id: str
    ts: str
    at: datetime
    user_id: str | None
    text: str
    thread_ts: str | None = None
    edits: tuple[tuple[datetime, str], ...] = ()
    deleted_at: datetime | None = None
    reactions: tuple[Reaction, ...] = ()
    competitor: str | None = None

    def is_live(self, at: datetime) -> bool:
        return self.at <= at and not (self.deleted_at and self.deleted_at <= at)

    def text_at(self, at: datetime) -> str:
        return [self.text, *(text for when, text in self.edits if when <= at)][-1]


@dataclass(frozen=True, slots=True)
class Channel:
    """is_member: the app was invited, so it hears and may read the channel. names are (instant, name), in order."""

    channel_id: str
    names: tuple[tuple[datetime, str], ...]
    created_at: datetime
    creator_id: str
    is_member: bool = True
    archived_at: datetime | None = None

    def name(self, at: datetime) -> str:
        return [name for when, name in self.names if when <= at or when == self.created_at][-1]


@dataclass(frozen=True, slots=True)
class Workspace:
    team_id: str
    app_id: str
    bot_user_id: str
    bot_id: str
    channels: tuple[Channel, ...]
    messages: tuple[Message, ...]

    def replies(self, parent: Message) -> list[Message]:
        return [one for one in self.messages if one.thread_ts == parent.ts and one.channel_id == parent.channel_id]


def talk(seed: int, scale: float, started_at: datetime, until: datetime, staff: tuple[Employee, ...]) -> Workspace:
    """About two messages a day. `competitors` is where rivals are named; `leasing-ideas` never invited the app."""
    chance = Chance(seed, "chat")
    founder = staff[-1]
    channels = [_channel(chance, name, started_at - timedelta(days=300), founder) for name in _CHANNELS]
    launched_at = chance.office_instant(started_at + timedelta(days=60), started_at + timedelta(days=70))
    launch = _channel(chance, "launch-plan", launched_at, founder)
    renamed_at = launched_at + timedelta(days=6)
    channels.append(
        replace(
            launch,
            names=(*launch.names, (renamed_at, "launch")),
            archived_at=renamed_at + timedelta(days=20),
        )
    )
    channels.append(replace(_channel(chance, "leasing-ideas", started_at, founder), is_member=False))
    messages: list[Message] = []
    for _ in range(round(125 * scale)):
        channel = chance.choice(channels[:-1])
        first = max(channel.created_at, started_at)
        at = chance.office_instant(first, min(channel.archived_at or until, until))
        messages += _thread(chance, channel, at, until, staff)
    messages.sort(key=lambda message: (message.at, message.ts))
    ids = (f"T{chance.code(10)}", f"A{chance.code(10)}", f"U{chance.code(10)}", f"B{chance.code(10)}")
    return Workspace(*ids, tuple(channels), tuple(messages))


def _channel(chance: Chance, name: str, created_at: datetime, creator: Employee) -> Channel:
    return Channel(f"C{chance.code(10)}", ((created_at, name),), created_at, creator.slack_id)


def _thread(
    chance: Chance, channel: Channel, at: datetime, until: datetime, staff: tuple[Employee, ...]
) -> list[Message]:
    """One message with what follows from it."""
    name = channel.names[0][1]
    is_rumour = chance.happens(0.6 if name == "competitors" else 0.03)
    author = None if name == "deploys" and chance.happens(0.5) else chance.choice(staff).slack_id
    competitor = chance.choice(sorted(COMPETITORS)) if is_rumour and author else None
    text = chatter(chance, competitor) if author else f"Deployment of {chance.code(7).lower()} to production finished."
    parent = Message(channel.channel_id, _ts(chance, at), at, author, text, competitor=competitor)
    if author and chance.happens(0.08):
        edited_at = at + timedelta(seconds=chance.randint(20, 7200))
        parent = replace(parent, edits=((edited_at, parent.text + " (edited: numbers checked)"),))
    elif author and chance.happens(0.05):
        deleted_at = at + timedelta(seconds=chance.randint(60, 90_000))
        return [replace(parent, deleted_at=deleted_at)]
    if chance.happens(0.15):
        when = at + timedelta(seconds=chance.randint(30, 5000))
        reaction = Reaction(when, chance.choice(_REACTIONS), chance.choice(staff).slack_id)
        parent = replace(parent, reactions=(reaction,))
    thread = [parent]
    if chance.happens(0.2):
        for _ in range(chance.randint(1, 3)):
            reply_at = thread[-1].at + timedelta(seconds=chance.randint(60, 40_000))
            user_id = chance.choice(staff).slack_id
            text = chance.choice(REPLIES)
            thread.append(
                Message(channel.channel_id, _ts(chance, reply_at), reply_at, user_id, text, thread_ts=parent.ts)
            )
    return [message for message in thread if message.at <= until]


def _ts(chance: Chance, at: datetime) -> str:
    """Seconds and six digits that make it unique."""
    return f"{int(at.timestamp())}.{chance.randint(100, 999_999):06d}"
