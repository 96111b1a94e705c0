//! The server over the front, and over real connections.
