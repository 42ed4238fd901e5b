"""JSON Schema (2020-12) for the protojson of every topic, made from the protos and their comments."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor
from grpc_tools import protoc  # type: ignore[import-untyped]

PROTOS = Path(__file__).parents[3] / "protos"
INT64 = {"oneOf": [{"type": "integer"}, {"type": "string", "pattern": "^-?[0-9]+$"}]}
BASE64 = {"type": "string", "contentEncoding": "base64"}

SCALARS: dict[int, dict[str, Any]] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.TYPE_INT32: {"type": "integer"},
    FieldDescriptor.TYPE_INT64: INT64,
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: BASE64,
}


def schema(topic: str, descriptor: Any) -> dict[str, Any]:  # noqa: ANN401 - two descriptor types, one shape
    """The schema of one topic's messages; field names as in the protos, which protojson readers accept too."""
    words = comments()
    found: dict[str, Any] = {}
    _collect(descriptor, found, words)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kindline:v1:{topic}",
        "title": topic,
        "$ref": f"#/$defs/{descriptor.name}",
        "$defs": dict(sorted(found.items())),
    }


def _collect(descriptor: Any, found: dict[str, Any], words: dict[str, str]) -> None:  # noqa: ANN401
    if descriptor.name in found:
        return
    definition = found[descriptor.name] = {
        "type": "object",
        "description": words[descriptor.full_name],
        "additionalProperties": False,
    }
    properties = {}
    for field in descriptor.fields:
        if field.message_type is not None and not field.message_type.GetOptions().map_entry:
            _collect(field.message_type, found, words)
        properties[field.name] = {"description": words[f"{descriptor.full_name}.{field.name}"], **_form(field)}
    definition["properties"] = properties
    choices = [oneof for oneof in descriptor.oneofs if not oneof.name.startswith("_")]
    required = [oneof for oneof in choices if descriptor.name != "Content"]
    if required:
        definition["allOf"] = [{"oneOf": [{"required": [field.name]} for field in oneof.fields]} for oneof in required]


def _form(field: Any) -> dict[str, Any]:  # noqa: ANN401 - two descriptor types, one shape
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return {"type": "object", "additionalProperties": {"type": "string"}}
    if field.message_type is not None:
        one: dict[str, Any] = {"$ref": f"#/$defs/{field.message_type.name}"}
    elif field.enum_type is not None:
        one = _names(field.enum_type)
    else:
        one = SCALARS[field.type]
    return {"type": "array", "items": one} if field.is_repeated else one


def _names(enum: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"enum": [value.name for value in enum.values]}


def comments() -> dict[str, str]:
    """Full name of each message and field, with its comment in the protos."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "protos.binpb"
        files = [str(file) for file in sorted(PROTOS.glob("kindline/v1/*.proto"))]
        arguments = ["protoc", f"-I{PROTOS}", "--include_source_info", f"--descriptor_set_out={target}", *files]
        if protoc.main(arguments) != 0:
            raise RuntimeError("the protos do not compile; run `make protos`")
        whole = descriptor_pb2.FileDescriptorSet.FromString(target.read_bytes())
    words = {}
    for file in whole.file:
        places = {
            tuple(place.path): " ".join(place.leading_comments.split()) for place in file.source_code_info.location
        }
        for number, message in enumerate(file.message_type):
            words[f"{file.package}.{message.name}"] = places.get((4, number), "")
            for index, field in enumerate(message.field):
                words[f"{file.package}.{message.name}.{field.name}"] = places.get((4, number, 2, index), "")
    return words
