//! Against a server of the test's own that answers as the Hub does.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;

const COMMIT: &str = "0123456789012345678901234567890123456789";
const TOKEN: &str = "hf_very_secret";

fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipeline/testdata/models/bert")
}

/// The request line, and the token.
type Request = (String, Option<String>);

/// A hub with the repository `owner/name`; small files are sent at once, the weights from elsewhere, as the Hub does.
struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, own) = (Arc::clone(&seen), address.clone());
        // Ends with the test's process.
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (log, own) = (Arc::clone(&log), own.clone());
                thread::spawn(move || answer(connection, &own, &log));
            }
        });
        Self { address, seen }
    }
}

fn answer(connection: TcpStream, own: &str, log: &Mutex<Vec<Request>>) {
    let reader = BufReader::new(connection.try_clone().unwrap());
    let mut writer = connection;
    let mut head = Vec::new();
    for line in reader.lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let Some(request) = head.first() else { return };
    let header = |name: &str| {
        head.iter().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    };
    log.lock()
        .unwrap()
        .push((request.clone(), header("authorization")));
    let path = request.split(' ').nth(1).unwrap();
    let name = path.rsplit('/').next().unwrap();
    let file = std::fs::read(model().join(name)).ok();
    let (status, headers, body) = match file {
        Some(_) if path.starts_with("/owner/name/resolve/main/") && name == "model.safetensors" => {
            (
                "302 Found",
                format!("Location: {own}/elsewhere/{name}\r\nX-Linked-Etag: \"etag-{name}\"\r\n"),
                Vec::new(),
            )
        }
        Some(bytes)
            if path.starts_with("/owner/name/resolve/main/") || path.starts_with("/elsewhere/") =>
        {
            let range = header("range").unwrap();
            let (from, to) = range
                .trim_start_matches("bytes=")
                .split_once('-')
                .map(|(from, to)| (from.parse::<usize>().unwrap(), to.parse().ok()))
                .unwrap();
            let to = to.unwrap_or(bytes.len() - 1);
            (
                "206 Partial Content",
                format!(
                    "ETag: \"etag-{name}\"\r\nContent-Range: bytes {from}-{to}/{}\r\n",
                    bytes.len()
                ),
                bytes[from..=to].to_vec(),
            )
        }
        Some(_) | None if path.starts_with("/private/") => {
            ("401 Unauthorized", String::new(), Vec::new())
        }
        Some(_) | None => ("404 Not Found", String::new(), Vec::new()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\nX-Repo-Commit: {COMMIT}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    // The client may hang up once it has what it wanted.
    drop(
        writer
            .write_all(head.as_bytes())
            .and_then(|()| writer.write_all(&body)),
    );
}

fn hub(variables: &[(&str, &str)]) -> Result<Hub> {
    let variables: HashMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Hub::new(|name| variables.get(name).cloned())
}

fn told(result: Result<Files>) -> String {
    let told = format!("{:#}", result.unwrap_err());
    assert!(!told.contains(TOKEN), "{told}");
    told
}

#[test]
fn a_repository_is_fetched_once_and_read_from_the_cache_afterwards() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().to_str().unwrap();
    let variables = [
        ("HF_HOME", home),
        ("HF_ENDPOINT", &format!("{}/", server.address)),
        ("HF_TOKEN", TOKEN),
    ];
    let files = hub(&variables).unwrap().files("owner/name", None).unwrap();
    let wanted = Files::read(&model()).unwrap();
    assert_eq!(files.config, wanted.config);
    assert_eq!(files.tokenizer, wanted.tokenizer);
    assert_eq!(files.weights, wanted.weights);
    let seen = server.seen.lock().unwrap().clone();
    let bearer = Some(format!("Bearer {TOKEN}"));
    assert!(seen.iter().any(|(line, _)| line.contains("/elsewhere/")));
    let at_the_hub = seen.iter().filter(|(line, _)| line.contains("/resolve/"));
    assert!(
        at_the_hub.clone().count() >= 3 && at_the_hub.clone().all(|(_, token)| *token == bearer)
    );

    // By branch and by commit, offline or not: nobody is asked again.
    for (offline, revision) in [
        ("0", None),
        ("1", None),
        ("1", Some("main")),
        ("1", Some(COMMIT)),
    ] {
        let variables = [
            ("HF_HOME", home),
            ("HF_HUB_OFFLINE", offline),
            ("HF_ENDPOINT", &server.address),
        ];
        let again = hub(&variables).unwrap().files("owner/name", revision);
        assert_eq!(again.unwrap().weights, wanted.weights);
    }
    assert_eq!(server.seen.lock().unwrap().len(), seen.len());
}

#[test]
fn offline_a_missing_file_is_told_and_nobody_is_asked() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("HF_HUB_CACHE", folder.path().to_str().unwrap()),
        ("HF_HUB_OFFLINE", "TRUE"),
        ("HF_ENDPOINT", &server.address),
        ("HF_TOKEN", TOKEN),
    ];
    let told = told(hub(&variables).unwrap().files("owner/name", None));
    assert!(
        told.contains("config.json of owner/name at main is not in"),
        "{told}"
    );
    assert!(told.contains("HF_HUB_OFFLINE"), "{told}");
    assert!(server.seen.lock().unwrap().is_empty());
}

