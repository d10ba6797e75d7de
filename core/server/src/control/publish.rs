//! Bundles on their way in: through the gate, kept, and the reports on those that were refused.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
};

use maple_bundle::Archive;
use maple_gate::{Admitted, Budget, Changes, Report, Terms, admit, signatures_hold};
use maple_seal::Digest;
use maple_store::{Filter, Rejection, StoreError};
use tracing::{info, warn};

use super::{Actor, BUDGET_CASES_MAX, Control, FOLDER, Made, Refusal, Unmade, allowed};
use crate::{
    app::App,
    clock::{self, Clock},
};

/// A bundle that was published.
pub(crate) struct Published {
    pub(crate) report: Report,
    /// False when it was there before.
    pub(crate) new: bool,
}

impl Control {
    /// Takes the bytes of a bundle through the gate.
    pub(super) fn examined(
        &self,
        bytes: &[u8],
        expected: Option<&Digest>,
        current: Option<&Made>,
        clock: &dyn Clock,
    ) -> Result<Admitted, Refusal> {
        let _one = self.examining.lock().unwrap_or_else(PoisonError::into_inner);
        let budget = match (self.governance.changed_percent_max, current) {
            (Some(max), Some(_)) => Some(self.budget(max)?),
            _ => None,
        };
        let unread = RefCell::new(None);
        let published = |unit: &str| {
            self.store.pack_digest(unit).unwrap_or_else(|why| {
                unread.borrow_mut().get_or_insert(why);
                None
            })
        };
        let before: BTreeSet<Arc<str>> = self.plugins.list().into_iter().map(|plugin| plugin.digest).collect();
        // A panic of the host in the middle of it is the host's failure, not the end of all changes.
        let examine = || {
            admit(
                bytes,
                expected,
                &Terms {
                    plugins: &*self.plugins,
                    on_hand: &self.on_hand,
                    trust: self.governance.trust.as_ref(),
                    at: clock::timestamp(clock),
                    day: clock::day(clock, clock::UTC_OFFSET_MINUTES),
                    current: current.map(Made::side),
                    rollback: false,
                    same_versions: !self.is_strict(),
                    published: &published,
                    budget: budget.as_ref(),
                    progress: &|stage| info!(stage = stage.word(), "A bundle is examined."),
                },
            )
        };
        let admitted = catch_unwind(AssertUnwindSafe(examine)).map_err(|_| Refusal::Broken)?;
        if admitted.is_err() {
            // What a rejected bundle brought is not kept at hand.
            let after = self.plugins.list().into_iter().map(|plugin| plugin.digest);
            after.filter(|digest| !before.contains(digest)).for_each(|digest| self.plugins.dismiss(&digest));
        }
        // What could not be read must not look as if nothing were there.
        match unread.into_inner() {
            Some(why) => Err(Refusal::Store(why)),
            None => {
                let admitted = admitted.map_err(|report| Refusal::Rejected(report, None))?;
                // Where packs may change without a new version, a version says nothing of their bytes.
                let versions = if self.is_strict() { admitted.versions } else { BTreeMap::new() };
                Ok(Admitted { versions, ..admitted })
            }
        }
    }

    /// The latest recorded cases.
    fn budget(&self, changed_percent_max: f64) -> Result<Budget, StoreError> {
        let mut questions = Vec::new();
        for one in self.store.decisions(&Filter::default(), BUDGET_CASES_MAX)? {
            // One that was retired in between says nothing.
            if let Some(record) = self.store.decision(&one.id)? {
                questions.push(record.decision()?.input);
            }
        }
        Ok(Budget { questions, changed_percent_max })
    }

    /// Examines a bundle and, unless it is only to be tried, keeps it. It does not serve yet.
    pub(crate) fn publish(
        &self,
        app: &App,
        bytes: &[u8],
        expected: Option<&Digest>,
        dry: bool,
        actor: &Actor<'_>,
    ) -> Result<Published, Refusal> {
        let clock = app.clock();
        let serving = app.serving();
        // Whatever its files say is not compiled for somebody who could not put it in force.
        within_reach(bytes, &serving.made, actor)?;
        match self.examined(bytes, expected, Some(&serving.made), clock) {
            Ok(admitted) => {
                allowed(&admitted.changes, actor)?;
                let bundle = admitted.digest.to_string();
                let new = self.store.bundle_info(&admitted.digest)?.is_none();
                if !dry {
                    self.store.bundle_put_with(bytes, &clock::rfc3339(clock), actor.name, &admitted.versions)?;
                    self.shelf.put(&bundle, Arc::new(Made::new(admitted.bundle, admitted.compiled)));
                    self.note(clock, actor.name, "publish", &bundle, "");
                    info!(bundle, by = actor.name, "A bundle was published.");
                }
                Ok(Published { report: admitted.report, new })
            }
            Err(Refusal::Rejected(report, _)) if dry => Ok(Published { report: *report, new: true }),
            Err(other) => Err(self.kept(other, actor.name, clock)),
        }
    }

