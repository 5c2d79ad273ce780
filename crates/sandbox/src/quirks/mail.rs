//! Mail and proxy addresses of users and groups.

use serde_json::Value;

use crate::schema::KeyScope;
use crate::store::Object;

/// The addresses of an object that no other live object may have.
pub(crate) fn addresses(object: &Object) -> Vec<(&'static str, String, KeyScope)> {
    let mut found: Vec<_> = object.texts("proxyAddresses").map(|proxy| bare(proxy).to_lowercase()).collect();
    found.extend(object.text("mail").map(str::to_lowercase));
    found.sort();
    found.dedup();
    found.into_iter().map(|address| ("proxyAddresses", address, KeyScope::Live)).collect()
}

/// Makes `mail` the primary SMTP address; the former one stays as a secondary.
pub(crate) fn set_primary(object: &mut Object) {
    let Some(mail) = object.text("mail").map(str::to_owned) else {
        return;
    };
    let others = object.texts("proxyAddresses").filter(|proxy| !bare(proxy).eq_ignore_ascii_case(&mail));
    let demoted = others.map(|proxy| match proxy.strip_prefix("SMTP:") {
        Some(former) => format!("smtp:{former}"),
        None => proxy.to_owned(),
    });
    let proxies: Vec<String> = std::iter::once(format!("SMTP:{mail}")).chain(demoted).collect();
    object.set("proxyAddresses", Value::from(proxies));
}

/// Drops proxy addresses for which `taken` says yes, and the mail address if it was one of them.
pub(crate) fn drop_taken(object: &mut Object, taken: impl Fn(&str) -> bool) {
    let kept: Vec<String> =
        object.texts("proxyAddresses").filter(|proxy| !taken(bare(proxy))).map(str::to_owned).collect();
    object.set("proxyAddresses", Value::from(kept));
    if object.text("mail").is_some_and(taken) {
        object.set("mail", Value::Null);
    }
}

/// An address without its `smtp:` or `SMTP:` prefix; other schemes keep theirs.
fn bare(proxy: &str) -> &str {
    match proxy.split_once(':') {
        Some((scheme, address)) if scheme.eq_ignore_ascii_case("smtp") => address,
        _ => proxy,
    }
}
