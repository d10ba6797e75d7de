//! maple-guest
