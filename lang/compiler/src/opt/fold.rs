//! Arithmetic on known values: what results are, and simpler instructions for the same.

use super::code::{NONE, Node};
use super::values::{Fact, Values};
use gol_bytecode::{Const, Ins, Op, Program};

const NOTHING: Fact = Fact::UNKNOWN;

/// Bits of an unsigned value.
fn bits_of(v: i64) -> u8 {
    64 - (v as u64).leading_zeros() as u8
}

/// Bits that a load leaves.
pub(super) fn loaded_bits(op: Op) -> u8 {
    match op {
        Op::LdU8 | Op::LdIdxU8 | Op::LdIdxS => 8,
        Op::LdU16 | Op::LdIdxU16 => 16,
        Op::LdU32 | Op::LdIdxU32 => 32,
        _ => 64,
    }
}

/// What is known of an operation's result.
pub(super) fn result(v: &mut Values, i: Ins) -> Fact {
    use Op::*;
    match i.op {
        LoadI => Fact { known: Some(i.cd() as i32 as i64), bits: bits_of(i.cd() as i32 as i64), ..NOTHING },
        LoadK => v.constant(i.cd()).map_or(NOTHING, |k| Fact { known: Some(k), bits: bits_of(k), ..NOTHING }),
        LeaG => Fact { not_nil: true, ..NOTHING },
        _ => Fact { bits: bits(i, |r| v.fact(r).bits, |_| None), ..NOTHING },
    }
}

/// A word among the constants.
pub(super) fn word(p: &Program, id: u32) -> Option<i64> {
    match p.consts.get(id as usize) {
        Some(Const::Word(w)) => Some(*w as i64),
        _ => None,
    }
}

/// Writes one register, and [`bits`] tells how wide.
pub(super) fn makes_one(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Mov | LoadI
            | LoadK
            | EqW
            | NeW
            | LtI
            | LeI
            | LtU
            | LeU
            | EqF
            | NeF
            | LtF
            | LeF
            | Not
            | LenS
            | Zext8
            | Zext16
            | Zext32
            | RotLK32
            | AndK
            | And
            | Or
            | Xor
            | AndNot
            | ShrUK
            | ShrIK
            | ShrU
            | ShlK
            | AddI
            | AddK
            | MulI
            | MulK
            | RemK
            | DivK
            | LdU8
            | LdU16
            | LdU32
            | LdIdxU8
            | LdIdxU16
            | LdIdxU32
            | LdIdxS
    )
}

/// Bits of an operation's result, as an unsigned number, from those of its operands.
pub(super) fn bits(i: Ins, mut of: impl FnMut(u16) -> u8, word: impl Fn(u32) -> Option<i64>) -> u8 {
    use Op::*;
    let k = i.c as i16;
    let bits = match i.op {
        Mov => of(i.b),
        LoadI => bits_of(i.cd() as i32 as i64),
        LoadK => word(i.cd()).map_or(64, bits_of),
        EqW | NeW | LtI | LeI | LtU | LeU | EqF | NeF | LtF | LeF | Not => 1,
        // Lengths are positive.
        LenS => 63,
        Zext8 => of(i.b).min(8),
        Zext16 => of(i.b).min(16),
        Zext32 => of(i.b).min(32),
        RotLK32 => 32,
        AndK if k >= 0 => of(i.b).min(bits_of(k as i64)),
        And => of(i.b).min(of(i.c)),
        Or | Xor => of(i.b).max(of(i.c)),
        AndNot => of(i.b),
        ShrUK => of(i.b).saturating_sub(i.c as u8),
        ShrIK if of(i.b) < 64 => of(i.b).saturating_sub(i.c as u8),
        ShrU => of(i.b),
        ShlK => of(i.b).saturating_add(i.c as u8),
        AddI => of(i.b).max(of(i.c)).saturating_add(1),
        AddK if k >= 0 => of(i.b).max(bits_of(k as i64)).saturating_add(1),
        MulI => of(i.b).saturating_add(of(i.c)),
        MulK if k >= 0 => of(i.b).saturating_add(bits_of(k as i64)),
        RemK if k > 0 && of(i.b) < 64 => bits_of(k as i64 - 1),
        DivK if k > 0 && of(i.b) < 64 => of(i.b),
        LdU8 | LdU16 | LdU32 | LdIdxU8 | LdIdxU16 | LdIdxU32 | LdIdxS => loaded_bits(i.op),
        _ => 64,
    };
    bits.min(64)
}

