//! Which function literals and captured variables need no object.
//!
//! A literal that a variable keeps for good and that is only called, from where its own registers can be reached, is a **local
//! function**: no closure is made. What it captures is passed to it in registers, and what it changes comes back
//! behind its results (`lift`). A variable that only such functions capture stays in registers. So does one that closures
//! capture but nothing but the post statement of its loop changes: each iteration has its own, and it keeps its value.
//!
//! A variable is **held** when the only use of its address is as the receiver of methods whose bodies take the place of their calls and
//! there do nothing else with it; so is a pointer to a new object that is only followed, as far as calls go in the same way. The
//! methods then work on its registers.
//!
//! Why nobody can tell: a panic in a local function leaves variables behind that only its frame knew of. They would be seen by a
//! deferred closure (then that captures them, and they are objects), by a named result of a function with defers (excluded), or
//! by a local function with defers (excluded). Bodies with `goto` are left alone: there a variable may be declared again while an
//! older one is still in use.
//!
//! One walk over an outermost body collects facts; it is made when something asks for them first.

use super::Em;
use super::inline::DEPTH_MAX;
use crate::info::{FuncFacts, ObjId, ObjKind, SelKind};
use crate::types::Ty;
use gol_syntax::ast::{Ast, BlockId, Clause, ClauseKind, Expr, ExprId, ForHeader, Header, Ids, Stmt, StmtId, UnOp};
use gol_syntax::span::Span;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::smallvec;
use std::cell::RefCell;

/// Variables that one local function may get from around it.
const PASSED_MAX: usize = 12;
/// Bodies with more literals stay as they are: what is found out takes the square of their number.
const LITERALS_MAX: usize = 1000;

/// A local function.
#[derive(Debug)]
pub(super) struct Local {
    pub lit: ExprId,
    /// What it and the local functions that it calls use of variables around it, and whether they may change it.
    pub passed: Vec<(ObjId, bool)>,
}

/// Why a captured variable needs no object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// Only local functions capture it: any call of one may change it.
    Passed,
    /// It keeps its value while it can be captured.
    Copied,
}

/// What is known of bodies that were looked at.
#[derive(Default)]
pub(super) struct Escapes {
    seen: FxHashSet<BlockId>,
    pub locals: FxHashMap<ObjId, std::sync::Arc<Local>>,
    pub kept: FxHashMap<ObjId, Kept>,
    /// Of the function with this body: variables that only inlined methods take the address of, and pointers to objects of which the
    /// same holds.
    pub held: FxHashMap<ObjId, BlockId>,
    /// Memory for walks, of which one may begin within another. It changes hands for each, so it lies in a box.
    #[allow(clippy::vec_box)]
    rooms: RefCell<Vec<Box<Facts>>>,
}

/// Tables with more entries are not kept: a table is emptied in full.
const KEPT_MAX: usize = 200;

impl Em<'_> {
    /// Looks at the outermost body under construction, once.
    pub(super) fn look(&mut self) {
        let Some((body, facts)) = self.root else { return };
        if self.st.plain || !self.st.escapes.seen.insert(body) {
            return;
        }
        let mut w = Walk::new(self, facts);
        w.stmts(&self.ast.block(body).stmts);
        let found = (!w.gotos && w.ctxs.len() <= LITERALS_MAX).then(|| w.conclude());
        w.end();
        if let Some(found) = found {
            self.st.escapes.locals.extend(found.locals);
            self.st.escapes.kept.extend(found.kept);
            self.st.escapes.held.extend(found.held.into_iter().map(|o| (o, body)));
        }
    }
}

/// A function's body, inner ones apart.
struct Ctx<'a> {
    parent: usize,
    facts: Option<&'a FuncFacts>,
    span: Span,
    /// It runs as a closure: nobody around can pass it anything.
    closure: bool,
    used: FxHashSet<ObjId>,
    assigned: FxHashSet<ObjId>,
    calls: FxHashSet<ObjId>,
}

