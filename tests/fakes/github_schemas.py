"""GitHub's own schemas of the write requests that the bot may send."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, ValidationError

from tests.fakes import github_graphql_routes as graphql

_FILE = Path(__file__).parents[1] / "data" / "github_api" / "write_operations.json"


def violation(method: str, path: str, body: Any) -> str | None:
    """Say what is wrong with a write request; None when GitHub's schema allows it."""
    if method == "POST" and path in graphql.PATHS:
        return graphql.violation(body)
    for operation_method, pattern, validator in _operations():
        if operation_method == method and pattern.fullmatch(path):
            return _problem(method, path, validator, body)
    return f"{method} {path} is no write operation of the bot's"


def _problem(method: str, path: str, validator: Draft7Validator | None, body: Any) -> str | None:
    if validator is None:
        return None if body is None else f"{method} {path} takes no body"
    try:
        validator.validate(body)
    except ValidationError as invalid:
        return f"{method} {path}: {invalid.json_path}: {invalid.message}"
    return None


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Draft7Validator | None]]:
    operations = json.loads(_FILE.read_text())["operations"]
    return [
        (each["method"], _pattern(each["path"]), _validator(each["request"])) for each in operations
    ]


def _pattern(template: str) -> re.Pattern[str]:
    # A path parameter is one segment, but for those that GitHub takes with slashes in them.
    def group(found: re.Match[str]) -> str:
        return ".+" if found[1] in {"path", "ref"} else "[^/]+"

    return re.compile(re.sub(r"\{(\w+)\}", group, template))


def _validator(schema: dict[str, Any] | None) -> Draft7Validator | None:
    return None if schema is None else Draft7Validator(_json_schema(schema))


def _json_schema(schema: Any) -> Any:
    """Turn OpenAPI 3.0's ``nullable`` into JSON Schema's way of saying it."""
    if isinstance(schema, list):
        return [_json_schema(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _json_schema(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
