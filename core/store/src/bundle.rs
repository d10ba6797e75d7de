//! Bundles under their digests, and the reports on those that were rejected.

use std::collections::BTreeMap;

use maple_seal::Digest;

use crate::{
    BUNDLE_BYTES_MAX, PAGE_COUNT_MAX, REPORT_BYTES_MAX, Store, StoreError, TEXT_BYTES_MAX, bounded, fits,
    sql::{Fault, Row, Value},
};

/// A bundle, its original bytes kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The digest of its bytes.
    pub digest: Digest,
    /// When it was published, RFC 3339.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A bundle without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleInfo {
    /// The digest of its bytes.
    pub digest: String,
    /// When it was published, RFC 3339.
    pub at: String,
    /// By whom.
    pub by: String,
}

/// The report on a bundle that was not admitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Its id.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// Who published the bundle.
    pub by: String,
    /// The digest of the bundle.
    pub bundle: String,
    /// Every problem, as the caller writes it.
    pub body: String,
}

impl Store {
    /// Keeps a bundle and gives its digest. One that is kept already stays as it is.
    ///
    /// # Errors
    ///
    /// When it is too long or the database cannot be written.
    pub fn bundle_put(&self, bytes: &[u8], at: &str, by: &str) -> Result<Digest, StoreError> {
        self.bundle_put_with(bytes, at, by, &BTreeMap::new())
    }

