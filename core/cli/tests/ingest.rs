//! Tables of complaints become events: a server takes them, twice without harm, and nothing of a person leaves the table.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected fails"
)]

mod support;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use serde_json::Value;
use support::{Server, asked, check, example, maple, replace, started, text};

fn served(folder: &Path) -> Server {
    let database = format!("sqlite://{}", text(&folder.join("maple.sqlite")));
    let config = folder.join("maple.toml");
    let keys = ["signing-key", "reference-key"].map(|key| format!("{key} = {:?}\n", text(&folder.join(key))));
    fs::write(&config, keys.concat()).unwrap();
    started(maple(&["serve", "--listen", "127.0.0.1:0", "--config", &text(&config), "--database", &database]))
}

fn of_example(name: &str) -> String {
    text(&example("ingest").join(name))
}

/// Events of a file of lines.
fn events(file: &str) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_server_takes_a_table_once_however_often_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = served(folder.path());
    let (url, key) = (server.url(), text(&folder.path().join("ingest.key")));
    let (map, table) = (of_example("nyc-311.toml"), of_example("nyc-311.csv"));
    let words = ["ingest", "csv", "--map", &map, "--key", &key, "--server", &url, &table];
    let (said, _) = check(&words, 1);
    assert!(said.contains("6 rows: 3 taken, 1 passed over, 2 refused; 5 events taken"), "{said}");
    let (again, _) = check(&words, 1);
    assert!(again.contains("0 events taken, 5 were there before and count once"), "{again}");
    let (status, one) = asked(&server.address, "", "GET /v1/cases/nyc311-90000001", "").unwrap();
    assert_eq!((status, one["case"]["stage"].as_str()), (200, Some("closed")), "{one}");

    // What was written to a file is the same to the server.
    let out = text(&folder.path().join("events.ndjson"));
    check(&["ingest", "csv", "--map", &map, "--key", &key, "--out", &out, &table], 1);
    let body = format!("[{}]", fs::read_to_string(&out).unwrap().trim_end().replace('\n', ","));
    let batch = "content-type: application/cloudevents-batch+json\r\n";
    let (status, answer) = asked_as(&server.address, batch, &body);
    assert_eq!(status, 200, "{answer}");
    assert!(answer["events"].as_array().unwrap().iter().all(|one| one["status"] == "duplicate"), "{answer}");

    // Nothing of an address came to the server, in whatever spelling.
    let kept = text(&folder.path().join("kept.ndjson"));
    check(&["events", "export", "--out", &kept, "--server", &url], 0);
    let kept = fs::read_to_string(kept).unwrap().to_lowercase();
    assert!(kept.contains("nyc311-90000002") && !kept.contains("made-up") && !kept.contains("10001"), "{kept}");
}

/// A request with its own type, which `asked` does not set.
fn asked_as(address: &str, more: &str, body: &str) -> (u16, Value) {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST /v1/events HTTP/1.1\r\nhost: {address}\r\n{more}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn what_the_map_does_not_name_is_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let (out, key) = (text(&folder.path().join("events.ndjson")), text(&folder.path().join("key")));
    let (map, table) = (of_example("cfpb.toml"), of_example("cfpb.csv"));
    let (said, noise) = check(&["ingest", "csv", "--map", &map, "--key", &key, "--out", &out, &table], 0);
    assert!(said.contains("4 rows: 3 taken, 1 passed over, 0 refused; 3 events written"), "{said}");
    let all = fs::read_to_string(&out).unwrap();
    for cell in ["would not answer", "Example Bank", "example bank", "73301", "Servicemember", "Struggling"] {
        assert!(!all.contains(cell) && !said.contains(cell) && !noise.contains(cell), "{cell}");
    }
    let told: Vec<_> = events(&out)
        .iter()
        .map(|event| {
            let data = &event["data"];
            assert_eq!(data["organisation"].as_str().unwrap().len(), 32, "{event}");
            (event["subject"].as_str().unwrap().to_owned(), data["kind"].clone(), data["organisation"].clone())
        })
        .collect();
    // One bank in two spellings is one.
    assert_eq!(told[0].2, told[1].2);
    assert_ne!(told[0].2, told[2].2);
    assert_eq!((told[0].0.as_str(), told[2].1.as_str()), ("cfpb-9000001", Some("contract.service")));
    // The key was made, and nobody else reads it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o077, 0);
    }
}

