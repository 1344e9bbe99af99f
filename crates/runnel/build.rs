//! Lays the prebuilt DuckDB library beside the program and tells the linker to look for it there.
//! Promise: no RUSTFLAGS are needed, so build caches stay valid; the program runs from any folder.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=DUCKDB_LIB_DIR");
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN");
    // Test programs lie one folder deeper than the program.
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/..");
    if let Ok(from) = std::env::var("DUCKDB_LIB_DIR") {
        lay_library(&PathBuf::from(from));
    }
}

/// Copies `libduckdb` from the set-up folder to the profile's folder (`target/debug`, …).
fn lay_library(from: &Path) {
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    let Some(profile) = out.ancestors().nth(3) else { return };
    for name in ["libduckdb.so", "libduckdb.dylib"] {
        let source = from.join(name);
        println!("cargo:rerun-if-changed={}", source.display());
        if source.exists() {
            std::fs::copy(&source, profile.join(name))
                .expect("the profile's folder can be written");
        }
    }
}
