"""The contract: what `/api/v1/openapi.json` says, and the committed copy that tests compare.

`python -m api.openapi --write` writes the copy; without `--write` it says whether it is fresh.
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.contract import SECURITY

COMMITTED: Final = Path(__file__).parents[1] / "docs/openapi.json"
TITLE: Final = "Jauge"
VERSION: Final = "1"
SUMMARY: Final = "Publications anonymisées de l'usage du réseau d'un établissement scolaire"
DESCRIPTION: Final = (
    "Chaque réponse est une publication entière, telle qu'elle est stockée et scellée : aucun paramètre "
    "ne découpe les données. `meta` dit d'où viennent les nombres, ce qui est masqué et combien on peut s'y "
    "fier. Une cellule masquée n'a de nombre sous aucune forme : ce n'est pas zéro.\n\n"
    "*Every answer is one whole stored release: no parameter slices the data.*"
)


def contract(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an application."""
    document = get_openapi(
        title=TITLE,
        version=VERSION,
        summary=SUMMARY,
        description=DESCRIPTION,
        routes=app.routes,
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        tags=[
            {"name": "API", "description": "Publications et documents scellés."},
            {"name": "health", "description": "Sondes, sans identification."},
        ],
    )
    components = document["components"]
    components["securitySchemes"] = SECURITY
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    return document


def text(document: dict[str, Any]) -> str:
    """Return the document as it is committed."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Write the committed copy, or compare it."""
    from api.app import create_app
    from privacy.published import Published

    # The shapes do not depend on what is published: any directory will do.
    made = text(create_app(Published(Path("/nonexistent"))).contract())
    if "--write" in arguments:
        COMMITTED.write_text(made, encoding="utf-8")
        return 0
    fresh = COMMITTED.is_file() and COMMITTED.read_text(encoding="utf-8") == made
    if not fresh:
        sys.stderr.write("docs/openapi.json is stale: python -m api.openapi --write\n")
    return 0 if fresh else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
