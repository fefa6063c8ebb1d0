"""Asks a standalone master one drawn day, with the driver in this process. Run by test_standalone.

python -m tests.engines.driven ENGINE_YAML STORE SITE    in the environment of deploy/spark/install.sh

SITE holds what that environment lacks (Ibis, DuckDB); it comes last, so that its client of Spark does
not hide the whole pyspark.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    yaml, store, site = sys.argv[1:]
    sys.path.append(site)
    from analyzer.engines import EngineSettings, opened
    from tests.engines.asking import committed, question, table_of
    from tests.engines.hostile import drawn
    from tests.engines.reference import digest
    from tests.engines.test_parity import by_definition, by_engine

    lines = Path(yaml).read_text().splitlines()
    settings = EngineSettings(**dict(line.split(": ", 1) for line in lines))
    rows, day, states = drawn(43, 300)
    with committed(Path(store), [table_of(rows)]) as slices, opened(settings) as engine:
        found = by_engine(question(engine), slices, day, states)
    expected = by_definition(rows, day, states)
    print(json.dumps({"expected": digest(expected), "found": digest(found)}))


if __name__ == "__main__":
    main()
