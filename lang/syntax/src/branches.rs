//! Labels and what jumps to them, `break`, `continue` and `fallthrough`: checked once for each function body, when it is
//! complete. Bodies of function literals inside have been checked before and are not walked again.
//!
//! The blocks of `go { … }` and `defer { … }`, the statements of `par { … }` and the body of `par for` are functions of
//! their own: nothing jumps into or out of them.

use crate::ast::*;
use crate::builder::Builder;
use crate::diag::{Code, Diagnostic};
use crate::span::Span;
use smallvec::{SmallVec, smallvec};

/// What a label stands before, and so who may name it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Loop,
    /// A switch or select.
    Choice,
    Other,
}

struct Label {
    name: Ident,
    used: bool,
    /// The blocks around it, from the outermost, as numbers.
    blocks: Vec<u32>,
    /// How many variable declarations came before it in the function.
    decls: usize,
}

struct Goto {
    name: Ident,
    blocks: Vec<u32>,
    decls: usize,
}

/// A variable declaration, with the block it is in.
struct Decl {
    block: u32,
    span: Span,
}

/// The surroundings of a statement.
#[derive(Clone, Default)]
struct Around {
    in_loop: bool,
    /// In a loop, switch or select.
    in_breakable: bool,
    /// In the body of `go`, `defer` or `par`.
    goroutine: bool,
}

struct Walk<'a> {
    ast: &'a Ast,
    errors: Vec<Diagnostic>,
    labels: Vec<Label>,
    gotos: Vec<Goto>,
    decls: SmallVec<[Decl; 8]>,
    blocks: SmallVec<[u32; 8]>,
    block_spans: SmallVec<[Span; 8]>,
    /// The labels of the statements around, with what they stand before.
    enclosing: Vec<(Sym, Target)>,
    /// Fallthroughs at the end of a clause of a switch.
    falls: Vec<StmtId>,
}

impl Builder<'_> {
    /// Checks a function's body, unless something in it did not parse: then what is missing may be there.
    pub fn check_branches(&mut self, body: BlockId) {
        let block = self.ast.block(body);
        // Most functions have nothing that could be wrong.
        if self.last_branch < block.span.lo {
            return;
        }
        if self.too_deep || self.recoveries.iter().any(|r| r.0.hi >= block.span.lo) {
            return;
        }
        let errors = check_function(self.ast, &block.stmts, block.span, &Around::default());
        self.errors.extend(errors);
    }

    /// The top level of a script is a function body too.
    pub fn check_top_branches(&mut self, items: &[StmtId]) {
        if !self.too_deep && self.recoveries.is_empty() {
            let errors = check_function(self.ast, items, Span::default(), &Around::default());
            self.errors.extend(errors);
        }
    }
}

fn check_function(ast: &Ast, body: &[StmtId], span: Span, around: &Around) -> Vec<Diagnostic> {
    let mut w = Walk {
        ast,
        errors: vec![],
        labels: vec![],
        gotos: vec![],
        decls: smallvec![],
        blocks: smallvec![],
        block_spans: smallvec![],
        enclosing: vec![],
        falls: vec![],
    };
    w.list(body, span, around);
    w.resolve_gotos();
    for l in w.labels.iter().filter(|l| !l.used) {
        let message = format!("label {} defined and not used", ast.name(l.name.sym));
        w.errors.push(Diagnostic::error(Code::Label, l.name.span, message));
    }
    w.errors
}

