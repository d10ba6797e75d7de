//! Large tables.
