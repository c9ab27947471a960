mod producers;

use super::*;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/config"))
}

fn load(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let required = [("SIDECAR__DIRECTUS__TOKEN", "token"), ("SIDECAR__OUTBOUND__SECRETS", SECRET)];
    let variables = required.iter().chain(variables);
    let variables =
        variables.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load_with(shipped(), variables)
}

#[test]
fn the_shipped_configuration_needs_only_its_secrets() {
    let config = load(&[]).unwrap();

    assert_eq!(config.settings.outbound.bus, "event-bridge");
    assert_eq!(config.settings.outbound.secrets().len(), 1);
}

#[test]
fn every_setting_can_be_overridden_by_the_environment() {
    let defaults: toml::Table = toml::from_str(DEFAULTS).unwrap();
    for (section, settings) in &defaults {
        for (key, default) in settings.as_table().unwrap() {
            let variable = format!("SIDECAR__{section}__{key}").to_uppercase();

            let error = load(&[(&variable, "\u{0}")]);

            // Free text takes anything; everything else says that this is not it.
            let is_text = ["bus", "source", "level", "folder", "token", "admin_token"]
                .contains(&key.as_str());
            let named = error.is_err_and(|error| error.to_string().contains(key.as_str()));
            assert!(is_text || named, "{variable} does not override {default}");
        }
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let error = load(&[
        ("SIDECAR__INBOUND__RECEIVES_MAX", "zero"),
        ("SIDECAR__INBOUND__VISIBILITY", "13h"),
        ("SIDECAR__INBOUND__DEAD_LETTER_RETENTION", "1d"),
        ("SIDECAR__OUTBOUND__SECRETS", "hunter2"),
        ("SIDECAR__DIRECTUS__URL", "ftp://directus"),
        ("SIDECAR__DIRECTUS__EFFECTS_MAX", "1000"),
        ("SIDECAR__SERVER__PORT", "80"),
    ])
    .unwrap_err();

    let mut problems = error.problems;
    problems.sort();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    sidecar.toml: directus.effects_max: the endpoint takes at most 100
    sidecar.toml: directus.url: is no http or https address
    sidecar.toml: inbound.dead_letter_retention: is not between 4days and 14days
    sidecar.toml: inbound.receives_max: invalid type: string "zero", expected an integer for key `inbound.receives_max` in the environment
    sidecar.toml: inbound.visibility: is not between 2s and 12h
    sidecar.toml: outbound.secrets: secret 1: a secret starts with `whsec_`
    sidecar.toml: server.port: there is no such setting
    "#);
}

#[test]
fn a_secret_can_come_from_a_file_and_a_list_from_the_environment() {
    let folder = std::env::temp_dir().join(format!("sidecar-{}", uuid::Uuid::now_v7()));
    fs::create_dir(&folder).unwrap();
    let file = folder.join("secrets");
    fs::write(&file, format!("{SECRET}, {SECRET}\n")).unwrap();

    let config = load(&[
        ("SIDECAR__OUTBOUND__SECRETS_FILE", file.to_str().unwrap()),
        ("SIDECAR__INBOUND__REDELIVERY_DELAYS", "1s, 2s"),
    ]);

    fs::remove_dir_all(&folder).unwrap();
    let settings = config.unwrap().settings;
    assert_eq!(settings.outbound.secrets().len(), 2);
    assert_eq!(settings.inbound.redelivery_delays.len(), 2);
}

#[test]
fn a_mapping_to_a_version_without_a_contract_is_a_mistake() {
    let documents = read_documents(&shipped().join("../../schemas")).unwrap();
    let contracts = Contracts::compile(&documents).unwrap();
    let mappings = Mappings::compile(
        "[[mapping]]\ncollection = 'feedback'\nevent = 'feedback.submitted'\nversion = 9",
    )
    .unwrap();

    assert_eq!(
        mappings.uncontracted(&contracts),
        [
            "mappings.toml:1: mapping 1 (feedback to feedback.submitted): feedback.submitted has contracts, but none of version 9"
        ]
    );
}

const TOKEN: &str = "c2hvcC10b2tlbi1vZi0zMi1jaGFyYWN0";

#[test]
fn a_version_that_breaks_the_promise_of_the_one_before_is_a_mistake() {
    let folder = std::env::temp_dir().join(format!("schemas-{}", uuid::Uuid::now_v7()));
    let schema = |required: &str| {
        let draft = "http://json-schema.org/draft-04/schema#";
        format!(
            r#"{{"$schema": "{draft}", "properties": {{"x": {{}}}}, "required": ["{required}"]}}"#
        )
    };
    fs::create_dir_all(folder.join("order.shipped")).unwrap();
    fs::copy(shipped().join("../../schemas/envelope.json"), folder.join("envelope.json")).unwrap();
    fs::write(folder.join("order.shipped/1.json"), schema("x")).unwrap();
    fs::write(folder.join("order.shipped/2.json"), schema("y")).unwrap();

    let error = load(&[("SIDECAR__CONTRACTS__FOLDER", folder.to_str().unwrap())]);

    fs::remove_dir_all(&folder).unwrap();
    let broken = r#"schemas: order.shipped/2.json: /required: "y" is newly required"#;
    assert_eq!(error.unwrap_err().problems, [broken]);
}

#[test]
fn a_rule_that_breaks_a_contract_is_a_mistake() {
    let documents = read_documents(&shipped().join("../../schemas")).unwrap();
    let mappings = Mappings::compile(
        r#"
        [privacy]
        data.paymentId = "drop"
        [consent]
        events = ["feedback.submitted"]
        decide = "true"
        identity = ["data.feedbackId", "data.userEmail"]
        [[mapping]]
        collection = "feedback"
        event = "ticket.rated"
        privacy = { data.rating = "mask", data.comment = "drop" }
        "#,
    );

    insta::assert_snapshot!(mappings.unwrap().uncontractable(&documents).join("\n"), @r"
    mappings.toml:11: mapping 1 (feedback to ticket.rated): privacy: data.rating: becomes null, which is not taken by ticket.rated/1.json
    mappings.toml:3: privacy: data.paymentId: is dropped, and required by payment.failed/1.json
    mappings.toml:3: privacy: data.paymentId: is dropped, and required by payment.refunded/1.json
    mappings.toml:3: privacy: data.paymentId: is dropped, and required by payment.succeeded/1.json
    mappings.toml:4: consent: identity: data.feedbackId: is dropped, and required by feedback.submitted/1.json
    ");
}

#[test]
fn a_rule_that_pseudonymizes_needs_a_key_that_is_long_enough() {
    let key = "a key of more than 24 bytes";
    let problems = |key: &str| {
        let variables = [("SIDECAR__OUTBOUND__PSEUDONYM_KEY".to_owned(), key.to_owned())].into();
        let mut reader = Reader { folder: shipped(), problems: Vec::new() };
        let settings = reader.settings(variables).unwrap();
        let rules = "[privacy]\ndata.email = 'pseudonymize'";
        reader.problems.retain(|problem| problem.contains("pseudonym_key"));
        reader.keyed(Mappings::compile(rules).unwrap(), &settings);
        reader.problems
    };

    let missing = "sidecar.toml: outbound.pseudonym_key: is not set, and mappings.toml pseudonymizes data.email";
    assert_eq!(problems(""), [missing]);
    assert_eq!(
        problems(&key[..23]),
        ["sidecar.toml: outbound.pseudonym_key: has less than 24 bytes"]
    );
    assert_eq!(problems(key), [""; 0]);
}

#[test]
fn no_secret_is_printed() {
    let config = load(&[
        ("SIDECAR__OUTBOUND__PSEUDONYM_KEY", "a key that nobody prints"),
        ("SIDECAR__PRODUCERS__SHOP__TOKENS", TOKEN),
        ("SIDECAR__PRODUCERS__SHOP__SECRETS", SECRET),
        ("SIDECAR__PRODUCERS__SHOP__EVENTS", "*"),
    ]);
    let config = config.unwrap();

    let printed = format!("{config:?} {:?}", config.settings.members());

    assert!(!printed.contains(TOKEN), "{printed}");
    assert!(!printed.contains(SECRET) && !printed.contains("\"token\""));
    assert!(!printed.contains("nobody prints"));
}

/// The rows of `docs/configuration.md`, made from `sidecar.toml`: a comment speaks for the settings
/// that follow it. What can be there any number of times is shown commented out, without a blank.
fn reference() -> Vec<String> {
    let (mut rows, mut section, mut comment, mut in_comment) = (vec![], "", String::new(), false);
    for line in DEFAULTS.lines() {
        let shown = line.strip_prefix('#').filter(|shown| !shown.is_empty());
        let line = shown.filter(|shown| !shown.starts_with(' ')).unwrap_or(line);
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name;
        } else if let Some(text) = line.strip_prefix("# ") {
            comment = if in_comment { format!("{comment} {text}") } else { text.to_owned() };
        } else if let Some((key, default)) = line.split_once(" = ") {
            let section = section.replace('.', "__");
            let variable = format!("SIDECAR__{section}__{key}").to_uppercase();
            rows.push(format!("| `{key}` | `{variable}` | `{default}` | {comment} |"));
        }
        in_comment = line.starts_with('#');
    }
    rows
}

#[test]
fn the_reference_says_what_sidecar_toml_says() {
    let document = include_str!("../../../docs/configuration.md");
    let (_, settings) = document.split_once("<!-- sidecar settings").unwrap();
    let (settings, _) = settings.split_once("<!-- end -->").unwrap();

    let documented: Vec<_> = settings.lines().filter(|line| line.starts_with("| `")).collect();

    assert_eq!(documented, reference());
}
