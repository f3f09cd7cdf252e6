//! What a program asks of its Pod: a user, folders that it owns, a disk, a token.

use serde::Deserialize;

use super::many::Many;

/// The user that an image becomes that starts as root.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Of repositories with this last word alone.
    #[serde(default)]
    pub image: Option<String>,
    /// Of tags that contain this alone.
    #[serde(default)]
    pub tag: Option<String>,
    /// Its number in the image; absent where it is not known.
    #[serde(default)]
    pub number: Option<u64>,
}

/// A folder that a program has to own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owns {
    /// The variable that names it.
    pub env: String,
    /// Where it is unless told otherwise, the first whose version holds.
    pub folders: Vec<Folder>,
}

/// A folder by the version of the program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// Only before this version.
    #[serde(default)]
    pub before: Option<u32>,
    /// Its path, with the version for `$(version)`.
    pub path: String,
}

impl Folder {
    /// The first of several for an image of this tag; without a version that of the oldest.
    #[must_use]
    pub fn of(folders: &[Self], tag: &str) -> Option<String> {
        let digits: String =
            tag.chars().skip_while(|sign| !sign.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
        let version: u32 = digits.parse().unwrap_or_default();
        let folder = folders.iter().find(|folder| folder.before.is_none_or(|before| version < before))?;
        Some(folder.path.replace("$(version)", &version.to_string()))
    }
}

/// When a program, or the script that starts it, writes beside the files of its image: its whole root has to be writable.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// With one of these arguments or variables; with any if there are none.
    #[serde(default)]
    pub with: Many,
    /// And with none of these.
    #[serde(default)]
    pub unless: Many,
}

/// What a program and its images make of a disk.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Folders for its data that its images declare as volumes, the first whose version holds.
    #[serde(default)]
    pub declares: Vec<Folder>,
    /// Whether it does not run without writing to its folder of data, although its images declare none.
    #[serde(default)]
    pub required: bool,
    /// What may not be in its folder of data.
    #[serde(default)]
    pub refuses: Option<Refused>,
    /// Folders in which some versions of its official image keep nothing, and others do.
    #[serde(default)]
    pub moved: Vec<Moved>,
}

/// A folder that looks like that of the data of an image, and is not in these versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// From this version on; 0 for all, also where the version is not known.
    pub from: u32,
    /// Only before this one.
    #[serde(default)]
    pub before: Option<u32>,
    /// The images, with their owner's name, if they are not Docker's official one.
    #[serde(default)]
    pub images: Many,
    /// Where the data is, with the version for `$(version)`.
    pub folder: String,
    /// Whether the image declares that folder as a volume: what is below it is not on a disk that is mounted above it.
    #[serde(default)]
    pub declared: bool,
    /// Where a volume does not hold it.
    pub wrong: Many,
    /// Where to mount one; without it, the first of `variables` is to name the volume.
    #[serde(default)]
    pub right: Option<String>,
    /// Variables that name another folder.
    #[serde(default)]
    pub variables: Many,
    /// Where its configuration is, if one that is mounted, or a variable that is not seen, may name another folder.
    #[serde(default)]
    pub configured: Many,
    /// What options begin with that do.
    #[serde(default)]
    pub options: Many,
    /// Whether it does not even start then.
    #[serde(default)]
    pub starts_not: bool,
    /// What comes of it, after the name of the container.
    pub what: String,
    /// Why, with its source.
    pub why: String,
}

impl Moved {
    /// Whether it is so of a version.
    #[must_use]
    pub fn holds_for(&self, version: Option<u32>) -> bool {
        let Some(version) = version else { return self.from == 0 && self.before.is_none() };
        version >= self.from && self.before.is_none_or(|before| version < before)
    }

    /// Where a version keeps its data.
    #[must_use]
    pub fn folder_of(&self, version: Option<u32>) -> String {
        version.map_or_else(|| self.folder.clone(), |version| self.folder.replace("$(version)", &version.to_string()))
    }
}

/// Variables of which the script of an official image wants one before it sets up a database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// One of these, or one of these with `_FILE`; the first is the one to recommend.
    pub any: Vec<String>,
    /// From this version on.
    pub from: u32,
    /// Where the script says so.
    pub source: String,
}

/// A name that may not be in a folder.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// The name.
    pub name: String,
    /// The variable that names the folder, or several with commas between them.
    pub env: String,
    /// The folder unless told otherwise.
    #[serde(default)]
    pub absent: Option<String>,
}

/// What replicas of a program have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replicas {
    /// Not known.
    #[default]
    Unknown,
    /// Nothing, unless they are told of each other: each has its own data.
    Apart,
}

/// The token of its Pod's account for the API server, without which a program does nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Options, arguments and variables with which it takes another way to the API server, or needs none.
    #[serde(default)]
    pub unless: Many,
    /// It needs one only where its configuration has something under this key.
    #[serde(default)]
    pub key: Option<String>,
    /// And beside it none of these keys, which name another way.
    #[serde(default)]
    pub without: Many,
}
