//! Several processes on one PostgreSQL database: changes reach all, kills and cuts lose nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

#[path = "../../store/tests/store/cluster.rs"]
mod cluster;
#[path = "nodes/heard.rs"]
mod heard;
mod support;
#[path = "../../store/tests/store/wire.rs"]
mod wire;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use cluster::Cluster;
use serde_json::Value;
use support::{asked, copy, maple, out, replace, root, text};
use tempfile::TempDir;
use wire::Wire;

struct House {
    dir: TempDir,
    database: String,
}

struct Node {
    child: Child,
    address: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl House {
    fn new(cluster: &Cluster) -> Self {
        cluster.run("CREATE DATABASE maple");
        let dir = tempfile::tempdir().unwrap();
        copy(&root().join("policies"), &dir.path().join("policies"));
        Self { dir, database: cluster.url("maple") }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = maple(words);
        command.env("MAPLE_PLUGINS", "plugins");
        command
    }

    fn node(&self, name: &str, more: &str) -> Node {
        self.node_at(&self.database, name, more)
    }

    fn node_at(&self, database: &str, name: &str, more: &str) -> Node {
        let (config, policies) = (self.dir.path().join(format!("{name}.toml")), self.dir.path().join("policies"));
        let state = self.dir.path().join(name);
        fs::write(&config, format!("node = \"{name}\"\nunsigned = true\n{more}\n")).unwrap();
        let words = ["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", database];
        let mut command =
            self.command(&[&words[..], &["--policies", &text(&policies), "--state", &text(&state)]].concat());
        // What is compiled is shared; what is kept is each node's own.
        fs::create_dir_all(&state).unwrap();
        for made in ["cache", "plugins"] {
            let link = state.join(made);
            if !link.exists() {
                std::os::unix::fs::symlink(root().join("target/maple").join(made), link).unwrap();
            }
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the node ended before it served").unwrap();
            if let Some(address) = line.strip_prefix("serving on http://") {
                break address.to_owned();
            }
        };
        thread::spawn(move || lines.for_each(drop));
        Node { child, address }
    }

    /// Changes the county's pack and publishes the whole; the bundle's digest.
    fn publish(&self, node: &Node, mark: &str) -> String {
        let edited = tempfile::tempdir().unwrap();
        copy(&self.dir.path().join("policies"), &edited.path().join("policies"));
        let pack = edited.path().join("policies/cn/zhejiang/jinhua/yongkang/pack.toml");
        replace(&pack, "\ntitle", &format!("\n# {mark}\ntitle"));
        let words = ["publish", &text(&edited.path().join("policies")), "--json", "--server", &node.url()];
        let output = self.command(&words).output().unwrap();
        assert!(output.status.success(), "{}{}", out(&output), support::err(&output));
        serde_json::from_str::<Value>(&out(&output)).unwrap()["bundle"].as_str().unwrap().to_owned()
    }

    fn activate(&self, node: &Node, bundle: &str, replaces: u64) -> std::process::Output {
        let replaces = replaces.to_string();
        let words = ["activate", bundle, "--why", "a test", "--replaces", &replaces, "--json", "--server", &node.url()];
        self.command(&words).output().unwrap()
    }
}

impl Node {
    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn ask(&self, head: &str, body: &str) -> std::io::Result<(u16, Value)> {
        self.ask_with("", head, body)
    }

    fn ask_as(&self, token: &str, head: &str, body: &str) -> std::io::Result<(u16, Value)> {
        self.ask_with(&format!("authorization: Bearer {token}\r\n"), head, body)
    }

    fn ask_with(&self, more: &str, head: &str, body: &str) -> std::io::Result<(u16, Value)> {
        asked(&self.address, more, head, body)
    }

    fn decide(&self) -> std::io::Result<(u16, Value)> {
        let case = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
        self.ask("POST /v1/evaluate", &case)
    }

    fn status(&self) -> Value {
        self.ask("GET /v1/status", "").unwrap().1
    }

