"""A UserGems signal as far as staging reads it, and samples of what UserGems may send.

UserGems publishes no payload of its "Send to Webhook" action. The names are those its own API takes
(app.usergems.com/api/documentation) and the likeliest others; all of them are unverified, so nothing is required.
"""

from datetime import datetime

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Signal(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))

    signal: str | None = None
    relationship_type: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    linkedin_url: str | None = None
    title: str | None = None
    company: str | None = None
    company_domain: str | None = None
    previous_title: str | None = None
    previous_company: str | None = None
    previous_company_domain: str | None = None
    detected_at: datetime | None = None
    custom: str | None = None
    """What we gave UserGems with the contact: the only handle of ours that comes back."""
