"""The public pages as HTML. Pure, except that templates are read once."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from dashboards import trust, trust_tables, trust_words
from dashboards.frame import OTHERS, Frame, common, render
from dashboards.public.code import code_svg
from dashboards.public.practice import Practice, read
from dashboards.reading import Snapshot
from dashboards.report.document import footer_style, style
from dashboards.report.material import policy_of
from dashboards.sentences import use_name
from dashboards.texts import Texts

CHARTER = "/charte"
MOST_CLAUSE_LETTERS = 1_300
"""Longer charters go on the poster without the text of their clauses: it is one sheet."""


def charter_page(snapshot: Snapshot, texts: Texts, query: Mapping[str, str]) -> str:
    """Return the charter as it is enforced."""
    charter = snapshot.charter
    return render(
        "public/charter.html",
        Frame(texts, "rules", query),
        charter=charter,
        version=version(str(charter["version"]), texts),
        practice=practice_of(snapshot, texts),
        use_name=use_name,
        **common(snapshot, texts),
    )


def data_page(
    snapshot: Snapshot,
    journal: Mapping[str, Any] | None,
    texts: Texts,
    query: Mapping[str, str],
) -> str:
    """Return what is stored, column by column, and what is seen and dropped; and what is late, if any."""
    retention = journal["content"].get("retention") if journal else None
    late = retention["overdue"] if retention else ()
    return render(
        "public/data.html",
        Frame(texts, "data", query),
        retention=retention,
        late=trust_words.span(late, texts) if late else "",
        proofs=trust.proven(retention) if retention else 0,
        days=snapshot.privacy.get("retention_days"),
        columns=trust_tables.stored_columns(snapshot, "flows", texts),
        link_columns=trust_tables.stored_columns(snapshot, "link", texts),
        dropped=trust_tables.seen_and_dropped(snapshot, texts),
        **common(snapshot, texts),
    )


def practice_of(snapshot: Snapshot, texts: Texts) -> Practice | None:
    """Return the table by place and time; None in documents written before there was one."""
    payload = snapshot.charter.get("practice")
    return read(payload, texts) if payload else None


def version(text: str, texts: Texts) -> str:
    """Write a version that is a date as one."""
    try:
        return texts.day_short(date.fromisoformat(text))
    except ValueError:
        return text


def notice_page(
    document: Mapping[str, Any], snapshot: Snapshot, texts: Texts, query: Mapping[str, str]
) -> str:
    """Return a notice: `notice-adults` or `notice-pupils`, one text per language."""
    name = str(document["document"])
    return render(
        "public/notice.html",
        Frame(texts, name, query),
        notice=in_language(document, texts),
        **common(snapshot, texts),
    )


def in_language(document: Mapping[str, Any], texts: Texts) -> Mapping[str, Any]:
    """Return the text of a notice in the reader's language, French where there is no other."""
    found: Mapping[str, Any] = document["texts"].get(texts.lang) or document["texts"]["fr"]
    return found


def poster_page(
    snapshot: Snapshot,
    notice: Mapping[str, Any] | None,
    texts: Texts,
    query: Mapping[str, str],
) -> str:
    """Return the page that shows the poster and offers it as a PDF."""
    return render(
        "public/poster_page.html",
        Frame(texts, "poster", query),
        **_poster(snapshot, notice, texts),
        **common(snapshot, texts),
    )


def poster_sheets(
    snapshot: Snapshot, notice: Mapping[str, Any] | None, texts: Texts
) -> tuple[str, str, str]:
    """Return what the PDF of the poster is made from: the document and its style sheets."""
    html = render(
        "public/poster_paper.html",
        Frame(texts, "poster", {}),
        school=snapshot.school,
        printed=snapshot.status.as_of.isoformat(),
        **_poster(snapshot, notice, texts),
    )
    return html, style(), footer_style(snapshot.school.name, policy_of(snapshot), texts)


def _poster(snapshot: Snapshot, notice: Mapping[str, Any] | None, texts: Texts) -> dict[str, Any]:
    charter, address = snapshot.charter, snapshot.school.public_url
    letters = sum(len(texts.label(clause)) for clause in charter["clauses"])
    whole = f"{address}{CHARTER}" if address else ""
    code: Markup | str = code_svg(whole, texts("poster.code", address=whole)) if whole else ""
    return {
        "charter": charter,
        "version": version(str(charter["version"]), texts),
        "with_clauses": letters <= MOST_CLAUSE_LETTERS,
        "practice": practice_of(snapshot, texts),
        "promise": in_language(notice, texts)["lead"] if notice else "",
        "rights": _rights(snapshot, texts),
        "address": whole,
        "code": code,
    }


def _rights(snapshot: Snapshot, texts: Texts) -> str:
    """Return how long, whom to ask and where the notice is; empty without a declared DPO."""
    privacy = snapshot.privacy
    if not privacy.get("dpo") or not privacy.get("retention_days"):
        return ""
    dpo = texts.label({texts.lang: privacy["dpo"]})
    where = (
        f"{snapshot.school.public_url}{OTHERS['notice-adults']}"
        if snapshot.school.public_url
        else ""
    )
    said = texts("poster.rights", days=privacy["retention_days"], dpo=dpo)
    return f"{said} {texts('poster.notice', address=where)}" if where else said
