//! Metaparticle's dialect: JSON-RPC 2.0 in both directions. A client calls the service by its name with one parameter;
//! the root calls `<service>.scatter` on every leaf with that parameter (brendandburns/metaparticle:
//! metaparticle.js `requestPromise`, metaparticle-util.js `findServiceName`).

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;

/// A call, as far as the root has to understand it.
#[derive(Debug)]
pub struct Call {
    method: String,
    /// None for a notification, which wants no answer.
    pub id: Option<Box<RawValue>>,
    /// The one parameter.
    pub data: Bytes,
}

/// Why a body is not a call: JSON-RPC's code and words for it.
pub type NoCall = (i32, &'static str);

impl Call {
    /// Reads a call. Batches are refused: Metaparticle's clients send none.
    ///
    /// # Errors
    /// The code and message to answer with.
    pub fn read(body: &[u8]) -> Result<Self, NoCall> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            jsonrpc: String,
            method: String,
            #[serde(borrow)]
            params: Option<&'a RawValue>,
            #[serde(borrow)]
            id: Option<&'a RawValue>,
        }
        serde_json::from_slice::<&RawValue>(body).map_err(|_| (-32700, "Parse error"))?;
        let wire: Wire<'_> = serde_json::from_slice(body).map_err(|_| (-32600, "Invalid Request"))?;
        if wire.jsonrpc != "2.0" {
            return Err((-32600, "Invalid Request"));
        }
        let params: Vec<&RawValue> = match wire.params {
            None => Vec::new(),
            Some(params) => {
                serde_json::from_str(params.get()).map_err(|_| (-32602, "Invalid params: one in a list"))?
            }
        };
        let data = match params[..] {
            [] => "null",
            [data] => data.get(),
            _ => return Err((-32602, "Invalid params: exactly one")),
        };
        let data = Bytes::from(data.to_owned());
        Ok(Self { method: wire.method, id: wire.id.map(ToOwned::to_owned), data })
    }

    /// The call of a leaf.
    #[must_use]
    pub fn to_leaf(&self, leaf: usize, part: &[u8]) -> Bytes {
        #[derive(Serialize)]
        struct Wire<'a> {
            jsonrpc: &'a str,
            id: usize,
            method: String,
            params: [&'a RawValue; 1],
        }
        // Every part is JSON already: the parameter, or a piece of it.
        let part = serde_json::from_slice(part).unwrap_or(RawValue::NULL);
        let wire = Wire { jsonrpc: "2.0", id: leaf, method: format!("{}.scatter", self.method), params: [part] };
        Bytes::from(serde_json::to_vec(&wire).unwrap_or_default())
    }

    /// A leaf's result.
    ///
    /// # Errors
    /// What the leaf says instead.
    pub fn result(body: &Bytes) -> Result<Bytes, String> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            #[serde(borrow)]
            result: Option<&'a RawValue>,
            error: Option<serde_json::Value>,
        }
        let wire: Wire<'_> = serde_json::from_slice(body).map_err(|error| format!("answered no JSON-RPC: {error}"))?;
        match (wire.result, wire.error) {
            (Some(result), None) => Ok(body.slice_ref(result.get().as_bytes())),
            (_, Some(error)) => Err(format!("answered the error {}", error["message"])),
            (None, None) => Err("answered neither result nor error".to_owned()),
        }
    }
}

/// An answer with a result.
#[must_use]
pub fn success(id: &RawValue, result: &RawValue) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{},"result":{}}}"#, id.get(), result.get())
}

/// An answer without one.
#[must_use]
pub fn failure(id: Option<&RawValue>, code: i32, message: &str, missing: &[usize]) -> String {
    let mut error = json!({"code": code, "message": message});
    if !missing.is_empty() {
        error["data"] = json!({ "missing": missing });
    }
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#, id.map_or("null", RawValue::get))
}
