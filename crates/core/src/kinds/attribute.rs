//! The words in which a kind describes its attributes: type, mode, clearing, links.

use serde_json::{Value, json};

use super::Template;
use crate::pim::PolicyPart;
use crate::snapshot::Observed;

/// One attribute of a kind: a key in its TOML table and the Graph property or navigation behind it.
#[derive(Debug)]
pub struct Attribute {
    /// The key in TOML: Graph's name in snake_case.
    pub name: &'static str,
    /// Graph's name: a property, with what it stands inside (`conditions.users`), or a navigation for links.
    pub graph: &'static str,
    /// What values it takes.
    pub value: Type,
    /// When it can be written.
    pub mode: Mode,
    /// What `""` or `[]` in TOML sends.
    pub clear: Clear,
    /// What holds where the value is not set.
    pub default: Default,
    /// Whether a declaration may name a part of a list: `{ at_least, never }`.
    pub in_part: bool,
    /// Set where the value is not the object's but stands in settings of its own that are made from this template.
    pub settings: Option<Template>,
    /// Set where the value is not the object's but stands in the rules of a PIM policy about it.
    pub policy: Option<PolicyPart>,
    /// The action of the object that replaces the value once there is one; else a PATCH does.
    pub replaced_by: Option<&'static str>,
    /// Whether an object cannot be deleted as long as this flag is on.
    pub off_before_deletion: bool,
    /// Who owns the value on an object that directory synchronisation maintains.
    pub mastered: Mastered,
    /// Whether it needs a request of its own, because reading it takes a permission that others do not.
    pub separate_permission: Option<SeparatePermission>,
    /// One sentence for `explain` and the JSON Schema.
    pub summary: &'static str,
}

impl Attribute {
    /// An attribute that may be written at any time, cleared with `null`, and is owned on-premises when synchronised.
    pub const fn new(name: &'static str, graph: &'static str, value: Type, summary: &'static str) -> Self {
        Self {
            name,
            graph,
            value,
            mode: Mode::Update,
            clear: Clear::Null,
            default: Default::Nothing,
            in_part: false,
            settings: None,
            policy: None,
            replaced_by: None,
            off_before_deletion: false,
            mastered: Mastered::OnPremises,
            separate_permission: None,
            summary,
        }
    }

    /// Cannot be written after creation.
    pub const fn create_only(mut self) -> Self {
        self.mode = Mode::CreateOnly;
        self
    }

    /// Sent at creation and never read back.
    pub const fn at_creation(mut self) -> Self {
        self.mode = Mode::AtCreation;
        self
    }

    /// `""` is refused: Graph has no way to unset it.
    pub const fn not_clearable(mut self) -> Self {
        self.clear = Clear::Never;
        self
    }

    /// Where it is not set, this holds.
    pub const fn unless_set(mut self, default: Default) -> Self {
        self.default = default;
        self
    }

    /// A declaration may name a part of the list.
    pub const fn in_part(mut self) -> Self {
        self.in_part = true;
        self
    }

    /// Stands in settings that the object has of its own, made from this template.
    pub const fn in_settings(mut self, template: Template) -> Self {
        self.settings = Some(template);
        self
    }

    /// Stands in a PIM policy about the object.
    pub(crate) const fn in_policy(mut self, part: PolicyPart) -> Self {
        self.policy = Some(part);
        self
    }

    /// An action of the object replaces the value once there is one.
    pub const fn replaced_by(mut self, action: &'static str) -> Self {
        self.replaced_by = Some(action);
        self
    }

    /// An object cannot be deleted as long as this flag is on.
    pub const fn off_before_deletion(mut self) -> Self {
        self.off_before_deletion = true;
        self
    }

    /// The cloud may write it even on a synchronised object.
    pub const fn cloud(mut self) -> Self {
        self.mastered = Mastered::Cloud;
        self
    }

    /// Read and written in requests of its own, with these permissions.
    pub const fn needs(mut self, read: &'static str, write: &'static str) -> Self {
        self.separate_permission = Some(SeparatePermission { read, write });
        self
    }

    /// The property of the object that has the value, or that it stands inside.
    pub fn property(&self) -> &'static str {
        self.graph.split_once('.').map_or(self.graph, |(outer, _)| outer)
    }

    /// The link behind the attribute, if it is one.
    pub fn link(&self) -> Option<&Link> {
        match &self.value {
            Type::Link(link) => Some(link),
            _ => None,
        }
    }

    /// The assignments behind the attribute, if it is such.
    pub fn assignments(&self) -> Option<&Assignments> {
        match &self.value {
            Type::Assignments(assignments) => Some(assignments),
            _ => None,
        }
    }

    /// The schedules behind the attribute, if it is such.
    pub fn schedules(&self) -> Option<&Schedules> {
        match &self.value {
            Type::Schedules(schedules) => Some(schedules),
            _ => None,
        }
    }

    /// Whether an object cannot be deleted as long as it has this.
    pub fn holds_deletion(&self) -> bool {
        let of_role = |schedules: &Schedules| schedules.of == ScheduleOf::Role;
        self.off_before_deletion
            || matches!(self.value, Type::Licenses { holds_deletion: true, .. })
            || self.schedules().is_some_and(of_role)
    }

    /// Whether the attribute is a property that Graph returns.
    pub fn is_readable_property(&self) -> bool {
        self.link().is_none()
            && self.assignments().is_none()
            && self.schedules().is_none()
            && self.mode != Mode::AtCreation
            && self.settings.is_none()
            && self.policy.is_none()
    }
}

