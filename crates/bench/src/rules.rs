//! Two hundred membership rules over a hundred thousand users, as a plan evaluates them. No command does just that, so
//! this part calls the evaluator itself.

use std::time::Instant;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tenantry_core::rule::{Columns, Object, Program, Rule, Semantics};

use crate::Error;
use crate::measure;
use crate::record::Record;

const USERS: usize = 100_000;
const RULES: usize = 200;

/// Reads every user once and asks every rule of it.
pub(crate) fn evaluate() -> Result<Record, Error> {
    let users: Vec<(String, Map<String, Value>)> =
        (0..USERS).map(|number| (id(number), user(number))).collect();
    let rules: Vec<Rule> = (0..RULES).map(|number| Rule::parse(&rule(number))).collect::<Result<_, _>>()?;
    let (began, cpu) = (Instant::now(), measure::own_cpu_seconds()?);
    let mut columns = Columns::default();
    let compile = |rule: &Rule| rule.compile(&mut columns, Semantics::default(), Timestamp::UNIX_EPOCH);
    let programs: Vec<Program> = rules.iter().map(compile).collect();
    let mut matches = 0;
    for (id, properties) in &users {
        let record = columns.read(Object::Graph { id, properties, manager: None, groups: &[] });
        matches += programs.iter().filter(|program| program.matches(&record)).count();
    }
    let (wall, cpu) = (began.elapsed().as_secs_f64(), measure::own_cpu_seconds()? - cpu);
    // Rules that match nobody, or everybody, would be cheap.
    if !(USERS..USERS * RULES / 2).contains(&matches) {
        return Err(format!("the rules match {matches} times, which is no fair sample").into());
    }
    Ok(Record::computed("200 membership rules", wall, cpu))
}

const CITIES: [&str; 7] = ["Lagos", "Paris", "Seattle", "München", "Oslo", "Kraków", "São Paulo"];
const TITLES: [&str; 5] =
    ["Store Manager", "Sales Associate", "Engineer II", "Help Desk Operator", "Director"];

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn user(number: usize) -> Map<String, Value> {
    let name = format!("user{number:06}@contoso.com");
    let plan = |index: usize| json!({"servicePlanId": plan_id(number + index), "service": "exchange", "capabilityStatus": "Enabled"});
    let value = json!({
        "accountEnabled": !number.is_multiple_of(17),
        "department": format!("Department {}", number % 40),
        "city": CITIES[number % 7],
        "country": if number.is_multiple_of(3) { json!("United States") } else { Value::Null },
        "jobTitle": TITLES[number % 5],
        "companyName": "Contoso",
        "mail": name,
        "userPrincipalName": name,
        "userType": if number.is_multiple_of(10) { "Guest" } else { "Member" },
        "otherMails": [format!("private{number}@example.com")],
        "proxyAddresses": [format!("SMTP:{name}"), format!("smtp:alias{number}@contoso.com")],
        "assignedPlans": (0..4).map(plan).collect::<Value>(),
        "onPremisesExtensionAttributes": {"extensionAttribute1": format!("cost-{}", number % 100)},
    });
    match value {
        Value::Object(user) => user,
        _ => Map::new(),
    }
}

fn plan_id(number: usize) -> String {
    format!("11111111-0000-4000-8000-{:012}", number % 30)
}

/// Rules of the kinds that tenants have, with different values.
fn rule(number: usize) -> String {
    let (city, title, other) = (CITIES[number % 7], TITLES[number % 5], number % 40);
    match number % 10 {
        0 => format!("user.department -eq \"Department {other}\" -and user.accountEnabled -eq true"),
        1 => format!("user.city -in [\"{city}\", \"Rome\", \"Berlin\"] -and (user.userType -eq \"Member\")"),
        2 => format!(
            "(user.jobTitle -startsWith \"{title}\") -or (user.department -eq \"Department {other}\")"
        ),
        3 => format!("user.mail -match \"^user0+{number}.*@contoso\\.com$\""),
        4 => format!("user.jobTitle -contains \"{}\" -and -not (user.country -eq null)", &title[..4]),
        5 => format!("user.proxyAddresses -any (_ -startsWith \"smtp:alias{number}\")"),
        6 => format!(
            "user.assignedPlans -any (assignedPlan.servicePlanId -eq \"{}\" -and assignedPlan.capabilityStatus -eq \"Enabled\")",
            plan_id(number)
        ),
        7 => format!(
            "user.extensionAttribute1 -eq \"cost-{}\" -and user.companyName -ne \"Fabrikam\"",
            number % 100
        ),
        8 => format!("user.userPrincipalName -endsWith \"{other}@contoso.com\" -and user.objectId -ne null"),
        _ => format!("user.department -match \"ment [{}-9]\" -and user.city -notIn [\"{city}\"]", number % 9),
    }
}
