#!/bin/sh
# Builds the core's WASM. Runs inside the Debian root that build-wasm.mjs creates. The sources are in /src/crates, the
# downloaded crates in /src/cargo and the results in /src/target: the paths are the same on every machine, so the result is
# the same, byte for byte.
# usage: build-wasm.sh <cargo profile>
set -eu
export PATH=/usr/bin:/bin LC_ALL=C SOURCE_DATE_EPOCH=0 HOME=/tmp
export CARGO_HOME=/src/cargo CARGO_TARGET_DIR=/src/target CARGO_INCREMENTAL=0
export CC_wasm32_unknown_unknown=clang-19 AR_wasm32_unknown_unknown=/usr/lib/llvm-19/bin/llvm-ar
# libsecp256k1 uses __int128 if clang supports it. On wasm32 that is a library call, three to four times slower.
export CFLAGS_wasm32_unknown_unknown="-O3 -DUSE_FORCE_WIDEMUL_INT64=1"
export RUSTFLAGS="-C linker=wasm-ld-19 -C target-feature=+bulk-memory,+mutable-globals,+sign-ext,+nontrapping-fptoint --remap-path-prefix=/src/cargo=/cargo"
cd /src/crates
exec cargo build --locked --offline --target wasm32-unknown-unknown -p lightning-core-wasm --profile "$1"
