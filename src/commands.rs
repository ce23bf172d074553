//! What each command does: reads texts, drives the compiler and the machine, prints, and answers with the exit status.

use crate::cli::{Cli, Command, Options, Profile};
use crate::input;
use crate::machine::{Ended, Files, Machine};
use crate::render::{self, Format};
use gol_compiler::check::world::MAIN;
use gol_compiler::session::{File, TextKind};
use gol_syntax::diag::{Code, Diagnostic, Severity};
use gol_syntax::span::SourceMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Exit statuses; a program's own status comes beside these.
pub mod status {
    pub const OK: u8 = 0;
    pub const USAGE: u8 = 2;
    /// An unrecovered panic, a deadlock, a fatal error of the program.
    pub const PANIC: u8 = 2;
    /// A limit was reached.
    pub const LIMIT: u8 = 124;
    /// A fault of gol itself.
    pub const FAULT: u8 = gol_runtime::FAULT_STATUS;
    /// The text does not compile.
    pub const INVALID: u8 = 126;
    /// No such file.
    pub const NOT_FOUND: u8 = 127;
    pub const INTERRUPTED: u8 = 130;
}

/// Runs the command line and gives the exit status.
pub fn run(cli: Cli) -> u8 {
    let options = cli.options;
    if let Some(code) = cli.code {
        let args = match cli.command {
            Some(Command::File(args)) => args,
            None => vec![],
            Some(_) => {
                tell!("gol: -e takes a text and arguments, no command");
                return status::USAGE;
            }
        };
        let program = Program::of_text("-e", code.into_bytes());
        return execute(&options, program, args);
    }
    match cli.command {
        None => {
            let status = crate::repl::run(&options);
            show_profile(&options);
            status
        }
        Some(Command::Run { file, args }) => run_file(&options, file, args),
        Some(Command::File(mut words)) => {
            if words.is_empty() {
                return status::USAGE;
            }
            let file = words.remove(0);
            run_file(&options, file, words)
        }
        Some(Command::Check { files }) => check(&options, &files),
        Some(Command::Dis { file }) => disassemble(&options, &file),
        Some(Command::Ast { file }) => tree(&options, &file),
        Some(Command::Explain { code: None }) => list_codes(),
        Some(Command::Explain { code: Some(code) }) => explain(&code),
        Some(Command::Version) => {
            let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
            print(&format!("gol {} ({os} {arch})\n", env!("CARGO_PKG_VERSION")))
        }
    }
}

/// How this command shows diagnostics.
pub fn format(options: &Options) -> Format {
    match options {
        Options { json: true, .. } => Format::Json,
        Options { short: true, .. } => Format::Short,
        _ => Format::for_stderr(),
    }
}

