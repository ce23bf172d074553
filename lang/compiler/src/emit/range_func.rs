//! `for … range f` over a function: the body is a closure that f calls with the values of an iteration.
//!
//! The loop and its body share an object of two words: a state, which finds out calls of the body that must not happen, and the
//! number of the exit that the body took. `break` and `continue` of the loop itself are results of the closure. Everything that leads
//! further out (`return`, `goto`, labels of outer loops) is an [`Exit`]: the closure notes its number and returns false, and the loop
//! does the rest when f has returned. When the loop stands in such a body itself, doing the rest is again an exit from there.
//! Results of a `return` wait in objects. Deferred calls of the body go to a list, which one deferred closure of the function runs.

use super::call::Callee;
use super::closure::Capture;
use super::func::{Fun, Label, Loc, Target};
use super::loops::LoopBody;
use super::place::Place;
use super::range::{Item, Vars};
use super::thunk::ThunkKey;
use super::{Em, Reg};
use crate::info::{FuncFacts, ObjId};
use crate::types::{FuncTy, Ty, TyId, Types};
use gol_bytecode::{FuncId, Op};
use gol_syntax::ast::{BlockId, ExprId, Stmt, StmtId, Sym};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// A way out of a body that leads further than the end of its loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Exit {
    /// The results are in their objects.
    Return,
    /// Without values: no results, or named ones.
    ReturnBare,
    Break(Sym),
    Continue(Sym),
    Goto(Sym),
}

/// What the body of a loop over a function knows while it is emitted.
pub(super) struct RangeBody {
    state: Reg,
    /// Objects for the results of a `return`.
    results: Vec<Loc>,
    /// Head of the list of deferred closures, when there are any.
    defers: Option<Reg>,
    /// Labels that are declared in the body.
    labels: FxHashSet<Sym>,
    exits: Vec<Exit>,
    /// Returns false.
    out: Label,
}

/// What stands in a body, function literals apart.
#[derive(Default)]
struct Contents {
    labels: FxHashSet<Sym>,
    returns: bool,
    defers: bool,
}

/// States of a loop. A new one is ready, for objects are zero.
const READY: i64 = 0;
/// The body has returned false.
const DONE: i64 = 1;
/// The body is running, or has panicked.
const RUNNING: i64 = 2;
/// The function has returned.
const OVER: i64 = 3;
/// Not a state: the function has returned normally although the body panicked.
const SWALLOWED: i64 = 4;

const MISUSES: [(i64, &str); 4] = [
    (DONE, "range function continued iteration after function for loop body returned false"),
    (RUNNING, "range function continued iteration after loop body panic"),
    (OVER, "range function continued iteration after whole loop exit"),
    (SWALLOWED, "range function recovered a loop body panic and did not resume panicking"),
];

/// Captured registers that are no variable of the program: the state, the list of deferred closures, the results.
const STATE: ObjId = ObjId(u32::MAX);
const DEFERS: ObjId = ObjId(u32::MAX - 1);
fn result_key(i: usize) -> ObjId {
    ObjId(u32::MAX - 2 - i as u32)
}

