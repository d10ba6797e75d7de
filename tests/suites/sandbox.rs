//! Guests that behave: configured once, isolated from case to case, kept in a cache that trusts nobody.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use maple_kernel::{
    Assess, Calendar, Case, CaseFile, Day, Facts, FaultKind, Limits, Party, PartyType, Plugins, PolicyId, Purposes,
    Setting, Setup, SetupError, Value,
};
use maple_sandbox::{
    COMPLAINTS_COUNT_MAX, ConfiguredPolicy, DIARY_LINE_BYTES_MAX, DIARY_LINES_DEFAULT, Isolation, SETTINGS_BYTES_MAX,
    SETTINGS_NODES_MAX, Sandbox, SandboxConfig,
};
use maple_tests::guests::{Guest, words};

fn day() -> Day {
    Day::new(2026, 11, 23).unwrap()
}

/// A case with every type of value, on the dispute and on a party.
fn with_file<R>(ask: impl FnOnce(&CaseFile<'_>) -> R) -> R {
    let facts = || {
        let list: Vec<(&str, Value)> = vec![
            ("amount", Value::Money(4_800_000)),
            ("day", Value::Day(day())),
            ("flag", Value::Flag(true)),
            ("number", Value::Number(14.0)),
            ("text", Value::Text("employment".into())),
            ("words", Value::Words(["zh".into(), "en".into()].into())),
        ];
        Facts::new(list.into_iter().map(|(key, value)| (key.into(), value)).collect())
    };
    let party = |role: &str| Party { role: role.into(), kind: PartyType::Organisation, facts: facts() };
    let parties = vec![party("applicant"), party("respondent")];
    let case = Case::new(None, "cn/zhejiang".into(), "labour.wage".into(), "counter".into(), day(), parties, facts());
    let reads = ["amount", "day", "flag", "number", "text", "words"].map(Into::into);
    ask(&case.file(Purposes::BOTH, day(), &case.facts, &reads))
}

/// A guest that answers as many findings as it has settings, counted by `configure`, and one more for every case
/// that this sandbox has seen before.
fn counting() -> Guest {
    let mut guest = Guest::default();
    let finding = guest.finding();
    let list = guest.put(&[finding; 12].concat());
    let mut result = vec![0; 4];
    result.extend(words(&[(list, 0)]));
    let result = guest.put(&result);
    let count = result + 8;
    let configured = guest.configure.clone();
    guest.configure = format!("(i32.store (i32.const {count}) (local.get 1)) {configured}");
    guest.extra = "(global $cases (mut i32) (i32.const 0))".into();
    guest.assess = format!(
        "(i32.store (i32.const {count}) (i32.add (i32.load (i32.const {count})) (global.get $cases)))
         (global.set $cases (i32.const 1))
         (i32.const {result})"
    );
    guest
}

/// The same guest, made so that it cannot be snapshotted.
fn without_snapshot() -> Guest {
    let mut guest = counting();
    guest.extra += "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))";
    guest
}

fn settings(count: usize) -> Setting {
    Setting::Table((1..count).map(|at| (format!("k{at}").into(), Setting::Number(1.0))).collect())
}

fn configure(sandbox: &Sandbox, guest: &Guest, settings: &[Setting]) -> Vec<Result<ConfiguredPolicy, SetupError>> {
    let info = sandbox.add_component(&guest.component()).unwrap_or_else(|error| panic!("{error}"));
    let (policy, calendar) = (PolicyId::from("cn/test"), Calendar::default());
    let setup = |settings| Setup {
        policy: &policy,
        plugin: &info.digest,
        settings,
        calendar: &calendar,
        limits: Limits::default(),
    };
    sandbox.configure_policies(&settings.iter().map(setup).collect::<Vec<_>>())
}

fn one(sandbox: &Sandbox, guest: &Guest, count: usize) -> ConfiguredPolicy {
    configure(sandbox, guest, &[settings(count)]).remove(0).unwrap_or_else(|error| panic!("{error:?}"))
}

fn plain() -> Sandbox {
    Sandbox::new(SandboxConfig::default()).unwrap()
}

fn findings(policy: &ConfiguredPolicy) -> usize {
    with_file(|file| policy.assess(file)).answer.unwrap().len()
}

#[test]
fn a_plugin_says_what_it_is() {
    let sandbox = plain();
    let info = sandbox.add_component(&Guest::default().component()).unwrap();
    assert_eq!((info.id.as_str(), info.version.as_str()), ("hand-written", "1.2.3"));
    assert!(info.digest.starts_with("sha256:") && info.digest.len() == 7 + 64);
    let compiled = sandbox.compiled();
    assert_eq!(sandbox.add_component(&Guest::default().component()).unwrap(), info);
    assert_eq!(sandbox.compiled(), compiled, "the same bytes are taken once");
    assert_eq!(sandbox.list(), [info]);
}

#[test]
fn configure_runs_ahead_of_time_and_every_case_starts_from_there() {
    let policy = one(&plain(), &counting(), 3);
    assert!(policy.info().snapshotted, "{:?}", policy.info().obstacle);
    assert_eq!([findings(&policy), findings(&policy), findings(&policy)], [3, 3, 3]);
    assert_eq!(policy.descriptor().rules.len(), 1);
}

#[test]
fn without_a_snapshot_the_answers_are_the_same() {
    let sandbox = plain();
    let (with, without) = (one(&sandbox, &counting(), 5), one(&sandbox, &without_snapshot(), 5));
    assert!(!without.info().snapshotted);
    assert_eq!(without.info().obstacle.as_deref(), Some("unsupported `table.set` instruction"));
    assert_eq!([findings(&without), findings(&without)], [5, 5]);
    let ask = |policy: &ConfiguredPolicy| with_file(|file| policy.assess(file));
    assert_eq!(ask(&with).answer, ask(&without).answer);
    let (few, many) = (one(&sandbox, &without_snapshot(), 1), one(&sandbox, &without_snapshot(), 12));
    assert_eq!(ask(&few).fuel, ask(&many).fuel, "`configure` is not counted");
}

/// A policy made for a few cases, and how many components were compiled for it beside its plugin.
fn sketched(sandbox: &Sandbox, guest: &Guest, count: usize) -> (ConfiguredPolicy, usize) {
    let info = sandbox.add_component(&guest.component()).unwrap_or_else(|error| panic!("{error}"));
    let (policy, calendar, settings) = (PolicyId::from("cn/test"), Calendar::default(), settings(count));
    let (plugin, limits) = (&*info.digest, Limits::default());
    let setup = Setup { policy: &policy, plugin, settings: &settings, calendar: &calendar, limits };
    let before = sandbox.compiled();
    let made = sandbox.sketch_policies(&[setup]).remove(0).unwrap_or_else(|error| panic!("{error:?}"));
    (made, sandbox.compiled() - before)
}

#[test]
fn a_sketch_answers_as_the_policy_would_and_compiles_nothing() {
    let (ours, theirs) = (plain(), plain());
    for count in 1..4 {
        let (sketch, compiled) = sketched(&ours, &counting(), count);
        assert_eq!((compiled, sketch.info().snapshotted), (0, false));
        let made = one(&theirs, &counting(), count);
        with_file(|file| {
            for _ in 0..2 {
                let (ours, theirs) = (sketch.assess(file), made.assess(file));
                assert_eq!((ours.answer, ours.fuel), (theirs.answer, theirs.fuel));
            }
        });
    }
}

#[test]
fn a_sketch_is_not_kept_and_takes_what_is_at_hand() {
    let sandbox = plain();
    let (sketch, _) = sketched(&sandbox, &counting(), 2);
    let made = one(&sandbox, &counting(), 2);
    assert!(made.info().snapshotted && !made.shares_code_with(&sketch));
    let (again, _) = sketched(&sandbox, &counting(), 2);
    assert!(again.shares_code_with(&made));
}

#[test]
fn settings_that_take_long_are_made_ready_even_for_a_few_cases() {
    let mut guest = counting();
    let configured = guest.configure.clone();
    guest.extra += "(global $n (mut i32) (i32.const 0))";
    guest.configure = format!(
        "(global.set $n (i32.const 20000000))
         (loop $l (global.set $n (i32.sub (global.get $n) (i32.const 1))) (br_if $l (global.get $n))) {configured}"
    );
    let (made, compiled) = sketched(&plain(), &guest, 2);
    assert_eq!((compiled, made.info().snapshotted, findings(&made)), (1, true, 2));
}

#[test]
fn a_reused_sandbox_would_remember() {
    let policy = one(&plain(), &counting(), 2);
    let mut session = policy.reuse_for_bench().unwrap_or_else(|failed| panic!("{failed:?}"));
    let mut ask = || with_file(|file| session.assess(file)).answer.unwrap().len();
    assert_eq!([ask(), ask(), ask()], [2, 3, 4], "else the tests above show nothing");
}

#[test]
fn fuel_is_the_same_every_time_and_on_every_thread() {
    let policy = one(&plain(), &counting(), 2);
    let fuel = || with_file(|file| policy.assess(file)).fuel;
    let first = fuel();
    assert!(first > 0);
    let seen: BTreeSet<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..50).map(|_| fuel()).collect::<Vec<_>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(seen, BTreeSet::from([first]));
}

