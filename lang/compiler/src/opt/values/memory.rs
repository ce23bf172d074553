//! What lies in memory: loads and stores that are remembered, and what keeps them true.

use super::{NOWHERE, Values};
use crate::opt::code::Node;
use crate::opt::fold;
use gol_bytecode::{Ins, Op};

/// A load that was done, a store, or an element whose address was found: operation, where, and the value.
#[derive(Clone, Copy)]
pub(super) struct Loaded {
    pub op: Op,
    at: Where,
    value: u32,
}

/// What a load or store goes by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Where {
    /// The address, or the package variable.
    ptr: u32,
    /// The index, or a field's offset.
    index: u32,
    limit: u32,
    /// A second index, or bytes between elements.
    more: u32,
}

/// Loads that are remembered.
pub(super) const LOADED_MAX: usize = 24;
impl Values<'_> {
    /// Where a load or store goes.
    fn at(&mut self, i: Ins, ptr: u16, index: u16) -> Where {
        let mut at = Where { ptr: 0, index: 0, limit: 0, more: 0 };
        match i.op {
            Op::LdG | Op::StG => at.ptr = i.cd(),
            op if is_field(op) || matches!(op, Op::StW | Op::StP) => (at.ptr, at.index) = (self.value(ptr), i.c as u32),
            _ => (at.ptr, at.index) = (self.value(ptr), self.value(index)),
        }
        match i.op {
            Op::LdArrW | Op::StArrW => at.limit = i.d as u32,
            op if is_element(op) => at.limit = self.value(ptr + 1),
            _ => {}
        }
        if matches!(i.op, Op::LdIdx2W | Op::LdIdx2U8) {
            at.more = self.value(i.d);
        }
        at
    }
    fn found(&self, op: Op, at: Where) -> Option<u32> {
        self.now.loaded.iter().find(|l| l.op == op && l.at == at).map(|l| l.value)
    }
    pub(super) fn load(&mut self, n: &mut Node) {
        let i = n.ins;
        let at = self.at(i, i.b, i.c);
        if let Some(v) = self.found(i.op, at) {
            if let Some(home) = self.holder(v) {
                n.ins = Ins::new(Op::Mov, i.a, home, 0, 0);
                return self.moved(n, v);
            }
            self.missed(v);
            n.safe |= is_field(i.op);
            return self.set(i.a, v);
        }
        if !matches!(i.op, Op::LdG) {
            n.safe |= self.fact_of(at.ptr).not_nil && is_field(i.op);
            if !is_element(i.op) {
                self.teach_not_nil(at.ptr);
            }
        }
        let v = self.fresh(i.a);
        self.made[v as usize].at = self.here;
        self.made[v as usize].fact.bits = fold::loaded_bits(i.op);
        self.set(i.a, v);
        self.remember(i.op, at, v);
    }
    /// A slice that is loaded: its words are three values in a row. One that will be taken in has no place of its own.
    pub(super) fn slice(&mut self, n: &mut Node) {
        let i = n.ins;
        let ptr = if i.op == Op::LdSl { self.value(i.b) } else { i.cd() };
        let at = Where { ptr, index: if i.op == Op::LdSl { i.c as u32 } else { 0 }, limit: 0, more: 0 };
        if i.op == Op::LdSl {
            n.safe |= self.fact_of(ptr).not_nil;
            self.teach_not_nil(ptr);
        }
        let v = match self.found(i.op, at) {
            None => {
                let home = if self.taken { NOWHERE } else { i.a };
                let v = self.fresh(home);
                (1..3).for_each(|k| _ = self.fresh(if self.taken { NOWHERE } else { i.a + k }));
                self.made[v as usize].at = self.here;
                self.remember(i.op, at, v);
                v
            }
            Some(v) if self.taken => v,
            Some(v) => {
                let home = self.made[v as usize].fact.home;
                let there = |k: u16| self.now.of.get(home as usize + k as usize) == Some(&(v + k as u32));
                if home == NOWHERE {
                    self.made[v as usize].at = self.here;
                    (0..3).for_each(|k| self.made[v as usize + k].fact.home = i.a + k as u16);
                } else if (0..3).all(there) {
                    (n.ins, n.extra) = (Ins::new(Op::Mov3, i.a, home, 0, 0), 0);
                    if home == i.a {
                        n.delete();
                    }
                } else {
                    self.missed(v);
                    n.safe = true;
                }
                v
            }
        };
        // The address may have been in the slice's own registers.
        (0..3).for_each(|k| self.set(i.a + k, v + k as u32));
    }
    /// The address of an element: where it was found before, the index is in range.
    pub(super) fn element_address(&mut self, n: &mut Node) {
        let i = n.ins;
        let (limit, more) = match i.op {
            Op::LeaIdx => (self.value(i.b + 1), i.d as u32),
            _ => (i.d as u32, n.data.ab()),
        };
        let at = Where { ptr: self.value(i.b), index: self.value(i.c), limit, more };
        if let Some(v) = self.found(i.op, at) {
            n.safe = true;
            self.now.of[i.a as usize] = v;
            if i.op == Op::LeaArr {
                // An access takes it in better than it takes an address from elsewhere.
                self.made[v as usize].fact.home = i.a;
            }
            return;
        }
        if i.op == Op::LeaArr {
            self.teach_not_nil(at.ptr);
        }
        let v = self.fresh(i.a);
        self.made[v as usize].fact.not_nil = true;
        self.set(i.a, v);
        self.remember(i.op, at, v);
    }
    fn remember(&mut self, op: Op, at: Where, value: u32) {
        if self.now.loaded.len() >= LOADED_MAX {
            self.now.loaded.remove(0);
        }
        self.now.loaded.push(Loaded { op, at, value });
    }
    /// What an instruction does to the loads that are remembered.
    pub(super) fn memory(&mut self, n: &Node) {
        let i = n.ins;
        match i.op {
            Op::StW | Op::StP | Op::St8 | Op::St16 | Op::St32 => {
                let (ptr, off) = (self.value(i.a), i.c as u32);
                // The same object's other words stay as they are; of others it is not known that they are others.
                let other = |l: &Loaded| l.at.ptr == ptr && is_field(l.op) && l.at.index != off;
                self.now.loaded.retain(|l| survives(l.op, i.op) || other(l));
                self.teach_not_nil(ptr);
                if matches!(i.op, Op::StW | Op::StP) {
                    self.stored(Op::LdW, i, i.b);
                }
            }
            Op::StIdxW | Op::StIdxP => self.stored(Op::LdIdxW, i, i.c),
            Op::StArrW => {
                self.stored(Op::LdArrW, i, i.c);
                let at = self.value(i.a);
                self.teach_not_nil(at);
            }
            Op::StG => self.stored(Op::LdG, i, i.a),
            op if keeps_memory(op) => {}
            _ => self.now.loaded.retain(|l| survives(l.op, i.op)),
        }
        if matches!(i.op, Op::ChkNil) {
            let at = self.value(i.a);
            self.teach_not_nil(at);
        }
    }
    /// A store: a load from there would give the value.
    fn stored(&mut self, load: Op, i: Ins, value: u16) {
        if load != Op::LdW {
            self.now.loaded.retain(|l| survives(l.op, i.op));
        }
        let (at, value) = (self.at(i, i.a, i.b), self.value(value));
        self.remember(load, at, value);
    }
}

