//! Addresses for droplets: from ranges that are never routed, so that nothing real is hit. Those for
//! documentation come first; a world of thousands goes on in one for measurements.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::simulator::world::ids::DropletId;

/// RFC 5737: never routed.
const DOCUMENTATION: [[u8; 3]; 3] = [[203, 0, 113], [198, 51, 100], [192, 0, 2]];
/// RFC 2544, the half that a 16-bit cursor can number: 198.18.0.0/16, never routed either.
const MEASUREMENT: [u8; 2] = [198, 18];
/// Hosts of one such range that can be given out: .2 to .254, as .1 is the gateway.
const HOSTS: u16 = 253;

/// How many public addresses there are.
pub(super) const PUBLIC: u16 = (3 + 256) * HOSTS;

/// The first free public address at or after `cursor`, which moves past it: an address given back
/// is used again as late as possible, as a stale DNS record must not point at a stranger at once.
pub(super) fn next_public(cursor: &mut u16, taken: &BTreeSet<Ipv4Addr>) -> Option<Ipv4Addr> {
    for _ in 0..PUBLIC {
        let address = public(*cursor % PUBLIC);
        *cursor = (*cursor + 1) % PUBLIC;
        if !taken.contains(&address) {
            return Some(address);
        }
    }
    None
}

/// The gateway of a public address.
pub fn gateway(address: Ipv4Addr) -> Ipv4Addr {
    let [a, b, c, _] = address.octets();
    Ipv4Addr::new(a, b, c, 1)
}

/// The address inside the region's network.
pub(super) fn private(id: DropletId) -> Ipv4Addr {
    let [.., high, middle, low] = id.0.to_be_bytes();
    Ipv4Addr::new(10, high, middle, low)
}

/// RFC 3849: never routed.
pub(super) fn public_v6(id: DropletId) -> Ipv6Addr {
    Ipv6Addr::from((0x2001_0db8_u128 << 96) | u128::from(id.0))
}

fn public(index: u16) -> Ipv4Addr {
    let range = usize::from(index / HOSTS);
    let [a, b, c] = DOCUMENTATION.get(range).copied().unwrap_or_else(|| {
        let [a, b] = MEASUREMENT;
        let c = range - DOCUMENTATION.len();
        [a, b, u8::try_from(c).expect("there are 256 ranges of one octet behind the first three")]
    });
    let host = u8::try_from(index % HOSTS + 2).expect("a range has fewer than 254 hosts");
    Ipv4Addr::new(a, b, c, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_public_address_is_given_once_and_then_none_is_left() {
        let mut cursor = 0;
        let mut taken = BTreeSet::new();
        while let Some(address) = next_public(&mut cursor, &taken) {
            assert!(taken.insert(address), "{address} was given twice");
            let of_measurement = address.octets().starts_with(&MEASUREMENT);
            let never_routed = address.is_documentation() || of_measurement;
            assert!(never_routed, "{address} may be somebody's");
        }
        assert_eq!(taken.len(), usize::from(PUBLIC));
    }

    #[test]
    fn an_address_given_back_is_not_the_next_one_given() {
        let mut cursor = 0;
        let first = next_public(&mut cursor, &BTreeSet::new());
        assert_ne!(next_public(&mut cursor, &BTreeSet::new()), first);
    }
}
