//! Neighbouring instructions for which the machine has one.
//!
//! The first makes a value that only the second looks at. Nothing lies between them, so what fails still fails in the same order.

use super::code::{NONE, Node};
use super::live::{Known, Live};
use gol_bytecode::program::{Kind, TypeDesc};
use gol_bytecode::{Ins, Op, Program};

/// Two neighbours, and what is wanted behind them.
struct Pair<'a> {
    live: &'a Live<'a>,
    wanted: &'a [u8],
    /// The first one and the second one.
    j: Node,
    k: Node,
}

/// What takes the place of the second one.
struct Fused {
    ins: Ins,
    data: Option<Ins>,
}

fn one(op: Op, a: u16, b: u16, c: u16, d: u16) -> Option<Fused> {
    Some(Fused { ins: Ins::new(op, a, b, c, d), data: None })
}

/// Joins the instruction with the one before it (which goes); false when there is nothing to join.
pub(super) fn fuse(live: &Live, nodes: &mut [Node], from: usize, k: usize, wanted: &[u8]) -> bool {
    if nodes[k].pinned || nodes[k].leader {
        return false;
    }
    let Some(j) = before(nodes, from, k) else { return false };
    if updates(live, nodes, from, j, k, wanted)
        || field_element(live, nodes, from, k, wanted)
        || field_append(live, nodes, from, j, k, wanted)
        || string_field(live, nodes, from, j, k, wanted)
        || swap(live, nodes, from, j, k, wanted)
        || counts(nodes, from, j, k)
    {
        return true;
    }
    let pair = Pair { live, wanted, j: nodes[j], k: nodes[k] };
    let fused = pair
        .arithmetic()
        .or_else(|| pair.branch())
        .or_else(|| pair.load())
        .or_else(|| pair.store())
        .or_else(|| pair.element())
        .or_else(|| pair.constant())
        .or_else(|| pair.moves());
    let Some(f) = fused else { return false };
    nodes[j].gone = true;
    let n = &mut nodes[k];
    n.ins = f.ins;
    n.extra = f.data.is_some() as u16;
    if let Some(data) = f.data {
        n.data = data;
    }
    true
}

/// The instruction before, in the same block.
fn before(nodes: &[Node], from: usize, k: usize) -> Option<usize> {
    let j = (from..k).rev().find(|&j| !nodes[j].gone)?;
    (!nodes[j].pinned && nodes[j].to == NONE).then_some(j)
}

/// `m += x` in memory: load, sum, store.
fn updates(live: &Live, nodes: &mut [Node], from: usize, j: usize, k: usize, wanted: &[u8]) -> bool {
    let Some(h) = before(nodes, from, j) else { return false };
    let (l, s, st) = (nodes[h].ins, nodes[j].ins, nodes[k].ins);
    let field = (l.op, st.op) == (Op::LdW, Op::StW) && l.b == st.a && l.c == st.c;
    let element = (l.op, st.op) == (Op::LdIdxW, Op::StIdxW) && l.b == st.a && l.c == st.b;
    let (t, u) = (l.a, s.a);
    let value = if field { st.b } else { st.c };
    if !field && !element || value != u || nodes[j].leader || nodes[h].ins.op.data_roles().is_some() {
        return false;
    }
    let free = |r: u16| wanted[r as usize] == 0 && !live.is_fixed(r);
    // Neither may be part of the address.
    let address = |r: u16| if field { r == l.b } else { r == l.c || r >= l.b && r - l.b < 3 };
    if !free(t) || !free(u) || address(t) || address(u) {
        return false;
    }
    let x = if s.b == t { s.c } else { s.b };
    let ins = match s.op {
        Op::AddK if s.b == t && field => Ins::new(Op::IncM, l.b, s.c, l.c, 0),
        Op::AddK if s.b == t => Ins::new(Op::IncIdx, l.b, l.c, s.c, 0),
        Op::MulAddF if field && t == u && s.b != t && s.c != t => Ins::new(Op::MulAddMF, l.b, s.b, s.c, l.c),
        Op::MulSubF if field && t == u && s.b != t && s.c != t => Ins::new(Op::MulSubMF, l.b, s.b, s.c, l.c),
        Op::AddI | Op::AddF if (s.b == t || s.c == t) && x != t => {
            let op = match (s.op, field) {
                (Op::AddI, true) => Op::AddM,
                (Op::AddI, false) => Op::AddIdxM,
                (_, true) => Op::AddMF,
                (_, false) => Op::AddIdxMF,
            };
            if field { Ins::new(op, l.b, x, l.c, 0) } else { Ins::new(op, l.b, l.c, x, 0) }
        }
        _ => return false,
    };
    (nodes[h].gone, nodes[j].gone) = (true, true);
    nodes[k].ins = ins;
    true
}

