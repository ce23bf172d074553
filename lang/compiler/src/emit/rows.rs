//! Rows that a loop keeps: `a[i]` of a slice of slices (or the address, of an array of arrays), in an innermost loop that changes neither
//! `a` nor `i`, is looked up in front of it.
//!
//! Looking up must not fail before the loop would, so the index is compared first. When it is out of range (or the object nil that
//! has `a` for a field), another form of the loop runs, emitted as the text says: what fails there fails where and how it would.
//!
//! Nothing in the loop may write a slice to memory: it calls nothing, and what it stores are numbers, booleans and strings. Other
//! goroutines that write the row meanwhile race with the loop.

use super::func::Loc;
use super::inline::DEPTH_MAX;
use super::layout::Num;
use super::loops::LoopBody;
use super::place::Place;
use super::{Em, Reg};
use crate::info::{Builtin, Mode, ObjId, ObjKind, SelKind};
use crate::types::{Ty, TyId};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, BlockId, Expr, ExprId, ForHeader, Stmt, StmtId, UnOp};

/// Rows that one loop keeps; each needs three registers.
const ROWS_MAX: usize = 4;
/// Expressions in a loop that is emitted twice.
const SIZE_MAX: usize = 100;
/// A loop of so many iterations at most is over before it pays.
const FEW: i64 = 4;

/// What tells rows apart: the variable, its field, and the index, a variable and what is added.
type RowKey = (ObjId, Option<u32>, Option<ObjId>, i64);

/// A row, and the expressions that mean it.
struct Row {
    key: RowKey,
    /// An array among arrays: its address is kept.
    array: bool,
    uses: Vec<ExprId>,
}

/// What was seen in a loop.
#[derive(Default)]
struct Seen {
    rows: Vec<Row>,
    /// Variables that it assigns or declares.
    changed: Vec<ObjId>,
    /// Bodies of calls that are being looked at.
    bodies: usize,
}

impl<'a> Em<'a> {
    /// The loop with its rows looked up in front of it; false when it has none.
    pub(super) fn loop_with_rows(&mut self, s: StmtId, h: &ForHeader, body: BlockId) -> bool {
        let rows = self.rows(h, body);
        if rows.is_empty() {
            return false;
        }
        let (other, end) = (self.f.label(), self.f.label());
        for row in &rows {
            let r = self.f.alloc(if row.array { 1 } else { 3 });
            self.look_up(row, r, other);
            let kept = if row.array { &mut self.f.kept } else { &mut self.f.given };
            kept.extend(row.uses.iter().map(|e| (*e, r)));
        }
        self.for_loop(h, LoopBody::Block(s, body));
        for e in rows.iter().flat_map(|r| &r.uses) {
            self.f.given.remove(e);
            self.f.kept.remove(e);
        }
        self.f.goto(end);
        self.f.bind(other);
        self.for_loop(h, LoopBody::Block(s, body));
        self.f.bind(end);
        true
    }
    /// The row goes to `r`, unless something would fail.
    fn look_up(&mut self, row: &Row, r: Reg, other: super::func::Label) {
        let e = row.uses[0];
        let Expr::Index(x, ref ix) = *self.ast.expr(e) else { return };
        let (index, ty) = (ix[0], self.ty(e));
        let mark = self.f.next;
        self.f.pos = self.ast.expr_span(e).lo;
        if let Expr::Select(p, _) = *self.ast.expr(self.strip(x))
            && matches!(self.types.under(self.ty(p)), Ty::Pointer(_))
        {
            let p = self.expr(p);
            self.f.jump(Op::JeqK, p, 0, other);
        }
        if let Some((array, len, _)) = self.array_behind(self.ty(x)).filter(|_| row.array) {
            if let Ty::Pointer(_) = self.types.under(self.ty(x)) {
                let p = self.expr(x);
                self.f.jump(Op::JeqK, p, 0, other);
            }
            let (i, limit) = (self.expr(index), self.f.alloc(1));
            self.load_word(limit, len);
            self.f.jump(Op::JleU, limit, i, other);
            let place = self.array_place(x, self.ty(x), array);
            let at = self.addr(place, array);
            self.addr_to(Place::Arr(at, i, len), ty, r);
        } else {
            let rows = self.expr(x);
            let i = self.expr(index);
            self.f.jump(Op::JleU, rows + 1, i, other);
            self.load_to(Place::Elem(rows, i), ty, r);
        }
        self.f.next = mark;
    }

