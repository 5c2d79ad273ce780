//! The classes of sign-ins that policies tell apart.
//!
//! Each condition looks at one part of a sign-in, and no two look at the same, so that a class is one value of each part:
//! the classes of the whole are never counted out.

use std::collections::BTreeSet;

use super::{Side, candidates};
use crate::conditional_access::{CONDITION_COUNT, SignIn};

/// What one part of a sign-in can be, by the policies.
#[derive(Debug)]
pub(super) struct Atom {
    /// A sign-in with that part, and nothing else.
    pub(super) sign_in: SignIn,
    /// For each policy whether the part meets its condition.
    pub(super) met: Vec<bool>,
}

/// All atoms, by condition.
pub(super) struct Classes(pub(super) Vec<Vec<Atom>>);

/// Some classes: for each condition the atoms it may be. None of the sets is empty.
pub(super) type Region = Vec<BTreeSet<usize>>;

type Candidates = fn(&Side) -> Vec<SignIn>;

/// In the order of the evaluator's conditions.
const CANDIDATES: [Candidates; CONDITION_COUNT] = [
    candidates::targets,
    candidates::platforms,
    candidates::devices,
    candidates::clients,
    candidates::places,
    candidates::sign_in_risks,
    candidates::user_risks,
    candidates::service_principal_risks,
    candidates::insider_risks,
    candidates::flows,
];

impl Classes {
    pub(super) fn new(side: &Side) -> Self {
        let atoms = CANDIDATES.iter().enumerate();
        Self(atoms.map(|(condition, candidates)| atoms_of(side, condition, candidates(side))).collect())
    }

    /// Every class.
    pub(super) fn all(&self) -> Region {
        self.0.iter().map(|atoms| (0..atoms.len()).collect()).collect()
    }

    /// The classes of ordinary sign-ins.
    pub(super) fn ordinary(&self) -> Region {
        let ordinary = |atoms: &Vec<Atom>| {
            (0..atoms.len()).filter(|place| is_ordinary(&atoms[*place].sign_in)).collect()
        };
        self.0.iter().map(ordinary).collect()
    }

    /// The classes in which the conditions of a policy are met.
    pub(super) fn of(&self, policy: usize) -> Region {
        let met = |atoms: &Vec<Atom>| (0..atoms.len()).filter(|place| atoms[*place].met[policy]).collect();
        self.0.iter().map(met).collect()
    }

    /// A sign-in of one of the classes.
    pub(super) fn sample(&self, region: &Region) -> SignIn {
        let mut whole = SignIn::default();
        for (condition, (atoms, places)) in self.0.iter().zip(region).enumerate() {
            if let Some(atom) = places.first().map(|place| &atoms[*place]) {
                put(condition, &atom.sign_in, &mut whole);
            }
        }
        whole
    }
}

fn atoms_of(side: &Side, condition: usize, candidates: Vec<SignIn>) -> Vec<Atom> {
    let mut seen = BTreeSet::new();
    let mut atoms = Vec::new();
    for sign_in in candidates {
        let observed = side.tenant.observe(&sign_in);
        let met: Vec<bool> =
            (0..side.policies.len()).map(|policy| side.tenant.meets(policy, condition, &observed)).collect();
        if seen.insert((met.clone(), traits(&sign_in))) {
            drop(observed);
            atoms.push(Atom { sign_in, met });
        }
    }
    atoms
}

/// What else of a sign-in decides which controls can be met.
fn traits(sign_in: &SignIn) -> [bool; 7] {
    [
        is_ordinary(sign_in),
        sign_in.is_legacy(),
        sign_in.is_device_code_flow(),
        is_compliant(sign_in),
        is_hybrid(sign_in),
        is_mobile(sign_in),
        is_on_windows(sign_in),
    ]
}

/// Whether a sign-in is what an administrator does every day: to an application, with a browser or app that can be asked,
/// on a platform that is known, without a risk, in no transfer of the sign-in. Nothing is said of place and device.
fn is_ordinary(sign_in: &SignIn) -> bool {
    let none = |level: &Option<String>| level.as_deref().is_none_or(|level| level == "none");
    sign_in.user_action.is_none()
        && sign_in.authentication_context.is_none()
        && !sign_in.is_legacy()
        && sign_in.platform.as_deref() != Some("unknown")
        && none(&sign_in.sign_in_risk)
        && none(&sign_in.user_risk)
        && none(&sign_in.insider_risk)
        && none(&sign_in.authentication_flow)
}

pub(super) fn is_compliant(sign_in: &SignIn) -> bool {
    let is = |name| sign_in.device.get(name).and_then(serde_json::Value::as_bool) == Some(true);
    is("registered") && is("isCompliant")
}

pub(super) fn is_hybrid(sign_in: &SignIn) -> bool {
    sign_in.device.get("trustType").and_then(serde_json::Value::as_str) == Some("ServerAD")
}

pub(super) fn is_mobile(sign_in: &SignIn) -> bool {
    matches!(sign_in.platform.as_deref(), Some("iOS" | "android"))
}

pub(super) fn is_on_windows(sign_in: &SignIn) -> bool {
    sign_in.platform.as_deref() == Some("windows")
}

/// Puts the part that a condition looks at into another sign-in.
fn put(condition: usize, from: &SignIn, into: &mut SignIn) {
    let from = from.clone();
    match condition {
        0 => {
            into.app_id = from.app_id;
            into.user_action = from.user_action;
            into.authentication_context = from.authentication_context;
            into.app_custom_security_attributes = from.app_custom_security_attributes;
        }
        1 => into.platform = from.platform,
        2 => into.device = from.device,
        3 => into.client_app_type = from.client_app_type,
        4 => into.location = from.location,
        5 => into.sign_in_risk = from.sign_in_risk,
        6 => into.user_risk = from.user_risk,
        7 => into.service_principal_risk = from.service_principal_risk,
        8 => into.insider_risk = from.insider_risk,
        _ => into.authentication_flow = from.authentication_flow,
    }
}
