//! Paths for people: as a tree, and as a picture for Graphviz and Mermaid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::paths::{Node, Paths, RoleAt, Via};
use super::{Holding, Scope, State};
use crate::address::Target;
use crate::text::{nearest, terminal};

/// What paths are asked of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Everybody who reaches a role.
    Role(Target),
    /// Every role that somebody reaches.
    Principal(Target),
}

/// Nobody and nothing is called that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no role, and nobody who leads to one, is called `{}`", terminal(.name))]
pub struct Unknown {
    /// The name as given.
    pub name: String,
    /// The name that was probably meant.
    pub suggestion: Option<String>,
}

impl About {
    /// Finds a role or principal by id, address (`role:Global Administrator`, `user:adele.vance@contoso.com`), or name
    /// alone.
    pub fn find(name: &str, state: &State, paths: &Paths) -> Result<Self, Unknown> {
        let called = |target: &Target| {
            let bare = target.name.split_once(':').map_or("", |(_, bare)| bare);
            let names = [target.name.as_str(), bare, target.id.as_ref().map_or("", |id| id.as_str())];
            names.iter().any(|known| !known.is_empty() && known.to_lowercase() == name.to_lowercase())
        };
        let roles = || state.roles.keys();
        let principals = || paths.principals();
        let role = roles().find(|role| called(role) || state.roles[*role].template == name.to_lowercase());
        if let Some(role) = role {
            return Ok(Self::Role(role.clone()));
        }
        if let Some(principal) = principals().find(|principal| called(principal)) {
            return Ok(Self::Principal(principal.clone()));
        }
        let names = || roles().chain(principals()).map(|target| target.name.as_str());
        let bare = || names().filter_map(|name| Some(name.split_once(':')?.1));
        let suggestion = nearest(name, names()).or_else(|| nearest(name, bare())).map(str::to_owned);
        Err(Unknown { name: name.to_owned(), suggestion })
    }
}

/// Paths towards a role, or from a principal.
#[derive(Debug)]
pub struct Picture<'a> {
    state: &'a State,
    /// Where the drawing begins.
    roots: Vec<&'a Node>,
    /// What is drawn below each.
    below: BTreeMap<&'a Node, Vec<(Via, &'a Node)>>,
    /// Whether what is below leads to what is above.
    downwards: bool,
}

impl<'a> Picture<'a> {
    /// The paths that this is about; what does not lead to a role, or is led to by nobody, is left out.
    pub fn new(state: &'a State, paths: &'a Paths, about: &About) -> Self {
        let (edges, downwards) = match about {
            About::Role(_) => (&paths.down, true),
            About::Principal(_) => (&paths.up, false),
        };
        let is_root = |node: &&Node| match (about, node) {
            (About::Role(role), Node::Role(at)) => at.role == *role,
            (About::Principal(wanted), Node::Principal(principal)) => principal == wanted,
            _ => false,
        };
        let roots: Vec<&Node> = edges.keys().filter(is_root).collect();
        let (mut below, mut open) = (BTreeMap::new(), roots.clone());
        while let Some(node) = open.pop() {
            if below.contains_key(node) {
                continue;
            }
            let next = edges.get(node).into_iter().flatten();
            let next: Vec<(Via, &Node)> = next.map(|(via, node)| (*via, node)).collect();
            open.extend(next.iter().map(|(_, node)| node));
            below.insert(node, next);
        }
        let mut picture = Self { state, roots, below, downwards };
        picture.prune();
        picture
    }

    /// Takes out what leads nowhere: everything below must come to a person, an application or, upwards, to a role.
    fn prune(&mut self) {
        let ends = |node: &&&Node| match node {
            Node::Role(_) => !self.downwards,
            Node::Principal(principal) => self.downwards && principal.prefix() != "group",
            _ => false,
        };
        let mut above: BTreeMap<&Node, Vec<&Node>> = BTreeMap::new();
        for (node, next) in &self.below {
            next.iter().for_each(|(_, below)| above.entry(below).or_default().push(node));
        }
        let mut open: Vec<&Node> = self.below.keys().filter(ends).copied().collect();
        let mut kept: BTreeSet<&Node> = BTreeSet::new();
        while let Some(node) = open.pop() {
            if kept.insert(node) {
                open.extend(above.get(node).into_iter().flatten());
            }
        }
        let drawn = |node: &Node| {
            kept.contains(node)
                || matches!(node, Node::Principal(group) if self.downwards && is_given(group, self.state))
        };
        self.below.values_mut().for_each(|next| next.retain(|(_, node)| drawn(node)));
    }

