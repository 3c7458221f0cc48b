"""What a rented machine may do and what it loads first: a session of the worker's role that ends with the lease, and
addresses of the worker's wheel and its model's weights that are good for an hour.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from events import keys
from events.gpu_job import Manifest, Software
from gpu_jobs.dispatch import PlaceRefuses, PlaceUnavailable, fetch, model_slug

if TYPE_CHECKING:
    from gpu_jobs.dispatch import Fetch

_LEAST_S, _MOST_S = 900, 3600
"""Of a session that a role asks for; docs.aws.amazon.com, IAM, "AssumeRole", DurationSeconds and role chaining."""
_LOADED_WITHIN_S = 3600


class WorkerAccess:
    """sts and s3 are boto3 clients."""

    def __init__(self, sts: Any, s3: Any, bucket: str, role_arn: str, now: Callable[[], datetime]) -> None:
        self._sts, self._s3, self._bucket, self._role_arn, self._now = sts, s3, bucket, role_arn, now

    def environment(self, job: Manifest) -> dict[str, str]:
        """For the worker of this job, until its ends_at. Raises PlaceUnavailable."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  comes with boto3, in the runtime

        lasts_s = (job.ends_at - self._now()).total_seconds()
        try:
            answer = self._sts.assume_role(
                RoleArn=self._role_arn,
                RoleSessionName=f"gpu-{job.job_id}",
                DurationSeconds=int(min(max(lasts_s, _LEAST_S), _MOST_S)),
                Policy=json.dumps(self.policy(job)),
            )
        except (BotoCoreError, ClientError) as error:
            raise PlaceUnavailable(f"no session of {self._role_arn!r} for job {job.job_id!r}: {error}") from error
        key = answer["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            "AWS_SESSION_TOKEN": key["SessionToken"],
            "AWS_DEFAULT_REGION": self._sts.meta.region_name,
        }

    def policy(self, job: Manifest) -> dict[str, Any]:
        """What the session is narrowed to, beside what the role may: this job's folder, and results of its model. The
        documents of other jobs stay out of reach, as far as the length of a policy allows to say it."""
        partition = self._role_arn.split(":")[1]
        objects, slug = f"arn:{partition}:s3:::{self._bucket}", model_slug(job)
        folders = sorted({shard.key.rsplit("/", 1)[0] for shard in job.shards})
        written = [f"{objects}/{keys.gpu_result('*', slug, '*')}", f"{objects}/{keys.gpu_done(slug, '*')}"]
        read = [f"{objects}/{folder}/*" for folder in folders]
        statements = [
            (["s3:GetObject"], [*read, f"{objects}/{keys.gpu_manifest(job.job_id)}", written[1]]),
            (["s3:PutObject"], [*written, f"{objects}/{keys.gpu_heartbeat(job.job_id)}"]),
            (["s3:ListBucket"], [objects]),  # without it S3 answers 403 to what does not exist
            (["kms:Decrypt", "kms:GenerateDataKey"], ["*"]),
        ]
        return {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements
            ],
        }

    def fetches(self, job: Manifest) -> "tuple[Fetch, ...]":
        """The wheel, and the weights where there are some. Raises PlaceRefuses where no wheel was put there."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=keys.gpu_worker())["Body"].read()
            software = msgspec.json.decode(body, type=Software)
        except (BotoCoreError, ClientError, msgspec.DecodeError) as error:
            what = f"s3://{self._bucket}/{keys.gpu_worker()} tells no worker to load"
            raise PlaceRefuses(f"{what}: run `python -m infra.publish_worker`: {error}") from error
        wanted = [software.wheel, *([software.weights[job.model_id]] if job.model_id in software.weights else [])]
        return tuple(fetch(key.rsplit("/", 1)[1], self._url(key), sha256) for key, sha256 in wanted)

    def _url(self, key: str) -> str:
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": key}, ExpiresIn=_LOADED_WITHIN_S
        )
