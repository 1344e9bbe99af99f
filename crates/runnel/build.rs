//! Lays what set-up fetched beside the program: the prebuilt DuckDB library, where the linker tells
//! it to look, and the folder of address and user-agent data.
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
    println!("cargo:rerun-if-env-changed=RUNNEL_KNOWLEDGE");
    if let Ok(from) = std::env::var("RUNNEL_KNOWLEDGE") {
        lay_knowledge(&PathBuf::from(from));
    }
}

/// Copies `libduckdb` from the set-up folder to the profile's folder (`target/debug`, …).
fn lay_library(from: &Path) {
    let profile = profile_folder();
    for name in ["libduckdb.so", "libduckdb.dylib"] {
        let source = from.join(name);
        println!("cargo:rerun-if-changed={}", source.display());
        if source.exists() {
            replace(&source, &profile.join(name));
        }
    }
}

/// Copies the files of the knowledge folder to `knowledge` in the profile's folder.
fn lay_knowledge(from: &Path) {
    let to = profile_folder().join("knowledge");
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        println!("cargo:rerun-if-changed={}", entry.path().display());
        std::fs::create_dir_all(&to).expect("the profile's folder can be written");
        replace(&entry.path(), &to.join(entry.file_name()));
    }
}

fn profile_folder() -> PathBuf {
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets OUT_DIR"));
    out.ancestors().nth(3).expect("OUT_DIR lies below the profile's folder").to_owned()
}

/// Puts a fresh file in place by renaming: a program that runs has the old one mapped, and writing
/// into that would end it.
fn replace(source: &Path, target: &Path) {
    let fresh = target.with_extension("fresh");
    std::fs::copy(source, &fresh).expect("the profile's folder can be written");
    std::fs::rename(&fresh, target).expect("the profile's folder can be written");
}
