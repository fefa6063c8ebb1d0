#!/bin/bash
# Builds dist/jauge_VERSION_ARCH.deb: Jauge in a virtual environment of its own under /opt/jauge, from the
# locked packages (every file checked against its hash). Needs pip's index or a folder of wheels
# (WHEELS=DIR, then nothing is downloaded); the package itself installs without a network.
# The same commit gives the same bytes, wheel and package, wherever and whenever it is built:
# deploy/supply/reproducible.sh builds twice and compares.
set -euo pipefail
umask 022
cd "$(dirname "$0")/../.."
here=.venv/bin/python
staging=${STAGING:-build/deb}
root=$staging/root
venv=$root/opt/jauge/venv
version=$($here -c 'import tomllib; print(tomllib.load(open("pyproject.toml","rb"))["project"]["version"])')
python=$($here -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
interpreter=/usr/bin/$python
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
pip=(--quiet --disable-pip-version-check --no-cache-dir -q)
[ -z "${WHEELS:-}" ] || pip+=(--no-index --find-links "$WHEELS")

rm -rf "$staging" && mkdir -p "$root" "$staging/wheel" "$root/DEBIAN" "$staging/source"
# The wheel is made of the tracked files alone, with modes of their own: neither what an earlier build left
# nor the umask of the checkout is in it.
git ls-files -z | xargs -0 cp --parents --no-preserve=mode -t "$staging/source"
# Scapy is GPL-2.0-only and in no package that serves (docs/adr/0002).
$here deploy/deb/locked.py locks/run.lock scapy > "$staging/run.lock"
$here -m pip wheel "${pip[@]}" --no-deps --no-build-isolation --no-index --wheel-dir "$staging/wheel" "$staging/source"

"$interpreter" -m venv --without-pip --symlinks "$venv"
ln -sf "$interpreter" "$venv/bin/python3"
site=$venv/lib/$python/site-packages
$here -m pip install "${pip[@]}" --require-hashes --only-binary :all: --no-compile --target "$site" -r "$staging/run.lock"
# By name, not by file: pip would write down where the file lay.
$here -m pip install "${pip[@]}" --no-deps --no-index --find-links "$staging/wheel" --no-compile --target "$site" "jauge==$version"
# Programs that pip makes name the interpreter of this checkout; none is shipped, and no list says how it looked.
find "$site" -path '*.dist-info/RECORD' -exec sed -i '/^\.\.\/\.\.\/bin\//d' {} +
$here -m simulator pool "$site/simulator/pool.npz" > /dev/null   # `jauge selftest` needs no Scapy there
rm -rf "${site:?}/bin" && find "$site" -type d -name tests -path '*/tests' -prune -exec rm -rf {} +
find "$venv/bin" -type f -delete   # activation scripts: a service needs none
cp --no-preserve=mode deploy/bin/jauge "$venv/bin/jauge"
printf 'home = /usr/bin\ninclude-system-site-packages = false\n' > "$venv/pyvenv.cfg"
$here -m compileall -q -j 2 -s "$root" -p / --invalidation-mode unchecked-hash "$site" || true

install -D -m 0644 -t "$root/usr/lib/systemd/system" deploy/systemd/*.service deploy/systemd/*.timer
# The one interpreter that a unit may execute is the one that the package depends on.
sed -i "s|/usr/bin/python3\.11|$interpreter|" "$root"/usr/lib/systemd/system/*.service
install -D -m 0644 deploy/systemd/jauge.sysusers "$root/usr/lib/sysusers.d/jauge.conf"
install -D -m 0644 deploy/systemd/jauge.tmpfiles "$root/usr/lib/tmpfiles.d/jauge.conf"
install -D -m 0644 deploy/systemd/jauge.default "$root/etc/default/jauge"
install -D -m 0644 deploy/caddy/Caddyfile "$root/usr/share/doc/jauge/Caddyfile"
install -D -m 0644 -t "$root/usr/share/doc/jauge/hub" deploy/hub/*   # for a hub's machine; nothing starts them
$here deploy/deb/documents.py "$staging/source" "$root/usr/share/doc/jauge"   # ends the build at a dead link
install -D -m 0755 deploy/bin/jauge-admin "$root/usr/sbin/jauge-admin"
install -D -m 0644 -t "$root/usr/share/doc/jauge" deploy/prometheus/jauge.rules.yml
$here deploy/supply/sbom.py "$staging/run.lock" deploy/supply/licences.toml "$version" > "$root/usr/share/doc/jauge/sbom.cdx.json"
mkdir -p "$root/usr/bin" && ln -s /opt/jauge/venv/bin/jauge "$root/usr/bin/jauge"

# KiB as Debian's policy counts them: files rounded up, 1 for anything else; `du` asks the file system.
size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' | awk '{n += int(($1 + 1023) / 1024)} END {print n}')
store=$($here -c 'from privacy.store import layout, manifest; print(layout.MANIFEST, manifest.FORMAT)')
fill() { sed -e "s/@VERSION@/$version/g" -e "s/@PYTHON@/$python/" -e "s/@SIZE@/$size/" \
  -e "s/@MANIFEST@/${store% *}/g" -e "s/@FORMAT@/${store#* }/g" \
  -e "s/@ARCHITECTURE@/$(dpkg --print-architecture)/" "$1"; }
fill deploy/deb/control.in > "$root/DEBIAN/control"
fill deploy/deb/preinst.in > "$root/DEBIAN/preinst"
cp deploy/deb/postinst deploy/deb/prerm deploy/deb/postrm "$root/DEBIAN/"
echo /etc/default/jauge > "$root/DEBIAN/conffiles"
chmod 0755 "$venv/bin/jauge" "$root/DEBIAN/preinst" "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
chmod -R u+rwX,go+rX,go-w "$root"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
mkdir -p dist
dpkg-deb --root-owner-group -Zzstd -z3 --build "$root" "dist/jauge_${version}_$(dpkg --print-architecture).deb"
