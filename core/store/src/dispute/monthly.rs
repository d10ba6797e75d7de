//! What the month's return counts, from the events themselves.

use jiff::Timestamp;
use maple_insight::{
    figures::{ReturnCounts, ReturnGroup},
    life::{Committee, Form, Happening},
};

use crate::{
    Store, StoreError,
    sql::{Fault, Value},
};

/// Words of disputes that are counted together, and how many came. Of all that came in the month those of the place are read.
const CAME: &str = "SELECT kind, origin, committee, count(*) FROM dispute {by} \
                    WHERE registered >= $1 AND registered < $2 AND \
                    (locality = $3 OR (locality >= $4 AND locality < $5)) GROUP BY kind, origin, committee";
/// The same of mediations that ended, by how. The condition is that of the index.
const ENDED: &str = "SELECT kind, origin, committee, what, count(*) FROM event JOIN dispute ON dispute.id = event.dispute \
                     WHERE standing = 0 AND (what >= 'agreement.recorded ' AND what < 'agreement.recorded~' OR \
                     what >= 'mediation.failed ' AND what < 'mediation.failed~') AND at >= $1 AND at < $2 \
                     AND registered IS NOT NULL AND (locality = $3 OR (locality >= $4 AND locality < $5)) \
                     GROUP BY kind, origin, committee, what";

impl Store {
    /// What came and what ended from a moment to another in a locality and all below, by kind, source and committee.
    ///
    /// # Errors
    ///
    /// When the database cannot be read, or does not answer in time.
    pub fn month_return(&self, locality: &str, from: Timestamp, to: Timestamp) -> Result<Vec<ReturnGroup>, StoreError> {
        let (first, end) = (format!("{locality}/"), format!("{locality}0"));
        let values = [
            Value::Int(from.as_microsecond()),
            Value::Int(to.as_microsecond()),
            Value::Text(locality),
            Value::Text(&first),
            Value::Text(&end),
        ];
        self.pool().read("count a month of", |link| {
            let mut groups = Vec::new();
            for ended in [false, true] {
                let by = link.dialect().by("dispute_registered");
                let query = if ended { ENDED.to_owned() } else { CAME.replace("{by}", &by) };
                for mut row in link.query(&query, &values)? {
                    let (kind, source) = (row.text()?, row.text()?);
                    let committee = row.may_text()?.map(|word| Committee::of(&word).ok_or(Fault::Shape)).transpose()?;
                    let what = if ended { Some(row.text()?) } else { None };
                    let count = row.int()?;
                    let mut counts = ReturnCounts::default();
                    match what.map(|what| Happening::of_code(&what).ok_or(Fault::Shape)).transpose()? {
                        None => counts.registered = count,
                        Some(how) => {
                            counts.concluded = count;
                            match how {
                                Happening::Agreed { form: Form::Oral, .. } => counts.oral = count,
                                Happening::Agreed { .. } => counts.written = count,
                                _ => {}
                            }
                        }
                    }
                    groups.push(ReturnGroup { kind, source, committee, counts });
                }
            }
            Ok(groups)
        })
    }
}
