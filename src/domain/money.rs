//! What things cost, in US dollars, exact to a millionth: prices an hour have five digits.

use std::fmt;
use std::iter::Sum;
use std::time::Duration;

/// Hours of an average month.
const MONTH_HOURS: u128 = 730;

const MILLIS_AN_HOUR: u128 = 3_600_000;

/// The least that a droplet is billed (`DigitalOcean`, droplet pricing: "the minimum charge of $0.01").
const LEAST: Dollars = Dollars(10_000);

/// An amount of US dollars, never negative, in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Dollars(u64);

/// What a droplet costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// For each hour.
    pub hourly: Dollars,
    /// For a whole month, and never more in one.
    pub monthly: Dollars,
}

impl Dollars {
    /// The amount; `None` for one that no price can be: nothing, less than nothing, or no number.
    pub fn of(amount: f64) -> Option<Self> {
        let millionths = (amount * 1e6).round();
        // Beyond a billion dollars an hour nobody launches anything.
        let sane = (1.0..1e15).contains(&millionths);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is a whole number between 1 and 10^15"
        )]
        sane.then_some(Self(millionths as u64))
    }

    /// The amount in millionths, as it is written down.
    pub const fn millionths(self) -> u64 {
        self.0
    }

    /// The amount of so many millionths.
    pub const fn of_millionths(millionths: u64) -> Self {
        Self(millionths)
    }

    /// So many times the amount.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// The amount as a price for an hour: `$0.009/h`.
    pub fn an_hour(self) -> String {
        let thousandths = (self.0 + 500) / 1_000;
        if thousandths == 0 {
            return format!("$0.{:06}/h", self.0);
        }
        format!("${}.{:03}/h", thousandths / 1_000, thousandths % 1_000)
    }
}

impl fmt::Display for Dollars {
    /// In whole cents: `$1.23`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 + 5_000) / 10_000;
        write!(f, "${}.{:02}", cents / 100, cents % 100)
    }
}

impl Sum for Dollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

impl Price {
    /// The price with these figures; `None` when one of them can be none.
    pub fn of(hourly: f64, monthly: f64) -> Option<Self> {
        Some(Self { hourly: Dollars::of(hourly)?, monthly: Dollars::of(monthly)? })
    }

    /// About what it has cost after so long: each month is billed up to its cap, which is reached after
    /// 672 hours (`DigitalOcean`, droplet billing), and nothing is cheaper than a cent.
    pub fn after(&self, span: Duration) -> Dollars {
        let month = MONTH_HOURS * MILLIS_AN_HOUR;
        let (months, rest) = (span.as_millis() / month, span.as_millis() % month);
        let rest = u128::from(self.hourly.0) * rest / MILLIS_AN_HOUR;
        let rest = rest.min(u128::from(self.monthly.0));
        let whole = u128::from(self.monthly.0).saturating_mul(months);
        let total = Dollars(u64::try_from(whole.saturating_add(rest)).unwrap_or(u64::MAX));
        total.max(LEAST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Price {
        Price::of(0.00893, 6.0).unwrap()
    }

    #[test]
    fn a_price_is_shown_to_a_tenth_of_a_cent_and_an_amount_to_a_cent() {
        assert_eq!(small().hourly.an_hour(), "$0.009/h");
        assert_eq!(small().hourly.times(3).an_hour(), "$0.027/h");
        assert_eq!(Dollars::of(3.119_05).unwrap().an_hour(), "$3.119/h");
        assert_eq!(Dollars::of(0.000_1).unwrap().an_hour(), "$0.000100/h");
        assert_eq!(small().monthly.to_string(), "$6.00");
        assert_eq!([small().hourly; 112].into_iter().sum::<Dollars>().to_string(), "$1.00");
    }

    #[test]
    fn what_can_be_no_price_is_none() {
        for amount in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30] {
            assert_eq!(Dollars::of(amount), None, "{amount}");
        }
        assert_eq!(Price::of(0.0, 6.0), None);
    }

    #[test]
    fn a_month_costs_no_more_than_its_cap_and_a_minute_no_less_than_a_cent() {
        let after = |hours| small().after(Duration::from_hours(hours)).to_string();
        assert_eq!(small().after(Duration::from_mins(1)).to_string(), "$0.01");
        assert_eq!([after(24), after(672), after(729)], ["$0.21", "$6.00", "$6.00"]);
        assert_eq!([after(730), after(730 + 24), after(12 * 730)], ["$6.00", "$6.21", "$72.00"]);
    }
}
