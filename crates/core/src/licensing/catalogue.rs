//! Names meet ids: SKUs and service plans as people write them, among what the tenant has.

use uuid::Uuid;

use super::{ProductNames, ServicePlan, Sku};
use crate::plan::{PlanName, SkuName};
use crate::text::terminal;

/// The tenant's subscriptions and what they are called.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue<'a> {
    skus: &'a [Sku],
    products: &'a ProductNames,
}

/// Why a name is of no use: what is wrong with it, and what could have been meant.
#[derive(Debug)]
pub(super) struct Unusable {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// How many of the nearest names are listed.
const NEAREST: usize = 3;

impl<'a> Catalogue<'a> {
    /// The catalogue of these subscriptions.
    pub fn new(skus: &'a [Sku], products: &'a ProductNames) -> Self {
        Self { skus, products }
    }

    /// The subscription with this id.
    pub fn by_id(&self, id: Uuid) -> Option<&'a Sku> {
        self.skus.iter().find(|sku| sku.id == id)
    }

    /// How to name a SKU to people: by part number, by id when the tenant no longer has it.
    pub fn name(&self, id: Uuid) -> SkuName {
        SkuName {
            sku_id: id,
            sku: self.by_id(id).map_or_else(|| id.to_string(), |sku| sku.part_number.clone()),
            product: self.products.name(id).map(str::to_owned),
        }
    }

    /// How to name a service plan of a SKU to people.
    pub fn plan_name(&self, sku: Uuid, plan: Uuid) -> PlanName {
        let of_sku = self.by_id(sku).and_then(|sku| sku.plan(plan));
        let known = of_sku.or_else(|| self.skus.iter().find_map(|sku| sku.plan(plan)));
        PlanName { id: plan, name: known.map_or_else(|| plan.to_string(), |plan| plan.name.clone()) }
    }

    /// The SKU that a text means: an id, a part number in any case, or a product name.
    pub(super) fn sku(&self, text: &str) -> Result<&'a Sku, Unusable> {
        let by_id = Uuid::try_parse(text).ok().and_then(|id| self.by_id(id));
        let by_part_number = || self.skus.iter().find(|sku| sku.part_number.eq_ignore_ascii_case(text));
        if let Some(sku) = by_id.or_else(by_part_number) {
            return assignable(sku);
        }
        let subscribed: Vec<&Sku> = self.products.skus(text).filter_map(|id| self.by_id(id)).collect();
        match subscribed.as_slice() {
            [sku] => assignable(sku),
            [] => Err(self.unknown_sku(text)),
            several => {
                let several: Vec<&str> = several.iter().map(|sku| sku.part_number.as_str()).collect();
                Err(Unusable {
                    message: format!("`{}` could be any of {} products", terminal(text), several.len()),
                    help: Some(format!("write the part number: {}", several.join(" or "))),
                })
            }
        }
    }

    fn unknown_sku(&self, text: &str) -> Unusable {
        let shown = terminal(text);
        let sold = self.products.skus(text).next().is_some()
            || Uuid::try_parse(text).is_ok_and(|id| self.products.name(id).is_some());
        let message = match sold {
            true => format!("the tenant has not subscribed to `{shown}`"),
            false => format!("`{shown}` is not a product that the tenant has subscribed to"),
        };
        let assignable = self.skus.iter().filter(|sku| sku.assignable);
        let names = assignable.map(|sku| {
            let product = self.products.name(sku.id);
            let likeness = likeness(text, &sku.part_number);
            let likeness = product.map_or(likeness, |product| likeness.max(self::likeness(text, product)));
            let product = product.map(|product| format!(" ({})", terminal(product))).unwrap_or_default();
            (likeness, format!("{}{product}", terminal(&sku.part_number)))
        });
        Unusable { message, help: nearest("the tenant has", names.collect()) }
    }
}

/// The plan of a SKU that a text means: an id, or a name in any case.
pub(super) fn plan<'a>(sku: &'a Sku, text: &str) -> Result<&'a ServicePlan, Unusable> {
    let by_id = Uuid::try_parse(text).ok().and_then(|id| sku.plan(id));
    let by_name = || sku.plans.iter().find(|plan| plan.name.eq_ignore_ascii_case(text));
    let product = terminal(&sku.part_number);
    match by_id.or_else(by_name) {
        Some(plan) if plan.assignable => Ok(plan),
        Some(plan) => Err(Unusable {
            message: format!("`{}` cannot be switched for one person or group", terminal(&plan.name)),
            help: Some("the service plan is the organisation's as a whole: leave it out".to_owned()),
        }),
        None => {
            let plans = sku.plans.iter().filter(|plan| plan.assignable);
            let names = plans.map(|plan| (likeness(text, &plan.name), terminal(&plan.name)));
            Err(Unusable {
                message: format!("`{}` is not a service plan of {product}", terminal(text)),
                help: nearest(&format!("{product} has"), names.collect()),
            })
        }
    }
}

fn assignable(sku: &Sku) -> Result<&Sku, Unusable> {
    if sku.assignable {
        return Ok(sku);
    }
    Err(Unusable {
        message: format!("{} cannot be assigned to people or groups", terminal(&sku.part_number)),
        help: Some("the product is the organisation's as a whole: leave it out".to_owned()),
    })
}

fn likeness(given: &str, name: &str) -> f64 {
    strsim::jaro_winkler(&given.to_lowercase(), &name.to_lowercase())
}

/// `the tenant has SPE_E3, SPE_E5, …`: the names that are most like what was given, the nearest first.
fn nearest(lead: &str, mut names: Vec<(f64, String)>) -> Option<String> {
    names.sort_by(|left, right| right.0.total_cmp(&left.0).then_with(|| left.1.cmp(&right.1)));
    let more = if names.len() > NEAREST { ", …" } else { "" };
    let shown: Vec<String> = names.into_iter().take(NEAREST).map(|(_, name)| name).collect();
    (!shown.is_empty()).then(|| format!("{lead} {}{more}", shown.join(", ")))
}
