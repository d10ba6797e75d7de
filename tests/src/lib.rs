//! maple-tests
