//! The proof that in every class of sign-ins some administrator gets in, or a class in which none does.
//!
//! A policy keeps an administrator out in a region of classes: where its conditions are met and it blocks, or asks for
//! what they or the sign-in cannot show. Nobody gets in where regions of one policy for each administrator meet. The search
//! goes from administrator to administrator and cuts the regions with each other; administrators whom no policy tells apart
//! are one.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Classes, Region, is_compliant, is_hybrid, is_mobile, is_on_windows};
use super::{Administrator, Side};
use crate::address::Target;
use crate::conditional_access::{Assigned, Control, Outcome, SignIn, State as PolicyState};

const PLATFORM: usize = 1;
const DEVICE: usize = 2;

/// Most regions that are looked at.
const MOST: usize = 200_000;

/// What was found.
#[derive(Debug, Default)]
pub struct Proof {
    /// Classes in which nobody gets in, one for each smallest set of policies.
    pub lockouts: Vec<Lockout>,
    /// Whether every class was covered: nothing found means that there is none.
    pub complete: bool,
}

/// A class in which no administrator gets in.
#[derive(Debug)]
pub struct Lockout {
    /// Policies that together keep everybody out.
    pub policies: BTreeSet<Target>,
    /// A sign-in of the class.
    pub sign_in: SignIn,
    /// Parts in which the class is not every sign-in, or not every ordinary one, by condition.
    pub narrowed: Vec<bool>,
    /// Whether it is an ordinary sign-in: see [`super`].
    pub ordinary: bool,
}

/// Where a policy keeps somebody out.
type Obstruction = (usize, Region);

struct Search<'a> {
    groups: Vec<Vec<Obstruction>>,
    found: Vec<(BTreeSet<usize>, Region)>,
    known: &'a [BTreeSet<usize>],
    left: usize,
}

/// Looks for classes in which no administrator gets in. Where there is no administrator, there is nothing to look for.
pub fn prove(side: &Side) -> Proof {
    let classes = Classes::new(side);
    let mut groups: Vec<Vec<Obstruction>> = Vec::new();
    for administrator in &side.administrators {
        let group = obstructions(side, &classes, administrator);
        if group.is_empty() {
            return Proof { lockouts: Vec::new(), complete: true };
        }
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    if groups.is_empty() {
        return Proof { lockouts: Vec::new(), complete: true };
    }
    groups.sort_by_key(Vec::len);
    let mut proof = Proof { lockouts: Vec::new(), complete: true };
    let mut known: Vec<BTreeSet<usize>> = Vec::new();
    for (ordinary, start) in [(true, classes.ordinary()), (false, classes.all())] {
        let mut search =
            Search { groups: std::mem::take(&mut groups), found: Vec::new(), known: &known, left: MOST };
        search.go(0, start, BTreeSet::new());
        proof.complete &= search.left > 0;
        let found = search.smallest();
        groups = search.groups;
        for (policies, region) in found {
            let all = if ordinary { classes.ordinary() } else { classes.all() };
            proof.lockouts.push(Lockout {
                policies: policies.iter().map(|place| side.policies[*place].clone()).collect(),
                sign_in: classes.sample(&region),
                narrowed: region.iter().zip(&all).map(|(some, all)| some != all).collect(),
                ordinary,
            });
            known.push(policies);
        }
    }
    proof
}

impl Search<'_> {
    fn go(&mut self, group: usize, region: Region, policies: BTreeSet<usize>) {
        let is_known = |found: &BTreeSet<usize>| found.is_subset(&policies);
        if self.left == 0
            || self.found.iter().any(|(found, _)| is_known(found))
            || self.known.iter().any(is_known)
        {
            return;
        }
        self.left -= 1;
        if group == self.groups.len() {
            self.found.push((policies, region));
            return;
        }
        let already =
            |(policy, within): &&Obstruction| policies.contains(policy) && contains(within, &region);
        if self.groups[group].iter().any(|obstruction| already(&obstruction)) {
            return self.go(group + 1, region, policies);
        }
        for place in 0..self.groups[group].len() {
            let (policy, within) = &self.groups[group][place];
            let Some(both) = meet(&region, within) else { continue };
            let policies = policies.iter().copied().chain([*policy]).collect();
            self.go(group + 1, both, policies);
        }
    }

    /// What was found, without sets that hold another one.
    fn smallest(&mut self) -> Vec<(BTreeSet<usize>, Region)> {
        let found = std::mem::take(&mut self.found);
        let sets: Vec<BTreeSet<usize>> = found.iter().map(|(policies, _)| policies.clone()).collect();
        let is_smallest = |policies: &BTreeSet<usize>| {
            !sets.iter().any(|other| other != policies && other.is_subset(policies))
        };
        found.into_iter().filter(|(policies, _)| is_smallest(policies)).collect()
    }
}

/// The classes of both, when there are any.
fn meet(left: &Region, right: &Region) -> Option<Region> {
    let both = left.iter().zip(right).map(|(left, right)| left & right);
    let both: Region = both.collect();
    both.iter().all(|places| !places.is_empty()).then_some(both)
}

