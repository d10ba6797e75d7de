//! The author's side of the host: plugins are built here, and packs try themselves here.

pub mod build;
pub mod cases;
pub mod files;
