"""`jauge privacy propose` and `approve`: what the DPO is asked to sign, each difference with its effect."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.analysis import JsonOption, StoreOption, open_school, open_store
from cli.exits import Exit, Refusal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from privacy.acknowledgement import Signed
    from privacy.terms import Terms

School = Annotated[
    Path | None,
    typer.Option("--school", help="Directory of the declared files; the shipped defaults without."),
]
PROPOSE_HELP = """Write what the DPO is asked to acknowledge into a file: settings, differences, effects.

Beside what he acknowledged before. Settings that are nowhere looser than that need no signature.

Example: jauge privacy propose proposal.json --store /var/lib/jauge --school /etc/jauge/school
"""
APPROVE_HELP = """Read what is proposed, then sign it. For the DPO, on a machine of his own; no store needed.

--show only reads it: differences to what this key signed before, noise, the four epsilons.

Example: jauge privacy approve proposal.json answer.json --key dpo.key
"""
PROPOSAL_MAX = 1 << 20
"""Octets of a proposal or an answer: they have a few kilobytes."""
DOCUMENT = "proposal"
EPSILONS = {
    "device_day": "a device-day",
    "two_devices": "two devices of one person, one day",
    "school_week": "a device in a school week",
    "boarding_week": "a device in a boarding week",
    "t5bis_month": "a device present 20 days of a month, in T5-bis alone",
}


def propose(
    file: Annotated[Path, typer.Argument(help="File to write.")],
    store: StoreOption,
    school: School = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """See PROPOSE_HELP."""
    from privacy.terms import at_least_as_tight, differences

    terms = terms_declared(school)
    state = _state(store)
    content = {
        "document": DOCUMENT,
        "terms": terms.model_dump(mode="json"),
        "digest": terms.digest(),
        "acknowledged": state.sealed,
        "after": state.last,
    }
    try:
        file.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
    before = state.acknowledged
    needed = state.stopped or before is None or not at_least_as_tight(terms, before)
    if as_json:
        found = [] if before is None else differences(before, terms)
        typer.echo(
            json.dumps(
                {
                    "file": str(file),
                    "digest": terms.digest(),
                    "signature_needed": needed,
                    "differences": [_as_dict(each) for each in found],
                }
            )
        )
        return
    for line in _told(terms, before):
        typer.echo(line)
    if needed:
        typer.echo(f"{file}: settings {terms.digest()[:16]}, to be signed")
    else:
        typer.echo(f"{file}: nowhere looser than what the DPO acknowledged: in force as they are")


def approve(
    proposal: Annotated[Path, typer.Argument(help="File that `propose` wrote.")],
    answer: Annotated[Path | None, typer.Argument(help="File to write.")] = None,
    key: Annotated[Path | None, typer.Option(help="The DPO's private key.")] = None,
    *,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the acknowledgement back instead.")
    ] = False,
    show: Annotated[bool, typer.Option("--show", help="Show only; sign nothing.")] = False,
    as_json: JsonOption = False,
) -> None:
    """See APPROVE_HELP."""
    from privacy.acknowledgement import Decision, sign

    private = private_key_in(key) if key is not None else None
    content, terms = _proposed(proposal)
    before = _signed_before(content, private) if private is not None else None
    earlier = before.terms if before is not None else None
    if not as_json:
        if before is None and content.get("acknowledged") is not None and private is not None:
            typer.echo("  what the proposal gives as acknowledged was not signed by this key")
        for line in _told(terms, earlier):
            typer.echo(line)
    if show:
        if as_json:
            typer.echo(json.dumps(_effects(terms, earlier)))
        return
    if private is None or answer is None:
        raise Refusal("say which file to write, and --key; or --show to read only", Exit.USAGE)
    decision = Decision.WITHDRAWN if withdraw else Decision.ACKNOWLEDGED
    data = sign(decision, terms, private, after=content["after"])
    try:
        answer.write_bytes(data)
    except OSError as error:
        raise Refusal(f"{answer}: {error.strerror}", Exit.DATA) from None
    said = {"decision": decision.value, "digest": terms.digest()}
    typer.echo(
        json.dumps(said)
        if as_json
        else f"{decision.value}: settings {terms.digest()[:16]}; hand back {answer}"
    )


def _state(store: Path) -> Any:
    from cli.records import logged
    from privacy.acknowledgement import state_of

    with logged(open_store(store)) as log:
        return state_of(log.entries())


def _as_dict(difference: Any) -> dict[str, str]:
    return {
        "respect": difference.respect,
        "before": difference.before,
        "after": difference.after,
        "direction": difference.direction.value,
    }


def _effects(terms: "Terms", before: "Terms | None") -> dict[str, Any]:
    """Return the effects of terms, and their differences to earlier ones, as JSON values."""
    from privacy.effects import effects
    from privacy.terms import differences

    found = differences(before, terms) if before is not None else ()
    return {
        "digest": terms.digest(),
        "effects": effects(terms.settings),
        "before": effects(before.settings) if before is not None else None,
        "differences": [_as_dict(each) for each in found],
    }


def _told(terms: "Terms", before: "Terms | None") -> list[str]:
    """Write terms for a person: the differences first, then what they amount to."""
    found = _effects(terms, before)
    lines = [
        f"  {each['direction']:<8} {each['respect']}: {each['before']} -> {each['after']}"
        for each in found["differences"]
    ]
    if before is None:
        lines.append("  nothing was acknowledged before: everything is new")
    elif not lines:
        lines.append("  nothing differs from what was acknowledged")
    for name, value in terms.settings.model_dump(mode="json").items():
        lines.append(f"  {name}: {json.dumps(value, ensure_ascii=False)}")
    for zone in terms.zones:
        counted = "counted" if zone.counted else "not counted"
        where = f", published in {zone.published_in}" if zone.published_in else ""
        lines.append(f"  zone {zone.name}: {zone.persons} persons, {counted}{where}")
    lines += [f"  slot {s.name}: {s.times}, {s.persons} persons" for s in terms.slots]
    if terms.services:
        lines.append(f"  followed services: {', '.join(terms.services)}")
    return lines + _amounts(found["effects"], found["before"])


def _amounts(now: dict[str, Any], before: dict[str, Any] | None) -> list[str]:
    """Write noise and epsilons, beside what they were."""

    def was(path: tuple[str, str]) -> str:
        if before is None or before[path[0]][path[1]] == now[path[0]][path[1]]:
            return ""
        return f" (before: {before[path[0]][path[1]]:g})"

    lines = [
        f"  noise of {table}: sigma {sigma:g}{was(('sigma', table))}"
        for table, sigma in now["sigma"].items()
    ]
    lines += [
        f"  epsilon of {EPSILONS[what]}: {value:g}{was(('epsilon', what))}"
        for what, value in now["epsilon"].items()
    ]
    return lines


def terms_declared(school: Path | None) -> "Terms":
    """Return what the declared files ask a DPO to acknowledge; the shipped defaults without files."""
    from privacy.terms import Terms
    from school.enforced import terms_of

    return terms_of(open_school(school)) if school is not None else Terms()


def _proposed(file: Path) -> "tuple[dict[str, Any], Terms]":
    from pydantic import ValidationError

    from privacy.terms import Terms

    try:
        content: dict[str, Any] = json.loads(read_file(file))
        terms = Terms.model_validate(content["terms"])
        if content["document"] != DOCUMENT or type(content["after"]) is not int:
            raise ValueError("form")
    except (ValueError, TypeError, KeyError, ValidationError):
        raise Refusal(
            f"{file}: not a proposal of this version; `jauge privacy propose` writes one", Exit.DATA
        ) from None
    if content.get("digest") != terms.digest():
        raise Refusal(f"{file}: altered; ask for a new one", Exit.DATA)
    return content, terms


def _signed_before(content: dict[str, Any], key: "Ed25519PrivateKey") -> "Signed | None":
    """Return the acknowledgement that a proposal says came before, if this key signed it."""
    from privacy import canonical
    from privacy.acknowledgement import read
    from privacy.sealed import SealBroken

    if content.get("acknowledged") is None:
        return None
    try:
        return read(canonical.dump(content["acknowledged"]), key.public_key())
    except (SealBroken, TypeError, ValueError):
        return None


def private_key_in(file: Path) -> "Ed25519PrivateKey":
    """Return the private key that `make-key` wrote.

    Raises:
        Refusal: the file cannot be read, or holds none.
    """
    from privacy.keys import NoKey, private_key

    try:
        return private_key(read_file(file))
    except NoKey:
        raise Refusal(
            f"{file}: not a private key; `jauge privacy make-key` makes one", Exit.DATA
        ) from None


def read_file(file: Path) -> bytes:
    """Return the content of a small file.

    Raises:
        Refusal: it cannot be read.
    """
    try:
        with file.open("rb") as handle:
            return handle.read(PROPOSAL_MAX)
    except OSError as error:
        raise Refusal(f"{file}: {error.strerror}", Exit.DATA) from None
