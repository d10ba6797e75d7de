//! The tables, and how an older database becomes a newer one. A step that has shipped is never edited.

mod steps;

use steps::STEPS;

use crate::{
    Fault, StoreError,
    place::Place,
    sql::{Dialect, Link, Lock, Value, sqlite::Sqlite},
};

/// The schema this version writes.
pub const SCHEMA_VERSION: i64 = STEPS.len() as i64;

/// Marks the database as ours: `MPLB`.
const APPLICATION_ID: i64 = 0x4D50_4C42;

/// Brings the schema up to date, in one transaction: another opener sees all of it or nothing.
pub(crate) fn migrate(link: &mut dyn Link, place: &Place) -> Result<(), StoreError> {
    migrate_to(link, place, SCHEMA_VERSION)
}

/// As [`migrate`], but no further than to an earlier schema; only tests stop there.
pub(crate) fn migrate_to(link: &mut dyn Link, place: &Place, last: i64) -> Result<(), StoreError> {
    let failed = |fault| StoreError::new("prepare", place, fault);
    if known(version(link).map_err(|fault| StoreError::new("open", place, fault))?, place)? >= last {
        return Ok(());
    }
    let mut run = || {
        link.begin()?;
        link.serialise(Lock::Schema)?;
        // Another opener may have been first.
        let Version::Ours(found) = version(link)? else { return Ok(()) };
        for number in found..last {
            let step = usize::try_from(number).ok().and_then(|number| STEPS.get(number)).ok_or(Fault::Shape)?;
            link.batch(&step.statements(link.dialect()))?;
        }
        mark(link, last)?;
        link.batch("COMMIT")
    };
    let done = run();
    if done.is_err() {
        // The first failure is what is told; a connection that cannot even take back is dropped by its owner.
        let _ = link.batch("ROLLBACK");
    }
    done.map_err(failed)?;
    known(version(link).map_err(failed)?, place).map(|_| ())
}

/// Turns on what a file needs before anything is written to it.
pub(crate) fn write_ahead(place: &Place) -> Result<(), StoreError> {
    if let Place::Sqlite { path } = place {
        let failed = |fault| StoreError::new("open", place, fault);
        let mut link = Sqlite::open(path, crate::OPERATION_MILLIS_MAX).map_err(failed)?;
        known(version(&mut link).map_err(failed)?, place)?;
        link.write_ahead().map_err(|fault| StoreError::new("prepare", place, fault))?;
    }
    Ok(())
}

enum Version {
    /// Of this service; 0 for an empty database.
    Ours(i64),
    Foreign,
}

fn known(version: Version, place: &Place) -> Result<i64, StoreError> {
    match version {
        Version::Foreign => Err(StoreError::Foreign { place: place.to_string() }),
        Version::Ours(found) if found > SCHEMA_VERSION => {
            Err(StoreError::Newer { place: place.to_string(), found, known: SCHEMA_VERSION })
        }
        Version::Ours(found) => Ok(found),
    }
}

fn version(link: &mut dyn Link) -> Result<Version, Fault> {
    let number = |link: &mut dyn Link, query: &str| match link.first(query, &[])? {
        Some(mut row) => row.int(),
        None => Err(Fault::Shape),
    };
    match link.dialect() {
        Dialect::Sqlite => {
            let tables = number(link, "SELECT count(*) FROM sqlite_schema")?;
            let application = number(link, "PRAGMA application_id")?;
            Ok(match (tables, application) {
                (0, _) => Version::Ours(0),
                (_, APPLICATION_ID) => Version::Ours(number(link, "PRAGMA user_version")?),
                _ => Version::Foreign,
            })
        }
        Dialect::Postgres => {
            // One look: between two of them another opener may be done.
            let tables = "SELECT count(*), count(*) FILTER (WHERE tablename = 'maple_schema') FROM pg_tables \
                          WHERE schemaname = current_schema()";
            let mut row = link.first(tables, &[])?.ok_or(Fault::Shape)?;
            Ok(match (row.int()?, row.int()?) {
                (0, _) => Version::Ours(0),
                (_, 1) => Version::Ours(number(link, "SELECT version FROM maple_schema")?),
                _ => Version::Foreign,
            })
        }
    }
}

fn mark(link: &mut dyn Link, version: i64) -> Result<(), Fault> {
    match link.dialect() {
        Dialect::Sqlite => {
            link.batch(&format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {version}"))
        }
        Dialect::Postgres => {
            link.batch("CREATE TABLE IF NOT EXISTS maple_schema (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)")?;
            let put = "INSERT INTO maple_schema VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET version = $1";
            link.execute(put, &[Value::Int(version)]).map(|_| ())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in a database, in words.
    fn shape(link: &mut dyn Link) -> Vec<String> {
        let all = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema ORDER BY name";
        link.query(all, &[]).unwrap().into_iter().map(|mut row| row.text().unwrap()).collect()
    }

    #[test]
    fn steps_add_up_from_every_earlier_schema() {
        let dir = tempfile::tempdir().unwrap();
        let opened = |name: String| {
            let place = Place::file(&dir.path().join(name));
            (place.connect(std::time::Duration::from_secs(5)).unwrap(), place)
        };
        let (mut whole, place) = opened("whole".to_owned());
        migrate(&mut *whole, &place).unwrap();
        let whole = shape(&mut *whole);
        for earlier in 1..SCHEMA_VERSION {
            let (mut link, place) = opened(earlier.to_string());
            migrate_to(&mut *link, &place, earlier).unwrap();
            assert_ne!(shape(&mut *link), whole);
            let old = "INSERT INTO activation (generation, ruleset, at, actor, why) VALUES (7, 'r', 'a', 'b', 'w')";
            link.batch(old).unwrap();
            migrate(&mut *link, &place).unwrap();
            assert_eq!(shape(&mut *link), whole, "from schema {earlier}");
            let kept = "SELECT generation, kind FROM activation";
            let mut row = link.first(kept, &[]).unwrap().unwrap();
            assert_eq!((row.int().unwrap(), row.text().unwrap()), (7, "activate".to_owned()));
        }
    }
}