    /// As a tree of lines. What was drawn before is not drawn again below.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut drawn = BTreeSet::new();
        for root in &self.roots {
            let _ = writeln!(text, "{}", terminal(&self.label(root)));
            self.lines(root, "", &mut drawn, &mut text);
        }
        text
    }

    fn lines(&self, node: &'a Node, indent: &str, drawn: &mut BTreeSet<&'a Node>, text: &mut String) {
        drawn.insert(node);
        let next = self.below.get(node).map_or(&[][..], Vec::as_slice);
        for (index, (via, below)) in next.iter().enumerate() {
            let last = index + 1 == next.len();
            let (branch, stem) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            let label = terminal(&self.label(below));
            let phrase = via.describe();
            let gap = if phrase.is_empty() { "" } else { ": " };
            let again = drawn.contains(below) && self.below.get(below).is_some_and(|next| !next.is_empty());
            let above = if again { " (see above)" } else { "" };
            let _ = writeln!(text, "{indent}{branch}{label}{gap}{phrase}{above}");
            if !again {
                self.lines(below, &format!("{indent}{stem}"), drawn, text);
            }
        }
    }

    /// What is drawn, each once, with a number of its own.
    fn nodes(&self) -> BTreeMap<&'a Node, usize> {
        let below = self.below.values().flatten().map(|(_, node)| *node);
        let nodes: BTreeSet<&Node> = self.roots.iter().copied().chain(below).collect();
        nodes.into_iter().enumerate().map(|(number, node)| (node, number)).collect()
    }

    /// From which to which, and how; each leads towards a role.
    fn edges<'b>(
        &'b self,
        nodes: &'b BTreeMap<&Node, usize>,
    ) -> impl Iterator<Item = (usize, usize, Via)> + 'b {
        let drawn = self.below.iter().filter_map(|(node, next)| Some((nodes.get(node)?, next)));
        drawn.flat_map(|(above, next)| {
            next.iter().filter_map(|(via, below)| {
                let below = nodes.get(below)?;
                Some(if self.downwards { (*below, *above, *via) } else { (*above, *below, *via) })
            })
        })
    }

    /// As a graph for Graphviz.
    ///
    /// Source: "DOT Language", <https://graphviz.org/doc/info/lang.html>.
    pub fn dot(&self) -> String {
        let quoted = |text: &str| terminal(text).replace('\\', "\\\\").replace('"', "\\\"");
        let nodes = self.nodes();
        let mut dot = "digraph access {\n  rankdir=LR\n  node [shape=box]\n".to_owned();
        for (node, number) in &nodes {
            let shape = if matches!(node, Node::Role(_)) { " shape=ellipse" } else { "" };
            let _ = writeln!(dot, "  n{number} [label=\"{}\"{shape}]", quoted(&self.label(node)));
        }
        for (from, to, via) in self.edges(&nodes) {
            let style = if via.is_held() { "" } else { " style=dashed" };
            let _ = writeln!(dot, "  n{from} -> n{to} [label=\"{}\"{style}]", quoted(&via.describe()));
        }
        dot.push_str("}\n");
        dot
    }

    /// As a flowchart for Mermaid, which Markdown viewers draw.
    ///
    /// Source: "Flowcharts Syntax", <https://mermaid.js.org/syntax/flowchart.html>.
    pub fn mermaid(&self) -> String {
        let nodes = self.nodes();
        let mut chart = "flowchart LR\n".to_owned();
        for (node, number) in &nodes {
            let label = entities(&self.label(node));
            let shape = if matches!(node, Node::Role(_)) { ("([", "])") } else { ("[", "]") };
            let _ = writeln!(chart, "  n{number}{}\"{label}\"{}", shape.0, shape.1);
        }
        for (from, to, via) in self.edges(&nodes) {
            let arrow = if via.is_held() { "-->" } else { "-.->" };
            let phrase = entities(&via.describe());
            let label = if phrase.is_empty() { String::new() } else { format!("|\"{phrase}\"|") };
            let _ = writeln!(chart, "  n{from} {arrow}{label} n{to}");
        }
        chart
    }

    /// As JSON: what there is, and what leads to what.
    pub fn json(&self) -> Value {
        let nodes = self.nodes();
        let kind = |node: &Node| match node {
            Node::Role(_) => "role",
            Node::Principal(_) => "principal",
            Node::Applications | Node::Groups => "all",
        };
        let listed = nodes.iter().map(|(node, number)| {
            let id = match node {
                Node::Role(at) => at.role.id.as_ref(),
                Node::Principal(principal) => principal.id.as_ref(),
                Node::Applications | Node::Groups => None,
            };
            json!({ "node": number, "kind": kind(node), "name": self.label(node), "id": id })
        });
        let edges = self.edges(&nodes);
        let edges = edges.map(
            |(from, to, via)| json!({ "from": from, "to": to, "how": via.describe(), "reach": via.reach() }),
        );
        let roots: Vec<usize> = self.roots.iter().filter_map(|root| nodes.get(*root).copied()).collect();
        json!({ "about": roots, "nodes": listed.collect::<Vec<_>>(), "paths": edges.collect::<Vec<_>>() })
    }

    fn label(&self, node: &Node) -> String {
        match node {
            Node::Role(at) => at.describe(),
            Node::Principal(principal) if !self.state.is_enabled(principal) => {
                format!("{} (disabled)", principal.name)
            }
            other => other.describe(),
        }
    }
}