/// `p.s[p.i]`: a string and an index that were loaded from the same object for one byte.
fn string_field(live: &Live, nodes: &mut [Node], from: usize, j: usize, k: usize, wanted: &[u8]) -> bool {
    let (byte, l2) = (nodes[k].ins, nodes[j].ins);
    if (byte.op, l2.op) != (Op::LdIdxS, Op::LdW) || nodes[j].leader {
        return false;
    }
    let Some(h) = before(nodes, from, j) else { return false };
    let l1 = nodes[h].ins;
    if l1.op != Op::LdW || l1.b != l2.b || l1.a == l1.b || l1.a == l2.a {
        return false;
    }
    let (s, at) = match (byte.b, byte.c) {
        (s, at) if s == l1.a && at == l2.a => (l1, l2),
        (s, at) if s == l2.a && at == l1.a => (l2, l1),
        _ => return false,
    };
    let free = |r: u16| (wanted[r as usize] == 0 || byte.a == r) && !live.is_fixed(r);
    if !free(l1.a) || !free(l2.a) {
        return false;
    }
    (nodes[h].gone, nodes[j].gone) = (true, true);
    nodes[k].ins = Ins::new(Op::LdFldIdxS, byte.a, l1.b, s.c, at.c);
    true
}

/// `a[i], b[j] = b[j], a[i]`: two loads, two stores.
fn swap(live: &Live, nodes: &mut [Node], from: usize, j: usize, k: usize, wanted: &[u8]) -> bool {
    let (s2, s1) = (nodes[k].ins, nodes[j].ins);
    let (load, swap) = match s2.op {
        Op::StIdxW => (Op::LdIdxW, Op::SwpIdxW),
        Op::StIdx8 => (Op::LdIdxU8, Op::SwpIdx8),
        _ => return false,
    };
    if s1.op != s2.op || nodes[j].leader {
        return false;
    }
    let Some(g) = before(nodes, from, j).filter(|g| !nodes[*g].leader) else { return false };
    let Some(f) = before(nodes, from, g) else { return false };
    let (l1, l2) = (nodes[f].ins, nodes[g].ins);
    if (l1.op, l2.op) != (load, load) {
        return false;
    }
    let (t, u) = (l1.a, l2.a);
    let stores = |s: Ins, l: Ins, v: u16| (s.a, s.b, s.c) == (l.b, l.c, v);
    // Which store comes first makes no difference: for the same place both values are the same.
    let crossed = stores(s1, l1, u) && stores(s2, l2, t) || stores(s1, l2, t) && stores(s2, l1, u);
    let free = |r: u16| wanted[r as usize] == 0 && !live.is_fixed(r);
    let apart_from = |r: u16| [l1, l2].iter().all(|l| r != l.c && apart(r, l.b, 3));
    if !crossed || t == u || !free(t) || !free(u) || !apart_from(t) || !apart_from(u) {
        return false;
    }
    [f, g, j].into_iter().for_each(|n| nodes[n].gone = true);
    nodes[k].ins = Ins::new(swap, l1.b, l1.c, l2.b, l2.c);
    true
}

