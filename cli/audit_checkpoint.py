"""`jauge audit checkpoint`, `cosign`, `verify`, `tampering`: the log against what somebody outside kept."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.analysis import JsonOption, StoreOption, open_store
from cli.exits import Exit, Refusal
from cli.privacy_proposal import read_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CHECKPOINT_HELP = """Write a checkpoint of the audit log, for somebody outside to keep: the DPO.

A signed note (C2SP tlog-checkpoint): the log's name, its size, its root. Send it, print it, or show it
as a QR code (--qr). With it `jauge audit verify --checkpoint` finds what was taken away since.

Example: jauge audit checkpoint checkpoint.txt --store /var/lib/jauge
"""
COSIGN_HELP = """Sign a checkpoint as its witness. For the DPO, on a machine of his own.

The note gets one more line (C2SP tlog-cosignature): who holds it, and since when.

Example: jauge audit cosign checkpoint.txt --key dpo.key --log KEY
"""
VERIFY_HELP = """Check the audit log: form, order, tree and every signature; with --checkpoint, that it goes on from there.

Cut tails, older copies and rewritten histories are found by the checkpoint alone. Ends with 1 when the
log is not what it was.

Example: jauge audit verify --checkpoint checkpoint.txt --store /var/lib/jauge --json
"""
TAMPERING_HELP = """Tamper with copies of an invented log and say how many were found: proof that `verify` works.

--no-checkpoint shows what nobody finds when no checkpoint is kept.

Example: jauge audit tampering --count 1000 --seed 1
"""
Checkpoint = Annotated[
    Path | None, typer.Option("--checkpoint", help="A checkpoint that was kept outside.")
]


def add_to(audit: typer.Typer) -> None:
    """Add the commands."""
    audit.command("checkpoint", help=CHECKPOINT_HELP)(checkpoint)
    audit.command("cosign", help=COSIGN_HELP)(cosign)
    audit.command("verify", help=VERIFY_HELP)(verify)
    audit.command("tampering", help=TAMPERING_HELP)(tampering)


def checkpoint(
    store: StoreOption,
    file: Annotated[Path | None, typer.Argument(help="File to write; printed without.")] = None,
    *,
    qr: Annotated[bool, typer.Option("--qr", help="Print it as a QR code, too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """See CHECKPOINT_HELP."""
    from cli.records import logged
    from privacy.log.checkpoint import read_checkpoint, verifier_key

    with logged(open_store(store)) as log:
        if not log.begun():
            raise Refusal(f"{log.path}: no audit log yet; the collector begins it", Exit.DATA)
        note, public = log.checkpoint(), log.public_key()
    if file is not None:
        try:
            file.write_bytes(note)
        except OSError as error:
            raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
    found = read_checkpoint(note, public)
    if as_json:
        facts = {"entries": found.size, "root": found.root.hex(), "note": note.decode()}
        typer.echo(json.dumps({**facts, "key": verifier_key(public)}, ensure_ascii=False))
        return
    if file is None:
        typer.echo(note.decode(), nl=False)
    else:
        typer.echo(
            f"{file}: {found.size} entries, root {found.root.hex()[:16]}; give it to the DPO"
        )
    if qr:
        _print_qr(note)


def _print_qr(note: bytes) -> None:
    import io

    import segno

    drawn = io.StringIO()
    segno.make(note.decode(), error="m", micro=False).terminal(drawn, compact=True)
    typer.echo(drawn.getvalue(), nl=False)


def cosign(
    file: Annotated[Path, typer.Argument(help="The checkpoint; the signature is added to it.")],
    key: Annotated[Path, typer.Option(help="The DPO's private key.")],
    log: Annotated[str, typer.Option(help="Public key of the log, from `log.pub`.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """See COSIGN_HELP."""
    from cli.privacy_proposal import private_key_in
    from privacy.keys import NoKey, public_key
    from privacy.log.checkpoint import WITNESS, CheckpointRefused, verifier_key
    from privacy.log.checkpoint import cosign as add_signature

    private = private_key_in(key)
    at = int(time.time())
    try:
        note = add_signature(read_file(file), public_key(log), private, at)
        file.write_bytes(note)
    except NoKey:
        raise Refusal("--log: not a public key; copy STORE/log/log.pub", Exit.USAGE) from None
    except CheckpointRefused as refused:
        raise Refusal(f"{file}: {refused}", Exit.DATA) from None
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
    name = verifier_key(private.public_key(), WITNESS)
    typer.echo(json.dumps({"witness": name, "time": at}) if as_json else f"signed by {name}")


def verify(
    store: StoreOption,
    checkpoint: Checkpoint = None,
    witness: Annotated[
        str | None,
        typer.Option(help="The DPO's public key: the checkpoint must bear his signature."),
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See VERIFY_HELP."""
    from cli.log import verify as verify_log
    from cli.records import logged

    if checkpoint is None:
        if witness is not None:
            raise Refusal("--witness needs --checkpoint", Exit.USAGE)
        verify_log(store, as_json=as_json)
        return
    note = read_file(checkpoint)
    with logged(open_store(store)) as log:
        facts = _checked(note, log.verify(), log.public_key(), witness, checkpoint)
    if as_json:
        typer.echo(json.dumps(facts))
    elif facts["ok"]:
        typer.echo(
            f"{facts['entries']} entries, each signed; the first {facts['checkpoint']} are those of the "
            f"checkpoint, proven by {facts['proof']} nodes; {facts['since']} came since"
        )
    else:
        typer.echo(
            f"{store}: {facts['reason']}. Keep the store as it is, and tell the DPO", err=True
        )
    if not facts["ok"]:
        raise typer.Exit(int(Exit.FINDINGS))