fn contains(outer: &Region, inner: &Region) -> bool {
    outer.iter().zip(inner).all(|(outer, inner)| inner.is_subset(outer))
}

/// Where enabled policies keep an administrator out.
fn obstructions(side: &Side, classes: &Classes, administrator: &Administrator) -> Vec<Obstruction> {
    let mut found = Vec::new();
    for life in &administrator.lives {
        for place in 0..side.policies.len() {
            for region in kept_out(side, classes, administrator, life, place) {
                if !found.contains(&(place, region.clone())) {
                    found.push((place, region));
                }
            }
        }
    }
    found
}

/// Where one policy keeps an administrator out.
fn kept_out(
    side: &Side,
    classes: &Classes,
    who: &Administrator,
    life: &Assigned,
    place: usize,
) -> Vec<Region> {
    let policy = &side.tenant.policies[place];
    let region = classes.of(place);
    let applies = policy.state == PolicyState::Enabled
        && life.is_about(place)
        && region.iter().all(|atoms| !atoms.is_empty());
    if !applies {
        return Vec::new();
    }
    if policy.grant_controls.block() {
        return vec![region];
    }
    let mut regions = Vec::new();
    for requirement in policy.grant_controls.requirements() {
        let mut unmet = vec![region.clone()];
        for control in requirement.alternatives() {
            let without = unmeetable(side, classes, who, life, place, control);
            unmet =
                unmet.iter().flat_map(|one| without.iter().filter_map(|other| meet(one, other))).collect();
        }
        regions.extend(unmet);
    }
    regions
}

/// Where a control cannot be met: everywhere, or where one part of the sign-in is in the way.
fn unmeetable(
    side: &Side,
    classes: &Classes,
    who: &Administrator,
    life: &Assigned,
    place: usize,
    control: &Control,
) -> Vec<Region> {
    let all = classes.all();
    let out_of_reach = |sign_in: &SignIn| side.tenant.is_out_of_reach(control, life, sign_in);
    if !who.can_meet(control, &side.tenant.policies[place]) || out_of_reach(&SignIn::default()) {
        return vec![all];
    }
    let mut regions = Vec::new();
    for (condition, atoms) in classes.0.iter().enumerate() {
        let hinders = |place: &usize| {
            let sign_in = &atoms[*place].sign_in;
            out_of_reach(sign_in) || lacks(control, sign_in, condition)
        };
        let hindering: BTreeSet<usize> = (0..atoms.len()).filter(hinders).collect();
        if !hindering.is_empty() {
            let mut region = all.clone();
            region[condition] = hindering;
            regions.push(region);
        }
    }
    regions
}

/// Whether what a control takes of the device or the platform is not there.
///
/// Source: "Conditional Access: Grant", <https://learn.microsoft.com/entra/identity/conditional-access/concept-conditional-access-grant>.
fn lacks(control: &Control, sign_in: &SignIn, condition: usize) -> bool {
    let Control::BuiltIn(name) = control else { return false };
    match (condition, name.to_ascii_lowercase().as_str()) {
        (DEVICE, "compliantdevice") => !is_compliant(sign_in),
        (DEVICE, "domainjoineddevice") => !is_hybrid(sign_in),
        (PLATFORM, "approvedapplication") => !is_mobile(sign_in),
        (PLATFORM, "compliantapplication") => !is_mobile(sign_in) && !is_on_windows(sign_in),
        _ => false,
    }
}

impl Side {
    /// Whether an administrator gets in, by the evaluator.
    pub fn gets_in(&self, who: &Administrator, sign_in: &SignIn) -> bool {
        who.lives.iter().all(|life| self.life_gets_in(who, life, sign_in))
    }

    fn life_gets_in(&self, who: &Administrator, life: &Assigned, sign_in: &SignIn) -> bool {
        let evaluation = self.tenant.evaluate(life, &self.tenant.observe(sign_in));
        let can_meet = |place: usize, control: &Control| {
            who.can_meet(control, &self.tenant.policies[place])
                && !self.tenant.is_out_of_reach(control, life, sign_in)
                && !lacks(control, sign_in, DEVICE)
                && !lacks(control, sign_in, PLATFORM)
        };
        evaluation.outcome == Outcome::Grant
            && evaluation.matched.iter().all(|place| {
                let required = self.tenant.policies[*place].grant_controls.requirements();
                required.iter().all(|one| one.alternatives().iter().any(|control| can_meet(*place, control)))
            })
    }

    /// The enabled policies that can keep somebody out, and whether out of an ordinary sign-in.
    pub fn in_the_way_of(&self, who: &Administrator) -> BTreeMap<usize, bool> {
        let classes = Classes::new(self);
        let mut found = BTreeMap::new();
        for (place, region) in obstructions(self, &classes, who) {
            *found.entry(place).or_default() |= meet(&region, &classes.ordinary()).is_some();
        }
        found
    }
}
