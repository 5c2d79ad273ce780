//! Resolves the path of a URL, segment by segment.

use crate::schema::{Member, Operation, Schema, TypeRef};

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Resource<'s> {
    /// Entities: an entity set or a navigation to many.
    Entities { of: String, via: Option<&'s Member> },
    /// One entity; `via` is the navigation it was reached by, if by one.
    Entity { of: String, via: Option<&'s Member> },
    /// The value of a property, or what a function gives.
    Value(TypeRef),
    /// `$ref` behind a navigation; `one` of its links when a key stands between.
    Reference { of: String, many: bool, one: bool },
    /// `$count`.
    Count { of: String },
    /// `$value`.
    Raw,
    /// A bound action or function.
    Operation(&'s Operation),
}

impl Resource<'_> {
    /// The type that query options speak of.
    pub(crate) fn subject(&self) -> Option<&str> {
        match self {
            Self::Entities { of, .. } | Self::Entity { of, .. } => Some(of),
            Self::Reference { of, .. } | Self::Count { of } => Some(of),
            Self::Value(of) => Some(&of.name),
            Self::Operation(operation) => operation.returns.as_ref().map(|of| of.name.as_str()),
            Self::Raw => None,
        }
    }

    /// Whether it is a list of changes, in whose `$select` navigations may stand.
    pub(crate) fn is_delta(&self) -> bool {
        matches!(self, Self::Operation(operation) if !operation.action && operation.name == "delta")
    }
}

impl Schema {
    /// Resolves the segments below the version, decoded; the error is a sentence about the segment that leads nowhere.
    pub(crate) fn resolve(&self, segments: &[String]) -> Result<Resource<'_>, String> {
        let (first, rest) = segments.split_first().ok_or("the path is empty")?;
        let (name, key) = split_key(first);
        let root = self.root(name).ok_or_else(|| format!("there is no entity set or singleton `{name}`"))?;
        let mut resource = if root.collection {
            Resource::Entities { of: root.name.clone(), via: None }
        } else {
            Resource::Entity { of: root.name.clone(), via: None }
        };
        if let Some(key) = key {
            resource = self.keyed(resource, key)?;
        }
        for segment in rest {
            resource = self.step(resource, segment)?;
        }
        Ok(resource)
    }

    fn step<'s>(&'s self, from: Resource<'s>, segment: &str) -> Result<Resource<'s>, String> {
        match from {
            Resource::Entities { of, via } => self.in_collection(of, via, segment),
            Resource::Entity { of, via } => self.in_entity(of, via, segment),
            Resource::Value(of) => self.in_value(of, segment),
            Resource::Operation(operation) if !operation.action => {
                let returns = operation.returns.clone().ok_or("the function gives nothing")?;
                self.step(self.of_type(returns, None), segment)
            }
            Resource::Operation(_) | Resource::Reference { .. } | Resource::Count { .. } | Resource::Raw => {
                Err(format!("nothing follows before `{segment}`"))
            }
        }
    }

    fn in_collection<'s>(
        &'s self,
        of: String,
        via: Option<&'s Member>,
        segment: &str,
    ) -> Result<Resource<'s>, String> {
        match segment {
            "$count" => return Ok(Resource::Count { of }),
            "$ref" if via.is_some() => return Ok(Resource::Reference { of, many: true, one: false }),
            "" => return Err(format!("a key of {of} is empty")),
            _ if segment.starts_with('$') => {
                return Err(format!("`{segment}` cannot follow a collection of {of}"));
            }
            _ => {}
        }
        if let Some(cast) = self.cast(&of, segment) {
            return Ok(Resource::Entities { of: cast?, via });
        }
        let whole = TypeRef { name: of.clone(), collection: true };
        match self.call(segment, &whole)? {
            Some(called) => Ok(called),
            None => Ok(Resource::Entity { of, via }),
        }
    }

    fn in_entity<'s>(
        &'s self,
        of: String,
        via: Option<&'s Member>,
        segment: &str,
    ) -> Result<Resource<'s>, String> {
        match (segment, via) {
            ("$ref", Some(via)) => {
                return Ok(Resource::Reference { of, many: via.of.collection, one: via.of.collection });
            }
            ("$value", _) => return Ok(Resource::Raw),
            _ => {}
        }
        if let Some(cast) = self.cast(&of, segment) {
            return Ok(Resource::Entity { of: cast?, via });
        }
        let (name, key) = split_key(segment);
        if let Some(member) = self.member(&of, name) {
            let found = self.of_type(member.of.clone(), member.navigation.then_some(member));
            return key.map_or(Ok(found), |_| Err(format!("`{name}` takes its key as a segment")));
        }
        let one = TypeRef { name: of.clone(), collection: false };
        self.call(segment, &one)?.ok_or_else(|| format!("{of} has no property or operation `{segment}`"))
    }

    fn in_value(&self, of: TypeRef, segment: &str) -> Result<Resource<'_>, String> {
        match segment {
            "$count" if of.collection => Ok(Resource::Count { of: of.name }),
            "$value" if !of.collection => Ok(Resource::Raw),
            _ if of.collection => Err(format!("nothing follows a collection of {} by `{segment}`", of.name)),
            _ => self.in_entity(of.name, None, segment),
        }
    }

    /// What a value of this type is as a resource.
    fn of_type<'s>(&'s self, of: TypeRef, via: Option<&'s Member>) -> Resource<'s> {
        match (self.is_entity(&of.name), of.collection) {
            (true, true) => Resource::Entities { of: of.name, via },
            (true, false) => Resource::Entity { of: of.name, via },
            (false, _) => Resource::Value(of),
        }
    }

    /// The type a segment such as `microsoft.graph.user` casts to, if it is one.
    fn cast(&self, of: &str, segment: &str) -> Option<Result<String, String>> {
        if !self.has_type(segment) {
            return None;
        }
        let fits = self.derives(segment, of) || self.derives(of, segment);
        Some(if fits { Ok(segment.to_owned()) } else { Err(format!("{of} cannot be cast to {segment}")) })
    }

    /// The operation a segment calls, if it is one.
    fn call(&self, segment: &str, on: &TypeRef) -> Result<Option<Resource<'_>>, String> {
        let (name, arguments) = split_key(segment);
        let arguments =
            arguments.filter(|arguments| !arguments.is_empty()).map_or(Vec::new(), names_of_pairs);
        let takes = |operation: &&Operation, argument: &String| {
            operation.parameters.iter().any(|parameter| parameter.name == *argument)
        };
        let overloads: Vec<&Operation> = self.operations(name, on).collect();
        let fitting = |operation: &&&Operation| arguments.iter().all(|argument| takes(operation, argument));
        match overloads.iter().find(fitting) {
            Some(operation) => Ok(Some(Resource::Operation(operation))),
            None if overloads.is_empty() => Ok(None),
            None => Err(format!("no `{name}` of {} takes {}", on.name, arguments.join(", "))),
        }
    }

    /// One entity of a collection by what stands in parentheses.
    fn keyed<'s>(&self, from: Resource<'s>, key: &str) -> Result<Resource<'s>, String> {
        let Resource::Entities { of, via } = from else {
            return Err("a singleton takes no key".to_owned());
        };
        if !key.starts_with('\'') {
            for name in names_of_pairs(key) {
                if name != "id" && !self.is_alternate_key(&of, &name) {
                    return Err(format!("`{name}` is no key of {of}"));
                }
            }
        }
        Ok(Resource::Entity { of, via })
    }
}

/// Splits `users(userPrincipalName='x')` into the name and what stands in parentheses.
fn split_key(segment: &str) -> (&str, Option<&str>) {
    let split = segment.split_once('(').and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)));
    split.map_or((segment, None), |(name, key)| (name, Some(key)))
}

/// The names in `a='x',b=@b`.
fn names_of_pairs(text: &str) -> Vec<String> {
    let mut quoted = false;
    let pairs = text.split(|character| {
        quoted ^= character == '\'';
        character == ',' && !quoted
    });
    pairs.map(|pair| pair.split('=').next().unwrap_or(pair).trim().to_owned()).collect()
}
