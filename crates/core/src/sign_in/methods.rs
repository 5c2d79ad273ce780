//! Which methods of authentication satisfy what policies ask for.

use std::collections::BTreeSet;

/// What a registered method lets one do: `methodsRegistered` of the report, and `authenticationMethodModes` of a strength.
/// Methods that the report does not name (certificates, federation) count as not registered.
/// <https://learn.microsoft.com/graph/api/resources/userregistrationdetails>,
/// <https://learn.microsoft.com/graph/api/resources/authenticationstrengthpolicy>.
const MODES: &[(&str, &[&str])] = &[
    ("mobilePhone", &["sms", "voice"]),
    ("alternateMobilePhone", &["voice"]),
    ("officePhone", &["voice"]),
    ("microsoftAuthenticatorPush", &["microsoftAuthenticatorPush"]),
    ("microsoftAuthenticatorPasswordless", &["deviceBasedPush", "microsoftAuthenticatorPush"]),
    ("softwareOneTimePasscode", &["softwareOath"]),
    ("hardwareOneTimePasscode", &["hardwareOath"]),
    ("temporaryAccessPass", &["temporaryAccessPassOneTime", "temporaryAccessPassMultiUse"]),
    ("windowsHelloForBusiness", &["windowsHelloForBusiness"]),
    ("macOsSecureEnclaveKey", &["fido2"]),
    ("fido2SecurityKey", &["fido2"]),
    ("fido2", &["fido2"]),
    ("passKeyDeviceBound", &["fido2"]),
    ("passKeyDeviceBoundAuthenticator", &["fido2"]),
    ("passKeyDeviceBoundWindowsHello", &["fido2"]),
    ("passKeySynced", &["fido2"]),
];

const PASSWORDLESS: &str = "00000000-0000-0000-0000-000000000003";
const PHISHING_RESISTANT: &str = "00000000-0000-0000-0000-000000000004";

/// The modes that registered methods give, and `password`, which everybody is taken to have.
fn modes(registered: &BTreeSet<String>) -> BTreeSet<&'static str> {
    let is = |name: &&str| registered.iter().any(|own| own.eq_ignore_ascii_case(name));
    let given = MODES.iter().filter(|(name, _)| is(name)).flat_map(|(_, modes)| modes.iter().copied());
    given.chain(["password"]).collect()
}

/// Whether MFA can be done with what is registered.
pub(super) fn satisfies_mfa(registered: &BTreeSet<String>) -> bool {
    modes(registered).len() > 1
}

/// Whether a strength can be shown with what is registered. One whose combinations are not known, and that is not built
/// in, takes any method of MFA.
pub(super) fn satisfies_strength(registered: &BTreeSet<String>, id: &str, combinations: &[String]) -> bool {
    let modes = modes(registered);
    let has = |mode: &str| modes.iter().any(|own| own.eq_ignore_ascii_case(mode.trim()));
    match (combinations, id) {
        ([], PHISHING_RESISTANT) => has("fido2") || has("windowsHelloForBusiness"),
        ([], PASSWORDLESS) => has("fido2") || has("windowsHelloForBusiness") || has("deviceBasedPush"),
        ([], _) => satisfies_mfa(registered),
        (combinations, _) => combinations.iter().any(|combination| combination.split(',').all(&has)),
    }
}