#[test]
fn what_the_hub_refuses_is_told_with_what_may_help() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("HF_HUB_CACHE", folder.path().to_str().unwrap()),
        ("HF_ENDPOINT", &server.address),
        ("HF_TOKEN", TOKEN),
    ];
    let hub = hub(&variables).unwrap();
    let missing = told(hub.files("owner/other", Some("v1")));
    assert!(
        missing
            .contains("cannot fetch config.json of owner/other at v1; there is no such repository"),
        "{missing}"
    );
    let private = told(hub.files("private/name", None));
    assert!(private.contains("HF_TOKEN"), "{private}");
}

#[test]
fn a_hub_that_does_not_answer_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("HF_HUB_CACHE", folder.path().to_str().unwrap()),
        // Nobody listens at a port that was just given back.
        (
            "HF_ENDPOINT",
            &format!(
                "http://{}",
                TcpListener::bind("127.0.0.1:0")
                    .unwrap()
                    .local_addr()
                    .unwrap()
            ),
        ),
    ];
    let told = told(hub(&variables).unwrap().files("owner/name", None));
    assert!(
        told.contains("cannot fetch config.json of owner/name"),
        "{told}"
    );
}

#[test]
fn the_cache_is_where_the_hubs_own_tools_have_it() {
    let cache = |variables: &[(&str, &str)]| hub(variables).map(|hub| hub.cache);
    let all = [
        ("HF_HUB_CACHE", "/a"),
        ("HF_HOME", "/b"),
        ("XDG_CACHE_HOME", "/c"),
        ("HOME", "/d"),
    ];
    let wanted = [
        "/a",
        "/b/hub",
        "/c/huggingface/hub",
        "/d/.cache/huggingface/hub",
    ];
    for (skip, wanted) in wanted.iter().enumerate() {
        assert_eq!(cache(&all[skip..]).unwrap(), Path::new(wanted));
    }
    assert!(cache(&[("HF_HOME", "")]).is_err());
}

#[test]
fn a_token_is_read_from_the_variable_or_else_from_the_home_of_the_hub() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("token"), "written\n").unwrap();
    let home = ("HF_HOME", folder.path().to_str().unwrap());
    let cache = ("HF_HUB_CACHE", "/elsewhere");
    let token = |variables: &[(&str, &str)]| hub(variables).unwrap().token;
    assert_eq!(token(&[home, cache]).as_deref(), Some("written"));
    assert_eq!(token(&[home, ("HF_TOKEN", TOKEN)]).as_deref(), Some(TOKEN));
    assert_eq!(token(&[cache]), None);
}
