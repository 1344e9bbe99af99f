#!/usr/bin/env bash
# Fetches what a build needs and the repository does not hold: the DuckDB library and public data
# about addresses and user agents, into .setup/. Every package is pinned by its hash in
# scripts/knowledge/package-lock.json. Quick when there is nothing to do.
# `setup.sh tests` adds what only tests need: Chromium, OpenSSL, PHP, and the packages of tag/ (pinned likewise).
set -euo pipefail
cd "$(dirname "$0")/.."

need() { # need PROGRAM DEBIAN-PACKAGE: installs the package if the program is missing
  command -v "$1" >/dev/null && return
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  command -v apt-get >/dev/null || { echo "setup: please install $1" >&2; exit 1; }
  echo "setup: installing $2"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "$2" >/dev/null
}

stamp() { # what .setup/ was made from
  cat scripts/knowledge/package-lock.json scripts/knowledge/build.mjs scripts/knowledge/mmdb.mjs scripts/setup.sh | sha256sum
}

fetch() { # the packages, verified against the lock file, without running their scripts
  mkdir -p .setup/packages
  cp scripts/knowledge/package.json scripts/knowledge/package-lock.json .setup/packages/
  npm ci --prefix .setup/packages --ignore-scripts --no-audit --no-fund --loglevel=error
}

lay_duckdb() { # the library that the duckdb crate links
  local library=.setup/packages/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so
  mkdir -p .setup/duckdb
  if [ -f "$library" ]; then
    cmp -s "$library" .setup/duckdb/libduckdb.so || cp "$library" .setup/duckdb/
  else
    echo "setup: no prebuilt DuckDB for $(uname -sm); make builds it from source, which takes long"
  fi
}

test_tools() { # what drives a browser, runs the WordPress plug-in, and builds the universal tag
  need chromium chromium
  need openssl openssl
  need php php-cli
  if [ -d tag/node_modules ] && cmp -s tag/package-lock.json .setup/tag-lock.json; then return; fi
  echo "setup: fetching what the tag is built and tested with"
  npm ci --prefix tag --ignore-scripts --no-audit --no-fund --loglevel=error
  cp tag/package-lock.json .setup/tag-lock.json
}

knowledge() {
  if [ -f .setup/stamp ] && [ -f .setup/knowledge/bots.json ] && [ "$(stamp)" = "$(cat .setup/stamp)" ]; then return; fi
  rm -f .setup/stamp
  echo "setup: fetching the DuckDB library and address data"
  fetch
  lay_duckdb
  rm -rf .setup/knowledge.new
  node scripts/knowledge/build.mjs .setup/packages/node_modules .setup/knowledge.new
  rm -rf .setup/knowledge
  mv .setup/knowledge.new .setup/knowledge
  rm -rf .setup/packages
  stamp >.setup/stamp
}

command -v cargo >/dev/null || { echo "setup: please install Rust 1.95 or later (cargo)" >&2; exit 1; }
need cc build-essential
need node nodejs
need npm npm

knowledge
if [ "${1:-}" = tests ]; then test_tools; fi
