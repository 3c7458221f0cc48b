"""A drive that is a few dicts: its listing, its feed and what its files say, for the tests of what we pull of it."""

import json
from typing import Any

from vendor_fake import FakeVendor, answer

from chalicelib.ingest.pages import Request
from chalicelib.ingest.source import Event
from chalicelib.sources.google_drive import source


class Drive:
    """A drive of some files, and its feed: pages by token."""

    def __init__(
        self,
        files: list[list[Any]],
        feed: dict[str, Any],
        started: str = "10",
        contents: dict[str, Any] | None = None,
    ) -> None:
        self.files, self.feed, self.started, self.contents = files, feed, started, contents or {}
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Any:
        what = request.path.removeprefix("drive/v3/")
        if what.startswith("files/"):
            self.asked.append(what)
            said = self.contents[what.split("/")[1]]
            return answer(said) if isinstance(said, bytes) else said
        page = str(request.params.get("pageToken") or "")
        self.asked.append(f"{what} {page}".strip())
        if what == "changes/startPageToken":
            return answer({"startPageToken": self.started}, date="Thu, 20 Nov 2025 10:00:00 GMT")
        if what == "changes":
            return self.feed[page]
        if page == "expired":
            return answer({"error": {"errors": [{"reason": "invalid"}]}}, 400)
        number = int(page or 0)
        more = {"nextPageToken": str(number + 1)} if number + 1 < len(self.files) else {}
        return {"files": self.files[number], **more}

    def pull(self, cursor: Any = None, **how: Any) -> tuple[list[Event], dict[str, Any]]:
        return FakeVendor(source, self).read("file", cursor, **how)

    def texts(self, cursor: Any = None, **how: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """By file: its payload, None where it is gone."""
        events, left = FakeVendor(source, self).read("file_text", cursor, contents=True, **how)
        assert {event.stream for event in events} <= {"file_text"}
        return {one.entity_id: None if one.operation == "delete" else json.loads(one.payload) for one in events}, left


def file(number: int, version: int, **more: Any) -> dict[str, Any]:
    return {"id": f"f{number}", "version": str(version), "modifiedTime": "2019-01-01T00:00:00.000Z", **more}


def change(number: int, time: str, **more: Any) -> dict[str, Any]:
    return {"changeType": "file", "fileId": f"f{number}", "time": f"2025-11-20T{time}Z", "removed": False, **more}
