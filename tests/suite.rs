//! Tests as data: every program below `tests/` and `examples/` is run by the `gol` binary and compared.
//!
//! A program's first lines may hold directives: `//gol:flags …` (before the file), `//gol:args …`, `//gol:exit N`,
//! `//gol:env K=V …`, `//gol:stderr text` (must occur in standard error; repeatable). Expected output: the comment block after a
//! last `// Output:`, or the sibling file `NAME.out`; neither: standard output is not compared. Trailing blanks do not count.

mod patience;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const GOL: &str = env!("CARGO_BIN_EXE_gol");
/// No program of the suite needs more; one that does hangs.
const PATIENCE: Duration = Duration::from_secs(120);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Programs of a folder and its subfolders, sorted.
fn programs(folder: &str) -> Vec<PathBuf> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(dir) else { return };
        for e in entries.flatten() {
            let p = e.path();
            if p.is_dir() {
                walk(&p, out);
            } else if p.extension().is_some_and(|x| x == "gol" || x == "go") {
                out.push(p);
            }
        }
    }
    let mut v = vec![];
    walk(&root().join(folder), &mut v);
    v.sort();
    assert!(!v.is_empty(), "no programs in {folder}");
    v
}

#[derive(Default)]
struct Wanted {
    flags: Vec<String>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    exit: i32,
    stderr: Vec<String>,
    stdout: Option<String>,
}

fn wanted(path: &Path, text: &str) -> Wanted {
    let mut w = Wanted::default();
    for line in text.lines().take_while(|l| l.starts_with("//gol:")) {
        let (key, value) = line["//gol:".len()..].split_once(' ').unwrap_or_else(|| panic!("{path:?}: {line}"));
        let words = || value.split_whitespace().map(String::from);
        match key {
            "flags" => w.flags.extend(words()),
            "args" => w.args.extend(words()),
            "exit" => w.exit = value.trim().parse().unwrap_or_else(|_| panic!("{path:?}: {line}")),
            "env" => w
                .env
                .extend(value.split_whitespace().filter_map(|x| x.split_once('=')).map(|(a, b)| (a.into(), b.into()))),
            "stderr" => w.stderr.push(value.into()),
            _ => panic!("{path:?}: unknown directive {key}"),
        }
    }
    let sibling = path.with_extension("out");
    if let Ok(s) = std::fs::read_to_string(sibling) {
        w.stdout = Some(s);
    } else if let Some(at) = text.rfind("\n// Output:\n") {
        let lines = text[at + "\n// Output:\n".len()..].lines();
        w.stdout =
            Some(lines.map(|l| format!("{}\n", l.strip_prefix("// ").or(l.strip_prefix("//")).unwrap_or(l))).collect());
    }
    w
}

fn trimmed(s: &str) -> String {
    let v: Vec<&str> = s.lines().map(str::trim_end).collect();
    v.join("\n").trim_end().to_string()
}

/// What a command gives, if it ends.
fn output(cmd: &mut Command) -> Result<Output, String> {
    patience::output(cmd, PATIENCE)
}

/// Runs one program under additional flags and environment; what is wrong, if anything.
fn run_one(path: &Path, flags: &[&str], env: &[(&str, &str)]) -> Option<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let w = wanted(path, &text);
    let mut cmd = Command::new(GOL);
    cmd.current_dir(root()).env_remove("NO_COLOR").args(flags).args(&w.flags).arg("run").arg(path).args(&w.args);
    cmd.envs(env.iter().copied()).envs(w.env.iter().map(|(a, b)| (a, b)));
    let out = match output(&mut cmd) {
        Ok(o) => o,
        Err(e) => return Some(e),
    };
    let (stdout, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    if out.status.code() != Some(w.exit) {
        return Some(format!("exit {:?}, wanted {}\n{stdout}{stderr}", out.status, w.exit));
    }
    if let Some(missing) = w.stderr.iter().find(|t| !stderr.contains(t.as_str())) {
        return Some(format!("standard error lacks {missing:?}:\n{stderr}"));
    }
    match w.stdout {
        Some(want) if trimmed(&want) != trimmed(&stdout) => {
            Some(format!("output\n--- wanted\n{}\n--- got\n{}\n{stderr}", trimmed(&want), trimmed(&stdout)))
        }
        _ => None,
    }
}

