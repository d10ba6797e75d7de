//! `maple lsp`: a language server for folders of policies, over standard input and output.

mod backend;
mod door;
mod folder;
mod points;

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    runtime::Builder,
    sync::mpsc,
};
use tower_lsp_server::{LspService, Server};

use self::backend::Backend;
use crate::{Failure, args::Lsp};

/// Bytes on their way between the door and the server.
const PIPE_BYTES_MAX: usize = 64 << 10;
/// Messages on their way.
const MESSAGES_COUNT_MAX: usize = 64;
/// How often to see whether the client is still there.
const LOOK: Duration = Duration::from_secs(2);

/// Serves one client until it says `exit` or is gone.
pub(crate) fn run(args: Lsp) -> Result<(), Failure> {
    if let Some(folder) = args.policies.as_ref().filter(|folder| !folder.is_dir()) {
        let name = folder.display();
        return Err(Failure::Unreachable(format!("`{name}` is no folder; name the one with the policies, or none")));
    }
    let unready = |error: io::Error| Failure::Unreachable(format!("cannot start the language server: {error}"));
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(unready)?;
    let ended = runtime.block_on(serve(args));
    // A thread may still wait for input that never comes.
    runtime.shutdown_background();
    ended
}

async fn serve(args: Lsp) -> Result<(), Failure> {
    let (shut, exited) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (client, told) = tokio::sync::watch::channel(None);
    let made = Arc::clone(&shut);
    let (service, socket) = LspService::build(|back| Backend::new(back, args, made, client))
        .custom_method(door::UNREADABLE, Backend::unreadable)
        .finish();
    let (inside, input) = tokio::io::duplex(PIPE_BYTES_MAX);
    let (output, outside) = tokio::io::duplex(PIPE_BYTES_MAX);
    let (messages, read) = mpsc::channel(MESSAGES_COUNT_MAX);
    let seen = Arc::clone(&exited);
    std::thread::spawn(move || door::read(io::stdin().lock(), &messages, &seen));
    tokio::spawn(feed(read, inside));
    let mut printing = tokio::spawn(print(outside));
    let serving = Server::new(input, output, socket).concurrency_level(1).serve(service);
    tokio::select! {
        () = serving => { printing.await.unwrap_or_default(); }
        _ = &mut printing => {}
        () = gone(told) => {}
    }
    let orderly = shut.load(Ordering::Acquire) || !exited.load(Ordering::Acquire);
    if orderly { Ok(()) } else { Err(Failure::Wrong) }
}

/// Hands messages to the server until there are no more.
async fn feed(mut messages: mpsc::Receiver<Vec<u8>>, mut inside: DuplexStream) {
    while let Some(message) = messages.recv().await {
        if inside.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// Prints what the server says; ends when nobody listens.
async fn print(mut outside: DuplexStream) {
    let mut bytes = vec![0; PIPE_BYTES_MAX];
    while let Ok(count @ 1..) = outside.read(&mut bytes).await {
        let said = bytes.get(..count).unwrap_or_default();
        let printed = tokio::task::block_in_place(|| {
            let mut out = io::stdout().lock();
            out.write_all(said).and_then(|()| out.flush())
        });
        if printed.is_err() {
            return;
        }
    }
}

/// Ready when the process that the client said it is is no more, even if it left the pipe open.
async fn gone(mut told: tokio::sync::watch::Receiver<Option<i32>>) {
    let Ok(process) = told.wait_for(Option::is_some).await.map(|process| *process) else {
        return std::future::pending().await;
    };
    let Some(process) = process.and_then(rustix::process::Pid::from_raw) else { return std::future::pending().await };
    while rustix::process::test_kill_process(process) != Err(rustix::io::Errno::SRCH) {
        tokio::time::sleep(LOOK).await;
    }
}
