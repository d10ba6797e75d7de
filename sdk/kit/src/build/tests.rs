use std::{
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn out() -> PathBuf {
    root().join("target/maple/plugins")
}

fn ensure(progress: &mut dyn FnMut(Step)) -> Vec<PathBuf> {
    ensure_plugins(&root().join("plugins"), &out(), progress).unwrap()
}

#[test]
fn the_plugins_of_the_house_are_built_once() {
    let names: Vec<_> = ensure(&mut |_| ()).iter().map(|p| p.file_stem().unwrap().to_owned()).collect();
    assert!(names.contains(&"decision-table".into()), "{names:?}");
    let start = Instant::now();
    ensure(&mut |step| panic!("nothing has changed, yet: {step}"));
    let took = start.elapsed();
    assert!(took < Duration::from_millis(300), "an unchanged build took {took:?}");
}

#[test]
fn several_processes_build_once() {
    ensure(&mut |_| ());
    let (send, receive) = mpsc::channel();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let send = send.clone();
            std::thread::spawn(move || ensure(&mut |step| send.send(step).unwrap()))
        })
        .collect();
    let paths: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    drop(send);
    assert!(paths.iter().all(|list| *list == paths[0]));
    assert_eq!(receive.iter().filter(|step| matches!(step, Step::Ready(_))).count(), 0);
}
