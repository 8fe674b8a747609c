//! Which addresses events may be sent to.
//!
//! A webhook may be set by somebody who should not see what only this machine can reach. Names are resolved here, each address is
//! checked, and only what was checked is connected to: a name that resolves to something else a moment later gains nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Only to addresses of the public internet.
    Public,
    /// To this machine and private networks too.
    Everywhere,
}

/// An address that is not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no address of the public internet; set events.webhook.allow_private if the receiver is in a private network"
)]
pub(super) struct NotPublic(IpAddr);

impl Reach {
    /// Whether requests may go there.
    ///
    /// # Errors
    /// [`NotPublic`].
    pub(super) fn check(self, address: IpAddr) -> Result<(), NotPublic> {
        match self {
            Self::Public if !is_public(address) => Err(NotPublic(address)),
            Self::Public | Self::Everywhere => Ok(()),
        }
    }
}

/// Resolves names as the system does, and refuses those of which any address is refused.
pub(super) struct Resolver(pub(super) Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            for address in &found {
                reach.check(address.ip())?;
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Source: <https://www.iana.org/assignments/iana-ipv4-special-registry>.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !matches!(
        (a, b, c),
        (0 | 10 | 127 | 224.., ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
            | (192, 88, 99)
    )
}

/// Source: <https://www.iana.org/assignments/iana-ipv6-special-registry>. Where an address of version 4 is inside, that counts.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Mapped, NAT64, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] => within(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => within(high, low),
        [0x2002, high, low, ..] => within(high, low),
        // For protocols, Teredo among them, and for documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => (0x2000..=0x3fff).contains(&first),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            let address: IpAddr = private.parse().unwrap();
            assert_eq!(Reach::Public.check(address), Err(NotPublic(address)));
            assert_eq!(Reach::Everywhere.check(address), Ok(()));
        }
        for public in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
        ] {
            assert_eq!(
                Reach::Public.check(public.parse().unwrap()),
                Ok(()),
                "{public}"
            );
        }
    }

    #[tokio::test]
    async fn a_name_of_this_machine_is_refused() {
        use std::str::FromStr;
        let name = || Name::from_str("localhost").unwrap();
        let refused = Resolver(Reach::Public).resolve(name()).await;
        let Err(refused) = refused else {
            panic!("localhost is no public address");
        };
        assert!(refused.is::<NotPublic>(), "{refused}");
        assert!(Resolver(Reach::Everywhere).resolve(name()).await.is_ok());
    }
}
