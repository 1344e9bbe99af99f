//! The program itself, as people start it: keys and users beside a data folder, doctor, completions.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn runnel(data: &Path, arguments: &[&str]) -> Output {
    with_input(data, arguments, "")
}

fn with_input(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runnel"));
    command.arg("--data").arg(data).args(arguments).env_remove("RUNNEL_DATA");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A program that reads nothing may have gone by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[track_caller]
fn succeeds(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    said(&output).to_owned()
}

#[test]
fn key_add_prints_the_key_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let key = succeeds(runnel(&data, &["key", "add", "--role", "editor", "--name", "CI"]));
    let key = key.strip_suffix('\n').unwrap();
    assert!(key.starts_with("rk_") && key.len() == 67 && !key.contains('\n'), "{key}");
    let list = succeeds(runnel(&data, &["key", "list"]));
    assert!(list.contains("editor") && list.contains("CI") && !list.contains(key), "{list}");
    let id = list.split_whitespace().next().unwrap();
    succeeds(runnel(&data, &["key", "revoke", id]));
    assert!(succeeds(runnel(&data, &["key", "list"])).contains("revoked"));
}

#[test]
fn a_role_that_does_not_exist_is_refused_with_the_list_of_those_that_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = runnel(folder.path(), &["key", "add", "--role", "root"]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("viewer, analyst, editor, admin, owner")
    );
    assert_eq!(said(&output), "");
}

#[test]
fn users_are_added_with_a_given_or_a_made_password() {
    let folder = tempfile::tempdir().unwrap();
    let add = |email, more: &[&str], input| {
        let mut arguments = vec!["user", "add", "--email", email, "--role", "owner"];
        arguments.extend(more);
        with_input(folder.path(), &arguments, input)
    };
    assert_eq!(succeeds(add("a@example.com", &["--password-stdin"], "a long password\n")), "");
    assert_eq!(succeeds(add("b@example.com", &[], "")).trim_end().len(), 32);
    assert!(!add("a@example.com", &[], "").status.success());
    assert!(!add("c@example.com", &["--password-stdin"], "short\n").status.success());
    let reset = ["user", "reset", "--email", "a@example.com"];
    assert_eq!(succeeds(runnel(folder.path(), &reset)).trim_end().len(), 32);
    let list = succeeds(runnel(folder.path(), &["user", "list"]));
    assert_eq!(list.lines().count(), 2, "{list}");
}

#[test]
fn doctor_names_what_fails_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let any = [("RUNNEL_TRACK", "127.0.0.1:0"), ("RUNNEL_ADMIN", "127.0.0.1:0")];
    let doctor = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runnel"));
        command.arg("--data").arg(folder.path()).arg("doctor").envs(any).output().unwrap()
    };
    let sound = doctor();
    for subject in [
        "data folder",
        "disk space",
        "clock",
        "tracking address",
        "API address",
        "country.mmdb",
        "journal",
        "database",
        "report store",
    ] {
        assert!(said(&sound).contains(subject), "{}", said(&sound));
    }
    assert!(!said(&sound).lines().any(|l| l.contains("database") && l.starts_with("FAIL")));
    std::fs::write(folder.path().join("runnel.db"), "not a database at all".repeat(200)).unwrap();
    let broken = doctor();
    assert!(!broken.status.success());
    let line = said(&broken).lines().find(|line| line.contains("database")).unwrap();
    assert!(line.starts_with("FAIL") && line.contains("restore a backup"), "{line}");
}

#[test]
fn completions_are_made_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeeds(runnel(Path::new("unused"), &["completions", shell]));
        assert!(script.contains("runnel") && script.contains("doctor"), "{shell}");
    }
    assert!(!Path::new("unused").exists());
}