/// A table below a map of three columns, tried without being sent.
fn tried(table: &[u8], more: &[&str], code: i32) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (map, file) = (folder.path().join("map.toml"), folder.path().join("table.csv"));
    let written = "source = \"/t\"\nzone = \"+08:00\"\nid.column = \"编号\"\nlocality.is = \"cn/demo/yuntan\"\n\
                   registered = { column = \"时间\", formats = [\"%Y-%m-%d\"] }\n\
                   kind = { column = \"类型\", values = { \"邻里\" = \"neighbour.nuisance\" } }\n";
    fs::write(&map, written).unwrap();
    fs::write(&file, table).unwrap();
    let (map, file) = (text(&map), text(&file));
    check(&[&["ingest", "csv", "--dry-run", "--map", &map, &file], more].concat(), code)
}

#[test]
fn tables_come_in_the_encodings_of_offices_and_wrong_ones_are_told() {
    let good = "编号,时间,类型\r\n1,2026-01-05,邻里\r\n2,2026-01-06,\"邻里\"\r\n";
    let (gb, ..) = encoding_rs::GB18030.encode(good);
    let marked = format!("\u{feff}{good}");
    for table in [good.as_bytes(), marked.as_bytes(), &*gb] {
        let (said, _) = tried(table, &[], 0);
        assert!(said.contains("2 rows: 2 taken, 0 passed over, 0 refused; 2 events; nothing was sent"), "{said}");
    }
    let (_, said) = tried(&gb, &["--encoding", "utf-8"], 2);
    assert!(said.contains("there is no column `编号`"), "{said}");
    let (_, said) = tried(good.as_bytes(), &["--encoding", "klingon"], 2);
    assert!(said.contains("there is no encoding \"klingon\"; write one such as utf-8 or gb18030"), "{said}");
    let torn = [good.as_bytes(), b"3,2026-01-07,\xff\xff\n4,2026-01-08,", "邻里\n".as_bytes()].concat();
    let (_, said) = tried(&torn, &[], 2);
    assert!(said.contains("neither in UTF-8 nor in GB 18030; name its encoding with --encoding"), "{said}");
    // Taken as UTF-8 it costs the one row.
    let (said, _) = tried(&torn, &["--encoding", "utf-8"], 1);
    assert!(said.contains("line 4: `类型` holds bytes that are no letters"), "{said}");
    assert!(said.contains("4 rows: 3 taken, 0 passed over, 1 refused"), "{said}");
}

#[test]
fn bad_tables_are_told_and_good_rows_are_not_lost() {
    let head = "编号,时间,类型\n";
    let row = |at: usize| format!("{at},2026-01-05,邻里\n");
    for (table, said) in [
        (String::new(), "is empty; its first row names the columns"),
        (head.to_owned(), "has no rows below the first"),
        (format!("编号,时间\n{}", row(1)), "there is no column `类型`"),
        (format!("编号,时间,类型,类型\n{}", row(1)), "the column `类型` stands there twice"),
        (
            format!("{head}{}2,\"2026", row(1)) + &"x".repeat(3 << 20),
            "a row has more than 2097152 bytes; is a quote not closed",
        ),
    ] {
        let (out, err) = tried(table.as_bytes(), &[], 2);
        assert!(err.contains(said), "{out}{err}");
    }
    let table =
        format!("{head}{}2,2026-01-05\n3,2026-01-05,邻里,4\n4,\"2026-01-05\",\"邻里\"\n5,5 January,邻里\n", row(1));
    let (said, _) = tried(table.as_bytes(), &[], 1);
    assert!(said.contains("line 3: the row has 2 cells, the first row names 3"), "{said}");
    assert!(said.contains("line 4: the row has 4 cells"), "{said}");
    assert!(said.contains("line 6: `时间` is no moment since 1970") && !said.contains("January"), "{said}");
    assert!(said.contains("5 rows: 2 taken, 0 passed over, 3 refused"), "{said}");
    // A cell with line ends is one cell, and later rows keep the lines that an editor shows.
    let (said, _) = tried(format!("{head}1,2026-01-05,\"a\nb\"\n2,x,邻里\n").as_bytes(), &[], 1);
    assert!(said.contains("line 2: `类型`") && said.contains("line 4: `时间`"), "{said}");
}

