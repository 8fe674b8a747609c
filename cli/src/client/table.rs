//! Tables: aligned columns, fewer of them where the terminal is narrow, and the last one wrapped.

use std::io::{self, IsTerminal};

use terminal_size::{Width, terminal_size_of};

/// Narrower than this, text is no pleasure to read.
const MIN_TEXT: usize = 24;

/// A column.
pub(super) struct Column {
    /// Its head.
    pub(super) name: &'static str,
    /// On which side its cells begin.
    pub(super) side: Side,
    /// Columns with the greatest number go first where there is no room; 0 always stays.
    pub(super) rank: u8,
}

/// How the cells of a column are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
    /// Sentences, wrapped; only as the last column.
    Wrapped,
}

/// The columns of standard output, if it is a terminal.
pub(super) fn width() -> Option<usize> {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    terminal_size_of(stdout).map(|(Width(width), _)| usize::from(width))
}

/// The rows below their heads, each line ended. Without a width every column is shown and nothing is wrapped.
pub(super) fn table(columns: &[Column], rows: &[Vec<String>], width: Option<usize>) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let cells = rows.iter().filter_map(|row| row.get(index));
            let longest = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            longest.max(column.name.chars().count())
        })
        .collect();
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    while let Some(width) = width
        && needed(&kept, columns, &widths) > width
    {
        let dispensable = kept.iter().filter(|index| columns[**index].rank > 0);
        let Some(gone) = dispensable
            .copied()
            .max_by_key(|index| columns[*index].rank)
        else {
            break;
        };
        kept.retain(|index| *index != gone);
    }
    let heads: Vec<String> = columns
        .iter()
        .map(|column| column.name.to_owned())
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for index in &kept {
            let cell = row.get(*index).map_or("", String::as_str);
            let wide = widths[*index];
            match columns[*index].side {
                Side::Left => line += &format!("{cell:<wide$}  "),
                Side::Right => line += &format!("{cell:>wide$}  "),
                Side::Wrapped => {
                    let indent = line.chars().count();
                    let room = width.map(|width| width.saturating_sub(indent).max(MIN_TEXT));
                    line += &wrapped(cell, room, indent);
                }
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// The columns of the terminal that these columns need, with two between each.
fn needed(kept: &[usize], columns: &[Column], widths: &[usize]) -> usize {
    let widths = kept.iter().map(|index| match columns[*index].side {
        Side::Left | Side::Right => widths[*index],
        Side::Wrapped => widths[*index].min(MIN_TEXT),
    });
    widths.sum::<usize>() + 2 * kept.len().saturating_sub(1)
}

/// A text in lines of at most `room` characters where its words allow it, all but the first indented.
pub(super) fn wrapped(text: &str, room: Option<usize>, indent: usize) -> String {
    let Some(room) = room else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > room {
            out += &format!("\n{:indent$}", "");
            used = 0;
        }
        if used > 0 {
            out.push(' ');
            used += 1;
        }
        out += word;
        used += length;
    }
    out
}

/// Names and what they are, aligned below each other; those that are not there are left out.
pub(super) fn pairs(pairs: &[(&str, Option<String>)], width: Option<usize>) -> String {
    let there = || {
        pairs
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
    };
    let wide = there().map(|(name, _)| name.chars().count()).max();
    let wide = wide.unwrap_or_default();
    let indent = wide + 4;
    let room = width.map(|width| width.saturating_sub(indent).max(MIN_TEXT));
    there()
        .map(|(name, value)| format!("  {name:<wide$}  {}\n", wrapped(value, room, indent)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column {
            name: "JOB",
            side: Side::Left,
            rank: 0,
        },
        Column {
            name: "DONE",
            side: Side::Right,
            rank: 1,
        },
        Column {
            name: "BATCH",
            side: Side::Left,
            rank: 2,
        },
        Column {
            name: "REASON",
            side: Side::Wrapped,
            rank: 0,
        },
    ];

    fn rows() -> Vec<Vec<String>> {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        vec![
            row([
                "first",
                "1,000",
                "news",
                "a reason in a few more words than fit",
            ]),
            row(["b", "7", "a-long-batch", "short"]),
        ]
    }

    #[test]
    fn all_columns_are_shown_where_there_is_no_terminal() {
        let expected = "JOB     DONE  BATCH         REASON
first  1,000  news          a reason in a few more words than fit
b          7  a-long-batch  short\n";
        assert_eq!(table(COLUMNS, &rows(), None), expected);
    }

    #[test]
    fn a_narrow_terminal_has_fewer_columns_and_wrapped_reasons() {
        let expected = "JOB     DONE  REASON
first  1,000  a reason in a few more words
              than fit
b          7  short\n";
        let text = table(COLUMNS, &rows(), Some(42));
        assert_eq!(text, expected);
        let text = table(COLUMNS, &rows(), Some(34));
        assert!(text.starts_with("JOB    REASON\n"), "{text}");
        assert!(text.lines().all(|line| line.len() <= 34), "{text}");
    }

    #[test]
    fn what_is_not_there_is_left_out_of_pairs() {
        let text = pairs(
            &[
                ("job", Some("1".to_owned())),
                ("batch", None),
                ("state", Some("running".to_owned())),
            ],
            None,
        );
        assert_eq!(text, "  job    1\n  state  running\n");
    }
}
