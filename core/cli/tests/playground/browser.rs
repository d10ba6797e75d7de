//! A served instance, and a headless browser in front of it.

use std::{
    env,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::support::maple;

/// How long anything may take to appear; nothing waits longer than it must.
const PATIENCE: Duration = Duration::from_secs(30);

/// Windows narrower than this are telephones.
const DESK_WIDTH_MIN: u32 = 600;

/// Stops a process that a test started.
pub struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The part of a line after `mark`, of the first line that has it.
fn said(child: &mut Child, mark: &str) -> String {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut heard = String::new();
    let found = loop {
        let line = lines.next().unwrap_or_else(|| panic!("it ended after:\n{heard}")).unwrap();
        if let Some((_, rest)) = line.split_once(mark) {
            break rest.to_owned();
        }
        heard += &line;
        heard.push('\n');
    };
    std::thread::spawn(move || lines.for_each(drop));
    found
}

/// `maple serve` with the shipped policies on a free port.
pub struct Served {
    _child: Stopped,
    _folder: tempfile::TempDir,
    pub address: String,
}

impl Served {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/maple.sqlite", folder.path().display());
        let words = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
        let mut child = maple(&words).stdout(Stdio::piped()).spawn().unwrap();
        let address = said(&mut child, "serving on http://").trim().to_owned();
        Self { _child: Stopped(child), _folder: folder, address }
    }

    pub fn http(&self, request: &str, body: &str) -> (u16, String) {
        http(&self.address, request, body)
    }
}

pub fn http(address: &str, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    let head = format!("{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json");
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// Whether Chromium and its driver are here. Where services are required, they must be.
pub fn there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let runs = |name: &str| Command::new(name).arg("--version").output().is_ok_and(|o| o.status.success());
        let missing: Vec<&str> = ["chromium", "chromedriver"].into_iter().filter(|name| !runs(name)).collect();
        if missing.is_empty() {
            return true;
        }
        let message = format!("no {} here: the playground was not tried in a browser", missing.join(" and no "));
        assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{message}");
        eprintln!("{message}; `apt-get install chromium chromium-driver` brings them");
        false
    })
}

/// What a browser looks like from outside.
#[derive(Clone, Copy)]
pub struct Looks {
    pub language: &'static str,
    pub width: u32,
    pub height: u32,
}

pub const DESK: Looks = Looks { language: "en-US", width: 1440, height: 1000 };

/// A browser with one page.
pub struct Browser {
    pub page: Client,
    driver: String,
    address: String,
    _driver: Stopped,
}

