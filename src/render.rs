//! Diagnostics for people and for tools: the only place that knows miette.
//!
//! Three forms: pictures (a terminal), one line a message (pipes, editors), one JSON object a line (`--json`). The choice is
//! made here and not by miette, whose defaults want both streams to be terminals.

use gol_syntax::diag::{Diagnostic, Severity};
use gol_syntax::span::{SourceMap, Span};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt::{self, Write as _};
use std::io::IsTerminal;
use std::sync::Arc;

/// How diagnostics are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    Picture {
        color: bool,
        unicode: bool,
    },
    /// `path:line:column: text`, then related places and help, indented.
    Lines,
    /// `path:line:column: text` alone.
    Short,
    Json,
}

impl Format {
    /// What suits standard error: pictures on a terminal, lines elsewhere; `NO_COLOR` and `TERM=dumb` take the colours away.
    pub fn for_stderr() -> Format {
        let terminal = std::io::stderr().is_terminal();
        if terminal { Format::Picture { color: colors_allowed(), unicode: true } } else { Format::Lines }
    }
}

/// Unless `NO_COLOR` or `TERM=dumb` asks for plain text.
pub fn colors_allowed() -> bool {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|t| t == "dumb");
    !plain
}

/// Renders diagnostics in the given form.
pub fn render(sources: &SourceMap, diagnostics: &[Diagnostic], format: Format) -> String {
    let mut out = String::new();
    for d in diagnostics {
        match format {
            Format::Picture { color, unicode } => picture(&mut out, sources, d, color, unicode),
            Format::Lines => lines(&mut out, sources, d, true),
            Format::Short => lines(&mut out, sources, d, false),
            Format::Json => json(&mut out, sources, d),
        }
    }
    out
}

fn place(sources: &SourceMap, pos: u32) -> String {
    match sources.locate(pos) {
        Some((name, line, 0)) => format!("{name}:{line}"),
        Some((name, line, column)) => format!("{name}:{line}:{column}"),
        None => "?".into(),
    }
}

fn lines(out: &mut String, sources: &SourceMap, d: &Diagnostic, full: bool) {
    let kind = match d.severity {
        Severity::Error => "",
        Severity::Warning => "warning: ",
    };
    let at = place(sources, d.span.lo);
    if !full {
        let _ = writeln!(out, "{at}: {kind}{}", d.message);
        return;
    }
    let _ = writeln!(out, "{at}: {kind}{} [{}]", d.message, d.code.text());
    for (span, text) in &d.related {
        let _ = writeln!(out, "    {}: {text}", place(sources, span.lo));
    }
    if let Some(help) = &d.help {
        let _ = writeln!(out, "    help: {help}");
    }
}

fn json(out: &mut String, sources: &SourceMap, d: &Diagnostic) {
    let point = |pos: u32| match sources.locate(pos) {
        Some((_, line, column)) => {
            let base = sources.source(pos).map_or(0, |s| s.base);
            serde_json::json!({"offset": pos - base, "line": line, "column": column})
        }
        None => serde_json::Value::Null,
    };
    let file = |span: Span| sources.locate(span.lo).map(|p| p.0.to_string());
    let labels: Vec<_> = d
        .related
        .iter()
        .map(|(s, text)| serde_json::json!({"file": file(*s), "start": point(s.lo), "end": point(s.hi), "message": text}))
        .collect();
    let severity = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let v = serde_json::json!({
        "severity": severity, "code": d.code.text(), "message": d.message, "file": file(d.span),
        "start": point(d.span.lo), "end": point(d.span.hi), "label": d.label, "labels": labels, "help": d.help,
    });
    let _ = writeln!(out, "{v}");
}

/// One diagnostic with the text it is about, as miette wants it.
struct Report<'a> {
    source: NamedSource<Arc<str>>,
    base: u32,
    d: &'a Diagnostic,
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.d.message)
    }
}
impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.d.message)
    }
}
impl std::error::Error for Report<'_> {}

impl Report<'_> {
    fn label(&self, span: Span, text: &str, primary: bool) -> LabeledSpan {
        let at = (span.lo.saturating_sub(self.base) as usize, span.hi.saturating_sub(span.lo) as usize);
        let text = (!text.is_empty()).then(|| text.to_string());
        if primary { LabeledSpan::new_primary_with_span(text, at) } else { LabeledSpan::new_with_span(text, at) }
    }
}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.d.code.text()))
    }
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.d.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.d.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }
    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // Only places in the same text can be in one picture; the others are told as lines below it.
        let end = self.base + self.source.inner().len() as u32;
        let here = move |s: &Span| s.lo >= self.base && s.hi <= end;
        let first = self.label(self.d.span, &self.d.label, true);
        let more = self.d.related.iter().filter(move |(s, _)| here(s)).map(|(s, t)| self.label(*s, t, false));
        Some(Box::new(std::iter::once(first).chain(more)))
    }
}

fn picture(out: &mut String, sources: &SourceMap, d: &Diagnostic, color: bool, unicode: bool) {
    let Some(source) = sources.source(d.span.lo) else {
        lines(out, sources, d, true);
        return;
    };
    let theme = match (color, unicode) {
        (true, _) => GraphicalTheme::unicode(),
        (false, true) => GraphicalTheme::unicode_nocolor(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler =
        GraphicalReportHandler::new_themed(theme).with_links(false).tab_width(4).with_context_lines(1).with_width(100);
    let report = Report { source: NamedSource::new(&source.name, Arc::from(&*source.text)), base: source.base, d };
    if handler.render_report(out, &report).is_err() {
        lines(out, sources, d, true);
        return;
    }
    let end = source.base + source.text.len() as u32;
    for (span, text) in d.related.iter().filter(|(s, _)| s.lo < source.base || s.hi > end) {
        let _ = writeln!(out, "  {}: {text}", place(sources, span.lo));
    }
}
