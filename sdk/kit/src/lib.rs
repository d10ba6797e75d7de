//! The author's side of the host: projects are made and built here, and packs try themselves here.

pub mod analysis;
pub mod build;
pub mod dmn;
pub mod editor;
pub mod files;
pub mod new;
pub mod project;
pub mod shipped;