fn small(k: i64) -> Option<u16> {
    i16::try_from(k).ok().map(|k| k as u16)
}

/// Replaces an instruction by a simpler one that does the same.
pub(super) fn simplify(v: &mut Values, n: &mut Node) {
    let i = n.ins;
    match i.op {
        Op::ChkNil if v.fact(i.a).not_nil => return n.delete(),
        Op::Lea if i.c == 0 && v.fact(i.b).not_nil => return n.ins = Ins::new(Op::Mov, i.a, i.b, 0, 0),
        _ if n.to != NONE => return branch(v, n),
        op if !is_folded(op) => return,
        _ => {}
    }
    if let Some(k) = evaluate(v, i) {
        if let Ok(k) = i32::try_from(k) {
            n.ins = Ins::wide(Op::LoadI, i.a, 0, k as u32);
        }
        return;
    }
    if let Some(new) = immediate(v, i).or_else(|| needless(v, i)).or_else(|| rotation(v, i)).or_else(|| again(v, i)) {
        n.ins = new;
    }
}

/// What the functions below look at, but for branches.
fn is_folded(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        AddI | SubI
            | MulI
            | DivI
            | RemI
            | DivU
            | RemU
            | And
            | Or
            | Xor
            | AndNot
            | Shl
            | ShrI
            | ShrU
            | AddK
            | MulK
            | DivK
            | RemK
            | AndK
            | ShlK
            | ShrIK
            | ShrUK
            | NegI
            | Com
            | Zext8
            | Zext16
            | Zext32
            | Sext8
            | Sext16
            | Sext32
            | LdArrW
            | StArrW
    )
}

/// The value of an operation on known values.
fn evaluate(v: &mut Values, i: Ins) -> Option<i64> {
    use Op::*;
    let k = i.c as i16 as i64;
    let one = |v: &mut Values| v.known(i.b);
    Some(match i.op {
        AddI => one(v)?.wrapping_add(v.known(i.c)?),
        SubI => one(v)?.wrapping_sub(v.known(i.c)?),
        MulI => one(v)?.wrapping_mul(v.known(i.c)?),
        And => one(v)? & v.known(i.c)?,
        Or => one(v)? | v.known(i.c)?,
        Xor => one(v)? ^ v.known(i.c)?,
        AndNot => one(v)? & !v.known(i.c)?,
        AddK => one(v)?.wrapping_add(k),
        MulK => one(v)?.wrapping_mul(k),
        AndK => one(v)? & k,
        ShlK => one(v)? << (i.c & 63),
        ShrIK => one(v)? >> (i.c & 63),
        ShrUK => (one(v)? as u64 >> (i.c & 63)) as i64,
        NegI => one(v)?.wrapping_neg(),
        Com => !one(v)?,
        Zext8 => one(v)? as u8 as i64,
        Zext16 => one(v)? as u16 as i64,
        Zext32 => one(v)? as u32 as i64,
        Sext8 => one(v)? as i8 as i64,
        Sext16 => one(v)? as i16 as i64,
        Sext32 => one(v)? as i32 as i64,
        _ => return None,
    })
}

/// The form with an immediate operand.
fn immediate(v: &mut Values, i: Ins) -> Option<Ins> {
    use Op::*;
    let k3 = |op: Op, b: u16, k: u16| Some(Ins::new(op, i.a, b, k, 0));
    let count = |v: &mut Values| v.known(i.c).filter(|k| (0..64).contains(k)).map(|k| k as u16);
    match i.op {
        AddI => match v.known(i.c).and_then(small) {
            Some(k) => k3(AddK, i.b, k),
            None => k3(AddK, i.c, v.known(i.b).and_then(small)?),
        },
        SubI => k3(AddK, i.b, v.known(i.c).and_then(|k| small(k.checked_neg()?))?),
        MulI => match v.known(i.c).and_then(small) {
            Some(k) => k3(MulK, i.b, k),
            None => k3(MulK, i.c, v.known(i.b).and_then(small)?),
        },
        And => match v.known(i.c).and_then(small) {
            Some(k) => k3(AndK, i.b, k),
            None => k3(AndK, i.c, v.known(i.b).and_then(small)?),
        },
        Shl => k3(ShlK, i.b, count(v)?),
        ShrI => k3(ShrIK, i.b, count(v)?),
        ShrU => k3(ShrUK, i.b, count(v)?),
        DivI => k3(DivK, i.b, v.known(i.c).filter(|k| !matches!(k, 0 | -1)).and_then(small)?),
        RemI => k3(RemK, i.b, v.known(i.c).filter(|k| !matches!(k, 0 | -1)).and_then(small)?),
        DivU if v.fact(i.b).bits < 64 => k3(DivK, i.b, v.known(i.c).filter(|k| *k > 0).and_then(small)?),
        RemU if v.fact(i.b).bits < 64 => k3(RemK, i.b, v.known(i.c).filter(|k| *k > 0).and_then(small)?),
        _ => None,
    }
}

