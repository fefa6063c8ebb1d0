"""What OpenAPI says of the routes beside their parameters: answers, problems, who may ask."""

from typing import Any, Final

from pydantic import BaseModel

from api.models import ProblemBody

PROBLEM: Final = {
    "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}
}
CSV: Final = {"text/csv": {"schema": {"type": "string"}}}
SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of /compte or `jauge accounts token`; it reads what its owner's role may.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "jauge_session"},
}
_WHY: Final = {
    304: "Nothing has changed since the ETag of If-None-Match.",
    401: "No session and no token that is still valid.",
    403: "The role may not read this.",
    404: "No such release or document.",
    406: "None of the media types in Accept is offered.",
    422: "A parameter has no permitted value.",
    429: "This token has sent too many requests; see Retry-After.",
    503: "Nothing is published yet, or a seal is broken.",
}


def described(path: str, model: type[BaseModel]) -> dict[str, Any]:
    """Return the arguments of a route for its place in the contract."""
    probe = path.startswith("/")
    codes = (503,) if probe else (304, 401, 403, 404, 406, 422, 429, 503)
    content: dict[str, Any] = CSV if path.startswith("releases/") else {}
    responses: dict[int, Any] = {
        200: {"model": model, "content": content, "description": "As stored."},
        **{code: {"description": _WHY[code], "content": PROBLEM} for code in codes},
    }
    responses[codes[-1]]["model"] = ProblemBody
    if not probe:
        responses[304] = {"description": _WHY[304]}
    return {
        "responses": responses,
        "response_model": None,
        "operation_id": path.strip("/").replace("/", "_").replace("{", "").replace("}", ""),
        "openapi_extra": {} if probe else {"security": [{"token": []}, {"session": []}]},
    }