impl Em<'_> {
    pub(super) fn range_func(&mut self, v: &Vars, over: ExprId, sig: &FuncTy, body: LoopBody) {
        let label = self.f.pending_label.take();
        let info = self.info;
        let LoopBody::Block(stmt, block) = body else {
            return self.refuse_expr(over, "`par for` over a function is not in gol yet");
        };
        let Some(facts) = info.stmt_funcs.get(&stmt) else {
            return self.refuse_expr(over, "range over a function is not in gol yet");
        };
        let Some(&yields) = sig.params.first() else { return };
        let yields = self.sig_of(yields);
        let mut contents = Contents::default();
        self.scan(&self.ast.block(block).stmts, &mut contents);
        if contents.defers && self.f.range.is_none() && self.f.epilogue.is_none() {
            return self.refuse_expr(over, "`defer` in a loop over a function is not in gol here yet");
        }
        let iterator = self.f.alloc(1);
        self.expr_to(over, iterator);
        let pos = self.f.pos;

        let pair = self.types.intern(Ty::Array(2, Types::INT));
        let state = self.new_object(pair);
        let hidden = self.hidden_captures(state, &contents);
        let mut caps = self.captures(&facts.captures);
        caps.extend(&hidden);
        let (w, slot) = (self.f.alloc(1), self.f.alloc(1));
        let id = self.reserve_func();
        let exits = self.range_body(id, facts, &caps, &yields, v, label, block, contents.labels);
        self.mk_closure(slot, id, &caps);
        self.f.pos = pos;
        self.finish_call(&Callee::Closure(iterator), sig, w);

        let t = self.f.alloc(1);
        let sound = self.f.label();
        self.f.emit(Op::LdW, t, state, 0, 0);
        self.f.jump(Op::JneK, t, RUNNING as u32, sound);
        self.load_word(t, SWALLOWED as u64);
        self.misuse(t);
        self.f.bind(sound);
        self.load_word(t, OVER as u64);
        self.f.emit(Op::StW, state, t, 0, 0);
        self.take_exits(&exits, state, &hidden);
    }
    /// What the body shares with the loop besides variables. The state is first, results are last.
    fn hidden_captures(&mut self, state: Reg, contents: &Contents) -> Vec<Capture> {
        let mut hidden = vec![Capture { obj: STATE, from: Loc::Box(state), words: 1 }];
        if contents.defers {
            let head = match &self.f.range {
                Some(r) => r.defers,
                None => Some(self.defer_list()),
            };
            hidden.extend(head.map(|h| Capture { obj: DEFERS, from: Loc::Box(h), words: 1 }));
        }
        if contents.returns {
            let sig = self.f.sig();
            for (i, &ty) in sig.results.iter().enumerate() {
                let r = self.new_object(ty);
                hidden.push(Capture { obj: result_key(i), from: Loc::Box(r), words: 1 });
            }
        }
        hidden
    }
    /// Builds the closure of the body; the exits that it has.
    #[allow(clippy::too_many_arguments)]
    fn range_body(
        &mut self,
        id: FuncId,
        facts: &FuncFacts,
        caps: &[Capture],
        yields: &FuncTy,
        v: &Vars,
        label: Option<Sym>,
        block: BlockId,
        labels: FxHashSet<Sym>,
    ) -> Vec<Exit> {
        debug_assert!(facts.recv.is_none());
        self.f.ranges += 1;
        let name = format!("{}-range{}", self.f.name, self.f.ranges);
        let sig = self.f.sig();
        let pos = self.ast.block(block).span.lo;
        let next = self.fun(name, pos);
        let outer = std::mem::replace(&mut self.f, next);
        self.f.is_lit = true;
        self.f.sig = Some(sig);
        let mut items = vec![];
        for &ty in &yields.params {
            let n = self.words(ty);
            items.push(Item { reg: self.f.alloc(n), ty, fresh: true });
        }
        self.f.params = self.f.next;
        self.f.results = 1;
        let closure = self.f.alloc(1);
        self.load_captures(closure, caps);
        if self.knows() {
            self.bind_knowns();
        }
        let boxed = |f: &Fun, o| match f.vars.get(o) {
            Some(Loc::Box(r)) => Some(r),
            _ => None,
        };
        let state = boxed(&self.f, STATE).unwrap_or(0);
        let defers = boxed(&self.f, DEFERS);
        let results = (0..).map_while(|i| boxed(&self.f, result_key(i))).map(Loc::Box).collect();
        let (cont, out) = (self.f.label(), self.f.label());
        self.f.range = Some(RangeBody { state, results, defers, labels, exits: vec![], out });

        self.enter_body(state);
        self.f.targets.push(Target { label, brk: out, cont: Some(cont) });
        if let [key, rest @ ..] = &items[..] {
            self.bind_vars(v, *key, rest.first().copied());
        }
        self.block(block);
        self.f.bind(cont);
        self.end_body(state, READY, 1);
        self.f.bind(out);
        self.end_body(state, DONE, 0);

        let exits = self.f.range.take().map_or(vec![], |r| r.exits);
        self.finish(id, outer);
        exits
    }
    fn enter_body(&mut self, state: Reg) {
        let mark = self.f.next;
        let ready = self.f.label();
        let t = self.f.alloc(1);
        self.f.emit(Op::LdW, t, state, 0, 0);
        self.f.jump(Op::JeqK, t, READY as u32, ready);
        self.misuse(t);
        self.f.bind(ready);
        self.load_word(t, RUNNING as u64);
        self.f.emit(Op::StW, state, t, 0, 0);
        self.f.next = mark;
    }
    fn end_body(&mut self, state: Reg, next: i64, result: u64) {
        let mark = self.f.next;
        let t = self.f.alloc(1);
        self.load_word(t, next as u64);
        self.f.emit(Op::StW, state, t, 0, 0);
        self.load_word(t, result);
        self.f.end(Op::Ret1, t, 0);
        self.f.next = mark;
    }
    /// Panics for the state in a register.
    fn misuse(&mut self, state: Reg) {
        let f = self.thunk(ThunkKey::RangeMisuse, "range.misuse".to_string(), |em| {
            let state = em.f.alloc(1);
            em.f.params = 1;
            let t = em.f.alloc(2);
            for (k, text) in MISUSES {
                let other = em.f.label();
                em.f.jump(Op::JneK, state, k as u32, other);
                em.load_str(t, format!("runtime error: {text}").as_bytes());
                em.f.wide(Op::MkIface, t, t, em.prog.runtime_error);
                em.f.end(Op::Panic, t, 0);
                em.f.bind(other);
            }
        });
        let mark = self.f.next;
        let w = self.f.alloc(2);
        self.mov(w + 1, state, 1);
        self.f.wide(Op::Call, w, 0, f);
        self.f.data(w, 0, 0, 0);
        self.f.next = mark;
    }

    // ---- exits

    /// Leaves the body under construction by an exit; false outside of such bodies.
    pub(super) fn exit(&mut self, exit: Exit) -> bool {
        let Some(range) = &mut self.f.range else { return false };
        let known = range.exits.iter().position(|e| *e == exit);
        let k = known.unwrap_or_else(|| {
            range.exits.push(exit);
            range.exits.len() - 1
        });
        let (state, out) = (range.state, range.out);
        let mark = self.f.next;
        let t = self.f.alloc(1);
        self.load_word(t, k as u64 + 1);
        self.f.emit(Op::StW, state, t, 1, 0);
        self.f.next = mark;
        self.f.goto(out);
        true
    }
    /// The places that a `return` with values fills before it leaves by `Exit::Return`.
    pub(super) fn exit_results(&self) -> Option<Vec<Loc>> {
        self.f.range.as_ref().map(|r| r.results.clone())
    }
    /// A label that is not in the body under construction.
    pub(super) fn is_outside(&self, label: Sym) -> bool {
        self.f.range.as_ref().is_some_and(|r| !r.labels.contains(&label))
    }
    /// Does what the body asked for when it left.
    fn take_exits(&mut self, exits: &[Exit], state: Reg, hidden: &[Capture]) {
        if exits.is_empty() {
            return;
        }
        let code = self.f.alloc(1);
        self.f.emit(Op::LdW, code, state, 1, 0);
        for (k, exit) in exits.iter().enumerate() {
            let mark = self.f.next;
            let other = self.f.label();
            self.f.jump(Op::JneK, code, k as u32 + 1, other);
            match *exit {
                Exit::Return => {
                    let sig = self.f.sig();
                    let tys = &sig.results;
                    let mut values = vec![];
                    for (c, &ty) in hidden[hidden.len() - tys.len()..].iter().zip(tys) {
                        let (Loc::Reg(r) | Loc::Box(r)) = c.from;
                        values.push(self.load(Place::Mem(r, 0), ty));
                    }
                    self.return_regs(&values);
                }
                Exit::ReturnBare => self.return_stmt(&[]),
                Exit::Break(l) => self.leave(Some(l), false),
                Exit::Continue(l) => self.leave(Some(l), true),
                Exit::Goto(l) => self.goto(l),
            }
            self.f.bind(other);
            self.f.next = mark;
        }
    }

    // ---- deferred calls: nodes of two words, the closure and the node before it

    /// Makes a list for the deferred closures of a loop and defers its run; the address of its head.
    fn defer_list(&mut self) -> Reg {
        let func = self.types.intern(Ty::Func(Arc::default()));
        let head = self.new_object(func);
        let run = self.defer_run();
        let mark = self.f.next;
        let c = self.f.alloc(1);
        self.bind(c, run, head, 1);
        self.f.emit(Op::Defer, c, 0, 0, 0);
        self.f.next = mark;
        head
    }
    /// Defers the closure in a register, in the function that the source means.
    pub(super) fn push_defer(&mut self, closure: Reg) {
        let Some(head) = self.f.range.as_ref().and_then(|r| r.defers) else {
            return self.f.emit(Op::Defer, closure, 0, 0, 0);
        };
        let mark = self.f.next;
        let node = self.node_type();
        let n = self.new_object(node);
        let t = self.f.alloc(1);
        self.f.emit(Op::StP, n, closure, 0, 0);
        self.f.emit(Op::LdW, t, head, 0, 0);
        self.f.emit(Op::StP, n, t, 1, 0);
        self.f.emit(Op::StP, head, n, 0, 0);
        self.f.next = mark;
    }
    fn node_type(&mut self) -> TyId {
        let func = self.types.intern(Ty::Func(Arc::default()));
        self.types.intern(Ty::Array(2, func))
    }
    /// The closure that runs a list, newest first. It calls them itself, so that they can recover; should one of them panic, its own
    /// deferred call runs the others.
    fn defer_run(&mut self) -> FuncId {
        self.thunk(ThunkKey::RangeDefers, "range.defers".to_string(), |em| {
            let closure = em.f.alloc(1);
            let (head, node, next) = (em.f.alloc(1), em.f.alloc(1), em.f.alloc(1));
            let (top, end) = (em.f.label(), em.f.label());
            em.f.emit(Op::LdW, head, closure, 1, 0);
            em.f.emit(Op::LdW, node, head, 0, 0);
            em.f.jump(Op::JeqK, node, 0, end);
            em.f.emit(Op::Defer, closure, 0, 0, 0);
            em.f.bind(top);
            em.f.emit(Op::LdW, next, node, 1, 0);
            em.f.emit(Op::StP, head, next, 0, 0);
            em.f.emit(Op::LdW, next, node, 0, 0);
            let w = em.f.alloc(3);
            em.f.emit(Op::CallC, w, next, 0, 0);
            em.f.data(w, 0, 0, 0);
            em.f.emit(Op::LdW, node, head, 0, 0);
            em.f.jump(Op::JneK, node, 0, top);
            em.f.bind(end);
            em.f.epilogue_at = Some(em.f.here() as u32);
            em.f.emit(Op::RunDefers, w, 0, 0, 0);
            em.f.data(w, 0, 0, 0);
            em.f.end(Op::Ret, 0, 0);
        })
    }

    // ---- what stands in a body

    fn scan(&self, stmts: &[StmtId], out: &mut Contents) {
        for &s in stmts {
            self.scan_stmt(s, out);
        }
    }
    fn scan_stmt(&self, s: StmtId, out: &mut Contents) {
        match self.ast.stmt(s) {
            Stmt::Labeled(l, inner) => {
                out.labels.insert(l.sym);
                if let Some(s) = inner {
                    self.scan_stmt(*s, out);
                }
            }
            Stmt::Return(list) => out.returns |= !list.is_empty(),
            Stmt::Defer(_) | Stmt::DeferBlock(_) => out.defers = true,
            Stmt::Block(b) | Stmt::For(_, b) => self.scan(&self.ast.block(*b).stmts, out),
            Stmt::If(_, b, other) => {
                self.scan(&self.ast.block(*b).stmts, out);
                if let Some(s) = other {
                    self.scan_stmt(*s, out);
                }
            }
            Stmt::Switch(_, clauses) | Stmt::Select(clauses) => {
                for c in clauses {
                    self.scan(&c.body, out);
                }
            }
            // The others hold no statement, or one of another function.
            Stmt::Bad
            | Stmt::Package(_)
            | Stmt::Import(_)
            | Stmt::Func(_)
            | Stmt::Var(_)
            | Stmt::Const(_)
            | Stmt::Type(_)
            | Stmt::Exprs(_)
            | Stmt::Send(..)
            | Stmt::IncDec(..)
            | Stmt::OpAssign(..)
            | Stmt::Assign(..)
            | Stmt::Define(..)
            | Stmt::Go(_)
            | Stmt::GoBlock(_)
            | Stmt::Par(_)
            | Stmt::ParFor(_)
            | Stmt::After(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::Goto(_)
            | Stmt::Fallthrough => {}
        }
    }
}
