//! The prompt: reads lines until the parser calls them complete, runs them, keeps everything.
//!
//! Goroutines go on while the prompt waits. Ctrl-C while reading drops the line; while a line runs it comes back to the prompt. Ctrl-D
//! ends the session. A hopeless wait (deadlock) comes back with the report.

use crate::cli::{Options, Profile};
use crate::commands::{format, print, report, status};
use crate::machine::{Ended, Files, Machine};
use crate::piped;
use gol_compiler::session::TextKind;
use gol_syntax::TokenClass;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Editor, Helper};
use std::borrow::Cow;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

const HELP: &str = "\
A statement, a declaration or an expression runs when it is complete; expressions print their value.
Declarations stay and may be repeated; packages need no import.
  :help   this text        :quit   leave (also Ctrl-D)
  Ctrl-C  drops the line, or stops what runs
";

/// What rustyline asks while a line is typed.
struct Prompt {
    color: bool,
}

impl Helper for Prompt {}
impl Completer for Prompt {
    type Candidate = String;
}
impl Hinter for Prompt {
    type Hint = String;
}

impl Validator for Prompt {
    fn validate(&self, cx: &mut ValidationContext) -> rustyline::Result<ValidationResult> {
        Ok(if complete(cx.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

fn complete(text: &str) -> bool {
    text.trim_start().starts_with(':') || !gol_syntax::incomplete(text)
}

impl Highlighter for Prompt {
    fn highlight<'l>(&self, line: &'l str, _pos: usize) -> Cow<'l, str> {
        if !self.color {
            return Cow::Borrowed(line);
        }
        let mut out = String::with_capacity(line.len() + 32);
        let mut at = 0;
        for (class, range) in gol_syntax::tokens(line) {
            let code = match class {
                TokenClass::Keyword => "35",
                TokenClass::String => "32",
                TokenClass::Number => "36",
                TokenClass::Comment => "90",
                TokenClass::Name | TokenClass::Operator => continue,
            };
            let (Some(before), Some(text)) = (line.get(at..range.start), line.get(range.clone())) else { continue };
            out.push_str(before);
            out.push_str(&format!("\x1b[{code}m{text}\x1b[0m"));
            at = range.end;
        }
        out.push_str(line.get(at..).unwrap_or(""));
        Cow::Owned(out)
    }
    fn highlight_char(&self, _line: &str, _pos: usize, _kind: CmdKind) -> bool {
        self.color
    }
}

/// Where the history lies: `$XDG_STATE_HOME/gol/history` or `~/.local/state/gol/history`.
fn history_file() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state")))?;
    let dir = base.join("gol");
    std::fs::create_dir_all(&dir).ok()?;
    Some(dir.join("history"))
}

/// Runs the prompt to its end and gives the exit status.
pub fn run(options: &Options) -> u8 {
    let Options { record: None, replay: None, trace: None, profile: None | Some(Profile::Ops), .. } = options else {
        tell!("gol: --record, --replay, --trace and --profile=cpu take a program");
        return status::USAGE;
    };
    let session = crate::machine::session(options, Path::new("."));
    let mut machine = match Machine::new(options, session, "prompt", vec![], Files::default()) {
        Ok(m) => m,
        Err(e) => {
            tell!("gol: {e}");
            return status::FAULT;
        }
    };
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    machine.interrupt_on_ctrl_c();
    machine.dump_on_quit();
    if terminal { typed(options, &mut machine) } else { piped(options, &mut machine) }
}

fn typed(options: &Options, machine: &mut Machine) -> u8 {
    let color = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    let config = Config::builder().auto_add_history(true).build();
    let mut editor: Editor<Prompt, FileHistory> = match Editor::with_config(config) {
        Ok(e) => e,
        Err(e) => {
            tell!("gol: no prompt here: {e}");
            return status::FAULT;
        }
    };
    editor.set_helper(Some(Prompt { color }));
    let history = history_file();
    if let Some(file) = &history {
        // No history yet is no error.
        let _ = editor.load_history(file);
    }
    print(&format!("gol {} - :help for help, Ctrl-D to leave\n", env!("CARGO_PKG_VERSION")));
    let code = loop {
        match editor.readline("gol> ") {
            Ok(line) => {
                if let Some(exit) = evaluate(options, machine, line.into_bytes()) {
                    break exit;
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => break status::OK,
            Err(e) => {
                tell!("gol: {e}");
                break status::FAULT;
            }
        }
    };
    if let Some(file) = &history {
        // A history that cannot be written is not worth a message at the end.
        let _ = editor.save_history(file);
    }
    code
}

fn piped(options: &Options, machine: &mut Machine) -> u8 {
    loop {
        // Not locked while the input runs: it may read, too.
        let read = piped::next(&mut std::io::stdin().lock(), complete);
        match read {
            Ok(Some(text)) => {
                if let Some(exit) = evaluate(options, machine, text) {
                    return exit;
                }
            }
            Ok(None) => return status::OK,
            Err(e) => {
                tell!("gol: cannot read the input: {e}");
                return status::FAULT;
            }
        }
    }
}

/// Runs one complete input; the exit status when the session is to end.
fn evaluate(options: &Options, machine: &mut Machine, text: Vec<u8>) -> Option<u8> {
    match text.trim_ascii() {
        b"" => return None,
        b":quit" | b":q" => return Some(status::OK),
        b":help" | b":h" => {
            print(HELP);
            return None;
        }
        c if c.starts_with(b":") => {
            tell!("unknown command {}; :help lists them", String::from_utf8_lossy(c));
            return None;
        }
        _ => {}
    }
    let compiled = machine.session.compile("<prompt>", text, TextKind::Prompt);
    report(&machine.session.sources, &compiled.diagnostics, format(options));
    match machine.run(&compiled.unit?) {
        Ended::Exit(code) => Some(code as u8),
        Ended::Fault => Some(status::FAULT),
        Ended::Interrupted => {
            tell!("interrupted");
            None
        }
        Ended::Done | Ended::Panicked | Ended::Limit => None,
    }
}
