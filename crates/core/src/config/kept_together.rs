//! Kinds whose objects the service keeps together (`role` and `custom_role`): a reference, or a table, under the one name
//! means an object that is declared under the other.

use crate::address::Address;
use crate::desired::{Configuration, Declared, Reference, ReferenceTo};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::kinds::{self, Kind};
use crate::text::terminal;

/// Takes tables and references over to the objects that are declared under the other name.
pub(super) fn fold(configuration: &mut Configuration, diagnostics: &mut Diagnostics) {
    for kind in kinds::KINDS {
        let Some(other) = kind.declares else { continue };
        let own = |address: &Address| address.kind == kind.name;
        let declared: Vec<Address> =
            configuration.objects.keys().filter(|address| own(address)).cloned().collect();
        for address in &declared {
            let twin = Address::new(other, address.key.clone());
            if let Some(twin) = configuration.objects.swap_remove(&twin)
                && let Some(into) = configuration.objects.get_mut(address)
            {
                merge(twin, into, diagnostics);
            }
        }
        if !declared.is_empty() {
            rename(configuration, kind, other, &declared);
        }
    }
}

/// One object out of two tables; an attribute may stand in one of them.
fn merge(twin: Declared, into: &mut Declared, diagnostics: &mut Diagnostics) {
    let names = twin.values.keys().map(|name| name.as_ref()).chain(twin.schedules.keys().copied());
    let twice: Vec<String> = names.filter(|name| into.declares(name)).map(str::to_owned).collect();
    for name in &twice {
        let message = format!("`{name}` of {} is declared twice", terminal(&into.address.to_string()));
        let diagnostic = Diagnostic::error("duplicate", message, twin.place_of(name), "declared again here");
        diagnostics.push(diagnostic.also(into.place_of(name), "first declared here"));
    }
    if into.absent {
        let message = format!("{} is absent and has attributes", terminal(&into.address.to_string()));
        let diagnostic =
            Diagnostic::error("contradiction", message, into.place_of("absent"), "declared absent");
        diagnostics
            .push(diagnostic.also(&twin.place, "attributes here").help("remove one of the two tables"));
    }
    for (name, given) in twin.values {
        into.values.entry(name).or_insert(given);
    }
    for (name, schedules) in twin.schedules {
        into.schedules.entry(name).or_insert(schedules);
    }
    into.unread.extend(twin.unread);
}

/// References by the other kind's name to what is declared.
fn rename(configuration: &mut Configuration, kind: &Kind, other: &str, declared: &[Address]) {
    let means = |reference: &mut Reference| {
        let ReferenceTo::Address(address) = &mut reference.to else { return };
        let own = Address::new(kind.name, address.key.clone());
        if address.kind == other && declared.contains(&own) {
            *address = own;
        }
    };
    for object in configuration.objects.values_mut() {
        for assigned in object.assignments.values_mut() {
            assigned.entries.iter_mut().chain(&mut assigned.never).for_each(|entry| means(&mut entry.role));
        }
    }
}
