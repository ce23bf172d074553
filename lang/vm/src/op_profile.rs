//! `--profile=ops`: how often each operation runs, and each pair of operations in a row.
//!
//! A second table of handlers: each counts and goes on with the operation's own handler. Only a machine that was made for it loads
//! them, so nobody else pays. The special handlers that the loader chooses for some types and sizes are left out: what is
//! counted are the operations of the op table, as the disassembler shows them.
use crate::code::*;
use crate::handlers::{all, call};
use gol_bytecode::{Op, for_each_op};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const OPS: usize = Op::ALL.len();

/// By the operation before and the operation.
static PAIRS: [AtomicU64; OPS * OPS] = [const { AtomicU64::new(0) }; OPS * OPS];
/// The operation executed last. Goroutines on several processors mix here: pairs are exact on one.
static LAST: AtomicUsize = AtomicUsize::new(Op::Nop as usize);

/// Relaxed: counters, read when nothing runs any more.
#[inline(always)]
fn count(op: Op) {
    let last = LAST.load(Ordering::Relaxed);
    LAST.store(op as usize, Ordering::Relaxed);
    PAIRS[(last * OPS + op as usize) % (OPS * OPS)].fetch_add(1, Ordering::Relaxed);
}

macro_rules! counted {
    ($($(#[doc = $doc:literal])+ $name:ident($a:ident $b:ident $c:ident $d:ident) $(+($e:ident $f:ident $g:ident $h:ident))?;)*) => {
        mod counting {
            use super::*;
            raw_handlers! { [pc base p] $($name {
                count(Op::$name);
                return all::$name(pc, base, p)
            })* }
        }
        /// The counting handler of an operation.
        pub(crate) fn handler_of(op: Op) -> usize {
            let handler: Handler = match op { $(Op::$name => counting::$name,)* };
            handler as usize
        }
    };
}
for_each_op!(counted);

raw_handlers! { [pc base p]
    /// `CallNC`: natives need the handler of their kind, which is in the data unit here.
    native {
        count(Op::CallNC);
        return handler(pc.add(1))(pc, base, p)
    }
}

/// The handler for `CallNC`, and what goes into its data unit.
pub(crate) fn native_handlers(special: Option<Handler>) -> (usize, usize) {
    (native as Handler as usize, special.unwrap_or(call::CallNC as Handler) as usize)
}

/// What was counted, most frequent first.
#[derive(Clone, Debug, Default)]
pub struct OpProfile {
    pub total: u64,
    pub ops: Vec<(Op, u64)>,
    pub pairs: Vec<(Op, Op, u64)>,
}

/// Everything counted in this process so far.
pub fn op_profile() -> OpProfile {
    let mut out = OpProfile::default();
    let mut ops = [0u64; OPS];
    for (k, n) in PAIRS.iter().enumerate() {
        let n = n.load(Ordering::Relaxed);
        if n > 0 {
            ops[k % OPS] += n;
            out.total += n;
            out.pairs.push((Op::ALL[k / OPS], Op::ALL[k % OPS], n));
        }
    }
    out.ops = Op::ALL.iter().copied().zip(ops).filter(|x| x.1 > 0).collect();
    out.ops.sort_by_key(|x| std::cmp::Reverse(x.1));
    out.pairs.sort_by_key(|x| std::cmp::Reverse(x.2));
    out
}
