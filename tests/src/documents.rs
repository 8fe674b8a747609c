//! The documents of a job as each backend has them.

use std::path::PathBuf;

use serde_json::Value;
use shared::job::Backend;
use tokio_postgres::NoTls;

use crate::elasticsearch::search;
use crate::python::python;
use crate::scutch::text;
use crate::stack::Stack;

/// What a backend has of a job.
#[track_caller]
pub fn documents_in(stack: &Stack, job: &Value, backend: Backend) -> Vec<Value> {
    let id = text(job, "job_id");
    match backend {
        Backend::Jsonl => lines_of(stack, id),
        Backend::Parquet => parquet_files(stack, id)
            .iter()
            .flat_map(|path| parquet(path)["rows"].as_array().unwrap().clone())
            .collect(),
        Backend::Postgresql => rows_of(stack.rows_url(), id),
        Backend::Elasticsearch => {
            let url = stack.setting("output.elasticsearch.url").unwrap();
            let index = stack.setting("output.elasticsearch.index");
            search(url, index.unwrap_or("news_articles"), id)
        }
    }
}

/// The lines of a job's files of JSON.
pub fn lines_of(stack: &Stack, id: &str) -> Vec<Value> {
    let mut lines: Vec<Value> = Vec::new();
    for path in files(stack) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let bytes = match name {
            _ if name.ends_with(".jsonl") => std::fs::read(&path).unwrap(),
            _ if name.ends_with(".jsonl.zst") => {
                zstd::decode_all(std::fs::File::open(&path).unwrap()).unwrap()
            }
            _ => continue,
        };
        let text = String::from_utf8(bytes).unwrap();
        lines.extend(
            text.lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap()),
        );
    }
    lines.retain(|line| line["job_id"] == id);
    lines
}

/// The files of the folder of outputs, but for what is hidden.
fn files(stack: &Stack) -> Vec<PathBuf> {
    let Ok(folder) = std::fs::read_dir(stack.output()) else {
        return Vec::new();
    };
    let paths = folder.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.is_file()).collect()
}

/// The Parquet files of a job.
pub fn parquet_files(stack: &Stack, id: &str) -> Vec<PathBuf> {
    let mut files = files(stack);
    files.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".parquet") && name.contains(id)
    });
    files
}

/// A Parquet file as another reader has it: its columns with their types, and its rows.
#[track_caller]
pub fn parquet(path: &std::path::Path) -> Value {
    serde_json::from_str(&python("read_parquet.py", &[path.to_str().unwrap()])).unwrap()
}

/// The rows of a job; none where there is no table yet.
fn rows_of(url: &str, id: &str) -> Vec<Value> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let table = "SELECT to_regclass('processed_articles') IS NOT NULL";
        if !client
            .query_one(table, &[])
            .await
            .unwrap()
            .get::<_, bool>(0)
        {
            return Vec::new();
        }
        let statement =
            "SELECT to_jsonb(a) - 'epoch' FROM processed_articles a WHERE job_id = $1::text::uuid";
        let rows = client.query(statement, &[&id]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    })
}
