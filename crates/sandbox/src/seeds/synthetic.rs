//! Generated tenants for tests of size.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::quirks::user::security_identifier;
use crate::schema::{self, EntityType};
use crate::store::{Change, Object, Store, derived_id};

/// When everything generated was created.
const CREATED: &str = "2025-01-01T00:00:00Z";

const DEPARTMENTS: &[&str] =
    &["Engineering", "Finance", "Legal", "Marketing", "Operations", "Retail", "Sales"];
const CITIES: &[&str] = &["Amsterdam", "Bellevue", "Cairo", "London", "Nairobi", "Pittsburgh", "San Diego"];

/// A seed with products that all users could have.
pub(super) fn products(users: usize) -> Value {
    let product = |name: &str| json!({ "skuPartNumber": name, "prepaidUnits": { "enabled": users } });
    json!({ "subscribedSkus": [product("SPE_E3"), product("SPE_E5")] })
}

/// Fills a store with users, security groups and memberships.
pub(super) fn fill(store: &mut Store, (users, groups, members): (usize, usize, usize), seed_number: u64) {
    let (Some(user_type), Some(group_type)) = (schema::by_name("user"), schema::by_name("group")) else {
        return;
    };
    let mut numbers = Numbers(seed_number);
    let mut user_ids = Vec::with_capacity(users);
    for number in 1..=users {
        let object = user(user_type, number, &mut numbers);
        user_ids.push(object.id);
        store.apply(&Change::Put(Arc::new(object)));
    }
    for number in 1..=groups {
        let object = group(group_type, number);
        let source = object.id;
        store.apply(&Change::Put(Arc::new(object)));
        // The remainder goes one each to the first groups.
        let wanted = members / groups + usize::from(number <= members % groups);
        let targets = numbers.choose(&user_ids, wanted);
        store.apply(&Change::Link { source, relation: "members", targets });
    }
}

fn user(kind: &'static EntityType, number: usize, numbers: &mut Numbers) -> Object {
    let nickname = format!("user{number:06}");
    let name = format!("{nickname}@contoso.com");
    let mut object = Object::new(kind, derived_id("user", &name));
    object.set("accountEnabled", true);
    object.set("city", CITIES[numbers.below(CITIES.len())]);
    object.set("createdDateTime", CREATED);
    object.set("department", DEPARTMENTS[numbers.below(DEPARTMENTS.len())]);
    object.set("displayName", format!("User {number:06}"));
    object.set("givenName", "User");
    object.set("mailNickname", nickname);
    object.set("securityIdentifier", security_identifier(object.id));
    object.set("surname", format!("{number:06}"));
    object.set("usageLocation", "US");
    object.set("userPrincipalName", name);
    object.set("userType", "Member");
    object
}

fn group(kind: &'static EntityType, number: usize) -> Object {
    let nickname = format!("group{number:06}");
    let mut object = Object::new(kind, derived_id("group", &nickname));
    object.set("createdDateTime", CREATED);
    object.set("displayName", format!("Group {number:06}"));
    object.set("mailEnabled", false);
    object.set("mailNickname", nickname.clone());
    object.set("renewedDateTime", CREATED);
    object.set("securityEnabled", true);
    object.set("securityIdentifier", security_identifier(object.id));
    object.set("uniqueName", nickname);
    object
}

/// The SplitMix64 sequence, whose values do not depend on any library's version.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not zero.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit as u64)).unwrap_or_default()
    }

    /// Different elements of `from`, as many as asked for or as there are.
    fn choose(&mut self, from: &[Uuid], count: usize) -> Vec<Uuid> {
        if count >= from.len() {
            return from.to_vec();
        }
        let mut chosen = BTreeSet::new();
        while chosen.len() < count {
            chosen.extend(from.get(self.below(from.len())).copied());
        }
        chosen.into_iter().collect()
    }
}
