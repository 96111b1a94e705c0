//! A simulated cloud: an HTTP server that answers as `DigitalOcean`'s official description says.
//!
//! It is product code, so that the same client runs with and without a cloud account, and it is
//! written from the description, not from our client: it shares no type with `providers`, so one
//! cannot hide the other's mistake. It judges honestly: it never knows of sagas.
//!
//! - [`world`]: what there is and what is seen of it when. Pure; tests use it without a server.
//! - [`faults`]: what goes wrong, as rules. Pure too.
//! - `server`: paths, fields, codes, headers; tokens, limits; and the control surface
//!   `/_simulator`, which tells the truth to tests and to people.
//! - `disk`: the state file. An answer leaves only when what it tells is durable, so a `kill -9`
//!   at any moment loses nothing that a client has heard of.
//!
//! # The control surface
//!
//! Beside `/v2` there is `/_simulator`, without token, limits and faults:
//! `GET state` (what there really is, without lag), `GET requests` (how often each route was asked),
//! `GET`, `POST` and `DELETE faults` (a JSON array of rules in their compact form).

mod cloud;
mod disk;
pub mod faults;
mod options;
mod running;
mod server;
pub mod world;

pub use cloud::Answering;
pub use options::{Options, RateLimit};
pub use running::{Running, SimulatorError, start};
pub use world::Timings;
