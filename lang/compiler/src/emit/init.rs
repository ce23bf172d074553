//! Packages: functions, initialisation, scripts.

use super::Em;
use super::call::Target;
use super::declare::Def;
use super::generic::Inst;
use super::place::Place;
use crate::info::{Init, Mode};
use crate::types::Types;
use gol_bytecode::{FuncId, Op};
use gol_syntax::ast::{Expr, ExprId, Stmt, StmtId};

impl Em<'_> {
    /// Emits everything of the package that can be reached without a table of methods; the functions to run.
    pub(super) fn package(&mut self) -> Vec<FuncId> {
        let info = self.info;
        let Some(facts) = info.pkgs.get(self.pkg.0 as usize) else { return vec![] };
        if self.st.prompt {
            self.revise(&facts.funcs);
        }
        if !self.st.on_demand.contains(&self.pkg) {
            // There are some of the library, too.
            let own = facts.funcs.len() + info.lits.len();
            self.prog.funcs.reserve(own + own / 4);
            for &o in &facts.funcs {
                self.declared(o);
            }
        }
        let mut entry = vec![];
        if !facts.inits.is_empty() || !facts.init_funcs.is_empty() {
            entry.push(self.init_func(&facts.inits, &facts.init_funcs));
        }
        if !facts.script.is_empty() {
            entry.push(self.script(&facts.script, facts.script_has_defer));
        }
        if let Some(o) = facts.main {
            entry.push(self.func_id(&Inst { obj: o, targs: vec![] }));
        }
        self.known_of_package();
        entry
    }
    /// The function that makes the objects of large globals, if there are some. Instances may need some that nothing else does, so
    /// it comes when all of them are emitted.
    pub(super) fn large(&mut self) -> Option<FuncId> {
        let objs = std::mem::take(&mut self.st.large);
        if objs.is_empty() {
            return None;
        }
        let id = self.reserve_func();
        self.hidden(id, "globals".to_string(), |em| {
            for o in objs {
                let mark = em.f.next;
                let ty = em.obj_ty(o);
                let r = em.new_object(ty);
                if let Some(&g) = em.st.globals.get(&o) {
                    em.f.wide(Op::StG, r, 0, g);
                }
                em.f.next = mark;
            }
        });
        Some(id)
    }
    fn init_func(&mut self, inits: &[Init], funcs: &[crate::info::ObjId]) -> FuncId {
        let id = self.reserve_func();
        let name = format!("{}.init", self.pkg_label(self.pkg));
        let next = self.fun(name, 0);
        let outer = std::mem::replace(&mut self.f, next);
        for i in inits {
            self.f.pos = self.ast.expr_span(i.rhs).lo;
            self.package_var(i);
        }
        for &o in funcs {
            self.f.pos = self.info.obj(o).span.lo;
            if let Target::Func(f) = self.plain_target(o) {
                let w = self.f.alloc(1);
                self.f.wide(Op::Call, w, 0, f);
                self.f.data(w, 0, 0, 0);
                self.f.next = w;
            }
        }
        if !self.f.dead {
            self.f.end(Op::Ret, 0, 0);
        }
        self.finish(id, outer);
        id
    }
    fn package_var(&mut self, i: &Init) {
        let mark = self.f.next;
        let defs: Vec<Def> = i.lhs.iter().map(|o| o.map_or(Def::Blank, Def::New)).collect();
        if let [Def::New(o)] = defs[..]
            && let ty = self.obj_ty(o)
            && self.in_memory(ty)
            && let g = self.var_place(o)
            && self.is_literal(i.rhs)
        {
            // Built elsewhere and copied: nothing in the literal may see a half-made variable.
            let r = self.literal_object(i.rhs);
            self.copy(g, Place::Mem(r, 0), ty);
        } else {
            self.define(&defs, &[i.rhs]);
        }
        self.f.next = mark;
    }

    // ---- scripts

    fn script(&mut self, stmts: &[StmtId], has_defer: bool) -> FuncId {
        let id = self.reserve_func();
        let pos = stmts.first().map_or(0, |s| self.ast.stmt_span(*s).lo);
        let next = self.fun("main.main".to_string(), pos);
        let outer = std::mem::replace(&mut self.f, next);
        if has_defer {
            self.f.epilogue = Some(self.f.label());
        }
        let shown = self.info.pkgs.get(self.pkg.0 as usize).and_then(|p| p.print_last).filter(|_| self.st.prompt);
        for &s in stmts {
            match self.prompt_value(s) {
                Some(e) if shown == Some(s) => self.prompt_print(e),
                _ => self.stmt(s),
            }
        }
        if let Some(l) = self.f.epilogue {
            self.f.bind_live(l);
            self.f.epilogue_at = Some(self.f.here() as u32);
            let w = self.f.alloc(3);
            self.f.emit(Op::RunDefers, w, 0, 0, 0);
            self.f.data(w, 0, 0, 0);
        }
        if !self.f.dead {
            self.f.end(Op::Ret, 0, 0);
        }
        self.finish(id, outer);
        id
    }
    /// The expression of a statement that has a value.
    fn prompt_value(&self, s: StmtId) -> Option<ExprId> {
        let Stmt::Exprs(list) = self.ast.stmt(s) else { return None };
        let [e] = list[..] else { return None };
        if self.prints(e) {
            return None;
        }
        let i = self.info.expr(e)?;
        let shown = match i.mode {
            Mode::Const | Mode::Var | Mode::MapIndex | Mode::Value | Mode::CommaOk => true,
            Mode::Invalid | Mode::NoValue | Mode::Builtin(_) | Mode::Type | Mode::Nil | Mode::Pkg(_) => false,
        };
        (shown && i.ty != Types::VOID).then_some(e)
    }
    /// A call of fmt.Println or its like: nobody asks for the number of bytes.
    fn prints(&self, e: ExprId) -> bool {
        let Expr::Call(fun, ..) = *self.ast.expr(self.strip(e)) else { return false };
        self.info.uses.get(&self.strip(fun)).is_some_and(|o| {
            let o = self.info.obj(*self.info.twins.get(o).unwrap_or(o));
            let name = self.ast.name(o.name);
            self.pkg_path(o.pkg) == "fmt" && (name.starts_with("Print") || name.starts_with("Fprint"))
        })
    }
    fn prompt_print(&mut self, e: ExprId) {
        self.f.pos = self.ast.expr_span(e).lo;
        let mark = self.f.next;
        let tys = match self.types.get(self.ty(e)) {
            crate::types::Ty::Tuple(t) => t.clone(),
            _ => vec![self.ty(e)],
        };
        let mut r = self.expr(e);
        for ty in tys {
            let ty = self.concrete(ty);
            let v = self.reg_conv(r, ty, Types::ANY);
            let w = self.f.alloc(2);
            self.mov(w + 1, v, 1);
            self.call_native("prompt.print", w, 1);
            r += self.words(ty);
        }
        self.f.next = mark;
    }
}