    fn generation(&self) -> u64 {
        self.status()["serving"]["generation"].as_u64().unwrap()
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
fn a_change_at_one_node_reaches_all_and_of_two_at_once_one_wins() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let nodes: Vec<Node> = ["one", "two", "three"].iter().map(|name| house.node(name, "")).collect();
    for node in &nodes {
        assert_eq!(node.generation(), 1, "they agree on the first one");
    }
    let bundle = house.publish(&nodes[0], "first");
    assert!(house.activate(&nodes[1], &bundle, 1).status.success(), "published at one node, activated at another");
    for node in &nodes {
        within(10, "generation 2 serves everywhere", || node.generation() == 2);
        let (_, decision) = node.decide().unwrap();
        assert_eq!(decision["decision"]["generation"], 2);
    }
    within(10, "every node says so", || {
        let status = nodes[2].status();
        let rows = status["nodes"].as_array().unwrap().clone();
        rows.len() == 3 && rows.iter().all(|row| row["generation"] == 2 && row["lag"] == 0 && row["status"] == "ready")
    });
    let other = house.publish(&nodes[0], "second");
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| house.activate(&nodes[0], &other, 2));
        let two = scope.spawn(|| house.activate(&nodes[2], &other, 2));
        (one.join().unwrap(), two.join().unwrap())
    });
    let mut codes = [one.status.code().unwrap(), two.status.code().unwrap()];
    codes.sort_unstable();
    assert_eq!(codes, [0, 2], "one of them hears that the other was first");
    let words = ["rollback", "--why", "back", "--json", "--server", &nodes[1].url()];
    assert!(house.command(&words).output().unwrap().status.success());
    for node in &nodes {
        within(10, "the rollback serves everywhere", || node.generation() == 4);
    }
    let (_, activations) = nodes[0].ask("GET /v1/activations", "").unwrap();
    let generations: Vec<u64> =
        activations["activations"].as_array().unwrap().iter().map(|one| one["generation"].as_u64().unwrap()).collect();
    assert_eq!(generations, [4, 3, 2, 1]);
    let output = house.command(&["status", "--server", &nodes[0].url()]).output().unwrap();
    assert!(out(&output).contains("generation 4 (rollback)") && out(&output).contains("three"), "{}", out(&output));
}

