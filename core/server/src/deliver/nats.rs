//! Events by a stream of NATS JetStream: each under its id, so that the stream keeps it once.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_nats::{
    ConnectOptions, HeaderMap,
    connection::State,
    header::NATS_MESSAGE_ID,
    jetstream::{
        self, Context,
        context::{GetStreamErrorKind, PublishErrorKind},
        stream::Config,
    },
};
use maple_wire::CLOUDEVENT;
use tokio::{
    runtime::{Builder, Runtime},
    time::{Instant, timeout_at},
};
use tracing::info;

use super::{
    pump::Event,
    target::{Refused, Terms},
};
use crate::tls::share_tls_provider;

/// Days for which a stream that this service makes keeps an event.
pub const NATS_STREAM_DAYS: u64 = 30;
/// Seconds within which a stream that this service makes knows an event again.
pub const NATS_DUPLICATES_SECONDS: u64 = 3_600;
/// The longest wait between two times that the connection is made anew.
const RECONNECT_MAX: Duration = Duration::from_secs(10);

/// How this service says who it is.
#[derive(Clone)]
pub enum NatsLogin {
    /// It does not.
    Nobody,
    /// By the text of a file with credentials, as `nsc` makes it.
    Credentials(String),
    /// By a token.
    Token(String),
}

impl std::fmt::Debug for NatsLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NatsLogin(…)")
    }
}

/// Which stream is told.
#[derive(Clone, Debug)]
pub struct NatsConfig {
    /// The server, or several with commas.
    pub url: String,
    /// The stream; made where there is none.
    pub stream: String,
    /// What subjects begin with: `maple` gives `maple.decision.made`.
    pub prefix: String,
    /// How this service says who it is.
    pub login: NatsLogin,
    /// A file with authorities to trust beside the system's.
    pub ca: Option<PathBuf>,
}

/// The way to a stream.
pub struct Nats {
    config: NatsConfig,
    /* Its one thread keeps the connection alive; whatever hangs there hangs there alone. None once this is dropped. */
    runtime: Option<Runtime>,
    context: Mutex<Option<Context>>,
}

impl Nats {
    /// The way to a stream; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub fn new(config: NatsConfig) -> std::io::Result<Self> {
        share_tls_provider();
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("tell-nats").enable_all().build()?;
        Ok(Self { config, runtime: Some(runtime), context: Mutex::default() })
    }

    pub(super) fn send(
        &self,
        events: &[Event],
        terms: &Terms,
        go_on: &(dyn Fn() -> bool + Sync),
    ) -> Vec<Option<Result<(), Refused>>> {
        let mut results = vec![None; events.len()];
        let Some(runtime) = self.runtime.as_ref().filter(|_| !events.is_empty() && go_on()) else { return results };
        let mut kept = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = runtime.block_on(async {
            // All of it together, as one answer of a webhook.
            let until = Instant::now() + terms.timeout;
            if kept.is_none() {
                match timeout_at(until, self.connected(terms.timeout)).await {
                    Ok(connected) => *kept = Some(connected?),
                    Err(_) => return Err(Refused::because("it did not answer in time")),
                }
            }
            let Some(context) = kept.as_ref().filter(|context| context.client().connection_state() == State::Connected)
            else {
                return Err(Refused::because("the connection is broken; it is made anew"));
            };
            Ok(self.publish(context, events, until, &mut results).await)
        });
        match sent {
            Ok(true) => {}
            // A stream that was deleted is made again.
            Ok(false) => *kept = None,
            Err(refused) => {
                if let Some(first) = results.first_mut() {
                    *first = Some(Err(refused));
                }
            }
        }
        results
    }

    /// Sends all and then waits for what the stream says; false when there is no such stream any more.
    async fn publish(
        &self,
        context: &Context,
        events: &[Event],
        until: Instant,
        results: &mut [Option<Result<(), Refused>>],
    ) -> bool {
        let mut acks = Vec::with_capacity(events.len());
        for event in events {
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, event.id.as_str());
            headers.insert("content-type", CLOUDEVENT);
            let subject = format!("{}.{}", self.config.prefix, event.kind.as_str());
            let sent =
                timeout_at(until, context.publish_with_headers(subject, headers, event.body.clone().into())).await;
            let broken = !matches!(sent, Ok(Ok(_)));
            acks.push(sent);
            if broken {
                break;
            }
        }
        let mut there = true;
        for (ack, result) in acks.into_iter().zip(results) {
            let told = match ack {
                Ok(Ok(ack)) => match timeout_at(until, ack.into_future()).await {
                    Ok(told) => told.map(|_| ()).map_err(|error| error.kind()),
                    Err(_) => Err(PublishErrorKind::TimedOut),
                },
                Ok(Err(error)) => Err(error.kind()),
                Err(_) => Err(PublishErrorKind::TimedOut),
            };
            there &= !matches!(told, Err(PublishErrorKind::StreamNotFound));
            *result = Some(told.map_err(|kind| Refused::because(self.said(kind))));
        }
        there
    }

    fn said(&self, kind: PublishErrorKind) -> String {
        match kind {
            PublishErrorKind::StreamNotFound => {
                format!("no stream takes the subjects `{}.>`; add them to `{}`", self.config.prefix, self.config.stream)
            }
            PublishErrorKind::TimedOut => "it did not answer in time".to_owned(),
            PublishErrorKind::MaxPayloadExceeded => "the server takes no message of this size".to_owned(),
            other => format!("the stream does not take it: {other}"),
        }
    }

    async fn connected(&self, long: Duration) -> Result<Context, Refused> {
        let NatsConfig { url, stream, prefix, login, ca } = &self.config;
        let mut options = ConnectOptions::new()
            .name(concat!("maple ", env!("CARGO_PKG_VERSION")))
            .connection_timeout(long)
            .request_timeout(Some(long))
            .reconnect_delay_callback(|times| Duration::from_millis(100 << times.min(8)).min(RECONNECT_MAX));
        options = match login {
            NatsLogin::Nobody => options,
            NatsLogin::Token(token) => options.token(token.clone()),
            NatsLogin::Credentials(text) => options
                .credentials(text)
                .map_err(|_| Refused::because("the credentials cannot be read; `nsc generate creds` makes them"))?,
        };
        if let Some(ca) = ca {
            options = options.add_root_certificates(ca.clone());
        }
        let servers: Vec<&str> = url.split(',').map(str::trim).collect();
        let client = options
            .connect(servers)
            .await
            .map_err(|error| Refused::because(format!("it cannot be reached: {}", error.kind())))?;
        let mut context = jetstream::new(client);
        context.set_timeout(long);
        let missing = match context.get_stream(stream).await {
            Ok(_) => false,
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(said) if said.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND => {
                    true
                }
                other => return Err(Refused::because(format!("the stream `{stream}` cannot be read: {other}"))),
            },
        };
        if missing {
            let config = Config {
                name: stream.clone(),
                subjects: vec![format!("{prefix}.>")],
                max_age: Duration::from_secs(NATS_STREAM_DAYS * 86_400),
                duplicate_window: Duration::from_secs(NATS_DUPLICATES_SECONDS),
                ..Config::default()
            };
            context
                .create_stream(config)
                .await
                .map_err(|error| Refused::because(format!("the stream `{stream}` cannot be made: {}", error.kind())))?;
            info!(stream, "The stream was not there and is made.");
        }
        Ok(context)
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped by a thread that must not wait.
            runtime.shutdown_background();
        }
    }
}
