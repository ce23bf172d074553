//! Positions: one space of byte offsets over all sources of a session, as Go's `token.FileSet`.
//!
//! Every source gets a base offset when it is added, so a [`Span`] needs no file id. Line tables are made only when a
//! diagnostic or a traceback asks for them.

use crate::line::LineMark;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A half-open range of bytes in the position space of a [`SourceMap`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub lo: u32,
    pub hi: u32,
}

impl Span {
    pub fn new(lo: u32, hi: u32) -> Span {
        Span { lo, hi }
    }
    /// From the beginning of `self` to the end of `end`.
    pub fn to(self, end: Span) -> Span {
        Span { lo: self.lo, hi: end.hi }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.lo, self.hi)
    }
}

/// The text of a source; it is shared, and not copied when it becomes one.
#[derive(Clone, Debug)]
pub enum Text {
    Read(Arc<String>),
    Library(&'static str),
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::Read(Arc::new(text))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        text.to_string().into()
    }
}

impl Deref for Text {
    type Target = str;
    fn deref(&self) -> &str {
        match self {
            Text::Read(text) => text,
            Text::Library(text) => text,
        }
    }
}

/// One text: a file, a script from `-e` or standard input, a line of the prompt, or a package of the library.
#[derive(Clone, Debug)]
pub struct Source {
    /// As shown in messages: the path as given, or `<prompt>`, `<-e>`, `<stdin>`, or `std/fmt/fmt.gol`.
    pub name: Arc<str>,
    pub text: Text,
    /// The position of the first byte.
    pub base: u32,
    /// Byte offsets of line starts, once somebody asked for them.
    lines: Arc<OnceLock<Vec<u32>>>,
    /// `//line` comments: where lines count as those of another file.
    marks: Arc<[LineMark]>,
}

impl Source {
    /// Line and column, both from 1; the column counts bytes, as Go's does.
    pub fn line_col(&self, pos: u32) -> (u32, u32) {
        let off = pos.saturating_sub(self.base);
        let lines = self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|i| i as u32 + 1)).collect()
        });
        let line = lines.partition_point(|&x| x <= off).max(1);
        (line as u32, off - lines[line - 1] + 1)
    }
    /// The same as `//line` comments have it, with the file name. The column is 0 when it is not known.
    pub fn locate(&self, pos: u32) -> (Arc<str>, u32, u32) {
        let (line, column) = self.line_col(pos);
        let i = self.marks.partition_point(|m| m.at <= pos.saturating_sub(self.base));
        let Some(m) = i.checked_sub(1).map(|i| &self.marks[i]) else { return (self.name.clone(), line, column) };
        let named = self.marks[..i].iter().rev().find_map(|m| m.name.clone());
        let (first, at) = self.line_col(self.base + m.at);
        let column = match (m.column, line == first) {
            (0, _) => 0,
            (c, true) => c.saturating_add(column - at),
            (_, false) => column,
        };
        (named.unwrap_or_else(|| self.name.clone()), m.line.saturating_add(line - first), column)
    }
}

/// All sources of a session, in the order of their base offsets.
#[derive(Default, Debug, Clone)]
pub struct SourceMap {
    sources: Vec<Source>,
}

impl SourceMap {
    /// Adds a text and returns its source. `None` when the position space of 4 GiB is used up.
    pub fn add(&mut self, name: &str, text: Text) -> Option<Source> {
        // Position 0 is never used; a gap of one byte keeps an end-of-file span inside its own source.
        let base =
            self.sources.last().map_or(Some(1u32), |s| s.base.checked_add(s.text.len() as u32)?.checked_add(1))?;
        base.checked_add(u32::try_from(text.len()).ok()?)?.checked_add(1)?;
        let s = Source { name: name.into(), text, base, lines: Arc::default(), marks: [].into() };
        self.sources.push(s.clone());
        Some(s)
    }
    /// The `//line` comments that parsing found in a source.
    pub fn set_marks(&mut self, base: u32, marks: Vec<LineMark>) {
        if let Some(s) = self.sources.iter_mut().rfind(|s| s.base == base) {
            s.marks = marks.into();
        }
    }
    /// All texts, in order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().map(|s| &*s.text)
    }
    /// The source that holds a position.
    pub fn source(&self, pos: u32) -> Option<&Source> {
        let i = self.sources.partition_point(|s| s.base <= pos);
        self.sources.get(i.checked_sub(1)?)
    }
    /// Name, line and column of a position, for messages and tracebacks; see [`Source::locate`].
    pub fn locate(&self, pos: u32) -> Option<(Arc<str>, u32, u32)> {
        Some(self.source(pos)?.locate(pos))
    }
}
