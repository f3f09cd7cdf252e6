//! `build-image`: the image without an engine, read back as OCI says it is to be read; and by skopeo and umoci where this
//! machine has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::scratch;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// A program of so much as the script looks at: the header of ELF, for a machine.
fn elf(machine: u16, text: &str) -> PathBuf {
    let mut content = vec![0; 64];
    content[..4].copy_from_slice(b"\x7fELF");
    content[18..20].copy_from_slice(&machine.to_le_bytes());
    content.extend(text.bytes());
    let file = scratch("program");
    std::fs::write(&file, content).unwrap();
    file
}

fn run(args: &[String]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build-image");
    Command::new("python3").arg(script).args(args).output().expect("python3 is needed, as for .ci/run")
}

fn built(args: &[String]) -> (PathBuf, String) {
    let output = scratch("image.tar");
    let done = run(&[args, &["--output".to_owned(), output.display().to_string()]].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    (output, String::from_utf8(done.stdout).unwrap())
}

/// Name, mode and content of each file of a USTAR archive.
fn untar(archive: &[u8]) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut files = BTreeMap::new();
    let mut at = 0;
    let text = |field: &[u8]| String::from_utf8(field.split(|byte| *byte == 0).next().unwrap().to_vec()).unwrap();
    while archive[at] != 0 {
        let header = &archive[at..at + 512];
        let size = usize::from_str_radix(text(&header[124..136]).trim(), 8).unwrap();
        let mode = u32::from_str_radix(text(&header[100..108]).trim(), 8).unwrap();
        assert_eq!(u64::from_str_radix(text(&header[136..148]).trim(), 8), Ok(0), "a time is in it");
        files.insert(text(&header[..100]), (mode, archive[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.div_ceil(512) * 512;
    }
    files
}

struct Layout(BTreeMap<String, (u32, Vec<u8>)>);

impl Layout {
    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.0[name].1).unwrap()
    }

    /// What a descriptor leads to, its size and digest checked.
    fn blob(&self, descriptor: &Value) -> &[u8] {
        let digest = descriptor["digest"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let content = &self.0[&format!("blobs/sha256/{digest}")].1;
        let sum = format!("{:x}", Sha256::digest(content));
        assert_eq!((sum.as_str(), descriptor["size"].as_u64()), (digest, Some(content.len() as u64)));
        content
    }

    fn read(&self, descriptor: &Value) -> Value {
        serde_json::from_slice(self.blob(descriptor)).unwrap()
    }
}

#[test]
fn the_image_is_what_oci_and_docker_read() {
    let (amd64, arm64) = (elf(62, "for amd64"), elf(183, "for arm64"));
    let args =
        [format!("--binary=linux/amd64={}", amd64.display()), format!("--binary=linux/arm64={}", arm64.display())];
    let (file, said) = built(&args);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(std::fs::read(built(&args).0).unwrap(), bytes, "the same programs give the same bytes");
    let layout = Layout(untar(&bytes));
    assert_eq!(layout.json("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}));
    let top = &layout.json("index.json")["manifests"][0];
    assert_eq!(top["annotations"]["io.containerd.image.name"], "localhost/patterns-agent:0.1.0");
    assert!(said.contains(top["digest"].as_str().unwrap()), "{said}");
    let platforms = layout.read(top);
    for (at, (architecture, program)) in [("amd64", &amd64), ("arm64", &arm64)].into_iter().enumerate() {
        let descriptor = &platforms["manifests"][at];
        assert_eq!(descriptor["platform"], json!({"architecture": architecture, "os": "linux"}));
        let manifest = layout.read(descriptor);
        let config = layout.read(&manifest["config"]);
        assert_eq!((&config["architecture"], &config["os"]), (&json!(architecture), &json!("linux")));
        assert_eq!(config["config"]["User"], "10001:10001");
        assert_eq!(config["config"]["Entrypoint"], json!(["/patterns-agent"]));
        // Not compressed, so it is its own diff.
        assert_eq!(config["rootfs"]["diff_ids"], json!([manifest["layers"][0]["digest"]]));
        let layer = untar(layout.blob(&manifest["layers"][0]));
        let expected = BTreeMap::from([("patterns-agent".to_owned(), (0o755, std::fs::read(program).unwrap()))]);
        assert_eq!(layer, expected);
        if at == 0 {
            let legacy = layout.json("manifest.json");
            let file_of =
                |descriptor: &Value| format!("blobs/{}", descriptor["digest"].as_str().unwrap().replace(':', "/"));
            assert_eq!(legacy[0]["Config"], file_of(&manifest["config"]));
            assert_eq!(legacy[0]["Layers"], json!([file_of(&manifest["layers"][0])]));
            assert_eq!(legacy[0]["RepoTags"], json!(["localhost/patterns-agent:0.1.0"]));
        }
    }
    let other = elf(62, "another");
    assert_ne!(
        built(&[format!("--binary=linux/amd64={}", other.display())]).1.split('@').nth(1),
        said.split('@').nth(1)
    );
}

#[test]
fn what_cannot_be_an_image_is_refused() {
    let amd64 = elf(62, "");
    for (args, complaint) in [
        (vec![format!("--binary=linux/arm64={}", amd64.display())], "is not a program for linux/arm64"),
        (vec!["--binary=linux/amd64=/nowhere".to_owned()], "/nowhere: No such file"),
        (vec![format!("--binary=linux/s390x={}", amd64.display())], "with one of linux/amd64, linux/arm64"),
        (
            vec![format!("--binary=linux/amd64={}", amd64.display()), "--reference=Agent".to_owned()],
            "must be like registry",
        ),
    ] {
        let done = run(&args);
        let text = String::from_utf8(done.stderr).unwrap();
        assert!(!done.status.success() && text.contains(complaint) && !text.contains("Traceback"), "{args:?}: {text}");
    }
}

/// Other people's readers.
#[test]
fn skopeo_and_umoci_read_it() {
    let is_there = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let (file, _) = built(&[format!("--binary=linux/amd64={}", elf(62, "for amd64").display())]);
    if is_there("skopeo") {
        for transport in ["oci-archive", "docker-archive"] {
            let to = scratch("copy");
            let arguments = ["--insecure-policy", "copy", "--override-arch=amd64", "--override-os=linux"];
            let from = format!("{transport}:{}", file.display());
            let done = Command::new("skopeo")
                .args(arguments)
                .args([from, format!("oci:{}:x", to.display())])
                .output()
                .unwrap();
            assert!(done.status.success(), "{transport}: {}", String::from_utf8_lossy(&done.stderr));
            if is_there("umoci") {
                let bundle = scratch("bundle");
                let image = format!("{}:x", to.display());
                let done = Command::new("umoci")
                    .args(["raw", "unpack", "--rootless", "--image", &image])
                    .arg(&bundle)
                    .output()
                    .unwrap();
                assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
                assert!(std::fs::read(bundle.join("patterns-agent")).unwrap().ends_with(b"for amd64"));
            }
        }
    } else {
        eprintln!("skipped: no skopeo on this machine");
    }
}
