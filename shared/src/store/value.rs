//! Values on their way into and out of either database.

use std::error::Error as StdError;
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use serde_json::Value as Json;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use super::Error;
use crate::job::{Epoch, JobId, WorkerId};

/// A parameter of a statement.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Bytes(Bytes),
    Time(Timestamp),
    Uuid(Uuid),
    Json(Json),
}

macro_rules! from {
    ($($type:ty => |$value:ident| $made:expr),+ $(,)?) => {
        $(impl From<$type> for Value {
            fn from($value: $type) -> Self { $made }
        })+
    };
}

from! {
    i64 => |value| Self::Int(value),
    u64 => |value| Self::Int(i64::try_from(value).unwrap_or(i64::MAX)),
    u32 => |value| Self::Int(value.into()),
    usize => |value| Self::Int(i64::try_from(value).unwrap_or(i64::MAX)),
    bool => |value| Self::Bool(value),
    String => |value| Self::Text(value),
    &str => |value| Self::Text(value.to_owned()),
    Bytes => |value| Self::Bytes(value),
    Timestamp => |value| Self::Time(value),
    Uuid => |value| Self::Uuid(value),
    JobId => |value| Self::Uuid(value.0),
    WorkerId => |value| Self::Uuid(value.0),
    Epoch => |value| Self::Int(value.0),
    Json => |value| Self::Json(value),
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => value.to_sql(ty, out),
            Self::Bool(value) => value.to_sql(ty, out),
            // A NUL can be in no text of PostgreSQL's; in what we keep as text (ids, reasons) it says nothing.
            Self::Text(value) if value.contains('\0') => {
                value.replace('\0', "\u{fffd}").to_sql(ty, out)
            }
            Self::Text(value) => value.to_sql(ty, out),
            Self::Bytes(value) => value.as_ref().to_sql(ty, out),
            Self::Time(value) => system_time(*value).to_sql(ty, out),
            Self::Uuid(value) => value.to_sql(ty, out),
            // PostgreSQL has no NUL in JSON either.
            Self::Json(value) if has_nul(value) => without_nul(value).to_sql(ty, out),
            Self::Json(value) => value.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn has_nul(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => false,
        Json::String(text) => text.contains('\0'),
        Json::Array(items) => items.iter().any(has_nul),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
    }
}

fn without_nul(value: &Json) -> Json {
    let free = |text: &str| text.replace('\0', "\u{fffd}");
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        Json::String(text) => Json::String(free(text)),
        Json::Array(items) => items.iter().map(without_nul).collect(),
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (free(name), without_nul(value)))
            .collect(),
    }
}

fn system_time(time: Timestamp) -> SystemTime {
    let distance = Duration::from_micros(time.as_microsecond().unsigned_abs());
    if time.as_microsecond() < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value as Owned, ValueRef};
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Owned::Null),
            Self::Int(value) => ToSqlOutput::Owned(Owned::Integer(*value)),
            Self::Bool(value) => ToSqlOutput::Owned(Owned::Integer((*value).into())),
            Self::Text(value) => ToSqlOutput::Borrowed(ValueRef::Text(value.as_bytes())),
            Self::Bytes(value) => ToSqlOutput::Borrowed(ValueRef::Blob(value)),
            Self::Time(value) => ToSqlOutput::Owned(Owned::Integer(value.as_microsecond())),
            Self::Uuid(value) => ToSqlOutput::Owned(Owned::Text(value.to_string())),
            Self::Json(value) => ToSqlOutput::Owned(Owned::Text(value.to_string())),
        })
    }
}

/// A row of an answer.
pub(super) enum Row {
    Postgres(tokio_postgres::Row),
    Sqlite(Vec<rusqlite::types::Value>),
}

impl Row {
    /// The value of a column.
    pub(super) fn get<T: Column>(&self, column: usize) -> Result<T, Error> {
        let value = match self {
            Self::Postgres(row) => T::from_postgres(row, column),
            Self::Sqlite(row) => match row.get(column) {
                Some(value) => T::from_sqlite(value),
                None => Err("no such column".into()),
            },
        };
        value.map_err(|source| Error::Value { column, source })
    }

