use super::{Setting, entry, without};

const SECRET: &str = "hunter22-é\"q";

#[test]
fn a_secret_is_not_listed() {
    let key = "store.password";
    let setting = Setting::file(&format!("store:\n  password: '{SECRET}'\n"));
    assert_eq!(
        entry(&setting, key),
        "store.password: \"***\"  # scutch.yaml:2"
    );
    assert!(!format!("{:?}", setting.loaded().values).contains("hunter"));
    let setting = Setting::file("store: {url: 'postgres://me:hunter22@db/news'}");
    assert_eq!(
        entry(&setting, "store.url"),
        "store.url: \"***\"  # scutch.yaml:1"
    );
    let setting =
        Setting::file("store: {url: \"at ${DB_PASSWORD}\"}").and_variable("DB_PASSWORD", "x");
    assert_eq!(
        entry(&setting, "store.url"),
        "store.url: \"***\"  # scutch.yaml:1"
    );
    let setting = Setting::file("sinks:\n- {name: hub, api_key: hunter22}\n");
    assert_eq!(
        entry(&setting, "sinks"),
        "sinks: [{\"name\":\"hub\",\"api_key\":\"***\"}]  # scutch.yaml:1"
    );
    let setting = Setting::new()
        .and_file("url", "anything")
        .and_path_variable("SCUTCH__STORE__URL_FILE", "url");
    assert_eq!(
        entry(&setting, "store.url"),
        "store.url: \"***\"  # environment SCUTCH__STORE__URL_FILE (url)"
    );
}

#[test]
fn a_missing_secret_is_seen_to_be_missing() {
    assert_eq!(
        entry(&Setting::new(), "store.password"),
        "store.password: null  # default"
    );
}

#[test]
fn no_refusal_tells_a_secret() {
    let setting = Setting::file("store: {password: abc}");
    assert_eq!(
        setting.refused(),
        "the configuration has a mistake:\n  \
         scutch.yaml:1:19: store.password: the value is not accepted; it is secret and not shown"
    );
    let texts = [
        "store: {password: [hunter22]}",
        "store: {password: {a: hunter22}}",
        "store: {passwort: hunter22}",
        "store: {password: {hunter22: 1, hunter22: 2, &a hunter22: 3}}",
        "store: {password: \"a${hunter22}b\"}",
        "store: {password: \"${hunter22 }\"}",
        "store: {password: hunter22, password: hunter22}",
        "store: {password: hunter22: x}",
        "store: {password: \"hunter22}",
        "store: {password: !x hunter22}",
        "store: {password: &hunter hunter22}",
        "process: {threads: 'amqp://me:hunter22@queue'}",
        "cleaning: {mode: 'amqp://me:hunter22@queue'}",
        "cleaning: {enabled: \"x${API_TOKEN}\"}",
        "cleaning: {mode: \"${API_TOKEN}\"}",
        "sinks: [{name: a, api_key: hunter22, retries: many}]",
        "sinks: [{name: a, api_key: [hunter22]}]",
        "sinks: [{nam: a, api_key: hunter22}]",
        "sinks: [{name: a, api_key: hunter22, retries: {token: hunter22}}]",
    ];
    for text in texts {
        let refused = Setting::file(text)
            .and_variable("API_TOKEN", "hunter22")
            .refused();
        assert!(!refused.contains("hunter22"), "{refused}");
    }
    for (name, value) in [
        ("SCUTCH__STORE__PASSWORD__A", "hunter22"),
        ("SCUTCH__STORE__PASWORD", "hunter22"),
        ("SCUTCH__STORE__PASWORD_FILE", "hunter22"),
        (
            "SCUTCH__SINKS",
            "hunter22:x@http://,postgres://a:hunter22@b",
        ),
        ("SCUTCH__PROCESS__THREADS", "postgres://a:hunter22@b"),
    ] {
        let refused = Setting::new().and_variable(name, value).refused();
        let told = refused.contains("postgres") || refused.contains("hunter22@");
        assert!(!told, "{refused}");
    }
    let refused = Setting::new()
        .and_file("threads", "hunter22")
        .and_path_variable("SCUTCH__PROCESS__THREADS_FILE", "threads")
        .refused();
    assert!(!refused.contains("hunter22"), "{refused}");
}

#[test]
fn a_check_of_the_caller_cannot_tell_a_secret() {
    let setting = Setting::file("store: {password: hunter22}");
    let refusal = setting
        .loaded()
        .refuse("store.password", "`hunter22` is weak", "a longer one");
    assert_eq!(
        without(setting.directory.path(), &refusal.to_string()),
        "scutch.yaml:1:19: store.password: the value *** is refused; a longer one"
    );
}

#[test]
fn a_number_may_be_a_secret() {
    let setting = Setting::file("store: {password: 123456}");
    assert_eq!(
        setting.refused(),
        "the configuration has a mistake:\n  scutch.yaml:1:19: store.password: \
         expected a string, found the integer ***; put it in quotes"
    );
}
