//! What several suites share: builders, and worlds to run sagas in.

pub(crate) mod cloud;
pub(crate) mod gateway;
pub(crate) mod http_rig;
pub(crate) mod plans;
pub(crate) mod prism_proxy;
pub(crate) mod rig;
pub(crate) mod script;