/// Application permissions that an attribute takes beside those of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeparatePermission {
    /// To plan.
    pub read: &'static str,
    /// To apply.
    pub write: &'static str,
}

/// When an attribute can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// At creation and later.
    Update,
    /// At creation only; a difference later is an error, since no object is ever replaced.
    CreateOnly,
    /// An instruction for the creation itself; never read, never compared.
    AtCreation,
}

/// How a value is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clear {
    /// Send `null`.
    Null,
    /// Send an empty collection.
    Empty,
    /// Cannot be cleared.
    Never,
}

/// What holds where a value is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// Nothing: no text, no flag, an empty list.
    Nothing,
    /// A flag.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text or an enumeration member, in Graph's spelling.
    Text(&'static str),
    /// What the tenant or its cloud decides; nobody can say without asking.
    Unknown,
}

impl Default {
    /// The value in Graph's form.
    pub fn value(self) -> Value {
        match self {
            Self::Nothing | Self::Unknown => Value::Null,
            Self::Flag(flag) => json!(flag),
            Self::Number(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}

/// Who owns a value on an object that directory synchronisation maintains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mastered {
    /// The cloud: Graph may write it.
    Cloud,
    /// The on-premises directory: Graph refuses the write.
    OnPremises,
}

/// What values an attribute takes.
#[derive(Debug)]
pub enum Type {
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// The least the service takes.
        min: i64,
        /// The most it takes.
        max: i64,
    },
    /// Text of at most `max` characters that passes `check`.
    Text {
        /// Longest length in characters.
        max: usize,
        /// Further rule; the error says what is wrong with the text.
        check: fn(&str) -> Result<(), String>,
        /// Whether upper and lower case are the same to the directory.
        ignore_case: bool,
    },
    /// One of Graph's enumeration members, written in snake_case in TOML.
    Enumeration(&'static [&'static str]),
    /// One of these words, each of which stands for something that Graph calls otherwise.
    Words(&'static [Word]),
    /// Several flags; Graph joins them with commas, and says `None` for no flag.
    Flags(&'static [&'static str]),
    /// A rule of dynamic membership; spellings that say the same are the same.
    Rule,
    /// A point in time.
    DateTime,
    /// A length of time in ISO 8601 (`PT8H`, `P90D`).
    Duration {
        /// Further rule; the error says what is wrong with the text.
        check: fn(&str) -> Result<(), String>,
        /// A word for having no end.
        word: Option<&'static str>,
    },
    /// A set of texts, compared without order.
    Texts {
        /// Most items.
        max_items: usize,
        /// Longest item in characters.
        max: usize,
        /// Rule for each item.
        check: fn(&str) -> Result<(), String>,
        /// Allowed items when it is a set of enumeration members; else empty.
        members: &'static [&'static str],
    },
    /// A complex value; only the members that TOML mentions are compared and changed.
    Record(&'static [Attribute]),
    /// A list of one complex value, of which this member, a list, is all that is declared.
    Item(&'static Attribute),
    /// A set of ranges of IP addresses in CIDR notation, texts in TOML; Graph holds each as an object of one of two types.
    Ranges {
        /// Most ranges.
        max_items: usize,
        /// Shortest prefix, in bits.
        min_prefix: u8,
    },
    /// A set of complex values.
    Records(&'static [Attribute]),
    /// Custom security attributes: sets of attributes, each boolean, integer, text or a list of one of these.
    SecurityAttributes,
    /// Text, integer or boolean: a directory extension, whose definition the tenant holds.
    Extension,
    /// The id of another object inside a value; kinds that TOML may reference, `id:GUID` is always allowed. Declared and
    /// in plans `{"$ref": "group:…", "id": "…"}`, without `id` while the object does not exist.
    Reference(&'static [&'static str]),
    /// A set of such references.
    References(&'static [&'static str]),
    /// What is meant, by a word or by a reference.
    Named(Named),
    /// A complex value of which this member is all that is declared: a policy names a strength by its `id`, and shows all
    /// of it.
    Member(&'static Attribute),
    /// A set of those to whom a policy applies: groups, people, or everybody.
    Targets {
        /// Kinds that TOML may reference, `id:GUID` of the first; Graph calls them so in `targetType`.
        kinds: &'static [&'static str],
        /// What a target may say beside whom.
        members: &'static [Attribute],
    },
    /// Licences: products with service plans that are off. What is assigned is read from the attribute's property.
    Licenses {
        /// Graph properties that are read too, to judge what is assigned.
        beside: &'static [&'static str],
        /// Whether an object cannot be deleted as long as it has licences.
        holds_deletion: bool,
    },
    /// Roles that others hold over the object's members; each is an object of the service with an id of its own. What is
    /// there is read into the attribute's property.
    Assignments(Assignments),
    /// Who holds or may activate the object, and until when: schedules of Privileged Identity Management. What is there
    /// is read into the attribute's property.
    Schedules(Schedules),
    /// References to other objects.
    Link(Link),
}

