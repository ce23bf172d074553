//! Folders as packages: which files of a folder belong to it, and where imports lead. The one place that knows `go.mod`.
//!
//! With a `go.mod` above the program (only its `module` line is read) packages are named by the module's path; without one by
//! their way from the program's folder, `./sub`. Nothing is ever fetched.

use crate::input;
use gol_compiler::session::{File, Loader};
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// Endings of file names that say for which system a file is.
const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];
const MACHINES: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
];
/// What gol is to files that choose, whatever it runs on: one answer everywhere.
const TAGS: &[&str] = &["linux", "unix", "amd64", "gol"];
/// The newest Go whose language gol has.
const GO_MINOR_MAX: u32 = 27;

/// The files of a folder that form its package, sorted by name.
///
/// # Errors
/// The folder or a file of it cannot be read, or there is none: the message.
pub fn files(dir: &Path) -> Result<Vec<File>, String> {
    let shown = dir.display();
    let entries = std::fs::read_dir(dir).map_err(|e| format!("cannot read {shown}: {e}"))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_file()).collect();
    paths.sort();
    let of = |ending: &str| paths.iter().filter(|p| has_place(p, ending)).cloned().collect::<Vec<_>>();
    let mut chosen = of("gol");
    if chosen.is_empty() {
        chosen = of("go");
    }
    let mut out = vec![];
    for p in chosen {
        let text = input::file(&p, input::SOURCE_MAX).map_err(|e| format!("cannot read {}: {e}", p.display()))?;
        if wanted(&text) {
            out.push((p.display().to_string(), text));
        }
    }
    if out.is_empty() { Err(format!("no gol files in {shown}")) } else { Ok(out) }
}

/// Does the file's name let it belong to the package?
fn has_place(path: &Path, ending: &str) -> bool {
    let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or("_");
    if path.extension().is_none_or(|e| e != ending) || stem.starts_with(['_', '.']) || stem.ends_with("_test") {
        return false;
    }
    // What stands before the first `_` chooses nothing.
    let mut parts: Vec<&str> = stem.split('_').skip(1).collect();
    let machine = parts.pop_if(|p| MACHINES.contains(p));
    let system = parts.pop_if(|p| SYSTEMS.contains(p));
    machine.into_iter().chain(system).all(|p| TAGS.contains(&p))
}

/// Does the file's `//go:build` line, if any, let it belong to the package?
fn wanted(text: &[u8]) -> bool {
    let lines = text.split(|&b| b == b'\n').map(|l| l.trim_ascii());
    let mut head = lines.take_while(|l| l.is_empty() || l.starts_with(b"//"));
    let line = head.find_map(|l| l.strip_prefix(b"//go:build "));
    line.is_none_or(|l| Constraint { rest: &String::from_utf8_lossy(l), depth: 0 }.any())
}

/// Parentheses of a constraint that may be open at once; no file needs more than a few, and each takes native stack.
const CONSTRAINT_DEPTH: u32 = 100;

/// An expression over tags: `linux && (amd64 || !cgo)`. What is nested deeper than [`CONSTRAINT_DEPTH`] does not hold.
struct Constraint<'a> {
    rest: &'a str,
    depth: u32,
}

impl Constraint<'_> {
    fn eat(&mut self, word: &str) -> bool {
        match self.rest.trim_start().strip_prefix(word) {
            Some(r) => {
                self.rest = r;
                true
            }
            None => false,
        }
    }
    fn any(&mut self) -> bool {
        let mut v = self.every();
        while self.eat("||") {
            v |= self.every();
        }
        v
    }
    fn every(&mut self) -> bool {
        let mut v = self.one();
        while self.eat("&&") {
            v &= self.one();
        }
        v
    }
    fn one(&mut self) -> bool {
        let mut not = false;
        while self.eat("!") {
            not = !not;
        }
        if self.eat("(") {
            if self.depth == CONSTRAINT_DEPTH {
                self.rest = "";
                return false;
            }
            self.depth += 1;
            let v = self.any();
            self.depth -= 1;
            self.eat(")");
            return v != not;
        }
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(text.len());
        let (tag, rest) = text.split_at(end);
        let version = tag.strip_prefix("go1.").and_then(|v| v.parse::<u32>().ok());
        self.rest = rest;
        (TAGS.contains(&tag) || version.is_some_and(|v| v <= GO_MINOR_MAX)) != not
    }
}

/// The packages that a program in a folder can import.
pub struct Folders {
    /// The program's folder as it was given.
    dir: PathBuf,
    module: Option<Module>,
}

struct Module {
    name: String,
    /// Its folder; relative where the program's folder is.
    root: PathBuf,
    /// The way from there to the program's folder.
    inner: String,
}

