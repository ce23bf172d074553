//! The listing of `--profile=ops`.

use gol_vm::OpProfile;
use std::fmt::Write as _;

/// Rows of each list.
const ROWS: usize = 40;

/// Operations and pairs of operations, most frequent first, with their share of all.
pub fn text(profile: &OpProfile) -> String {
    let share = |n: u64| 100.0 * n as f64 / profile.total.max(1) as f64;
    let mut out = format!("operations executed: {}\n\n", profile.total);
    let _ = writeln!(out, "{:>14} {:>6}  operation", "count", "%");
    for (op, n) in profile.ops.iter().take(ROWS) {
        let _ = writeln!(out, "{n:>14} {:>6.2}  {}", share(*n), op.name());
    }
    let _ = writeln!(out, "\n{:>14} {:>6}  pair", "count", "%");
    for (first, second, n) in profile.pairs.iter().take(ROWS) {
        let _ = writeln!(out, "{n:>14} {:>6.2}  {} {}", share(*n), first.name(), second.name());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gol_bytecode::Op;

    #[test]
    fn shares_are_of_all_operations() {
        let profile =
            OpProfile { total: 8, ops: vec![(Op::AddI, 6), (Op::Ret, 2)], pairs: vec![(Op::AddI, Op::Ret, 2)] };
        let text = text(&profile);
        assert!(text.contains("6  75.00  AddI\n"), "{text}");
        assert!(text.contains("2  25.00  AddI Ret\n"), "{text}");
    }
}