/// Prints diagnostics to standard error.
pub fn report(sources: &SourceMap, diagnostics: &[Diagnostic], format: Format) {
    let text = render::render(sources, diagnostics, format);
    // A closed standard error is no reason to fail.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// What the command line names: a text, or all files of a folder.
struct Program {
    name: String,
    files: Vec<File>,
    /// Where its imports begin.
    dir: PathBuf,
}

impl Program {
    fn of_text(name: &str, text: Vec<u8>) -> Program {
        Program { name: name.into(), files: vec![(name.into(), text)], dir: PathBuf::from(".") }
    }
    /// The exit status after telling why there is none.
    fn read(path: &OsString) -> Result<Program, u8> {
        let dir = Path::new(path);
        if path != "-" && dir.is_dir() {
            let files = crate::folder::files(dir).map_err(|m| {
                tell!("gol: {m}");
                status::NOT_FOUND
            })?;
            return Ok(Program { name: path.to_string_lossy().into_owned(), files, dir: dir.to_path_buf() });
        }
        let (name, text) = read(path)?;
        let dir = if path == "-" { None } else { dir.parent() };
        Ok(Program { dir: dir.unwrap_or(Path::new(".")).to_path_buf(), ..Program::of_text(&name, text) })
    }
}

/// The text of a file, or the exit status after telling why there is none. `-` is standard input.
fn read(file: &OsString) -> Result<(String, Vec<u8>), u8> {
    let shown = file.to_string_lossy().into_owned();
    let read = if file == "-" {
        input::all(std::io::stdin(), input::SOURCE_MAX)
    } else {
        input::file(Path::new(file), input::SOURCE_MAX)
    };
    match read {
        Ok(text) => Ok((if file == "-" { "<stdin>".into() } else { shown }, text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            tell!("gol: no such file: {shown}");
            Err(status::NOT_FOUND)
        }
        Err(e) => {
            tell!("gol: cannot read {shown}: {e}");
            Err(status::NOT_FOUND)
        }
    }
}

fn run_file(options: &Options, file: OsString, args: Vec<OsString>) -> u8 {
    match Program::read(&file) {
        Ok(program) => execute(options, program, args),
        Err(status) => status,
    }
}

fn execute(options: &Options, program: Program, args: Vec<OsString>) -> u8 {
    let files = match Files::open(options) {
        Ok(files) => files,
        Err(e) => {
            tell!("gol: {e}");
            return status::USAGE;
        }
    };
    let options = &files.options(options);
    let mut session = crate::machine::session(options, &program.dir);
    let compiled = session.compile_package(program.files, TextKind::File);
    let silent = compiled.unit.is_some() && !wants_warnings(&compiled.diagnostics);
    if !silent {
        report(&session.sources, &compiled.diagnostics, format(options));
    }
    let Some(unit) = compiled.unit else { return status::INVALID };
    let package = &session.info.pkgs[MAIN.0 as usize].name;
    if package != "main" {
        tell!("gol: {} is package {package}, not a program", program.name);
        return status::INVALID;
    }
    // Its threads begin to work at once: not before there is something for them.
    let mut machine = match Machine::new(options, session, &program.name, args, files) {
        Ok(m) => m,
        Err(e) => {
            tell!("gol: {e}");
            return status::FAULT;
        }
    };
    machine.interrupt_on_ctrl_c();
    machine.dump_on_quit();
    let ended = machine.run(&unit);
    if options.leaks && matches!(ended, Ended::Done | Ended::Exit(_)) {
        gol_runtime::tell(&machine.leaks());
    }
    show_profile(options);
    machine.session.abandon();
    ended.status()
}

fn show_profile(options: &Options) {
    if options.profile == Some(Profile::Ops) {
        let text = crate::op_profile::text(&gol_vm::op_profile());
        // A closed standard error is no reason to fail.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }
}

/// Warnings are shown when a program runs only where a person may read them.
fn wants_warnings(diagnostics: &[Diagnostic]) -> bool {
    use std::io::IsTerminal as _;
    !diagnostics.is_empty() && std::io::stderr().is_terminal()
}

fn check(options: &Options, files: &[OsString]) -> u8 {
    let mut worst = status::OK;
    for (i, file) in files.iter().enumerate() {
        match Program::read(file) {
            Ok(program) => {
                let mut session = crate::machine::session(options, &program.dir);
                let diagnostics = session.check_package(program.files);
                report(&session.sources, &diagnostics, format(options));
                if diagnostics.iter().any(|d| d.severity == Severity::Error) {
                    worst = worst.max(status::INVALID);
                }
                if i + 1 == files.len() {
                    session.abandon();
                }
            }
            Err(status) => worst = worst.max(status),
        }
    }
    worst
}

fn disassemble(options: &Options, file: &OsString) -> u8 {
    let program = match Program::read(file) {
        Ok(p) => p,
        Err(status) => return status,
    };
    let names: Vec<String> = program.files.iter().map(|f| f.0.clone()).collect();
    let mut session = crate::machine::session(options, &program.dir);
    let compiled = session.compile_package(program.files, TextKind::File);
    report(&session.sources, &compiled.diagnostics, format(options));
    if compiled.unit.is_none() {
        return status::INVALID;
    }
    let mut out = String::new();
    let program = session.functions().all();
    for (id, f) in program.funcs.iter().enumerate() {
        let here = session.sources.source(f.pos).is_some_and(|s| names.iter().any(|n| **n == *s.name));
        if here {
            let line =
                |pos| session.sources.locate(pos).map_or_else(String::new, |(_, line, _)| format!("line {line}"));
            out += &gol_bytecode::disasm_with(&program, id as u32, &line);
            out.push('\n');
        }
    }
    print(&out)
}

fn tree(options: &Options, file: &OsString) -> u8 {
    let (name, text) = match read(file) {
        Ok(x) => x,
        Err(status) => return status,
    };
    let (text, problems) = gol_syntax::decode(text);
    let mut sources = SourceMap::default();
    let mut ast = gol_syntax::ast::Ast::default();
    let Some(source) = sources.add(&name, text.into()) else {
        tell!("gol: {name} is too large");
        return status::INVALID;
    };
    let parsed = gol_syntax::parse_decoded(&mut ast, &source, &problems);
    report(&sources, &parsed.diagnostics, format(options));
    if parsed.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return status::INVALID;
    }
    print(&gol_syntax::dump(&ast, &parsed.items))
}

fn list_codes() -> u8 {
    print(&Code::ALL.iter().map(|c| format!("{}  {}\n", c.text(), c.title())).collect::<String>())
}

fn explain(code: &str) -> u8 {
    if let Some(c) = Code::ALL.iter().find(|c| c.text().eq_ignore_ascii_case(code)) {
        return print(&shown_page(c.page(), wants_bold()));
    }
    tell!("gol: there is no diagnostic {code}");
    let near = near_codes(code);
    if !near.is_empty() {
        tell!("did you mean one of these?");
    }
    for c in near {
        tell!("    {}  {}", c.text(), c.title());
    }
    tell!("gol explain, without a code, lists all of them");
    status::USAGE
}

fn wants_bold() -> bool {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal() && render::colors_allowed()
}

/// A page without its Markdown signs: headings stand alone, programs are indented.
fn shown_page(page: &str, bold: bool) -> String {
    let mut out = String::new();
    let mut program = false;
    let mut blank = false;
    for line in page.lines() {
        if line.starts_with("```") {
            program = !program;
            blank = program;
            continue;
        }
        // Between a heading and its program the page has a blank line; the indentation says enough here.
        if blank && out.ends_with("\n\n") {
            out.pop();
        }
        blank = false;
        let title = line.strip_prefix("# ");
        let heading = !program && (title.is_some() || line.starts_with("Wrong:") || line.starts_with("Right:"));
        let text = title.filter(|_| !program).unwrap_or(line);
        match (heading && bold, program && !line.is_empty()) {
            (true, _) => out += &format!("\x1b[1m{text}\x1b[0m"),
            (false, true) => out += &format!("    {text}"),
            (false, false) => out += text,
        }
        out.push('\n');
    }
    out
}

/// The codes that someone may have meant: by a digit mistyped, by the number alone, or by a word of the title.
fn near_codes(given: &str) -> Vec<Code> {
    const MOST: usize = 8;
    let given = given.to_ascii_lowercase();
    let digits = given.trim_start_matches(['e', 'w']);
    let distance = |c: Code| {
        let text = c.text().to_ascii_lowercase();
        if digits.parse::<u32>().is_ok_and(|n| text[1..].parse() == Ok(n)) {
            return Some(0);
        }
        if given.len() > 3 && digits.parse::<u32>().is_err() && c.title().to_lowercase().contains(&given) {
            return Some(1);
        }
        let other = text.bytes().zip(given.bytes()).filter(|(a, b)| a != b).count();
        (text.len() == given.len() && other <= 1).then_some(2)
    };
    let mut near: Vec<(u32, Code)> = Code::ALL.iter().filter_map(|&c| Some((distance(c)?, c))).collect();
    near.sort();
    near.into_iter().map(|(_, c)| c).take(MOST).collect()
}

/// Writes to standard output; a reader that has gone away is no error.
pub fn print(text: &str) -> u8 {
    let _ = std::io::stdout().write_all(text.as_bytes());
    status::OK
}
