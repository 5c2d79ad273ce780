//! One operation, a request of its own or an item of a batch: admitted, executed, noted.

use std::time::Instant;

use serde_json::{Value, json};

use super::cost::{self, Cost};
use super::edits::{ADMINISTRATOR, Administrator};
use super::knobs::Knobs;
use super::log::{Changed, Entry, changed};
use super::luck::Fault;
use super::quota::Call;
use super::shared::{Caller, Shared, lock};
use super::{limits, permissions};
use crate::graph::{self, Content, Directory, Effect, Failure, Method, Request, Response};
use crate::options::Consistency;
use crate::pim::{self, Course, policies};
use crate::quirks::Written;
use crate::schema;
use crate::store::{Change, ReplicaRole, Tenant, id_of};

/// What stands before the paging token in a link that leads from an empty page to the one that was asked for.
const EMPTIED: &str = "emptied.";

/// The request for the page behind an empty one.
fn behind_emptied(request: &Request) -> Option<Request> {
    let place = request.option("skiptoken")?.strip_prefix(EMPTIED)?;
    let mut behind = request.without_option("skiptoken");
    if !place.is_empty() {
        behind.query.push(("$skiptoken".to_owned(), place.to_owned()));
    }
    Some(behind)
}

/// What is noted of an operation besides its answer.
#[derive(Default)]
struct Noted {
    faults: Vec<&'static str>,
    changes: Vec<Changed>,
}

impl Shared {
    /// Answers one operation.
    pub(super) fn operate(&self, request: &Request, caller: &Caller<'_>) -> Response {
        let knobs = self.knobs();
        let cost = cost::of(request, self.is_for_customers());
        {
            let mut stats = self.stats();
            stats.operations += 1;
            *stats.operation_methods.entry(request.method.name()).or_default() += 1;
        }
        let mut noted = Noted::default();
        let response = match self.admit(request, caller, cost, &knobs, &mut noted) {
            Ok(share) => {
                let mut response = self.perform(request, caller, cost, &knobs, &mut noted);
                let share = share.map(|share| ("x-ms-throttle-limit-percentage", format!("{share:.2}")));
                response.headers.extend(share);
                response
            }
            Err(failure) => self.refuse(failure, caller.ids),
        };
        self.note(
            request,
            &caller.claims.appid,
            (&caller.ids.request, &caller.ids.client),
            response.status,
            noted,
        );
        if self.luck().strikes(Fault::Edit, knobs.faults.edit_every) {
            self.edit(&knobs, &request.root);
        }
        response
    }

    /// Applies the quota and the faults that keep a request from being executed.
    fn admit(
        &self,
        request: &Request,
        caller: &Caller<'_>,
        cost: Cost,
        knobs: &Knobs,
        noted: &mut Noted,
    ) -> Result<Option<f64>, Failure> {
        if let Some((fault, failure)) = self.fault(request, caller, cost, knobs) {
            noted.faults.push(fault.name());
            return Err(failure);
        }
        if !knobs.quota {
            return Ok(None);
        }
        let users = schema::by_name("user").map_or(0, |kind| self.tenant().primary().count(kind));
        let call = Call {
            application: &caller.claims.appid,
            tenant: &self.authority.credentials.tenant_id,
            users,
            cost,
            services: limits::services(request, cost.writes > 0),
            terms: knobs.terms(),
        };
        lock(&self.quota).take(&call, Instant::now())
    }

    /// The fault that strikes a request before it is executed, if any.
    fn fault(
        &self,
        request: &Request,
        caller: &Caller<'_>,
        cost: Cost,
        knobs: &Knobs,
    ) -> Option<(Fault, Failure)> {
        let faults = &knobs.faults;
        // Each is counted whether or not another strikes first.
        let throttles = self.luck().strikes(Fault::Throttle, faults.throttle_every);
        let fails = self.luck().strikes(Fault::Fail, faults.fail_every);
        let is_policy = cost.writes > 0 && policies::is_write(request);
        let refuses = is_policy && self.luck().strikes(Fault::RefusePolicy, faults.refuse_policy_every);
        let collides = cost.writes > 0 && self.luck().strikes(Fault::Conflict, faults.conflict_every);
        let (fault, failure) = if throttles {
            let wait = (1.0 / knobs.quota_scale).to_string();
            (Fault::Throttle, Failure::throttled().with_header("Retry-After", wait))
        } else if fails {
            let picked = self.luck().pick("status", faults.fail_with.len());
            (Fault::Fail, Failure::unavailable(faults.fail_with.get(picked).copied().unwrap_or(503)))
        } else if refuses {
            (Fault::RefusePolicy, policies::refused())
        } else if collides || (faults.conflicts && overlaps(request, caller)) {
            (Fault::Conflict, Failure::concurrent())
        } else {
            return None;
        };
        self.inflicted(fault);
        Some((fault, failure))
    }

