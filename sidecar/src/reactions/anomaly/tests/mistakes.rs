use crate::config::Reactions;

#[test]
fn every_mistake_is_reported_at_once() {
    let problems = Reactions::compile(
        r#"
        [anomaly.a]
        announce = "anomaly.detected"
        record = "anomalies"
        look_round = "10ms"

        [[anomaly.a.watches]]
        name = "Odd one"
        kind = "spike"
        collection = "feedback"
        time = "date_created"
        of = {}
        events = ["a.b", "a.b"]
        window = "1500ms"
        season = "1h"
        history = 2
        calm = 0
        late = "2days"
        minimum = 0
        ratio = 0.5
        factor = -1

        [[anomaly.a.watches]]
        name = "far"
        kind = "dip"
        collection = "feedback"
        time = "date_created"
        window = "7days"
        history = 60
        minimum = 1
        ratio = 1
        factor = 1

        [[anomaly.a.watches]]
        name = "far"
        kind = "dip"
        collection = "feedback"
        time = "date_created"
        window = "15m"
        season = "1day"
        history = 300
        calm = 48
        minimum = 1
        ratio = 1
        factor = 1

        [[anomaly.a.watches]]
        name = "uneven"
        kind = "dip"
        collection = "feedback"
        time = "date_created"
        window = "15m"
        season = "1h 5m"
        history = 8
        minimum = 1
        ratio = 1
        factor = 1
        "#,
    )
    .unwrap_err();

    insta::assert_snapshot!(problems.join("\n"), @r"
    anomaly.a: look_round: a second is the least
    anomaly.a: watches: Odd one: name: is made of a-z, 0-9 and _
    anomaly.a: watches: Odd one: events: each is a number by itself, and no share: leave `of` out
    anomaly.a: watches: Odd one: events: each once, 50 at most
    anomaly.a: watches: Odd one: window: whole seconds, 1 s to 7 days
    anomaly.a: watches: Odd one: late: a day at most
    anomaly.a: watches: Odd one: history: 4 to 400 windows
    anomaly.a: watches: Odd one: calm: 1 to 48 windows
    anomaly.a: watches: Odd one: minimum: 1 at least
    anomaly.a: watches: Odd one: ratio: 1 at least
    anomaly.a: watches: Odd one: factor: more than 0
    anomaly.a: watches: far: history: reaches back 400 days at most
    anomaly.a: watches: far: there is another of this name
    anomaly.a: watches: far: history: to begin with, 28896 windows would be counted; 5000 at most
    anomaly.a: watches: uneven: season: is no multiple of the window
    ");
}
