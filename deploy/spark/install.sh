#!/bin/sh
# An environment for executors of Spark: pyspark with its Java programs, and Jauge for the tasks.
#
#   deploy/spark/install.sh [DIRECTORY]      (.venv-spark; 434 MB to download, 0.9 GB on disk; needs Java 17)
#
# Every file is checked against its hash (locks/spark.lock). pyspark is published as source only: pure
# Python and jars, which setuptools packs without compiling.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
where=${1:-$root/.venv-spark}
command -v java >/dev/null || { echo "Java 17 is missing. On Debian: apt-get install openjdk-17-jre-headless" >&2; exit 3; }
[ -x "$where/bin/pip" ] || python3 -m venv "$where"
pip="$where/bin/pip install -q --disable-pip-version-check"
$pip --require-hashes --only-binary :all: -r "$root/locks/build.lock"
$pip --require-hashes --only-binary :all: --no-binary pyspark --no-build-isolation -r "$root/locks/spark.lock"
$pip --no-deps --no-build-isolation --no-index -e "$root"
echo "ready: $where"
