"""Prints the bill of materials of the Debian package, CycloneDX 1.6: `python sbom.py LOCK LICENCES VERSION`."""  # noqa: INP001 - a script beside the build that runs it

import json
import re
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

ENTRY = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?P<rest>.*)")


def components(lock: str, licences: dict[str, str]) -> list[dict[str, Any]]:
    """Return one CycloneDX component per package of a pip lock, in the order of their names.

    Args:
        lock: text of the lock, every entry with its hashes.
        licences: SPDX expression of each package, by name.

    Raises:
        KeyError: nobody has said under which licence a package stands.
        ValueError: an entry has no hash.
    """
    found: dict[str, dict[str, Any]] = {}
    for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", lock):
        head = ENTRY.match(entry)
        if head is None:
            continue
        name, version = head["name"].lower(), head["version"]
        hashes = sorted(set(re.findall(r"--hash=sha256:([0-9a-f]{64})", entry)))
        if not hashes:
            raise ValueError(f"{name}: the lock has no hash")
        purl = f"pkg:pypi/{name}@{version}"
        one = found.setdefault(purl, {
            "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "licenses": [{"expression": licences[name]}], "properties": [],
        })  # fmt: skip
        # Any of these files satisfies the lock: a property each, since `hashes` would mean one file.
        one["properties"] += [{"name": "jauge:locked-sha256", "value": value} for value in hashes]
    return sorted(found.values(), key=lambda one: one["bom-ref"])


def bill(lock: str, licences: dict[str, str], version: str) -> dict[str, Any]:
    """Return the whole document: the same lock gives the same octets, so it holds no time."""
    listed = components(lock, licences)
    whole = {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": f"jauge@{version}", "name": "jauge", "version": version,
            "licenses": [{"expression": "EUPL-1.2"}],
        }},
        "components": listed,
        "dependencies": [{"ref": f"jauge@{version}", "dependsOn": [one["bom-ref"] for one in listed]}],
    }  # fmt: skip
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(whole, sort_keys=True))
    return {"serialNumber": f"urn:uuid:{number}", **whole}


if __name__ == "__main__":
    declared = tomllib.loads(Path(sys.argv[2]).read_text("utf-8"))["licences"]
    document = bill(Path(sys.argv[1]).read_text("utf-8"), declared, sys.argv[3])
    sys.stdout.write(json.dumps(document, indent=1, sort_keys=True) + "\n")
