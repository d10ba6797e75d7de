//! What serves, changed while the binary serves: a folder that is watched, kills in the middle of a change, a disk that takes
//! nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{asked, copy, err, maple, out, replace, root, text};
use tempfile::TempDir;

struct Place {
    dir: TempDir,
}

struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const COUNTY: &str = "policies/cn/zhejiang/jinhua/yongkang/pack.toml";

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        copy(&root().join("policies"), &dir.path().join("policies"));
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self, policies: &Path, more: &[&str]) -> Command {
        let database = format!("sqlite://{}", text(&self.path("maple.sqlite")));
        let words = ["serve", "--listen", "127.0.0.1:0", "--database", &database, "--policies", &text(policies)];
        let mut command = maple(&[&words[..], more].concat());
        command.env("MAPLE_PLUGINS", "plugins");
        command
    }

    fn serve(&self, policies: &Path, more: &[&str]) -> Server {
        let mut child = self.command(policies, more).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the server ended before it served").unwrap();
            if let Some(address) = line.strip_prefix("serving on http://") {
                break address.to_owned();
            }
        };
        thread::spawn(move || lines.for_each(drop));
        Server { child, address }
    }
}

impl Server {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ask(&self, head: &str, body: &str) -> std::io::Result<(u16, Value)> {
        asked(&self.address, "", head, body)
    }

    fn generation(&self) -> u64 {
        self.ask("GET /v1/status", "").unwrap().1["serving"]["generation"].as_u64().unwrap()
    }

    fn ready(&self) -> Value {
        self.ask("GET /health/ready", "").unwrap().1
    }

    fn decide(&self) -> (u16, Value) {
        self.ask("POST /v1/evaluate", &fs::read_to_string(root().join("core/cli/src/example.json")).unwrap()).unwrap()
    }
}