/// Runs jobs on two threads and panics with everything that went wrong.
fn all<T: Sync>(jobs: &[T], name: impl Fn(&T) -> String + Sync, job: impl Fn(&T) -> Option<String> + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let bad = std::sync::Mutex::new(BTreeMap::new());
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                loop {
                    let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(j) = jobs.get(i) else { break };
                    if let Some(e) = job(j) {
                        bad.lock().unwrap().insert(name(j), e);
                    }
                }
            });
        }
    });
    let bad = bad.into_inner().unwrap();
    let report: String = bad.iter().map(|(n, e)| format!("=== {n}: {e}\n")).collect();
    assert!(bad.is_empty(), "{} of {} failed\n{report}", bad.len(), jobs.len());
}

fn short(p: &Path) -> String {
    p.strip_prefix(root()).unwrap_or(p).display().to_string()
}

#[test]
fn examples() {
    let v = programs("examples");
    assert!(v.len() >= 20);
    all(&v, |p| short(p), |p| run_one(p, &[], &[]));
}

/// The library's benchmark, which computes what it does under Go.
#[test]
fn library_bench() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/library");
    let out = Command::new(GOL).arg("run").arg(folder.join("library.go")).arg("values").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
    assert_eq!(String::from_utf8_lossy(&out.stdout), std::fs::read_to_string(folder.join("values.txt")).unwrap());
}

#[test]
fn run() {
    all(&programs("tests/run"), |p| short(p), |p| run_one(p, &[], &[]));
}

/// The same programs on one processor and on many, with a collection at nearly every allocation, without optimisations, and as machine code.
#[test]
fn run_under_stress() {
    let mut jobs = vec![];
    for p in programs("tests/run").into_iter().chain(programs("tests/stress")) {
        jobs.push((p.clone(), vec![], "1"));
        jobs.push((p.clone(), vec![], "4"));
        jobs.push((p.clone(), vec!["--no-opt"], "1"));
        jobs.push((p.clone(), vec!["--jit=always"], "2"));
        jobs.push((p.clone(), vec!["--jit=always", "--stress-gc=97"], "1"));
        jobs.push((p, vec!["--stress-gc=97"], "2"));
    }
    all(
        &jobs,
        |(p, flags, procs)| format!("{} {flags:?} GOMAXPROCS={procs}", short(p)),
        |(p, flags, procs)| run_one(p, flags, &[("GOMAXPROCS", procs)]),
    );
}

/// Programs that allocate so seldom are units.
const SELDOM: &str = "--fail-alloc=500";

/// Units once more, with a collection at every allocation. Who gets through although the five hundredth allocation fails is one; a program
/// that reaches a limit anyway does not show it, and one that looks at the clock is too slow under such stress.
#[test]
fn units_under_stress() {
    const LIMIT: i32 = 124;
    let units = std::sync::atomic::AtomicUsize::new(0);
    all(
        &programs("tests/run"),
        |p| format!("{} --stress-gc=1", short(p)),
        |p| {
            let text = std::fs::read_to_string(p).ok()?;
            let exit = wanted(p, &text).exit;
            let seldom = match output(&mut command(p, &[SELDOM])) {
                Ok(out) => out,
                Err(e) => return Some(format!("{SELDOM}: {e}")),
            };
            if text.contains("\"time\"")
                || text.contains("time.")
                || exit == LIMIT
                || seldom.status.code() != Some(exit)
            {
                return None;
            }
            units.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            run_one(p, &["--stress-gc=1"], &[("GOMAXPROCS", "2")])
        },
    );
    let units = units.into_inner();
    assert!(units >= 40, "only {units} programs allocate seldom");
}