#[test]
fn many_bad_rows_are_counted_and_frequent_values_told() {
    let mut table = "编号,时间,类型\n".to_owned();
    for at in 0..25 {
        // Once in few rows, once in many.
        let kind = if at < 9 { "Zhang San" } else { "Rodent" };
        writeln!(table, "{at},2026-01-05,{kind}").unwrap();
    }
    let (said, _) = tried(table.as_bytes(), &[], 1);
    assert_eq!(said.lines().filter(|line| line.starts_with("line ")).count(), 20, "{said}");
    assert!(said.contains("and 5 more rows"), "{said}");
    assert!(said.contains("  类型: \"Rodent\" in 16 rows") && !said.contains("Zhang"), "{said}");
    assert!(said.contains("25 rows: 0 taken, 0 passed over, 25 refused"), "{said}");
}

#[test]
fn what_is_missing_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (map, table) = (of_example("cfpb.toml"), of_example("cfpb.csv"));
    let (_, said) = check(&["ingest", "csv", "--map", &map, "--out", &text(&folder.path().join("x")), &table], 2);
    assert!(said.contains("the map names organisation, which is hashed before it goes anywhere"), "{said}");
    let (_, said) = check(&["ingest", "csv", "--map", &map, "--dry-run", "no-such.csv"], 3);
    assert!(said.contains("cannot read the table `no-such.csv`"), "{said}");
    let (_, said) = check(&["ingest", "csv", "--map", "no-such.toml", "--dry-run", &table], 3);
    assert!(said.contains("cannot read the map `no-such.toml`"), "{said}");
    let (_, said) = check(&["ingest", "csv", "--map", &map, "--dry-run", "-"], 2);
    assert!(said.contains("its encoding must be named"), "{said}");
    let other = folder.path().join("map.toml");
    fs::copy(&map, &other).unwrap();
    replace(&other, "\"contract.service\"", "\"contract.servic\"");
    let (_, said) = check(&["ingest", "csv", "--map", &text(&other), "--dry-run", &table], 2);
    assert!(
        said.contains("`kind.otherwise` is \"contract.servic\", which is not known; did you mean `contract.service`?")
    );
    let nobody = ["ingest", "csv", "--map", &map, "--key", "k", "--server", "http://127.0.0.1:1", &table];
    let (_, said) = check(&nobody, 3);
    assert!(said.contains("cannot reach the server"), "{said}");
    // A file that is not whole is none.
    let key = folder.path().join("key");
    fs::write(&key, "abc").unwrap();
    let out = folder.path().join("events.ndjson");
    let words = ["ingest", "csv", "--map", &map, "--key", &text(&key), "--out", &text(&out), &table];
    let (_, said) = check(&words, 3);
    assert!(said.contains("a key for references is 64 hexadecimal digits") && !out.exists(), "{said}");
}

/// A million rows take no more memory than a few.
#[test]
#[ignore = "takes half a minute: run by hand"]
fn a_million_rows_are_read_in_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    let mut into = std::io::BufWriter::new(fs::File::create(&file).unwrap());
    let head = fs::read_to_string(example("ingest").join("nyc-311.csv")).unwrap();
    use std::io::Write;
    writeln!(into, "{}", head.lines().next().unwrap().trim_end()).unwrap();
    for at in 0..1_000_000 {
        writeln!(
            into,
            "{at},11/02/2025 01:05:00 AM,11/02/2025 03:40:00 AM,NYPD,Police,Noise - Residential,Loud,Building,10001,{} \
             MADE-UP STREET,NEW YORK,Closed,,\"Made up,\nin two lines.\",MANHATTAN,,",
            at % 5_000
        )
        .unwrap();
    }
    into.flush().unwrap();
    let (map, key) = (of_example("nyc-311.toml"), text(&folder.path().join("key")));
    let mut command = maple(&["ingest", "csv", "--map", &map, "--key", &key, "--out", "-", &text(&file)]);
    let began = std::time::Instant::now();
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let (mut ids, mut memory) = (BTreeSet::new(), 0);
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    for (at, line) in lines.enumerate() {
        if at % 100_000 == 0 {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
            let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().to_owned();
            memory = peak.trim_end_matches(" kB").parse::<u64>().unwrap();
            ids.insert(line.unwrap());
        }
    }
    assert!(child.wait().unwrap().success());
    println!("a million rows: {:?}, {memory} kB", began.elapsed());
    assert_eq!(ids.len(), 20);
    assert!(memory < 300_000, "{memory} kB");
}
