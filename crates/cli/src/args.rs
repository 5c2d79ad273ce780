//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use tenantry_core::plan::Allowance;
use tenantry_graph::SignInMethod;
use tenantry_sandbox::{Consistency, Edit, Percentage, Rate};

/// Microsoft 365 identity as code: plan in review, apply on merge.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// When to colour; NO_COLOR is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done or no changes, 1 error, 2 changes present (--detailed-exitcode), 3 refused by an \
interlock or limit, 4 applied in part, 130 interrupted after finishing what was in flight.";

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a configuration offline: parse, type, resolve what needs no tenant
    Validate(Validate),
    /// Show what would change; writes nothing
    Plan(Plan),
    /// Make the tenant what the configuration, or a saved plan, says
    Apply(Apply),
    /// Show a saved plan again
    Show(Show),
    /// Show who reaches a role, or which roles somebody reaches, and by which paths
    Access(Access),
    /// Describe a kind of object, an attribute, or a settings table
    Explain(Explain),
    /// Print the JSON Schema of configuration files, for editors
    Schema,
    /// Print completions for a shell
    Completions(Completions),
    /// Log in with a code typed into a browser, and keep the login for other commands
    Login(Login),
    /// Forget the kept login
    Logout,
    /// Show who is signed in, how, and with what permissions
    Whoami(Whoami),
    /// Evaluate Conditional Access policies against a sign-in to the tenant, or offline against those of a file
    WhatIf(WhatIf),
    /// Dynamic membership rules, without a tenant
    #[command(subcommand)]
    Rule(Rule),
    /// A local Microsoft Graph to try things on
    #[command(subcommand)]
    Sandbox(Sandbox),
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// The folder that holds tenantry.toml
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Plan {
    /// The folder that holds tenantry.toml
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Save the plan to this file, for `apply FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) tenant: Tenant,
}

const READING: &str = "Reading";

/// What a plan covers and how it is judged.
#[derive(Debug, Clone, Args)]
pub(crate) struct Scope {
    /// Plan only this object and what it needs, `*` for any text; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) target: Vec<String>,
    /// Plan the removal of what this git revision declared and the configuration no longer does
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,
    /// List the objects that are not declared
    #[arg(long)]
    pub(crate) unmanaged: bool,
    /// Show long lists whole
    #[arg(long)]
    pub(crate) full: bool,
    /// Judge `until` as if today were this day [default: today]
    #[arg(long, value_name = "DATE")]
    pub(crate) as_of: Option<jiff::civil::Date>,
    /// Read what changed since the last time, or the whole tenant anew
    #[arg(long, value_enum, value_name = "auto|full", default_value_t = Refresh::Auto, help_heading = READING)]
    pub(crate) refresh: Refresh,
    /// Read the whole tenant anew when that was last done longer ago than this
    #[arg(long, value_name = "DURATION", default_value = "24h", value_parser = duration, help_heading = READING)]
    pub(crate) full_refresh_every: jiff::SignedDuration,
    /// Say how the tenant was read, what that cost, and which other ways were considered
    #[arg(long, short, help_heading = READING)]
    pub(crate) verbose: bool,
    /// Let a limit be exceeded up to the number that was reviewed, such as delete:groups=14
    #[arg(long, value_name = "CLASS:KIND=COUNT")]
    pub(crate) allow: Vec<Allowance>,
}

impl Default for Scope {
    /// The whole configuration, today.
    fn default() -> Self {
        Self {
            target: Vec::new(),
            base: None,
            unmanaged: false,
            full: false,
            as_of: None,
            refresh: Refresh::Auto,
            full_refresh_every: jiff::SignedDuration::from_hours(24),
            verbose: false,
            allow: Vec::new(),
        }
    }
}

/// What of the tenant is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Refresh {
    /// What changed since the last time, where that is known.
    Auto,
    /// Everything.
    Full,
}

/// Which tenant.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Tenant")]
pub(crate) struct Tenant {
    /// Sign in this way only [default: $TENANTRY_AUTH, or the first that is configured or available]
    #[arg(long, value_name = "METHOD", value_parser = method(), conflicts_with = "sandbox")]
    pub(crate) auth: Option<SignInMethod>,
    /// Use a local sandbox, kept under .tenantry/ in the configuration folder
    #[arg(long)]
    pub(crate) sandbox: bool,
    /// Sandbox: refuse requests beyond the published quotas
    #[arg(long, requires = "sandbox")]
    pub(crate) quota: bool,
    /// Sandbox: seconds until a write shows in reads
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, requires = "sandbox")]
    pub(crate) lag: f64,
}

/// One of the names, as completions and mistakes show them.
fn method() -> impl TypedValueParser<Value = SignInMethod> {
    let names = SignInMethod::ALL.map(SignInMethod::name);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<SignInMethod>())
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// The folder that holds tenantry.toml, or a plan saved with `plan --out`
    #[arg(value_name = "DIR|PLAN_FILE", default_value = ".")]
    pub(crate) source: PathBuf,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Seconds to wait for written values to show
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub(crate) patience: u64,
    #[command(flatten)]
    pub(crate) scope: Scope,
    #[command(flatten)]
    pub(crate) tenant: Tenant,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The tenant, its GUID or a domain [default: $AZURE_TENANT_ID, or that of whoever logs in]
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// The application to log in to, a public client [default: $AZURE_CLIENT_ID]
    #[arg(long, value_name = "GUID")]
    pub(crate) client_id: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {
    /// The tenant, its GUID or a domain [default: $AZURE_TENANT_ID, or that of the login]
    #[arg(long, value_name = "TENANT")]
    pub(crate) tenant: Option<String>,
    /// Sign in this way only [default: $TENANTRY_AUTH, or the first that is configured or available]
    #[arg(long, value_name = "METHOD", value_parser = method())]
    pub(crate) auth: Option<SignInMethod>,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A plan saved with `plan --out`
    pub(crate) plan_file: PathBuf,
    /// How to show it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show long lists whole
    #[arg(long)]
    pub(crate) full: bool,
}

/// How to show a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a terminal.
    Text,
    /// The plan itself.
    Json,
    /// For a pull request.
    Markdown,
}

#[derive(Debug, Args)]
pub(crate) struct Access {
    /// A role, user, group or application: by name, address (user:adele.vance@contoso.com) or id
    #[arg(value_name = "ROLE|PRINCIPAL")]
    pub(crate) name: String,
    /// The folder that holds tenantry.toml
    #[arg(default_value = ".")]
    pub(crate) directory: PathBuf,
    /// Show paths as they will be once the configuration is applied
    #[arg(long)]
    pub(crate) planned: bool,
    /// How to show them
    #[arg(long, value_enum, default_value_t = AccessFormat::Text)]
    pub(crate) format: AccessFormat,
    #[command(flatten)]
    pub(crate) tenant: Tenant,
}

/// How to show paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccessFormat {
    /// A tree, for a terminal.
    Text,
    /// For programs.
    Json,
    /// A graph for Graphviz.
    Dot,
    /// A flowchart for Mermaid, which Markdown viewers draw.
    Mermaid,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A kind, an attribute or a settings table: user, group.members, limits
    pub(crate) topic: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rule {
    /// Check a rule and say which objects of a file it matches
    Check(RuleCheck),
}

#[derive(Debug, Args)]
pub(crate) struct RuleCheck {
    /// The membership rule; - reads it from standard input
    #[arg(allow_hyphen_values = true)]
    pub(crate) rule: String,
    /// A JSON array of objects with `id` and properties named as in rules; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) objects: PathBuf,
    /// How to show what matches
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(crate) format: AnswerFormat,
    /// What system.now is, in RFC 3339 [default: the clock]
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<jiff::Timestamp>,
    /// Show clause by clause why the object with this id matches or does not
    #[arg(long, value_name = "ID")]
    pub(crate) explain: Option<String>,
    /// Whether -ne, -notIn and the like are true of an attribute that is null, which Microsoft does not document
    #[arg(long, value_enum, value_name = "include|exclude", default_value_t = NullNegatives::Include)]
    pub(crate) null_negatives: NullNegatives,
}

#[derive(Debug, Args)]
pub(crate) struct WhatIf {
    /// A JSON file with a case (policies, a principal, a sign-in) or an array of cases, - for standard input; with
    /// --user the folder that holds tenantry.toml [default: .]
    #[arg(value_name = "FILE|DIR", required_unless_present = "user")]
    pub(crate) source: Option<PathBuf>,
    /// How to show what the policies say
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text)]
    pub(crate) format: AnswerFormat,
    #[command(flatten)]
    pub(crate) sign_in: SignIn,
    #[command(flatten)]
    pub(crate) tenant: Tenant,
}

/// A sign-in to the tenant. What is not said is unknown to the policies: no place, no risk, a device that is not
/// registered.
#[derive(Debug, Args)]
#[command(next_help_heading = "A sign-in to the tenant, as it is and as the configuration will make it")]
pub(crate) struct SignIn {
    /// Who signs in: a user principal name or an object id
    #[arg(long, value_name = "UPN", requires = "signed_in_to")]
    pub(crate) user: Option<String>,
    /// To which application: a display name or an application id
    #[arg(long, value_name = "NAME", group = "signed_in_to", requires = "user")]
    pub(crate) app: Option<String>,
    /// For what, when it is no application
    #[arg(long, value_enum, value_name = "ACTION", group = "signed_in_to", requires = "user")]
    pub(crate) user_action: Option<UserAction>,
    /// The authentication context that the application asks for, such as c1
    #[arg(long, value_name = "ID", requires = "app")]
    pub(crate) authentication_context: Option<String>,
    /// With which client
    #[arg(long, value_name = "TYPE", default_value = "browser", value_parser = CLIENTS, ignore_case = true)]
    pub(crate) client_app: String,
    /// On which operating system
    #[arg(long, value_name = "NAME", default_value = "windows", value_parser = PLATFORMS, ignore_case = true)]
    pub(crate) platform: String,
    /// From which public address
    #[arg(long, value_name = "ADDRESS", requires = "user")]
    pub(crate) ip: Option<std::net::IpAddr>,
    /// From which country, such as DE
    #[arg(long, value_name = "CODE", value_parser = country, requires = "user")]
    pub(crate) country: Option<String>,
    /// How likely it is that somebody else signs in
    #[arg(long, value_name = "LEVEL", value_parser = RISKS, ignore_case = true, requires = "user")]
    pub(crate) sign_in_risk: Option<String>,
    /// How likely it is that the account is in other hands
    #[arg(long, value_name = "LEVEL", value_parser = RISKS, ignore_case = true, requires = "user")]
    pub(crate) user_risk: Option<String>,
    /// The insider risk that Microsoft Purview tells
    #[arg(long, value_name = "LEVEL", value_parser = INSIDER_RISKS, ignore_case = true, requires = "user")]
    pub(crate) insider_risk: Option<String>,
    /// How the sign-in reaches the device
    #[arg(long, value_name = "FLOW", value_parser = FLOWS, ignore_case = true, requires = "user")]
    pub(crate) authentication_flow: Option<String>,
    /// A property of the registered device, such as isCompliant=true or trustType=AzureAD; may be repeated
    #[arg(long, value_name = "PROPERTY=VALUE", value_parser = property, requires = "user")]
    pub(crate) device: Vec<(String, serde_json::Value)>,
}

// As Graph spells them.
const CLIENTS: [&str; 4] = ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"];
const PLATFORMS: [&str; 7] = ["windows", "macOS", "iOS", "android", "linux", "windowsPhone", "unknown"];
const RISKS: [&str; 4] = ["none", "low", "medium", "high"];
const INSIDER_RISKS: [&str; 4] = ["none", "minor", "moderate", "elevated"];
const FLOWS: [&str; 3] = ["none", "deviceCodeFlow", "authenticationTransfer"];

/// What people do that is no application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum UserAction {
    /// Register methods to prove who they are.
    RegisterSecurityInfo,
    /// Register or join a device.
    RegisterDevice,
}

/// How to show what an offline evaluator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AnswerFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
}

/// Whether negative operators are true of null.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum NullNegatives {
    /// They are.
    Include,
    /// They are not.
    Exclude,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Sandbox {
    /// Serve a sandbox until interrupted; prints how to reach it as shell exports
    ///
    /// The exports are those of an application that has every permission Tenantry may need. Others, with fewer
    /// permissions, certificates, federated credentials or for device codes, are registered with a JSON object such as
    /// {"displayName": "Deployer", "roles": ["User.Read.All"], "passwordCredentials": [{"secretText": "..."}]} in a POST
    /// to $AZURE_AUTHORITY_HOST/sandbox/applications, or in the section registeredApplications of a seed file.
    ///
    /// Azure Identity and MSAL sign in to it with --tls and their instance discovery switched off.
    Serve(Box<SandboxServe>),
    /// Fill a new state folder
    Seed(SandboxState),
    /// Empty a state folder and fill it anew
    Reset(SandboxState),
}

const QUOTAS: &str = "Quotas";
const REPLICAS: &str = "Replicas";

#[derive(Debug, Args)]
pub(crate) struct SandboxServe {
    /// Loopback port; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Folder in which the tenant survives; without it, it lives in memory
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Serve HTTPS with a certificate authority of its own, whose path it prints
    #[arg(long)]
    pub(crate) tls: bool,
    #[command(flatten)]
    pub(crate) content: SandboxContent,
    /// Refuse requests beyond the published quotas
    #[arg(long, help_heading = QUOTAS)]
    pub(crate) quota: bool,
    /// How much there is of each quota, compared with the published one
    #[arg(long, value_name = "P%", default_value_t = Percentage::WHOLE, requires = "quota", help_heading = QUOTAS)]
    pub(crate) quota_share: Percentage,
    /// Let the time of the quotas pass so many times faster
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = above_zero, help_heading = QUOTAS)]
    pub(crate) quota_scale: f64,
    /// Seconds until a write shows in reads
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, help_heading = REPLICAS)]
    pub(crate) lag: f64,
    /// Which replica answers, when there is a lag: the lagging one, the same but with an application's own writes, or any
    #[arg(long, value_name = "replica|session|any", default_value = "replica", help_heading = REPLICAS)]
    pub(crate) consistency: Consistency,
    /// Further seconds until a write shows in advanced queries
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, help_heading = REPLICAS)]
    pub(crate) index_lag: f64,
    /// Further seconds until a write shows in delta queries
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, help_heading = REPLICAS)]
    pub(crate) delta_lag: f64,
    /// Milliseconds until the service begins to fill groups by their rules
    #[arg(long, value_name = "MS", default_value_t = 200, help_heading = REPLICAS)]
    pub(crate) processing_delay: u64,
    #[command(flatten)]
    pub(crate) faults: SandboxFaults,
}

/// What goes wrong on purpose. N means every nth, P% each with that chance, drawn from the seed number.
#[derive(Debug, Args)]
#[command(next_help_heading = "Faults: N is every nth, P% a chance drawn from --seed-number")]
pub(crate) struct SandboxFaults {
    /// Refuse operations with 429
    #[arg(long, value_name = "N|P%")]
    pub(crate) throttle_every: Option<Rate>,
    /// Refuse operations with 503, or another status of --fail-with
    #[arg(long, value_name = "N|P%")]
    pub(crate) fail_every: Option<Rate>,
    /// Statuses of failures, of which one is drawn
    #[arg(long, value_name = "STATUS", value_delimiter = ',', default_value = "503", value_parser = failure)]
    pub(crate) fail_with: Vec<u16>,
    /// Answer 504 to writes that took effect
    #[arg(long, value_name = "N|P%")]
    pub(crate) fail_late_every: Option<Rate>,
    /// Refuse writes with 409 Directory_ConcurrencyViolation
    #[arg(long, value_name = "N|P%")]
    pub(crate) conflict_every: Option<Rate>,
    /// Refuse writes with 409 while another request writes to the same object
    #[arg(long)]
    pub(crate) conflicts: bool,
    /// Reset connections before the request is executed
    #[arg(long, value_name = "N|P%")]
    pub(crate) reset_every: Option<Rate>,
    /// Lose answers to writes, after the write took effect
    #[arg(long, value_name = "N|P%")]
    pub(crate) lose_every: Option<Rate>,
    /// Close connections in the middle of an answer
    #[arg(long, value_name = "N|P%")]
    pub(crate) cut_every: Option<Rate>,
    /// Answer reads from a replica that has fallen behind
    #[arg(long, value_name = "N|P%")]
    pub(crate) stale_every: Option<Rate>,
    /// Seconds by which that replica is behind the others
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    pub(crate) stale: f64,
    /// Largest page of a list
    #[arg(long, value_name = "N")]
    pub(crate) short_pages: Option<usize>,
    /// Hand out empty pages that lead on
    #[arg(long, value_name = "N|P%")]
    pub(crate) empty_every: Option<Rate>,
    /// Let an administrator edit something after an operation
    #[arg(long, value_name = "N|P%")]
    pub(crate) edit_every: Option<Rate>,
    /// What the administrator does, of which one is drawn
    #[arg(
        long,
        value_name = "EDIT",
        value_delimiter = ',',
        default_value = "property,membership,create,delete"
    )]
    pub(crate) edits: Vec<Edit>,
    /// Milliseconds before each answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// Up to so many milliseconds more, drawn for each answer
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    pub(crate) jitter: u64,
}

fn failure(text: &str) -> Result<u16, String> {
    let status = text.parse::<u16>().ok().filter(|status| matches!(status, 500 | 502 | 503 | 504));
    status.ok_or_else(|| "not one of 500, 502, 503, 504".to_owned())
}

fn duration(text: &str) -> Result<jiff::SignedDuration, String> {
    let duration = text.parse::<jiff::SignedDuration>().ok().filter(|duration| !duration.is_negative());
    duration.ok_or_else(|| "not a duration such as 24h or 90m".to_owned())
}

fn country(text: &str) -> Result<String, String> {
    let is_code = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    is_code.then(|| text.to_ascii_uppercase()).ok_or_else(|| "not a code of two letters".to_owned())
}

/// A property and its value: `true` and `false` are what they say, the rest is text.
fn property(text: &str) -> Result<(String, serde_json::Value), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "not PROPERTY=VALUE".to_owned())?;
    let value = value.parse::<bool>().map_or_else(|_| value.into(), serde_json::Value::from);
    Ok((name.to_owned(), value))
}

fn above_zero(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| *number > 0.0 && number.is_finite());
    number.ok_or_else(|| "not a number above 0".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct SandboxState {
    /// The state folder
    #[arg(long, value_name = "DIR", default_value = ".tenantry/sandbox")]
    pub(crate) state: PathBuf,
    #[command(flatten)]
    pub(crate) content: SandboxContent,
}

/// What a sandbox begins with.
#[derive(Debug, Args)]
#[command(next_help_heading = "Content")]
pub(crate) struct SandboxContent {
    /// contoso, empty, or a seed file
    #[arg(long, value_name = "contoso|empty|FILE", default_value = "contoso")]
    pub(crate) seed: String,
    /// A synthetic tenant with this many users, instead of a seed
    #[arg(long, value_name = "N", conflicts_with = "seed")]
    pub(crate) users: Option<usize>,
    /// Groups of the synthetic tenant
    #[arg(long, value_name = "N", requires = "users", default_value_t = 0)]
    pub(crate) groups: usize,
    /// Memberships of the synthetic tenant, spread over its groups
    #[arg(long, value_name = "N", requires = "users", default_value_t = 0)]
    pub(crate) members: usize,
    /// Start of the pseudo-random sequences behind a synthetic tenant and behind faults
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed_number: u64,
}
