//! A served instance, and a headless browser in front of it.

use std::{
    env,
    future::Future,
    path::{Path, PathBuf},
    process::Command,
    sync::{LazyLock, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use fantoccini::{Client, ClientBuilder, Locator, elements::Element};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::timeout};

use crate::{
    leash::{Leashed, folder, http},
    support::maple,
};

/// How long anything may take to appear on a machine that does other things too; nothing waits longer than it must.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long a whole test may take.
const TEST_MAX: Duration = Duration::from_secs(120);

/// Windows narrower than this are telephones.
const DESK_WIDTH_MIN: u32 = 600;

/// `maple serve` with the shipped policies on a free port.
pub struct Served {
    _leashed: Leashed,
    pub address: String,
}

impl Served {
    pub fn start() -> Self {
        let folder = folder();
        let database = format!("sqlite://{}/maple.sqlite", folder.display());
        let command = maple(&["serve", "--listen", "127.0.0.1:0", "--database", &database]);
        let (leashed, address) = Leashed::start(&command, &folder, "serving on http://");
        Self::of(leashed, address)
    }

    /// A service that runs already.
    pub fn of(leashed: Leashed, address: String) -> Self {
        Self { _leashed: leashed, address }
    }

    pub fn http(&self, request: &str, body: &str) -> (u16, String) {
        http(&self.address, request, body)
    }
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
        let message = format!("no {} here: the pages were not tried in a browser", missing.join(" and no "));
        assert!(env::var_os("MAPLE_REQUIRE_SERVICES").is_none(), "{message}");
        eprintln!("{message}; `apt-get install chromium chromium-driver` brings them");
        false
    })
}

/// What a browser looks like from outside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Looks {
    pub language: &'static str,
    pub width: u32,
    pub height: u32,
}

pub const DESK: Looks = Looks { language: "en-US", width: 1440, height: 1000 };

/// The driver of all browsers.
pub struct Driver {
    _leashed: Leashed,
    pub address: String,
    folder: PathBuf,
}

pub static DRIVER: LazyLock<Driver> = LazyLock::new(|| {
    let folder = folder();
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").env("TMPDIR", &folder);
    let (leashed, port) = Leashed::start(&command, &folder, "started successfully on port ");
    Driver { _leashed: leashed, address: format!("127.0.0.1:{port}"), folder }
});

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// Browsers that wait for the next test that wants their looks.
static SHELF: Mutex<Vec<(Looks, Client)>> = Mutex::new(Vec::new());

/// Does something in a browser that begins at `path`, one test at a time. After a test that failed, its browser is not
/// used again.
pub fn tried<T: Future<Output = Browser>>(served: &Served, looks: Looks, path: &str, test: impl FnOnce(Browser) -> T) {
    let mut shelf = SHELF.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = shelf.iter().position(|(of, _)| *of == looks).map(|at| shelf.swap_remove(at).1);
    let page = RUNTIME.block_on(async {
        let whole = async {
            let page = match kept {
                Some(page) => page,
                None => looks.open().await,
            };
            let browser = Browser { page, address: served.address.clone() };
            browser.go(path).await;
            test(browser).await.left().await
        };
        timeout(TEST_MAX, whole).await.expect("the test takes too long")
    });
    shelf.push((looks, page));
}

impl Looks {
    /// A new browser.
    async fn open(self) -> Client {
        let Self { language, width, height } = self;
        let profile = tempfile::tempdir_in(&DRIVER.folder).unwrap().keep();
        let mut options = json!({
            "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic",
                format!("--user-data-dir={}", profile.display()),
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
        let patience = PATIENCE.as_millis();
        let wanted = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "pageLoad": patience, "script": patience },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(wanted.as_object().unwrap().clone());
        builder.connect(&format!("http://{}", DRIVER.address)).await.unwrap()
    }
}

/// A browser with one page.
pub struct Browser {
    pub page: Client,
    address: String,
}

impl Browser {
    pub async fn go(&self, path: &str) {
        self.page.goto(&format!("http://{}{path}", self.address)).await.unwrap();
        // Pages without an editor are ready as they come.
        self.until("the page is ready", "return document.getElementById('state')?.dataset.state !== 'idle'").await;
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
                panic!("waited in vain until {what}:\n{}\n{state}", self.log().await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until what is shown is about what is written.
    pub async fn settled(&self) {
        let script = "return (document.getElementById('answer')?.getAttribute('aria-busy') ?? 'false') === 'false'";
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
        let script =
            format!("return [...document.querySelectorAll('#{name}-problems button')].map((b) => b.innerText)");
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

    /// What the browser complained of since the last time, which is then forgotten.
    pub async fn noted(&self) -> String {
        self.log().await
    }

    /// What the browser complained of since the last time: refused loads, errors of scripts.
    async fn log(&self) -> String {
        let Ok(Some(id)) = self.page.session_id().await else { return String::new() };
        let (_, log) = http(&DRIVER.address, &format!("POST /session/{id}/se/log"), r#"{"type":"browser"}"#);
        let log: Value = serde_json::from_str(&log).unwrap();
        let lines = log["value"].as_array().into_iter().flatten().filter_map(|line| line["message"].as_str());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Leaves the page without a trace; a page that complained has failed.
    async fn left(self) -> Client {
        // What is refused is an answer, which browsers nevertheless note down.
        let noted = self.log().await;
        let refused = ["status of 400 (Bad Request)", "status of 409 (Conflict)"];
        let answers = |line: &&str| line.contains("/v1/preview") || refused.iter().any(|status| line.ends_with(status));
        let complaints: Vec<&str> = noted.lines().filter(|line| !answers(line)).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        self.run("sessionStorage.clear(); localStorage.clear()").await;
        self.page.delete_all_cookies().await.unwrap();
        self.page.goto("about:blank").await.unwrap();
        self.page
    }
}
