"""From Chalice's SAM template and our overlays to the CloudFormation template that ships. Pure, but for reading YAML.

Chalice could merge a template itself, but it cannot delete a key, leaves both intrinsics where one should replace the
other, and writes YAML anchors; so the merge is ours and the result is plain JSON.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

OVERLAYS = ("resources.yaml", "functions.yaml")

LAYER = "GpuClients"
_API_FUNCTION = "APIHandler"
_REGION = "us-east-1"  # the translator wants one; it stands nowhere in the result


def overlay(path: Path) -> dict[str, Any]:
    """The YAML with its !Ref and !Sub in long form and its anchors spelled out."""
    return json.loads(json.dumps(yaml_parse(path.read_text())))


def merge(below: Any, above: Any) -> Any:
    """above laid over below: mappings are merged, null deletes a key, all else replaces. An intrinsic is no mapping."""
    if not (_is_mapping(below) and _is_mapping(above)):
        return above
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        elif key in merged:
            merged[key] = merge(merged[key], value)
        else:
            merged[key] = value
    return merged


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(key == "Ref" or key.startswith("Fn::") for key in value)


def complete(sam: dict[str, Any], *, artifact_key: str, layer_key: str) -> dict[str, Any]:
    """The SAM template with what neither Chalice nor an overlay can say."""
    # Chalice calls the unqualified function, so the alias would never be used.
    text = json.dumps(sam).replace(f"${{{_API_FUNCTION}.Arn}}/invocations", f"${{{_API_FUNCTION}.Alias}}/invocations")
    template = json.loads(text)
    resources = template["Resources"]
    resources[f"{_API_FUNCTION}InvokePermission"]["Properties"]["FunctionName"] = {"Ref": f"{_API_FUNCTION}.Alias"}
    resources[LAYER]["Properties"]["Content"] = {"S3Bucket": {"Ref": "ArtifactBucket"}, "S3Key": layer_key}
    for resource in resources.values():
        if resource["Type"] == "AWS::Serverless::Function":
            # A literal key: SAM publishes a new version when it changes.
            resource["Properties"]["CodeUri"] = {"Bucket": {"Ref": "ArtifactBucket"}, "Key": artifact_key}
    return template


def translate(sam: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation for a SAM template, asking no AWS service."""
    # The translator would write the parameters' defaults in place of their references: it must not see them.
    parameters = sam.get("Parameters", {})
    hidden = {key: value for key, value in sam.items() if key != "Parameters"}
    session = boto3.session.Session(region_name=_REGION)
    translator = Translator(managed_policy_map={}, sam_parser=Parser(), boto_session=session)
    translated = translator.translate(sam_template=hidden, parameter_values={"AWS::Region": _REGION})
    return {**translated, "Parameters": parameters}