#[track_caller]
fn within(seconds: u64, what: &str, mut true_now: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !true_now() {
        assert!(Instant::now() < until, "{what} within {seconds} s");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_watched_folder_is_put_in_force_when_it_passes_and_told_of_when_it_does_not() {
    let place = Place::new();
    let server = place.serve(&place.path("policies"), &["--watch"]);
    assert_eq!(server.generation(), 1);
    replace(&place.path(COUNTY), "\ntitle", "\n# edited\ntitle");
    within(20, "the edited folder serves", || server.generation() == 2);
    fs::write(place.path("policies/cn/zhejiang/jinhua/yongkang/broken.toml"), "[[rule]]\nid = 7\n").unwrap();
    within(20, "the broken folder is told of", || server.ready()["status"] == "degraded");
    assert!(server.ready()["reasons"][0].as_str().unwrap().contains("folder of policies"), "{}", server.ready());
    let (status, decision) = server.decide();
    assert_eq!((status, &decision["decision"]["generation"]), (200, &json!(2)), "the last good one goes on");
    fs::remove_file(place.path("policies/cn/zhejiang/jinhua/yongkang/broken.toml")).unwrap();
    within(20, "the mended folder is well again", || server.ready()["status"] == "ready");
    // Only the time of a file changed: nothing to do.
    replace(&place.path(COUNTY), "# edited", "# edited");
    thread::sleep(Duration::from_millis(1_500));
    assert_eq!(server.generation(), 2);
}

#[test]
fn a_folder_behind_a_link_is_noticed_when_the_link_leads_elsewhere() {
    // As Kubernetes mounts a ConfigMap: each entry is a link through `..data`, which leads to a folder of its own and is
    // exchanged as a whole.
    let place = Place::new();
    let mounted = place.path("mounted");
    copy(&place.path("policies"), &mounted.join("..2026_11_23"));
    copy(&place.path("policies"), &mounted.join("..2026_11_24"));
    replace(&mounted.join("..2026_11_24/cn/zhejiang/jinhua/yongkang/pack.toml"), "\ntitle", "\n# the next\ntitle");
    std::os::unix::fs::symlink("..2026_11_23", mounted.join("..data")).unwrap();
    for entry in fs::read_dir(mounted.join("..2026_11_23")).unwrap() {
        let name = entry.unwrap().file_name();
        std::os::unix::fs::symlink(Path::new("..data").join(&name), mounted.join(&name)).unwrap();
    }
    let server = place.serve(&mounted, &["--watch"]);
    std::os::unix::fs::symlink("..2026_11_24", mounted.join("..data_tmp")).unwrap();
    fs::rename(mounted.join("..data_tmp"), mounted.join("..data")).unwrap();
    within(20, "what the link leads to serves", || server.generation() == 2);
}

#[test]
fn what_is_written_in_place_under_its_old_time_is_noticed() {
    let place = Place::new();
    let file = place.path(COUNTY);
    replace(&file, "\ntitle", "\n# one\ntitle");
    let server = place.serve(&place.path("policies"), &["--watch"]);
    let before = fs::metadata(&file).unwrap();
    replace(&file, "# one", "# two");
    fs::File::options().write(true).open(&file).unwrap().set_modified(before.modified().unwrap()).unwrap();
    let after = fs::metadata(&file).unwrap();
    use std::os::unix::fs::MetadataExt;
    let known = |data: &fs::Metadata| (data.len(), data.modified().unwrap(), data.ino());
    assert_eq!(known(&before), known(&after), "nothing but what stands in it tells them apart");
    within(30, "what was written serves", || server.generation() == 2);
}

#[test]
fn killed_in_the_middle_of_changes_it_begins_wholly_before_or_wholly_after() {
    let place = Place::new();
    copy(&place.path("policies"), &place.path("other"));
    replace(&place.path("other/cn/zhejiang/jinhua/yongkang/pack.toml"), "\ntitle", "\n# the other\ntitle");
    let mut last = 0;
    for round in 0..4_u64 {
        let mut server = place.serve(&place.path("policies"), &[]);
        let generation = server.generation();
        assert!(generation >= last.max(1), "generations never go back: {generation} after {last}");
        let (status, decision) = server.decide();
        assert_eq!((status, &decision["decision"]["generation"]), (200, &json!(generation)));
        let bundle = {
            let folder = if round % 2 == 0 { "other" } else { "policies" };
            let words = ["publish", &text(&place.path(folder)), "--json", "--server", &server.url()];
            let output = maple(&words).env("MAPLE_PLUGINS", "plugins").output().unwrap();
            assert!(output.status.success(), "{}{}", out(&output), err(&output));
            serde_json::from_str::<Value>(&out(&output)).unwrap()["bundle"].as_str().unwrap().to_owned()
        };
        // Killed somewhere between the request and its answer, each time a little later.
        let order = json!({ "bundle": bundle, "replaces": generation, "why": "a kill" }).to_string();
        let told = thread::scope(|scope| {
            let asked = scope.spawn(|| server.ask("POST /v1/activations", &order).map(|(status, _)| status));
            thread::sleep(Duration::from_millis(round * 4));
            // SIGKILL: nothing is tidied up.
            let _ = Command::new("kill").args(["-9", &server.child.id().to_string()]).status();
            asked.join().unwrap()
        });
        server.child.wait().unwrap();
        let again = place.serve(&place.path("policies"), &[]);
        last = again.generation();
        assert!(last == generation || last == generation + 1, "{last} after {generation}");
        if matches!(told, Ok(201)) {
            assert_eq!(last, generation + 1, "what was told is kept");
        }
        let (status, decision) = again.decide();
        assert_eq!((status, &decision["decision"]["generation"]), (200, &json!(last)));
        let (_, replay) = again
            .ask(&format!("POST /v1/decisions/{}/replay", decision["decision"]["id"].as_str().unwrap()), "")
            .unwrap();
        assert_eq!(replay["same"], true);
    }
    let database = format!("sqlite://{}", text(&place.path("maple.sqlite")));
    let verified = maple(&["audit", "verify", "--database", &database]).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), err(&verified));
}

