//! maple-bundle