#[test]
fn equal_policies_are_made_once_and_share_their_code() {
    let sandbox = plain();
    let all = [settings(2), settings(3), settings(2), settings(2)];
    let policies: Vec<_> = configure(&sandbox, &counting(), &all).into_iter().map(Result::unwrap).collect();
    assert_eq!(sandbox.compiled(), 3, "the plugin once, each of the two once");
    assert_eq!(policies.iter().map(findings).collect::<Vec<_>>(), [2, 3, 2, 2]);
    assert!(policies[0].shares_code_with(&policies[3]) && !policies[0].shares_code_with(&policies[1]));
    let later = one(&sandbox, &counting(), 3);
    assert!(later.shares_code_with(&policies[1]), "the next ruleset takes over what is in use");
    assert_eq!(sandbox.compiled(), 3);
}

#[test]
fn the_calendar_makes_a_difference_and_its_years_do_not() {
    let sandbox = plain();
    let info = sandbox.add_component(&counting().component()).unwrap();
    let (policy, settings) = (PolicyId::from("cn/test"), settings(1));
    let calendar = |off: &[Day], years: &[i16]| {
        Calendar::new(
            [6, 7].into(),
            off.iter().copied().collect(),
            BTreeSet::new(),
            years.iter().copied().collect(),
            true,
        )
    };
    let calendars = [calendar(&[], &[]), calendar(&[day()], &[]), calendar(&[], &[2026])];
    let setups = calendars.each_ref().map(|calendar| Setup {
        policy: &policy,
        plugin: &info.digest,
        settings: &settings,
        calendar,
        limits: Limits::default(),
    });
    let made: Vec<_> = sandbox.configure_policies(&setups).into_iter().map(Result::unwrap).collect();
    assert!(!made[0].shares_code_with(&made[1]));
    assert!(made[0].shares_code_with(&made[2]), "guests do not see which years are verified");
}

