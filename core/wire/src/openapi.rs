//! The description of the whole HTTP face, for machines.

/// The OpenAPI 3.1 document. A test holds it against the limits, the codes and real replies.
pub const OPENAPI: &str = include_str!("openapi.json");
