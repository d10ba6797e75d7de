//! Nodes that serve, and brakes on what they serve.

use jiff::Timestamp;

use crate::{
    LIST_COUNT_MAX, Store, StoreError, TEXT_BYTES_MAX,
    activation::{changed, moment},
    audit::{self, Event},
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

/// What a brake stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrakeKind {
    /// The policies of a locality and all below.
    Locality,
    /// One policy.
    Policy,
}

impl BrakeKind {
    const fn word(self) -> &'static str {
        match self {
            Self::Locality => "locality",
            Self::Policy => "policy",
        }
    }
}

/// A locality or a policy that is disabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brake {
    /// Its id.
    pub id: String,
    /// What it stops.
    pub kind: BrakeKind,
    /// The locality or the policy.
    pub name: String,
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Who lifted it, and when.
    pub lifted: Option<(String, Timestamp)>,
}

const BRAKE: &str = "id, kind, name, reason, actor, at, lifted_by, lifted_at";

impl Store {
    /// Says how a node is. What a node said later is not undone by what it said before.
    ///
    /// # Errors
    ///
    /// When a text is too long or the database cannot be written.
    pub fn node_put(&self, node: &Node) -> Result<(), StoreError> {
        let Node { id, generation, engine, health, seen } = node;
        for text in [id, engine, health] {
            bounded("a text of a node", text, TEXT_BYTES_MAX)?;
        }
        self.pool().write("note the node in", |link| {
            let put = "INSERT INTO node (id, generation, engine, health, seen) VALUES ($1, $2, $3, $4, $5) \
                       ON CONFLICT (id) DO UPDATE SET generation = $2, engine = $3, health = $4, seen = $5 \
                       WHERE node.seen <= $5";
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
        self.pool().read("read the nodes from", |link| {
            let all = "SELECT id, generation, engine, health, seen FROM node ORDER BY id LIMIT $1";
            let rows = link.query(all, &[LIST_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(node).collect::<Result<_, _>>()?)
        })
    }

    /// Forgets a node.
    ///
    /// # Errors
    ///
    /// When the database cannot be written.
    pub fn node_remove(&self, id: &str) -> Result<(), StoreError> {
        self.pool().write("forget the node in", |link| {
            link.execute("DELETE FROM node WHERE id = $1", &[id.into()])?;
            Ok(())
        })
    }

    /// Puts on a brake, and writes it into the audit log.
    ///
    /// # Errors
    ///
    /// When a text is too long or the database cannot be written.
    pub fn brake_put(&self, brake: &Brake) -> Result<(), StoreError> {
        let Brake { id, kind, name, reason, by, at, .. } = brake;
        for text in [id, name, reason, by] {
            bounded("a text of a brake", text, TEXT_BYTES_MAX)?;
        }
        self.pool().write("put the brake into", |link| {
            let put = "INSERT INTO brake (id, kind, name, reason, actor, at) VALUES ($1, $2, $3, $4, $5, $6)";
            let [id, name, reason, actor] = [id, name, reason, by].map(|text| Value::from(text.as_str()));
            link.execute(put, &[id, kind.word().into(), name, reason, actor, Value::Int(at.as_microsecond())])?;
            let subject = format!("{} {}", kind.word(), brake.name);
            let event = Event { time: *at, actor: by, action: "brake", subject: &subject, detail: &brake.reason };
            audit::append(link, &event)?;
            changed(link)
        })
    }

    /// Lifts a brake, and writes it into the audit log. One that is lifted already stays so.
    ///
    /// # Errors
    ///
    /// When there is none, a text is too long, or the database cannot be written.
    pub fn brake_lift(&self, id: &str, by: &str, at: Timestamp) -> Result<(), StoreError> {
        bounded("a text of a brake", by, TEXT_BYTES_MAX)?;
        self.pool().write("lift the brake in", |link| {
            let one = format!("SELECT {BRAKE} FROM brake WHERE id = $1");
            let missing = || StoreError::Missing { what: "brake", name: id.to_owned() };
            let found = brake(link.first(&one, &[id.into()])?.ok_or_else(missing)?)?;
            let lift = "UPDATE brake SET lifted_by = $1, lifted_at = $2 WHERE id = $3 AND lifted_at IS NULL";
            if link.execute(lift, &[by.into(), Value::Int(at.as_microsecond()), id.into()])? == 0 {
                return Ok(());
            }
            let subject = format!("{} {}", found.kind.word(), found.name);
            audit::append(link, &Event { time: at, actor: by, action: "release", subject: &subject, detail: id })?;
            changed(link)
        })
    }

    /// The brakes that are on, the oldest first, at most [`LIST_COUNT_MAX`].
    ///
    /// # Errors
    ///
    /// When the database cannot be read.
    pub fn brakes(&self) -> Result<Vec<Brake>, StoreError> {
        self.pool().read("read the brakes from", |link| {
            let on = format!("SELECT {BRAKE} FROM brake WHERE lifted_at IS NULL ORDER BY at, id LIMIT $1");
            let rows = link.query(&on, &[LIST_COUNT_MAX.into()])?;
            Ok(rows.into_iter().map(brake).collect::<Result<_, _>>()?)
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

fn brake(mut row: Row) -> Result<Brake, Fault> {
    let id = row.text()?;
    let word = row.text()?;
    let all = [BrakeKind::Locality, BrakeKind::Policy];
    let kind = all.into_iter().find(|kind| kind.word() == word).ok_or(Fault::Shape)?;
    let (name, reason, by, at) = (row.text()?, row.text()?, row.text()?, moment(row.int()?)?);
    let lifted = row.may_text()?.zip(row.may_int()?.map(moment).transpose()?);
    Ok(Brake { id, kind, name, reason, by, at, lifted })
}
