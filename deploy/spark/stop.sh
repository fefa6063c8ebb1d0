#!/bin/sh
# End what start.sh or sail.sh started in RUN, by its pids, and forget the secret.
set -eu
run=$1
for file in "$run"/*.pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  # Each leads a group of its own: its executors and their Python end with it.
  kill -TERM -- "-$pid" 2>/dev/null || true
  rm -f "$file"
done
[ ! -e "$run/secret" ] || { rm -f "$(cat "$run/secret")"; rm -f "$run/secret"; }