/// Operations that change nothing.
fn needless(v: &mut Values, i: Ins) -> Option<Ins> {
    use Op::*;
    let nothing = match i.op {
        Zext8 => v.fact(i.b).bits <= 8,
        Zext16 => v.fact(i.b).bits <= 16,
        Zext32 => v.fact(i.b).bits <= 32,
        Sext8 => v.fact(i.b).bits < 8,
        Sext16 => v.fact(i.b).bits < 16,
        Sext32 => v.fact(i.b).bits < 32,
        AddK | ShlK | ShrIK | ShrUK => i.c == 0,
        MulK => i.c == 1,
        AndK if i.c as i16 > 0 => {
            let mask = i.c as i64;
            mask & (mask + 1) == 0 && v.fact(i.b).bits <= bits_of(mask)
        }
        _ => false,
    };
    if nothing {
        return Some(Ins::new(Mov, i.a, i.b, 0, 0));
    }
    let index = |v: &mut Values, reg: u16| v.known(reg).filter(|k| (0..i.d as i64).contains(k)).map(|k| k as u16);
    match i.op {
        LdArrW => Some(Ins::new(LdW, i.a, i.b, index(v, i.c)?, 0)),
        StArrW => Some(Ins::new(StW, i.a, i.c, index(v, i.b)?, 0)),
        MulK if (i.c as i16) > 0 && (i.c as i16 as u64).is_power_of_two() => {
            Some(Ins::new(ShlK, i.a, i.b, i.c.trailing_zeros() as u16, 0))
        }
        // Of a number that is not negative.
        DivK if (i.c as i16) > 0 && (i.c as i16 as u64).is_power_of_two() && v.fact(i.b).bits < 64 => {
            Some(Ins::new(ShrUK, i.a, i.b, i.c.trailing_zeros() as u16, 0))
        }
        RemK if (i.c as i16) > 0 && (i.c as i16 as u64).is_power_of_two() && v.fact(i.b).bits < 64 => {
            Some(Ins::new(AndK, i.a, i.b, i.c - 1, 0))
        }
        _ => None,
    }
}

/// A sum with a constant of such a sum, and what is left without the bits of another value.
fn again(v: &mut Values, i: Ins) -> Option<Ins> {
    match i.op {
        Op::AddK => {
            let x = v.value(i.b);
            let first = v.made(x);
            let home = (first.op == Op::AddK).then(|| v.holder(first.from))??;
            let sum = small(first.by as i16 as i64 + i.c as i16 as i64)?;
            Some(if sum == 0 { Ins::new(Op::Mov, i.a, home, 0, 0) } else { Ins::new(Op::AddK, i.a, home, sum, 0) })
        }
        Op::And => without(v, i.a, i.b, i.c).or_else(|| without(v, i.a, i.c, i.b)),
        _ => None,
    }
}

/// `x & ^y`, where `^y` may have been cut to a width that `x` has.
fn without(v: &mut Values, dst: u16, x: u16, not: u16) -> Option<Ins> {
    let bits = v.fact(x).bits;
    let not = v.value(not);
    let mut made = v.made(not);
    let width = match made.op {
        Op::Zext8 => 8,
        Op::Zext16 => 16,
        Op::Zext32 => 32,
        _ => 64,
    };
    if width < 64 {
        made = v.made(made.from);
    }
    let home = (made.op == Op::Com && bits <= width).then(|| v.holder(made.from))??;
    Some(Ins::new(Op::AndNot, dst, x, home, 0))
}

/// `x << k | x >> (n - k)`.
fn rotation(v: &mut Values, i: Ins) -> Option<Ins> {
    if !matches!(i.op, Op::Or | Op::Xor | Op::AddI) {
        return None;
    }
    let (x, y) = (v.value(i.b), v.value(i.c));
    turn(v, i.a, x, y).or_else(|| turn(v, i.a, y, x))
}

