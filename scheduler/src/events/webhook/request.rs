//! A request's headers.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use sha2::Sha256;
use shared::event::{CloudEvent, DATA_CONTENT_TYPE};
use shared::secret::Secret;

const SIGNATURE: HeaderName = HeaderName::from_static("x-signature-256");

/// The attributes of `event`, and the signature of `body` where there is a key.
pub(super) fn headers(
    event: &CloudEvent,
    key: Option<&Secret>,
    body: &[u8],
) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(DATA_CONTENT_TYPE));
    for (name, value) in event.attributes() {
        // All names of attributes are lower-case letters.
        if let Ok(name) = HeaderName::try_from(format!("ce-{name}")) {
            headers.insert(name, HeaderValue::try_from(encoded(&value))?);
        }
    }
    if let Some(signature) = key.and_then(|key| signature(key, body)) {
        headers.insert(SIGNATURE, HeaderValue::try_from(signature)?);
    }
    Ok(headers)
}

/// `sha256=` and the HMAC in hex. A key of any length will do.
fn signature(key: &Secret, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()).ok()?;
    mac.update(body);
    let digest = mac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("sha256={hex}"))
}

/// A value as headers carry it
/// (<https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#3132-http-header-values>).
fn encoded(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'"' | b'%' => encoded.push_str(&format!("%{byte:02X}")),
            0x21..=0x7e => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_as_the_binding_shows() {
        // The example of the specification.
        assert_eq!(encoded("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
        assert_eq!(encoded("a\"b%c\r\n"), "a%22b%25c%0D%0A");
        assert_eq!(encoded("job/0199:started"), "job/0199:started");
    }

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // RFC 4231, test case 2.
        let signed = signature(&Secret::from("Jefe"), b"what do ya want for nothing?").unwrap();
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signed, expected);
    }
}
