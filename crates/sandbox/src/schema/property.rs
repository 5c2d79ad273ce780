//! How one property is declared.

/// A declared property of an entity or complex type.
#[derive(Debug)]
pub(crate) struct Property {
    /// Name as the metadata spells it.
    pub(crate) name: &'static str,
    /// Type of its values.
    pub(crate) kind: Kind,
    /// Whether `null` is a value it can be given.
    pub(crate) nullable: bool,
    /// Whether it comes without `$select`.
    pub(crate) by_default: bool,
    /// Who may write it, and when.
    pub(crate) access: Access,
    /// Which filter operators work.
    pub(crate) filter: FilterClass,
    /// Whether lists can be sorted by it.
    pub(crate) order: OrderClass,
    /// Longest text in characters.
    pub(crate) longest: Option<usize>,
    /// Most elements of a collection.
    pub(crate) most: Option<usize>,
    /// The only texts accepted, compared without regard to case; empty when any is.
    pub(crate) one_of: &'static [&'static str],
    /// Whether a text may be several of these, separated by commas.
    pub(crate) flags: bool,
    /// Whether an empty text is a value.
    pub(crate) may_be_empty: bool,
    /// Whether a create must carry it.
    pub(crate) required: bool,
    /// Whether it must be unique, and among which objects.
    pub(crate) key: Option<KeyScope>,
    /// Whether it is kept outside the directory: read one object at a time, and in no delta query.
    pub(crate) elsewhere: bool,
    /// Whether lists can be filtered by it but no answer shows it.
    pub(crate) filter_only: bool,
}

/// Type of a property's values.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `Edm.String`.
    Text,
    /// `Edm.Boolean`.
    Boolean,
    /// `Edm.Int32`.
    Integer,
    /// `Edm.DateTimeOffset`.
    Date,
    /// `Edm.Guid`.
    Guid,
    /// `Edm.Duration`, days and shorter.
    Duration,
    /// `Collection(Edm.String)` or `Collection(Edm.Guid)`.
    Texts,
    /// A complex type.
    Structure(&'static Complex),
    /// A collection of a complex type.
    Structures(&'static Complex),
}

/// A complex type of the metadata.
#[derive(Debug)]
pub(crate) struct Complex {
    /// Name without namespace.
    pub(crate) name: &'static str,
    /// Its properties; empty for types whose members the sandbox keeps without looking at them.
    pub(crate) properties: &'static [Property],
}

impl Complex {
    /// Finds one of its properties.
    pub(crate) fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }
}

/// Who may write a property, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// On create and on update.
    ReadWrite,
    /// On create only.
    CreateOnly,
    /// Never through the service.
    ReadOnly,
    /// Written, never read back.
    WriteOnly,
}

/// Which filter operators a property supports, and whether they need an advanced query.
/// <https://learn.microsoft.com/graph/aad-advanced-queries>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FilterClass {
    /// No filter at all.
    None,
    /// Strings: everything by default except `ne`, `not` and `null`.
    Plain,
    /// Strings that also support `endsWith`, always advanced.
    Mail,
    /// Flags and enumerations: `eq` and `in` by default.
    Flag,
    /// What tells rows of role management apart: `eq`, `ne` and `in` by default.
    Key,
    /// Dates: `eq`, `ge` and `le` by default.
    Date,
    /// Collections searched with `any()`.
    Collection,
    /// Collections searched with `any()` that also support `endsWith`, always advanced.
    MailCollection,
    /// Everything needs an advanced query.
    Advanced,
}

/// Whether lists can be sorted by a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderClass {
    /// Not at all.
    None,
    /// In any query.
    Default,
    /// Only in an advanced query.
    Advanced,
}

/// Among which objects a key value must be unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyScope {
    /// Objects that are not deleted.
    Live,
    /// All objects, also soft-deleted ones.
    Always,
}

/// The key every entity has.
pub(crate) static ID: Property = text("id").default_set().not_null().read_only().filter(FilterClass::Flag);

/// The deletion time every directory object has.
pub(crate) static DELETED: Property = date("deletedDateTime").read_only().order(OrderClass::Advanced);

/// A value that is no property of its own.
pub(crate) const ANY: Property = property("", Kind::Text);

