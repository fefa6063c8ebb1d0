"""A Spark Connect server, of Spark or of Sail, or a standalone Spark master. I/O.

The analyzer is a client: it sends SQL that Ibis compiled, and takes Arrow. Executors open the day
files themselves (`analyzer.engines.tasks`). The session's clock is UTC. Zones, sites, lists and
minutes are small, and every join with them is marked as a broadcast.

Spark writes shuffles and what does not fit to its disks: a session whose Spark would write them in
the clear is refused. Sail writes nothing (deploy/spark/sail.sh tells it so; it cannot be asked).
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pyarrow as pa

from analyzer.engines import shelf
from analyzer.engines.refused import EngineRefused
from analyzer.engines.settings import EngineSettings
from analyzer.engines.slices import Slices, StoredSlices
from analyzer.engines.tasks import WIRE, FilePart, reading
from analyzer.views import Read, Views
from privacy.store.commit import parquet_key
from privacy.store.lent import SecretRefused, shared_secret, wrap

ROWS_OF_A_PARTITION: Final = 500_000
"""Seconds of work, and little to do again when an executor is lost; a day has many small files."""
CONNECT_S: Final = 5.0
ENCRYPTED: Final = "spark.io.encryption.enabled"
DRIVEN: Final = {
    ENCRYPTED: "true",
    # Spark refuses to start with the one and not the other; its password is in spark-defaults.conf.
    "spark.network.crypto.enabled": "true",
    "spark.authenticate": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.ui.enabled": "false",
    "spark.eventLog.enabled": "false",
    # The charter becomes methods that Java would not compile otherwise.
    "spark.executor.extraJavaOptions": "-XX:-DontCompileHugeMethods",
}
"""What a session says whose driver is this process; with a Connect server, the server's files say it."""
_INSTALL: Final = "pip install 'jauge[distributed]'"
_SPARK_TYPES: Final = {
    pa.int8(): "tinyint", pa.int32(): "int", pa.int64(): "bigint", pa.float32(): "float",
    pa.bool_(): "boolean", pa.string(): "string", pa.timestamp("us", "UTC"): "timestamp",
}  # fmt: skip
_COLUMNS: Final = ", ".join(f"{field.name} {_SPARK_TYPES[field.type]}" for field in WIRE)


class Distributed:
    """A session of a distributed engine.

    Args:
        connection: Ibis' pyspark backend.
        session: the Spark session that it works with.
        settings: where executors find files, and under which secret keys travel.
    """

    dialect: Final = "pyspark"

    def __init__(self, connection: Any, session: Any, settings: EngineSettings) -> None:
        self._connection = connection
        self._session = session
        self._settings = settings
        self._views: Views | None = None

    def define(self, views: Views) -> None:
        """See `Engine`."""
        self._views = views
        for name, table in views.words.items():
            self._small(name, table)

    def load(self, slices: Slices, minutes: pa.Table) -> None:
        """See `Engine`."""
        self._small(Read.MINUTES, minutes)
        if isinstance(slices, StoredSlices):
            frame = self._opened(slices)
        else:
            frame = self._session.createDataFrame(_held(slices), _COLUMNS)
        frame.createOrReplaceTempView(Read.SLICES)
        noticed = self._session.sql(self._known.sql[Read.NOTICED])
        noticed.createOrReplaceTempView(Read.NOTICED)

    def ask(self, name: str, *, by_device: bool) -> pa.Table:  # noqa: ARG002 - executors share a window's rows
        """See `Engine`."""
        query = self._known.sql[name]
        with _refusals(self._settings.endpoint):
            answer = self._connection.raw_sql(query).toArrow()
        return answer.cast(self._known.schemas[name])

    @property
    def _known(self) -> Views:
        if self._views is None:
            raise ValueError("nothing is defined")
        return self._views

    def _small(self, name: str, table: pa.Table) -> None:
        from pyspark.sql import functions

        with _refusals(self._settings.endpoint):
            frame = self._session.createDataFrame(_in_microseconds(table))
            functions.broadcast(frame).createOrReplaceTempView(name)

    def _opened(self, slices: StoredSlices) -> Any:
        """Return the rows of a day's files as a frame whose tasks executors run."""
        partitions = tuple(_partitions(slices, self._settings))
        if _has_master(self._session):
            # By default each partition writes 200 files for each grouping: as many as there are partitions do as well.
            self._session.conf.set("spark.sql.shuffle.partitions", str(len(partitions)))
        numbers = self._session.range(0, len(partitions), 1, len(partitions))
        return numbers.mapInArrow(reading(partitions, self._settings.secret), _COLUMNS)


def _held(slices: Slices) -> pa.Table:
    return slices.dataset.to_table().select(WIRE.names).cast(WIRE)