    /// Executes an admitted request, and spoils its answer if a fault says so.
    fn perform(
        &self,
        request: &Request,
        caller: &Caller<'_>,
        cost: Cost,
        knobs: &Knobs,
        noted: &mut Noted,
    ) -> Response {
        {
            let mut stats = self.stats();
            stats.resource_units += u64::from(cost.units);
            stats.writes += u64::from(cost.writes);
        }
        let permitted = permissions::check(&caller.claims, request, self.tenant().primary());
        let executed = permitted.and_then(|()| match cost.writes {
            0 => self.read(request, caller, knobs, noted),
            _ => self.write(request, caller, knobs, noted),
        });
        let mut response = executed.unwrap_or_else(|failure| self.refuse(failure, caller.ids));
        if cost.writes > 0
            && response.status < 300
            && self.strikes(Fault::FailLate, knobs.faults.fail_late_every)
        {
            noted.faults.push(Fault::FailLate.name());
            response = self.refuse(Failure::unavailable(504), caller.ids);
        }
        response.headers.push(("x-ms-resource-unit", cost.units.to_string()));
        response
    }

    /// Executes a read under the shared lock.
    fn read(
        &self,
        request: &Request,
        caller: &Caller<'_>,
        knobs: &Knobs,
        noted: &mut Noted,
    ) -> Result<Response, Failure> {
        let mut role = self.role_for(request, caller, knobs);
        // A delta goes on where the last one ended, which a replica further behind has not reached.
        if !is_delta(request) && self.strikes(Fault::Stale, knobs.faults.stale_every) {
            noted.faults.push(Fault::Stale.name());
            role = ReplicaRole::Slow;
        }
        let tenant = self.tenant();
        let behind = behind_emptied(request);
        let (Written { mut response, .. }, _) = graph::answer(
            &self.directory(&tenant, role, knobs, Some(caller)),
            behind.as_ref().unwrap_or(request),
        )?;
        // The page behind an empty one is never empty itself, so that a list ends.
        if let (Content::Json(page), None) = (&mut response.content, behind) {
            self.spoil_page(request, page, knobs, noted);
        }
        Ok(response)
    }

    /// Empties a page of a list, if it is its turn.
    fn spoil_page(&self, request: &Request, page: &mut Value, knobs: &Knobs, noted: &mut Noted) {
        let is_list = request.method == Method::Get && page.get("value").is_some_and(Value::is_array);
        if !is_list {
            return;
        }
        if knobs.faults.short_pages.is_some() && page.get("@odata.nextLink").is_some() {
            self.inflicted(Fault::ShortPage);
            noted.faults.push(Fault::ShortPage.name());
        }
        if !self.strikes(Fault::EmptyPage, knobs.faults.empty_every) {
            return;
        }
        noted.faults.push(Fault::EmptyPage.name());
        let place = request.option("skiptoken").unwrap_or_default();
        let mut again = request.without_option("skiptoken");
        again.query.push(("$skiptoken".to_owned(), format!("{EMPTIED}{place}")));
        let context = page.get("@odata.context").cloned();
        let link = format!("{}{}", request.root, again.target());
        *page = json!({ "@odata.context": context, "@odata.nextLink": link, "value": [] });
    }

    /// Executes a write under the exclusive lock.
    fn write(
        &self,
        request: &Request,
        caller: &Caller<'_>,
        knobs: &Knobs,
        noted: &mut Noted,
    ) -> Result<Response, Failure> {
        let role = self.role_for(request, caller, knobs);
        let mut tenant = self.tenant_mut();
        self.catch_up(&mut tenant, Instant::now());
        let mut directory = self.directory(&tenant, role, knobs, Some(caller));
        if let Some((fault, course)) = self.course(request, knobs) {
            directory.course = course;
            noted.faults.push(fault.name());
        }
        let (Written { mut changes, response }, effect) = graph::answer(&directory, request)?;
        // Where writes that overlap conflict, none is left to be lost.
        let loses = knobs.faults.lose_licenses && !knobs.faults.conflicts;
        if loses && assigns(request) && overlaps(request, caller) {
            self.inflicted(Fault::LoseLicenses);
            noted.faults.push(Fault::LoseLicenses.name());
            changes.clear();
        }
        noted.changes = self.commit(&mut tenant, changes)?;
        lock(&self.sessions).insert(caller.claims.appid.clone(), tenant.latest());
        self.stats().ref_traps += u64::from(effect == Effect::DeletedThroughLink);
        Ok(response)
    }

    /// What becomes of a request of privileged identity management that a fault strikes.
    fn course(&self, request: &Request, knobs: &Knobs) -> Option<(Fault, Course)> {
        if request.method != Method::Post || !pim::is_request(request) {
            return None;
        }
        if self.strikes(Fault::FailRequest, knobs.faults.fail_request_every) {
            return Some((Fault::FailRequest, Course::Fails));
        }
        let stalls = self.strikes(Fault::StallRequest, knobs.faults.stall_request_every);
        stalls.then_some((Fault::StallRequest, Course::Stalls))
    }

    /// Takes away what was deleted longer ago than it can be restored.
    pub(super) fn purge(&self) {
        // A time before all times means that nothing ever expires.
        let Ok(before) = jiff::Timestamp::now().checked_sub(self.knobs().retention) else {
            return;
        };
        let expired = self.tenant().primary().deleted_before(before);
        if !expired.is_empty() {
            // What the disk refuses is tried again at the next tick.
            self.commit(&mut self.tenant_mut(), expired.into_iter().map(Change::Remove).collect()).ok();
        }
    }