/// Every answer that was given, by decision, with the bytes that matter.
type Answers = Mutex<BTreeMap<String, (u64, String)>>;

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks one node; `lost` counts what it never answered, which it may only when it is killed.
fn client(node: &Mutex<Option<Node>>, stop: &AtomicBool, answers: &Answers, refused: &Mutex<u32>, lost: &AtomicU32) {
    let case = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let mut last = 0;
    while !stop.load(Ordering::Relaxed) {
        // Whoever kills the node does not wait for the answer.
        let address = node.lock().unwrap().as_ref().map(|serving| serving.address.clone());
        let Some(address) = address else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        match asked(&address, "", "POST /v1/evaluate", &case) {
            Ok((200, answer)) => {
                let decision = &answer["decision"];
                let generation = decision["generation"].as_u64().unwrap();
                assert!(generation >= last, "generation {generation} after {last}");
                last = generation;
                let id = decision["id"].as_str().unwrap().to_owned();
                let before = answers.lock().unwrap().insert(id, (generation, decision["ruleset"].to_string()));
                assert_eq!(before, None);
            }
            Ok(_) => *refused.lock().unwrap() += 1,
            Err(_) => drop(lost.fetch_add(1, Ordering::Relaxed)),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn kills_and_cuts_lose_nothing_and_repeat_nothing() {
    let Some(mut cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let nodes: Vec<Mutex<Option<Node>>> =
        ["one", "two"].iter().map(|name| Mutex::new(Some(house.node(name, "")))).collect();
    let (stop, answers, refused) = (AtomicBool::new(false), Answers::default(), Mutex::new(0));
    let lost = [AtomicU32::new(0), AtomicU32::new(0)];
    thread::scope(|scope| {
        // However this ends, the clients end with it.
        let _ended = Stop(&stop);
        for (node, lost) in nodes.iter().zip(&lost) {
            let (stop, answers, refused) = (&stop, &answers, &refused);
            scope.spawn(move || client(node, stop, answers, refused, lost));
        }
        let bundle = {
            let held = nodes[0].lock().unwrap();
            let node = held.as_ref().unwrap();
            let bundle = house.publish(node, "first");
            assert!(house.activate(node, &bundle, 1).status.success());
            bundle
        };
        thread::sleep(Duration::from_millis(500));
        // A node is killed and comes back.
        drop(nodes[1].lock().unwrap().take());
        thread::sleep(Duration::from_millis(300));
        *nodes[1].lock().unwrap() = Some(house.node("two", ""));
        thread::sleep(Duration::from_millis(300));
        // The database goes away under load and comes back.
        cluster.kill();
        thread::sleep(Duration::from_secs(1));
        // The first decision waits for the database to come back, the others do not.
        let away = answers.lock().unwrap().len();
        within(20, "nodes that are cut off go on", || answers.lock().unwrap().len() > away + 20);
        cluster.resume();
        let reached = || {
            let held = nodes[1].lock().unwrap();
            held.as_ref().unwrap().status()["database"]["reached"] == Value::Bool(true)
        };
        within(20, "the database is reached again", reached);
        let held = nodes[1].lock().unwrap();
        let words = ["rollback", "--why", "after the cut", "--server", &held.as_ref().unwrap().url()];
        let back = house.command(&words).output().unwrap();
        assert!(back.status.success(), "{}", support::err(&back));
        drop(held);
        drop(bundle);
        thread::sleep(Duration::from_millis(500));
    });
    let refused = *refused.lock().unwrap();
    assert_eq!(refused, 0, "no request was refused");
    assert_eq!(lost[0].load(Ordering::Relaxed), 0, "the node that nobody killed answered everything");
    let answers = answers.into_inner().unwrap();
    let first = nodes[0].lock().unwrap();
    let node = first.as_ref().unwrap();
    within(20, "everything is delivered", || {
        let waiting = nodes.iter().skip(1).all(|node| {
            let held = node.lock().unwrap();
            held.as_ref().unwrap().status()["reasons"] == serde_json::json!([])
        });
        waiting && node.status()["reasons"] == serde_json::json!([])
    });
    assert!(answers.len() > 50, "{}", answers.len());
    for (id, (generation, ruleset)) in &answers {
        let (status, record) = node.ask(&format!("GET /v1/decisions/{id}"), "").unwrap();
        assert_eq!(status, 200, "{id} of generation {generation} is not recorded: {record}");
        assert_eq!(
            (record["generation"].as_u64().unwrap(), record["ruleset"].to_string()),
            (*generation, ruleset.clone())
        );
    }
    for id in answers.keys().step_by(answers.len() / 5) {
        let (status, replay) = node.ask(&format!("POST /v1/decisions/{id}/replay"), "").unwrap();
        assert_eq!((status, &replay["same"]), (200, &Value::Bool(true)), "{replay}");
        let (status, _) = node.ask(&format!("GET /v1/decisions/{id}/receipt"), "").unwrap();
        assert_eq!(status, 200);
    }
    let verified = house.command(&["audit", "verify", "--database", &house.database]).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), support::err(&verified));
}

/// Nobody else signs the end of a log whose writer was killed, and what is not signed may be cut unseen.
#[test]
fn what_a_killed_node_left_is_signed_by_the_others() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let (first, second) = (house.node("one", ""), house.node("two", ""));
    for _ in 0..3 {
        assert_eq!(second.decide().unwrap().0, 200);
    }
    drop(second);
    within(40, "nothing is left unsigned", || {
        let verified = house.command(&["audit", "verify", "--json", "--database", &house.database]).output().unwrap();
        let logs: Vec<Value> = out(&verified).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of_second = |log: &&Value| log["log"].as_str().is_some_and(|log| log.starts_with("two-"));
        logs.iter().find(of_second).is_some_and(|log| log["records"] == 3 && log["unsealed"] == 0)
    });
    drop(first);
}

/// Asks whichever node answers, as a proxy before them does: what one does not take goes to the next. No answer is older
/// than one that this client had before.
fn caller(addresses: &Mutex<Vec<String>>, stop: &AtomicBool, answers: &Answers) {
    let case = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let (mut question, mut turn): (Value, usize) = (serde_json::from_str(&case).unwrap(), 0);
    let mut last = 0;
    while !stop.load(Ordering::Relaxed) {
        question["min_generation"] = last.into();
        let body = question.to_string();
        let decided = (0..12).find_map(|_| {
            let all = addresses.lock().unwrap().clone();
            turn += 1;
            match asked(&all[turn % all.len()], "", "POST /v1/evaluate", &body) {
                Ok((200, answer)) => Some(answer),
                // It does not serve what was seen elsewhere yet, or ends: another does.
                Ok((412 | 503, _)) | Err(_) => None,
                Ok((status, problem)) => panic!("{status}: {problem}"),
            }
        });
        let answer = decided.expect("some node answers");
        let decision = &answer["decision"];
        let generation = decision["generation"].as_u64().unwrap();
        assert!(generation >= last, "generation {generation} after {last}");
        last = generation;
        let id = decision["id"].as_str().unwrap().to_owned();
        assert_eq!(answers.lock().unwrap().insert(id, (generation, decision["ruleset"].to_string())), None);
    }
}

/// A rolling restart: one process after another ends in good order, and another of the same program takes its place, name
/// and state.
#[test]
fn node_after_node_is_restarted_under_load_and_nobody_notices() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let names = ["one", "two", "three"];
    let mut nodes: Vec<Node> = names.iter().map(|name| house.node(name, "")).collect();
    let addresses = Mutex::new(nodes.iter().map(|node| node.address.clone()).collect::<Vec<_>>());
    let (stop, answers) = (AtomicBool::new(false), Answers::default());
    thread::scope(|scope| {
        let _ended = Stop(&stop);
        for _ in 0..2 {
            let (addresses, stop, answers) = (&addresses, &stop, &answers);
            scope.spawn(move || caller(addresses, stop, answers));
        }
        // Published by the old ones, activated while there are both.
        let bundle = house.publish(&nodes[0], "first");
        for (at, name) in names.iter().enumerate() {
            let ended = Command::new("kill").args(["-TERM", &nodes[at].child.id().to_string()]).status().unwrap();
            assert!(ended.success() && nodes[at].child.wait().unwrap().success(), "{name} ends in good order");
            nodes[at] = house.node(name, "");
            addresses.lock().unwrap()[at].clone_from(&nodes[at].address);
            if at == 0 {
                assert!(house.activate(&nodes[0], &bundle, 1).status.success());
            }
            let before = answers.lock().unwrap().len();
            within(20, "the new one takes its part", || answers.lock().unwrap().len() > before + 20);
        }
    });
    for node in &nodes {
        within(10, "all serve the same", || node.generation() == 2);
    }
    within(10, "nobody is counted twice", || {
        let rows = nodes[0].status()["nodes"].as_array().unwrap().clone();
        rows.len() == 3 && rows.iter().all(|row| row["generation"] == 2 && row["status"] == "ready")
    });
    let answers = answers.into_inner().unwrap();
    assert!(answers.values().any(|(generation, _)| *generation == 2), "{}", answers.len());
    for id in answers.keys() {
        assert_eq!(nodes[0].ask(&format!("GET /v1/decisions/{id}"), "").unwrap().0, 200, "{id} is not recorded");
    }
    drop(nodes);
    let verified = house.command(&["audit", "verify", "--database", &house.database, "--json"]).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), support::err(&verified));
    let lines = out(&verified);
    let logs = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let decisions = |log: &Value| log["log"].as_str().is_some_and(|log| log != "audit");
    let kept: u64 = logs.filter(decisions).map(|log| log["records"].as_u64().unwrap()).sum();
    assert_eq!(kept, answers.len() as u64, "each answer once, and nothing that nobody heard of");
}