#[test]
fn complaints_come_back_whole_and_in_order() {
    let mut guest = Guest::default();
    let (path, message, advice) = (guest.text("rules[2].when"), guest.text("unknown word"), guest.text("try `amount`"));
    let mut complaint = words(&[path, message]);
    complaint.extend([1, 0, 0, 0]);
    complaint.extend(words(&[advice]));
    let list = guest.put(&complaint.repeat(COMPLAINTS_COUNT_MAX + 1));
    let sandbox = plain();
    let complains = |count: usize| {
        let mut guest = guest.clone();
        let mut result = vec![1, 0, 0, 0];
        result.extend(words(&[(list, u32::try_from(count).unwrap())]));
        guest.configure = format!("(i32.const {})", guest.put(&result));
        match configure(&sandbox, &guest, &[settings(1)]).pop() {
            Some(Err(SetupError::Settings(complaints))) => complaints,
            _ => panic!("the settings are taken"),
        }
    };
    let most = complains(COMPLAINTS_COUNT_MAX);
    assert_eq!((most.len(), most.first()), (COMPLAINTS_COUNT_MAX, most.last()));
    let more = complains(COMPLAINTS_COUNT_MAX + 1).pop().unwrap();
    assert_eq!(more.message, "2 more complaints are left out, at most 1000 are told");
    let complaints = complains(2);
    assert_eq!(complaints.len(), 2);
    assert_eq!((complaints[1].path.as_str(), complaints[1].message.as_str()), ("rules[2].when", "unknown word"));
    assert_eq!(complaints[1].advice.as_deref(), Some("try `amount`"));
}

