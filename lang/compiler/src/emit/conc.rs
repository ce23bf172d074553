//! Channels, `par`.

use super::closure::Body;
use super::loops::LoopBody;
use super::thunk::ThunkKey;
use super::{Em, Reg};
use crate::types::{Ty, TyId, Types};
use gol_bytecode::{FuncId, Op};
use gol_syntax::ast::{BlockId, Dir, ExprId, Stmt, StmtId};

impl Em<'_> {
    pub(super) fn send(&mut self, c: ExprId, v: ExprId) {
        let mark = self.f.next;
        let pos = self.f.pos;
        let elem = self.chan_elem(c);
        let n = self.words(elem);
        let chan = self.expr(c);
        let r = self.expr_conv(v, elem);
        self.f.pos = pos;
        self.f.emit(Op::Send, chan, r, n, 0);
        self.f.emit(Op::SendWake, 0, 0, 0, 0);
        self.f.next = mark;
    }
    /// `<-c`, also with `, ok`.
    pub(super) fn recv_to(&mut self, e: ExprId, c: ExprId, dst: Reg) {
        let elem = self.chan_elem(c);
        let n = self.words(elem);
        let chan = self.expr(c);
        self.f.pos = self.ast.expr_span(e).lo;
        if let Ty::Tuple(_) = self.types.get(self.ty(e)) {
            self.f.emit(Op::RecvOk, dst, chan, n, dst + n);
            self.f.emit(Op::RecvWake, dst + n, 0, 0, 0);
        } else {
            self.f.emit(Op::Recv, dst, chan, n, 0);
        }
    }

    // ---- par: each goroutine sends what it panicked with, or nil, when it ends

    fn any_chan(&mut self) -> TyId {
        self.types.intern(Ty::Chan(Dir::Both, Types::ANY))
    }
    /// `func(run func(), done chan any)`: runs and reports.
    fn par_run(&mut self) -> FuncId {
        let report = self.par_done();
        self.thunk(ThunkKey::ParRun, "par.run".to_string(), |em| {
            em.f.alloc(2);
            em.f.params = 2;
            em.f.alloc(1);
            let c = em.f.alloc(1);
            em.f.wide(Op::MkClosure, c, 1, report);
            em.f.data(1, 0, 0, 0);
            em.f.emit(Op::Defer, c, 0, 0, 0);
            let w = em.f.alloc(2);
            em.f.emit(Op::CallC, w, 0, 0, 0);
            em.f.data(w, 0, 0, 0);
            em.f.epilogue_at = Some(em.f.here() as u32);
            em.f.emit(Op::RunDefers, w, 0, 0, 0);
            em.f.data(w, 0, 0, 0);
            em.f.end(Op::Ret, 0, 0);
        })
    }
    /// The deferred closure of `par.run`: sends what it recovers on the captured channel.
    fn par_done(&mut self) -> FuncId {
        self.thunk(ThunkKey::ParDone, "par.done".to_string(), |em| {
            // Recover answers only in functions that are not hidden.
            em.f.hidden = false;
            let closure = em.f.alloc(1);
            let r = em.f.alloc(2);
            em.f.emit(Op::Recover, r, 0, 0, 0);
            em.f.emit(Op::LdW, r + 1, closure, 1, 0);
            em.f.emit(Op::Send, r + 1, r, 1, 0);
            em.f.emit(Op::SendWake, 0, 0, 0, 0);
            em.f.end(Op::Ret, 0, 0);
        })
    }
    fn par_chan(&mut self) -> Reg {
        let ty = self.any_chan();
        let t = self.type_id(ty);
        let done = self.f.alloc(1);
        self.load_word(done, 0);
        self.f.emit(Op::MakeChan, done, done, 0, t);
        done
    }
    /// Starts the closure in the first of two registers; the second gets the channel.
    fn par_go(&mut self, pair: Reg, done: Reg) {
        let run = self.par_run();
        self.mov(pair + 1, done, 1);
        self.f.wide(Op::Go, pair, 2, run);
    }
    /// Waits for as many goroutines as `count` says; the first panic goes on here.
    fn par_join(&mut self, done: Reg, count: Reg) {
        let first = self.f.alloc(2);
        self.load_word(first, 0);
        let (top, end, next, quiet) = (self.f.label(), self.f.label(), self.f.label(), self.f.label());
        self.f.jump(Op::JeqK, count, 0, end);
        self.f.bind(top);
        self.f.emit(Op::Recv, first + 1, done, 1, 0);
        self.f.jump(Op::JneK, first, 0, next);
        self.mov(first, first + 1, 1);
        self.f.bind(next);
        self.f.emit(Op::AddK, count, count, -1i16 as u16 as u32, 0);
        self.f.jump(Op::JneK, count, 0, top);
        self.f.bind(end);
        self.f.jump(Op::JeqK, first, 0, quiet);
        self.f.end(Op::Panic, first, 0);
        self.f.bind(quiet);
    }
    pub(super) fn par(&mut self, b: BlockId) {
        let mark = self.f.next;
        let done = self.par_chan();
        let info = self.info;
        let ast = self.ast;
        let mut started = 0;
        for &s in &ast.block(b).stmts {
            if let Some(facts) = info.stmt_funcs.get(&s) {
                let inner = self.f.next;
                let pair = self.f.alloc(2);
                let pos = ast.stmt_span(s).lo;
                self.closure_to(facts, Body::Stmt(s), pos, pair);
                self.par_go(pair, done);
                self.f.next = inner;
                started += 1;
            } else {
                // A declaration belongs to the block itself.
                self.stmt(s);
            }
        }
        let count = self.f.alloc(1);
        self.load_word(count, started);
        self.par_join(done, count);
        self.f.next = mark;
    }
    pub(super) fn par_for(&mut self, outer: StmtId, inner: StmtId) {
        let mark = self.f.next;
        let ast = self.ast;
        let Stmt::For(h, body) = ast.stmt(inner) else { return };
        let key = if self.info.stmt_funcs.contains_key(&inner) { inner } else { outer };
        let done = self.par_chan();
        let count = self.f.alloc(1);
        debug_assert_eq!(count, done + 1);
        self.load_word(count, 0);
        self.for_loop(h, LoopBody::Par(key, *body, done));
        self.par_join(done, count);
        self.f.next = mark;
    }
    /// One iteration; `done` is the channel's register, the count's is behind it.
    pub(super) fn par_iteration(&mut self, key: StmtId, body: BlockId, done: Reg) {
        let info = self.info;
        let Some(facts) = info.stmt_funcs.get(&key) else { return };
        let mark = self.f.next;
        let pair = self.f.alloc(2);
        let pos = self.ast.block(body).span.lo;
        self.closure_to(facts, Body::Block(body), pos, pair);
        self.par_go(pair, done);
        self.f.emit(Op::AddK, done + 1, done + 1, 1, 0);
        self.f.next = mark;
    }
}
