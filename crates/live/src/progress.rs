//! What is being done right now, for whoever watches.

/// Something worth showing while it happens.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// Objects of a kind's table (or something else by name) are being read.
    Reading(&'a str),
    /// Writing begins; this many writes are planned.
    Writing(usize),
    /// A write is about to be sent.
    Sending(&'a str),
    /// A write came to its end: its description and, when it failed, why.
    Written(&'a str, Option<&'a str>),
    /// Nothing can be sent for a moment: the service has not caught up with what was written.
    Resting,
    /// Written values are being read back; this many steps do not show yet.
    Verifying(usize),
}

/// Shows events. Called from one task, in order.
pub trait Progress: Send + Sync {
    /// Shows one event.
    fn show(&self, event: Event<'_>);
}
