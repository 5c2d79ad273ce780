//! A tree as text again: the canonical spelling, in which every operator has its hyphen and every text double quotes.

use std::fmt::{self, Write as _};

use super::property::Property;
use super::statics::full_name;
use super::tree::{Comparison, Expression, Located, Moment, Node, Quantifier, Subject, Value};

impl fmt::Display for Node {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => joined(parts, " -and ", out),
            Self::Or(parts) => joined(parts, " -or ", out),
            Self::Not(part) => write!(out, "-not ({})", part.value),
            Self::Quantified { collection, quantifier, body } => {
                let word = if *quantifier == Quantifier::Any { "-any" } else { "-all" };
                write!(out, "{} {word} ({})", full_name(&collection.value), body.value)
            }
            Self::Comparison(comparison) => comparison.fmt(out),
            Self::DirectReports(manager) => {
                out.write_str("Direct Reports for ")?;
                quoted(manager, out)
            }
        }
    }
}

fn joined(parts: &[Expression], word: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        out.write_str(if index == 0 { "" } else { word })?;
        match &part.value {
            Node::And(_) | Node::Or(_) => write!(out, "({})", part.value)?,
            alone => write!(out, "{alone}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.subject.value, self.operator.value.name(), self.value.value)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Property(property) => property.fmt(out),
            Self::Item => out.write_str("_"),
            Self::Plan(field) => write!(out, "assignedPlan.{}", field.name()),
            Self::Group => out.write_str("group.objectId"),
        }
    }
}

impl fmt::Display for Property {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.object.prefix(), self.name)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Boolean(flag) => flag.fmt(out),
            Self::Text(text) => quoted(text, out),
            Self::Number(number) => out.write_str(number),
            Self::Date(moment) => moment.fmt(out),
            Self::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    out.write_str(if index == 0 { "" } else { ", " })?;
                    item.fmt(out)?;
                }
                out.write_str("]")
            }
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base {
            Some(base) => base.fmt(out)?,
            None => out.write_str("system.now")?,
        }
        match self.shift {
            Some(shift) if shift.is_negative() => write!(out, " -minus {}", -shift),
            Some(shift) => write!(out, " -plus {shift}"),
            None => Ok(()),
        }
    }
}

fn quoted(text: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => out.write_str("`\"")?,
            '`' => out.write_str("``")?,
            '\'' => out.write_str("''")?,
            other => out.write_char(other)?,
        }
    }
    out.write_str("\"")
}

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(out)
    }
}