impl Browser {
    pub async fn open(served: &Served, looks: Looks) -> Self {
        let mut child = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).spawn().unwrap();
        let port = said(&mut child, "started successfully on port ");
        let driver = format!("127.0.0.1:{}", port.trim_end_matches('.'));
        let Looks { language, width, height } = looks;
        let mut options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                format!("--window-size={width},{height}"), format!("--lang={language}"),
                // No name leads anywhere: the page has this server and nothing else.
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
            "prefs": { "intl.accept_languages": language },
        });
        if width < DESK_WIDTH_MIN {
            let metrics = json!({ "width": width, "height": height, "pixelRatio": 2, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let wanted = json!({ "goog:chromeOptions": options, "goog:loggingPrefs": { "browser": "ALL" } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        let page = builder.connect(&format!("http://{driver}")).await.unwrap();
        let browser = Self { page, driver, address: served.address.clone(), _driver: Stopped(child) };
        browser.go("/playground").await;
        browser
    }

    pub async fn go(&self, path: &str) {
        self.page.goto(&format!("http://{}{path}", self.address)).await.unwrap();
        self.until("the page is ready", "return document.getElementById('state').dataset.state !== 'idle'").await;
        self.settled().await;
    }

    pub async fn run(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives true.
    pub async fn until(&self, what: &str, script: &str) {
        let began = Instant::now();
        while self.run(script).await != json!(true) {
            if began.elapsed() > PATIENCE {
                let state = self.run("return document.body.innerText").await;
                panic!("waited in vain until {what}:\n{}\n{state}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until what is shown is about what is written.
    pub async fn settled(&self) {
        let script = "return document.getElementById('answer').getAttribute('aria-busy') === 'false'";
        self.until("nothing is asked any more", script).await;
    }

    pub async fn id(&self, id: &str) -> Element {
        self.page.find(Locator::Id(id)).await.unwrap()
    }

    /// What a reader sees of an element.
    pub async fn text(&self, id: &str) -> String {
        self.id(id).await.text().await.unwrap()
    }

    /// What stands in an editor.
    pub async fn value(&self, id: &str) -> String {
        self.id(id).await.prop("value").await.unwrap().unwrap()
    }

    /// Presses keys wherever the focus is.
    pub async fn press(&self, keys: &str) {
        self.page.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    /// The id of what has the focus.
    pub async fn focus(&self) -> String {
        let id = self.run("return document.activeElement.id || document.activeElement.className").await;
        id.as_str().unwrap().to_owned()
    }

    /// Writes another text into an editor, as a paste does, and waits for the answer.
    pub async fn write(&self, id: &str, text: &str) {
        let script = "const area = document.getElementById(arguments[0]); area.value = arguments[1]; \
                      area.dispatchEvent(new Event('input', { bubbles: true }))";
        self.page.execute(script, vec![json!(id), json!(text)]).await.unwrap();
        self.settled().await;
    }

    /// What is in an editor with one text for another.
    pub async fn change(&self, id: &str, from: &str, to: &str) {
        let text = self.value(id).await;
        assert!(text.contains(from), "no `{from}` in\n{text}");
        self.write(id, &text.replacen(from, to, 1)).await;
    }

    /// The titles of the steps on show.
    pub async fn steps(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('.step strong')].map((step) => step.textContent)";
        serde_json::from_value(self.run(script).await).unwrap()
    }

    /// The problems on show under an editor: place and words.
    pub async fn problems(&self, name: &str) -> Vec<String> {
        let script = format!("return [...document.querySelectorAll('#{name}-problems button')].map((b) => b.innerText)");
        let told: Vec<String> = serde_json::from_value(self.run(&script).await).unwrap();
        told.into_iter().map(|told| told.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    /// The numbers of the lines of an editor that are marked.
    pub async fn marked(&self, name: &str) -> Vec<u64> {
        let script = format!(
            "return [...document.querySelectorAll('#{name}-pane .lines > div')]\
             .flatMap((line, at) => line.classList.contains('wrong') ? [at + 1] : [])"
        );
        serde_json::from_value(self.run(&script).await).unwrap()
    }

    /// Keeps a picture of the page where `MAPLE_SCREENSHOTS` says.
    pub async fn picture(&self, name: &str) {
        if let Some(folder) = env::var_os("MAPLE_SCREENSHOTS") {
            let file = Path::new(&folder).join(format!("{name}.png"));
            std::fs::write(file, self.page.screenshot().await.unwrap()).unwrap();
        }
    }

    /// What the browser complained of: refused loads, errors of scripts.
    fn log(&self) -> String {
        let session = http(&self.driver, "GET /sessions", "").1;
        let session: Value = serde_json::from_str(&session).unwrap();
        let Some(id) = session["value"][0]["id"].as_str() else { return String::new() };
        let (_, log) = http(&self.driver, &format!("POST /session/{id}/se/log"), r#"{"type":"browser"}"#);
        let log: Value = serde_json::from_str(&log).unwrap();
        let lines = log["value"].as_array().into_iter().flatten().filter_map(|line| line["message"].as_str());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Ends the session; a page that complained has failed.
    pub async fn close(self) {
        // A refused preview is an answer, which browsers nevertheless note down.
        let noted = self.log();
        let complaints: Vec<&str> = noted.lines().filter(|line| !line.contains("/v1/preview")).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.page.close().await.unwrap();
    }
}
