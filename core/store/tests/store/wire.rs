//! The wire between a process and its PostgreSQL server, which a test may cut without anybody being told.

use std::{
    io::{ErrorKind, Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

const LOOK: Duration = Duration::from_millis(10);

/// Carries what is said between a port of its own and the socket of a server. Cut, it takes connections and says
/// nothing, as a network does that swallows everything; mended, it goes on where it was.
pub(crate) struct Wire {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn to(socket: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, cut) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let (seen, socket) = (Arc::clone(&cut), socket.to_owned());
        thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                let (cut, socket) = (Arc::clone(&seen), socket.clone());
                thread::spawn(move || carry(caller, socket, &cut));
            }
        });
        Self { port, cut }
    }

    pub(crate) fn url(&self, base: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{base}", self.port)
    }

    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

fn carry(caller: TcpStream, socket: PathBuf, cut: &AtomicBool) {
    while cut.load(Ordering::SeqCst) {
        thread::sleep(LOOK);
    }
    let Ok(server) = UnixStream::connect(socket) else { return };
    caller.set_read_timeout(Some(LOOK)).unwrap();
    server.set_read_timeout(Some(LOOK)).unwrap();
    let (mut from_caller, mut to_caller) = (caller.try_clone().unwrap(), caller);
    let (mut from_server, mut to_server) = (server.try_clone().unwrap(), server);
    thread::scope(|scope| {
        scope.spawn(|| pass(&mut from_caller, &mut to_server, cut, |to| to.shutdown(std::net::Shutdown::Write)));
        pass(&mut from_server, &mut to_caller, cut, |to| to.shutdown(std::net::Shutdown::Write));
    });
}

fn pass<W: Write>(from: &mut impl Read, to: &mut W, cut: &AtomicBool, end: fn(&W) -> std::io::Result<()>) {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let read = if cut.load(Ordering::SeqCst) {
            thread::sleep(LOOK);
            continue;
        } else {
            from.read(&mut bytes)
        };
        let some = match read {
            Ok(0) => break,
            Ok(some) => some,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(_) => break,
        };
        // What was read before the cut waits for its end.
        while cut.load(Ordering::SeqCst) {
            thread::sleep(LOOK);
        }
        if to.write_all(&bytes[..some]).is_err() {
            break;
        }
    }
    let _ = end(to);
}
