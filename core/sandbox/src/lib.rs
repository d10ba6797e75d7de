//! maple-sandbox