/// A variable that may keep a local function.
struct Candidate {
    lit: ExprId,
    ctx: usize,
}

/// What is known of variables, and memory that goes from walk to walk.
#[derive(Default)]
struct Facts {
    owner: FxHashMap<ObjId, usize>,
    candidates: FxHashMap<ObjId, Candidate>,
    rejected: FxHashSet<ObjId>,
    /// Variables of three-part loops, and which.
    loop_vars: FxHashMap<ObjId, usize>,
    /// Assigned elsewhere than in its loop's post statement, or used by a closure there.
    unsteady: FxHashSet<ObjId>,
    /// Variables that get the address of a new object.
    made: FxHashSet<ObjId>,
    /// Variables whose address, or that of what they point to, is taken otherwise than by a call of a method.
    exposed: FxHashSet<ObjId>,
    /// Methods that are called with a variable's address, or the variable, as their receiver.
    methods: FxHashMap<ObjId, Vec<ObjId>>,
    /// Empty.
    sets: Vec<FxHashSet<ObjId>>,
}

impl Facts {
    fn set(&mut self) -> FxHashSet<ObjId> {
        self.sets.pop().unwrap_or_default()
    }
    fn keep(&mut self, mut set: FxHashSet<ObjId>) {
        if set.capacity() > 0 && set.capacity() <= KEPT_MAX {
            set.clear();
            self.sets.push(set);
        }
    }
    /// Nothing is known.
    fn forget(&mut self) {
        if self.owner.capacity().max(self.rejected.capacity()) > KEPT_MAX {
            *self = Facts::default();
        }
        self.owner.clear();
        self.candidates.clear();
        self.rejected.clear();
        self.loop_vars.clear();
        self.unsteady.clear();
        self.made.clear();
        self.exposed.clear();
        self.methods.clear();
    }
}

struct Walk<'e, 'a> {
    em: &'e Em<'a>,
    ast: &'a Ast,
    ctxs: Vec<Ctx<'a>>,
    at: usize,
    /// Declared without value in a list of statements, and not assigned yet.
    waiting: Vec<(ObjId, usize)>,
    /// Lists of statements so far, and the one being looked at.
    lists: usize,
    list: usize,
    /// Loops so far, and the one whose post statement is being looked at.
    loops: usize,
    post: Option<usize>,
    gotos: bool,
    f: Box<Facts>,
}

#[derive(Default)]
struct Found {
    held: Vec<ObjId>,
    locals: FxHashMap<ObjId, std::sync::Arc<Local>>,
    kept: FxHashMap<ObjId, Kept>,
}

