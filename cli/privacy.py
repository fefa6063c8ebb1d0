"""`jauge privacy`: the DPO's acknowledgement, without which nothing about devices is written."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.analysis import JsonOption, StoreOption, open_school, open_store
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from privacy.settings import PrivacySettings

School = Annotated[
    Path | None,
    typer.Option("--school", help="Directory of the declared files; the shipped defaults without."),
]

HELP = "The DPO's acknowledgement: until it is recorded, only the load of the link is counted."
MAKE_KEY_HELP = """Make the DPO's pair of keys. For the DPO, on a machine of his own.

The file holds the private key (0600) and leaves that machine never; the public key is printed.

Example: jauge privacy make-key dpo.key
"""
DECLARE_HELP = """Declare whose acknowledgement counts: the DPO's public key goes into the audit log.

A key declared anew takes back what the old one signed; both stay visible in the log.

Example: jauge privacy declare-dpo 6SmqqN7d… --store /var/lib/jauge
"""
PROPOSE_HELP = """Write the settings that the DPO is asked to acknowledge into a file.

Example: jauge privacy propose proposal.json --school /etc/jauge/school
"""
APPROVE_HELP = """Read the proposed settings, then sign them. For the DPO, on a machine of his own.

Example: jauge privacy approve proposal.json answer.json --key dpo.key
"""
RECORD_HELP = """Check the DPO's signed answer and record it in the audit log.

A running collector begins (or stops) to write slices within half a minute.

Example: jauge privacy record answer.json --store /var/lib/jauge --school /etc/jauge/school
"""
STATUS_HELP = """Say whether the settings in force are acknowledged, and what to do if not.

Ends with 1 when they are not.

Example: jauge privacy status --store /var/lib/jauge --school /etc/jauge/school --json
"""
STEPS = {
    "no_key": "1. the DPO runs `jauge privacy make-key dpo.key` on his own machine; "
    "2. you run `jauge privacy declare-dpo KEY` with the key that it prints; 3. then ",
    "not_decided": "",
    "withdrawn": "talk to the DPO; to ask again, ",
}
ASK = (
    "run `jauge privacy propose proposal.json`, hand the file to the DPO, who signs it with "
    "`jauge privacy approve`, and record the answer with `jauge privacy record`"
)
PROPOSAL_MAX = 1 << 20
"""Octets of a proposal or an answer: they have a few kilobytes."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    privacy = typer.Typer(no_args_is_help=True, help=HELP)
    privacy.command("make-key", help=MAKE_KEY_HELP)(make_key)
    privacy.command("declare-dpo", help=DECLARE_HELP)(declare_dpo)
    privacy.command("propose", help=PROPOSE_HELP)(propose)
    privacy.command("approve", help=APPROVE_HELP)(approve)
    privacy.command("record", help=RECORD_HELP)(record)
    privacy.command("status", help=STATUS_HELP)(status)
    app.add_typer(privacy, name="privacy")


