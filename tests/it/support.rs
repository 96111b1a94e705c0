//! What several suites share: builders, and a world to run sagas in.

pub(crate) mod cloud;
pub(crate) mod plans;
pub(crate) mod rig;
pub(crate) mod script;