/// A value shifted left, and one shifted right.
fn turn(v: &Values, dst: u16, left: u32, right: u32) -> Option<Ins> {
    let (mut l, r) = (v.made(left), v.made(right));
    let narrow = l.op == Op::Zext32;
    if narrow {
        l = v.made(l.from);
    }
    if l.op != Op::ShlK || r.op != Op::ShrUK || l.from != r.from {
        return None;
    }
    let home = v.holder(l.from)?;
    match (narrow, l.by + r.by) {
        (false, 64) => Some(Ins::new(Op::RotLK, dst, home, l.by, 0)),
        (true, 32) if v.value_bits(l.from) <= 32 => Some(Ins::new(Op::RotLK32, dst, home, l.by, 0)),
        _ => None,
    }
}

/// Branches on known values, and their forms with immediates.
fn branch(v: &mut Values, n: &mut Node) {
    use Op::*;
    let i = n.ins;
    let flip = |op: Op, a: u16, k: u16| Some((op, a, k));
    let unsigned = |v: &mut Values| v.fact(i.a).bits < 64 && v.fact(i.b).bits < 64;
    let right = |v: &mut Values| v.known(i.b).and_then(small);
    let left = |v: &mut Values| v.known(i.a).and_then(small);
    let new = match i.op {
        JeqW => right(v).and_then(|k| flip(JeqK, i.a, k)).or_else(|| flip(JeqK, i.b, left(v)?)),
        JeqWB => right(v).and_then(|k| flip(JeqKB, i.a, k)).or_else(|| flip(JeqKB, i.b, left(v)?)),
        JneW => right(v).and_then(|k| flip(JneK, i.a, k)).or_else(|| flip(JneK, i.b, left(v)?)),
        JneWB => right(v).and_then(|k| flip(JneKB, i.a, k)).or_else(|| flip(JneKB, i.b, left(v)?)),
        JltI => right(v).and_then(|k| flip(JltK, i.a, k)).or_else(|| flip(JgtK, i.b, left(v)?)),
        JltIB => right(v).and_then(|k| flip(JltKB, i.a, k)).or_else(|| flip(JgtKB, i.b, left(v)?)),
        JleI => right(v).and_then(|k| flip(JleK, i.a, k)).or_else(|| flip(JgeK, i.b, left(v)?)),
        JleIB => right(v).and_then(|k| flip(JleKB, i.a, k)).or_else(|| flip(JgeKB, i.b, left(v)?)),
        JltU if unsigned(v) => right(v).and_then(|k| flip(JltK, i.a, k)).or_else(|| flip(JgtK, i.b, left(v)?)),
        JltUB if unsigned(v) => right(v).and_then(|k| flip(JltKB, i.a, k)).or_else(|| flip(JgtKB, i.b, left(v)?)),
        JleU if unsigned(v) => right(v).and_then(|k| flip(JleK, i.a, k)).or_else(|| flip(JgeK, i.b, left(v)?)),
        JleUB if unsigned(v) => right(v).and_then(|k| flip(JleKB, i.a, k)).or_else(|| flip(JgeKB, i.b, left(v)?)),
        _ => None,
    };
    if let Some((op, a, k)) = new {
        (n.ins.op, n.ins.a, n.ins.b) = (op, a, k);
    }
    let i = n.ins;
    let k = i.b as i16 as i64;
    let (taken, back) = match i.op {
        Jz | JzB => (v.known(i.a).map(|a| a == 0).or_else(|| v.fact(i.a).not_nil.then_some(false)), i.op == JzB),
        Jnz | JnzB => (v.known(i.a).map(|a| a != 0).or_else(|| v.fact(i.a).not_nil.then_some(true)), i.op == JnzB),
        JeqK | JeqKB => (v.known(i.a).map(|a| a == k), i.op == JeqKB),
        JneK | JneKB => (v.known(i.a).map(|a| a != k), i.op == JneKB),
        JltK | JltKB => (v.known(i.a).map(|a| a < k), i.op == JltKB),
        JleK | JleKB => (v.known(i.a).map(|a| a <= k), i.op == JleKB),
        JgtK | JgtKB => (v.known(i.a).map(|a| a > k), i.op == JgtKB),
        JgeK | JgeKB => (v.known(i.a).map(|a| a >= k), i.op == JgeKB),
        _ => return,
    };
    match taken {
        Some(true) => n.ins = Ins::new(if back { JmpB } else { Jmp }, 0, 0, 0, 0),
        Some(false) => n.delete(),
        None => {}
    }
}