def make_key(
    file: Annotated[Path, typer.Argument(help="New file for the private key.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """See MAKE_KEY_HELP."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from privacy.keys import private_text, public_text

    key = Ed25519PrivateKey.generate()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(file, flags, 0o600), "wb") as handle:
            handle.write(private_text(key) + b"\n")
    except FileExistsError:
        raise Refusal(f"{file}: already there; a key is never written over", Exit.USAGE) from None
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
    public = public_text(key.public_key())
    typer.echo(json.dumps({"public_key": public}) if as_json else public)


def declare_dpo(
    key: Annotated[str, typer.Argument(help="The DPO's public key, as make-key printed it.")],
    store: StoreOption,
    *,
    as_json: JsonOption = False,
) -> None:
    """See DECLARE_HELP."""
    from cli.records import logged
    from privacy.keys import NoKey, public_key, public_text

    try:
        public = public_text(public_key(key))
    except NoKey:
        raise Refusal(
            "not a public key; give the line that `make-key` printed", Exit.USAGE
        ) from None
    with logged(_made(store)) as log:
        log.append("dpo_key_declared", {"public_key": public})
    typer.echo(json.dumps({"declared": public}) if as_json else f"declared: {public}")


def propose(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    school: School = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See PROPOSE_HELP."""
    settings = _settings(school)
    content = {"settings": settings.model_dump(mode="json"), "digest": settings.digest()}
    try:
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
    said = {"file": str(file), "digest": settings.digest()}
    typer.echo(
        json.dumps(said) if as_json else f"{file}: settings {said['digest'][:16]}, to be signed"
    )


def approve(
    proposal: Annotated[Path, typer.Argument(help="File that `propose` wrote.")],
    answer: Annotated[Path, typer.Argument(help="File to write.")],
    key: Annotated[Path, typer.Option(help="The DPO's private key.")],
    *,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the acknowledgement back instead.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """See APPROVE_HELP."""
    from privacy.acknowledgement import Decision, sign

    settings = _proposed(proposal)
    decision = Decision.WITHDRAWN if withdraw else Decision.ACKNOWLEDGED
    data = sign(decision, settings.digest(), _private_key(key))
    try:
        answer.write_bytes(data)
    except OSError as error:
        raise Refusal(f"{answer}: {error.strerror}", Exit.DATA) from None
    if as_json:
        typer.echo(json.dumps({"decision": decision.value, "digest": settings.digest()}))
        return
    for name, value in settings.model_dump(mode="json").items():
        typer.echo(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
    typer.echo(f"{decision.value}: settings {settings.digest()[:16]}; hand back {answer}")


def record(
    answer: Annotated[Path, typer.Argument(help="The DPO's signed answer.")],
    store: StoreOption,
    school: School = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See RECORD_HELP."""
    from cli.records import logged
    from privacy.acknowledgement import declared_key, read
    from privacy.keys import public_key
    from privacy.sealed import SealBroken

    settings = _settings(school)
    data = _read(answer)
    with logged(open_store(store)) as log:
        declared = declared_key(log.entries())
        if declared is None:
            raise Refusal(f"{store}: {_advice('no_key')}", Exit.CONFIGURATION)
        try:
            signed = read(data, public_key(declared))
        except SealBroken as broken:
            raise Refusal(
                f"{answer}: {broken}; it must be signed by the declared DPO", Exit.DATA
            ) from None
        if signed.settings != settings.digest():
            raise Refusal(
                f"{answer}: signed for other settings ({signed.settings[:16]}) than those in force "
                f"({settings.digest()[:16]}); propose these to the DPO",
                Exit.DATA,
            )
        log.append("dpo_decided", {"sealed": json.loads(data)})
    said = {"decision": signed.decision.value, "digest": signed.settings}
    typer.echo(
        json.dumps(said) if as_json else f"recorded: {said['decision']} {said['digest'][:16]}"
    )


def status(store: StoreOption, school: School = None, *, as_json: JsonOption = False) -> None:
    """See STATUS_HELP."""
    from cli.records import logged
    from privacy.acknowledgement import SENTENCES, Standing, declared_key, standing

    settings = _settings(school)
    with logged(open_store(store)) as log:
        entries = log.entries()
    found = standing(entries, settings.digest())
    ready = found is Standing.IN_FORCE
    if as_json:
        facts = {"standing": found.value, "digest": settings.digest(), "dpo": declared_key(entries)}
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{SENTENCES[found]} (settings {settings.digest()[:16]})")
        if not ready:
            typer.echo(f"Only the load of the link is counted. What to do: {_advice(found.value)}")
    if not ready:
        raise typer.Exit(int(Exit.FINDINGS))


def _advice(standing: str) -> str:
    return STEPS[standing] + ASK


def _settings(school: Path | None) -> "PrivacySettings":
    from privacy.settings import PrivacySettings

    return open_school(school).privacy if school is not None else PrivacySettings()  # type: ignore[no-any-return] - a school is untyped here


def _made(store: Path) -> Path:
    """Return a store's directory, made if it is missing: the log comes before the first packet."""
    from privacy.store.files import make_private

    try:
        make_private(store)
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None
    return store


def _proposed(file: Path) -> "PrivacySettings":
    from pydantic import ValidationError

    from privacy.settings import PrivacySettings

    try:
        content: dict[str, Any] = json.loads(_read(file))
        settings = PrivacySettings.model_validate(content["settings"])
    except (ValueError, TypeError, KeyError, ValidationError):
        raise Refusal(
            f"{file}: not a proposal; `jauge privacy propose` writes one", Exit.DATA
        ) from None
    if content.get("digest") != settings.digest():
        raise Refusal(f"{file}: altered; ask for a new one", Exit.DATA)
    return settings


def _private_key(file: Path) -> "Ed25519PrivateKey":
    from privacy.keys import NoKey, private_key

    try:
        return private_key(_read(file))
    except NoKey:
        raise Refusal(
            f"{file}: not a private key; `jauge privacy make-key` makes one", Exit.DATA
        ) from None


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            return handle.read(PROPOSAL_MAX)
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
