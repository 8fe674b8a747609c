//! Where the servers are, apart from the secrets that their URL may hold.

use std::io;

use async_nats::{ConnectOptions, ServerAddr};
use shared::secret::Secret;

/// Servers of one cluster.
pub(super) struct Address {
    /// Without secrets: the client writes these into its log.
    pub(super) servers: Vec<ServerAddr>,
    login: Login,
}

#[derive(PartialEq)]
enum Login {
    Anonymous,
    Token(String),
    User { name: String, password: String },
}

impl Address {
    /// The first server's login is that of all. No error quotes the URL.
    pub(super) fn parse(url: &Secret) -> io::Result<Self> {
        let parts = url.expose().split(',').map(str::trim);
        let with_secrets: Vec<ServerAddr> = parts.map(str::parse).collect::<io::Result<_>>()?;
        let login = with_secrets.first().map_or(Login::Anonymous, login);
        let servers = with_secrets.iter().map(bare).collect::<io::Result<_>>()?;
        Ok(Self { servers, login })
    }

    /// The client itself ignores what its URL says about a login.
    pub(super) fn log_in(&self, options: ConnectOptions) -> ConnectOptions {
        match &self.login {
            Login::Anonymous => options,
            Login::Token(token) => options.token(token.clone()),
            Login::User { name, password } => {
                options.user_and_password(name.clone(), password.clone())
            }
        }
    }

    /// For people.
    pub(super) fn names(&self) -> String {
        let names: Vec<_> = self.servers.iter().map(ServerAddr::as_url_str).collect();
        names.join(",")
    }
}

fn login(server: &ServerAddr) -> Login {
    match (server.username(), server.password()) {
        (None, _) => Login::Anonymous,
        (Some(token), None) => Login::Token(decoded(token)),
        (Some(name), Some(password)) => Login::User {
            name: decoded(name),
            password: decoded(password),
        },
    }
}

fn bare(server: &ServerAddr) -> io::Result<ServerAddr> {
    let (scheme, host, port) = (server.scheme(), server.host(), server.port());
    let bare = if host.contains(':') {
        format!("{scheme}://[{host}]:{port}")
    } else {
        format!("{scheme}://{host}:{port}")
    };
    bare.parse()
}

/// Percent-decoded (<https://www.rfc-editor.org/rfc/rfc3986#section-2.1>).
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = after
            .first_chunk::<2>()
            .filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit))
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = match escaped {
            Some(_) => &after[2..],
            None => after,
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Address {
        Address::parse(&Secret::from(url)).unwrap()
    }

    fn user(name: &str, password: &str) -> Login {
        Login::User {
            name: name.to_owned(),
            password: password.to_owned(),
        }
    }

    #[test]
    fn a_login_is_taken_out_of_the_url() {
        let address = parse("tls://scutch:p%40ss%2Fw%C3%B6rd@events.example:4443");
        assert!(address.login == user("scutch", "p@ss/wörd"));
        assert_eq!(address.names(), "tls://events.example:4443");
        assert!(parse("nats://s3cret@host").login == Login::Token("s3cret".to_owned()));
        assert!(parse("host").login == Login::Anonymous);
    }

    #[test]
    fn several_servers_share_the_first_ones_login() {
        let address = parse("nats://a:b@one:1, nats://two,nats://[::1]:3");
        assert_eq!(
            address.names(),
            "nats://one:1,nats://two:4222,nats://[::1]:3"
        );
        assert!(address.login == user("a", "b"));
    }

    #[test]
    fn a_percent_sign_that_escapes_nothing_stays() {
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%zz%4"), "%zz%4");
        assert_eq!(decoded("%+1%25"), "%+1%");
    }

    #[test]
    fn a_wrong_url_is_refused_without_being_quoted() {
        for url in [
            "http://user:hidden@host",
            "nats://user:hidden@host:99999",
            "nats://user:hidden@",
        ] {
            let Err(error) = Address::parse(&Secret::from(url)) else {
                panic!("accepted");
            };
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
    }
}