#[test]
fn settings_are_taken_up_to_their_limit() {
    let sandbox = plain();
    // The root is a node too.
    let items = |count: usize| Setting::Items(vec![Setting::Flag(true); count - 1]);
    let text = |bytes: usize| Setting::Text("x".repeat(bytes).into());
    let guest = Guest { memory: "600".into(), ..Guest::default() };
    for (fits, more, says) in [
        (items(SETTINGS_NODES_MAX), items(SETTINGS_NODES_MAX + 1), "the settings have more than 1000000 values"),
        (text(SETTINGS_BYTES_MAX), text(SETTINGS_BYTES_MAX + 1), "the settings have more than 16777216 bytes of text"),
    ] {
        let mut results = configure(&sandbox, &guest, &[fits, more]);
        let Some(Err(SetupError::Settings(complaints))) = results.pop() else { panic!("{says}: it is taken") };
        assert_eq!(complaints[0].message, says);
        assert!(results.pop().unwrap().is_ok());
    }
    let Some(Err(SetupError::Settings(complaints))) = configure(&sandbox, &guest, &[Setting::Number(f64::NAN)]).pop()
    else {
        panic!("it is taken")
    };
    assert_eq!(complaints[0].message, "a number is not finite");
}

#[test]
fn a_diary_is_kept_for_authors_only() {
    let mut guest = Guest::default();
    let (at, len) = guest.text("looked up the cap");
    let answer = guest.assess.clone();
    guest.assess = format!("(call $write (i32.const {at}) (i32.const {len})) {answer}");
    let mut panics = guest.clone();
    panics.assess = format!("(call $write (i32.const {at}) (i32.const {len})) (unreachable)");

    let author = Sandbox::new(SandboxConfig { diaries: true, ..SandboxConfig::default() }).unwrap();
    assert_eq!(with_file(|file| one(&author, &guest, 1).assess(file)).diary, ["looked up the cap"]);
    let fault = with_file(|file| one(&author, &panics, 1).assess(file)).answer.unwrap_err();
    assert!(fault.kind == FaultKind::Trap && fault.detail.ends_with("looked up the cap"), "{}", fault.detail);

    let production = plain();
    assert!(with_file(|file| one(&production, &guest, 1).assess(file)).diary.is_empty());
    let fault = with_file(|file| one(&production, &panics, 1).assess(file)).answer.unwrap_err();
    assert!(!fault.detail.contains("cap"), "{}", fault.detail);
}

