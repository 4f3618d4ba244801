//! A share with the interval in which it lies by 95 %, after Wilson.

use std::fmt;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) hits: usize,
    pub(super) of: usize,
}

impl Share {
    pub(super) fn add(&mut self, hit: bool) {
        self.of += 1;
        self.hits += usize::from(hit);
    }

    /// Both ends, from 0 to 1.
    pub(super) fn wilson(self) -> (f64, f64) {
        const Z: f64 = 1.959_964;
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, share) = (self.of as f64, self.hits as f64 / self.of as f64);
        let denominator = 1.0 + Z * Z / n;
        let middle = (share + Z * Z / (2.0 * n)) / denominator;
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt() / denominator;
        ((middle - half).max(0.0), (middle + half).min(1.0))
    }

    pub(super) fn interval(self) -> String {
        let (low, high) = self.wilson();
        format!("{:.0}–{:.0} %", low * 100.0, high * 100.0)
    }
}

/// The share in percent.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.of == 0 {
            return write!(f, "–");
        }
        write!(f, "{:.1} %", 100.0 * self.hits as f64 / self.of as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn the_interval_is_that_of_the_books() {
        let (low, high) = Share { hits: 9, of: 10 }.wilson();
        assert!((low - 0.596).abs() < 0.001 && (high - 0.982).abs() < 0.001, "{low} {high}");
        assert_eq!(Share { hits: 0, of: 0 }.to_string(), "–");
        assert_eq!(Share { hits: 17, of: 17 }.interval(), "82–100 %");
    }
}
