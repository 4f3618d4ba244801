//! Effects: what calling a function may do, as a set of bits joined over everything it reaches.

/// A set of effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Effects(u8);

impl Effects {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const DB_READ: Self = Self(1);
    pub(crate) const DB_WRITE: Self = Self(2);
    pub(crate) const NETWORK: Self = Self(4);
    pub(crate) const QUEUE: Self = Self(8);
    pub(crate) const FILES: Self = Self(16);
    pub(crate) const CACHE: Self = Self(32);
    pub(crate) const SLEEP: Self = Self(64);
    /// Any query.
    pub(crate) const DB: Self = Self(1 | 2);
    /// Work outside the database that a transaction should not wait for.
    pub(crate) const OUTSIDE: Self = Self(4 | 8 | 16);

    pub(crate) const ALL: Self = Self(u8::MAX);

    /// What is in both sets.
    #[must_use]
    pub(crate) const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn has_any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn is_none(self) -> bool {
        self.0 == 0
    }
}