/// A word (or less) behind a pointer.
fn is_field(op: Op) -> bool {
    use Op::*;
    matches!(op, LdW | LdU8 | LdI8 | LdU16 | LdI16 | LdU32 | LdI32)
}
fn is_element(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        LdIdxW | LdIdxU8 | LdIdxI8 | LdIdxU16 | LdIdxI16 | LdIdxU32 | LdIdxI32 | LdIdx2W | LdIdx2U8 | StIdxW | StIdxP
    )
}
/// What was found there holds whatever is written.
fn never_changes(op: Op) -> bool {
    matches!(op, Op::LdIdxS | Op::LeaIdx | Op::LeaArr)
}
/// What was loaded is there still after a store: nothing but slices lies where a slice does, and they are stored as a whole.
pub(super) fn survives(load: Op, store: Op) -> bool {
    never_changes(load) || matches!(load, Op::LdSl | Op::LdGSl) && stores_word(store)
}
fn stores_word(op: Op) -> bool {
    use Op::*;
    matches!(op, StW | StP | St8 | St16 | St32 | StIdxW | StIdxP | StIdx8 | StArrW | StG)
}
pub(super) fn is_load(op: Op) -> bool {
    is_field(op)
        || is_element(op) && !matches!(op, Op::StIdxW | Op::StIdxP)
        || matches!(op, Op::LdArrW | Op::LdIdxS | Op::LdG)
}
/// Writes no memory that loads see, and lets nobody else run whose writes have to be seen.
pub(super) fn keeps_memory(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        MovN | ZeroN
            | LdGN
            | LdGSl
            | CutT
            | DivI
            | RemI
            | DivU
            | RemU
            | ChkShift
            | MulAddF
            | MulSubF
            | AddF32
            | SubF32
            | MulF32
            | DivF32
            | NegF32
            | FToF32
            | F32ToF
            | IToF32
            | UToF32
            | EqS
            | FindS
            | LtS
            | LeS
            | EqIface
            | EqT
            | Jmp
            | Jnz
            | Jz
            | JeqW
            | JneW
            | JltI
            | JleI
            | JltU
            | JleU
            | JeqK
            | JneK
            | JltK
            | JleK
            | JgtK
            | JgeK
            | JeqF
            | JneF
            | JltF
            | JleF
            | JnltF
            | JnleF
            | JeqS
            | JneS
            | LdN
            | LdSl
            | Lea
            | ChkNil
            | LdIdxN
            | LdIdxSl
            | LdIdx2W
            | LdIdx2U8
            | LeaIdx
            | SliceS
            | SliceStr
            | PartS
            | PartB
            | SliceArr
            | LeaArr
            | LdRegW
            | StRegW
            | ChkIdx
            | Concat
            | RangeStr
            | RangeStrB
            | New
            | NewArr
            | MkClosure
            | MakeSlice
            | MkIface
            | Assert
            | AssertOk
            | AssertI
            | AssertIOk
            | JneType
            | Implements
            | MapLen
            | JmpTab
    )
}
