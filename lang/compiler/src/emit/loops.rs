//! `for` with a condition: inverted, the condition at the bottom.

use super::Em;
use super::Reg;
use super::compare::is_comparison;
use super::func::{Label, Loc, Target};
use super::layout::Num;
use super::place::Place;
use crate::info::{Builtin, Mode, ObjId};
use gol_bytecode::Op;
use gol_syntax::ast::{BinOp, BlockId, Expr, ExprId, ForHeader, Stmt, StmtId};

/// What a loop's body is made of.
#[derive(Clone, Copy)]
pub(super) enum LoopBody {
    Block(StmtId, BlockId),
    /// `par for`: each iteration starts a goroutine. The statement has the facts of the body; the register counts.
    Par(StmtId, BlockId, Reg),
}

/// `i += step; if i < limit` (or `<=`) as one instruction.
struct Counting {
    op: Op,
    i: Reg,
    step: u32,
    limit: Reg,
}

impl Em<'_> {
    pub(super) fn for_stmt(&mut self, s: StmtId, h: &ForHeader, body: BlockId) {
        let mark = self.f.next;
        let outer = self.f.hoisting;
        let noted = self.hoist(h, body);
        self.f.hoisting = true;
        if !self.loop_with_rows(s, h, body) {
            self.for_loop(h, LoopBody::Block(s, body));
        }
        self.f.hoisting = outer;
        self.unhoist(noted);
        self.f.next = mark;
    }
    pub(super) fn for_loop(&mut self, h: &ForHeader, body: LoopBody) {
        match h {
            ForHeader::Cond(c) => self.cond_loop(self.header_expr(*c), None, &[], false, body),
            ForHeader::Three(init, cond, post) => {
                let label = self.f.pending_label.take();
                let vars = init.map_or(vec![], |i| self.loop_vars(i));
                if let Some(i) = *init {
                    self.stmt(i);
                }
                self.f.pending_label = label;
                let cond = self.header_expr(*cond);
                let enters = init.zip(cond).is_some_and(|(i, c)| self.enters(i, c));
                self.cond_loop(cond, *post, &vars, enters, body);
            }
            ForHeader::Range { vars, define, over } => self.range_loop(vars, *define, *over, body),
        }
    }
    /// Loop variables that the body shares with closures: each iteration gets its own.
    fn loop_vars(&mut self, init: StmtId) -> Vec<ObjId> {
        let Stmt::Define(l, _) = self.ast.stmt(init) else { return vec![] };
        let vars = l.iter().filter_map(|e| self.info.defs.get(&self.ast.expr_span(*e).lo).copied());
        let shared: Vec<ObjId> = vars.filter(|&o| self.info.obj(o).boxed()).collect();
        shared.into_iter().filter(|&o| self.is_boxed(o)).collect()
    }
    pub(super) fn enter_loop(&mut self, brk: Label, cont: Label) {
        let label = self.f.pending_label.take();
        self.f.targets.push(Target { label, brk, cont: Some(cont) });
    }
    pub(super) fn leave_loop(&mut self) {
        self.f.targets.pop();
    }
    pub(super) fn loop_body(&mut self, body: LoopBody) {
        match body {
            LoopBody::Block(_, b) => self.block(b),
            LoopBody::Par(s, b, count) => self.par_iteration(s, b, count),
        }
    }

    /// `i := a; i < b` with constants, and true at first.
    fn enters(&self, init: StmtId, cond: ExprId) -> bool {
        let Stmt::Define(l, r) = self.ast.stmt(init) else { return false };
        if self.st.plain {
            return false;
        }
        let ([l], [r]) = (&l[..], &r[..]) else { return false };
        let Expr::Binary(op, x, y) = *self.ast.expr(self.strip(cond)) else { return false };
        let var = self.info.defs.get(&self.ast.expr_span(*l).lo);
        if var.is_none() || self.info.uses.get(&self.strip(x)) != var {
            return false;
        }
        match (self.int_const(*r), self.int_const(y)) {
            (Some(a), Some(b)) if a >= 0 && b >= 0 => match op {
                BinOp::Lt => a < b,
                BinOp::Le => a <= b,
                BinOp::Gt => a > b,
                BinOp::Ge => a >= b,
                _ => false,
            },
            _ => false,
        }
    }
    /// `enters`: the condition is known to hold at first.
    fn cond_loop(&mut self, cond: Option<ExprId>, post: Option<StmtId>, vars: &[ObjId], enters: bool, body: LoopBody) {
        if self.st.plain {
            return self.plain_loop(cond, post, vars, body);
        }
        let (top, cont, end) = (self.f.label(), self.f.label(), self.f.label());
        let cond = cond.filter(|c| self.bool_const(*c) != Some(true));
        self.enter_loop(end, cont);
        let counting = cond.and_then(|c| self.counting(c, post?, vars));
        let test = self.f.label();
        if let Some(c) = cond.filter(|_| !enters) {
            if self.cheap(c) {
                self.cond_jump(c, end, false);
            } else {
                self.f.goto(test);
            }
        }
        // The test at the bottom jumps here, also when the code in front ended with a jump to it.
        if self.f.dead && !enters && cond.is_some_and(|c| !self.cheap(c)) {
            self.f.bind_live(top)
        } else {
            self.f.bind(top)
        }
        self.loop_body(body);
        self.f.bind(cont);
        self.renew(vars);
        if let Some(n) = counting {
            self.count(n, top, cond, end);
        } else {
            if let Some(p) = post {
                self.stmt(p);
            }
            self.f.bind(test);
            match cond {
                Some(c) => self.cond_jump(c, top, true),
                None => self.f.goto(top),
            }
        }
        self.leave_loop();
        self.f.bind(end);
    }
    /// The condition at the top.
    fn plain_loop(&mut self, cond: Option<ExprId>, post: Option<StmtId>, vars: &[ObjId], body: LoopBody) {
        let (top, cont, end) = (self.f.label(), self.f.label(), self.f.label());
        self.enter_loop(end, cont);
        self.f.bind(top);
        if let Some(c) = cond {
            self.cond_jump(c, end, false);
        }
        self.loop_body(body);
        self.f.bind(cont);
        self.renew(vars);
        if let Some(p) = post {
            self.stmt(p);
        }
        self.f.goto(top);
        self.leave_loop();
        self.f.bind(end);
    }
    /// New objects for the variables of the next iteration.
    fn renew(&mut self, vars: &[ObjId]) {
        for &o in vars {
            if let Some(Loc::Box(b)) = self.f.vars.get(o) {
                let mark = self.f.next;
                let ty = self.obj_ty(o);
                let t = self.new_object(ty);
                if self.words(ty) > 0 {
                    self.copy(Place::Mem(t, 0), Place::Mem(b, 0), ty);
                }
                self.mov(b, t, 1);
                self.f.next = mark;
            }
        }
    }
    /// The condition is so small that it stands at the top and at the bottom.
    fn cheap(&self, e: ExprId) -> bool {
        match *self.ast.expr(self.strip(e)) {
            Expr::Binary(op, l, r) => is_comparison(op) && self.plain(l) && self.plain(r),
            _ => self.plain(e),
        }
    }
    fn plain(&self, e: ExprId) -> bool {
        let e = self.strip(e);
        if self.value(e).is_some() || self.is_nil(e) || self.f.given.contains_key(&e) {
            return true;
        }
        match *self.ast.expr(e) {
            Expr::Name(_) => true,
            Expr::Select(x, _) => self.plain(x),
            Expr::Unary(_, x) => {
                self.plain(x) && !matches!(self.ast.expr(e), Expr::Unary(gol_syntax::ast::UnOp::Recv, _))
            }
            Expr::Binary(op, l, r) => !matches!(op, BinOp::LAnd | BinOp::LOr) && self.plain(l) && self.plain(r),
            Expr::Call(f, ref args, _) => {
                matches!(self.info.expr(f).map(|i| i.mode), Some(Mode::Builtin(Builtin::Len | Builtin::Cap)))
                    && args.iter().all(|a| self.plain(*a))
            }
            _ => false,
        }
    }

    // ---- counting loops

    fn counting(&mut self, cond: ExprId, post: StmtId, vars: &[ObjId]) -> Option<Counting> {
        if !vars.is_empty() || self.st.plain {
            return None;
        }
        let (less, var, limit) = match *self.ast.expr(self.strip(cond)) {
            Expr::Binary(BinOp::Lt, l, r) => (true, l, r),
            Expr::Binary(BinOp::Le, l, r) => (false, l, r),
            Expr::Binary(BinOp::Gt, l, r) => (true, r, l),
            Expr::Binary(BinOp::Ge, l, r) => (false, r, l),
            _ => return None,
        };
        let i = self.reg_var(var)?;
        if self.num(self.ty(var)) != Num::Int(64) {
            return None;
        }
        let (x, step) = match *self.ast.stmt(post) {
            Stmt::IncDec(BinOp::Add, x) => (x, Step::Const(1)),
            Stmt::IncDec(BinOp::Sub, x) => (x, Step::Const(-1)),
            Stmt::OpAssign(BinOp::Add, x, y) => (x, self.step(y)?),
            _ => return None,
        };
        if self.reg_var(x) != Some(i) || !self.is_name(x) {
            return None;
        }
        let limit = self.limit(limit, i)?;
        let (op, step) = match (step, less) {
            (Step::Const(k), true) => (Op::AddKJltB, k as u16 as u32),
            (Step::Const(k), false) => (Op::AddKJleB, k as u16 as u32),
            (Step::Reg(r), true) => (Op::AddJltB, r),
            (Step::Reg(r), false) => (Op::AddJleB, r),
        };
        Some(Counting { op, i, step, limit })
    }
    fn step(&self, y: ExprId) -> Option<Step> {
        match self.small_const(y) {
            Some(k) => Some(Step::Const(k)),
            None if self.value(y).is_none() => self.reg_var(y).map(Step::Reg),
            None => None,
        }
    }
    /// The limit in a register that the body changes only as the source says.
    fn limit(&mut self, e: ExprId, i: Reg) -> Option<Reg> {
        let e = self.strip(e);
        if self.value(e).is_some() {
            let v = self.int_const(e)?;
            let r = self.f.alloc(1);
            self.load_word(r, v as u64);
            if self.small_const(e).is_none() {
                self.f.given.insert(e, r);
            }
            return Some(r);
        }
        let r = match *self.ast.expr(e) {
            Expr::Call(f, ref args, _) => match self.info.expr(f).map(|i| i.mode) {
                Some(Mode::Builtin(b @ (Builtin::Len | Builtin::Cap))) => {
                    let x = *args.first()?;
                    self.len_in_place(b, x).or_else(|| self.string_len(x))
                }
                _ => None,
            },
            _ => self.reg_var(e),
        };
        r.filter(|&r| r != i)
    }
    /// The length of a string that keeps its value, taken once.
    fn string_len(&mut self, x: ExprId) -> Option<Reg> {
        let s = self.reg_var(x)?;
        let o = *self.info.uses.get(&self.strip(x))?;
        if self.num(self.ty(x)) != Num::Str || self.info.obj(o).reassigned {
            return None;
        }
        let r = self.f.alloc(1);
        self.f.emit(Op::LenS, r, s, 0, 0);
        Some(r)
    }
    fn count(&mut self, n: Counting, top: Label, cond: Option<ExprId>, end: Label) {
        if self.f.fits_short(top) {
            match n.op {
                Op::AddKJltB | Op::AddKJleB => self.f.short_back(n.op, n.i, n.limit, n.step, top),
                _ => self.f.short_back(n.op, n.i, n.step, n.limit, top),
            }
            return;
        }
        match n.op {
            Op::AddKJltB | Op::AddKJleB => self.f.emit(Op::AddK, n.i, n.i, n.step, 0),
            _ => self.f.emit(Op::AddI, n.i, n.i, n.step, 0),
        }
        match cond {
            Some(c) => self.cond_jump(c, top, true),
            None => self.f.goto(end),
        }
    }
    /// `i += 1; if i < limit` at the bottom of a range loop.
    pub(super) fn count_up(&mut self, i: Reg, limit: Reg, top: Label) {
        if self.f.fits_short(top) && !self.st.plain {
            self.f.short_back(Op::AddKJltB, i, limit, 1, top);
        } else {
            self.f.emit(Op::AddK, i, i, 1, 0);
            self.f.jump(Op::JltI, i, limit, top);
        }
    }
}

enum Step {
    Const(i16),
    Reg(Reg),
}
