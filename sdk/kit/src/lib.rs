//! maple-kit
