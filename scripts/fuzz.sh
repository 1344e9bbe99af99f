#!/usr/bin/env bash
# Fuzzes every target for SECONDS_EACH (120) from the kept corpus, on the stable compiler: what coverage
# needs are plain code generation flags, and without unsafe code there is nothing for a sanitizer.
# Names of targets may be given; without, all run. Whatever crashes is left in fuzz/artifacts/.
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
for target in "$@"; do
  echo "== $target, $seconds s"
  mkdir -p "fuzz/found/$target" "fuzz/corpus/$target"
  "fuzz/target/$host/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=0 -verbosity=0 -artifact_prefix="fuzz/artifacts/$target-" \
    "fuzz/found/$target" "fuzz/corpus/$target"
done
echo "no target crashed"
