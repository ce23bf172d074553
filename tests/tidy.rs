//! The house rules that a machine can check: which crate may use which, and that no source file grows beyond one idea.

use std::path::{Path, PathBuf};

/// Who may use whom. An arrow that is not here is a design change.
const LAYERS: &[(&str, &[&str])] = &[
    ("lang/syntax", &[]),
    ("lang/bytecode", &[]),
    ("lang/compiler", &["gol_syntax", "gol_bytecode"]),
    ("runtime", &[]),
    ("lang/jit", &["gol_bytecode"]),
    ("lang/vm", &["gol_bytecode", "gol_jit", "gol_runtime"]),
    ("stdlib", &["gol_bytecode", "gol_vm", "gol_runtime"]),
    ("src", &["gol", "gol_syntax", "gol_bytecode", "gol_compiler", "gol_vm", "gol_runtime", "gol_stdlib"]),
];
const CRATES: &[&str] =
    &["gol", "gol_syntax", "gol_bytecode", "gol_compiler", "gol_jit", "gol_vm", "gol_runtime", "gol_stdlib"];
/// Only the rendering knows miette.
const MIETTE: &str = "src/render.rs";
/// A file longer than this holds more than one idea.
const LINES_MAX: usize = 900;

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for e in std::fs::read_dir(dir).unwrap().flatten() {
        let p = e.path();
        if p.is_dir() {
            if p.file_name().is_none_or(|n| n != "target") {
                sources(&p, out);
            }
        } else if p.extension().is_some_and(|x| x == "rs") {
            out.push(p);
        }
    }
}

#[test]
fn layers_and_sizes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = vec![];
    for (folder, allowed) in LAYERS {
        let mut files = vec![];
        let dir = root.join(folder);
        sources(&if *folder == "src" { dir } else { dir.join("src") }, &mut files);
        assert!(!files.is_empty(), "{folder} has no sources");
        for f in files {
            let text = std::fs::read_to_string(&f).unwrap();
            let name = f.strip_prefix(root).unwrap().display().to_string();
            for (i, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or("");
                for krate in CRATES {
                    let used = code.contains(&format!("{krate}::")) || code.contains(&format!("extern crate {krate};"));
                    let whole = code.match_indices(&format!("{krate}::")).any(|(k, _)| {
                        k == 0 || !code.as_bytes()[k - 1].is_ascii_alphanumeric() && code.as_bytes()[k - 1] != b'_'
                    });
                    if used && whole && !allowed.contains(krate) {
                        wrong.push(format!("{name}:{}: {folder} must not use {krate}", i + 1));
                    }
                }
                let trusts = code.contains("from_utf8(cx.arg") || code.contains("from_utf8_lossy(cx.arg");
                if trusts && !code.contains(".is_ok()") {
                    wrong.push(format!("{name}:{}: others may write there meanwhile: abi::utf8 copies", i + 1));
                }
                if code.contains("miette::") && name != MIETTE {
                    wrong.push(format!("{name}:{}: only {MIETTE} knows miette", i + 1));
                }
            }
            if text.lines().count() > LINES_MAX {
                wrong.push(format!("{name}: {} lines", text.lines().count()));
            }
            if !text.starts_with("//!") {
                wrong.push(format!("{name}: does not open with what it owns"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