/// Kills a process the n-th time that one of its threads writes to the disk or waits for it; none where the system lets
/// nobody do that, which is told.
fn killer(server: &Server, step: u32) -> Option<Child> {
    let (calls, inject) = ("pwrite64,fdatasync", format!("inject=pwrite64,fdatasync:signal=SIGKILL:when={step}"));
    let mut command = Command::new("strace");
    command.args(["-f", "-q", "-e", &format!("trace={calls}"), "-e", &inject, "-o", "/dev/null"]);
    let child =
        command.args(["-p", &server.child.id().to_string()]).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "strace is required and not installed");
        eprintln!("strace is not installed: no process is killed at each step of an activation");
        return None;
    };
    let traced = format!("/proc/{}/status", server.child.id());
    let tracer = format!("TracerPid:\t{}\n", child.id());
    let until = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(&traced).unwrap_or_default().contains(&tracer) {
        if Instant::now() > until || child.try_wait().unwrap().is_some() {
            let _ = child.kill();
            let _ = child.wait();
            assert!(
                std::env::var_os("MAPLE_REQUIRE_SERVICES").is_none(),
                "a process must be let look into another (ptrace), and may not"
            );
            eprintln!("no process may look into another here: none is killed at each step of an activation");
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
    Some(child)
}

#[test]
fn killed_at_each_step_of_an_activation_it_begins_wholly_before_or_wholly_after() {
    let place = Place::new();
    copy(&place.path("policies"), &place.path("other"));
    replace(&place.path("other/cn/zhejiang/jinhua/yongkang/pack.toml"), "\ntitle", "\n# the other\ntitle");
    let mut server = place.serve(&place.path("policies"), &[]);
    let bundles: Vec<String> = ["other", "policies"]
        .iter()
        .map(|folder| {
            let words = ["publish", &text(&place.path(folder)), "--json", "--server", &server.url()];
            let output = maple(&words).env("MAPLE_PLUGINS", "plugins").output().unwrap();
            assert!(output.status.success(), "{}{}", out(&output), err(&output));
            serde_json::from_str::<Value>(&out(&output)).unwrap()["bundle"].as_str().unwrap().to_owned()
        })
        .collect();
    let (mut before, mut after) = (0, 0);
    for step in 1.. {
        assert!(step < 100, "an activation has an end");
        let generation = server.generation();
        let bundle = &bundles[step as usize % 2];
        let Some(mut killer) = killer(&server, step) else { return };
        let order = json!({ "bundle": bundle, "replaces": generation, "why": "a kill" }).to_string();
        let told = server.ask("POST /v1/activations", &order).map(|(status, _)| status);
        // Killed it is gone; what came through to its end is let go again.
        let whole = matches!(told, Ok(201));
        let _ = killer.kill();
        let _ = killer.wait();
        let _ = server.child.kill();
        server.child.wait().unwrap();
        server = place.serve(&place.path("policies"), &[]);
        let now = server.generation();
        assert!(now == generation || now == generation + 1, "step {step}: {now} after {generation}");
        assert!(!whole || now == generation + 1, "step {step}: what was told is kept");
        let (status, decision) = server.decide();
        assert_eq!((status, &decision["decision"]["generation"]), (200, &json!(now)), "step {step}");
        if now == generation {
            before += 1
        } else {
            after += 1
        }
        // What is not told and not killed would be counted as well; whatever was told is the end of its steps.
        if whole {
            break;
        }
    }
    assert!(before > 0 && after > 0, "{before} times before, {after} times after");
    let database = format!("sqlite://{}", text(&place.path("maple.sqlite")));
    let verified = maple(&["audit", "verify", "--database", &database]).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), err(&verified));
}

