#!/bin/sh
# End what start.sh or sail.sh started in RUN, by its pids, and forget the secret.
set -eu
run=$1
for file in "$run"/*.pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  # Each leads a group of its own: its executors and their Python end with it. (dash's kill knows no `--`.)
  kill -TERM "-$pid" 2>/dev/null || true
  n=0
  while kill -0 "-$pid" 2>/dev/null; do
    n=$((n + 1))
    [ $n -lt 20 ] || { kill -KILL "-$pid" 2>/dev/null || true; break; }
    sleep 0.5
  done
  rm -f "$file"
done
[ ! -e "$run/secret" ] || { rm -f "$(cat "$run/secret")"; rm -f "$run/secret"; }