impl Walk<'_> {
    fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.errors.push(Diagnostic::error(code, span, message));
    }

    fn list(&mut self, v: &[StmtId], span: Span, around: &Around) {
        self.blocks.push(self.block_spans.len() as u32);
        self.block_spans.push(span);
        for &s in v {
            self.stmt(s, around);
        }
        self.blocks.pop();
    }

    fn block(&mut self, b: BlockId, around: &Around) {
        let ast = self.ast;
        let b = ast.block(b);
        self.list(&b.stmts, b.span, around);
    }

    fn goroutine(&mut self, body: &[StmtId], span: Span) {
        let around = Around { goroutine: true, ..Around::default() };
        let errors = check_function(self.ast, body, span, &around);
        self.errors.extend(errors);
    }

    fn declare(&mut self, span: Span) {
        if let Some(&block) = self.blocks.last() {
            self.decls.push(Decl { block, span });
        }
    }

    fn stmt(&mut self, s: StmtId, around: &Around) {
        let ast = self.ast;
        let span = ast.stmt_span(s);
        let body = |in_loop| Around { in_loop, in_breakable: true, ..around.clone() };
        match ast.stmt(s) {
            Stmt::Labeled(name, inner) => self.labeled(*name, *inner, around),
            Stmt::Var(_) | Stmt::Define(..) => self.declare(span),
            Stmt::Block(b) => self.block(*b, around),
            Stmt::If(_, then, otherwise) => {
                self.block(*then, around);
                if let Some(e) = otherwise {
                    self.stmt(*e, around);
                }
            }
            Stmt::For(_, b) => self.block(*b, &body(true)),
            Stmt::Switch(h, clauses) => self.switch(h, clauses, &body(around.in_loop)),
            Stmt::Select(clauses) => {
                for c in clauses {
                    self.list(&c.body, c.span, &body(around.in_loop));
                }
            }
            Stmt::GoBlock(b) | Stmt::DeferBlock(b) => {
                let b = ast.block(*b);
                self.goroutine(&b.stmts, b.span);
            }
            Stmt::Par(b) => {
                for s in &ast.block(*b).stmts {
                    self.goroutine(std::slice::from_ref(s), ast.stmt_span(*s));
                }
            }
            Stmt::ParFor(f) => {
                if let Stmt::For(_, b) = ast.stmt(*f) {
                    let b = ast.block(*b);
                    self.goroutine(&b.stmts, b.span);
                }
            }
            Stmt::Break(label) => self.break_stmt(*label, span, around),
            Stmt::Continue(label) => self.continue_stmt(*label, span, around),
            Stmt::Goto(name) => {
                self.gotos.push(Goto { name: *name, blocks: self.blocks.to_vec(), decls: self.decls.len() });
            }
            Stmt::Fallthrough if self.falls.contains(&s) => {}
            Stmt::Fallthrough => self.error(Code::Fallthrough, span, "fallthrough statement out of place"),
            Stmt::Bad | Stmt::Package(_) | Stmt::Import(_) | Stmt::Func(_) | Stmt::Const(_) | Stmt::Type(_) => {}
            Stmt::Exprs(_) | Stmt::Send(..) | Stmt::IncDec(..) | Stmt::OpAssign(..) | Stmt::Assign(..) => {}
            Stmt::Go(_) | Stmt::Defer(_) | Stmt::After(_) | Stmt::Return(_) => {}
        }
    }

    fn labeled(&mut self, name: Ident, inner: Option<StmtId>, around: &Around) {
        let text = self.ast.name(name.sym);
        if text != "_" {
            match self.labels.iter().find(|l| l.name.sym == name.sym) {
                Some(first) => {
                    let d = Diagnostic::error(Code::Label, name.span, format!("label {text} already defined"));
                    self.errors.push(d.related(first.name.span, "the first one"));
                }
                None => {
                    let (blocks, decls) = (self.blocks.to_vec(), self.decls.len());
                    self.labels.push(Label { name, used: false, blocks, decls });
                }
            }
        }
        let Some(inner) = inner else { return };
        let target = match self.ast.stmt(inner) {
            Stmt::For(..) => Target::Loop,
            Stmt::Switch(..) | Stmt::Select(_) => Target::Choice,
            _ => Target::Other,
        };
        self.enclosing.push((name.sym, target));
        self.stmt(inner, around);
        self.enclosing.pop();
    }

    fn switch(&mut self, h: &Header, clauses: &[Clause], around: &Around) {
        let type_switch = h.cond.is_some_and(|c| match self.ast.stmt(c) {
            Stmt::Exprs(v) => matches!(v[..], [x] if matches!(self.ast.expr(x), Expr::TypeAssert(_, None))),
            Stmt::Define(..) => true,
            _ => false,
        });
        for (i, c) in clauses.iter().enumerate() {
            if let Some(s) = c.body.last().and_then(|&s| self.final_fallthrough(s)) {
                let span = self.ast.stmt_span(s);
                if type_switch {
                    self.error(Code::Fallthrough, span, "cannot fallthrough in type switch");
                } else if i + 1 == clauses.len() {
                    self.error(Code::Fallthrough, span, "cannot fallthrough final case in switch");
                }
                self.falls.push(s);
            }
            self.list(&c.body, c.span, around);
        }
    }

    /// The fallthrough that ends a clause, perhaps with labels before it.
    fn final_fallthrough(&self, mut s: StmtId) -> Option<StmtId> {
        loop {
            match self.ast.stmt(s) {
                Stmt::Fallthrough => return Some(s),
                Stmt::Labeled(_, Some(inner)) => s = *inner,
                _ => return None,
            }
        }
    }

    fn break_stmt(&mut self, label: Option<Ident>, span: Span, around: &Around) {
        let Some(label) = label else {
            if !around.in_breakable {
                self.outside(span, "break is not in a loop, switch, or select", around);
            }
            return;
        };
        match self.target(label) {
            Some(Target::Loop | Target::Choice) => {}
            Some(Target::Other) => self.bad_label(label, "invalid break label", Code::Branch),
            None => self.bad_label(label, "break label not defined:", Code::Label),
        }
    }

    fn continue_stmt(&mut self, label: Option<Ident>, span: Span, around: &Around) {
        let Some(label) = label else {
            if !around.in_loop {
                self.outside(span, "continue is not in a loop", around);
            }
            return;
        };
        match self.target(label) {
            Some(Target::Loop) => {}
            Some(Target::Choice | Target::Other) => self.bad_label(label, "invalid continue label", Code::Branch),
            None => self.bad_label(label, "continue label not defined:", Code::Label),
        }
    }

    fn outside(&mut self, span: Span, message: &str, around: &Around) {
        let d = Diagnostic::error(Code::Branch, span, message);
        let help = "a goroutine cannot leave the loop around it: what stands in go, defer and par runs on its own";
        self.errors.push(if around.goroutine { d.help(help) } else { d });
    }

    fn bad_label(&mut self, label: Ident, message: &str, code: Code) {
        let message = format!("{message} {}", self.ast.name(label.sym));
        self.error(code, label.span, message);
    }

    /// What the label of a `break` or `continue` names: a statement around it, or another label of the function.
    fn target(&mut self, label: Ident) -> Option<Target> {
        let known = self.labels.iter_mut().find(|l| l.name.sym == label.sym);
        if let Some(l) = known {
            l.used = true;
        } else {
            return None;
        }
        let around = self.enclosing.iter().rev().find(|e| e.0 == label.sym);
        Some(around.map_or(Target::Other, |e| e.1))
    }

    fn resolve_gotos(&mut self) {
        for g in std::mem::take(&mut self.gotos) {
            let name = self.ast.name(g.name.sym);
            let Some(l) = self.labels.iter_mut().find(|l| l.name.sym == g.name.sym) else {
                self.error(Code::Label, g.name.span, format!("label {name} not defined"));
                continue;
            };
            l.used = true;
            if !g.blocks.starts_with(&l.blocks) {
                let inner = l.blocks.iter().zip(&g.blocks).take_while(|(a, b)| a == b).count();
                let span = self.block_spans[l.blocks[inner] as usize];
                let label = l.name.span;
                let d = Diagnostic::error(Code::Goto, g.name.span, format!("goto {name} jumps into block"));
                let brace = Span::new(span.lo, span.lo + 1);
                self.errors.push(d.related(brace, "the block starts here").related(label, "the label"));
                continue;
            }
            let block = l.blocks.last().copied();
            let (from, to) = (g.decls, l.decls);
            let over = self.decls.get(from..to).and_then(|v| v.iter().find(|d| Some(d.block) == block));
            if let Some(over) = over {
                let message = format!("goto {name} jumps over variable declaration");
                let d = Diagnostic::error(Code::Goto, g.name.span, message);
                self.errors.push(d.related(over.span, "declared here"));
            }
        }
    }
}