/// Whether a role is given to a group: it is drawn though nobody is in it.
fn is_given(group: &Target, state: &State) -> bool {
    state.assignments.iter().any(|assignment| assignment.principal == *group)
}

/// Text as Mermaid takes it between quotation marks: whatever could end or mark up a label, as a character's number.
fn entities(text: &str) -> String {
    let mut safe = String::new();
    for character in terminal(text).chars() {
        match character {
            '"' | '#' | '<' | '>' | '&' | ';' | '`' | '\\' | '*' | '_' | '[' | ']' => {
                let _ = write!(safe, "#{};", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    safe
}

impl Node {
    /// What it is called.
    pub fn describe(&self) -> String {
        match self {
            Self::Role(at) => at.describe(),
            Self::Principal(principal) => principal.name.to_string(),
            Self::Applications => "every application".to_owned(),
            Self::Groups => "every group with a role".to_owned(),
        }
    }
}

impl RoleAt {
    /// What it is called: `role:User Administrator over unit:Retail`.
    pub fn describe(&self) -> String {
        match &self.scope {
            Scope::Tenant => self.role.name.to_string(),
            Scope::Unit(over) | Scope::Object(over) => format!("{} over {}", self.role.name, over.name),
        }
    }
}

impl Via {
    /// How, in words that follow who it is.
    pub fn describe(self) -> String {
        match self {
            Self::Role(Holding::Permanent) => "permanently".to_owned(),
            Self::Role(holding) => holding.describe(""),
            Self::Member(holding) => holding.describe("member"),
            Self::Owner(holding) => format!("{}, who can make anybody a member", holding.describe("owner")),
            Self::Application => "owner, who can give it a secret".to_owned(),
            Self::Registration => "owner of its app registration, who can give it a secret".to_owned(),
            Self::Amounts(why) => why.to_owned(),
            Self::Permission(name, why) => format!("{name}: {why}"),
            Self::OneOf => String::new(),
        }
    }

    fn is_held(self) -> bool {
        self.reach() == super::Reach::Holds
    }
}

impl Holding {
    /// In words: `eligible member until 2027-03-31`.
    fn describe(self, what: &str) -> String {
        let words = match self {
            Self::Permanent => what.to_owned(),
            Self::Activated => format!("{what} by an activation"),
            Self::Until(None) => format!("{what} for a time"),
            Self::Until(Some(end)) => format!("{what} until {}", day(end)),
            Self::Eligible(None) => format!("eligible {what}"),
            Self::Eligible(Some(end)) => format!("eligible {what} until {}", day(end)),
        };
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The last whole day before an instant at midnight; else the day that it is in, in UTC.
fn day(end: Timestamp) -> String {
    let moment = TimeZone::UTC.to_datetime(end);
    let yesterday = || moment.date().yesterday().ok().filter(|_| moment.time() == Time::midnight());
    yesterday().unwrap_or(moment.date()).to_string()
}
