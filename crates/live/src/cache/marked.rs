//! Tells the cache that a run writes to the tenant.

use std::collections::{BTreeMap, BTreeSet};

use tenantry_core::address::ObjectId;
use tenantry_core::plan::Plan;
use tenantry_graph::Client;

use super::{Cache, CacheSettings, Unusable};
use crate::error::Error;
use crate::wire::Created;

/// A cache that nothing is believed of until the run has come to a good end: dropped before that, by a failure or by
/// the end of the process, the mark stays and the next plan reads everything.
pub(crate) struct Marked {
    cache: Option<Cache>,
    run: String,
}

impl Marked {
    /// Marks the cache before anything is written.
    pub(crate) async fn begin(
        client: &Client,
        settings: Option<&CacheSettings>,
        plan: &Plan,
        run: &str,
    ) -> Result<Self, Error> {
        let Some(settings) = settings else { return Ok(Self { cache: None, run: run.to_owned() }) };
        let identity = client.identity().await.map_err(|source| Error::SignIn(Box::new(source)))?;
        let caller = identity.object_id.as_deref().and_then(ObjectId::parse);
        let caller = caller.as_ref().map_or("", ObjectId::as_str);
        let open = || -> Result<Cache, Unusable> {
            let cache = Cache::open(settings, &plan.tenant.id, caller)?;
            cache.begin_writing(run)?;
            Ok(cache)
        };
        let failed = |source| Error::Cache { path: settings.path.clone(), source };
        Ok(Self { cache: Some(open().map_err(failed)?), run: run.to_owned() })
    }

    /// Takes the mark away; what was written to is read again for a while.
    pub(crate) fn end(&mut self, plan: &Plan, created: &Created) {
        let Some(cache) = &mut self.cache else { return };
        let mut written: BTreeMap<String, BTreeSet<ObjectId>> = BTreeMap::new();
        for step in &plan.steps {
            let made = || created.get(&step.address.to_string().to_lowercase()).cloned();
            let id = step.id.clone().or_else(made);
            written.entry(step.address.kind.to_string()).or_default().extend(id);
        }
        // Where that fails the mark stays, which costs a full reading and nothing else.
        cache.end_writing(&self.run, &written).ok();
    }
}
