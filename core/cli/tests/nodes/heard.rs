//! What becomes of a signal, at every node that listens.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Cluster, House, Node, text, within};

/// Listens to the signals of a node; what it is told, as it comes.
fn listening(node: &Node) -> mpsc::Receiver<String> {
    let mut stream = TcpStream::connect(&node.address).unwrap();
    stream.write_all(b"GET /v1/signals HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert_eq!(lines.next().unwrap(), "HTTP/1.1 200 OK");
    let (tell, told) = mpsc::channel();
    thread::spawn(move || lines.for_each(|line| drop(tell.send(line))));
    told
}

/// Waits until a listener is told something.
#[track_caller]
fn until_heard(told: &mpsc::Receiver<String>, what: &str) -> String {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let line = told.recv_timeout(left).unwrap_or_else(|_| panic!("nobody is told `{what}`"));
        if line.contains(what) {
            return line;
        }
    }
}

#[test]
fn what_becomes_of_a_signal_is_heard_at_every_node() {
    let Some(mut cluster) = Cluster::start() else { return };
    let house = House::new(&cluster);
    let key = house.dir.path().join("reference-key");
    let reference = format!("reference-key = {:?}\ntick = false", text(&key));
    let (one, two) = (house.node("one", &reference), house.node("two", &reference));
    let far = listening(&two);
    let near = listening(&one);
    let now = Timestamp::now();
    for (number, days) in [(1, 20), (2, 1)] {
        let at = now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap();
        let event = json!({
            "specversion": "1.0", "id": format!("e-{number}"), "source": "/desk", "type": "case.registered",
            "subject": format!("c-{number}"), "time": at.to_string(),
            "data": { "locality": "330784", "kind": "neighbour.nuisance", "place": "p-1" }
        });
        assert_eq!(one.ask("POST /v1/events", &event.to_string()).unwrap().0, 200);
    }
    assert_eq!(one.ask("POST /v1/tick", "").unwrap().0, 200);
    let told = until_heard(&far, "repeat_dispute");
    let signal: Value = serde_json::from_str(told.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((&signal["state"], &signal["cases"]), (&"raised".into(), &2.into()));
    until_heard(&near, "repeat_dispute");
    let say = |node: &Node, state: &str| {
        let head = format!("POST /v1/signals/{}", signal["id"].as_str().unwrap());
        let body = format!("{{ \"state\": \"{state}\" }}");
        within(30, state, || node.ask(&head, &body).is_ok_and(|(status, _)| status == 200));
    };
    say(&one, "acknowledged");
    until_heard(&far, "\"state\":\"acknowledged\"");
    // Whoever said so hears it once.
    until_heard(&near, "\"state\":\"acknowledged\"");
    thread::sleep(Duration::from_millis(700));
    let more: Vec<String> = near.try_iter().filter(|line| line.starts_with("data")).collect();
    assert_eq!(more, [] as [String; 0]);
    // While the database is away something may be lost, which is said; then all is heard again.
    cluster.kill();
    until_heard(&far, "\"lost\":null");
    cluster.resume();
    until_heard(&far, "\"lost\":null");
    say(&one, "handled");
    until_heard(&far, "\"state\":\"handled\"");
}
