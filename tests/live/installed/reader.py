"""A person at an office's computer, inside the booted root: opens the pages through Caddy, over TLS.

    python3 reader.py setup NAME PASSWORD CODE       the first account, by the one-time code
    python3 reader.py invited NAME PASSWORD CODE     an invited person's password, by his code
    python3 reader.py look NAME PASSWORD PATH SECONDS FILE
                                                     logs in, opens PATH every few seconds until it has a chart

Standard library only; run in `bureau`. Certificates are checked against Caddy's own authority, cookies are
kept as a browser keeps them. Prints one JSON object. Exit 1: the page has no chart in time.
"""

import http.client
import http.cookies
import json
import re
import socket
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

HOST, GATEWAY = "jauge.example.fr", "10.30.0.1"
AUTHORITY = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
EVERY_S = 5.0
CHART = '<svg class="chart'


class Browser:
    """Keeps cookies and follows nothing by itself."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.context = ssl.create_default_context(cafile=AUTHORITY)

    def open(
        self, method: str, path: str, fields: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Return status, where it leads, and the text."""
        line = http.client.HTTPSConnection(HOST, 443, timeout=20, context=self.context)
        plain = socket.create_connection((GATEWAY, 443), 20)
        line.sock = self.context.wrap_socket(plain, server_hostname=HOST)
        headers = {"Accept": "text/html", "Host": HOST}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        body = None
        if fields is not None:
            body = urlencode(fields)
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"https://{HOST}",
            }
        line.request(method, path, body, headers)
        answer = line.getresponse()
        for header in answer.headers.get_all("Set-Cookie") or []:
            for name, morsel in http.cookies.SimpleCookie(header).items():
                self.cookies[name] = morsel.value
        text = answer.read().decode()
        line.close()
        return answer.status, answer.headers.get("Location", ""), text

    def fill_in(self, path: str, **fields: str) -> tuple[int, str]:
        """Load a form, take its hidden field, send it."""
        _, _, page = self.open("GET", path)
        found = re.search(r'name="form" value="([0-9a-f]+)"', page)
        if found is None:
            raise SystemExit(f"{path} has no form")
        status, place, _ = self.open("POST", path, {"form": found[1], **fields})
        return status, place


def figures_of(page: str) -> dict[str, list[list[str]]]:
    """Return the rows of each figure's table: hours, then the values as the page carries them."""
    found = {}
    for ident, table in re.findall(
        r'<caption id="([\w-]+)-data-caption">.*?</caption>(.*?)</table>', page, re.S
    ):
        rows = []
        for head, cells in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', table, re.S):
            rows.append([head.strip(), *re.findall(r'<data value="([^"]*)">', cells)])
        found[ident] = rows
    return found


def look(browser: Browser, path: str, seconds: float, file: str) -> int:
    """Open a page until it has a chart."""
    began, status, page = time.monotonic(), 0, ""
    while time.monotonic() - began < seconds:
        status, _, page = browser.open("GET", path)
        if status == http.client.OK and CHART in page:
            break
        time.sleep(EVERY_S)
    charts = page.count(CHART)
    Path(file).write_text(page, "utf-8")
    print(json.dumps({
        "status": status, "charts": charts, "bars": page.count('class="bar load"'), "at_s": time.time(),
        "figures": figures_of(page), "csp_inline_style": page.count(" style="),
    }))  # fmt: skip
    return 0 if charts else 1


def main() -> int:
    what, name, password, *rest = sys.argv[1:]
    browser = Browser()
    if what == "look":
        path, seconds, file = rest
        status, place = browser.fill_in("/connexion", name=name, password=password)
        if status != http.client.SEE_OTHER:
            print(json.dumps({"status": status}))
            return 1
        return look(browser, path, float(seconds), file)
    (code,) = rest
    before, _, _ = browser.open("GET", "/debit")
    fields = {"code": code, "password": password, "again": password}
    if what == "setup":
        _, leads, _ = browser.open("GET", "/connexion")
        status, place = browser.fill_in("/installation", name=name, **fields)
    else:
        leads = "/invitation"
        status, place = browser.fill_in("/invitation", **fields)
    print(json.dumps({
        "without_login": before, "leads": leads, "status": status, "place": place,
        "session": any(key.startswith("__Host-jauge_session") for key in browser.cookies),
    }))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
