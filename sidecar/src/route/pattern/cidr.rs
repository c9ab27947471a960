//! Blocks of addresses.

use std::net::IpAddr;

/// A block such as `10.0.0.0/24`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cidr {
    address: IpAddr,
    mask_bits: u32,
}

impl Cidr {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (address, mask) = text.split_once('/').ok_or("has no `/`, as in `10.0.0.0/24`")?;
        let address = read(address).ok_or_else(|| format!("`{address}` is no address"))?;
        let mask_bits: u32 = mask.parse().map_err(|_| format!("`{mask}` is no number of bits"))?;
        // EventBridge takes no block of one address.
        if mask_bits < width(address) {
            Ok(Self { address, mask_bits })
        } else {
            Err(format!("the mask has at most {} bits", width(address) - 1))
        }
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        read(text).is_some_and(|address| {
            address.is_ipv4() == self.address.is_ipv4()
                && self.network(address) == self.network(self.address)
        })
    }

    /// The bits that all addresses of the block share.
    fn network(&self, address: IpAddr) -> u128 {
        let bits = match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        bits.checked_shr(width(address) - self.mask_bits).unwrap_or(0)
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// EventBridge takes no mixture of both notations.
fn read(text: &str) -> Option<IpAddr> {
    let is_mixed = text.contains(':') && text.contains('.');
    text.parse().ok().filter(|_| !is_mixed)
}
