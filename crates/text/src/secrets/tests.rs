mod spellings;

use super::*;
use spellings::{NONE, SPELLINGS};

fn hidden(text: &str) -> Vec<&str> {
    let mut found = in_value(text);
    found.sort_unstable_by_key(|range| (range.start, range.end));
    found.dedup();
    found.into_iter().map(|range| &text[range]).collect()
}

#[test]
fn secrets_show_themselves_by_their_form() {
    let text = "url: postgres://u:hunter2@db/x and http://a:80/b@c, -H 'Authorization: Bearer abc' amqp://u:$(P)@h \
                mongodb://u:p@ss@h1,h2 authorization: {a: b} \"authorization\": \"Basic eDp5\" git://u@h:1";
    let mut found = by_form(text);
    found.sort_unstable_by_key(|range| range.start);
    found.dedup();
    assert_eq!(found.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["hunter2", "abc", "p@ss", "eDp5"]);
}

#[test]
fn each_spelling_has_its_secret_found() {
    for (text, secrets) in SPELLINGS.iter().copied() {
        let found = hidden(text);
        assert!(secrets.iter().all(|secret| found.iter().any(|found| found.contains(secret))), "{text}: {found:?}");
        assert!(!masked(text).contains("MARK"), "{text}: {}", masked(text));
    }
}

#[test]
fn what_is_no_secret_is_left() {
    let wrong: Vec<_> = NONE.iter().map(|text| (*text, hidden(text))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn words_end_at_each_sign_that_ends_one() {
    for byte in 0..=u8::MAX {
        assert_eq!(ENDS[usize::from(byte)], b" \n\t\r\"';|&`()".contains(&byte), "{byte}");
    }
    let of = |text: &str| {
        let mut found = Vec::new();
        of_words(text, &mut Words::default(), &mut found);
        found.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>()
    };
    for end in [" ", "\n", "\t", "\r", "\"", "'", ";", "|", "&", "`", "(", ")"] {
        assert_eq!(of(&format!("a{end}--password=MARK9x{end}b")), ["MARK9x"], "{end:?}");
    }
}

#[test]
fn names_are_told_from_what_programs_make() {
    for name in ["shop-db", "registry2", "regcred", "app", "shop-db-2024", "My", "GIT", "v2", "db1-eu"] {
        assert!(reads_as_name(name), "{name}");
    }
    for text in ["hunter2x", "MARK9x", "a1b2c3", "p@ss", "", "QmFzZQ==", "4f9c2e", "xK9"] {
        assert!(!reads_as_name(text), "{text}");
    }
}

#[test]
fn texts_are_masked_once_where_secrets_overlap() {
    assert_eq!(masked("a://u:hunter2@h"), "a://u:…@h");
    assert_eq!(replaced("abcdef", vec![2..4, 1..3]), "a…ef");
    assert_eq!(masked("plain"), "plain");
}

#[test]
fn long_texts_take_time_in_proportion() {
    let pieces = [
        "a@",
        "a:b@c ",
        "x=",
        "\"name\":",
        "://",
        "token: ",
        "-----BEGIN ",
        "value=a,",
        "\\\"",
        "token:\n ",
        "token: |\n  ",
        "name: |\n  ",
        "token=\\\n",
        "token='''",
        "token=''a",
        "IDENTIFIED BY '",
        "PASSWORD(''a",
        "PASSWORD FOR ",
        "user password '",
        "machine a ",
        "machine login password ",
        "a:1:b:c:",
        ":*",
        "$6$a",
        "{SHA}",
        "--password=\"a",
        "-\"",
        "-\\\"",
        "--token \\\n",
        "user a on >",
        "user ",
        "printf '",
        "printf 'token=%s' a ",
        "printf ",
        "token := `",
        "'token'] = '",
        "token => '",
        "PASSWORD $$a ",
        "htpasswd -b ",
        "N'token=",
    ];
    for piece in pieces {
        let text = piece.repeat(200_000 / piece.len());
        let start = std::time::Instant::now();
        let _ = in_value(&text);
        // a tenth of a second on an idle machine; squares of these lengths take many minutes
        assert!(start.elapsed().as_secs() < 60, "{piece}: {:?}", start.elapsed());
    }
}
