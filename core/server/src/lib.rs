//! maple-server
