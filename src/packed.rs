//! Texts that few runs ask for, which are in the program in a fifth of their size.

use std::sync::OnceLock;

/// A text that `src/build.rs` has packed.
pub struct Packed {
    bytes: &'static [u8],
    text: OnceLock<String>,
}

impl Packed {
    /// The text behind these bytes.
    pub const fn new(bytes: &'static [u8]) -> Self {
        Self { bytes, text: OnceLock::new() }
    }

    /// The text, unpacked when it is first asked for.
    pub fn text(&self) -> &str {
        self.text.get_or_init(|| {
            let unpacked = miniz_oxide::inflate::decompress_to_vec(self.bytes).unwrap_or_default();
            String::from_utf8(unpacked).unwrap_or_default()
        })
    }
}

/// A text that `src/build.rs` packs under this name.
macro_rules! packed {
    ($name:literal) => {
        $crate::packed::Packed::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name)))
    };
}
pub(crate) use packed;