/// Roles held in the scope of an object.
#[derive(Debug)]
pub struct Assignments {
    /// What stands before the object's id in `directoryScopeId`: `/administrativeUnits`.
    pub scope: &'static str,
    /// Kinds of who may hold one; `id:GUID` is always allowed.
    pub members: &'static [&'static str],
    /// Whether a role can be held in the scope.
    pub accepts: fn(&Observed) -> bool,
    /// Where they are held, in words: `in an administrative unit`.
    pub place: &'static str,
    /// Which roles can be held there, in words.
    pub accepted: &'static str,
}

/// Schedules of Privileged Identity Management: each is made, changed and ended by requests.
#[derive(Debug)]
pub struct Schedules {
    /// What is held.
    pub of: ScheduleOf,
    /// Whether it has to be activated; else it is in force.
    pub eligible: bool,
    /// Kinds of who may hold it; `id:GUID` is always allowed.
    pub members: &'static [&'static str],
    /// Kinds of what a role may be held over instead of the whole tenant.
    pub scopes: &'static [&'static str],
    /// Whether a live role can be held over the members of a unit (`true`) or over a single object.
    pub accepts: fn(&Observed, bool) -> bool,
    /// Which roles can be held there, in words.
    pub accepted: &'static str,
}

/// What schedules say who holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScheduleOf {
    /// A directory role: the object.
    Role,
    /// An access to a group, which is the object: `member` or `owner`.
    Group(&'static str),
}

/// What can be meant in a place where Graph has words beside ids.
#[derive(Debug)]
pub struct Named {
    /// The words.
    pub words: &'static [Word],
    /// Kinds that TOML may reference; `id:GUID` is always allowed. A text that is no word and names no kind is the key of
    /// one of the first.
    pub targets: &'static [&'static str],
    /// The property of the object that stands for it where that is not its id: `appId`.
    pub by: Option<&'static str>,
    /// Whether exactly one is meant; else it is a set.
    pub single: bool,
}

/// A word that stands for a value of Graph's.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The word in TOML.
    pub name: &'static str,
    /// What Graph calls it: the spelling that is written, then others that are read.
    pub graph: &'static [&'static str],
}

impl Word {
    /// The word for a value of Graph's.
    pub(crate) fn of(words: &'static [Self], value: &Value) -> Option<&'static str> {
        let value = value.as_str()?;
        let spelled = |word: &&Self| word.graph.iter().any(|graph| graph.eq_ignore_ascii_case(value));
        words.iter().find(spelled).map(|word| word.name)
    }
}

/// References from one object to others.
#[derive(Debug)]
pub struct Link {
    /// Kinds that TOML may reference here; `id:GUID` is always allowed.
    pub targets: &'static [&'static str],
    /// Most references; 1 for a single-valued navigation.
    pub max: usize,
    /// How references are added.
    pub write: LinkWrite,
    /// Whether references to objects that exist may stand in the creation's body.
    pub at_creation: bool,
    /// What a cycle along this link is called, when it is an error.
    pub cycle: Option<&'static str>,
    /// A kind of which the service never lets the last reference go.
    pub keeps_one: Option<&'static str>,
    /// Whether the kind's delta tells changes of the link too (`members@delta`).
    pub delta: bool,
}

/// How references of a link are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkWrite {
    /// Up to 20 in one PATCH with `navigation@odata.bind`; removed one by one with `/$ref`.
    Bind,
    /// One by one, POST and DELETE on `/$ref`.
    Reference,
    /// The only one: PUT and DELETE on `/$ref`.
    Single,
    /// One by one, by actions of the object.
    Action(&'static Selection),
}

/// A selection of objects: actions add and remove them one by one, and only they themselves tell that they are in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Selection {
    /// The action that adds one: `addGroup`.
    pub add: &'static str,
    /// The action that removes one.
    pub remove: &'static str,
    /// What both call the id.
    pub parameter: &'static str,
    /// The kind of what can be selected.
    pub kind: &'static str,
    /// The query, in percent-encoding, that finds all of that kind that can be selected: `$filter=…`.
    pub among: &'static str,
    /// Their navigation to what they are selected for.
    pub back: &'static str,
    /// The property, and its value, without which nothing is selected.
    pub when: (&'static str, &'static str),
}

/// Accepts every text.
pub fn anything(_: &str) -> Result<(), String> {
    Ok(())
}

/// Text without further rules.
pub const fn text(max: usize) -> Type {
    Type::Text { max, check: anything, ignore_case: false }
}

/// Text that passes `check`.
pub const fn checked(max: usize, check: fn(&str) -> Result<(), String>) -> Type {
    Type::Text { max, check, ignore_case: false }
}

/// Text whose case means nothing to the directory.
pub const fn folded(max: usize, check: fn(&str) -> Result<(), String>) -> Type {
    Type::Text { max, check, ignore_case: true }
}
