//! The folder of policies: what a process begins with, and what it takes in when the folder changes.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use maple_bundle::{Bundle, Compiled};
use maple_gate::States;
use maple_store::{Activation, ActivationKind, StoreError};
use tracing::info;

use super::{ATTEMPTS_MAX, ActivationTerms, Control, FOLDER, Made, Refusal, Step};
use crate::{
    app::{App, Serving},
    clock::{self, Clock},
};

/// Why a process cannot begin to serve.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.told())]
pub struct BeginError(Refusal);

impl Control {
    /// What is to serve when a process starts with a folder of policies: what was activated last, unless the folder has
    /// changed since it was last taken in, or `take` says that it is to be taken in all the same. The folder's archive is
    /// made only where it is needed.
    ///
    /// # Errors
    ///
    /// When the folder is not admitted, what was activated last cannot be made, or the store fails.
    pub fn begin<E: From<BeginError>>(
        &self,
        bundle: Bundle,
        compiled: Compiled,
        take: bool,
        archive: impl Fn() -> Result<Vec<u8>, E>,
        clock: &dyn Clock,
    ) -> Result<Serving, E> {
        let failed = |refusal: Refusal| E::from(BeginError(refusal));
        let store = |error: StoreError| failed(Refusal::Store(error));
        let folder = Arc::new(Made::new(bundle, compiled));
        let digest = folder.ruleset.digest().to_string();
        loop {
            let current = self.store.serving(clock::timestamp(clock)).map_err(store)?;
            let latest = self.store.current().map_err(store)?;
            if let Some(activation) = current.filter(|current| current.bundle.is_some()) {
                let terms = ActivationTerms::of(&activation).unwrap_or_default();
                let serves = terms.base.as_deref().unwrap_or(&activation.ruleset) == digest;
                if serves {
                    if let Some(bundle) = &activation.bundle {
                        self.shelf.put(bundle, Arc::clone(&folder));
                    }
                    return self.serving(&activation).map_err(|why| failed(why.into()));
                }
                let unchanged = self.last_folder().map_err(store)?.is_some_and(|last| last == digest);
                if unchanged && !take {
                    info!(
                        generation = activation.generation,
                        by = activation.by,
                        "The folder of policies is as it was when it was last taken in; what was activated since serves."
                    );
                    return self.serving(&activation).map_err(|why| failed(why.into()));
                }
            }
            let bytes = archive()?;
            match self.take_folder(&folder, &bytes, latest, "the policies that lay in the folder at the start", clock) {
                // Another process was first; it may have found the same.
                Err(Refusal::Conflict(_)) => {}
                Err(other) => return Err(failed(other)),
                Ok(activation) => return self.serving(&activation).map_err(|why| failed(why.into())),
            }
        }
    }

    /// Puts a folder in force. Where bundles must be signed it goes through the gate like any other.
    fn take_folder(
        &self,
        folder: &Arc<Made>,
        bytes: &[u8],
        latest: Option<Activation>,
        why: &str,
        clock: &dyn Clock,
    ) -> Result<Activation, Refusal> {
        let now = clock::rfc3339(clock);
        let mut versions = BTreeMap::new();
        if self.is_strict() {
            let admitted = self.examined(bytes, None, None, clock).map_err(|report| Refusal::Rejected(report, None))?;
            versions = admitted.versions;
        }
        let bundle = self.store.bundle_put_with(bytes, &now, FOLDER, &versions)?.to_string();
        self.shelf.put(&bundle, Arc::clone(folder));
        let states = match &latest {
            Some(latest) => ActivationTerms::of(latest).unwrap_or_default().states,
            None => States::default(),
        };
        let same = latest.as_ref().is_some_and(|latest| latest.ruleset == **folder.ruleset.digest());
        let kind = if same { ActivationKind::Renew } else { ActivationKind::Activate };
        let replaces = latest.map(|latest| latest.generation);
        self.swap(
            folder,
            &bundle,
            &states,
            Step { replaces, kind, by: FOLDER, why, effective: None, canary: None },
            clock,
        )
    }

    /// The digest of the ruleset that was last taken from the folder.
    fn last_folder(&self) -> Result<Option<String>, StoreError> {
        let mut before = u32::MAX;
        loop {
            let page = self.store.activations_before(before)?;
            let Some(oldest) = page.last().map(|oldest| oldest.generation) else { return Ok(None) };
            if let Some(found) = page.into_iter().find(|one| one.by == FOLDER && one.kind != ActivationKind::Rollback) {
                let base = ActivationTerms::of(&found).unwrap_or_default().base;
                return Ok(Some(base.unwrap_or(found.ruleset)));
            }
            before = oldest;
        }
    }

    /// Puts a changed folder in force, through the gate.
    fn refresh(&self, app: &App, bytes: &[u8]) -> Result<Option<Activation>, Refusal> {
        let clock = app.clock();
        let serving = app.serving();
        let admitted = match self.examined(bytes, None, Some(&serving), clock) {
            Ok(admitted) => admitted,
            Err(report) => return Err(Refusal::Rejected(report, None)),
        };
        if admitted.compiled.ruleset.digest() == serving.made.ruleset.digest() {
            return Ok(None);
        }
        let bundle = admitted.digest.to_string();
        self.store.bundle_put_with(bytes, &clock::rfc3339(clock), FOLDER, &admitted.versions)?;
        let made = Arc::new(Made::new(admitted.bundle, admitted.compiled));
        self.shelf.put(&bundle, Arc::clone(&made));
        for _ in 0..ATTEMPTS_MAX {
            let latest = self.store.current()?;
            let states = latest.as_ref().map(|latest| ActivationTerms::of(latest).unwrap_or_default().states);
            let step = Step {
                replaces: latest.map(|latest| latest.generation),
                kind: ActivationKind::Activate,
                by: FOLDER,
                why: "the folder of policies changed",
                effective: None,
                canary: None,
            };
            match self.swap(&made, &bundle, &states.unwrap_or_default(), step, clock) {
                Err(Refusal::Conflict(_)) => {}
                Err(other) => return Err(other),
                Ok(activation) => {
                    self.put_in_force(app, &activation)?;
                    return Ok(Some(activation));
                }
            }
        }
        Err(Refusal::Conflict(None))
    }
}

impl App {
    /// Puts the folder in force as it is now: its archive, or what keeps it from being one. What serves stays when the
    /// folder does not pass the gate; `/health/ready` says so until it does. Gives the new generation, if there is one.
    ///
    /// # Errors
    ///
    /// What keeps it from serving, in words.
    pub fn refresh(&self, archive: Result<Vec<u8>, String>) -> Result<Option<u32>, String> {
        let Some(control) = &self.control else { return Ok(None) };
        let done = archive.and_then(|bytes| control.refresh(self, &bytes).map_err(|refusal| refusal.told()));
        *control.folder.lock().unwrap_or_else(PoisonError::into_inner) = done.as_ref().err().cloned();
        done.map(|activation| activation.map(|activation| activation.generation))
    }
}
