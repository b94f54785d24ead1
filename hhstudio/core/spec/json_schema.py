"""JSON schema of a spec, with which editors complete and check spec files: types, words, ranges, choices."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec

from hhstudio.core.spec.architectures import ARCHITECTURES
from hhstudio.core.spec.setting import Field, fields_of, is_part, unwrapped
from hhstudio.core.spec.spec import Part, SolverDefaults, Spec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema as plain values; ``hhstudio presets --schema`` prints it."""
    options: list[type[msgspec.Struct]] = [info.options for info in ARCHITECTURES.values()]
    (schema, *_), definitions = msgspec.json.schema_components(
        [Spec, *options], ref_template="#/$defs/{name}"
    )
    owners: list[type[msgspec.Struct]] = [Spec, Part, *options]
    for owner in owners:
        _state_ranges(owner, definitions)
    solver = definitions[SolverDefaults.__name__]
    solver["allOf"] = [
        {
            "if": {"properties": {"architecture": {"const": name}}, "required": ["architecture"]},
            "then": {"properties": {"options": {"$ref": f"#/$defs/{info.options.__name__}"}}},
        }
        for name, info in ARCHITECTURES.items()
    ]
    for owner in options:
        definitions[owner.__name__]["additionalProperties"] = False
    for definition in definitions.values():
        if "description" in definition:
            definition["description"] = inspect.cleandoc(definition["description"]).partition("\n\n")[0]
    return {"$schema": DIALECT, "title": "hhstudio spec", **schema, "$defs": definitions}


def _state_ranges(owner: type[msgspec.Struct], definitions: dict[str, Any]) -> None:
    """Write what msgspec does not know into the definitions of a struct and of those in it."""
    fields = {field.name: field for field in fields_of(owner)}
    properties = definitions[owner.__name__]["properties"]
    for each in msgspec.structs.fields(owner):
        annotation = unwrapped(each.type)[0]
        if each.name in fields:
            properties[each.name] |= _stated(fields[each.name], properties[each.name])
        elif is_part(annotation) and fields_of(annotation):
            _state_ranges(annotation, definitions)


def _stated(field: Field, known: dict[str, Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if field.range is not None:
        limits["exclusiveMinimum" if field.range.above else "minimum"] = field.range.low
        limits["exclusiveMaximum" if field.range.below else "maximum"] = field.range.high
        limits = {name: limit for name, limit in limits.items() if abs(limit) != float("inf")}
    fewest, most = field.count
    counts = {"minItems": fewest} if fewest and most is None else {}
    if "prefixItems" in known:
        return {"prefixItems": [item | limits for item in known["prefixItems"]]}
    if "items" in known:
        return {"items": known["items"] | limits, **counts}
    if "enum" in known:
        return {"enum": list(field.choices)}  # as they were written, the usual one first
    if field.kind == "choice" and "anyOf" not in known:
        others = [{"pattern": f"^(?:{field.pattern})$"}] if field.pattern else []
        return {"anyOf": [{"enum": list(field.choices)}, *others]}
    return limits