/// Functions of the library are emitted on demand; without optimisation all of them are, and the loader verifies what it loads.
#[test]
fn whole_library_loads() {
    let imports: String = gol_stdlib::Std.paths().iter().map(|p| format!("import _ {p:?}\n")).collect();
    let text = format!("package main\n{imports}func main() {{ println(len(\"done\")) }}\n");
    let dir = std::env::temp_dir().join(format!("gol-library-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("all.go"), text).unwrap();
    let out = output(Command::new(GOL).arg("--no-opt").arg("run").arg(dir.join("all.go"))).unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && stderr == "4\n", "{stderr}");
    std::fs::remove_dir_all(&dir).unwrap();
}

/// What a command gives: both streams and the status.
fn all_of(cmd: &mut Command) -> Result<String, String> {
    let out = output(cmd)?;
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    Ok(format!("{}\n--- stderr\n{}\n--- {:?}", text(&out.stdout), text(&out.stderr), out.status.code()))
}

/// A program of the suite with its own flags and arguments, under more flags.
fn command(path: &Path, flags: &[&str]) -> Command {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let w = wanted(path, &text);
    let mut cmd = Command::new(GOL);
    cmd.current_dir(root()).args(flags).args(&w.flags).arg("run").arg(path).args(&w.args);
    cmd.envs(w.env.iter().map(|(a, b)| (a, b)));
    cmd
}

/// The same seed gives the same output, to the last byte and on both streams; whether sleeping takes time or not, and also when
/// memory is collected at other moments. What a program says of its output in general holds under every seed.
#[test]
fn seeds() {
    let mut jobs = vec![];
    for p in programs("examples").into_iter().chain(programs("tests/seeded")) {
        jobs.extend([1, 2].map(|seed| (p.clone(), seed)));
    }
    all(
        &jobs,
        |(p, seed)| format!("{} --seed {seed}", short(p)),
        |(p, seed)| {
            let seed = format!("--seed={seed}");
            let mut outs = vec![];
            for more in ["--time=fake", "--stress-gc=997"] {
                match all_of(&mut command(p, &[&seed, more])) {
                    Ok(out) => outs.push((more, out)),
                    Err(e) => return Some(e),
                }
            }
            let differs = outs.iter().find(|(_, out)| *out != outs[0].1);
            if let Some((more, out)) = differs {
                return Some(format!("{more:?} differs\n--- first\n{}\n--- then\n{out}", outs[0].1));
            }
            run_one(p, &[&seed, "--time=fake"], &[("GOMAXPROCS", "4")])
        },
    );
}

/// Seeds matter: a program that shows its schedule does something else under each of them.
#[test]
fn seeds_differ() {
    let path = root().join("tests/seeded/schedule.gol");
    let outs: std::collections::BTreeSet<String> =
        (0..4).map(|seed| all_of(&mut command(&path, &[&format!("--seed={seed}")])).unwrap()).collect();
    assert_eq!(outs.len(), 4);
}

/// A file of this test process.
fn scratch(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("gol-{}-{name}", std::process::id()))
}

/// A recorded run is played back: the same output, though nothing sleeps and nobody types.
#[test]
fn records() {
    let jobs: Vec<PathBuf> = programs("examples").into_iter().chain(programs("tests/seeded")).collect();
    all(
        &jobs,
        |p| short(p),
        |p| {
            let file = scratch(&format!("{}.tape", p.file_stem()?.display()));
            let name = file.display().to_string();
            let recorded = all_of(&mut command(p, &["--time=fake", "--record", &name]));
            // What the program's own flags say of preemption is in the record.
            let mut replay = Command::new(GOL);
            let w = wanted(p, &std::fs::read_to_string(p).ok()?);
            replay.current_dir(root()).args(["--replay", &name, "run"]).arg(p).args(&w.args);
            let played = all_of(&mut replay);
            let _ = std::fs::remove_file(&file);
            (recorded != played).then(|| format!("--- recorded\n{recorded:?}\n--- played\n{played:?}"))
        },
    );
}

/// What is wrong with a trace, if anything: its form, arrows without an end, slices of a goroutine that overlap.
fn bad_trace(text: &str) -> Option<String> {
    let trace: serde_json::Value = match serde_json::from_str(text) {
        Ok(v) => v,
        Err(e) => return Some(format!("not JSON: {e}")),
    };
    let events = trace["traceEvents"].as_array()?;
    let mut arrows: BTreeMap<u64, Vec<(String, f64)>> = BTreeMap::new();
    let mut until: BTreeMap<u64, f64> = BTreeMap::new();
    for e in events {
        let (ph, ts) = (e["ph"].as_str()?, e["ts"].as_f64().unwrap_or(-1.0));
        match ph {
            "M" => {}
            _ if ts < 0.0 => return Some(format!("no time: {e}")),
            "s" | "f" => arrows.entry(e["id"].as_u64()?).or_default().push((ph.into(), ts)),
            "X" if e["pid"] == 1 => {
                let last = until.entry(e["tid"].as_u64()?).or_default();
                if ts + 0.0005 < *last {
                    return Some(format!("overlaps: {e}"));
                }
                *last = ts + e["dur"].as_f64()?;
            }
            "X" | "i" => {}
            _ => return Some(format!("unknown kind: {e}")),
        }
    }
    let matched =
        |ends: &Vec<(String, f64)>| ends.len() == 2 && ends[0].0 == "s" && ends[1].0 == "f" && ends[0].1 <= ends[1].1;
    arrows.iter().find(|(_, ends)| !matched(ends)).map(|(id, ends)| format!("arrow {id}: {ends:?}"))
}