def _checked(
    note: bytes, verified: Any, public: "Ed25519PublicKey", witness: str | None, file: Path
) -> dict[str, Any]:
    """Return what a comparison with a checkpoint found."""
    from privacy.keys import NoKey, public_key
    from privacy.log.checkpoint import (
        CheckpointRefused,
        Inconsistent,
        check_consistency,
        is_checkpoint,
        read_checkpoint,
        witnessed_at,
    )

    if not is_checkpoint(note):
        raise Refusal(f"{file}: not a checkpoint; `jauge audit checkpoint` writes one", Exit.DATA)
    try:
        seen = witnessed_at(note, public_key(witness)) if witness is not None else None
        if witness is not None and seen is None:
            raise Refusal(f"{file}: not signed by this witness", Exit.DATA)
        kept = read_checkpoint(note, public)
        proof = check_consistency(verified.leaves, kept)
    except NoKey:
        raise Refusal("--witness: not a public key", Exit.USAGE) from None
    except (CheckpointRefused, Inconsistent) as found:
        return {"ok": False, "reason": str(found), "entries": verified.size}
    return {
        "ok": True,
        "entries": verified.size,
        "checkpoint": kept.size,
        "since": verified.size - kept.size,
        "proof": len(proof),
        "witnessed": seen,
    }


def tampering(
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many.")] = 1_000,
    seed: Annotated[int, typer.Option(help="Of the choices.")] = 1,
    entries: Annotated[int, typer.Option(min=5, max=10_000, help="Length of the log.")] = 12,
    *,
    checkpoint: Annotated[
        bool, typer.Option("--checkpoint/--no-checkpoint", help="Whether one is kept outside.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """See TAMPERING_HELP."""
    from privacy.log.tampering import tamper

    tried = tamper(seed=seed, count=count, entries=entries, with_checkpoint=checkpoint)
    total, found = sum(each.tried for each in tried), sum(each.found for each in tried)
    if as_json:
        kinds = {each.kind: {"tried": each.tried, "found": each.found} for each in tried}
        facts = {"seed": seed, "tried": total, "found": found, "kinds": kinds}
        typer.echo(json.dumps({**facts, "checkpoint": checkpoint}))
    else:
        for each in tried:
            typer.echo(f"  {each.kind.replace('_', ' '):<10} {each.found:>5} of {each.tried}")
        typer.echo(f"{found} of {total} tamperings found (seed {seed})")
    if found < total:
        raise typer.Exit(int(Exit.FINDINGS))
