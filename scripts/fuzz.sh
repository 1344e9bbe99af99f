#!/usr/bin/env bash
# Fuzzes every target for SECONDS_EACH (120) from the kept corpus, AT_ONCE (1) of them at a time, on the stable
# compiler: what coverage needs are plain code generation flags, and without unsafe code there is nothing for a
# sanitizer. Names of targets may be given; without, all run. Whatever crashes is left in fuzz/artifacts/.
# What is found beside the corpus stays in fuzz/found/ and is gone on from in the next run.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${SECONDS_EACH:-120}
host=$(rustc -vV | sed -n 's/^host: //p')
flags="--cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  flags+=" -Cllvm-args=-sanitizer-coverage-$option"
done
RUSTFLAGS=$flags cargo build --locked --release --manifest-path fuzz/Cargo.toml --target "$host"
if [ $# -eq 0 ]; then
  set -- $(basename -s .rs fuzz/fuzz_targets/*.rs)
fi
mkdir -p fuzz/artifacts

fuzz() { # fuzz TARGET
  local program=fuzz/target/$host/release/$1 found=fuzz/found/$1 corpus=fuzz/corpus/$1
  mkdir -p "$found" "$corpus"
  "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="fuzz/artifacts/$1-" "$found" "$corpus" >"fuzz/artifacts/$1.log" 2>&1 ||
    { tail -n 40 "fuzz/artifacts/$1.log"; echo "== $1 crashed"; return 1; }
  echo "== $1: $(sed -n 's/^stat::number_of_executed_units: *//p' "fuzz/artifacts/$1.log") inputs in $seconds s"
}
export -f fuzz
export host seconds
printf '%s\n' "$@" | xargs -P "${AT_ONCE:-1}" -I{} bash -euo pipefail -c 'fuzz {}'
echo "no target crashed"
