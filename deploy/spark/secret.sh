#!/bin/sh
# The secret under which keys of days travel to executors: drawn anew each time that an engine starts.
#
#   deploy/spark/secret.sh FILE      FILE lies in memory (a tmpfs such as /run or /dev/shm), root-only
#
# On several machines: draw it on one, copy it to the others over a channel that you trust, never to a disk.
set -eu
file=$1
umask 077
mkdir -p "$(dirname "$file")"
case $(stat -f -c %T "$(dirname "$file")") in
  tmpfs|ramfs) ;;
  *) echo "$file: not in memory; choose a place below /run or /dev/shm" >&2; exit 2 ;;
esac
rm -f "$file"
head -c 32 /dev/urandom > "$file"