/// An upgrade: the first node of a newer version has brought the schema further, and those of this one still run.
#[test]
fn a_node_runs_on_while_a_newer_one_has_brought_the_schema_further() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let node = house.node("one", "");
    assert_eq!(node.decide().unwrap().0, 200);
    let mut newer_node = postgres::Client::connect(&house.database, postgres::NoTls).unwrap();
    for newer in [
        "ALTER TABLE decision ADD COLUMN later TEXT",
        "ALTER TABLE activation ADD COLUMN later BIGINT",
        "ALTER TABLE node ADD COLUMN later TEXT NOT NULL DEFAULT ''",
        "CREATE TABLE later (id TEXT PRIMARY KEY)",
        "UPDATE maple_schema SET version = version + 1",
    ] {
        newer_node.batch_execute(newer).unwrap();
    }
    let (_, answer) = node.decide().unwrap();
    let id = answer["decision"]["id"].as_str().unwrap();
    assert_eq!(node.ask(&format!("GET /v1/decisions/{id}"), "").unwrap().0, 200, "what is decided is kept and read");
    let bundle = house.publish(&node, "first");
    assert!(house.activate(&node, &bundle, 1).status.success(), "what serves is changed");
    assert_eq!((node.decide().unwrap().0, node.generation()), (200, 2));
    assert_eq!(node.status()["database"]["reached"], true);
    within(10, "it says how it is", || node.status()["nodes"][0]["generation"] == 2);
    // One of this version does not start there any more, and says why.
    let database = house.database.as_str();
    let refused = house.command(&["audit", "verify", "--database", database]).output().unwrap();
    let said = support::err(&refused);
    assert!(!refused.status.success() && said.contains("was written by a later version"), "{said}");
}

