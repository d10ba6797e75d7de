//! Nodes that serve.

use jiff::Timestamp;

use crate::{
    LIST_COUNT_MAX, Store, StoreError, TEXT_BYTES_MAX,
    activation::moment,
    bounded,
    sql::{Fault, Row, Value},
};

/// A node, as it last said of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// The generation that it serves.
    pub generation: u32,
    /// The version of its engine.
    pub engine: String,
    /// How it is, as it writes it.
    pub health: String,
    /// When it said so.
    pub seen: Timestamp,
}

impl Store {
    /// Says how a node is. Its clock may have been put back meanwhile: what comes last holds.
    ///
    /// # Errors
    ///
    /// When a text is too long or the database cannot be written.
    pub fn node_put(&self, node: &Node) -> Result<(), StoreError> {
        let Node { id, generation, engine, health, seen } = node;
        for text in [id, engine, health] {
            bounded("a text of a node", text, TEXT_BYTES_MAX)?;
        }
        self.pool().write_soon("note the node in", |link| {
            let put = "INSERT INTO node (id, generation, engine, health, seen) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (id) DO UPDATE SET generation = $2, engine = $3, health = $4, seen = $5";
            let [id, engine, health] = [id, engine, health].map(|text| Value::from(text.as_str()));
            link.execute(put, &[id, (*generation).into(), engine, health, Value::Int(seen.as_microsecond())])?;
            Ok(())
        })
    }

    /// The nodes, by id, at most [`LIST_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn nodes(&self) -> Result<Vec<Node>, StoreError> {
        self.pool().read_soon("read the nodes from", |link| {
            let all = "SELECT id, generation, engine, health, seen FROM node ORDER BY id LIMIT $1";
            let rows = link.query(all, &[LIST_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(node).collect::<Result<_, _>>()?)
        })
    }

    /// Forgets a node, unless it has said something since it was seen.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn node_forget(&self, id: &str, seen: Timestamp) -> Result<(), StoreError> {
        self.pool().write_soon("forget the node in", |link| {
            let gone = "DELETE FROM node WHERE id = $1 AND seen = $2";
            link.execute(gone, &[id.into(), Value::Int(seen.as_microsecond())])?;
            Ok(())
        })
    }

    /// Forgets a node.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn node_remove(&self, id: &str) -> Result<(), StoreError> {
        self.pool().write_soon("forget the node in", |link| {
            link.execute("DELETE FROM node WHERE id = $1", &[id.into()])?;
            Ok(())
        })
    }
}

fn node(mut row: Row) -> Result<Node, Fault> {
    Ok(Node {
        id: row.text()?,
        generation: u32::try_from(row.int()?).map_err(|_| Fault::Shape)?,
        engine: row.text()?,
        health: row.text()?,
        seen: moment(row.int()?)?,
    })
}
