//! DMN decision tables: files of other systems to our own table file, and that to settings of the plugin
//! `decision-table`. Nothing here evaluates a cell; the plugin does, in its sandbox.

mod ask;
mod chain;
mod condition;
mod facts;
mod feel;
mod format;
mod import;
mod lower;
mod map;
mod names;
mod requires;
mod table;
mod uses;
mod write;
mod xml;

pub use ask::AskError;
pub use chain::Results;
pub use facts::{INPUT_DEPTH_MAX, Outcome, Row};
pub use feel::{FEEL_BYTES_MAX, FEEL_DEPTH_MAX, FeelError};
pub use format::{MAP_FORMAT, TABLE_FORMAT};
pub use import::{Imported, import};
pub use lower::{CellError, Program, TABLE_VARIABLES_MAX, lower};
pub use map::{FIRST_RULES_MAX, MAP_BYTES_MAX, Mapped, map};
pub use requires::TABLE_REQUIRED_MAX;
pub use table::{
    Aggregate, HitPolicy, Input, Kind, Let, Output, Rule, TABLE_BYTES_MAX, TABLE_COLUMNS_MAX, TABLE_RULES_MAX,
    TABLES_MAX, Table, TableError, TableFile,
};
pub use xml::{DMN_BYTES_MAX, DMN_DEPTH_MAX, DMN_NODES_MAX};

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Too large.
    #[error("is larger than {DMN_BYTES_MAX} bytes or {DMN_NODES_MAX} nodes")]
    Large,
    /// Nested too deep.
    #[error("nests elements more than {DMN_DEPTH_MAX} deep; a decision table needs no more than ten")]
    Deep,
    /// Not UTF-8.
    #[error("is not UTF-8 text; save it as UTF-8")]
    Encoding,
    /// It has a document type, with which entities can be made to grow without end.
    #[error("has a DOCTYPE, which is refused: entities can be made to grow without end; DMN needs none")]
    Dtd,
    /// Not XML.
    #[error("is not XML: {0}")]
    Xml(String),
    /// XML of another kind.
    #[error("is not DMN: its root is `{0}`, where `definitions` in a namespace of DMN 1.1 to 1.6 is needed")]
    NotDmn(String),
    /// No table.
    #[error("has no decision table, only {decisions} other decisions and {functions} functions of its own")]
    NoTable {
        /// Decisions made in another way.
        decisions: usize,
        /// Business knowledge models; a table in one is no decision.
        functions: usize,
    },
    /// No table that could be carried over.
    #[error("{}", nothing_left(*.tables, .lost))]
    NothingLeft {
        /// How many tables there are.
        tables: usize,
        /// What stands in their way.
        lost: Vec<Lost>,
    },
}

/// Why nothing is left of the tables of a file.
fn nothing_left(tables: usize, lost: &[Lost]) -> String {
    match (tables, lost) {
        (1, [Lost { decision, column, text, why, .. }, ..]) => {
            let column = column.as_deref().unwrap_or("table");
            let text = if text.is_empty() { String::new() } else { format!(" `{text}`") };
            format!("has the decision table `{decision}`, which cannot be carried over: {column}{text}: {why}")
        }
        _ => format!(
            "has {tables} decision tables, of which none can be carried over; what stands in their way is listed"
        ),
    }
}

/// Something that could not be carried over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The decision's id.
    pub decision: String,
    /// The rule's number from one, and its id.
    pub rule: Option<(usize, String)>,
    /// The column, or what else of the table.
    pub column: Option<String>,
    /// The text as it is written.
    pub text: String,
    /// Why it was not carried over.
    pub why: String,
}