def _in_microseconds(table: pa.Table) -> pa.Table:
    timed = [
        field.with_type(pa.timestamp("us", "UTC")) if pa.types.is_timestamp(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(timed))


def _partitions(slices: StoredSlices, settings: EngineSettings) -> Iterator[tuple[FilePart, ...]]:
    """Yield what one executor reads at a time: parts of large files, several small ones together."""
    addresses = shelf.addresses(slices, settings.slices)
    partition: list[FilePart] = []
    rows = 0
    for segment, address in zip(slices.segments, addresses, strict=True):
        lent = _lent(slices, segment.record, segment.day, settings)
        parts = max(1, -(-segment.rows // ROWS_OF_A_PARTITION))
        for part in range(parts):
            if partition and rows + segment.rows // parts > ROWS_OF_A_PARTITION:
                yield tuple(partition)
                partition, rows = [], 0
            partition.append(
                FilePart(address, slices.school, segment.day.isoformat(), part, parts, lent)
            )
            rows += segment.rows // parts
    if partition:
        yield tuple(partition)


def _lent(slices: StoredSlices, record: str, day: date, settings: EngineSettings) -> bytes | None:
    key = parquet_key(slices.reader.keys, record, day)
    if key is None:
        return None
    try:
        secret = shared_secret(Path(settings.secret))
    except SecretRefused as refused:
        raise EngineRefused(str(refused)) from None
    return wrap(key, secret, school=slices.school, day=day.isoformat())


@contextmanager
def _refusals(endpoint: str | None) -> Iterator[None]:
    """Turn what the client raises into a refusal; messages of engines may hold values, so none is told."""
    import grpc
    from pyspark.errors import PySparkException

    try:
        yield
    except grpc.RpcError as error:
        code = error.code().name if hasattr(error, "code") else "UNKNOWN"
        raise EngineRefused(_gave_up(endpoint, code)) from None
    except (PySparkException, *_of_java()) as error:
        known = "SecretRefused" in str(error)
        reason = "SecretRefused: the executors' secret is missing or another" if known else None
        raise EngineRefused(_gave_up(endpoint, reason or type(error).__name__)) from None


def _gave_up(endpoint: str | None, reason: str) -> str:
    return (
        f"{endpoint}: the engine gave up ({reason}); look at its own log, then run the command again, "
        "or write `engine: duckdb` in engine.yaml"
    )


def _session(endpoint: str) -> Any:
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise EngineRefused(
            f"`engine: spark` needs packages that are missing: {_INSTALL}"
        ) from None
    _check_there(endpoint)
    if endpoint.startswith("sc://"):
        session = SparkSession.builder.remote(endpoint).create()
        _be_brief(session)
        return session
    return _driven_here(endpoint)


def _driven_here(endpoint: str) -> Any:
    """Return a session of a standalone master, whose driver is this process: whole pyspark and Java."""
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession
    from pyspark.util import is_remote_only

    if is_remote_only():
        raise EngineRefused(
            f"{endpoint}: a standalone master needs Java 17 and the whole of pyspark on this machine "
            "(pip install 'pyspark==4.0.5' in place of pyspark-client); or start its Connect server and "
            "write `endpoint: sc://host:15002`"
        )
    # Executors need Jauge, which is seldom in their machines' first Python: same place as here, unless told.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(endpoint).appName("jauge")
    for name, value in DRIVEN.items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except (PySparkException, *_of_java()) as error:
        raise EngineRefused(_gave_up(endpoint, f"{type(error).__name__} at the start")) from None


def _of_java() -> tuple[type[Exception], ...]:
    """Return what a driver in this process raises; nothing of the kind where there is only a client."""
    try:
        from py4j.protocol import Py4JError
    except ImportError:
        return ()
    return (Py4JError,)


def _check_there(endpoint: str) -> None:
    """Ask for a connection before the client does, which would try for ten minutes."""
    place = urlsplit(endpoint)
    try:
        socket.create_connection((place.hostname, place.port), timeout=CONNECT_S).close()
    except OSError as error:
        raise EngineRefused(
            f"{endpoint}: nobody answers there ({error.strerror or 'no answer'}); start the engine "
            "(deploy/spark), or write `engine: duckdb` in engine.yaml"
        ) from None


def _be_brief(session: Any) -> None:
    """Try again for about twenty seconds when the server goes away, not for ten minutes."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    session.client.set_retry_policies([DefaultPolicy(max_retries=5)])


@contextmanager
def opened(settings: EngineSettings) -> Iterator[Distributed]:
    """Open a session.

    Raises:
        EngineRefused: it cannot be reached, or would write in the clear.
    """
    import ibis

    endpoint = settings.endpoint or ""
    session = _session(endpoint)
    try:
        with _refusals(endpoint):
            connection = ibis.pyspark.connect(session)
            _check_disks(session, endpoint)
        yield Distributed(connection, session, settings)
    finally:
        with suppress(Exception):  # the server may be gone: nothing is lost with it
            session.stop()


def _has_master(session: Any) -> bool:
    """Say whether this is Spark itself; Sail has no master."""
    return session.conf.get("spark.master", None) is not None


def _check_disks(session: Any, endpoint: str) -> None:
    """Refuse a Spark that would write shuffles in the clear; Sail writes none."""
    if _has_master(session) and session.conf.get(ENCRYPTED, "false") != "true":
        raise EngineRefused(
            f"{endpoint}: this Spark would write slices in the clear to its disks; start it with "
            f"{ENCRYPTED}=true (deploy/spark/spark-defaults.conf)"
        )