/// A nullable, writable property that can neither be filtered nor comes by default.
const fn property(name: &'static str, kind: Kind) -> Property {
    Property {
        name,
        kind,
        nullable: true,
        by_default: false,
        access: Access::ReadWrite,
        filter: FilterClass::None,
        order: OrderClass::None,
        longest: None,
        most: None,
        one_of: &[],
        flags: false,
        may_be_empty: false,
        required: false,
        key: None,
        elsewhere: false,
        filter_only: false,
    }
}

/// A string.
pub(crate) const fn text(name: &'static str) -> Property {
    property(name, Kind::Text)
}

/// A boolean.
pub(crate) const fn boolean(name: &'static str) -> Property {
    property(name, Kind::Boolean).filter(FilterClass::Flag)
}

/// A 32-bit integer.
pub(crate) const fn integer(name: &'static str) -> Property {
    property(name, Kind::Integer)
}

/// A point in time.
pub(crate) const fn date(name: &'static str) -> Property {
    property(name, Kind::Date).filter(FilterClass::Date)
}

/// A GUID.
pub(crate) const fn guid(name: &'static str) -> Property {
    property(name, Kind::Guid)
}

/// A length of time, for example `P90D` or `PT8H`.
pub(crate) const fn duration(name: &'static str) -> Property {
    property(name, Kind::Duration)
}

/// A collection of strings, never null.
pub(crate) const fn texts(name: &'static str) -> Property {
    property(name, Kind::Texts).not_null()
}

/// A complex value.
pub(crate) const fn structure(name: &'static str, complex: &'static Complex) -> Property {
    property(name, Kind::Structure(complex))
}

/// A collection of complex values, never null.
pub(crate) const fn structures(name: &'static str, complex: &'static Complex) -> Property {
    property(name, Kind::Structures(complex)).not_null()
}

impl Property {
    /// Returned without `$select`.
    pub(crate) const fn default_set(mut self) -> Self {
        self.by_default = true;
        self
    }

    /// Refuses `null`.
    pub(crate) const fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }

    /// Refuses every write.
    pub(crate) const fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// Refuses writes after the create.
    pub(crate) const fn create_only(mut self) -> Self {
        self.access = Access::CreateOnly;
        self
    }

    /// Reads as `null` whatever was written.
    pub(crate) const fn write_only(mut self) -> Self {
        self.access = Access::WriteOnly;
        self
    }

    /// Must be in a create and can never be cleared.
    pub(crate) const fn required(mut self) -> Self {
        self.required = true;
        self.nullable = false;
        self
    }

    /// Supports these filter operators.
    pub(crate) const fn filter(mut self, class: FilterClass) -> Self {
        self.filter = class;
        self
    }

    /// Can be sorted by.
    pub(crate) const fn order(mut self, class: OrderClass) -> Self {
        self.order = class;
        self
    }

    /// Longest text in characters.
    pub(crate) const fn longest(mut self, characters: usize) -> Self {
        self.longest = Some(characters);
        self
    }

    /// Most elements of a collection.
    pub(crate) const fn most(mut self, elements: usize) -> Self {
        self.most = Some(elements);
        self
    }

    /// Accepts only these texts.
    pub(crate) const fn one_of(mut self, texts: &'static [&'static str]) -> Self {
        self.one_of = texts;
        self
    }

    /// Accepts only these texts, and several of them separated by commas.
    pub(crate) const fn flags_of(mut self, texts: &'static [&'static str]) -> Self {
        self.flags = true;
        self.one_of(texts)
    }

    /// Takes an empty text too.
    pub(crate) const fn may_be_empty(mut self) -> Self {
        self.may_be_empty = true;
        self
    }

    /// Must be unique.
    pub(crate) const fn key(mut self, scope: KeyScope) -> Self {
        self.key = Some(scope);
        self
    }

    /// Is kept outside the directory.
    pub(crate) const fn elsewhere(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// Is never shown.
    pub(crate) const fn filter_only(mut self) -> Self {
        self.filter_only = true;
        self
    }

    /// Whether values are collections.
    pub(crate) fn is_collection(&self) -> bool {
        matches!(self.kind, Kind::Texts | Kind::Structures(_))
    }
}
