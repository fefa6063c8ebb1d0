"""What the measurement is, in French words and numbers: everything that the documents are filled with.

From the parsed declarations, the settings in force and the columns of the Parquet schema; nothing
here is a second copy of a setting.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from analyzer.exact import Bench
from analyzer.papers.chances import chance_line, four, in_chances, price
from analyzer.papers.erasure import Erasure, erasure
from analyzer.papers.logbook import read_log
from analyzer.papers.wording import Blocks, day, number, percent, span
from privacy.acknowledgement import DECIDED, state_of
from privacy.log.entries import Entry
from privacy.memory import SEEN
from privacy.records import LINK_COLUMNS, SLICE_COLUMNS, Identifying
from privacy.records_fr import LINK_FR, SLICE_FR
from privacy.settings import MOST_RETENTION_DAYS, VOLUMES
from school.zones import Zone

TO_FILL: Final = "à compléter par l'établissement (contacts.yaml)"
BASES: Final = {
    "public_interest": "mission d'intérêt public (article 6, paragraphe 1, point e du RGPD)",
    "legitimate_interest": "intérêt légitime (article 6, paragraphe 1, point f du RGPD), réservé aux "
    "établissements privés ; à valider par le DPD",
    None: "à choisir par l'établissement et à valider par le DPD (contacts.yaml) ; pour un "
    "établissement public : mission d'intérêt public, article 6, paragraphe 1, point e du RGPD",
}
PLAIN_BASES: Final = {
    "public_interest": "l'école remplit une mission au service de tous",
    "legitimate_interest": "l'établissement en a besoin pour bien fonctionner, sans te nuire",
    None: "à choisir par l'établissement (contacts.yaml)",
}
"""For the pupils' notice."""
IDENTIFYING_FR: Final = {
    Identifying.NO: "n'identifie pas",
    Identifying.INDIRECT: "indirectement identifiant",
    Identifying.PSEUDONYM: "pseudonyme : donnée personnelle",
}
TABLES_FR: Final = {
    "T1": ("par semaine", "zones × quatre usages"),
    "T2": ("par semaine", "créneaux de l'emploi du temps × quatre usages"),
    "T3": ("par semaine", "services suivis par l'établissement"),
    "T4": ("par semaine", "volumes par usage"),
    "T5-bis": (
        "par mois",
        "usages contraires à la charte ou inadaptés aux ressources, tout l'établissement",
    ),
    "T6": ("par jour", "quatre usages, tout l'établissement"),
    "T7": ("par mois", "volumes par catégorie pendant les minutes saturées"),
    "rehearsal": ("par semaine, sur demande", "essai d'une autre charte ou d'une autre ligne"),
}
LATE_FR: Final = (
    "Attention : aujourd'hui cet engagement n'est pas tenu. {who} aurait dû être effacé et ne l'est "
    "pas encore ; le DPD le voit sur sa page."
)
NEVER_AUDITED: Final = (
    "jamais exécutées sur cette installation : demander à l'administrateur de lancer "
    "« jauge audit --profile dpo », et lire son rapport avant de compter sur cette mesure"
)
MONTH_DAYS: Final = 31
"""The dearest month: a device that is there every day."""


def counted(zone: Zone) -> bool:
    """Say whether the devices of a zone are in any figure."""
    return zone.measured and zone.counts_devices


def _records(found: Erasure) -> str:
    """Return which records are late."""
    return f"Ce qui a été relevé {span(found.late, at=True)} ({len(found.late)} j)"


def audit_sentence(entry: Entry) -> str:
    """Return what the log says of the last run of the attacks."""
    facts = entry.facts
    verdict = "réussies" if facts["passed"] else "au moins une a abouti : mesure à suspendre"
    when = day(date.fromisoformat(entry.at[:10]))
    return (
        f"dernière exécution le {when}, {verdict} ({facts['attacks']} attaques ; "
        f"{facts['caught']} versions défectueuses démasquées sur {facts['mutants']})"
    )