    /// Keeps a bundle with the digests of its packs by `pack@version`, and gives its own. What is kept already stays as
    /// it is.
    ///
    /// # Errors
    ///
    /// As [`Store::bundle_put`].
    pub fn bundle_put_with(
        &self,
        bytes: &[u8],
        at: &str,
        by: &str,
        packs: &BTreeMap<String, String>,
    ) -> Result<Digest, StoreError> {
        fits("a bundle", bytes.len(), BUNDLE_BYTES_MAX)?;
        for text in [at, by] {
            bounded("a text of a bundle", text, TEXT_BYTES_MAX)?;
        }
        let digest = Digest::of(bytes);
        let name = digest.to_string();
        self.pool().write("keep the bundle in", |link| {
            let put = "INSERT INTO bundle (digest, at, actor, bytes) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
            link.execute(put, &[name.as_str().into(), at.into(), by.into(), Value::Bytes(bytes)])?;
            let put = "INSERT INTO pack (unit, digest, bundle) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            for (unit, digest) in packs {
                bounded("the name of a pack", unit, TEXT_BYTES_MAX)?;
                link.execute(put, &[unit.as_str().into(), digest.as_str().into(), name.as_str().into()])?;
                let one = "SELECT digest FROM pack WHERE unit = $1";
                let known = link.first(one, &[unit.as_str().into()])?.map(|mut row| row.text()).transpose()?;
                if known.is_some_and(|known| known != *digest) {
                    // Somebody else published other bytes of that version a moment ago.
                    return Err(StoreError::Version { unit: unit.clone() }.into());
                }
            }
            Ok(())
        })?;
        Ok(digest)
    }

    /// A bundle by its digest; its bytes are those that were published.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or the bytes are no longer those that were published.
    pub fn bundle(&self, digest: &Digest) -> Result<Option<Bundle>, StoreError> {
        let name = digest.to_string();
        self.pool().read("read the bundle from", |link| {
            let one = "SELECT at, actor, bytes FROM bundle WHERE digest = $1";
            let Some(mut row) = link.first(one, &[name.as_str().into()])? else { return Ok(None) };
            let (at, by, bytes) = (row.text()?, row.text()?, row.bytes()?);
            if Digest::of(&bytes) != *digest {
                return Err(Fault::Shape.into());
            }
            Ok(Some(Bundle { digest: *digest, at, by, bytes }))
        })
    }

    /// The versions of a pack that were published.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn pack_versions(&self, pack: &str) -> Result<Vec<String>, StoreError> {
        let (first, end) = (format!("{pack}@"), format!("{pack}A"));
        self.pool().read("read the packs from", |link| {
            // Between `@` and the letter behind it.
            let all = "SELECT unit FROM pack WHERE unit >= $1 AND unit < $2 ORDER BY unit";
            let rows = link.query(all, &[first.as_str().into(), end.as_str().into()])?;
            let units = rows.into_iter().map(|mut row| row.text()).collect::<Result<Vec<_>, _>>()?;
            Ok(units.iter().filter_map(|unit| unit.strip_prefix(&first)).map(str::to_owned).collect())
        })
    }

    /// The digest that a pack of a version had when it was first kept, by `pack@version`.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn pack_digest(&self, unit: &str) -> Result<Option<String>, StoreError> {
        self.pool().read("read the packs from", |link| {
            let one = "SELECT digest FROM pack WHERE unit = $1";
            Ok(link.first(one, &[unit.into()])?.map(|mut row| row.text()).transpose()?)
        })
    }

    /// When a bundle was kept and by whom, the newest first, at most `count` and [`PAGE_COUNT_MAX`]; those behind the bundle
    /// `before`, where one is named, and none behind one that is not kept.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn bundles(&self, count: u32, before: Option<&str>) -> Result<Vec<BundleInfo>, StoreError> {
        self.pool().read("read the bundles from", |link| {
            let count = count.min(PAGE_COUNT_MAX).into();
            let rows = match before {
                None => {
                    let page = "SELECT digest, at, actor FROM bundle ORDER BY at DESC, digest LIMIT $1";
                    link.query(page, &[count])?
                }
                Some(before) => {
                    let page = "SELECT one.digest, one.at, one.actor FROM bundle AS one, bundle AS known \
                                WHERE known.digest = $2 \
                                AND (one.at < known.at OR one.at = known.at AND one.digest > known.digest) \
                                ORDER BY one.at DESC, one.digest LIMIT $1";
                    link.query(page, &[count, before.into()])?
                }
            };
            Ok(rows.into_iter().map(info).collect::<Result<_, _>>()?)
        })
    }

    /// When a bundle was kept and by whom, without its bytes.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn bundle_info(&self, digest: &Digest) -> Result<Option<BundleInfo>, StoreError> {
        let name = digest.to_string();
        self.pool().read("read the bundle from", |link| {
            let one = "SELECT digest, at, actor FROM bundle WHERE digest = $1";
            Ok(link.first(one, &[name.as_str().into()])?.map(info).transpose()?)
        })
    }

    /// Keeps the report on a rejected bundle.
    ///
    /// # Errors
    ///
    /// When it is too long or the database cannot be written.
    pub fn rejection_put(&self, rejection: &Rejection) -> Result<(), StoreError> {
        let Rejection { id, at, by, bundle, body } = rejection;
        for text in [id, at, by, bundle] {
            bounded("a text of a report", text, TEXT_BYTES_MAX)?;
        }
        bounded("a report", body, REPORT_BYTES_MAX)?;
        let values = [id, at, by, bundle, body].map(|text| Value::from(text.as_str()));
        self.pool().write("keep the report in", |link| {
            link.execute("INSERT INTO report (id, at, actor, bundle, body) VALUES ($1, $2, $3, $4, $5)", &values)?;
            Ok(())
        })
    }

    /// A report by its id.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn rejection(&self, id: &str) -> Result<Option<Rejection>, StoreError> {
        self.pool().read("read the report from", |link| {
            let one = "SELECT id, at, actor, bundle, body FROM report WHERE id = $1";
            Ok(link.first(one, &[id.into()])?.map(rejection).transpose()?)
        })
    }

    /// The latest reports without what they say, the newest first, at most `count` and [`PAGE_COUNT_MAX`]; those behind the
    /// report `before`, where one is named, and none behind one that is not kept.
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn rejections(&self, count: u32, before: Option<&str>) -> Result<Vec<Rejection>, StoreError> {
        self.pool().read("read the reports from", |link| {
            let count = count.min(PAGE_COUNT_MAX).into();
            let rows = match before {
                None => {
                    let page = "SELECT id, at, actor, bundle, '' FROM report ORDER BY at DESC, id DESC LIMIT $1";
                    link.query(page, &[count])?
                }
                Some(before) => {
                    let page = "SELECT one.id, one.at, one.actor, one.bundle, '' FROM report AS one, report AS known \
                                WHERE known.id = $2 AND (one.at < known.at OR one.at = known.at AND one.id < known.id) \
                                ORDER BY one.at DESC, one.id DESC LIMIT $1";
                    link.query(page, &[count, before.into()])?
                }
            };
            Ok(rows.into_iter().map(rejection).collect::<Result<_, _>>()?)
        })
    }
}

fn info(mut row: Row) -> Result<BundleInfo, Fault> {
    Ok(BundleInfo { digest: row.text()?, at: row.text()?, by: row.text()? })
}

fn rejection(mut row: Row) -> Result<Rejection, Fault> {
    Ok(Rejection { id: row.text()?, at: row.text()?, by: row.text()?, bundle: row.text()?, body: row.text()? })
}
