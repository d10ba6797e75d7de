//! How fast the recorder is: `MAPLE_MEASURE=1 cargo test --release -p maple-store measure -- --nocapture`.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use maple_store::{Decision, Mode, Recorder, RecorderConfig, Signing};

use crate::support::{Base, always, at, both, decision, signer};

const CALLERS: u64 = 64;

/// Two kilobytes of input, three of context, twelve of output, as JSON.
fn sized(number: u64) -> Decision {
    let lines = |bytes: usize, seed: u64| {
        let line = |n: u64| {
            let digest = maple_seal::Digest::of(&(seed + n).to_le_bytes()).to_string();
            format!(
                "{{\"rule\":\"R{}\",\"because\":\"the claim is below the limit of the small claims track\",\"code\":\"{}\"}},",
                n % 70,
                &digest[7..19]
            )
        };
        let mut text = String::new();
        (0..)
            .map(line)
            .take_while(|line| {
                text += line;
                text.len() < bytes
            })
            .for_each(drop);
        text.into_bytes()
    };
    let policies = (0..12).map(|n| format!("cn/zhejiang/policy-{n}")).collect();
    Decision {
        id: format!("0198f1c2-7c1e-7d3a-9b4e-{number:012}"),
        input: lines(2_000, number),
        context: lines(3_000, number * 7),
        output: lines(12_000, number * 13),
        policies,
        ..decision(1)
    }
}

fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let ticks: Vec<u64> =
        stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
    Duration::from_millis((ticks[0] + ticks[1]) * 10)
}

#[test]
fn measure() {
    if env::var_os("MAPLE_MEASURE").is_none() {
        return;
    }
    let samples: Vec<Decision> = (0..512).map(sized).collect();
    let bytes: usize = samples.iter().map(|d| d.input.len() + d.context.len() + d.output.len()).sum();
    let rounds = 40;
    let mut copies: Vec<Decision> = (0..rounds).flat_map(|_| samples.iter().cloned()).collect();
    let count = copies.len() as f64;
    let used = cpu();
    let packed: usize = copies.drain(..).map(|copy| copy.prepare().unwrap().bytes()).sum();
    let each = (cpu() - used).as_secs_f64() * 1e6 / count;
    println!("prepare: {each:.1} us of CPU each, {} bytes become {:.0}", bytes / samples.len(), packed as f64 / count);
    both(|base| written(base, &samples));
    let (signer, _) = signer();
    let signer = Arc::new(signer);
    both(|base| {
        let signing = Signing {
            signer: always(&signer),
            records: 1_000,
            interval: Duration::from_secs(5),
            now: Arc::new(|| at(1)),
        };
        let config = RecorderConfig {
            log: "node-1".to_owned(),
            mode: Mode::Durable,
            queue: 10_000,
            signing: Some(signing),
            spool: None,
        };
        let store = Arc::new(base.open());
        let recorder = Recorder::start(store, config).unwrap();
        let number = AtomicU64::new(0);
        let (began, used) = (Instant::now(), cpu());
        thread::scope(|scope| {
            for _ in 0..CALLERS {
                scope.spawn(|| {
                    while began.elapsed() < Duration::from_secs(5) {
                        let n = number.fetch_add(1, Ordering::Relaxed);
                        let mut sample = samples[n as usize % samples.len()].clone();
                        sample.id = format!("0198f1c2-7c1e-7d3a-9b4e-{n:012}");
                        recorder.record_and_wait(sample.prepare().unwrap()).unwrap();
                    }
                });
            }
        });
        let (took, used) = (began.elapsed(), cpu() - used);
        let done = recorder.close();
        println!(
            "{}: {:.0} records/s from {CALLERS} callers, {:.1} us of CPU each, {:.0} a batch, {} checkpoints, lost {}",
            if base.is_file() { "sqlite" } else { "postgres" },
            done.committed as f64 / took.as_secs_f64(),
            used.as_secs_f64() * 1e6 / done.committed as f64,
            done.committed as f64 / done.batches as f64,
            done.checkpoints,
            done.lost,
        );
    });
}

/// What writing costs alone: decisions that are prepared and wait already.
fn written(base: &Base, samples: &[Decision]) {
    let numbered = |n: u64| {
        let mut sample = samples[n as usize % samples.len()].clone();
        sample.id = format!("0198f1c2-7c1e-7d3a-9b4e-{n:012}");
        sample.prepare().unwrap()
    };
    let prepared: Vec<_> = (0..20_000).map(numbered).collect();
    let config =
        RecorderConfig { log: "node-1".to_owned(), mode: Mode::Buffered, queue: 20_000, signing: None, spool: None };
    let recorder = Recorder::start(Arc::new(base.open()), config).unwrap();
    let (began, used) = (Instant::now(), cpu());
    prepared.into_iter().for_each(|prepared| recorder.record(prepared, |_| ()));
    let done = recorder.close();
    println!(
        "{}, written alone: {:.0} records/s, {:.1} us of CPU each, {:.0} a batch",
        if base.is_file() { "sqlite" } else { "postgres" },
        done.committed as f64 / began.elapsed().as_secs_f64(),
        (cpu() - used).as_secs_f64() * 1e6 / done.committed as f64,
        done.committed as f64 / done.batches as f64,
    );
}