#[test]
fn a_diary_has_so_many_lines_and_the_last_words_are_among_them() {
    let mut guest = Guest::default();
    let (line, (at, _)) = ("x".repeat(DIARY_LINE_BYTES_MAX + 1), guest.text(&"x".repeat(DIARY_LINE_BYTES_MAX + 1)));
    let (last, bytes) = guest.text("no such table");
    let says = |lines: usize, bytes: usize| {
        format!(
            "(local $i i32) (loop $more (call $write (i32.const {at}) (i32.const {bytes}))
             (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {lines}))))"
        )
    };
    let answer = guest.assess.clone();
    for isolation in [Isolation::Warm, Isolation::Fresh, Isolation::Component] {
        let author = Sandbox::new(SandboxConfig { diaries: true, isolation, ..SandboxConfig::default() }).unwrap();
        let asked = |body: String| {
            let guest = Guest { assess: body, ..guest.clone() };
            with_file(|file| one(&author, &guest, 1).assess(file))
        };
        for (bytes, kept) in [(DIARY_LINE_BYTES_MAX, DIARY_LINE_BYTES_MAX), (line.len(), DIARY_LINE_BYTES_MAX)] {
            let diary = asked(format!("{} {answer}", says(DIARY_LINES_DEFAULT, bytes))).diary;
            assert_eq!(diary, vec![line[..kept].to_owned(); DIARY_LINES_DEFAULT]);
        }
        let diary = asked(format!("{} {answer}", says(DIARY_LINES_DEFAULT + 1, 1))).diary;
        assert_eq!(diary.len(), DIARY_LINES_DEFAULT);
        assert_eq!(diary[DIARY_LINES_DEFAULT - 2], "(2 lines are left out, a diary has 256)");
        let panics = format!("{} (call $write (i32.const {last}) (i32.const {bytes})) (unreachable)", says(1_000, 1));
        let panicked = asked(panics);
        let fault = panicked.answer.unwrap_err();
        assert!(fault.kind == FaultKind::Trap && fault.detail.ends_with("no such table"), "{}", fault.detail);
        assert_eq!(panicked.diary.last().map(String::as_str), Some("no such table"));
    }
}

// ---- the cache ----

struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    /// A cache with one policy in it.
    fn new() -> Self {
        let kept = Self { folder: tempfile::tempdir().unwrap() };
        let sandbox = kept.start();
        assert_eq!(findings(&one(&sandbox, &counting(), 3)), 3);
        assert_eq!(sandbox.compiled(), 2);
        kept
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn start(&self) -> Sandbox {
        Sandbox::new(SandboxConfig { cache: Some(self.path()), ..SandboxConfig::default() }).unwrap()
    }

    fn files(&self, ending: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|e| e == ending)).collect()
    }

    /// Starts anew: how much had to be compiled. The answers are right in any case.
    #[track_caller]
    fn compiled_anew(&self) -> usize {
        let sandbox = self.start();
        assert_eq!(findings(&one(&sandbox, &counting(), 3)), 3);
        sandbox.compiled()
    }
}