/// A policy that is filed to be silent was never tried while it counts: whoever lets it count has it tried then.
#[test]
fn a_policy_from_the_shadow_passes_the_gate_before_it_counts() {
    let place = Place::new();
    let server = place.serve(&place.path("policies"), &[]);
    let edited = place.path("edited");
    copy(&place.path("policies"), &edited);
    let table = "[target]\nkinds = [\"contract.*\"]\n[[rule]]\nid = \"G1\"\n\
                 summary = { zh = \"法律援助。\", en = \"Legal aid for whoever does not refuse.\" }\n\
                 when = { not = { any = { consent = \"no\" } } }\nthen = [{ offer = \"legal_aid\" }]\n\
                 basis = [\"cn.peoples_mediation.17\"]\n";
    let (file, folder) = (edited.join("cn/zhejiang/jinhua/yongkang/silent.toml"), text(&edited));
    let publish = |mode: &str| {
        fs::write(&file, format!("{mode}{table}")).unwrap();
        let words = ["publish", &folder, "--json", "--server", &server.url()];
        maple(&words).env("MAPLE_PLUGINS", "plugins").output().unwrap()
    };
    let loud = publish("");
    assert!(!loud.status.success() && out(&loud).contains("a party refuses"), "{}{}", out(&loud), err(&loud));
    let silent = publish("mode = \"shadow\"\n");
    assert!(silent.status.success(), "{}{}", out(&silent), err(&silent));
    let bundle: Value = serde_json::from_str(&out(&silent)).unwrap();
    let bundle = bundle["bundle"].as_str().unwrap();
    let words = ["activate", bundle, "--why", "to be tried", "--server", &server.url()];
    assert!(maple(&words).output().unwrap().status.success());
    let policy = "cn/zhejiang/jinhua/yongkang/silent";
    let words = ["brake", "--policy", policy, "--how", "enforce", "--why", "go", "--server", &server.url()];
    let refused = maple(&words).output().unwrap();
    let said = format!("{}{}", out(&refused), err(&refused));
    assert!(!refused.status.success() && said.contains("a party refuses"), "{said}");
    assert_eq!(server.generation(), 2, "nothing changed");
}

#[test]
fn what_was_activated_serves_after_a_restart_until_the_folder_changes() {
    let place = Place::new();
    copy(&place.path("policies"), &place.path("other"));
    replace(&place.path("other/cn/zhejiang/jinhua/yongkang/pack.toml"), "\ntitle", "\n# the other\ntitle");
    {
        let server = place.serve(&place.path("policies"), &[]);
        let words = ["publish", &text(&place.path("other")), "--json", "--server", &server.url()];
        let output = maple(&words).env("MAPLE_PLUGINS", "plugins").output().unwrap();
        let bundle = serde_json::from_str::<Value>(&out(&output)).unwrap()["bundle"].as_str().unwrap().to_owned();
        let words = ["activate", &bundle, "--why", "a test", "--server", &server.url()];
        assert!(maple(&words).output().unwrap().status.success());
        let words = ["brake", "--policy", "cn/general", "--why", "a test", "--server", &server.url()];
        assert!(maple(&words).output().unwrap().status.success());
        assert_eq!(server.generation(), 3);
    }
    {
        let server = place.serve(&place.path("policies"), &[]);
        assert_eq!(server.generation(), 3, "the folder is as it was");
        assert_eq!(server.decide().1["decision"]["outcome"], "refer", "and the brake is on");
        let status = maple(&["status", "--server", &server.url()]).output().unwrap();
        assert!(out(&status).contains("stopped: cn/general, by local: a test"), "{}", out(&status));
    }
    {
        let server = place.serve(&place.path("policies"), &["--take-policies"]);
        assert_eq!(server.generation(), 4);
    }
    replace(&place.path(COUNTY), "\ntitle", "\n# edited\ntitle");
    let server = place.serve(&place.path("policies"), &[]);
    assert_eq!(server.generation(), 5, "a folder that was edited is taken in");
    assert_eq!(server.decide().1["decision"]["outcome"], "refer", "a brake outlives the folder");
}