@dataclass(frozen=True)
class Processing:
    """One school's measurement, on one day."""

    bench: Bench
    as_of: date

    @cached_property
    def policy(self) -> str:
        """Digest of what the documents are made from."""
        return self.bench.enforced.digest

    @cached_property
    def values(self) -> dict[str, str]:
        """Fillings of the texts, as French strings."""
        return {
            **self._people(),
            **self._settings(),
            **self._places(),
            **self._store(),
            **self._proofs(),
        }

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The audit log, empty where it cannot be read."""
        return read_log(self.bench.store)[0]

    @cached_property
    def erasure(self) -> Erasure:
        """What is kept, erased and late."""
        return erasure(
            self.bench.store,
            self.entries,
            retention_days=self.bench.settings.retention_days,
            as_of=self.as_of,
        )

    def _store(self) -> dict[str, str]:
        """Return what the store really holds on the day: nothing here is a promise."""
        found = self.erasure
        late = len(found.late)
        return {
            "kept_days": str(len(found.kept)),
            "kept_span": span(found.kept),
            "proven_days": str(sum("key_destroyed" in proof for proof in found.proofs)),
            "late_days": str(late),
            "late_span": span(found.late),
            "late_sentence": LATE_FR.format(who=_records(found)) if late else "",
            "oldest": day(found.kept[0]) if found.kept else "aucun",
        }

    def _proofs(self) -> dict[str, str]:
        """Return when the DPO's opinion and the last audit were recorded, as the log has them."""
        state = state_of(self.entries)
        dates = {entry.number: entry.at for entry in self.entries}
        decided = [e for e in self.entries if e.kind == DECIDED]
        audits = [e for e in self.entries if e.kind == "audit_verdict"]
        return {
            "created": day(date.fromisoformat(decided[0].at[:10]))
            + " (premier avis du DPD enregistré au journal)"
            if decided
            else "à compléter : aucun avis du DPD n'est encore au journal",
            "opinion": f"avis enregistré le {day(date.fromisoformat(dates[state.last][:10]))}"
            if state.acknowledged is not None and state.last in dates
            else "aucun avis favorable en vigueur au journal",
            "audit_state": audit_sentence(audits[-1]) if audits else NEVER_AUDITED,
        }

    def _people(self) -> dict[str, str]:
        school, contacts = self.bench.school, self.bench.school.contacts
        named = " ; ".join(processor.line() for processor in contacts.processors)
        return {
            "school": school.name,
            "uai": school.uai or "à compléter",
            "controller": contacts.controller.line() if contacts.controller else TO_FILL,
            "joint_controller": contacts.joint_controller.line()
            if contacts.joint_controller
            else "aucun déclaré",
            "dpo": contacts.dpo.line() if contacts.dpo else TO_FILL,
            "processors": named or "aucun déclaré",
            "processors_sentence": f"Sous-traitants : {named}. Contrat au titre de l'article 28 à joindre."
            if named
            else "Aucun sous-traitant déclaré : l'établissement exploite lui-même la machine.",
            "legal_basis": BASES[contacts.legal_basis],
            "legal_text": contacts.legal_text or TO_FILL,
            "council_decision": contacts.council_decision or TO_FILL,
            "plain_basis": PLAIN_BASES[contacts.legal_basis],
            "charter_title": school.charter.title.fr,
            "charter_version": str(school.charter.version),
            "charter_digest": school.charter_digest[:16],
            "policy": self.policy[:16],
            "day": day(self.as_of),
            "lang": "fr",
        }

    def _settings(self) -> dict[str, str]:
        settings = self.bench.settings
        found = four(settings.total_rho)
        chances = {chance.name: chance for chance in in_chances(settings)}
        return {
            **{f"mean_{name}": percent(each.mean) for name, each in chances.items()},
            **{f"worst_{name}": percent(each.worst) for name, each in chances.items()},
            "profile": settings.profile,
            "rho": number(settings.total_rho, 4),
            "delta": "10⁻⁶",
            "eps_day": number(found["device_day"]),
            "eps_two": number(found["two_devices"]),
            "eps_week": number(found["school_week"]),
            "eps_boarding": number(found["boarding_week"]),
            "price_t5": number(price(settings.method("T5-bis").rho, MONTH_DAYS)),
            "price_t7": number(price(settings.method("T7").rho, MONTH_DAYS)),
            "month_days": str(MONTH_DAYS),
            "retention": str(settings.retention_days),
            "most_retention": str(MOST_RETENTION_DAYS),
            "floor": str(settings.floor_persons),
            "sigmas": number(settings.display.sigmas),
            "reliable": number(settings.display.reliable_sigmas),
            "per_day": str(settings.display.floor_devices_per_day),
            "table_count": str(len(self.bench.tables)),
            "slice_columns": str(len(SLICE_COLUMNS)),
            "link_columns": str(len(LINK_COLUMNS)),
        }

    def _places(self) -> dict[str, str]:
        zones = list(self.bench.school.zones)
        apart = [zone.label.fr for zone in zones if not zone.measured]
        return {
            "measured_zones": ", ".join(z.label.fr for z in zones if counted(z)),
            "zones": str(len(zones)),
            "persons": str(sum(zone.persons for zone in zones)),
            "zones_sentence": "; ".join(self.zone_lines()).replace(";", " ;") + ".",
            "unmeasured": ", ".join(apart) or "aucune aujourd'hui",
        }

    def zone_lines(self) -> list[str]:
        """Return each zone with its declared population and where it is published."""
        published = self.bench.published
        labels = {zone.name: zone.label.fr for zone in self.bench.school.zones}
        lines = []
        for zone in self.bench.school.zones:
            target = published[zone.name]
            if not zone.measured:
                fate = "non mesurée"
            elif target is None:
                fate = "comptée dans les totaux de l'établissement seulement"
            elif target == zone.name:
                fate = "publiée"
            else:
                fate = f"fondue dans « {labels[target]} »"
            lines.append(f"{zone.label.fr} ({zone.persons} personnes, {fate})")
        return lines

    @cached_property
    def blocks(self) -> Blocks:
        """Lists that the texts ask for."""
        return {
            "slice_columns": [
                f"{c.name} : {SLICE_FR[c.name][0]} But : {SLICE_FR[c.name][1]} ({IDENTIFYING_FR[c.identifying]})."
                for c in SLICE_COLUMNS
            ],
            "link_columns": [f"{c.name} : {LINK_FR[c.name][0]}" for c in LINK_COLUMNS],
            "memory": [f"{seen.what_fr} : {seen.until_fr}" for seen in SEEN],
            "zones": self.zone_lines(),
            "chances": [chance_line(chance) for chance in in_chances(self.bench.settings)],
            "tables": [self.table_line(name) for name in (*self.bench.tables, "rehearsal")],
        }

    def table_line(self, name: str) -> str:
        """Return what a table publishes and how much noise it carries."""
        settings = self.bench.settings
        method = settings.method(name)  # type: ignore[arg-type] - a table's name
        when, what = TABLES_FR[name]
        volume = name in VOLUMES
        unit, digits = ("Go", 1) if volume else ("", 1)
        sigma = number(method.sigma / 1000 if volume else method.sigma, digits)
        cap = f"{number(method.cap)} Mo" if volume else f"{method.cap} cellules"
        return (
            f"{name}, {when} : {what} ; au plus {cap} par journée-appareil ; "
            f"ρ = {number(method.rho, 5)}, écart type {sigma} {unit}".rstrip()
        )
