"""Let atheris look for inputs of one target: `python -m tests.fuzz.explore TARGET CORPUS FINDINGS SECONDS`

The loop runs uncompiled, because atheris sees coverage in Python's byte code only. A finding does
not stop the search: the shortest input of each kind of failure is kept.
"""

import contextlib
import hashlib
import sys
from pathlib import Path

import atheris

INSTRUMENTED = [
    "collector.meter",
    "collector.quic",
    "collector.gquic",
    "collector.exports",
    "collector.sources",
]
TIMEOUT_S = 20
MEMORY_MB = 2_048


def main(name: str, corpus: str, findings: str, seconds: str) -> None:
    """Never returns: libFuzzer ends the process."""
    with atheris.instrument_imports(include=INSTRUMENTED):
        import collector.exports.listener
        import collector.meter.entry
        import collector.sources.files  # noqa: F401 - imported here, so that all is instrumented
    from tests.fuzz import plain
    from tests.fuzz.outcomes import try_input
    from tests.fuzz.targets import TARGETS

    plain.uncompile()
    shortest: dict[str, int] = {}

    def one_input(data: bytes) -> None:
        _, problem = try_input(name, data)
        if not problem:
            return
        kind = hashlib.sha256(problem.rpartition("(")[2].encode()).hexdigest()[:8]
        if len(data) < shortest.get(kind, sys.maxsize):
            shortest[kind] = len(data)
            Path(findings, f"{kind}.bin").write_bytes(data)
            Path(findings, f"{kind}.txt").write_text(problem + "\n")

    options = [
        f"-max_total_time={seconds}",
        f"-max_len={TARGETS[name].longest}",
        f"-timeout={TIMEOUT_S}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-artifact_prefix={findings}/",
        "-print_final_stats=1",
        "-use_value_profile=0",
    ]
    with contextlib.suppress(SystemExit):
        atheris.Setup([sys.argv[0], corpus, *options], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