impl Folders {
    pub fn new(dir: &Path) -> Folders {
        let dir = if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir.to_path_buf() };
        let module = Module::above(&dir);
        Folders { dir, module }
    }
    /// The folder of a package that `resolve` named.
    fn folder(&self, key: &str) -> PathBuf {
        match &self.module {
            Some(m) => m.root.join(key.strip_prefix(&m.name).unwrap_or(key).trim_start_matches('/')),
            None => self.dir.join(key.strip_prefix("./").unwrap_or(key)),
        }
    }
    /// What an import of `from` is relative to, and the rule of `internal` measures: a package's own path.
    fn own_path(&self, from: &str) -> String {
        match &self.module {
            _ if !from.is_empty() => from.to_string(),
            Some(m) if m.inner.is_empty() => m.name.clone(),
            Some(m) => format!("{}/{}", m.name, m.inner),
            None => ".".into(),
        }
    }
}

impl Loader for Folders {
    fn resolve(&self, path: &str, from: &str) -> Result<Option<String>, String> {
        let relative = path == "." || path == ".." || path.starts_with("./") || path.starts_with("../");
        let own = self.own_path(from);
        let key = match &self.module {
            Some(_) if relative => {
                return Err(format!("\"{path}\" is relative, but relative import paths are not supported in a module"));
            }
            Some(m) if path == m.name || path.starts_with(&format!("{}/", m.name)) => clean(path),
            None if relative => clean(&format!("{own}/{path}")),
            Some(_) | None => return Ok(None),
        };
        if let Some(parent) = internal_parent(&key)
            && own != parent
            && !own.starts_with(&format!("{parent}/"))
        {
            return Err(format!("use of internal package {key} not allowed"));
        }
        Ok(Some(key))
    }
    fn files(&self, path: &str) -> Result<Vec<File>, String> {
        let dir = self.folder(path);
        if !dir.is_dir() {
            return Err(format!("no package {path}: there is no folder {}", dir.display()));
        }
        files(&dir)
    }
}

/// The package below which a package with the element `internal` in its path may be imported.
fn internal_parent(path: &str) -> Option<&str> {
    let at = match path.strip_suffix("/internal") {
        Some(p) => p.len(),
        None => path.rfind("/internal/")?,
    };
    Some(&path[..at])
}

/// A path without `.` elements and with `..` taken back where something is there to go back from.
fn clean(path: &str) -> String {
    let mut out: Vec<&str> = vec![];
    for (i, part) in path.split('/').enumerate() {
        match part {
            "" => {}
            "." if i > 0 => {}
            ".." if out.last().is_some_and(|l| *l != "..") && out != ["."] => {
                out.pop();
            }
            p => out.push(p),
        }
    }
    out.join("/")
}

impl Module {
    /// The module of the nearest `go.mod` at or above a folder.
    fn above(dir: &Path) -> Option<Module> {
        let whole = std::fs::canonicalize(dir).ok()?;
        for (up, root) in whole.ancestors().enumerate() {
            let Ok(text) = input::file(&root.join("go.mod"), input::SOURCE_MAX) else { continue };
            let name = module_name(&String::from_utf8(text).ok()?)?;
            let inner = whole.strip_prefix(root).ok()?;
            let inner: Vec<_> = inner.components().map(|c| c.as_os_str().to_string_lossy()).collect();
            return Some(Module { name, root: climb(dir, up).unwrap_or(root.to_path_buf()), inner: inner.join("/") });
        }
        None
    }
}

/// The folder `up` levels above, shown as relative as the folder itself was given.
fn climb(dir: &Path, up: usize) -> Option<PathBuf> {
    let parts: Vec<Component> = dir.components().filter(|c| *c != Component::CurDir).collect();
    if up > parts.len() || parts.contains(&Component::ParentDir) {
        return (up == 0).then(|| dir.to_path_buf());
    }
    let kept: PathBuf = parts[..parts.len() - up].iter().collect();
    Some(kept)
}

/// What the `module` line says.
fn module_name(text: &str) -> Option<String> {
    let line = text.lines().find_map(|l| l.trim().strip_prefix("module "))?;
    let name = line.split("//").next()?.trim();
    Some(name.trim_matches(['"', '`']).to_string())
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn constraints_choose_files() {
        let line = |constraint: &str| wanted(format!("//go:build {constraint}\n\npackage main\n").as_bytes());
        assert!(
            line("linux && (amd64 || !cgo)")
                && line("go1.27")
                && !line("go1.28")
                && line("!!((linux))")
                && !line("!(linux || ignore)")
        );
        assert!(!line(&"(".repeat(1_000_000)));
        assert!(!line(&"!(".repeat(1_000_000)));
    }
}