    /// The same refusal, with its report kept where it has one: whatever the gate refuses is there to be read.
    pub(super) fn kept(&self, refusal: Refusal, by: &str, clock: &dyn Clock) -> Refusal {
        match refusal {
            Refusal::Rejected(report, None) => match self.keep_report(&report, by, clock) {
                Ok(id) => Refusal::Rejected(report, Some(id)),
                Err(why) => Refusal::Store(why),
            },
            other => other,
        }
    }

    fn keep_report(&self, report: &Report, by: &str, clock: &dyn Clock) -> Result<String, StoreError> {
        if by == FOLDER
            && let Some(last) = self.store.rejections(1, None)?.pop()
            && (&*last.by, &last.bundle) == (by, &report.bundle)
        {
            // A process that starts again and again with a folder that may not serve fills nothing.
            return Ok(last.id);
        }
        let id = format!("r-{}", clock::unique(clock));
        let stage = report.failed().map_or("", maple_gate::Stage::word);
        warn!(report = id, by, stage, "A bundle was rejected.");
        let body = serde_json::to_string(report).unwrap_or_default();
        let (at, bundle) = (clock::rfc3339(clock), report.bundle.clone());
        self.store.rejection_put(&Rejection { id: id.clone(), at, by: by.to_owned(), bundle, body })?;
        self.note(clock, by, "reject", &report.bundle, &format!("{id}: {stage}"));
        Ok(id)
    }

    /// Lets go of plugins that nothing uses any more: of bundles that were only tried, and of those that are at hand no
    /// longer. What they were made into goes on.
    pub(super) fn let_go(&self, app: &App) {
        // Whoever takes some in at the moment still looks for them; the next round lets go.
        let Some(_examining) = free(&self.examining) else { return };
        let Some(_making) = free(&self.shelf.making) else { return };
        let list = self.plugins.list();
        if list.iter().all(|plugin| self.on_hand.contains(&plugin.digest)) {
            return;
        }
        let serving = app.serving();
        let mut used = self.shelf.plugins();
        used.extend(serving.made.plugins());
        let unused = list.into_iter().filter(|one| !self.on_hand.contains(&one.digest) && !used.contains(&one.digest));
        unused.for_each(|plugin| self.plugins.dismiss(&plugin.digest));
    }

    /// What a bundle becomes, its signatures checked where they must be: a key may have been revoked since it was published,
    /// and what lies at hand may have come there in another way. `served` is what it was when it served, where it did: without
    /// the packs that had problems.
    pub(super) fn made_to_serve(
        &self,
        bundle: &str,
        served: Option<&str>,
        clock: &dyn Clock,
    ) -> Result<Arc<Made>, Refusal> {
        let made = match self.shelf.made(bundle, served) {
            // This engine makes something else of it than served; that is as good as a new bundle.
            Err(Unmade::Other { .. }) if served.is_some() => self.shelf.made(bundle, None)?,
            made => made?,
        };
        if let Some(trust) = &self.governance.trust {
            let unknown = || Unmade::Bundle(bundle.chars().take(80).collect());
            let digest: Digest = bundle.parse().map_err(|_| unknown())?;
            let bytes = self.store.bundle(&digest)?.ok_or_else(unknown)?.bytes;
            let archive =
                Archive::read(&bytes).map_err(|source| Unmade::Archive { bundle: bundle.to_owned(), source })?;
            let at = clock::timestamp(clock);
            signatures_hold(&archive, &made.ruleset, trust, &self.on_hand, at)
                .map_err(|report| Refusal::Rejected(report, None))?;
        }
        Ok(made)
    }

    pub(super) fn four_eyes(&self, bundle: &str, changes: &Changes, actor: &Actor<'_>) -> Result<(), Refusal> {
        let Some(place) = self.guarded(changes) else { return Ok(()) };
        let digest: Digest = bundle.parse().map_err(|_| Unmade::Bundle(bundle.to_owned()))?;
        let by = self.store.bundle_info(&digest)?.map(|info| info.by);
        if by.as_deref() == Some(actor.name) { Err(Refusal::FourEyes(place.to_owned())) } else { Ok(()) }
    }

    /// A place that changes and is guarded by four eyes.
    pub(super) fn guarded<'c>(&self, changes: &'c Changes) -> Option<&'c str> {
        // The words of all are the words of each place that is guarded so.
        let guards = &self.governance.four_eyes;
        let asked = |place: &str| !guards.is_empty() && place.is_empty() || guards.iter().any(|one| one.covers(place));
        changes.places().find(|place| asked(place))
    }
}

/// A lock that nobody holds.
fn free<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match lock.try_lock() {
        Ok(held) => Some(held),
        Err(TryLockError::Poisoned(broken)) => Some(broken.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Every place whose files are others than those that serve must be the actor's. What is no archive is told later.
fn within_reach(bytes: &[u8], current: &Made, actor: &Actor<'_>) -> Result<(), Refusal> {
    let Ok(archive) = Archive::read(bytes) else { return Ok(()) };
    let (before, after) = (current.side().bundle.part_digests(), archive.bundle.part_digests());
    let changed = |place: &&String| before.get(*place) != after.get(*place);
    match before.keys().chain(after.keys()).filter(changed).find(|place| !(actor.may)(place)) {
        Some(place) => Err(Refusal::Forbidden(place.clone())),
        None => Ok(()),
    }
}
