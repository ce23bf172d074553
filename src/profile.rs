//! What `--profile=cpu` prints: time by function, and how well the processors were used.

use gol_runtime::Load;
use gol_vm::profile::FunctionTicks;
use std::fmt::Write as _;

/// Functions shown.
const ROWS: usize = 30;
/// One more processor is worth while if it had work at so many of a hundred ticks.
const WORTH_PERCENT: u64 = 20;

/// The report; a tick is about a millisecond.
pub fn report(mut functions: Vec<FunctionTicks>, load: &Load, place: &dyn Fn(u32) -> String) -> String {
    let total: u64 = functions.iter().map(|f| f.own).sum();
    functions.sort_by(|a, b| b.own.cmp(&a.own).then(b.all.cmp(&a.all)).then(a.name.cmp(&b.name)));
    let mut out = format!("cpu profile: {total} samples, one a millisecond for each busy processor\n");
    if total > 0 {
        let _ = writeln!(out, "{:>8} {:>6} {:>8} {:>6}  function", "own ms", "", "all ms", "");
    }
    let percent = |n: u64| 100.0 * n as f64 / total.max(1) as f64;
    for f in functions.iter().take(ROWS) {
        let (name, at) = (&f.name, place(f.pos));
        let _ =
            writeln!(out, "{:>8} {:>5.1}% {:>8} {:>5.1}%  {name}  {at}", f.own, percent(f.own), f.all, percent(f.all));
    }
    if functions.len() > ROWS {
        let _ = writeln!(out, "... and {} more functions", functions.len() - ROWS);
    }
    out + "samples are taken where a function begins, a loop turns or a goroutine waits: natives count there\n"
        + &processors(load)
}

fn processors(load: &Load) -> String {
    let ticks = load.ticks.max(1);
    let mut out = String::from("processors:");
    for (p, busy) in load.busy.iter().enumerate() {
        let _ = write!(out, " P{p} {}%", (100 * busy / ticks).min(100));
    }
    let _ = writeln!(out, " busy");
    let wanted: u64 = load.demand.iter().enumerate().map(|(n, ticks)| n as u64 * ticks).sum();
    let _ = writeln!(
        out,
        "on average {:.1} goroutines ran or could have run; more than {} processors would have had work less than \
         {WORTH_PERCENT}% of the time",
        wanted as f64 / ticks as f64,
        ideal(load),
    );
    out
}

/// The smallest number of processors beyond which one more would rarely find work: at least 1.
fn ideal(load: &Load) -> usize {
    let total: u64 = load.demand.iter().sum();
    let beyond = |n: usize| load.demand.iter().skip(n + 1).sum::<u64>();
    (1..load.demand.len()).find(|&n| beyond(n) * 100 < WORTH_PERCENT * total.max(1)).unwrap_or(load.demand.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(demand: &[u64]) -> Load {
        Load { ticks: demand.iter().sum(), busy: vec![demand.iter().sum(), 0], demand: demand.to_vec() }
    }

    #[test]
    fn as_many_processors_as_had_work() {
        assert_eq!(ideal(&load(&[50, 50, 0, 0, 0])), 1);
        assert_eq!(ideal(&load(&[0, 0, 90, 10, 0])), 2);
        assert_eq!(ideal(&load(&[0, 0, 70, 30, 0])), 3);
        assert_eq!(ideal(&load(&[0, 0, 0, 0, 100])), 4);
        assert_eq!(ideal(&load(&[])), 0);
    }

    #[test]
    fn functions_are_sorted_by_their_own_time() {
        let f = |name: &str, own, all| FunctionTicks { name: name.into(), pos: 1, own, all };
        let text = report(vec![f("main.main", 10, 100), f("main.work", 90, 90)], &load(&[0, 100]), &|_| "x:1".into());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("cpu profile: 100 samples"), "{text}");
        assert_eq!(lines[2], "      90  90.0%       90  90.0%  main.work  x:1");
        assert_eq!(lines[3], "      10  10.0%      100 100.0%  main.main  x:1");
        assert!(text.contains("P0 100% P1 0% busy"), "{text}");
    }
}
