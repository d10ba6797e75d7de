//! Connections: how many, how slow they may be, and how they end.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{Router, body::Body, response::Response, routing::future::RouteFuture};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use maple_wire::{Problem, ProblemKind};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, Sleep, sleep, timeout},
};
use tracing::{debug, info, warn};

use crate::{admission::RETRY_AFTER_SECONDS, app::App, http::router, tls::Tls};

/// Bytes that the head of one request may take; one read more may pass.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// Callers without a place who are told so at a time; others are merely shut out.
pub const TURNED_AWAY_COUNT_MAX: usize = 64;

/// How long the loop rests when the system gives it no connection, as when file handles run out.
const REST: Duration = Duration::from_millis(50);
/// How long a caller without a place may take to hear so.
const TURN_AWAY: Duration = Duration::from_secs(1);

/// What a caller without a place hears, whatever it asks.
fn no_place() -> Vec<u8> {
    let en = "there are too many connections; try again in a second";
    let body = Problem::new(ProblemKind::Overloaded, en, "连接过多；请稍后重试").to_json();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n\
         retry-after: {RETRY_AFTER_SECONDS}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

/// Serves until `shutdown` is ready, then lets what is under way end, for at most the configured time.
///
/// # Errors
///
/// When what is under way did not end in time; everything that answers is answered before.
pub async fn serve(app: Arc<App>, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let doors = router(Arc::clone(&app));
    let places = Arc::new(Semaphore::new(app.config.connections.max(1)));
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY_COUNT_MAX));
    let graceful = GracefulShutdown::new();
    let tls = app.config.tls.clone();
    let watching = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    // Whoever is still shaking hands when a stop begins has asked nothing yet.
    let (stop, stopping) = watch::channel(());
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    debug!(%error, "No connection could be taken.");
                    sleep(REST).await;
                    continue;
                }
            },
        };
        match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => {
                let guest = Guest { app: Arc::clone(&app), doors: doors.clone(), watcher: graceful.watcher(), place };
                match &tls {
                    None => drop(tokio::spawn(guest.serve(stream))),
                    Some(tls) => drop(tokio::spawn(guest.secure(Arc::clone(tls), stream, stopping.clone()))),
                }
            }
            // To shake hands would cost more than to answer: who has no place and wants TLS is merely shut out.
            Err(_) if tls.is_some() => app.metrics.turned_away("none"),
            Err(_) => {
                app.metrics.turned_away("none");
                if let Ok(place) = Arc::clone(&turned_away).try_acquire_owned() {
                    tokio::spawn(async move {
                        let _ = timeout(TURN_AWAY, turn_away(stream)).await;
                        drop(place);
                    });
                }
            }
        }
    }
    drop(listener);
    drop(stop);
    if let Some(watching) = watching {
        watching.abort();
    }
    app.drain();
    info!("Stopping: no new connections; what is under way ends.");
    timeout(app.config.drain, graceful.shutdown()).await.map_err(|_| {
        warn!("Stopped before everything under way had ended.");
        io::Error::new(io::ErrorKind::TimedOut, "requests were still under way when the time to stop was over")
    })
}

/// The doors as a connection sees them.
struct Doors(Router);

impl hyper::service::Service<hyper::Request<Incoming>> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, request: hyper::Request<Incoming>) -> Self::Future {
        tower::Service::call(&mut self.0.clone(), request.map(Body::new))
    }
}

/// A connection that has a place.
struct Guest {
    app: Arc<App>,
    doors: Router,
    watcher: Watcher,
    place: OwnedSemaphorePermit,
}

impl Guest {
    async fn serve(self, stream: TcpStream) {
        let _open = self.app.metrics.connected();
        // An answer leaves at once, whole.
        let _ = stream.set_nodelay(true);
        serve_on(&self.app, &self.doors, self.watcher, stream).await;
        drop(self.place);
    }

    /// Shakes hands first, within the time that the head of a request may take.
    async fn secure(self, tls: Arc<Tls>, stream: TcpStream, mut stopping: watch::Receiver<()>) {
        let _open = self.app.metrics.connected();
        let _ = stream.set_nodelay(true);
        let shaken = tokio::select! {
            shaken = timeout(self.app.config.head_wait, tls.accept(stream)) => shaken,
            _ = stopping.changed() => return,
        };
        match shaken {
            Ok(Ok(stream)) => serve_on(&self.app, &self.doors, self.watcher, stream).await,
            Ok(Err(error)) => debug!(%error, "A handshake failed."),
            Err(_) => debug!("A handshake took too long."),
        }
        drop(self.place);
    }
}

async fn serve_on(app: &App, doors: &Router, watcher: Watcher, stream: impl Stream) {
    if let Err(error) = watcher.watch(connection(app, doors, stream)).await {
        debug!(%error, "A connection broke off.");
    }
}

/// Bytes in both directions, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

fn connection<S: Stream>(app: &App, doors: &Router, stream: S) -> http1::Connection<TokioIo<Patient<S>>, Doors> {
    let io = TokioIo::new(Patient { stream, stall: app.config.stall, since: None });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(app.config.head_wait)
        // Nothing is gathered beyond this for a caller who reads slowly: `pipeline_flush` would do that without end.
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(io, Doors(doors.clone()))
}

async fn turn_away(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&no_place()).await?;
    stream.shutdown().await?;
    // A caller that is still writing would not hear the answer.
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await? > 0 {}
    Ok(())
}

/// A stream whose reader may be slow, but may not stop reading.
struct Patient<S> {
    stream: S,
    stall: Duration,
    since: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Passes on what the stream says of a write, and gives up when it has said `Pending` for too long.
    fn watch<T>(&mut self, wrote: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if wrote.is_ready() {
            self.since = None;
            return wrote;
        }
        let stall = self.stall;
        let since = self.since.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + stall)));
        ready!(since.as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller stopped reading")))
    }
}

impl<S: Stream> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: Stream> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(wrote, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, bytes);
        self.watch(wrote, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