/// The farthest that a short offset reaches, with room.
const NEAR: u32 = 32_000;

/// `i += k` at the bottom of a loop, in front of the test or of another such step: `while i < n`.
fn counts(nodes: &mut [Node], from: usize, j: usize, k: usize) -> bool {
    let test = nodes[k].ins;
    let op = match test.op {
        Op::JltIB => Op::AddKJltB,
        Op::JleIB => Op::AddKJleB,
        _ => return false,
    };
    let (i, limit) = (test.a, test.b);
    let steps = |n: Ins| n.op == Op::AddK && n.a == i && n.b == i;
    let at = match nodes[j].ins {
        n if steps(n) => j,
        // Both only add to a register of their own.
        n if n.op == Op::AddK && n.a != i && n.b != i && !nodes[j].leader => match before(nodes, from, j) {
            Some(h) if steps(nodes[h].ins) => h,
            _ => return false,
        },
        _ => return false,
    };
    let far = nodes[k].at - nodes[nodes[k].to as usize].at > NEAR;
    if i == limit || far {
        return false;
    }
    let by = nodes[at].ins.c;
    nodes[at].gone = true;
    nodes[k].ins = Ins::new(op, i, limit, by, 0);
    true
}

/// Instructions that the slice may be loaded behind instead of before.
const BETWEEN: usize = 6;

/// An element of a slice that was loaded from a field for it alone.
fn field_element(live: &Live, nodes: &mut [Node], from: usize, k: usize, wanted: &[u8]) -> bool {
    use Op::*;
    let i = nodes[k].ins;
    let (s, load) = match i.op {
        LdIdxW | LdIdxU8 => (i.b, true),
        StIdxW | StIdx8 | JnzIdx8 | JzIdx8 => (i.a, false),
        _ => return false,
    };
    let index = if load { i.c } else { i.b };
    let tests = matches!(i.op, JnzIdx8 | JzIdx8);
    let free = |r: u16| (wanted[r as usize] == 0 || load && i.a == r) && !live.is_fixed(r);
    if !(s..s + 3).all(free) || !apart(index, s, 3) || !load && !tests && !apart(i.c, s, 3) {
        return false;
    }
    let Some(h) = loaded_for(live, nodes, from, k, s) else { return false };
    let l = nodes[h].ins;
    let ins = match (l.op, i.op) {
        (LdSl, LdIdxW) => Ins::new(LdFldIdxW, i.a, l.b, index, l.c),
        (LdSl, LdIdxU8) => Ins::new(LdFldIdxU8, i.a, l.b, index, l.c),
        (LdSl, StIdxW) => Ins::new(StFldIdxW, l.b, index, i.c, l.c),
        (LdSl, JnzIdx8) => Ins::new(JnzFldIdx8, l.b, index, l.c, 0),
        (LdSl, JzIdx8) => Ins::new(JzFldIdx8, l.b, index, l.c, 0),
        (_, JnzIdx8) => Ins::wide(JnzGIdx8, index, 0, l.cd()),
        (_, JzIdx8) => Ins::wide(JzGIdx8, index, 0, l.cd()),
        (LdSl, _) => Ins::new(StFldIdx8, l.b, index, i.c, l.c),
        (_, LdIdxW) => Ins::wide(LdGIdxW, i.a, index, l.cd()),
        (_, LdIdxU8) => Ins::wide(LdGIdxU8, i.a, index, l.cd()),
        (_, StIdxW) => Ins::wide(StGIdxW, index, i.c, l.cd()),
        (_, _) => Ins::wide(StGIdx8, index, i.c, l.cd()),
    };
    nodes[h].gone = true;
    nodes[k].ins = ins;
    true
}

