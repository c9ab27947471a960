use super::*;
use crate::config::{producers, settings::Producer};

#[test]
fn a_producer_can_be_configured_by_the_environment_alone() {
    let config = load(&[
        ("SIDECAR__PRODUCERS__SHOP_WEB__TOKENS", TOKEN),
        ("SIDECAR__PRODUCERS__SHOP_WEB__EVENTS", "cart.*, login.failed"),
    ])
    .unwrap();

    let members = config.settings.members();
    let producer = members.by_token(TOKEN).unwrap().producer();
    assert_eq!((producer.name.as_str(), producer.events.len()), ("shop_web", 2));
}

#[test]
fn the_environment_reaches_a_producer_with_a_dash_in_its_name() {
    let text = "[producers.shop-web]\nevents = ['cart.*']\n[producers.pos]\nevents = ['*']";
    let variables = [
        ("SIDECAR__PRODUCERS__SHOP_WEB__TOKENS", TOKEN),
        ("SIDECAR__PRODUCERS__POS__SECRETS", SECRET),
    ];
    let variables = variables.map(|(key, value)| (key.to_owned(), value.to_owned())).into();

    let (settings, problems) =
        parse_settings(text, &producers::respelled(text, variables)).unwrap();

    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(settings.producers.keys().collect::<Vec<_>>(), ["pos", "shop-web"]);
    assert_eq!(settings.members().by_token(TOKEN).unwrap().producer().name, "shop-web");
}

#[test]
fn a_producers_secrets_can_come_from_files() {
    let folder = std::env::temp_dir().join(format!("sidecar-{}", uuid::Uuid::now_v7()));
    fs::create_dir(&folder).unwrap();
    let file = folder.join("tokens");
    fs::write(&file, format!("{TOKEN}\n")).unwrap();

    let config = load(&[
        ("SIDECAR__PRODUCERS__SHOP__TOKENS_FILE", file.to_str().unwrap()),
        ("SIDECAR__PRODUCERS__SHOP__EVENTS", "*"),
    ]);

    fs::remove_dir_all(&folder).unwrap();
    assert!(config.unwrap().settings.members().by_token(TOKEN).is_some());
}

#[test]
fn every_mistake_in_producers_is_reported_at_once() {
    let error = load(&[
        ("SIDECAR__PRODUCERS__A__EVENTS", "cart"),
        ("SIDECAR__PRODUCERS__B__TOKENS", "hunter2"),
        ("SIDECAR__PRODUCERS__C__SECRETS", "hunter2"),
        ("SIDECAR__PRODUCERS__C__EVENTS", "*"),
        ("SIDECAR__PRODUCERS__C__TYPE_PREFIX", "com.example."),
        ("SIDECAR__PRODUCERS__D__TOKENS", TOKEN),
        ("SIDECAR__PRODUCERS__D__EVENTS", "*"),
        ("SIDECAR__PRODUCERS__D__ALIASES__0", "x"),
        ("SIDECAR__PRODUCERS__D__TOKEN", TOKEN),
        ("SIDECAR__PRODUCERS__9__TOKENS", TOKEN),
        ("SIDECAR__PRODUCERS__9__EVENTS", "*"),
    ])
    .unwrap_err();

    let mut problems = error.problems;
    problems.sort();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    sidecar.toml: producers.a.events[0]: `cart` is no event type, such as `cart.item_added` or `cart.*`
    sidecar.toml: producers.a.tokens: neither tokens nor secrets are set
    sidecar.toml: producers.b.events: length is lower than 1
    sidecar.toml: producers.b.tokens: token 1: a token has at least 32 characters
    sidecar.toml: producers.c.secrets: secret 1: a secret starts with `whsec_`
    sidecar.toml: producers.c.type_prefix: does not match pattern /^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)?$/
    sidecar.toml: producers.d.aliases: is no list of texts for key `producers.d.aliases`
    sidecar.toml: producers.d.token: there is no such setting
    sidecar.toml: producers: the name "9" has lower-case letters, digits, `_` and `-` only, a letter first
    "#);
}

#[test]
fn the_settings_of_a_producer_are_those_that_sidecar_toml_shows() {
    let shown = format!("[producers.shop]\n{}", producers::defaults());

    let (settings, problems) = parse_settings(&shown, &HashMap::new()).unwrap();

    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(format!("{:?}", settings.producers["shop"]), format!("{:?}", Producer::default()));
}