impl<'e, 'a> Walk<'e, 'a> {
    fn new(em: &'e Em<'a>, facts: &'a FuncFacts) -> Walk<'e, 'a> {
        let f = em.st.escapes.rooms.borrow_mut().pop().unwrap_or_default();
        let mut w = Walk {
            em,
            ast: em.ast,
            ctxs: vec![],
            at: 0,
            waiting: vec![],
            lists: 0,
            list: 0,
            loops: 0,
            post: None,
            gotos: false,
            f,
        };
        let outermost = w.ctx(Some(facts), Span::default(), true);
        w.ctxs.push(outermost);
        w.own(facts);
        w
    }
    /// Leaves its memory to the next walk.
    fn end(self) {
        let Walk { em, ctxs, mut f, .. } = self;
        for c in ctxs {
            for set in [c.used, c.assigned, c.calls] {
                f.keep(set);
            }
        }
        f.forget();
        em.st.escapes.rooms.borrow_mut().push(f);
    }
    fn ctx(&mut self, facts: Option<&'a FuncFacts>, span: Span, closure: bool) -> Ctx<'a> {
        Ctx { parent: self.at, facts, span, closure, used: self.f.set(), assigned: self.f.set(), calls: self.f.set() }
    }
    /// Parameters and results belong to the function being looked at.
    fn own(&mut self, facts: &FuncFacts) {
        let at = self.at;
        self.f.owner.extend(facts.recv.iter().chain(&facts.params).chain(&facts.results).map(|&o| (o, at)));
    }
    /// Looks at a body that is a function of its own; its number.
    fn inner(
        &mut self,
        facts: Option<&'a FuncFacts>,
        span: Span,
        closure: bool,
        body: impl FnOnce(&mut Self),
    ) -> usize {
        let ctx = self.ctx(facts, span, closure);
        self.ctxs.push(ctx);
        let new = self.ctxs.len() - 1;
        let at = std::mem::replace(&mut self.at, new);
        if let Some(f) = facts {
            self.own(f);
        }
        body(self);
        self.at = at;
        new
    }
    fn literal(&mut self, e: ExprId, closure: bool) -> usize {
        let Expr::FuncLit(_, b) = *self.ast.expr(e) else { return 0 };
        let facts = self.em.info.lits.get(&e);
        self.inner(facts, self.ast.expr_span(e), closure, |w| w.stmts(&w.ast.block(b).stmts))
    }
    fn closure(&mut self, span: Span, body: impl FnOnce(&mut Self)) {
        self.inner(None, span, true, body);
    }

    // ---- variables

    fn var(&self, e: ExprId) -> Option<ObjId> {
        let o = *self.em.info.uses.get(&self.em.strip(e))?;
        matches!(self.em.info.obj(o).kind, ObjKind::Local).then_some(o)
    }
    fn declare(&mut self, pos: u32) -> Option<ObjId> {
        let o = *self.em.info.defs.get(&pos)?;
        if !matches!(self.em.info.obj(o).kind, ObjKind::Local) {
            return None;
        }
        self.f.owner.insert(o, self.at);
        Some(o)
    }
    /// A name as a value.
    fn used(&mut self, e: ExprId) {
        if let Some(o) = self.var(e) {
            self.f.rejected.insert(o);
            self.touch(o);
        }
    }
    fn touch(&mut self, o: ObjId) {
        self.ctxs[self.at].used.insert(o);
        if self.post.is_some() && self.f.owner.get(&o) != Some(&self.at) {
            self.f.unsteady.insert(o);
        }
    }
    /// What a field is selected of, or what is behind a pointer.
    fn base(&mut self, e: ExprId) {
        match self.var(e) {
            Some(o) => self.touch(o),
            None => self.expr(e),
        }
    }
    /// The address of a part of something is taken.
    fn expose(&mut self, e: ExprId) {
        let mut root = self.em.strip(e);
        while let Expr::Select(x, _) | Expr::Index(x, _) | Expr::Unary(UnOp::Deref, x) = *self.ast.expr(root) {
            root = self.em.strip(x);
        }
        self.f.exposed.extend(self.var(root));
    }
    fn select(&mut self, e: ExprId, x: ExprId) {
        match self.em.info.selections.get(&e).map(|s| &s.kind) {
            Some(SelKind::Field | SelKind::IfaceMethod) => self.base(x),
            Some(SelKind::Method(m)) if !self.by_address(*m) => self.base(x),
            Some(SelKind::Method(_) | SelKind::TypeParamMethod) => {
                self.expose(x);
                self.expr(x);
            }
            Some(SelKind::MethodExpr(_) | SelKind::IfaceMethodExpr | SelKind::TypeParamMethodExpr) | None => {
                self.expr(x)
            }
        }
    }
    fn by_address(&self, m: ObjId) -> bool {
        matches!(self.em.info.obj(m).kind, ObjKind::Method { ptr: true, .. })
    }
    /// `x.m(…)` of a variable x, m with a pointer receiver.
    fn method_call(&mut self, fun: ExprId, args: usize, spread: bool) -> bool {
        let Expr::Select(x, _) = *self.ast.expr(fun) else { return false };
        let (Some(s), Some(o)) = (self.em.info.selections.get(&fun), self.var(x)) else { return false };
        let SelKind::Method(m) = s.kind else { return false };
        let fits = self.em.info.funcs.get(&m).is_some_and(|f| f.params.len() == args);
        if !self.by_address(m) || !s.path.is_empty() || spread || !fits {
            return false;
        }
        self.f.methods.entry(o).or_default().push(m);
        self.touch(o);
        true
    }
    /// `&T{…}` of a struct.
    fn is_made(&self, e: ExprId) -> bool {
        let e = self.em.strip(e);
        match *self.ast.expr(e) {
            Expr::Unary(UnOp::Addr, x) => {
                let x = self.em.strip(x);
                let ty = self.em.info.expr(x).map(|i| self.em.types.under(i.ty));
                matches!(self.ast.expr(x), Expr::CompLit(..)) && matches!(ty, Some(Ty::Struct(_)))
            }
            _ => false,
        }
    }
    /// The left side of an assignment.
    fn assign(&mut self, e: ExprId) {
        self.expr(e);
        let mut root = self.em.strip(e);
        while let Expr::Select(x, _) | Expr::Index(x, _) = *self.ast.expr(root) {
            let ty = self.em.info.expr(x).map(|i| self.em.types.under(i.ty));
            if matches!(ty, Some(Ty::Slice(_) | Ty::Map(..) | Ty::Pointer(_))) {
                return;
            }
            root = self.em.strip(x);
        }
        if let Some(o) = self.var(root) {
            self.ctxs[self.at].assigned.insert(o);
            let own_post = self.post.is_some() && self.f.loop_vars.get(&o).copied() == self.post;
            if !own_post || self.f.owner.get(&o) != Some(&self.at) {
                self.f.unsteady.insert(o);
            }
        }
    }
    /// The left side of `:=`: declares, or assigns.
    fn define(&mut self, e: ExprId) {
        if self.declare(self.ast.expr_span(e).lo).is_none() && !self.em.is_blank(e) {
            self.assign(e);
        }
    }
    /// A variable gets a literal: true when that may be a local function.
    fn keep(&mut self, o: ObjId, lit: ExprId) {
        let fit = self.em.info.lits.get(&lit).is_some_and(|f| !f.has_defer && !f.has_recover);
        let again = self.f.candidates.contains_key(&o);
        let ctx = self.ctxs.len();
        if fit && !again {
            self.f.candidates.insert(o, Candidate { lit, ctx });
        } else {
            self.f.rejected.insert(o);
        }
        self.literal(lit, !fit || again);
    }
    fn call_of(&mut self, o: ObjId) {
        self.ctxs[self.at].calls.insert(o);
        self.touch(o);
        // Before all that wait have their functions, a call may reach one that has none.
        if self.waiting.iter().any(|w| self.f.owner.get(&w.0) == Some(&self.at)) {
            self.f.rejected.extend(self.waiting.iter().map(|w| w.0));
        }
    }

    fn is_func(&self, o: ObjId) -> bool {
        matches!(self.em.types.under(self.em.info.obj(o).ty), Ty::Func(_))
    }

    // ---- statements

    fn stmts(&mut self, list: &'a [StmtId]) {
        self.lists += 1;
        let outer = std::mem::replace(&mut self.list, self.lists);
        let waiting = self.waiting.len();
        for &s in list {
            self.stmt(s);
        }
        self.list = outer;
        for (o, _) in self.waiting.drain(waiting.min(self.waiting.len())..) {
            self.f.rejected.insert(o);
        }
    }
    fn exprs(&mut self, list: &'a [ExprId]) {
        for &e in list {
            self.expr(e);
        }
    }
    fn header(&mut self, h: Header) {
        for s in h.init.into_iter().chain(h.cond) {
            self.stmt(s);
        }
    }
    fn is_lit(&self, e: ExprId) -> Option<ExprId> {
        let e = self.em.strip(e);
        matches!(self.ast.expr(e), Expr::FuncLit(..)).then_some(e)
    }
    /// `f := func…`.
    fn keeps(&mut self, pos: u32, value: ExprId) -> bool {
        let Some(lit) = self.is_lit(value) else { return false };
        let Some(o) = self.declare(pos) else { return false };
        let obj = self.em.info.obj(o);
        if obj.reassigned || obj.addr_taken {
            self.f.rejected.insert(o);
        }
        self.keep(o, lit);
        true
    }
    /// `f = func…` in the list of statements that declares f.
    fn keeps_later(&mut self, l: ExprId, r: ExprId) -> bool {
        let (Some(lit), Some(o)) = (self.is_lit(r), self.var(l)) else { return false };
        let Some(k) = self.waiting.iter().position(|w| *w == (o, self.list)) else { return false };
        if !matches!(self.ast.expr(self.em.strip(l)), Expr::Name(_)) || self.em.info.obj(o).addr_taken {
            return false;
        }
        self.keep(o, lit);
        self.waiting.remove(k);
        true
    }
    fn stmt(&mut self, s: StmtId) {
        match self.ast.stmt(s) {
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Fallthrough
            | Stmt::Labeled(_, None) => {}
            Stmt::Goto(_) => self.gotos = true,
            Stmt::Var(specs) => {
                for s in specs {
                    match (&s.names[..], &s.values[..]) {
                        ([n], [v]) if self.keeps(n.span.lo, *v) => {}
                        (names, values) => {
                            self.exprs(values);
                            if let ([n], [v]) = (names, values)
                                && self.is_made(*v)
                            {
                                self.f.made.extend(self.em.info.defs.get(&n.span.lo));
                            }
                            for n in names {
                                let o = self.declare(n.span.lo);
                                if let Some(o) = o.filter(|o| values.is_empty() && self.is_func(*o)) {
                                    self.waiting.push((o, self.list));
                                }
                            }
                        }
                    }
                }
            }
            Stmt::Exprs(list) | Stmt::Return(list) => self.exprs(list),
            Stmt::Send(c, v) => {
                self.expr(*c);
                self.expr(*v);
            }
            Stmt::IncDec(_, x) => self.assign(*x),
            Stmt::OpAssign(_, l, r) => {
                self.assign(*l);
                self.expr(*r);
            }
            Stmt::Assign(l, r) => match (&l[..], &r[..]) {
                ([l], [r]) if self.keeps_later(*l, *r) => {}
                (l, r) => {
                    self.exprs(r);
                    l.iter().for_each(|e| self.assign(*e));
                }
            },
            Stmt::Define(l, r) => match (&l[..], &r[..]) {
                ([l], [r]) if self.keeps(self.ast.expr_span(*l).lo, *r) => {}
                (l, r) => {
                    self.exprs(r);
                    if let ([l], [r]) = (l, r)
                        && self.is_made(*r)
                    {
                        self.f.made.extend(self.em.info.defs.get(&self.ast.expr_span(*l).lo));
                    }
                    l.iter().for_each(|e| self.define(*e));
                }
            },
            Stmt::Labeled(_, Some(s)) => self.stmt(*s),
            // What is called later is a value now.
            Stmt::Go(e) | Stmt::Defer(e) => match self.ast.expr(self.em.strip(*e)) {
                Expr::Call(fun, args, _) => {
                    self.expr(*fun);
                    self.exprs(args);
                }
                _ => self.expr(*e),
            },
            Stmt::GoBlock(b) | Stmt::DeferBlock(b) => {
                let block = self.ast.block(*b);
                self.closure(block.span, |w| w.stmts(&block.stmts));
            }
            Stmt::Par(b) => {
                for &s in &self.ast.block(*b).stmts {
                    match self.em.info.stmt_funcs.get(&s) {
                        Some(_) => self.closure(self.ast.stmt_span(s), |w| w.stmt(s)),
                        None => self.stmt(s),
                    }
                }
            }
            Stmt::ParFor(inner) => {
                if let Stmt::For(h, body) = self.ast.stmt(*inner) {
                    self.for_stmt(*inner, h, *body, true);
                }
            }
            Stmt::After(e) => self.expr(*e),
            Stmt::Block(b) => self.stmts(&self.ast.block(*b).stmts),
            Stmt::If(h, then, els) => {
                self.header(*h);
                self.stmts(&self.ast.block(*then).stmts);
                if let Some(e) = els {
                    self.stmt(*e);
                }
            }
            Stmt::For(h, body) => self.for_stmt(s, h, *body, false),
            Stmt::Switch(h, clauses) => {
                self.header(*h);
                self.clauses(clauses);
            }
            Stmt::Select(clauses) => self.clauses(clauses),
        }
    }
    fn clauses(&mut self, clauses: &'a [Clause]) {
        for c in clauses {
            if let Some(&o) = self.em.info.implicits.get(&c.span.lo) {
                self.f.owner.insert(o, self.at);
            }
            if let ClauseKind::Case(s) = c.kind {
                self.stmt(s);
            }
            self.stmts(&c.body);
        }
    }
    fn for_stmt(&mut self, s: StmtId, h: &'a ForHeader, body: BlockId, par: bool) {
        let block = self.ast.block(body);
        let each = |w: &mut Self| match par {
            true => w.closure(block.span, |w| w.stmts(&block.stmts)),
            false => w.stmts(&block.stmts),
        };
        match h {
            ForHeader::Cond(c) => {
                c.iter().for_each(|c| self.stmt(*c));
                each(self);
            }
            ForHeader::Three(init, cond, post) => {
                self.loops += 1;
                let this = self.loops;
                if let Some(i) = *init {
                    self.stmt(i);
                    if let Stmt::Define(l, _) = self.ast.stmt(i) {
                        let vars = l.iter().filter_map(|e| self.em.info.defs.get(&self.ast.expr_span(*e).lo));
                        self.f.loop_vars.extend(vars.map(|o| (*o, this)));
                    }
                }
                cond.iter().for_each(|c| self.stmt(*c));
                each(self);
                let outer = self.post.replace(this);
                post.iter().for_each(|p| self.stmt(*p));
                self.post = outer;
            }
            ForHeader::Range { vars, define, over } => {
                self.expr(*over);
                let bind = |w: &mut Self| {
                    for v in vars {
                        if *define { w.define(*v) } else { w.assign(*v) }
                    }
                    each(w);
                };
                // The body of a loop over a function is one itself.
                match self.em.info.stmt_funcs.get(&s) {
                    Some(_) if !par => self.closure(self.ast.stmt_span(s), bind),
                    _ => bind(self),
                }
            }
        }
    }

    // ---- expressions

    fn expr(&mut self, e: ExprId) {
        match self.ast.expr(e) {
            Expr::Name(_) => self.used(e),
            Expr::FuncLit(..) => {
                self.literal(e, true);
            }
            Expr::Call(fun, args, spread) => {
                let f = self.em.strip(*fun);
                if self.method_call(f, args.len(), *spread) {
                    return self.exprs(args);
                }
                match self.var(f).filter(|_| matches!(self.ast.expr(f), Expr::Name(_))) {
                    Some(o) => self.call_of(o),
                    None => self.expr(f),
                }
                self.exprs(args);
            }
            Expr::Binary(_, l, r) => {
                // Left-deep chains can be long.
                let mut rest: Ids = smallvec![*r];
                let mut x = *l;
                while let Expr::Binary(_, l, r) = *self.ast.expr(x) {
                    rest.push(r);
                    x = l;
                }
                self.expr(x);
                rest.into_iter().rev().for_each(|r| self.expr(r));
            }
            Expr::Select(x, _) => self.select(e, *x),
            Expr::Unary(UnOp::Deref, x) => self.base(*x),
            Expr::Unary(UnOp::Addr, x) => {
                self.expose(*x);
                self.expr(*x);
            }
            Expr::Paren(x) | Expr::TypeAssert(x, _) | Expr::Unary(_, x) => self.expr(*x),
            Expr::Index(x, ix) => {
                self.expr(*x);
                self.exprs(ix);
            }
            Expr::SliceExpr(x, ix, _) => {
                let ty = self.em.info.expr(*x).map(|i| self.em.types.under(i.ty));
                if !matches!(ty, Some(Ty::Slice(_) | Ty::Basic(_))) {
                    self.expose(*x);
                }
                self.expr(*x);
                ix.iter().flatten().for_each(|i| self.expr(*i));
            }
            Expr::CompLit(_, elems) => {
                for x in elems {
                    x.key.iter().for_each(|k| self.expr(*k));
                    self.expr(x.value);
                }
            }
            Expr::Interp(parts) => {
                for p in parts {
                    if let gol_syntax::ast::InterpPart::Value(x, _) = p {
                        self.expr(*x);
                    }
                }
            }
            Expr::Bad
            | Expr::Lit(_)
            | Expr::Str(_)
            | Expr::Array(..)
            | Expr::Slice(_)
            | Expr::Map(..)
            | Expr::Chan(..)
            | Expr::Func(_)
            | Expr::Struct(_)
            | Expr::Interface(_) => {}
        }
    }

    // ---- conclusions

    /// Nothing between a body and the one that owns the variable runs as a closure.
    fn reaches(&self, mut ctx: usize, o: ObjId) -> bool {
        let Some(&owner) = self.f.owner.get(&o) else { return false };
        while ctx != owner {
            if ctx == 0 || self.ctxs[ctx].closure {
                return false;
            }
            ctx = self.ctxs[ctx].parent;
        }
        true
    }
    fn conclude(&mut self) -> Found {
        self.settle();
        let passed = self.passed();
        let mut found = Found::default();
        self.variables(&mut found);
        self.held(&mut found);
        for (o, list) in passed {
            let lit = self.f.candidates[&o].lit;
            found.locals.insert(o, std::sync::Arc::new(Local { lit, passed: list }));
        }
        found
    }
    /// Finds out which candidates are local functions: until nothing changes.
    fn settle(&mut self) {
        loop {
            let mut out: Vec<ObjId> = vec![];
            for &o in self.f.candidates.keys() {
                let called = |(k, c): (usize, &Ctx)| c.calls.contains(&o) && !self.reaches(k, o);
                if self.f.rejected.contains(&o) || self.ctxs.iter().enumerate().any(called) {
                    out.push(o);
                }
            }
            if out.is_empty() {
                // Too much to pass; what it calls has to be told apart first.
                out = self.passed().into_iter().filter(|p| p.1.len() > PASSED_MAX).map(|p| p.0).collect();
            }
            if out.is_empty() {
                return;
            }
            for o in out {
                if let Some(c) = self.f.candidates.remove(&o) {
                    self.ctxs[c.ctx].closure = true;
                }
                self.f.rejected.insert(o);
            }
        }
    }
    fn is_within(&self, mut ctx: usize, outer: usize) -> bool {
        while ctx != outer && ctx != 0 {
            ctx = self.ctxs[ctx].parent;
        }
        ctx == outer
    }
    /// What each local function gets: its own captures, and what those that it calls get.
    fn passed(&self) -> Vec<(ObjId, Vec<(ObjId, bool)>)> {
        let mut order: Vec<ObjId> = self.f.candidates.keys().copied().collect();
        order.sort_unstable();
        let mut of: FxHashMap<ObjId, Vec<(ObjId, bool)>> = FxHashMap::default();
        let mut calls: FxHashMap<ObjId, Vec<ObjId>> = FxHashMap::default();
        for &o in &order {
            let ctx = self.f.candidates[&o].ctx;
            let inner: Vec<usize> = (ctx..self.ctxs.len()).filter(|&c| self.is_within(c, ctx)).collect();
            let changed = |v: &ObjId| inner.iter().any(|c| self.ctxs[*c].assigned.contains(v));
            let captures = self.ctxs[ctx].facts.map_or(&[][..], |f| &f.captures);
            let own = captures.iter().filter(|v| !self.f.candidates.contains_key(v)).map(|v| (*v, changed(v)));
            of.insert(o, own.collect());
            let mut called: Vec<ObjId> = inner.iter().flat_map(|c| self.ctxs[*c].calls.iter().copied()).collect();
            called.retain(|c| self.f.candidates.contains_key(c) && *c != o);
            called.sort_unstable();
            called.dedup();
            calls.insert(o, called);
        }
        let mut again = true;
        while again {
            again = false;
            for &o in &order {
                let span = self.ctxs[self.f.candidates[&o].ctx].span;
                for g in &calls[&o] {
                    for (v, changed) in of[g].clone() {
                        let at = self.em.info.obj(v).span.lo;
                        if span.lo <= at && at < span.hi {
                            continue;
                        }
                        let list = of.entry(o).or_default();
                        match list.iter_mut().find(|p| p.0 == v) {
                            Some(p) => {
                                again |= changed && !p.1;
                                p.1 |= changed;
                            }
                            None => {
                                again = true;
                                list.push((v, changed));
                            }
                        }
                    }
                }
            }
        }
        order.into_iter().map(|o| (o, of.remove(&o).unwrap_or_default())).collect()
    }
    /// Variables and objects of the outermost function that can live in its registers although they have addresses.
    fn held(&self, found: &mut Found) {
        if self.em.st.keep_calls {
            return;
        }
        let mut chain: Vec<ObjId> = self.em.f.obj.into_iter().collect();
        for (&o, &owner) in &self.f.owner {
            let obj = self.em.info.obj(o);
            if owner == 0 && (obj.addr_taken || self.f.made.contains(&o)) && self.is_held(o, &mut chain) {
                found.held.push(o);
            }
        }
    }
    fn is_held(&self, o: ObjId, chain: &mut Vec<ObjId>) -> bool {
        let obj = self.em.info.obj(o);
        // A pointer must stay what it is, and nothing but its object be looked at.
        let pointer = matches!(self.em.types.under(obj.ty), Ty::Pointer(_));
        let spoiled = pointer && (obj.reassigned || obj.addr_taken || self.f.rejected.contains(&o));
        !obj.captured
            && !spoiled
            && !self.f.exposed.contains(&o)
            && self.f.methods.get(&o).is_none_or(|list| list.iter().all(|m| self.is_harmless(*m, chain)))
    }
    /// The method's body takes the place of its calls, and there the receiver stays where it is.
    fn is_harmless(&self, m: ObjId, chain: &mut Vec<ObjId>) -> bool {
        let Some(facts) = self.em.info.funcs.get(&m) else { return false };
        let Some(body) = facts.body else { return false };
        if chain.contains(&m) || chain.len() > DEPTH_MAX || !self.em.is_short(m) {
            return false;
        }
        let Some(r) = facts.recv else { return true };
        let mut w = Walk::new(self.em, facts);
        w.stmts(&self.ast.block(body).stmts);
        chain.push(m);
        let held = !w.gotos && w.is_held(r, chain);
        w.end();
        chain.pop();
        held
    }
    /// The captured variables that need no objects.
    fn variables(&self, found: &mut Found) {
        for (&o, &owner) in &self.f.owner {
            let obj = self.em.info.obj(o);
            if !obj.captured || !obj.reassigned || obj.addr_taken || self.f.candidates.contains_key(&o) {
                continue;
            }
            let used = |(k, c): (usize, &Ctx)| !(c.used.contains(&o) || c.assigned.contains(&o)) || self.reaches(k, o);
            let seen_later = self.ctxs[owner].facts.is_some_and(|f| f.has_defer && f.results.contains(&o));
            if !seen_later && self.ctxs.iter().enumerate().all(used) {
                found.kept.insert(o, Kept::Passed);
            } else if self.f.loop_vars.contains_key(&o) && !self.f.unsteady.contains(&o) {
                found.kept.insert(o, Kept::Copied);
            }
        }
    }
}