/// `x.f = append(x.f, …)`: a slice that is loaded from a field, appended to and stored there.
fn field_append(live: &Live, nodes: &mut [Node], from: usize, j: usize, k: usize, wanted: &[u8]) -> bool {
    use Op::*;
    let (app, st) = (nodes[j].ins, nodes[k].ins);
    let (s, p, off) = (app.a, st.a, st.c);
    let (op, operand, n) = match app.op {
        AppendV if app.b == 0 => (AppFldV, app.c, 1),
        AppendS => (AppFldS, app.b, 3),
        AppendStr => (AppFldStr, app.b, 1),
        _ => return false,
    };
    if st.op != StNP || st.d != 3 || st.b != s || nodes[j].leader {
        return false;
    }
    let one_word = |t: &TypeDesc| t.kind == Kind::Packed || t.words == 1;
    if op == AppFldV && !live.p.types.get(app.d as usize).is_some_and(one_word) {
        return false;
    }
    let free = |r: u16| wanted[r as usize] == 0 && !live.is_fixed(r);
    let clear = |r: u16| apart(r, s, 3);
    if !(s..s + 3).all(free) || !(operand..operand + n).all(clear) || !clear(p) {
        return false;
    }
    let Some(h) = loaded_for(live, nodes, from, j, s) else { return false };
    let l = nodes[h].ins;
    if (l.op, l.b, l.c) != (LdSl, p, off) {
        return false;
    }
    (nodes[h].gone, nodes[j].gone) = (true, true);
    nodes[k].ins = Ins::new(op, p, off, operand, app.d);
    true
}

/// Will the operation that reads the slice which the first of these loads, `k` of the function, take that in?
pub(super) fn takes_slice(p: &Program, known: &mut Known, nodes: &[Node], k: usize) -> bool {
    use Op::*;
    let s = nodes[0].ins.a;
    let behind = nodes.iter().enumerate().skip(1).filter(|(_, n)| !n.gone).take(BETWEEN + 1);
    for (d, n) in behind {
        if known.of(p, k + d, n).reads.hits(s) {
            return matches!(
                n.ins.op,
                LdIdxW | LdIdxU8 | StIdxW | StIdx8 | JnzIdx8 | JzIdx8 | AppendV | AppendS | AppendStr
            );
        }
    }
    false
}

/// The load of the three words from `s` on, when it may as well stand at `k`: nothing in between writes memory or fails first.
fn loaded_for(live: &Live, nodes: &[Node], from: usize, k: usize, s: u16) -> Option<usize> {
    let mut between = vec![];
    for j in (from..k).rev().filter(|&j| !nodes[j].gone) {
        let n = &nodes[j];
        let e = live.known(j);
        let whole = matches!(n.ins.op, Op::LdSl | Op::LdGSl) && n.ins.a == s;
        if whole {
            let base = n.ins.b;
            let harmless = |at: usize| {
                let m = &nodes[at];
                let kept = n.ins.op == Op::LdGSl || !live.known(at).writes.hits(base);
                let same = m.ins.op == Op::LdW && m.ins.b == base && n.ins.op == Op::LdSl;
                kept && (n.safe || n.ins.op == Op::LdGSl || same || super::live::is_pure(m))
            };
            // The slice's own registers may hold the address.
            let own = n.ins.op == Op::LdSl && !apart(base, s, 3);
            return (!own && between.iter().all(|&m| harmless(m))).then_some(j);
        }
        let touches = (s..s + 3).any(|r| e.reads.hits(r) || e.writes.hits(r));
        let quiet = super::live::is_pure(n) || matches!(n.ins.op, Op::LdW | Op::LdIdxW | Op::LdIdxU8);
        if touches || !quiet || n.pinned || between.len() >= BETWEEN {
            return None;
        }
        between.push(j);
    }
    None
}

