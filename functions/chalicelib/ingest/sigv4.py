"""The headers that sign a POST to an AWS JSON service.

By hand, because the receiver's cold start cannot afford botocore; compared with botocore's signature in tests.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import functools
import hashlib
import hmac
from datetime import datetime

from ..settings import AwsAccess


def signed_headers(
    access: AwsAccess, service: str, host: str, path: str, content_type: str, target: str, body: bytes, now: datetime
) -> dict[str, str]:
    """Every header the request needs. path is used as it is: it must need no escaping."""
    stamp = f"{now.isoformat(timespec='seconds')[:19].replace('-', '').replace(':', '')}Z"  # strftime: 8 µs more
    day = stamp[:8]
    headers = {"content-type": content_type, "host": host, "x-amz-date": stamp}
    if access.session_token:
        headers["x-amz-security-token"] = access.session_token
    headers["x-amz-target"] = target
    names = ";".join(headers)  # written above in the alphabetical order that the canonical request asks for
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n{path}\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{day}/{access.region}/{service}/aws4_request"
    to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = _signing_key(access.secret_access_key, day, access.region, service)
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={access.access_key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return headers


@functools.lru_cache(maxsize=8)
def _signing_key(secret_access_key: str, day: str, region: str, service: str) -> bytes:
    key = b"AWS4" + secret_access_key.encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