    fn commit(&self, tenant: &mut Tenant, changes: Vec<Change>) -> Result<Vec<Changed>, Failure> {
        let changed = changed(tenant.primary(), &changes);
        self.make(tenant, changes).map_err(|error| {
            let message = format!("The state directory cannot be written: {error}");
            Failure::new(500, "Service_InternalServerError", message)
        })?;
        if let Some(last) = changed.last() {
            *lock(&self.latest) = Some(last.id);
        }
        Ok(changed)
    }

    /// The copy of the directory that answers a request.
    fn role_for(&self, request: &Request, caller: &Caller<'_>, knobs: &Knobs) -> ReplicaRole {
        if is_delta(request) {
            return if knobs.delta_lag.is_zero() { ReplicaRole::Usual } else { ReplicaRole::Delta };
        }
        if request.method == Method::Get && request.is_eventual() && !knobs.index_lag.is_zero() {
            return ReplicaRole::Index;
        }
        match knobs.consistency {
            Consistency::Replica => ReplicaRole::Usual,
            Consistency::Session => {
                let own = lock(&self.sessions).get(&caller.claims.appid).copied();
                if let Some(own) = own.filter(|_| !knobs.lag.is_zero()) {
                    self.tenant_mut().pull(ReplicaRole::Usual, own);
                }
                ReplicaRole::Usual
            }
            Consistency::Any => {
                let copies = [ReplicaRole::Primary, ReplicaRole::Near, ReplicaRole::Usual];
                copies[self.luck().pick("replica", copies.len())]
            }
        }
    }

    /// Lets the administrator do something.
    fn edit(&self, knobs: &Knobs, root: &str) {
        let mut tenant = self.tenant_mut();
        let edited = {
            let mut luck = self.luck();
            let mut administrator = Administrator {
                directory: self.directory(&tenant, ReplicaRole::Primary, knobs, None),
                luck: &mut luck,
                latest: *lock(&self.latest),
                root: root.to_owned(),
            };
            administrator.edit(&knobs.faults.edits).and_then(|request| {
                let answer = graph::answer(&administrator.directory, &request).ok()?;
                Some((request, answer.0))
            })
        };
        // What the directory refuses, an administrator does not do.
        let Some((request, Written { changes, response })) = edited else {
            return;
        };
        let Ok(changes) = self.commit(&mut tenant, changes) else {
            return;
        };
        drop(tenant);
        self.inflicted(Fault::Edit);
        let noted = Noted { faults: vec![Fault::Edit.name()], changes };
        self.note(&request, ADMINISTRATOR, ("", ""), response.status, noted);
    }

    fn directory<'a>(
        &'a self,
        tenant: &'a Tenant,
        role: ReplicaRole,
        knobs: &'a Knobs,
        caller: Option<&Caller<'_>>,
    ) -> Directory<'a> {
        Directory {
            caller: caller.map(|caller| id_of(&caller.claims.oid)),
            now: knobs.processing_terms().now,
            naming_policy_for_apps: knobs.naming_policy_for_apps,
            primary: tenant.primary(),
            visible: tenant.visible(role),
            short_pages: knobs.faults.short_pages,
            delta: &knobs.delta,
            policies: &knobs.policies,
            pim: &knobs.pim,
            course: if knobs.pim.asynchronous { Course::Later } else { Course::AtOnce },
            processing: &self.processing,
            delta_generation: self.delta_generation(),
        }
    }

    fn note(&self, request: &Request, application: &str, ids: (&str, &str), status: u16, noted: Noted) {
        self.log().push(Entry {
            number: 0,
            at: jiff::Timestamp::now().to_string(),
            application: application.to_owned(),
            request_id: ids.0.to_owned(),
            client_request_id: ids.1.to_owned(),
            method: request.method.name(),
            path: shown(request),
            status,
            faults: noted.faults,
            changes: noted.changes,
        });
    }

    /// Whether the tenant is one for customers, where users cost more.
    fn is_for_customers(&self) -> bool {
        let tenant = self.tenant();
        tenant.primary().organization().is_some_and(|found| found.text("tenantType") == Some("AAD B2C"))
    }
}

/// Whether the request writes to something that another one is writing to.
fn overlaps(request: &Request, caller: &Caller<'_>) -> bool {
    caller.held.is_some_and(|held| held.conflicts(request, caller.waits))
}

/// Whether the request assigns licences.
fn assigns(request: &Request) -> bool {
    request.segments.last().is_some_and(|last| last.trim_start_matches("microsoft.graph.") == "assignLicense")
}

fn is_delta(request: &Request) -> bool {
    request.segments.last().is_some_and(|last| last.trim_end_matches("()").ends_with("delta"))
}

/// The path below the version and the query, decoded.
fn shown(request: &Request) -> String {
    let path = format!("/{}", request.segments.join("/"));
    let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}
