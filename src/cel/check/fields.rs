//! What is within a value: fields, elements, and messages that are built of fields.

use super::{Checked, Checker};
use crate::cel::CompileError;
use crate::cel::ast::{At, FieldValue, Mode};
use crate::cel::types::Type;
use crate::words::nearest;

impl Checker<'_> {
    /// The objects of patches (`k8s.io/apiserver/pkg/cel/mutation`).
    pub(super) fn message(&mut self, at: At, name: &str, fields: &mut [FieldValue]) -> Checked {
        if name.starts_with("google.") {
            return Err(CompileError::unsupported(at, "messages of protocol buffers are not evaluated"));
        }
        let is_object = name == "Object" || name.starts_with("Object.");
        if !self.scope.has_patches || !is_object && name != "JSONPatch" {
            let hint = if self.scope.has_patches {
                "; there are Object, Object.<field>, and JSONPatch"
            } else if is_object || name == "JSONPatch" {
                ": only the mutations of a MutatingAdmissionPolicy know it"
            } else {
                ""
            };
            return Err(CompileError::new(at, format!("unknown type `{name}`{hint}")));
        }
        for field in fields {
            let mut found = self.expr(&mut field.value)?;
            let at = field.value.at;
            if field.optional {
                found = self.unwrap_optional(at, &found)?;
            }
            let wanted = match field.name.as_str() {
                _ if is_object => Type::Dyn,
                "op" | "path" | "from" => Type::String,
                "value" => Type::Dyn,
                other => {
                    let message = format!("JSONPatch has no field `{other}`, only op, path, from and value");
                    return Err(CompileError::new(at, message));
                }
            };
            if !self.bindings.assign(&wanted, &found) {
                let found = self.resolve(&found);
                return Err(CompileError::new(at, format!("`{}` is {wanted}, but this is {found}", field.name)));
            }
        }
        Ok(Type::Message(name.into()))
    }

    pub(super) fn unwrap_optional(&mut self, at: At, of: &Type) -> Checked {
        match self.resolve(of) {
            Type::Optional(inner) => Ok((*inner).clone()),
            Type::Dyn => Ok(Type::Dyn),
            other => Err(CompileError::new(at, format!("an optional value must follow `?`, but this is {other}"))),
        }
    }

    pub(super) fn select(&mut self, at: At, of: &Type, field: &mut String, mode: Mode) -> Checked {
        let (of, was_optional) = match self.resolve(of) {
            Type::Optional(inner) => (self.resolve(&inner), true),
            other => (other, false),
        };
        let found = match &of {
            Type::Map(_, value) => (**value).clone(),
            Type::Dyn | Type::Var(_) => Type::Dyn,
            Type::Object(fields) => match fields.get(field) {
                Some(known) => {
                    if self.facts.is_some() && *field != *known.name {
                        self.written = Some(field.clone());
                    }
                    (*known.name).clone_into(field);
                    known.of.clone()
                }
                None => {
                    let hint = nearest(field, fields.names())
                        .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                    return Err(CompileError::new(at, format!("{of} has no field `{field}`{hint}")));
                }
            },
            Type::Message(name) => match field.as_str() {
                "op" | "path" | "from" if &**name == "JSONPatch" => Type::String,
                _ => Type::Dyn,
            },
            _ => return Err(CompileError::new(at, format!("{of} has no fields, so it has no `{field}`"))),
        };
        Ok(match mode {
            Mode::Test => Type::Bool,
            Mode::Optional => Type::optional(found),
            Mode::Plain if was_optional => Type::optional(found),
            Mode::Plain => found,
        })
    }

    pub(super) fn index(&mut self, at: At, of: &Type, index: &Type, optional: bool) -> Checked {
        let (of, was_optional) = match self.resolve(of) {
            Type::Optional(inner) => (self.resolve(&inner), true),
            other => (other, false),
        };
        let (key, value) = match &of {
            Type::List(element) => (Type::Int, (**element).clone()),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Var(_) => (Type::Dyn, Type::Dyn),
            _ => {
                return Err(CompileError::new(
                    at,
                    format!("{of} is neither a list nor a map, so it cannot be indexed"),
                ));
            }
        };
        if !self.bindings.assign(&key, index) {
            let index = self.resolve(index);
            return Err(CompileError::new(at, format!("{of} is indexed by {key}, but this is {index}")));
        }
        Ok(if optional || was_optional { Type::optional(value) } else { value })
    }
}
