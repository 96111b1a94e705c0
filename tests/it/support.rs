//! What several suites share: builders, worlds to run sagas in, and a machine to run the program on.

pub(crate) mod audit;
pub(crate) mod cloud;
pub(crate) mod database;
pub(crate) mod gateway;
pub(crate) mod home;
pub(crate) mod http_rig;
pub(crate) mod line;
pub(crate) mod plans;
pub(crate) mod prism_proxy;
pub(crate) mod program;
pub(crate) mod quota;
pub(crate) mod rig;
pub(crate) mod script;
pub(crate) mod seed;
pub(crate) mod simulated;
pub(crate) mod still_time;
pub(crate) mod terminal;
pub(crate) mod trouble;
pub(crate) mod wait;
