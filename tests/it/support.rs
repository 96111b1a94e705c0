//! What several suites share: builders, a world to run sagas in, and a machine to run the program on.

pub(crate) mod cloud;
pub(crate) mod home;
pub(crate) mod plans;
pub(crate) mod program;
pub(crate) mod rig;
pub(crate) mod simulated;
pub(crate) mod terminal;
pub(crate) mod wait;
