#!/bin/sh
# Sail on loopback: a Spark Connect server in Rust, one process, no Java. For trials, tests, a regional point.
#
#   deploy/spark/sail.sh RUN             prints engine.yaml; RUN gets log and pid; end it with stop.sh RUN
#
# SAIL_PYTHON   a Python with pysail and Jauge (.venv)
# Sail writes nothing to a disk here: what does not fit into memory is refused, not spilled.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
run=$1
python=${SAIL_PYTHON:-$root/.venv/bin/python}
umask 077
mkdir -p "$run"
run=$(cd "$run" && pwd)
secret="/dev/shm/jauge-$(basename "$run")-$$"
"$root/deploy/spark/secret.sh" "$secret"
echo "$secret" > "$run/secret"
port=$("$python" -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
SAIL_RUNTIME__TEMPORARY_FILES__MAX_SIZE=0 RUST_LOG=${RUST_LOG:-error} PYTHONPATH=$root setsid \
  "$python" -m pysail spark server --ip 127.0.0.1 --port "$port" > "$run/sail.log" 2>&1 &
echo $! > "$run/sail.pid"
n=0
until "$python" -c "import socket; socket.create_connection(('127.0.0.1', $port), 1).close()" 2>/dev/null; do
  n=$((n + 1)); [ $n -lt 120 ] && kill -0 "$(cat "$run/sail.pid")" || { tail -5 "$run/sail.log" >&2; exit 70; }
  sleep 0.5
done
echo "sc://127.0.0.1:$port" > "$run/endpoint"
printf 'engine: spark\nendpoint: %s\nsecret: %s\n' "$(cat "$run/endpoint")" "$secret" | tee "$run/engine.yaml"
