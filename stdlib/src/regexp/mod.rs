//! Natives of package regexp, over the `regex` crate: like Go's package of the RE2 family, linear in the input. A compiled expression is
//! known to gol by its number; expressions are kept for the life of the process, each text once.

mod translate;

use crate::abi::{Done, fill, leaf, utf8};
use gol_vm::native::{Cx, Native};
use regex::bytes::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Larger programs are refused, as Go refuses them.
const SIZE_MAX: usize = 64 << 20;

#[derive(Default)]
struct Store {
    all: Vec<Arc<Regex>>,
    by_text: HashMap<String, usize>,
}

static STORE: RwLock<Option<Store>> = RwLock::new(None);

pub const NATIVES: &[Native] = &[
    leaf("regexp.compile", |cx| {
        let made = match utf8(cx.arg_str(0)) {
            Ok(text) => compile(&text),
            Err(own) => Err(format!("invalid UTF-8: `{}`", String::from_utf8_lossy(&own))),
        };
        let (id, problem) = made.map_or_else(|e| (0, e), |id| (id, String::new()));
        cx.set(0, id as u64);
        cx.set_str(1, problem.as_bytes())
    }),
    leaf("regexp.names", |cx| {
        let re = get(cx.arg(0));
        let names: Vec<&str> = re.capture_names().map(|n| n.unwrap_or("")).collect();
        let out = cx.new_strings(&names)?;
        cx.set_words(0, &out);
        Ok(())
    }),
    leaf("regexp.match", |cx| {
        cx.set_bool(0, get(cx.arg(0)).is_match(cx.arg_str(1)));
        Ok(())
    }),
    leaf("regexp.matchBytes", |cx| {
        cx.set_bool(0, get(cx.arg(0)).is_match(cx.arg_bytes(1)));
        Ok(())
    }),
    leaf("regexp.find", |cx| answer(cx, find(&get(cx.arg(0)), cx.arg_str(1), cx.arg_i64(2)))),
    leaf("regexp.findBytes", |cx| answer(cx, find(&get(cx.arg(0)), cx.arg_bytes(1), cx.arg_i64(4)))),
];

fn compile(text: &str) -> Result<usize, String> {
    let mut store = STORE.write().unwrap_or_else(PoisonError::into_inner);
    let store = store.get_or_insert_default();
    if let Some(&id) = store.by_text.get(text) {
        return Ok(id);
    }
    let made = RegexBuilder::new(&translate::translate(text)?).size_limit(SIZE_MAX).build();
    let re = made.map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => format!("expression too large: `{text}`"),
        e => format!("gol cannot compile it ({}): `{text}`", e.to_string().lines().last().unwrap_or_default()),
    })?;
    store.all.push(Arc::new(re));
    let id = store.all.len();
    store.by_text.insert(text.to_string(), id);
    Ok(id)
}

/// Number 0 is that of a zero Regexp, which matches the empty string.
fn get(id: u64) -> Arc<Regex> {
    let store = STORE.read().unwrap_or_else(PoisonError::into_inner);
    let known = store.as_ref().and_then(|s| s.all.get((id as usize).wrapping_sub(1)));
    known.cloned().unwrap_or_else(|| Arc::new(Regex::new("").expect("the empty expression is right")))
}

/// Up to `n` matches (all when negative), for each the bounds of the match and of its groups, -1 for a group that took no part. An empty
/// match right behind the match before does not count.
fn find(re: &Regex, s: &[u8], n: i64) -> Vec<i64> {
    let mut out = vec![];
    let (mut at, mut count, mut before) = (0, 0, None);
    let mut groups = re.capture_locations();
    while (n < 0 || count < n) && at <= s.len() {
        let Some(m) = re.captures_read_at(&mut groups, s, at) else { break };
        let (lo, hi) = (m.start(), m.end());
        let fits = lo != hi || before != Some(lo);
        at = if hi > at { hi } else { at + crate::text::rune::decode(&s[at..]).1.max(1) };
        before = Some(hi);
        if fits {
            count += 1;
            for g in 0..groups.len() {
                let (lo, hi) = groups.get(g).map_or((-1, -1), |(lo, hi)| (lo as i64, hi as i64));
                out.extend([lo, hi]);
            }
        }
    }
    out
}

fn answer(cx: &Cx, found: Vec<i64>) -> Done {
    let out = cx.new_slice(cx.known().ints, found.len())?;
    fill(out, found.into_iter().map(|x| x as u64));
    cx.set_words(0, &out);
    Ok(())
}
