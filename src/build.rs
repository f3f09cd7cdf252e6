//! Makes cargo notice files that come and go in the folders that are compiled in.

fn main() {
    for folder in ["patterns", "templates", "src/facts/programs"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
