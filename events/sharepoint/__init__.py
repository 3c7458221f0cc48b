"""SharePoint's records as far as staging reads them, and samples of what Microsoft Graph sends.

A sample named `webhook__*.json` is one batch of notifications, which name a drive and no item; the clientState in it is
filled in when it is sent. `pull__*.json` is one answer of the API. Nothing of a delivery's meaning lies in its headers.
"""

from datetime import datetime
from typing import Any

from pydantic import AliasGenerator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=AliasGenerator(validation_alias=to_camel))


class User(_Record):
    display_name: str | None = None
    email: str | None = None


class Identity(_Record):
    """user is None for what an application did."""

    user: User | None = None


class File(_Record):
    mime_type: str | None = None


class Folder(_Record):
    child_count: int | None = None


class Parent(_Record):
    drive_id: str | None = None
    id: str | None = None
    path: str | None = None


class DriveItem(_Record):
    """A file, a folder or the root of a drive: the facet that is present says which. Ids are unique in their drive."""

    id: str
    name: str | None = None
    size: int | None = None
    created_date_time: datetime | None = None
    last_modified_date_time: datetime | None = None
    created_by: Identity | None = None
    last_modified_by: Identity | None = None
    file: File | None = None
    folder: Folder | None = None
    root: dict[str, Any] | None = None
    parent_reference: Parent | None = None
    web_url: str | None = None
