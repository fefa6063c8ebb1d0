"""`jauge privacy`: the DPO's acknowledgement, without which nothing about devices is written."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.analysis import JsonOption, StoreOption, open_store
from cli.exits import Exit, Refusal
from cli.privacy_proposal import (
    APPROVE_HELP,
    PROPOSE_HELP,
    School,
    approve,
    propose,
    read_file,
    terms_declared,
)
from privacy.calling import as_called

if TYPE_CHECKING:
    from privacy.acknowledgement import Signed, State
    from privacy.terms import Terms

HELP = "The DPO's acknowledgement: until it is recorded, only the load of the link is counted."
MAKE_KEY_HELP = """Make the DPO's pair of keys. For the DPO, on a machine of his own.

The file holds the private key (0600) and leaves that machine never; the public key is printed.

Example: jauge privacy make-key dpo.key
"""
DECLARE_HELP = """Declare whose acknowledgement counts: the DPO's public key goes into the audit log.

A key declared anew takes back what the old one signed; both stay visible in the log.

Example: jauge privacy declare-dpo 6SmqqN7d… --store /var/lib/jauge
"""
RECORD_HELP = """Check the DPO's signed answer and record it in the audit log.

A running collector begins (or stops) to write slices within half a minute. A stop that the DPO asked
for on his page ends here, too, when the answer was signed after it.

Example: jauge privacy record answer.json --store /var/lib/jauge --school /etc/jauge/school
"""
RESUME_HELP = """Let a capture that the DPO stopped go on: the same as `record`.

The DPO signs a new proposal (`propose`, `approve`) that answers the stop; an older signature does not.

Example: jauge privacy resume answer.json --store /var/lib/jauge --school /etc/jauge/school
"""
STATUS_HELP = """Say whether the settings in force are acknowledged, and what to do if not.

Ends with 1 when they are not.

Example: jauge privacy status --store /var/lib/jauge --school /etc/jauge/school --json
"""
STEPS = {
    "no_key": "1. the DPO runs `jauge privacy make-key dpo.key` on his own machine; "
    "2. you run `jauge privacy declare-dpo KEY` with the key that it prints; 3. then ",
    "not_decided": "",
    "looser": "go back to what was acknowledged, or ask for the new settings: ",
    "withdrawn": "talk to the DPO; to ask again, ",
    "stopped": "talk to the DPO; to ask whether it may go on, ",
}
ASK = (
    "run `jauge privacy propose proposal.json --store STORE`, hand the file to the DPO, who signs it with "
    "`jauge privacy approve`, and record the answer with `jauge privacy record`"
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    privacy = typer.Typer(no_args_is_help=True, help=HELP)
    privacy.command("make-key", help=MAKE_KEY_HELP)(make_key)
    privacy.command("declare-dpo", help=DECLARE_HELP)(declare_dpo)
    privacy.command("propose", help=PROPOSE_HELP)(propose)
    privacy.command("approve", help=APPROVE_HELP)(approve)
    privacy.command("record", help=RECORD_HELP)(record)
    privacy.command("resume", help=RESUME_HELP)(record)
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


def record(
    answer: Annotated[Path, typer.Argument(help="The DPO's signed answer.")],
    store: StoreOption,
    school: School = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See RECORD_HELP."""
    from cli.records import logged
    from privacy.acknowledgement import Decision, read, state_of
    from privacy.keys import public_key
    from privacy.requests import remove_request
    from privacy.sealed import SealBroken

    terms = terms_declared(school)
    data = read_file(answer)
    with logged(open_store(store)) as log:
        state = state_of(log.entries())
        if state.key is None:
            raise Refusal(f"{store}: {_advice('no_key')}", Exit.CONFIGURATION)
        try:
            signed = read(data, public_key(state.key))
        except SealBroken as broken:
            raise Refusal(
                f"{answer}: {broken}; it must be signed by the declared DPO", Exit.DATA
            ) from None
        if signed.decision is Decision.ACKNOWLEDGED:
            _check_answer(answer, signed, state, terms)
            remove_request(store)  # first: a collector that looks now is still told by the log
        log.append("dpo_decided", {"sealed": json.loads(data)})
    said = {"decision": signed.decision.value, "digest": signed.settings}
    typer.echo(
        json.dumps(said) if as_json else f"recorded: {said['decision']} {said['digest'][:16]}"
    )


def _check_answer(answer: Path, signed: "Signed", state: "State", terms: "Terms") -> None:
    """Refuse an acknowledgement of something else, or of another moment."""
    from privacy.terms import at_least_as_tight

    if not at_least_as_tight(terms, signed.terms):
        raise Refusal(
            f"{answer}: signed for other settings ({signed.settings[:16]}) than those in force "
            f"({terms.digest()[:16]}), which are looser in some respect; propose these to the DPO",
            Exit.DATA,
        )
    if signed.after != state.last:
        raise Refusal(
            f"{answer}: signed before the latest entry of the log that decides (entry {state.last}); "
            "propose again, so that the DPO answers what happened since",
            Exit.DATA,
        )


def status(store: StoreOption, school: School = None, *, as_json: JsonOption = False) -> None:
    """See STATUS_HELP."""
    from cli.records import logged
    from privacy.acknowledgement import SENTENCES, Standing, state_of
    from privacy.requests import stop_requested

    terms = terms_declared(school)
    with logged(open_store(store)) as log:
        state = state_of(log.entries())
    found = Standing.STOPPED if stop_requested(store) else state.standing(terms)
    ready = found is Standing.IN_FORCE
    tightened = state.acknowledged is not None and ready and terms != state.acknowledged
    if as_json:
        facts = {
            "standing": found.value,
            "digest": terms.digest(),
            "dpo": state.key,
            "tighter_than_acknowledged": tightened,
        }
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"{SENTENCES[found]} (settings {terms.digest()[:16]})")
        if not ready:
            typer.echo(f"Only the load of the link is counted. What to do: {_advice(found.value)}")
    if not ready:
        raise typer.Exit(int(Exit.FINDINGS))


def _advice(standing: str) -> str:
    return as_called(STEPS[standing] + ASK)


def _made(store: Path) -> Path:
    """Return a store's directory, made if it is missing: the log comes before the first packet."""
    from privacy.store.files import make_private

    try:
        make_private(store)
    except OSError as error:
        raise Refusal(f"{store}: {error.strerror}", Exit.DATA) from None
    return store