fn change(path: &Path, how: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    how(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_warm_start_compiles_nothing_and_answers_the_same() {
    let kept = Kept::new();
    assert_eq!(kept.compiled_anew(), 0);
    let ask = |sandbox: &Sandbox, guest: &Guest| with_file(|file| one(sandbox, guest, 3).assess(file));
    assert_eq!(ask(&kept.start(), &counting()), ask(&plain(), &counting()));
    assert_eq!(one(&kept.start(), &counting(), 3).descriptor(), one(&plain(), &counting(), 3).descriptor());
    // One that cannot be snapshotted is kept as well.
    assert_eq!(ask(&kept.start(), &without_snapshot()), ask(&plain(), &without_snapshot()));
    let warm = kept.start();
    let policy = one(&warm, &without_snapshot(), 3);
    assert_eq!((warm.compiled(), policy.info().snapshotted, findings(&policy)), (0, false, 3));
}

#[test]
fn changed_code_is_never_loaded() {
    type Change = fn(&mut Vec<u8>);
    let changes: [Change; 5] = [
        |bytes| bytes[1_000] ^= 1,
        |bytes| *bytes.last_mut().unwrap() ^= 0x80,
        |bytes| bytes.truncate(bytes.len() / 2),
        |bytes| bytes.push(0),
        Vec::clear,
    ];
    let kept = Kept::new();
    for how in changes {
        change(&kept.files("cwasm")[0], how);
        assert_eq!(kept.compiled_anew(), 2, "the plugin and the policy");
        assert_eq!(kept.compiled_anew(), 0, "and it is kept again");
    }
}

#[test]
fn changed_entries_are_never_believed() {
    type Change = fn(&mut Vec<u8>);
    let changes: [Change; 5] = [
        |bytes| bytes[0] ^= 1,
        |bytes| *bytes.last_mut().unwrap() ^= 1,
        |bytes| bytes.truncate(20),
        |bytes| bytes.extend(b" "),
        Vec::clear,
    ];
    let kept = Kept::new();
    for how in changes {
        kept.files("entry").iter().for_each(|path| change(path, how));
        assert_eq!(kept.compiled_anew(), 2);
        assert_eq!(kept.compiled_anew(), 0);
    }
}

#[test]
fn files_of_another_cache_are_never_loaded() {
    let (kept, foreign) = (Kept::new(), Kept::new());
    for path in [foreign.files("entry"), foreign.files("cwasm")].concat() {
        fs::copy(&path, kept.path().join(path.file_name().unwrap())).unwrap();
    }
    assert_eq!(kept.compiled_anew(), 2, "the same names, the same contents, another key");
}

#[test]
fn an_entry_under_another_s_name_is_never_believed() {
    let kept = Kept::new();
    one(&kept.start(), &counting(), 4);
    let entries = kept.files("entry");
    let contents: Vec<_> = entries.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, content) in entries.iter().zip(contents.iter().cycle().skip(1)) {
        fs::write(path, content).unwrap();
    }
    assert_eq!(kept.compiled_anew(), 2);
}

#[test]
fn what_others_could_write_is_never_loaded() {
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let kept = Kept::new();
    kept.files("cwasm").iter().for_each(|path| allow(path, 0o666));
    assert_eq!(kept.compiled_anew(), 2);
    assert_eq!(kept.compiled_anew(), 0);
    kept.files("entry").iter().for_each(|path| allow(path, 0o620));
    assert_eq!(kept.compiled_anew(), 2);
    assert_eq!(kept.compiled_anew(), 0);
    allow(&kept.path().join("key"), 0o640);
    assert_eq!(kept.compiled_anew(), 2, "a key that others read is no key");
    allow(&kept.path().join("key"), 0o600);
    assert_eq!(kept.compiled_anew(), 0);
    allow(&kept.path(), 0o777);
    assert_eq!(kept.compiled_anew(), 2);
}

#[test]
fn a_link_is_not_followed() {
    let kept = Kept::new();
    let code = kept.files("cwasm").remove(0);
    let elsewhere = kept.folder.path().join("elsewhere");
    fs::rename(&code, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &code).unwrap();
    assert_eq!(kept.compiled_anew(), 2);
}

#[test]
fn a_cache_that_cannot_be_used_is_done_without() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache");
    fs::write(&file, "not a folder").unwrap();
    let sandbox = Sandbox::new(SandboxConfig { cache: Some(file), ..SandboxConfig::default() }).unwrap();
    assert_eq!(findings(&one(&sandbox, &counting(), 3)), 3);
}

#[test]
fn several_processes_may_fill_one_cache() {
    let kept = Kept { folder: tempfile::tempdir().unwrap() };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(findings(&one(&kept.start(), &counting(), 3)), 3));
        }
    });
    assert_eq!(kept.compiled_anew(), 0);
    assert_eq!(kept.files("draft"), Vec::<PathBuf>::new());
}
