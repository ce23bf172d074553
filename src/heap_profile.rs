//! What `--heap-profile` writes: what was alive by type, at the end and when it was most.

use gol_vm::census::Count;
use std::fmt::Write as _;

/// Two tables, or one when most was alive at the end.
pub fn report(end: &Count, most: &Count) -> String {
    let mut out = format!("alive at the end: {}", table(end));
    if most.bytes > end.bytes {
        let _ = write!(out, "\nalive after collection {}, when it was most: {}", most.number, table(most));
    }
    out + "\nbytes are those of the heap's cells, as in MemStats.HeapAlloc; only collections count, so more may have been in use\n"
}

fn table(count: &Count) -> String {
    let mut out = format!("{} bytes in {} objects\n", count.bytes, count.objects);
    let _ = writeln!(out, "{:>12} {:>6} {:>10}  type", "bytes", "", "objects");
    for t in &count.types {
        let percent = 100.0 * t.bytes as f64 / count.bytes.max(1) as f64;
        let _ = writeln!(out, "{:>12} {percent:>5.1}% {:>10}  {}", t.bytes, t.objects, t.name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use gol_vm::census::TypeRow;

    #[test]
    fn the_largest_moment_is_told_when_it_was_not_the_end() {
        let row = |name: &str, objects, bytes| TypeRow { name: name.into(), objects, bytes };
        let end = Count { number: 9, objects: 2, bytes: 64, types: vec![row("main.node", 2, 64)] };
        let types = vec![row("[]int", 1, 300), row("main.node", 3, 100)];
        let most = Count { number: 3, objects: 4, bytes: 400, types };
        let text = report(&end, &most);
        assert!(text.starts_with("alive at the end: 64 bytes in 2 objects\n"), "{text}");
        assert!(text.contains("\n          64 100.0%          2  main.node\n"), "{text}");
        assert!(text.contains("\nalive after collection 3, when it was most: 400 bytes in 4 objects\n"), "{text}");
        assert!(text.contains("\n         300  75.0%          1  []int\n"), "{text}");
        assert_eq!(report(&end, &end).matches("objects\n").count(), 1);
    }
}