    /// The value of a column that holds one word of an enum, or anything else that is parsed from text.
    pub(super) fn parsed<T>(&self, column: usize) -> Result<T, Error>
    where
        T: std::str::FromStr,
        T::Err: StdError + Send + Sync + 'static,
    {
        let text: String = self.get(column)?;
        text.parse().map_err(|source| Error::Value {
            column,
            source: Box::new(source),
        })
    }
}

type Got<T> = Result<T, Box<dyn StdError + Send + Sync>>;

/// What a column can be read as.
pub(super) trait Column: Sized {
    fn from_postgres(row: &tokio_postgres::Row, column: usize) -> Got<Self>;
    fn from_sqlite(value: &rusqlite::types::Value) -> Got<Self>;
}

fn unexpected<T>(value: &rusqlite::types::Value) -> Got<T> {
    Err(format!("unexpected {}", value.data_type()).into())
}

macro_rules! columns {
    ($($type:ty: $sql:ty, |$value:ident| $from_postgres:expr, $pattern:pat => $from_sqlite:expr);+ $(;)?) => {
        $(impl Column for $type {
            fn from_postgres(row: &tokio_postgres::Row, column: usize) -> Got<Self> {
                let $value: $sql = row.try_get(column)?;
                $from_postgres
            }

            fn from_sqlite(value: &rusqlite::types::Value) -> Got<Self> {
                match value {
                    $pattern => $from_sqlite,
                    other => unexpected(other),
                }
            }
        })+
    };
}

use rusqlite::types::Value as S;

columns! {
    i64: i64, |value| Ok(value), S::Integer(value) => Ok(*value);
    u64: i64, |value| Ok(u64::try_from(value)?), S::Integer(value) => Ok(u64::try_from(*value)?);
    u32: i64, |value| Ok(u32::try_from(value)?), S::Integer(value) => Ok(u32::try_from(*value)?);
    bool: bool, |value| Ok(value), S::Integer(value) => Ok(*value != 0);
    String: String, |value| Ok(value), S::Text(value) => Ok(value.clone());
    Bytes: Vec<u8>, |value| Ok(value.into()), S::Blob(value) => Ok(Bytes::copy_from_slice(value));
    Timestamp: SystemTime, |value| Ok(Timestamp::try_from(value)?), S::Integer(value) => Ok(Timestamp::from_microsecond(*value)?);
    Uuid: Uuid, |value| Ok(value), S::Text(value) => Ok(value.parse()?);
    JobId: Uuid, |value| Ok(Self(value)), S::Text(value) => Ok(Self(value.parse()?));
    WorkerId: Uuid, |value| Ok(Self(value)), S::Text(value) => Ok(Self(value.parse()?));
    Json: Json, |value| Ok(value), S::Text(value) => Ok(serde_json::from_str(value)?);
}

impl<T: Column> Column for Option<T> {
    fn from_postgres(row: &tokio_postgres::Row, column: usize) -> Got<Self> {
        if is_null(row, column)? {
            return Ok(None);
        }
        T::from_postgres(row, column).map(Some)
    }

    fn from_sqlite(value: &rusqlite::types::Value) -> Got<Self> {
        if matches!(value, S::Null) {
            return Ok(None);
        }
        T::from_sqlite(value).map(Some)
    }
}

fn is_null(row: &tokio_postgres::Row, column: usize) -> Got<bool> {
    /// Reads nothing of a value but whether there is one.
    struct Any;
    impl<'a> tokio_postgres::types::FromSql<'a> for Any {
        fn from_sql(_: &Type, _: &'a [u8]) -> Got<Self> {
            Ok(Self)
        }

        fn accepts(_: &Type) -> bool {
            true
        }
    }
    let any: Option<Any> = row.try_get(column)?;
    Ok(any.is_none())
}
