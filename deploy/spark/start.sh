#!/bin/sh
# A standalone Spark 4.0 on loopback: a master, two workers, a Spark Connect server. For trials and tests.
#
#   deploy/spark/start.sh RUN            prints the endpoint; RUN gets logs and pids
#   deploy/spark/stop.sh RUN
#
# JAUGE_SPARK      environment of deploy/spark/install.sh (.venv-spark)
# WORKERS, CORES, MEMORY   of each worker (2, 1, 2g)
# CONNECT=no       only the master and its workers: the endpoint is spark://, and the driver who asks needs
#                  SPARK_CONF_DIR=RUN/conf (Spark's password)
# The secret for keys of days is drawn into /dev/shm and its path printed: `secret:` of engine.yaml.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
run=$1
env=${JAUGE_SPARK:-$root/.venv-spark}
workers=${WORKERS:-2} cores=${CORES:-1} memory=${MEMORY:-2g}
umask 077
mkdir -p "$run"
run=$(cd "$run" && pwd)
free() { "$env/bin/python" -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])'; }
[ -x "$env/bin/spark-submit" ] || { echo "no Spark in $env: run deploy/spark/install.sh" >&2; exit 3; }
SPARK_HOME=$("$env/bin/python" -c 'import os, pyspark; print(os.path.dirname(pyspark.__file__))')
export SPARK_HOME SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON="$env/bin/python" SPARK_CONF_DIR="$run/conf"
export SPARK_LOCAL_DIRS="$run/local" PYTHONPATH="$root"
secret="/dev/shm/jauge-$(basename "$run")-$$"
"$root/deploy/spark/secret.sh" "$secret"
echo "$secret" > "$run/secret"
mkdir -p "$SPARK_CONF_DIR"
# Spark's own password is this run's: it stays in a root-only directory and dies with it.
{ cat "$root/deploy/spark/spark-defaults.conf"
  echo "spark.authenticate.secret $(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')"
} > "$SPARK_CONF_DIR/spark-defaults.conf"
master=$(free) connect=$(free)
launch() { # NAME CLASS ARGUMENTS...
  name=$1; shift
  setsid "$SPARK_HOME/bin/spark-class" "$@" > "$run/$name.log" 2>&1 &
  echo $! > "$run/$name.pid"
}
listens() { # PORT NAME
  n=0
  until "$env/bin/python" -c "import socket; socket.create_connection(('127.0.0.1', $1), 1).close()" 2>/dev/null; do
    n=$((n + 1)); [ $n -lt 240 ] && kill -0 "$(cat "$run/$2.pid")" || { tail -5 "$run/$2.log" >&2; exit 70; }
    sleep 0.5
  done
}
launch master org.apache.spark.deploy.master.Master --host 127.0.0.1 --port "$master" --webui-port 0
listens "$master" master
n=1
while [ $n -le "$workers" ]; do
  launch "worker$n" org.apache.spark.deploy.worker.Worker --host 127.0.0.1 --webui-port 0 \
    --cores "$cores" --memory "$memory" --work-dir "$run/work$n" "spark://127.0.0.1:$master"
  n=$((n + 1))
done
if [ "${CONNECT:-yes}" = no ]; then
  printf 'engine: spark\nendpoint: %s\nsecret: %s\n' "spark://127.0.0.1:$master" "$secret" | tee "$run/engine.yaml"
  exit 0
fi
launch connect org.apache.spark.deploy.SparkSubmit --master "spark://127.0.0.1:$master" \
  --conf "spark.executor.memory=${EXECUTOR:-1500m}" --conf spark.driver.memory=1g --conf spark.driver.host=127.0.0.1 \
  --conf spark.connect.grpc.binding.address=127.0.0.1 --conf "spark.connect.grpc.binding.port=$connect" \
  --class org.apache.spark.sql.connect.service.SparkConnectServer spark-internal
listens "$connect" connect
echo "sc://127.0.0.1:$connect" > "$run/endpoint"
printf 'engine: spark\nendpoint: %s\nsecret: %s\n' "$(cat "$run/endpoint")" "$secret" | tee "$run/engine.yaml"