impl Pair<'_> {
    /// The first one's result is not looked at behind the second one, which writes `over` (or nothing).
    fn only(&self, over: Option<u16>) -> bool {
        let t = self.j.ins.a;
        (over == Some(t) || self.wanted[t as usize] == 0) && !self.live.is_fixed(t)
    }
    /// Operands b and c of the second one, the first one's result first; `None` when it is not exactly one of them.
    fn operand(&self) -> Option<u16> {
        let (t, k) = (self.j.ins.a, self.k.ins);
        match (k.b == t, k.c == t) {
            (true, false) => Some(k.c),
            (false, true) => Some(k.b),
            _ => None,
        }
    }

    fn arithmetic(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        let narrow = match (j.op, k.op) {
            (AddI, Zext32) => Some(AddZ32),
            (SubI, Zext32) => Some(SubZ32),
            (MulI, Zext32) => Some(MulZ32),
            (AddK, Zext32) => Some(AddKZ32),
            (ShlK, Zext32) => Some(ShlKZ32),
            (AddK, Zext8) => Some(AddKZ8),
            _ => None,
        };
        if let Some(op) = narrow {
            return (k.b == j.a && self.only(Some(k.a))).then(|| one(op, k.a, j.b, j.c, 0))?;
        }
        if k.op == AddK && k.b == j.a && matches!(j.op, AddI | SubI) && self.only(Some(k.a)) {
            return one(if j.op == AddI { AddIK } else { SubIK }, k.a, j.b, j.c, k.c);
        }
        if !matches!(k.op, AddI | SubI | AddF | SubF | AddF32) || !self.only(Some(k.a)) {
            return None;
        }
        let x = self.operand()?;
        match (j.op, k.op) {
            (AddK, AddI) => one(AddIK, k.a, j.b, x, j.c),
            (AddK, SubI) if k.b == j.a => one(SubIK, k.a, j.b, x, j.c),
            (AddK, SubI) => one(SubIK, k.a, x, j.b, (j.c as i16).checked_neg()? as u16),
            (MulI, AddI) => one(MulAddI, k.a, j.b, j.c, x),
            (MulK, AddI) => one(MulKAddI, k.a, j.b, x, j.c),
            (AddI, AddI) => one(AddI3, k.a, j.b, j.c, x),
            (MulF, AddF) if x != k.a => one(MulFAddF, k.a, j.b, j.c, x),
            (MulF32, AddF32) => one(MulFAddF32, k.a, j.b, j.c, x),
            (MulF, SubF) if k.b == j.a => one(MulFSubF, k.a, j.b, j.c, x),
            (MulF, AddF) => one(MulAddF, k.a, j.b, j.c, 0),
            _ => None,
        }
    }

    fn branch(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        if self.k.to == NONE || !matches!(j.op, AndK | RemK | LenS | LdW) || !self.only(None) {
            return None;
        }
        let zero = match k.op {
            JeqK if k.b == 0 => Some((JntstK, JzM)),
            JeqKB if k.b == 0 => Some((JntstKB, JzMB)),
            JneK if k.b == 0 => Some((JtstK, JnzM)),
            JneKB if k.b == 0 => Some((JtstKB, JnzMB)),
            Jz => Some((JntstK, JzM)),
            JzB => Some((JntstKB, JzMB)),
            Jnz => Some((JtstK, JnzM)),
            JnzB => Some((JtstKB, JnzMB)),
            _ => None,
        };
        let power = (j.c as i16) > 1 && j.c.is_power_of_two();
        match (j.op, k.op, zero) {
            (AndK, _, Some((test, _))) if k.a == j.a => one(test, j.b, j.c, 0, 0),
            // Whether it is a multiple hangs on the low bits alone, whatever its sign.
            (RemK, _, Some((test, _))) if k.a == j.a && power => one(test, j.b, j.c - 1, 0, 0),
            (LdW, _, Some((_, test))) if k.a == j.a => one(test, j.b, j.c, 0, 0),
            (LenS, JleI, _) if k.a == j.a && k.b != j.a => one(JgeLenS, k.b, j.b, 0, 0),
            (LenS, JleIB, _) if k.a == j.a && k.b != j.a => one(JgeLenSB, k.b, j.b, 0, 0),
            (LenS, JltI, _) if k.b == j.a && k.a != j.a => one(JltLenS, k.a, j.b, 0, 0),
            (LenS, JltIB, _) if k.b == j.a && k.a != j.a => one(JltLenSB, k.a, j.b, 0, 0),
            _ => None,
        }
    }

    /// A load whose value goes into one operation.
    fn load(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        if !matches!(j.op, LdW | LdIdxW | LdIdxU8) {
            return None;
        }
        if (j.op, k.op) == (LdW, LdW) && k.b == j.a && self.only(Some(k.a)) {
            return one(LdWW, k.a, j.b, j.c, k.c);
        }
        if k.op == MulAddF && j.op == LdIdxW && k.a != j.a && self.only(None) {
            return one(MulAddIdxF, k.a, self.operand()?, j.b, j.c);
        }
        if !matches!(k.op, AddI | SubI | AddF | SubF | MulF) || !self.only(Some(k.a)) {
            return None;
        }
        let x = self.operand()?;
        let op = match (j.op, k.op) {
            (LdW, AddI) => AddLdW,
            (LdW, SubI) if k.c == j.a => SubLdW,
            (LdW, AddF) => AddLdF,
            (LdW, SubF) if k.c == j.a => SubLdF,
            (LdW, MulF) => MulLdF,
            (LdIdxW, AddI) => AddIdx,
            (LdIdxU8, AddI) => AddIdxU8,
            (LdIdxW, AddF) => AddIdxF,
            (LdIdxW, MulF) => MulIdxF,
            _ => return None,
        };
        one(op, k.a, x, j.b, j.c)
    }

    /// An index with an offset, a row that is taken for one store.
    fn store(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        let t = j.a;
        match (j.op, k.op) {
            (AddK, LdIdxW) if k.c == t && apart(t, k.b, 3) && self.only(Some(k.a)) => one(LdIdxKW, k.a, k.b, j.b, j.c),
            (AddK, LdIdxU8) if k.c == t && apart(t, k.b, 3) && self.only(Some(k.a)) => {
                one(LdIdxKU8, k.a, k.b, j.b, j.c)
            }
            (AddK, LdIdxS) if k.c == t && k.b != t && self.only(Some(k.a)) => one(LdIdxKS, k.a, k.b, j.b, j.c),
            (AddK, StIdxW) if k.b == t && k.c != t && apart(t, k.a, 3) && self.only(None) => {
                one(StIdxKW, k.a, j.b, k.c, j.c)
            }
            (LdIdxW, StIdxW) if k.c == t && k.b != t && apart(t, k.a, 3) && self.only(None) => {
                one(CpyIdxW, k.a, k.b, j.b, j.c)
            }
            (LdIdxSl, StIdxW) if k.a == t && apart(k.b, t, 3) && apart(k.c, t, 3) => {
                let free = (t..t + 3).all(|r| self.wanted[r as usize] == 0 && !self.live.is_fixed(r));
                free.then(|| one(StIdx2W, j.b, j.c, k.b, k.c))?
            }
            _ => None,
        }
    }

    /// The address of an element that is used once.
    fn element(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        let t = j.a;
        let load = matches!(k.op, LdW | LdU8 | LdU32 | LdI32 | LdArrW | LdArrU8) && k.b == t;
        let store = matches!(k.op, StW | St8 | St32 | StArrW | StArr8) && k.a == t && k.b != t && k.c != t;
        if !load && !store || load && k.op != LdW && matches!(k.op, LdArrW | LdArrU8) && k.c == t {
            return None;
        }
        if !self.only(load.then_some(k.a)) {
            return None;
        }
        match j.op {
            LeaIdx => {
                let (words, off) = (j.d / 8, k.c);
                let fits = j.d.is_multiple_of(8) && words < 256 && off < 256;
                match k.op {
                    LdW if fits => one(LdIdxFld, k.a, j.b, j.c, words << 8 | off),
                    StW if fits => one(StIdxFld, j.b, j.c, k.b, words << 8 | off),
                    _ => None,
                }
            }
            LeaArr => self.array(self.j.data),
            _ => None,
        }
    }
    fn array(&self, stride: Ins) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        let bytes = stride.ab();
        let two = |op: Op, a: u16, b: u16, c: u16, d: u16, len: u16| {
            let e = Ins::new(Data, j.d, u16::try_from(bytes).ok()?, len, 0);
            Some(Fused { ins: Ins::new(op, a, b, c, d), data: Some(e) })
        };
        match k.op {
            LdW if k.c == 0 && bytes == 8 => one(LdArrW, k.a, j.b, j.c, j.d),
            LdU8 if k.c == 0 && bytes == 1 => one(LdArrU8, k.a, j.b, j.c, j.d),
            LdU32 if k.c == 0 && bytes == 4 => one(LdArrU32, k.a, j.b, j.c, j.d),
            LdI32 if k.c == 0 && bytes == 4 => one(LdArrI32, k.a, j.b, j.c, j.d),
            St8 if k.c == 0 && bytes == 1 => one(StArr8, j.b, j.c, k.b, j.d),
            St32 if k.c == 0 && bytes == 4 => one(StArr32, j.b, j.c, k.b, j.d),
            LdArrW => two(LdArr2W, k.a, j.b, j.c, k.c, k.d),
            LdArrU8 => two(LdArr2U8, k.a, j.b, j.c, k.c, k.d),
            StArrW => two(StArr2W, j.b, j.c, k.b, k.c, k.d),
            StArr8 => two(StArr28, j.b, j.c, k.b, k.c, k.d),
            _ => None,
        }
    }

    /// An index that is a constant, a byte that is only asked for.
    fn constant(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        let t = j.a;
        let index = || u16::try_from(j.cd() as i32).ok();
        match (j.op, k.op) {
            (LoadI, LdIdxW) if k.c == t && apart(t, k.b, 3) && self.only(Some(k.a)) => {
                one(LdIdxC, k.a, k.b, index()?, 0)
            }
            (LoadI, StIdxW) if k.b == t && k.c != t && apart(t, k.a, 3) && self.only(None) => {
                one(StIdxC, k.a, index()?, k.c, 0)
            }
            (LdIdxU8, Jnz | Jz) if k.a == t && self.only(None) => {
                let op = if k.op == Jnz { JnzIdx8 } else { JzIdx8 };
                Some(Fused { ins: Ins::new(op, j.b, j.c, 0, 0), data: Some(Ins::new(Data, 0, 0, 0, 0)) })
            }
            _ => None,
        }
    }

    fn moves(&self) -> Option<Fused> {
        use Op::*;
        let (j, k) = (self.j.ins, self.k.ins);
        match (j.op, k.op) {
            (LoadI, Ret1) if k.a == j.a => Some(Fused { ins: Ins::wide(RetK, 0, 0, j.cd()), data: None }),
            (Mov, Call) if j.a > k.a && j.b < k.a && !self.has_shortcut(k.cd()) => {
                let data = Ins::new(Data, k.a, j.b, j.a, 0);
                Some(Fused { ins: Ins { op: CallMov, ..k }, data: Some(data) })
            }
            _ => None,
        }
    }
    /// The machine knows quicker ways for calls of the methods of locks.
    fn has_shortcut(&self, callee: u32) -> bool {
        self.live.p.funcs.get(callee as usize).is_none_or(|f| f.name.starts_with("sync."))
    }
}

/// The register lies outside of so many from another one on.
fn apart(reg: u16, first: u16, n: u16) -> bool {
    reg < first || reg - first >= n
}
