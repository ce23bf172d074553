//! Places: where a value is read from or written to.

use super::func::Loc;
use super::layout::{Mem, Num};
use super::{Em, Reg};
use crate::info::{Mode, ObjId, ObjKind, SelKind};
use crate::types::{Ty, TyId};
use gol_bytecode::{GlobalName, Op};
use gol_syntax::ast::{Expr, ExprId, UnOp};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Reg(Reg),
    /// Words at an address plus an offset in words. Nil is checked by the operation.
    Mem(Reg, u32),
    /// Words of the global area.
    Global(u32),
    /// Element of the slice in three registers.
    Elem(Reg, Reg),
    /// Element of an array in memory: address, index, length.
    Arr(Reg, Reg, u64),
    /// A whole array of packed elements behind a pointer: it may be a part of a slice, on any byte, and end on any byte.
    Packed(Reg),
}

/// Larger globals are heap objects: the global area is limited, and is searched for references as a whole.
const GLOBAL_WORDS_MAX: u32 = 1024;

impl Em<'_> {
    // ---- variables

    pub(super) fn var_place(&mut self, obj: ObjId) -> Place {
        if let Some(loc) = self.f.vars.get(obj) {
            return match loc {
                Loc::Reg(r) => Place::Reg(r),
                Loc::Box(r) => Place::Mem(r, 0),
            };
        }
        match self.info.obj(obj).kind {
            ObjKind::Global => self.global_place(obj),
            // A local of a function that is not being emitted cannot be reached by a checked program.
            _ => Place::Reg(self.f.alloc(0)),
        }
    }
    fn global_place(&mut self, obj: ObjId) -> Place {
        let g = self.global(obj);
        if self.words(self.obj_ty(obj)) <= GLOBAL_WORDS_MAX {
            return Place::Global(g);
        }
        let t = self.f.alloc(1);
        self.f.wide(Op::LdG, t, 0, g);
        Place::Mem(t, 0)
    }
    fn global(&mut self, obj: ObjId) -> u32 {
        if let Some(&g) = self.st.globals.get(&obj) {
            return g;
        }
        // A global without words has an address too.
        let mut n = self.words(self.obj_ty(obj)).max(1);
        if n > GLOBAL_WORDS_MAX {
            n = 1;
            self.st.large.push(obj);
        }
        let g = self.prog.globals;
        self.prog.globals = g.saturating_add(n);
        self.st.globals.insert(obj, g);
        let (name, pos) = (self.func_name(obj), self.info.obj(obj).span.lo);
        let ty = self.obj_ty(obj);
        let in_place = n > 1 && super::layout::has_arrays(self.types, ty);
        let ty = if in_place { self.type_id(ty) } else { 0 };
        self.prog.global_names.push(GlobalName { first: g, words: n, name, pos, ty });
        g
    }
    /// The register of a local that is not boxed.
    pub(super) fn reg_var(&self, e: ExprId) -> Option<Reg> {
        let e = self.strip(e);
        let Some(&o) = self.info.uses.get(&e) else {
            return match *self.ast.expr(e) {
                Expr::Unary(UnOp::Deref, x) => self.held(x),
                _ => None,
            };
        };
        match self.f.vars.get(o)? {
            Loc::Reg(r) => Some(r),
            Loc::Box(_) => None,
        }
    }
    pub(super) fn strip(&self, mut e: ExprId) -> ExprId {
        while let Expr::Paren(x) = self.ast.expr(e) {
            e = *x;
        }
        e
    }

    // ---- addresses

    /// Keeps the word offset within an instruction's field.
    fn near(&mut self, addr: Reg, off: u32) -> (Reg, u32) {
        if off <= 0xffff {
            return (addr, off);
        }
        self.f.emit(Op::ChkNil, addr, 0, 0, 0);
        let t = self.f.alloc(1);
        self.load_word(t, off as u64 * 8);
        self.f.emit(Op::AddI, t, addr, t, 0);
        (t, 0)
    }
    /// The address of a place that has one.
    pub(super) fn addr_to(&mut self, p: Place, ty: TyId, dst: Reg) {
        match p {
            Place::Mem(r, off) => {
                let (r, off) = self.near(r, off);
                self.f.emit(Op::Lea, dst, r, off, 0);
            }
            Place::Packed(r) => self.f.emit(Op::Lea, dst, r, 0, 0),
            Place::Global(g) => self.f.wide(Op::LeaG, dst, 0, g),
            Place::Elem(s, i) => {
                let stride = self.stride(ty);
                if stride <= 0xffff {
                    self.f.emit(Op::LeaIdx, dst, s, i, stride);
                } else {
                    // Slicing one element checks the index against the capacity, so the length is checked first.
                    self.wide_elem(s, i, stride, dst);
                }
            }
            Place::Arr(a, i, len) => {
                let stride = self.stride(ty);
                if len <= 0xffff {
                    self.f.emit(Op::LeaArr, dst, a, i, len as u32);
                    self.f.data2(stride, 0);
                } else {
                    self.f.emit(Op::ChkNil, a, 0, 0, 0);
                    let t = self.f.alloc(3);
                    self.f.emit(Op::Mov, t, a, 0, 0);
                    self.load_word(t + 1, len);
                    self.load_word(t + 2, len);
                    if stride <= 0xffff {
                        self.f.emit(Op::LeaIdx, dst, t, i, stride);
                    } else {
                        self.wide_elem(t, i, stride, dst);
                    }
                }
            }
            // Registers have no address: a copy in memory (values that are only read).
            Place::Reg(r) => {
                let t = self.new_object(ty);
                self.store(Place::Mem(t, 0), ty, r);
                self.mov(dst, t, 1);
            }
        }
    }
    /// Address of an element of more than 64 KiB: the stride does not fit into `LeaIdx`.
    fn wide_elem(&mut self, s: Reg, i: Reg, stride: u32, dst: Reg) {
        let t = self.f.alloc(4);
        // Index check by the address of a one-byte element.
        self.f.emit(Op::LeaIdx, t, s, i, 1);
        self.load_word(t + 1, stride as u64);
        self.f.emit(Op::MulI, t + 1, t + 1, i, 0);
        self.f.emit(Op::AddI, dst, s, t + 1, 0);
    }
    pub(super) fn addr(&mut self, p: Place, ty: TyId) -> Reg {
        if let Place::Mem(r, 0) | Place::Packed(r) = p {
            return r;
        }
        let t = self.f.alloc(1);
        self.addr_to(p, ty, t);
        t
    }
    /// What a pointer points to.
    pub(super) fn deref(&self, r: Reg, ty: TyId) -> Place {
        match *self.types.under(ty) {
            Ty::Array(_, elem) if super::layout::packed(self.types, elem).is_some() => Place::Packed(r),
            _ => Place::Mem(r, 0),
        }
    }
    /// Copies the elements of a packed array, exactly its bytes.
    fn copy_packed(&mut self, dst: Reg, src: Reg, ty: TyId) {
        let Ty::Array(n, elem) = *self.types.under(ty) else { return };
        let back = self.backing(elem);
        let mark = self.f.next;
        let t = self.f.alloc(7);
        for (slice, addr) in [(t, dst), (t + 3, src)] {
            self.f.emit(Op::ChkNil, addr, 0, 0, 0);
            self.mov(slice, addr, 1);
            self.load_word(slice + 1, n);
            self.load_word(slice + 2, n);
        }
        self.f.emit(Op::CopyS, t + 6, t, t + 3, back);
        self.f.next = mark;
    }
    /// A part of an aggregate, `off` words into it.
    pub(super) fn part(&mut self, p: Place, whole: TyId, off: u32) -> Place {
        match p {
            Place::Reg(r) => Place::Reg(r + off),
            Place::Mem(r, o) => Place::Mem(r, o.saturating_add(off)),
            Place::Global(g) => Place::Global(g + off),
            Place::Elem(..) | Place::Arr(..) | Place::Packed(_) => Place::Mem(self.addr(p, whole), off),
        }
    }

    // ---- loads and stores

    pub(super) fn mov(&mut self, dst: Reg, src: Reg, words: u32) {
        if dst == src {
            return;
        }
        match words {
            0 => {}
            1 => self.f.emit(Op::Mov, dst, src, 0, 0),
            3 => self.f.emit(Op::Mov3, dst, src, 0, 0),
            n => self.f.emit(Op::MovN, dst, src, n, 0),
        }
    }
    /// Sign extension of a narrow signed word whose upper half is not to be trusted.
    fn trust(&mut self, dst: Reg, src: Reg, ty: TyId) {
        match self.num(ty) {
            Num::Int(8) => self.f.emit(Op::Sext8, dst, src, 0, 0),
            Num::Int(16) => self.f.emit(Op::Sext16, dst, src, 0, 0),
            Num::Int(32) => self.f.emit(Op::Sext32, dst, src, 0, 0),
            Num::Int(_) | Num::Uint(_) | Num::F64 | Num::F32 | Num::Complex(_) | Num::Str | Num::Other => {
                let n = self.words(ty);
                self.mov(dst, src, n);
            }
        }
    }
    pub(super) fn is_narrow_signed(&self, ty: TyId) -> bool {
        matches!(self.num(ty), Num::Int(8 | 16 | 32))
    }
    /// Reads the place into `dst`. A narrow signed word in registers is taken as a part of an aggregate: only its low bytes count.
    pub(super) fn load_to(&mut self, p: Place, ty: TyId, dst: Reg) {
        match p {
            Place::Reg(r) => self.trust(dst, r, ty),
            Place::Global(g) => {
                match self.words(ty) {
                    0 => {}
                    1 => self.f.wide(Op::LdG, dst, 0, g),
                    n => match self.slice_stride(ty) {
                        Some(stride) => self.f.wide(Op::LdGSl, dst, stride, g),
                        None => {
                            self.f.wide(Op::LdGN, dst, n, g);
                            self.cut(dst, ty);
                        }
                    },
                }
                if self.is_narrow_signed(ty) {
                    self.trust(dst, dst, ty);
                }
            }
            Place::Mem(r, off) => self.load_mem(r, off, ty, dst),
            Place::Packed(r) => {
                if self.words(ty) == 0 {
                    return self.f.emit(Op::ChkNil, r, 0, 0, 0);
                }
                let t = self.new_object(ty);
                self.copy_packed(t, r, ty);
                self.load_mem(t, 0, ty, dst);
            }
            Place::Elem(s, i) => {
                let op = match self.mem(ty) {
                    Mem::Word | Mem::Ptr | Mem::Block(1, _) => Op::LdIdxW,
                    Mem::U8 => Op::LdIdxU8,
                    Mem::I8 => Op::LdIdxI8,
                    Mem::U16 => Op::LdIdxU16,
                    Mem::I16 => Op::LdIdxI16,
                    Mem::U32 => Op::LdIdxU32,
                    Mem::I32 => Op::LdIdxI32,
                    Mem::Block(n, _) => match self.slice_stride(ty) {
                        Some(stride) => return self.f.emit(Op::LdIdxSl, dst, s, i, stride),
                        None => {
                            self.f.emit(Op::LdIdxN, dst, s, i, n);
                            return self.cut(dst, ty);
                        }
                    },
                };
                self.f.emit(op, dst, s, i, 0);
            }
            Place::Arr(a, i, len) => {
                if len <= 0xffff && matches!(self.mem(ty), Mem::Word | Mem::Ptr | Mem::Block(1, _)) {
                    self.f.emit(Op::LdArrW, dst, a, i, len as u32);
                } else {
                    let t = self.addr(p, ty);
                    self.load_mem(t, 0, ty, dst);
                }
            }
        }
    }
    fn load_mem(&mut self, r: Reg, off: u32, ty: TyId, dst: Reg) {
        let (r, off) = self.near(r, off);
        let op = match self.mem(ty) {
            Mem::Word | Mem::Ptr | Mem::Block(1, _) => Op::LdW,
            Mem::U8 => Op::LdU8,
            Mem::I8 => Op::LdI8,
            Mem::U16 => Op::LdU16,
            Mem::I16 => Op::LdI16,
            Mem::U32 => Op::LdU32,
            Mem::I32 => Op::LdI32,
            Mem::Block(0, _) => return self.f.emit(Op::ChkNil, r, 0, 0, 0),
            Mem::Block(n, _) => match self.slice_stride(ty) {
                Some(stride) => return self.f.emit(Op::LdSl, dst, r, off, stride),
                None => {
                    self.f.emit(Op::LdN, dst, r, off, n);
                    return self.cut(dst, ty);
                }
            },
        };
        self.f.emit(op, dst, r, off, 0);
    }
    /// Bytes between the elements of a slice type that one operation loads. A slice of nothing needs no care.
    fn slice_stride(&mut self, ty: TyId) -> Option<u32> {
        let Ty::Slice(elem) = *self.types.under(ty) else { return None };
        Some(self.stride(elem)).filter(|stride| (1..=0xffff).contains(stride))
    }
    /// Behind a load of several words from memory that other goroutines may write meanwhile: no slice of the value shall reach out
    /// of its array.
    pub(super) fn cut(&mut self, dst: Reg, ty: TyId) {
        if super::layout::has_slices(self.types, ty) {
            let t = self.type_id(ty);
            self.f.emit(Op::CutT, dst, 0, 0, t);
        }
    }
    /// The value of a place in registers, without a move when it is there already.
    pub(super) fn load(&mut self, p: Place, ty: TyId) -> Reg {
        if let Place::Reg(r) = p
            && !self.is_narrow_signed(ty)
            && !self.st.plain
        {
            return r;
        }
        let n = self.words(ty);
        let dst = self.f.alloc(n);
        self.load_to(p, ty, dst);
        dst
    }
    pub(super) fn store(&mut self, p: Place, ty: TyId, src: Reg) {
        match p {
            Place::Reg(r) => {
                let n = self.words(ty);
                self.mov(r, src, n);
            }
            Place::Packed(r) => {
                if self.words(ty) == 0 {
                    return self.f.emit(Op::ChkNil, r, 0, 0, 0);
                }
                let t = self.new_object(ty);
                self.store(Place::Mem(t, 0), ty, src);
                self.copy_packed(r, t, ty);
            }
            Place::Global(g) => match self.words(ty) {
                0 => {}
                1 => self.f.wide(Op::StG, src, 0, g),
                n => self.f.wide(Op::StGN, src, n, g),
            },
            Place::Mem(r, off) => {
                let (r, off) = self.near(r, off);
                let op = match self.mem(ty) {
                    Mem::Word | Mem::Block(1, false) => Op::StW,
                    Mem::Ptr | Mem::Block(1, true) => Op::StP,
                    Mem::U8 | Mem::I8 => Op::St8,
                    Mem::U16 | Mem::I16 => Op::St16,
                    Mem::U32 | Mem::I32 => Op::St32,
                    Mem::Block(0, _) => return self.f.emit(Op::ChkNil, r, 0, 0, 0),
                    Mem::Block(n, false) => return self.f.emit(Op::StN, r, src, off, n),
                    Mem::Block(n, true) => return self.f.emit(Op::StNP, r, src, off, n),
                };
                self.f.emit(op, r, src, off, 0);
            }
            Place::Elem(s, i) => {
                let op = match self.mem(ty) {
                    Mem::Word | Mem::Block(1, false) => Op::StIdxW,
                    Mem::Ptr | Mem::Block(1, true) => Op::StIdxP,
                    Mem::U8 | Mem::I8 => Op::StIdx8,
                    Mem::U16 | Mem::I16 => Op::StIdx16,
                    Mem::U32 | Mem::I32 => Op::StIdx32,
                    Mem::Block(n, _) => return self.f.emit(Op::StIdxN, s, i, src, n),
                };
                self.f.emit(op, s, i, src, 0);
            }
            Place::Arr(a, i, len) => {
                if len <= 0xffff && matches!(self.mem(ty), Mem::Word | Mem::Block(1, false)) {
                    self.f.emit(Op::StArrW, a, i, src, len as u32);
                } else {
                    let t = self.addr(p, ty);
                    self.store(Place::Mem(t, 0), ty, src);
                }
            }
        }
    }
    /// Copies a value between places; large ones without going through registers.
    pub(super) fn copy(&mut self, dst: Place, src: Place, ty: TyId) {
        let n = self.words(ty);
        let regs = matches!(dst, Place::Reg(_)) || matches!(src, Place::Reg(_));
        let packed = matches!(dst, Place::Packed(_)) || matches!(src, Place::Packed(_));
        if packed && n > 0 && !regs {
            let a = self.addr(dst, ty);
            let b = self.addr(src, ty);
            self.copy_packed(a, b, ty);
        } else if n > super::layout::REG_WORDS_MAX && !regs {
            let a = self.addr(dst, ty);
            let b = self.addr(src, ty);
            self.f.emit(Op::CopyMem, a, b, 0, 0);
            self.f.data2(n, 0);
        } else {
            let r = self.load(src, ty);
            self.store(dst, ty, r);
        }
    }

    // ---- expressions that denote places

    /// The place that an operand denotes, or its value in registers: what field selection and indexing start from.
    pub(super) fn operand_place(&mut self, e: ExprId) -> Place {
        let e = self.selector(self.strip(e));
        if let Some(&r) = self.f.given.get(&e) {
            return Place::Reg(r);
        }
        if let Some(&r) = self.f.kept.get(&e) {
            let ty = self.ty(e);
            return self.deref(r, ty);
        }
        match self.ast.expr(e) {
            Expr::Name(_) => match self.info.uses.get(&e) {
                Some(&o) if matches!(self.info.obj(o).kind, ObjKind::Global | ObjKind::Local) => self.var_place(o),
                _ => Place::Reg(self.expr(e)),
            },
            Expr::Select(x, _) => {
                if let Some(&o) = self.info.uses.get(&e) {
                    return match self.info.obj(o).kind {
                        ObjKind::Global => self.var_place(o),
                        _ => Place::Reg(self.expr(e)),
                    };
                }
                match self.selection(e) {
                    Some(s) if s.kind == SelKind::Field => {
                        let (p, ty) = self.start(*x, s.recv);
                        self.walk(p, ty, &s.path).0
                    }
                    _ => Place::Reg(self.expr(e)),
                }
            }
            Expr::Index(x, ix) if ix.len() == 1 && self.named_func(e).is_none() => self.index_place(e, *x, ix[0]),
            Expr::Unary(UnOp::Deref, x) if let Some(r) = self.held(*x) => Place::Reg(r),
            Expr::Unary(UnOp::Deref, x) => {
                let r = self.expr(*x);
                let ty = self.ty(e);
                self.deref(r, ty)
            }
            Expr::CompLit(..) if self.is_array(self.ty(e)) => Place::Mem(self.literal_object(e), 0),
            _ => Place::Reg(self.expr(e)),
        }
    }
    pub(super) fn is_array(&self, ty: TyId) -> bool {
        matches!(self.types.under(ty), Ty::Array(..))
    }
    /// From a value of type `ty` along field indices; pointers on the way are dereferenced. Gives the field's type, too.
    pub(super) fn walk(&mut self, mut p: Place, mut ty: TyId, path: &[u32]) -> (Place, TyId) {
        for &i in path {
            if let Ty::Pointer(t) = *self.types.under(ty) {
                let r = self.load(p, ty);
                p = Place::Mem(r, 0);
                ty = t;
            }
            let (off, fty) = self.field(ty, i);
            p = self.part(p, ty, off);
            ty = fty;
        }
        (p, ty)
    }
    /// The expression denotes memory (or a variable), not a computed value.
    pub(super) fn is_place(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        !self.f.given.contains_key(&e)
            && self.info.expr(e).is_some_and(|i| i.mode == Mode::Var)
            && match self.ast.expr(e) {
                Expr::Name(_) | Expr::Select(..) | Expr::Unary(UnOp::Deref, _) | Expr::Index(..) => true,
                Expr::Bad
                | Expr::Lit(_)
                | Expr::Str(_)
                | Expr::Interp(_)
                | Expr::Paren(_)
                | Expr::FuncLit(..)
                | Expr::CompLit(..)
                | Expr::SliceExpr(..)
                | Expr::TypeAssert(..)
                | Expr::Call(..)
                | Expr::Unary(..)
                | Expr::Binary(..)
                | Expr::Array(..)
                | Expr::Slice(_)
                | Expr::Map(..)
                | Expr::Chan(..)
                | Expr::Func(_)
                | Expr::Struct(_)
                | Expr::Interface(_) => false,
            }
    }

    // ---- objects

    /// A new zeroed object of the type; its address.
    pub(super) fn new_object(&mut self, ty: TyId) -> Reg {
        let dst = self.f.alloc(1);
        self.new_object_to(ty, dst);
        dst
    }
    pub(super) fn new_object_to(&mut self, ty: TyId, dst: Reg) {
        if let Ty::Array(n, elem) = *self.types.under(ty)
            && self.words(ty) > 0
        {
            let back = self.backing(elem);
            self.f.wide(Op::NewArr, dst, 0, back);
            self.f.data2(n.min(u32::MAX as u64) as u32, 0);
        } else {
            let t = self.type_id(ty);
            self.f.wide(Op::New, dst, 0, t);
        }
    }
}
