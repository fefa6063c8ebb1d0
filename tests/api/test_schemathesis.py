"""Schemathesis, every check, as each reader: no server error, no ignored authorisation, no shape broken.

30 cases for each operation and reader of what the contract admits, as many of what it does not; the long form is
`JAUGE_CASES=1000 python -m pytest tests/api/test_schemathesis.py`.
"""

import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from api.access import ROLES, may_open
from dashboards.reader import ANYONE
from tests.api.client import Client, Clock, new_login, with_account

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SHORT = 30
CASES = int(os.environ.get("JAUGE_CASES", str(SHORT)))
READERS = (ANYONE, *ROLES, "token")


@pytest.fixture(scope="module")
def client(public: Path, tmp_path_factory: pytest.TempPathFactory) -> Client:
    client = Client(public, new_login(tmp_path_factory.mktemp("fuzz"), Clock(time.time())))
    client.shown = {ANYONE: {}}
    accounts = client.login.accounts
    for role in ROLES:
        account = with_account(client.login, role)
        client.shown[role] = {"cookies": {"jauge_session": accounts.open_session(account)}}
    token = accounts.make_token(accounts.named("committee"), "fuzz")
    client.shown["token"] = {"headers": {"Authorization": f"Bearer {token}"}}
    return client


@pytest.fixture(scope="module")
def operations(client: Client) -> list:
    import schemathesis

    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", client._app)
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("reader", READERS)
def test_generated_requests_break_nothing(
    client: Client, operations: list, reader: str, mode: GenerationMode
):
    role = "committee" if reader == "token" else reader
    if mode is GenerationMode.NEGATIVE:  # what takes no parameter can be asked for in one way only
        operations = [each for each in operations if list(each.iter_parameters())]
    tried = dict.fromkeys((operation.label for operation in operations), 0)
    wrong: list[tuple[str, int]] = []

    for operation in operations:

        @settings(
            max_examples=CASES,
            derandomize=CASES == SHORT,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def run(case) -> None:
            response = case.call_and_validate(**client.shown[reader])
            tried[case.operation.label] += 1
            path = case.formatted_path
            if response.status_code == 200 and not may_open(role, path):
                wrong.append((path, response.status_code))

        run()
    assert wrong == []
    assert len(tried) == (6 if mode is GenerationMode.POSITIVE else 4)
    assert all(times for times in tried.values())