#[test]
fn a_node_behind_a_network_that_swallows_everything_goes_on_and_catches_up() {
    let Some(cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let wire = Wire::to(&cluster.socket());
    let nodes = [house.node_at(&wire.url("maple"), "far", ""), house.node("near", "")].map(Some).map(Mutex::new);
    let with = |at: usize, what: &dyn Fn(&Node)| what(nodes[at].lock().unwrap().as_ref().unwrap());
    let (stop, answers, refused) = (AtomicBool::new(false), Answers::default(), Mutex::new(0));
    let lost = AtomicU32::new(0);
    thread::scope(|scope| {
        let _ended = Stop(&stop);
        for node in &nodes {
            let (stop, answers, refused, lost) = (&stop, &answers, &refused, &lost);
            scope.spawn(move || client(node, stop, answers, refused, lost));
        }
        thread::sleep(Duration::from_millis(500));
        wire.cut();
        // The other one changes what serves meanwhile, and more than once.
        with(1, &|near| {
            let bundle = house.publish(near, "first");
            assert!(house.activate(near, &bundle, 1).status.success());
            let words = ["rollback", "--why", "back again", "--server", &near.url()];
            assert!(house.command(&words).output().unwrap().status.success());
        });
        let far_only = || {
            let answers = answers.lock().unwrap();
            answers.values().filter(|(generation, _)| *generation == 1).count()
        };
        let before = far_only();
        within(20, "the node that is cut off goes on", || far_only() > before + 20);
        with(0, &|far| {
            let status = far.status();
            assert_eq!(status["serving"]["generation"], 1, "{status}");
            assert_eq!(status["database"]["reached"], false, "{status}");
        });
        wire.mend();
        within(20, "it catches up", || {
            let held = nodes[0].lock().unwrap();
            held.as_ref().unwrap().generation() == 3
        });
        thread::sleep(Duration::from_millis(300));
    });
    assert_eq!(*refused.lock().unwrap(), 0, "no request was refused");
    assert_eq!(lost.load(Ordering::Relaxed), 0, "and none was lost");
    let answers = answers.into_inner().unwrap();
    with(1, &|near| {
        within(20, "everything is delivered", || {
            answers.keys().all(|id| near.ask(&format!("GET /v1/decisions/{id}"), "").unwrap().0 == 200)
        });
    });
    let words = ["decisions", "export", "--format", "csv", "--server"];
    let url = nodes[1].lock().unwrap().as_ref().unwrap().url();
    let listed = house.command(&[&words[..], &[&url]].concat()).output().unwrap();
    let listed = out(&listed);
    let kept: Vec<&str> = listed.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert!(answers.keys().all(|id| kept.iter().filter(|one| *one == id).count() == 1), "each arrived once");
    let verified = house.command(&["audit", "verify", "--database", &house.database]).output().unwrap();
    assert!(verified.status.success(), "{}{}", out(&verified), support::err(&verified));
}

#[test]
fn whoever_was_let_in_stays_so_while_the_database_is_away() {
    let Some(mut cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let node = house.node("one", "authentication = \"required\"");
    let words = ["tokens", "create", "--name", "desk", "--role", "evaluate", "--scope", "**"];
    let made = house.command(&[&words[..], &["--database", &house.database]].concat()).output().unwrap();
    let token = out(&made).trim().to_owned();
    let case = fs::read_to_string(root().join("core/cli/src/example.json")).unwrap();
    let decide = || node.ask_as(&token, "POST /v1/evaluate", &case).unwrap().0;
    assert_eq!((decide(), node.decide().unwrap().0), (200, 401));
    cluster.kill();
    let until = Instant::now() + Duration::from_secs(8);
    while Instant::now() < until {
        assert_eq!(decide(), 200);
        thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(node.ask_as("maple_00000000000000000000000000000000_x", "POST /v1/evaluate", &case).unwrap().0 / 100, 4);
    cluster.resume();
    within(20, "it is asked again", || decide() == 200);
}

#[test]
fn a_node_that_is_cut_off_for_too_long_answers_no_more() {
    let Some(mut cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let node = house.node("one", "max-staleness-seconds = 1");
    assert_eq!(node.decide().unwrap().0, 200);
    cluster.kill();
    within(15, "it refuses", || node.decide().unwrap().0 == 503);
    assert_eq!(node.ask("GET /health/ready", "").unwrap().0, 503, "another node is to be asked");
    let (_, problem) = node.decide().unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("ask another node"), "{problem}");
    cluster.resume();
    within(20, "it answers again", || node.decide().unwrap().0 == 200);
}