/// `--trace` writes valid traces whose arrows have both ends, on one processor and on several, and changes no output.
#[test]
fn traces() {
    let mut jobs: Vec<PathBuf> =
        ["dining_philosophers", "fan_in", "ping_pong", "pipeline_cancel", "semaphore", "sieve"]
            .map(|name| root().join(format!("examples/{name}.gol")))
            .to_vec();
    jobs.push(root().join("tests/run/conc/channels.gol"));
    all(
        &jobs,
        |p| short(p),
        |p| {
            let file = scratch(&format!("{}.json", p.file_stem()?.display()));
            let name = file.display().to_string();
            for flags in
                [&["--trace", &name][..], &["--seed=3", "--trace", &name], &["--trace", &name, "--stress-gc=97"]]
            {
                if let Some(e) = run_one(p, flags, &[("GOMAXPROCS", "3")]) {
                    return Some(e);
                }
                let text = std::fs::read_to_string(&file).ok()?;
                if let Some(e) = bad_trace(&text) {
                    return Some(format!("{flags:?}: {e}"));
                }
                for want in ["\"name\":\"goroutines\"", "\"name\":\"P0\"", "\"name\":\"running\"", "\"ph\":\"s\""] {
                    if !text.contains(want) {
                        return Some(format!("{flags:?}: no {want}"));
                    }
                }
            }
            let _ = std::fs::remove_file(&file);
            None
        },
    );
}

/// A trace of more events than are kept says so.
#[test]
fn long_traces_are_cut() {
    let file = scratch("cut.json");
    let code = "c := make(chan int); go { for { c <- 1 } }; for range 50_000 { <-c }";
    let out = output(Command::new(GOL).arg("--trace").arg(&file).args(["-e", code])).unwrap();
    let stderr = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && stderr.contains("holds the first 250000 events, "), "{stderr}");
    assert_eq!(bad_trace(&std::fs::read_to_string(&file).unwrap()), None);
    std::fs::remove_file(&file).unwrap();
}

/// Programs of several files: every folder of `tests/dirs` against its `expected.out`.
#[test]
fn dirs() {
    let entries = std::fs::read_dir(root().join("tests/dirs")).unwrap();
    let folders: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    assert!(!folders.is_empty());
    all(
        &folders,
        |p| short(p),
        |p| {
            let want = std::fs::read_to_string(p.join("expected.out")).unwrap_or_default();
            let out = match output(Command::new(GOL).arg("run").arg(p)) {
                Ok(o) => o,
                Err(e) => return Some(e),
            };
            let (got, stderr) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
            (!out.status.success() || trimmed(&want) != trimmed(&got))
                .then(|| format!("{:?}\n--- wanted\n{want}\n--- got\n{got}\n{stderr}", out.status))
        },
    );
}

