#!/usr/bin/env bash
# Installs or builds the peers of `npm run peers`, each where it can be had: Debian packages (as root), programs on published modules.
# Nothing here is needed by the engine; a peer that is missing is left out of the report.
set -uo pipefail
cd "$(dirname "$0")"
build=${SOTH_PEERS_BUILD:-$PWD/../../.peers}
mkdir -p "$build"

attempt() { # attempt NAME COMMAND…
  local name=$1
  shift
  if "$@" >"$build/install.log" 2>&1; then echo "have: $name"; else echo "left out: $name: $(tail -n 1 "$build/install.log")"; fi
}

debian() { # debian COMMAND PACKAGE
  command -v "$1" >/dev/null 2>&1 && return
  [ "$(id -u)" -eq 0 ] || { echo "installing needs root"; return 1; }
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$2"
}

go_program() { (cd "$1" && go build -o "$build/$1" .); }

rust_program() { # rust_program NAME [FEATURES]
  (cd hudsucker && CARGO_TARGET_DIR="$build/cargo" cargo build --release --locked --features "${2:-}") &&
    cp "$build/cargo/release/soth-peer-hudsucker" "$build/$1"
}

npm_programs() { mkdir -p "$build/npm" && cp npm/package.json npm/package-lock.json npm/*.mjs "$build/npm/" && (cd "$build/npm" && npm install --omit=optional --no-audit --no-fund); }

PATH="$PATH:/usr/sbin:/usr/local/go/bin:$HOME/.cargo/bin"
command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" -eq 0 ] && timeout 120 apt-get update -qq >/dev/null 2>&1
attempt nginx debian nginx nginx-light
[ "${1:-}" = nginx ] && exit 0
attempt squid debian squid squid-openssl
attempt mitmproxy debian mitmdump mitmproxy
attempt haproxy debian haproxy haproxy
attempt goproxy go_program goproxy
attempt martian go_program martian
attempt hudsucker rust_program soth-peer-hudsucker
attempt "hudsucker with HTTP/2" rust_program soth-peer-hudsucker-http2 http2
attempt "mockttp, http-mitm-proxy" npm_programs
