use crate::kube::Object;
use crate::rules::{Check, Findings, Rule};
use crate::secrets;

/// A secret that an object holds in plain text.
pub static RULE: Rule = rule!("plaintext_secret.md", Advice, Check::Object(check));

fn check(object: &Object, found: &mut Findings<'_>) {
    // what a Secret holds is in its place there, and what is encrypted is no plain text
    if object.id.kind == "Secret" || object.id.kind == "SealedSecret" || object.is_encrypted {
        return;
    }
    for span in secrets::in_object(object) {
        found
            .at_span(span, "a secret is written here in plain text")
            .because("anyone who can read the object, the repository or a backup of either can read the secret")
            .help("put it into a Secret, and refer to it: `valueFrom.secretKeyRef`, or a mounted file");
    }
}