/// `// ERROR E0301 "text"` marks the line of a diagnostic; every diagnostic must be marked and every mark must be met.
#[test]
fn check() {
    all(
        &programs("tests/check"),
        |p| short(p),
        |p| {
            let text = std::fs::read_to_string(p).ok()?;
            let mut want = vec![];
            for (i, line) in text.lines().enumerate() {
                for mark in line.split("// ERROR ").skip(1) {
                    let (code, rest) = mark.split_once(' ').unwrap_or((mark, ""));
                    want.push((i + 1, code.to_string(), rest.trim().trim_matches('"').to_string()));
                }
            }
            let out = match output(Command::new(GOL).args(["check", "--json"]).arg(p)) {
                Ok(o) => o,
                Err(e) => return Some(e),
            };
            let mut problems = vec![];
            let mut met = vec![false; want.len()];
            for line in String::from_utf8_lossy(&out.stderr).lines() {
                let Ok(v) = serde_json::from_str::<serde_json::Value>(line) else {
                    problems.push(format!("not JSON: {line}"));
                    continue;
                };
                let (code, msg) = (v["code"].as_str().unwrap_or(""), v["message"].as_str().unwrap_or(""));
                let at = v["start"]["line"].as_u64().unwrap_or(0) as usize;
                match (0..want.len())
                    .find(|&k| !met[k] && want[k].0 == at && want[k].1 == code && msg.contains(&want[k].2))
                {
                    Some(k) => met[k] = true,
                    None => problems.push(format!("unexpected: line {at}: {code} {msg}")),
                }
            }
            for (k, w) in want.iter().enumerate().filter(|(k, _)| !met[*k]) {
                let _ = k;
                problems.push(format!("missing: line {}: {} {}", w.0, w.1, w.2));
            }
            let errors = want.iter().any(|w| w.1.starts_with('E'));
            if out.status.code() != Some(if errors { 126 } else { 0 }) {
                problems.push(format!("exit {:?}", out.status.code()));
            }
            (!problems.is_empty()).then(|| problems.join("\n"))
        },
    );
}

/// Codes whose wrong program no page can show, with the reason.
const NOT_SHOWN: &[(&str, &str)] = &[
    ("E0002", "a page is UTF-8 itself"),
    ("E0105", "the depth that is too deep would fill the page"),
    ("E0702", "takes several packages"),
    ("E0704", "takes several files"),
];

/// The program in the first block after the line that begins with this heading.
fn block<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n{heading}\n\n```go\n"))?;
    Some(rest.split_once("\n```\n")?.0)
}

