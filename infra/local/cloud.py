"""The cloud on this machine: ministack, deploying the template that ships and running the zip that ships.

ministack lives in an environment of its own because it pins another botocore. It runs Lambda code with its own
interpreter, so that environment is made with ours and the zip is built for it. It saves all but S3's objects on a clean
stop alone.
"""

import contextlib
import fcntl
import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ..aws.vendor import uv
from . import saved_state
from .processes import LOOPBACK, CannotStart, Service

if TYPE_CHECKING:
    from ..aws.build import Package

STACK = "sophia"
ARTIFACTS = "sophia-artifacts"
REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}
LOCK = Path(__file__).with_name("ministack.txt")
_PROCESS = Path(__file__).with_name("ministack_process.py")

# Its Lambda workers inherit its environment: our modules would hide the zip's, and a proxy would catch loopback calls.
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_NOT_INHERITED = ("AWS_*", "PYTHON*", "VIRTUAL_ENV", *_PROXIES, *(name.upper() for name in _PROXIES))
_DEPLOYS_WITHIN_S = 60


def environment(folder: Path) -> Path:
    """The Python of ministack's environment in folder, installed from the hashed lock unless it already is.

    Raises CannotStart.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # stacks of one checkout share it, and may be started at once
        return _installed(folder)


def _installed(folder: Path) -> Path:
    python, stamp = folder / "bin" / "python", folder / "lock.sha256"
    wanted = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    for command in (
        [uv(), "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
        [uv(), "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(LOCK)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CannotStart(f"ministack could not be installed into {folder}:\n{done.stderr.strip()}")
    stamp.write_text(wanted)
    return python


def service(python: Path, port: int, folder: Path) -> Service:
    """ministack on loopback, keeping its state in folder, which may come from another port."""
    temporary = folder / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    url = f"http://{LOOPBACK}:{port}"
    saved_state.move(folder, url)
    settings = {
        "BIND_HOST": LOOPBACK,  # its default is every interface
        "MINISTACK_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "TMPDIR": str(temporary),
    }
    return Service(
        name="cloud",
        command=[str(python), "-P", str(_PROCESS)],  # -P: the names beside it are no modules of its
        port=port,
        environment=settings | CREDENTIALS,
        without=_NOT_INHERITED,
        is_healthy=lambda: _answers(f"{url}/_ministack/health"),
        stops_within_s=60,
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except urllib.error.URLError:
        return False


@dataclass(frozen=True)
class Cloud:
    """What is deployed at url."""

    url: str

    def client(self, name: str) -> Any:
        """A boto3 client that cannot reach the real cloud, whatever the environment holds."""
        return boto3.client(
            name,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, max_pool_connections=20),
        )

    def deploy(self, package: "Package", parameters: dict[str, str]) -> bool:
        """Create or update the stack; false when it already is what package and parameters say.

        Raises CannotStart with the resources that failed.
        """
        self._upload(package)
        cloudformation = self.client("cloudformation")
        values = {"ArtifactBucket": ARTIFACTS} | parameters
        request = {
            "StackName": STACK,
            "TemplateBody": package.template_path.read_text(),
            "Capabilities": ["CAPABILITY_IAM"],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        }
        is_changed = True
        try:
            change = cloudformation.update_stack if self._described() else cloudformation.create_stack
            change(**request)
        except ClientError as error:
            if "No updates" not in str(error):
                raise
            is_changed = False
        else:
            self._await_deployed()
        self._pass_bodies_on(json.loads(package.template_path.read_text()))
        return is_changed

    def outputs(self) -> dict[str, str]:
        """What the template says of itself, by name; empty when nothing is deployed."""
        described = self._described() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def api_url(self) -> str:
        """Where the API answers on this machine."""
        return f"{self.url}/restapis/{self._api_id()}/api/_user_request_"

    def waiting(self, queue: str) -> tuple[int, int]:
        """How many messages are visible and how many in flight."""
        sqs = self.client("sqs")
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
        return int(attributes[kinds[0]]), int(attributes[kinds[1]])

    def invoke(self, logical_id: str, event: dict[str, Any]) -> Any:
        """What the function of the template answers to event. Raises RuntimeError when it raised."""
        name = self.client("cloudformation").describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        function = name["StackResourceDetail"]["PhysicalResourceId"]
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        body = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            raise RuntimeError(f"function {logical_id} failed: {body}")
        return body

    def _pass_bodies_on(self, template: dict[str, Any]) -> None:
        """Tell ministack the API's binary media types: it does not read them from the API's own definition, and would
        replace what is no UTF-8. By hand, because boto3 sends a text where ministack stores a list."""
        definition = template["Resources"]["RestAPI"]["Properties"]["Body"]
        types = definition["x-amazon-apigateway-binary-media-types"]
        change = {"patchOperations": [{"op": "replace", "path": "/binaryMediaTypes", "value": types}]}
        signed = "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/apigateway/aws4_request"  # tells it the service
        request = urllib.request.Request(f"{self.url}/restapis/{self._api_id()}", json.dumps(change).encode())
        request.method = "PATCH"
        request.add_header("Authorization", signed)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10):
            return

    def _api_id(self) -> str:
        apis = self.client("apigateway").get_rest_apis()["items"]
        return next(api["id"] for api in apis if api["name"] == "sophia")

    def _upload(self, package: "Package") -> None:
        s3 = self.client("s3")
        with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=ARTIFACTS)
        for key, path in package.artifacts.items():
            s3.upload_file(str(path), ARTIFACTS, key)

    def _described(self) -> dict[str, Any] | None:
        try:
            return self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _await_deployed(self) -> None:
        deadline = time.monotonic() + _DEPLOYS_WITHIN_S
        while True:
            status = (self._described() or {}).get("StackStatus", "")
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return
            if time.monotonic() > deadline or not status.endswith("IN_PROGRESS"):
                raise CannotStart(f"deploying the template ended as {status}: {self._failures()}")
            time.sleep(0.1)

    def _failures(self) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)
