"""The address at which a connection's deliveries are received, as a vendor is told it."""

from .edge import DEFAULT_CONNECTION
from .source import Source


def address(public_base_url: str, source: Source, connection_id: str, key: str = "") -> str:
    """Of the default connection it names none. key is what tells the vendor from a stranger before anything is
    signed."""
    parts = [public_base_url, "hooks", source.name]
    if connection_id != DEFAULT_CONNECTION:
        parts.append(connection_id)
    return "/".join(parts) + (f"?key={key}" if key else "")


def has_key(source: Source) -> bool:
    """Whether the vendor introduces itself (Webhook.greet), which it may do only at an address that bears our key."""
    return source.webhook is not None and source.webhook.greet is not None