/// What `gol check` says of a program: the codes in order, and the exit status.
fn checked(file: &Path, program: &str) -> Result<(Vec<String>, Option<i32>), String> {
    std::fs::write(file, format!("{program}\n")).map_err(|e| e.to_string())?;
    let out = output(Command::new(GOL).args(["check", "--json"]).arg(file))?;
    let codes = String::from_utf8_lossy(&out.stderr)
        .lines()
        .map(|l| {
            let v = serde_json::from_str::<serde_json::Value>(l).map_err(|e| format!("{e}: {l}"))?;
            Ok(v["code"].as_str().unwrap_or("").to_string())
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok((codes, out.status.code()))
}

/// Every code has a page whose wrong program gets this code first, and whose right program gets no complaint.
#[test]
fn explain() {
    let dir = std::env::temp_dir().join(format!("gol-explain-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let list = output(Command::new(GOL).arg("explain")).unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let codes: Vec<(&str, &str)> = list.lines().filter_map(|l| l.split_once("  ")).collect();
    assert!(codes.len() >= 90, "{list}");
    for e in std::fs::read_dir(root().join("lang/syntax/errors")).unwrap().flatten() {
        let file = e.file_name().into_string().unwrap();
        assert!(codes.iter().any(|(c, _)| format!("{c}.md") == file), "{file} is the page of no code");
    }
    all(&codes, |(code, _)| (*code).to_string(), |(code, title)| wrong_page(&dir, code, title).err());
    std::fs::remove_dir_all(&dir).unwrap();
}

fn wrong_page(dir: &Path, code: &str, title: &str) -> Result<(), String> {
    let file = root().join(format!("lang/syntax/errors/{code}.md"));
    let page = std::fs::read_to_string(&file).map_err(|e| format!("{file:?}: {e}"))?;
    if page.lines().next() != Some(&format!("# {code}: {title}")) {
        return Err("the first line is not `# CODE: title`".into());
    }
    let shown = output(Command::new(GOL).args(["explain", &code.to_lowercase()]))?;
    if !String::from_utf8_lossy(&shown.stdout).starts_with(&format!("{code}: {title}\n")) {
        return Err("gol explain does not show the page".into());
    }
    let hidden = NOT_SHOWN.iter().any(|(c, _)| *c == code);
    match block(&page, "Wrong:") {
        Some(_) if hidden => return Err("shows a wrong program after all: take it off NOT_SHOWN".into()),
        None if !hidden => return Err("no wrong program".into()),
        None => {}
        Some(program) => {
            let (codes, status) = checked(&dir.join(format!("{code}_wrong.gol")), program)?;
            let wanted = if code.starts_with('E') { 126 } else { 0 };
            if codes.first().map(String::as_str) != Some(code) || status != Some(wanted) {
                return Err(format!("wrong program: {codes:?}, exit {status:?}"));
            }
        }
    }
    let program = block(&page, "Right:").ok_or("no right program")?;
    let (codes, status) = checked(&dir.join(format!("{code}_right.gol")), program)?;
    if codes.iter().any(|c| code.starts_with('E') || c == code) || status != Some(0) {
        return Err(format!("right program: {codes:?}, exit {status:?}"));
    }
    Ok(())
}

/// Disassembly of small functions against `NAME.dis`; `GOL_BLESS=1` writes what is there.
#[test]
fn bytecode() {
    all(
        &programs("tests/bytecode"),
        |p| short(p),
        |p| {
            let out =
                match output(Command::new(GOL).current_dir(root()).arg("dis").arg(p.strip_prefix(root()).unwrap_or(p)))
                {
                    Ok(o) => o,
                    Err(e) => return Some(e),
                };
            let got = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
            let golden = p.with_extension("dis");
            if std::env::var_os("GOL_BLESS").is_some() {
                std::fs::write(&golden, &got).ok()?;
                return None;
            }
            let want = std::fs::read_to_string(&golden).unwrap_or_default();
            (trimmed(&want) != trimmed(&got)).then(|| format!("--- wanted\n{want}\n--- got\n{got}"))
        },
    );
}

/// Transcripts: `$ command` for `sh`, then its output (both streams), then `? N` when the exit status is not 0.
#[test]
fn cli() {
    let dir = root().join("tests/cli");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "txt"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let bin = Path::new(GOL).parent().unwrap().display().to_string();
    let path = format!("{bin}:{}", std::env::var("PATH").unwrap_or_default());
    all(
        &files,
        |p| short(p),
        |p| {
            let text = std::fs::read_to_string(p).ok()?;
            let mut got = String::new();
            for line in text.lines() {
                let Some(cmd) = line.strip_prefix("$ ") else { continue };
                let mut c = Command::new("sh");
                c.arg("-c")
                    .arg(format!("{{ {cmd}\n}} 2>&1"))
                    .current_dir(&dir)
                    .env("PATH", &path)
                    .env("HOME", "/nonexistent")
                    .env_remove("NO_COLOR");
                let out = match output(&mut c) {
                    Ok(o) => o,
                    Err(e) => return Some(format!("{cmd}: {e}")),
                };
                got += &format!("$ {cmd}\n{}", String::from_utf8_lossy(&out.stdout));
                if !got.ends_with('\n') {
                    got.push('\n');
                }
                if out.status.code() != Some(0) {
                    got += &format!("? {}\n", out.status.code().unwrap_or(-1));
                }
            }
            if std::env::var_os("GOL_BLESS").is_some() {
                std::fs::write(p, &got).ok()?;
                return None;
            }
            (trimmed(&got) != trimmed(&text)).then(|| format!("--- wanted\n{text}\n--- got\n{got}"))
        },
    );
}

/// Texts that are no programs: each gets a diagnostic and the status for one, quickly, and never a crash.
#[test]
fn hostile_texts() {
    let dir = std::env::temp_dir().join(format!("gol-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let nested =
        |open: &str, close: &str, n: usize| format!("x := {}1{}\n", open.repeat(n), close.repeat(n)).into_bytes();
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("unterminated_string", b"fmt.Println(\"abc".to_vec()),
        ("unterminated_raw", b"x := `abc\n\n".to_vec()),
        ("unterminated_comment", b"/* no end".to_vec()),
        ("unterminated_rune", b"x := 'a\n".to_vec()),
        ("binary", (0..100_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ("nul", b"x := 1\0\n".to_vec()),
        ("parens", nested("(", ")", 10_000)),
        ("brackets", nested("[]int{", "}", 10_000)),
        ("blocks", format!("{}{}", "if true {".repeat(10_000), "}".repeat(10_000)).into_bytes()),
        ("unary", format!("x := {}1\n", "-".repeat(1_000_000)).into_bytes()),
        ("pointer_type", format!("var x {}int\n", "*".repeat(100_000)).into_bytes()),
        ("long_line", format!("x := y{}\n", " + y".repeat(1_250_000)).into_bytes()),
        ("junk_line", "? ".repeat(2_500_000).into_bytes()),
        ("huge_shift", b"const c = 1 << 1000000000\n".to_vec()),
        ("huge_exponent", b"const c = 1e1000000000\nvar f float64 = c\n".to_vec()),
        ("huge_array", b"var a [1<<60]int\n".to_vec()),
        ("recursive_type", b"type t struct { a, b t }\nvar x t\n".to_vec()),
        ("constant_cycle", b"const a = b\nconst b = a\n".to_vec()),
    ];
    all(
        &texts,
        |(name, _)| (*name).to_string(),
        |(name, text)| {
            let file = dir.join(format!("{name}.gol"));
            std::fs::write(&file, text).ok()?;
            let out = match output(Command::new(GOL).arg("run").arg(&file)) {
                Ok(o) => o,
                Err(e) => return Some(e),
            };
            let stderr = String::from_utf8_lossy(&out.stderr);
            (out.status.code() != Some(126) || !stderr.contains(&format!("{name}.gol:")))
                .then(|| format!("{:?} {}", out.status, stderr.chars().take(500).collect::<String>()))
        },
    );
    // An empty text is an empty script.
    let empty = dir.join("empty.gol");
    std::fs::write(&empty, b"").unwrap();
    let out = output(Command::new(GOL).arg(&empty)).unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    std::fs::remove_dir_all(&dir).unwrap();
}

/// A program that a signal shall end when it has printed a line.
#[cfg(unix)]
struct Signalled {
    signal: i32,
    flags: &'static [&'static str],
    code: &'static str,
    exit: i32,
    /// Must occur in standard error.
    stderr: &'static str,
}

#[cfg(unix)]
fn end_by_signals(jobs: &[Signalled]) {
    use std::io::{BufRead, BufReader};
    all(
        jobs,
        |job| format!("{:?} {}", job.flags, job.code),
        |job| {
            let mut child = Command::new(GOL)
                .args(job.flags)
                .args(["-e", job.code])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .ok()?;
            let mut line = String::new();
            BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
            // SAFETY: `kill` has no memory effects here; the child has not been waited for, so its id is its own.
            unsafe { libc::kill(child.id() as i32, job.signal) };
            let start = Instant::now();
            let status = loop {
                match child.try_wait() {
                    Ok(Some(status)) => break status,
                    Ok(None) if start.elapsed() > Duration::from_secs(20) => {
                        let _ = child.kill();
                        return Some("does not end".into());
                    }
                    _ => std::thread::sleep(Duration::from_millis(5)),
                }
            };
            let mut stderr = String::new();
            std::io::Read::read_to_string(&mut child.stderr.take()?, &mut stderr).ok()?;
            let good = status.code() == Some(job.exit) && stderr.contains(job.stderr);
            (!good).then(|| format!("{status:?}\n{stderr}"))
        },
    );
}

/// Ctrl-C ends a program that loops for ever, also without calls and without preemption, and one that only waits.
#[cfg(unix)]
#[test]
fn ctrl_c() {
    let job = |flags, code| Signalled { signal: libc::SIGINT, flags, code, exit: 130, stderr: "" };
    end_by_signals(&[
        job(&[], "fmt.Println(1); go { for { } }; for { }"),
        job(&["--preempt=entry"], "fmt.Println(1); for { }"),
        job(&[], "go { for { time.Sleep(1ms) } }; fmt.Println(1); <-make(chan int)"),
    ]);
}

/// Ctrl-\\ prints all goroutines, whatever they do.
#[cfg(unix)]
#[test]
fn ctrl_backslash() {
    let job = |flags, code, stderr| Signalled { signal: libc::SIGQUIT, flags, code, exit: 2, stderr };
    end_by_signals(&[
        job(&[], "go { <-make(chan int) }; fmt.Println(1); runtime.Gosched(); for { }", "\nmain.main(...)\n"),
        job(&["--preempt=entry"], "fmt.Println(1); for { }", "SIGQUIT: quit\n\ngoroutine 1 ["),
        job(&[], "go { time.Sleep(1h) }; fmt.Println(1); <-make(chan int)", "created by main.main in goroutine 1"),
    ]);
}
