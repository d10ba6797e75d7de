//! maple-wire
