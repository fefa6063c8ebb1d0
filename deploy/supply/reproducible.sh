#!/bin/bash
# Builds the wheel and the Debian package of HEAD twice, in two directories of different names, and compares the
# bytes: deploy/supply/reproducible.sh [DIR]. Exit 0 when both are the same, 1 with the files that differ.
# Packages are downloaded once (every file against its hash); WHEELS=DIR takes them from there. No root needed.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
python=$here/.venv/bin/python
work=${1:-$(mktemp -d -t jauge-twice-XXXXXX)}
commit=$(git rev-parse HEAD)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
"$python" -m pip --version > /dev/null
if [ -z "${WHEELS:-}" ]; then
  WHEELS=$work/wheels
  mkdir -p "$WHEELS"
  "$python" deploy/deb/locked.py locks/run.lock scapy > "$work/run.lock"
  "$python" -m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all: --no-deps \
    --dest "$WHEELS" -r "$work/run.lock"
fi
export WHEELS
for place in one a-second-place-with-a-longer-name; do
  rm -rf "${work:?}/$place"
  git clone --quiet --local --no-hardlinks "$here" "$work/$place"
  git -C "$work/$place" checkout --quiet --detach "$commit"
  ln -s "$here/.venv" "$work/$place/.venv"
  (cd "$work/$place" && umask "$([ "$place" = one ] && echo 022 || echo 027)" && deploy/deb/build.sh > /dev/null)
done
same=0
for made in dist/jauge_*.deb build/deb/wheel/jauge-*.whl; do
  one=$(echo "$work"/one/$made) other=$(echo "$work"/a-second*/$made)
  if cmp -s "$one" "$other"; then
    echo "same  $(sha256sum < "$one" | cut -c1-64)  $(stat -c %s "$one")  ${one##*/}"
  else
    same=1
    echo "differ  ${one##*/}"
    [ "${made##*.}" != deb ] || diff -rq "$work/one/build/deb/root" "$work"/a-second*/build/deb/root | head -20 || true
  fi
done
[ -n "${1:-}" ] || rm -rf "$work"
exit $same
