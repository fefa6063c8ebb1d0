"""Every académie and every region, one by one: its own services and the ENT of its schools."""

import pytest

from school.catalogue import load_catalogue
from tests.captures.foreign import SHARED
from tests.school.education_hosts import CORE, HOSTS, covered, education_hosts

CATALOGUE = load_catalogue()

# Région: académie, its domain, names under which pupils of the académie meet their ENT.
TERRITORIES = """
Auvergne-Rhône-Alpes        | Clermont-Ferrand | ac-clermont.fr      | ent.auvergnerhonealpes.fr
Auvergne-Rhône-Alpes        | Grenoble         | ac-grenoble.fr      | cas.ent.auvergnerhonealpes.fr
Auvergne-Rhône-Alpes        | Lyon             | ac-lyon.fr          | www.laclasse.com cas.cybercolleges42.fr
Bourgogne-Franche-Comté     | Besançon         | ac-besancon.fr      | cas.eclat-bfc.fr
Bourgogne-Franche-Comté     | Dijon            | ac-dijon.fr         | www.eclat-bfc.fr
Bretagne                    | Rennes           | ac-rennes.fr        | www.toutatice.fr
Centre-Val de Loire         | Orléans-Tours    | ac-orleans-tours.fr | ent.netocentre.fr www.touraine-eschool.fr mon-e-college.loiret.fr
Corse                       | Corse            | ac-corse.fr         | ent.leia.corsica
Grand Est                   | Nancy-Metz       | ac-nancy-metz.fr    | cas.monbureaunumerique.fr ariane57.moselle-education.fr panda.vosges.fr
Grand Est                   | Reims            | ac-reims.fr         | www.monbureaunumerique.fr ent-ecoles.ac-reims.fr
Grand Est                   | Strasbourg       | ac-strasbourg.fr    | monbureaunumerique.fr
Guadeloupe                  | Guadeloupe       | ac-guadeloupe.fr    | karukera.ac-guadeloupe.fr
Guyane                      | Guyane           | ac-guyane.fr        | wilapa-guyane.com
Hauts-de-France             | Amiens           | ac-amiens.fr        | enthdf.fr www.colleges.cg80.fr
Hauts-de-France             | Lille            | ac-lille.fr         | connexion.enthdf.fr cas.savoirsnumeriques62.fr
Île-de-France               | Créteil          | ac-creteil.fr       | monlycee.net ent77.seine-et-marne.fr cas.webcollege.seinesaintdenis.fr cas.moncollege.valdemarne.fr
Île-de-France               | Paris            | ac-paris.fr         | ent.iledefrance.fr ent.parisclassenumerique.fr
Île-de-France               | Versailles       | ac-versailles.fr    | psn.monlycee.net ent.ecollege78.fr www.moncollege-ent.essonne.fr enc.hauts-de-seine.fr cas.moncollege.valdoise.fr
La Réunion                  | La Réunion       | ac-reunion.fr       | metice.ac-reunion.fr sso.ac-reunion.fr
Martinique                  | Martinique       | ac-martinique.fr    | colibri.ac-martinique.fr
Mayotte                     | Mayotte          | ac-mayotte.fr       | mayotte.opendigitaleducation.com mayotte.edifice.io
Normandie                   | Normandie        | ac-normandie.fr     | connexion.l-educdenormandie.fr cas.arsene76.fr cas.ent27.fr fip.itslearning.com
Nouvelle-Aquitaine          | Bordeaux         | ac-bordeaux.fr      | mon.lyceeconnecte.fr ent2d.ac-bordeaux.fr
Nouvelle-Aquitaine          | Limoges          | ac-limoges.fr       | mon.lyceeconnecte.fr cas.entcreuse.fr
Nouvelle-Aquitaine          | Poitiers         | ac-poitiers.fr      | mon.lyceeconnecte.fr mon-ent16.lacharente.fr sp-ts.ac-poitiers.fr
Occitanie                   | Montpellier      | ac-montpellier.fr   | cas.mon-ent-occitanie.fr
Occitanie                   | Toulouse         | ac-toulouse.fr      | cas.ecollege.haute-garonne.fr www.mon-ent-occitanie.fr
Pays de la Loire            | Nantes           | ac-nantes.fr        | cas3.e-lyco.fr ent.e-primo.fr
Provence-Alpes-Côte d'Azur  | Aix-Marseille    | ac-aix-marseille.fr | www.atrium-sud.fr www.eduprovence.fr www.aucollege84.vaucluse.fr ent04.fr ent.colleges05.fr
Provence-Alpes-Côte d'Azur  | Nice             | ac-nice.fr          | www.atrium-sud.fr www.agora06.fr moncollege-ent.var.fr
Polynésie française         | Polynésie        | ac-polynesie.pf     | nati.pf
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in TERRITORIES.split("\n") if line]

BEFORE_THE_MERGER = ("ac-caen.fr", "ac-rouen.fr")
"""Normandie is one académie since 2020; the old names still answer."""
NO_ENT_KNOWN = ("ac-noumea.nc", "ac-wf.wf", "ac-spm.fr")
"""Nobody could show the ENT of these; their schools declare it in services.yaml."""

NATIONAL = {
    "0123456a.index-education.net": ("Pronote", "school_life"),
    "www.ecoledirecte.com": ("ÉcoleDirecte", "school_life"),
    "app.pix.fr": ("Pix", "assessment"),
    "paris.elea.apps.education.fr": ("Éléa", "resource"),
    "enseignants.lumni.fr": ("Lumni", "resource"),
    "capytale2.ac-paris.fr": ("Capytale", "tool"),
    "www.geogebra.org": ("GeoGebra", "tool"),
    "idp-auth.gar.education.fr": ("GAR", "resource"),
    "educonnect.education.gouv.fr": ("ÉduConnect", "administration"),
    "biblio.manuel-numerique.com": ("Biblio Manuels", "textbook"),
    "storage.libmanuels.fr": ("Lib Manuels", "textbook"),
    "biblio.nathan.fr": ("Nathan", "textbook"),
    "www.hachette-education.com": ("Hachette Éducation", "textbook"),
    "www.kiosque-edu.com": ("Kiosque numérique de l'éducation", "textbook"),
    "mesmanuels.fr": ("Canal numérique des savoirs", "textbook"),
    "www.lelivrescolaire.fr": ("Lelivrescolaire", "textbook"),
    "edu.tactileo.fr": ("Tactileo", "textbook"),
    "nuage02.apps.education.fr": ("Apps.education.fr", "collaborative"),
    "0030858s.esidoc.fr": ("e-sidoc", "resource"),
    "cyclades.examens-concours.gouv.fr": ("Cyclades, examens et concours", "administration"),
}


def found(host):
    return CATALOGUE.entry(CATALOGUE.site_of(host) or "")


def test_the_table_names_the_thirty_academies_and_eighteen_regions():
    french = [row for row in ROWS if row[2].endswith(".fr")]
    assert len({row[1] for row in french}) == 30
    assert len({row[0] for row in french}) == 18


@pytest.mark.parametrize("row", ROWS, ids=[row[1] for row in ROWS])
def test_an_academie_and_the_ent_of_its_schools_are_known(row):
    _, academie, domain, portals = row
    own = found(f"www.{domain}")
    assert own.category == "administration"
    assert own.publisher.startswith(("Académie d", "Vice-rectorat d"))
    assert academie in own.publisher
    for host in portals.split():
        assert found(host).category == "ent", f"{academie}: {host}"


@pytest.mark.parametrize("domain", [*BEFORE_THE_MERGER, *NO_ENT_KNOWN])
def test_other_rectorats_are_known_too(domain):
    assert found(f"www.{domain}").category == "administration"


@pytest.mark.parametrize("host", NATIONAL)
def test_national_services_and_publishers_are_known_by_name(host):
    entry = found(host)
    assert (entry.service, entry.category) == NATIONAL[host]


@pytest.mark.skipif(
    not HOSTS.is_file(), reason=f"{HOSTS.name} is not in {SHARED.name}/data beside the repository"
)
def test_95_percent_of_the_public_education_hosts_resolve_to_a_service_or_publisher():
    families = education_hosts(HOSTS.read_text(encoding="utf-8").splitlines())
    core = [host for family in CORE for host in families[family]]
    assert len(core) >= 1_255
    for family, hosts in families.items():
        one = covered(hosts, CATALOGUE)
        assert one.known >= 0.95 * one.hosts, (family, one.unknown[:10])
