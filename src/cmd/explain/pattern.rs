//! `patterns explain <pattern>` and `--images`.

use std::io;

use crate::pattern::{self, Catalogue, Folder};

/// The pattern's page, or its folder.
pub fn page(catalogue: &Catalogue, folder: &Folder, source: bool) -> io::Result<String> {
    if source {
        return Ok(pattern::source(folder));
    }
    let definition = folder.definition().map_err(io::Error::other)?;
    Ok(pattern::page(catalogue, folder, definition))
}

/// The image table: role, image, user and where the tag was seen.
pub fn images(catalogue: &Catalogue) -> String {
    pattern::image_table(catalogue.images())
}
