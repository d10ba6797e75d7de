//! maple-store
