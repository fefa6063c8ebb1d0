"""The API's manual as a plain page, made from its contract. Pure."""

from collections.abc import Mapping
from typing import Any

from dashboards.frame import Frame, render
from dashboards.texts import Texts


def api_page(contract: Mapping[str, Any], texts: Texts, query: Mapping[str, str]) -> str:
    """Return the page that lists every operation with its parameters and answers."""
    operations = [
        {
            "method": method.upper(),
            "path": path,
            "summary": operation["description"],
            "parameters": [_parameter(each) for each in operation.get("parameters", ())],
            "answers": [
                (code, answer["description"], ", ".join(answer.get("content", {})))
                for code, answer in sorted(operation["responses"].items())
            ],
            "open": "security" not in operation,
        }
        for path, methods in contract["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [
        (name, schema.get("description", ""), _fields(schema))
        for name, schema in sorted(contract["components"]["schemas"].items())
    ]
    frame = Frame(texts, "api", query)
    return render("api.html", frame, operations=operations, schemas=schemas)


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    values = schema.get("enum") or next(
        (each["enum"] for each in schema.get("anyOf", ()) if "enum" in each), []
    )
    return {
        "name": parameter["name"],
        "where": parameter["in"],
        "text": parameter.get("description", ""),
        "values": ", ".join(values) or schema.get("pattern", ""),
    }


def _fields(schema: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(field.get("description", ""))) for name, field in schema["properties"].items()
    ]