    // ---- what a loop does

    fn rows(&mut self, h: &ForHeader, body: BlockId) -> Vec<Row> {
        let none = vec![];
        if self.st.plain || !self.f.inlining.is_empty() || self.f.pending_label.is_some() || !self.has_rows(body) {
            return none;
        }
        let mut seen = Seen::default();
        let calm = match h {
            ForHeader::Cond(c) => self.calm_cond(*c, &mut seen),
            ForHeader::Three(init, c, post) => {
                !self.ends_soon(self.header_expr(*c))
                    && init.is_none_or(|s| self.calm_stmt(s, &mut seen))
                    && self.calm_cond(*c, &mut seen)
                    && post.is_none_or(|s| self.calm_stmt(s, &mut seen))
            }
            ForHeader::Range { vars, define, over } => {
                let counts = match self.types.under(self.ty(*over)) {
                    Ty::Slice(_) => true,
                    Ty::Basic(_) => self.int_const(*over).is_none_or(|n| n > FEW),
                    _ => false,
                };
                counts
                    && self.calm_expr(*over, &mut seen)
                    && vars.iter().all(|v| self.may_be_written(*v, *define, &mut seen))
            }
        };
        if !calm || !self.calm_block(body, &mut seen) {
            return none;
        }
        let Seen { mut rows, changed, .. } = seen;
        rows.retain(|r| {
            let (x, _, i, _) = r.key;
            !changed.contains(&x) && i.is_none_or(|i| !changed.contains(&i))
        });
        rows.truncate(ROWS_MAX);
        rows
    }
    /// Worth a closer look: small, with an index of an index.
    fn has_rows(&self, body: BlockId) -> bool {
        let exprs = self.ast.exprs_in(self.ast.block(body).span);
        let twice = |e: ExprId| match *self.ast.expr(e) {
            Expr::Index(x, _) => matches!(self.ast.expr(self.strip(x)), Expr::Index(..)),
            _ => false,
        };
        exprs.len() <= SIZE_MAX && exprs.map(ExprId::new).any(twice)
    }
    fn ends_soon(&self, cond: Option<ExprId>) -> bool {
        let Some(c) = cond else { return false };
        match *self.ast.expr(self.strip(c)) {
            Expr::Binary(BinOp::Lt | BinOp::Le | BinOp::Ne, _, y) => self.int_const(y).is_some_and(|n| n <= FEW),
            _ => false,
        }
    }
    fn calm_cond(&mut self, c: Option<StmtId>, seen: &mut Seen) -> bool {
        match (c, self.header_expr(c)) {
            (None, _) => true,
            (Some(_), Some(e)) => self.calm_expr(e, seen),
            (Some(_), None) => false,
        }
    }
    fn calm_block(&mut self, b: BlockId, seen: &mut Seen) -> bool {
        let ast = self.ast;
        ast.block(b).stmts.iter().all(|s| self.calm_stmt(*s, seen))
    }
    /// The statement calls nothing and writes no slice to memory.
    fn calm_stmt(&mut self, s: StmtId, seen: &mut Seen) -> bool {
        let ast = self.ast;
        match ast.stmt(s) {
            Stmt::Assign(l, r) => self.calm_exprs(r, seen) && l.iter().all(|x| self.may_be_written(*x, false, seen)),
            Stmt::Define(l, r) => self.calm_exprs(r, seen) && l.iter().all(|x| self.may_be_written(*x, true, seen)),
            Stmt::OpAssign(_, l, r) => self.calm_expr(*r, seen) && self.may_be_written(*l, false, seen),
            Stmt::IncDec(_, x) => self.may_be_written(*x, false, seen),
            Stmt::Block(b) => self.calm_block(*b, seen),
            Stmt::If(h, then, els) => {
                h.init.is_none_or(|s| self.calm_stmt(s, seen))
                    && self.calm_cond(h.cond, seen)
                    && self.calm_block(*then, seen)
                    && els.is_none_or(|s| self.calm_stmt(s, seen))
            }
            Stmt::Return(list) => self.calm_exprs(list, seen),
            Stmt::Break(_) | Stmt::Continue(_) => true,
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Var(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Exprs(_)
            | Stmt::Send(..)
            | Stmt::Labeled(..)
            | Stmt::Go(_)
            | Stmt::GoBlock(_)
            | Stmt::Defer(_)
            | Stmt::DeferBlock(_)
            | Stmt::Par(_)
            | Stmt::ParFor(_)
            | Stmt::After(_)
            | Stmt::Goto(_)
            | Stmt::Fallthrough
            | Stmt::For(..)
            | Stmt::Switch(..)
            | Stmt::Select(_) => false,
        }
    }
    /// What is assigned to is a variable in registers, or a place for a value that is no slice and has none in it.
    fn may_be_written(&mut self, x: ExprId, define: bool, seen: &mut Seen) -> bool {
        let x = self.strip(x);
        if self.is_blank(x) {
            return true;
        }
        if let Expr::Name(_) = *self.ast.expr(x) {
            let new = self.info.defs.get(&self.ast.expr_span(x).lo).filter(|_| define);
            let Some(&o) = new.or_else(|| self.info.uses.get(&x)) else { return false };
            seen.changed.push(o);
            if new.is_some() || matches!(self.f.vars.get(o), Some(Loc::Reg(_))) {
                return true;
            }
        }
        self.is_scalar(self.ty(x)) && self.calm_expr(x, seen)
    }
    fn is_scalar(&self, ty: TyId) -> bool {
        match self.num(ty) {
            Num::Int(_) | Num::Uint(_) | Num::F64 | Num::F32 | Num::Complex(_) | Num::Str => true,
            Num::Other => matches!(self.types.under(ty), Ty::Basic(_)),
        }
    }
    fn calm_exprs(&mut self, list: &[ExprId], seen: &mut Seen) -> bool {
        list.iter().all(|e| self.calm_expr(*e, seen))
    }
    fn calm_expr(&mut self, e: ExprId, seen: &mut Seen) -> bool {
        if self.value(e).is_some() {
            return true;
        }
        let ast = self.ast;
        match *ast.expr(e) {
            Expr::Name(_) => true,
            Expr::Paren(x) => self.calm_expr(x, seen),
            Expr::Unary(op, x) => !matches!(op, UnOp::Recv | UnOp::Addr) && self.calm_expr(x, seen),
            Expr::Binary(..) => {
                let mut x = e;
                while let Expr::Binary(_, l, r) = *ast.expr(x) {
                    if !self.calm_expr(r, seen) {
                        return false;
                    }
                    x = l;
                }
                self.calm_expr(x, seen)
            }
            Expr::Select(x, _) => {
                self.selection(e).is_some_and(|s| s.kind == SelKind::Field) && self.calm_expr(x, seen)
            }
            Expr::Index(x, ref ix) => {
                let [i] = ix[..] else { return false };
                if matches!(self.types.under(self.ty(x)), Ty::Map(..))
                    || !self.calm_expr(x, seen)
                    || !self.calm_expr(i, seen)
                {
                    return false;
                }
                self.note_row(e, x, i, seen);
                true
            }
            Expr::SliceExpr(x, ix, _) => {
                self.calm_expr(x, seen) && ix.into_iter().flatten().all(|i| self.calm_expr(i, seen))
            }
            Expr::Call(fun, ref args, spread) => {
                if !self.calm_exprs(args, seen) {
                    return false;
                }
                match self.info.expr(fun).map(|i| i.mode) {
                    Some(Mode::Type) => {
                        return self.is_scalar(self.ty(e)) && args.iter().all(|x| self.is_scalar(self.ty(*x)));
                    }
                    Some(Mode::Builtin(b)) => {
                        return matches!(b, Builtin::Len | Builtin::Cap | Builtin::Min | Builtin::Max);
                    }
                    _ => {}
                }
                if self.intrinsic(fun).is_some() {
                    return args.iter().all(|x| self.is_scalar(self.ty(*x)));
                }
                let Some(body) = self.inlined_block(fun, args, spread).filter(|_| seen.bodies < DEPTH_MAX) else {
                    return false;
                };
                // Rows of its own are not looked for.
                let rows = std::mem::take(&mut seen.rows);
                seen.bodies += 1;
                let calm = self.calm_block(body, seen);
                seen.bodies -= 1;
                seen.rows = rows;
                calm
            }
            Expr::Bad
            | Expr::Lit(_)
            | Expr::Str(_)
            | Expr::Interp(_)
            | Expr::FuncLit(..)
            | Expr::CompLit(..)
            | Expr::TypeAssert(..)
            | Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => false,
        }
    }

    // ---- rows

    fn note_row(&mut self, e: ExprId, x: ExprId, i: ExprId, seen: &mut Seen) {
        let slices = |em: &Self, e: ExprId| matches!(em.types.under(em.ty(e)), Ty::Slice(_));
        let array = self.array_behind(self.ty(x)).is_some() && self.is_array(self.ty(e));
        let row = array || slices(self, x) && slices(self, e);
        if !row || seen.bodies > 0 || self.f.given.contains_key(&e) {
            return;
        }
        // A constant index of an array is part of the address as it is.
        let Some(key) = self.row_key(x, i).filter(|k| !array || k.2.is_some()) else { return };
        match seen.rows.iter_mut().find(|r| r.key == key) {
            Some(row) => row.uses.push(e),
            None => seen.rows.push(Row { key, array, uses: vec![e] }),
        }
    }
    fn row_key(&mut self, x: ExprId, i: ExprId) -> Option<RowKey> {
        let x = self.strip(x);
        let in_memory = self.is_array(self.ty(x));
        let (x, field) = match *self.ast.expr(x) {
            Expr::Select(p, _) => {
                let s = self.selection(x)?;
                let [field] = s.path[..] else { return None };
                if s.kind != SelKind::Field || self.held(p).is_some() {
                    return None;
                }
                (p, Some(field))
            }
            _ => (x, None),
        };
        // Rows that lie in the variable itself have an address when that has one.
        let pointer = matches!(self.types.under(self.ty(x)), Ty::Pointer(_));
        let x = self.base_name(x, in_memory && !pointer)?;
        let i = self.strip(i);
        let (i, more) = match *self.ast.expr(i) {
            _ if self.int_const(i).is_some() => (None, self.int_const(i)?),
            Expr::Binary(op @ (BinOp::Add | BinOp::Sub), v, k) => {
                let k = i64::from(self.small_const(k)?);
                (Some(self.strip(v)), if op == BinOp::Add { k } else { -k })
            }
            _ => (Some(i), 0),
        };
        let i = match i {
            Some(v) if self.num(self.ty(v)) == Num::Int(64) => Some(self.reg_name(v)?),
            Some(_) => return None,
            None => None,
        };
        Some((x, field, i, more))
    }
    /// A package variable, or a local one in registers or in memory.
    fn base_name(&self, e: ExprId, in_memory: bool) -> Option<ObjId> {
        let e = self.strip(e);
        let Expr::Name(_) = *self.ast.expr(e) else { return None };
        let o = *self.info.uses.get(&e)?;
        let found = match self.f.vars.get(o) {
            Some(Loc::Reg(_)) => !in_memory,
            Some(Loc::Box(_)) => in_memory,
            None => matches!(self.info.obj(o).kind, ObjKind::Global),
        };
        found.then_some(o)
    }
    /// A local variable in registers.
    fn reg_name(&self, e: ExprId) -> Option<ObjId> {
        let e = self.strip(e);
        let Expr::Name(_) = *self.ast.expr(e) else { return None };
        let o = *self.info.uses.get(&e)?;
        matches!(self.f.vars.get(o), Some(Loc::Reg(_))).then_some(o)
    }
}
